// SPDX-License-Identifier: MIT
// Ops of one's own are exported by their definitions, and give in another runtime what they give here.
#include "runtime.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(own_ops)

namespace {

using V = const Variable&;
using Inputs = std::span<const Variable>;

// An op, done with plain numbers; nobody asks for its gradient.
template <class F>
Variable elementwise(const char* name, V x, F function) {
  Array y = x.value();
  for (Scalar& v : y.storage()) v = static_cast<Scalar>(function(static_cast<double>(v)));
  return record(name, std::move(y), wrt(x, [](Array&) {}));
}

struct SwishOptions {
  double beta = 1;
};

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

Variable swish(V x, const SwishOptions& options = {}) {
  Array y = x.value();
  for (Scalar& v : y.storage())
    v *= static_cast<Scalar>(sigmoid_of(options.beta * static_cast<double>(v)));
  return record("swish", std::move(y), given(options), wrt(x, [](Array&) {}));
}
const OpDefinition swish_definition = [](Inputs in, const SwishOptions& options) {
  return in[0] * sigmoid(options.beta * in[0]);
};

Variable serf(V x) {
  return elementwise("serf", x, [](double v) { return v * std::erf(std::log1p(std::exp(v))); });
}
Variable serf_definition(Inputs in) { return in[0] * erf(softplus(in[0])); }

// tanh(a) b, where b may have the last axis alone.
Variable gate(V a, V b) {
  Array y = a.value();
  for (std::size_t i = 0; i < y.size(); ++i)
    y.data()[i] = std::tanh(y.data()[i]) * b.value().data()[i % b.size()];
  return record("gate", std::move(y), wrt(a, [](Array&) {}), wrt(b, [](Array&) {}));
}
const OpDefinition gate_definition = [](Inputs in) { return tanh(in[0]) * in[1]; };

// Every other pixel.
Variable thin(V x) {
  const Shape& s = x.shape();
  Array y = zeros({s[0], s[1] / 2, s[2] / 2, s[3]});
  for (std::size_t n = 0; n < s[0]; ++n)
    for (std::size_t h = 0; h < s[1] / 2; ++h)
      for (std::size_t w = 0; w < s[2] / 2; ++w)
        for (std::size_t c = 0; c < s[3]; ++c) y(n, h, w, c) = x.value()(n, 2 * h, 2 * w, c);
  return record("thin", std::move(y), wrt(x, [](const Array&) { return Array{}; }));
}

}  // namespace

// Without a definition.
BOOST_AUTO_TEST_CASE(an_op_by_a_formula_is_exported_as_that, *with_onnxruntime) {
  const auto celu = [](V x, double alpha) {
    static const Elementwise op{
        [](Term a, Term alpha) { return where(a > 0, a, alpha * (exp(a / alpha) - 1)); },
        [](Term g, Term a, Term y, Term alpha) { return where(a > 0, g, g * (1 + y / alpha)); }};
    return op("celu", x, {alpha});
  };
  struct Gated {
    explicit Gated(Rng& rng) : conv{{.in = 3, .out = 3, .padding = Padding::same}, rng} {}
    Variable operator()(V x) {
      static const Elementwise op{
          [](Term a, Term b) { return tanh(a) * b; },
          [](Term g, Term a, Term b, Term) { return g * b * (1 - square(tanh(a))); },
          [](Term g, Term a, Term, Term) { return g * tanh(a); }};
      return op("gate", conv(x), x.tape().parameter(factor));
    }
    void parameters(ParameterList& list) { list("conv", conv), list("factor", factor); }
    Conv2D conv;
    Parameter factor{random({3}, 0.5, 1.5)};
  };
  Rng rng{1};
  Sequential net{Gated{rng}, [&](V x) { return celu(x, 1.5); }, flatten,
                 [&](V x) { return celu(x, 0.5); }, Dense{{.in = 60, .out = 2}, rng}};
  shake(net);
  Models models;
  models.add("net", net, {4, 5, 3});
  models.compare();
  const std::vector<std::string> checked = models.checked();
  if (checked.empty()) return;
  const std::string own = " Div Exp Sub Mul Less Where";
  BOOST_TEST(sorted(operators(checked[0])) == sorted("Conv Tanh Mul Flatten Gemm " + own + own));
}

// Between convolutions the images are not transposed.
BOOST_AUTO_TEST_CASE(an_op_on_images_is_exported_by_its_definition, *with_onnxruntime) {
  Models models{{{"serf", serf_definition}}};
  Rng rng{1};
  Sequential net{
      Conv2D{{.in = 2, .out = 3}, rng},       serf, Conv2D{{.in = 3, .out = 4}, rng}, serf, flatten,
      Dense{{.in = 2 * 3 * 4, .out = 5}, rng}};
  shake(net);
  models.add("net", net, {6, 7, 2});
  models.add("channels-last", net, {6, 7, 2}, Layout::keras, 1);
  models.compare();
  const std::vector<std::string> checked = models.checked();
  if (checked.empty()) return;
  const std::string own = "Softplus Erf Mul";
  BOOST_TEST(operators(checked[0]) == "Conv " + own + " Conv " + own + " Flatten Gemm");
  BOOST_TEST(operators(checked[1]) == "Transpose Conv " + own + " Conv " + own + " Flatten Gemm");
}

BOOST_AUTO_TEST_CASE(an_op_has_its_options, *with_onnxruntime) {
  Models models{{{"swish", swish_definition}}};
  Rng rng{1};
  Sequential net{Conv2D{{.in = 1, .out = 2}, rng}, [](V x) { return swish(x, {.beta = -1.5}); },
                 flatten, [](V x) { return swish(x, {.beta = 4}); },
                 Dense{{.in = 2 * 3 * 2, .out = 3}, rng}};
  shake(net);
  models.add("net", net, {5, 4, 1});
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_CASE(an_op_may_have_two_inputs, *with_onnxruntime) {
  Models models{{{"gate", gate_definition}}};
  struct Gated {
    explicit Gated(Rng& rng) : conv{{.in = 3, .out = 3, .padding = Padding::same}, rng} {}
    Variable operator()(V x) { return gate(conv(x), gate(x, x.tape().parameter(factor))); }
    void parameters(ParameterList& list) { list("conv", conv), list("factor", factor); }
    Conv2D conv;
    Parameter factor{random({3}, 0.5, 1.5)};
  };
  Rng rng{1};
  Sequential net{Gated{rng}, Gated{rng}};
  models.add("net", net, {4, 5, 3});
  models.compare();
  const std::vector<std::string> checked = models.checked();
  if (checked.empty()) return;
  for (const char* const parameter : {"0.factor[1,3,1,1]", "1.factor[1,3,1,1]"})
    BOOST_TEST(checked[0].find(parameter) != std::string::npos, checked[0]);
}

BOOST_AUTO_TEST_CASE(a_definition_may_use_ops_with_definitions, *with_onnxruntime) {
  const OpDefinition twice = [](Inputs in) {
    return swish(swish(in[0], {.beta = 2}), {.beta = 3}) + serf(in[0]);
  };
  Models models{{{"twice", twice}, {"swish", swish_definition}, {"serf", serf_definition}}};
  const auto twice_op = [](V x) {
    return elementwise("twice", x, [](double v) {
      const double s = v * sigmoid_of(2 * v);
      return s * sigmoid_of(3 * s) + v * std::erf(std::log1p(std::exp(v)));
    });
  };
  Rng rng{1};
  Sequential net{Conv2D{{.in = 1, .out = 2}, rng}, twice_op, [](V x) { return swish(x); },
                 twice_op};
  models.add("net", net, {4, 4, 1});
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_CASE(an_op_may_change_shapes_and_orders, *with_onnxruntime) {
  Models models{{{"thin", [](Inputs in) {
                    return slice(slice(in[0], {.axis = 1, .step = 2}), {.axis = 2, .step = 2});
                  }}}};
  Rng rng{1};
  const auto add = [&](const std::string& name, auto... layers) {
    Sequential net{Conv2D{{.in = 2, .out = 3}, rng}, std::move(layers)...};
    shake(net);
    models.add(name, net, {8, 10, 2});
    models.add(name + "-channels-last", net, {8, 10, 2}, Layout::keras);
  };
  add("conv", thin, Conv2D{{.in = 3, .out = 2}, rng});
  add("flat", thin, flatten, Dense{{.in = 3 * 4 * 3, .out = 2}, rng});
  add("last", thin);
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_CASE(an_op_may_do_nothing, *with_onnxruntime) {
  Models models{{{"probe", [](Inputs in) { return in[0]; }}}};
  const auto probe = [](V x) { return elementwise("probe", x, [](double v) { return v; }); };
  const auto shared = [](V x) { return record("probe", x.shared_value(), wrt(x, [](Array&) {})); };
  Rng rng{1};
  Sequential first{probe, Conv2D{{.in = 2, .out = 3}, rng}, shared, probe}, only{probe};
  models.add("first", first, {4, 5, 2});
  models.add("only", only, {4, 5, 2});
  models.compare();
  const std::vector<std::string> checked = models.checked();
  if (checked.empty()) return;
  BOOST_TEST(operators(checked[0]) == "Conv");
  BOOST_TEST(operators(checked[1]) == "Identity");
}

BOOST_AUTO_TEST_CASE(a_definition_goes_before_what_is_known, *with_onnxruntime) {
  const auto own = [](V x) {
    return elementwise("leaky_relu", x, [](double v) { return std::max(v, 0.0); });
  };
  Models models{{{"softplus", [](Inputs in) { return log(1 + exp(in[0])); }},
                 {"leaky_relu", [](Inputs in) { return relu(in[0]); }}}};
  Sequential net{own, softplus};
  models.add("net", net, {7});
  models.compare();
  const std::vector<std::string> checked = models.checked();
  if (checked.empty()) return;
  BOOST_TEST(operators(checked[0]) == "Relu Exp Add Log");
}

// Negative numbers have no logarithm; one of the samples is positive.
BOOST_AUTO_TEST_CASE(an_op_may_have_no_value_for_some_numbers, *with_onnxruntime) {
  const auto geometric_mean = [](V x) {
    Array y = zeros({x.shape()[0], 1});
    for (std::size_t i = 0; i < x.size(); ++i) y.data()[i / 7] += std::log(x.value().data()[i]) / 7;
    for (Scalar& v : y.storage()) v = std::exp(v);
    return record("geometric_mean", std::move(y), wrt(x, [](const Array&) { return Array{}; }));
  };
  const auto definition = [](double factor) {
    return OpDefinition{[factor](Inputs in) {
      return exp(factor * mean(log(in[0]), {.axes = {1}, .keep_dims = true}));
    }};
  };
  Models models{{{"geometric_mean", definition(1)}}};
  Sequential net{geometric_mean};
  models.add("net", net, {7}, Layout::torch, 5, 0.1);
  models.compare();
  check_refused(net, {7}, "layer 0: the definition of the op geometric_mean gives 0.",
                {.ops = {{"geometric_mean", definition(1.01)}}});
  Sequential large{
      [](V x) { return elementwise("acosh", x, [](double v) { return std::acosh(v); }); }};
  check_refused(large, {7},
                "layer 0: the op acosh gives no finite number by which its definition could be "
                "tested at own_ops_test.cpp:",
                {.ops = {{"acosh", [](Inputs in) { return in[0]; }}}});
}

BOOST_AUTO_TEST_CASE(a_definition_must_do_what_the_op_does) {
  const auto two = [](V x) { return elementwise("two", x, [](double) { return 2; }); };
  const auto refuse = [&](const OpDefinition& definition, const std::string& what) {
    Sequential net{relu, two};
    check_refused(net, {4, 2}, "layer 1: " + what, {.ops = {{"two", definition}}});
  };
  refuse([](Inputs in) { return 0 * in[0] + 3; },
         "the definition of the op two gives 3 where the op gives 2 at own_ops_test.cpp:");
  refuse([](Inputs in) { return 1 / (0 * in[0]); },
         "the definition of the op two gives inf where the op gives 2");
  refuse([](Inputs in) { return log(in[0] - 2); }, "the definition of the op two gives ");  // NaN
  refuse([](Inputs in) { return 0 * in[0] + 2.0003; },
         "the definition of the op two gives 2.0003 where the op gives 2");
  refuse(
      [](Inputs in) {
        return reshape(in[0], {-1, 8});
      },
      "the definition of the op two gives the shape (3, 8), the op (3, 4, 2) at ");
  refuse(
      [](Inputs in) {
        return in[0].tape().input(full({3, 4, 2}, 2));
      },
      "the definition of the op two does not depend on the input at ");
  refuse(
      [](Inputs in) {
        return in[0] * in[0].tape().input(full({3, 1, 1}, 2));
      },
      "the op mul has a constant of shape (3, 1, 1), whose first axis is the batch's");
  // What rounding may do is allowed.
  const Directory directory;
  Sequential net{two};
  export_onnx(directory / "net", net, {4},
              {.ops = {{"two", [](Inputs in) { return 0 * in[0] + 2.0001; }}}});
  BOOST_TEST(directory.files() == 1u);
}

// A model's first op sees numbers of both signs.
BOOST_AUTO_TEST_CASE(a_definition_must_be_right_for_negative_numbers) {
  Sequential net{[](V x) { return elementwise("kink", x, [](double v) { return std::abs(v); }); }};
  check_refused(net, {5}, "layer 0: the definition of the op kink gives -",
                {.ops = {{"kink", [](Inputs in) { return in[0]; }}}});
}

BOOST_AUTO_TEST_CASE(a_definition_may_not_need_itself) {
  Sequential net{relu, [](V x) { return swish(x); }};
  check_refused(net, {5}, "layer 1: the definition of the op swish needs the op itself at ",
                {.ops = {{"swish", [](Inputs in) { return 1 * swish(in[0]); }}}});
  check_refused(net, {5}, "layer 1: the definition of the op swish needs the op itself at ",
                {.ops = {{"swish", [](Inputs in) { return serf(in[0]); }},
                         {"serf", [](Inputs in) { return swish(in[0]); }}}});
}

BOOST_AUTO_TEST_CASE(options_must_be_those_that_a_definition_takes) {
  struct Others {};
  const OpDefinition others = [](Inputs in, Others) { return in[0]; };
  const std::string what = " takes options that it was not recorded with at own_ops_test.cpp:";
  Sequential with{[](V x) { return swish(x); }}, without{serf};
  check_refused(with, {5}, "layer 0: the definition of the op swish" + what,
                {.ops = {{"swish", others}}});
  check_refused(without, {5}, "layer 0: the definition of the op serf" + what,
                {.ops = {{"serf", others}}});
}

BOOST_AUTO_TEST_CASE(an_op_without_a_definition_is_refused_with_the_way_out) {
  const Directory directory;
  Sequential net{[](V x) { return swish(x); }};
  const auto check = [&](const OnnxOptions& options, const std::string& op) {
    BOOST_CHECK_EXCEPTION(export_onnx(directory / "net", net, {5}, options), ValueError,
                          [&](const ValueError& error) {
                            BOOST_TEST(error.hint() ==
                                       "make it of a Formula, or give its "
                                       "definition in OnnxOptions::ops?");
                            return error.message() ==
                                   "there is nothing in ONNX known for the op " + op;
                          });
  };
  check({}, "swish");
  check({.ops = {{"serf", serf_definition}}}, "swish");
  check({.ops = {{"swish", [](Inputs in) { return serf(in[0]); }}}}, "serf");
  BOOST_TEST(directory.files() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Ways around layers, and the networks made of them.
#include "../ops/errors.hpp"

#include <models/models.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(residuals)

namespace {

template <class Model>
std::vector<std::string> names_of(Model& model) {
  std::vector<std::string> all;
  for (const NamedArray& array : named_arrays(model)) all.push_back(array.name);
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_layers_are_added_to_what_goes_around_them) {
  Rng rng{1};
  Tape tape;
  const Variable x = tape.input(random({2, 3}));
  Residual plain{Sequential{[](const Variable& v) { return square(v); }, relu}};
  BOOST_TEST(same_bits(plain(x).value(), (x + square(x)).value()));
  Residual both{Sequential{[](const Variable& v) { return slice(v, {.axis = 1, .end = 2}); }},
                Sequential{Dense{{.in = 3, .out = 2}, rng}}};
  const auto list = parameters(both);
  const Variable around =
      dense(x, tape.parameter(*list[0].parameter), tape.parameter(*list[1].parameter));
  BOOST_TEST(same_bits(both(x).value(), (around + slice(x, {.axis = 1, .end = 2})).value()));
}

namespace {

// What a model makes of x, and the gradients of x, of the parameters, and what they do to the buffers.
template <class Model>
std::vector<Array> passed(Model& model, Mode mode) {
  Tape tape{mode};
  const Variable x = tape.variable(random({4, 5, 6, 3}, -1, 1, 2)), y = model(x);
  std::vector<Array> all{y.value()};
  if (mode == Mode::train) {
    tape.backward(sum(square(y) + y));
    all.push_back(x.grad());
    for (const NamedParameter& p : parameters(model)) all.push_back(p.parameter->grad());
  }
  for (const NamedBuffer& b : buffers(model)) all.push_back(*b.buffer->value);
  return all;
}

std::vector<std::string> ops_of(Residual& block) {
  struct Ops : Observer {
    void forward(const Forward& call) override { names.push_back(call.op.name); }
    std::vector<std::string> names;
  } ops;
  Tape tape;
  block(tape.input(random({4, 3})));
  return ops.names;
}

}  // namespace

// Layers that can be added to something are, in their own pass: of the same bits as in two or three.
BOOST_AUTO_TEST_CASE(the_last_layer_adds_what_goes_around) {
  for (const Activation activation : {Activation::none, Activation::relu, Activation::tanh})
    for (const Activation own : {Activation::none, Activation::relu})
      for (const bool normalizes : {true, false}) {
        const auto layers = [&] {
          Rng rng{1};
          if (normalizes) return Sequential{relu, BatchNorm{{.channels = 3, .activation = own}}};
          return Sequential{relu, Dense{{.in = 3, .out = 3, .activation = own}, rng}};
        };
        struct InSteps {
          Variable operator()(const Variable& x) {
            const Variable sum = x + layers(x);
            if (activation == Activation::none) return sum;
            return activation == Activation::relu ? relu(sum) : tanh(sum);
          }
          void parameters(ParameterList& list) { layers.parameters(list); }
          Sequential layers;
          Activation activation;
        } in_steps{layers(), activation};
        Residual block{layers(), Sequential{}, activation};
        for (const Mode mode : {Mode::train, Mode::eval}) {
          const auto one = passed(block, mode), other = passed(in_steps, mode);
          BOOST_TEST_REQUIRE(one.size() == other.size());
          for (std::size_t i = 0; i < one.size(); ++i)
            BOOST_TEST(difference(one[i], other[i].shape(), elements(other[i]),
                                  i == 0 ? 0 : 256 * epsilon) == "",
                       "array " << i << ", normalizes " << normalizes);
        }
      }
}

BOOST_AUTO_TEST_CASE(sums_that_take_no_pass) {
  using Names = std::vector<std::string>;
  Rng rng{1};
  const Dense::Options dense{.in = 3, .out = 3};
  const BatchNorm::Options norm{.channels = 3};
  Dense::Options activated = dense;
  activated.activation = Activation::tanh;
  const auto around = [](auto... layers) {
    return Residual{Sequential{std::move(layers)...}, Sequential{}, Activation::relu};
  };
  Residual norms = around(BatchNorm{norm}), products = around(Dense{dense, rng}),
           nested = around(relu, Sequential{relu, Dense{dense, rng}}), linear = around(relu),
           own = around(Dense{activated, rng}), none{Sequential{}};
  BOOST_TEST((ops_of(norms) == Names{"add_batch_norm"}));
  BOOST_TEST((ops_of(products) == Names{"add_dense"}));
  BOOST_TEST((ops_of(nested) == Names{"relu", "relu", "add_dense"}));
  BOOST_TEST((ops_of(linear) == Names{"relu", "add", "relu"}));
  BOOST_TEST((ops_of(own) == Names{"dense", "add", "relu"}));
  BOOST_TEST((ops_of(none) == Names{"add"}));
}

// Where a sum is 0, relu has the derivative 0, whatever computes it.
BOOST_AUTO_TEST_CASE(relu_of_a_sum_of_0_has_no_gradient) {
  Rng rng{1};
  const Dense::Options zero{.in = 2, .out = 2, .weight_init = init::zeros};
  Residual apart{Sequential{Dense{zero, rng}, relu}, Sequential{}, Activation::relu},
      together{Sequential{Dense{zero, rng}}, Sequential{}, Activation::relu};
  for (Residual* block : {&apart, &together}) {
    Tape tape;
    const Variable x = tape.variable(zeros({3, 2}));
    tape.backward(sum((*block)(x)));
    BOOST_TEST((elements(x.grad()) == std::vector<double>(6, 0.0)));
  }
}

namespace {

struct Doubled {
  Variable operator()(const Variable& x) { return 2 * x; }
  Variable add_to(const Variable& around, const Variable& x, Activation activation, Location) {
    ++sums;
    const Variable sum = around + 2 * x;
    return activation == Activation::relu ? relu(sum) : sum;
  }
  static inline int sums = 0;
};
// What it inherits does not do what it does.
struct Tripled : Doubled {
  Variable operator()(const Variable& x) { return 3 * x; }
};
// A function of that name which is none for this.
struct Counted {
  Variable operator()(const Variable& x) { return x; }
  void add_to(const Variable&, const Variable&, Activation, Location) {}
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_layer_of_ones_own_may_add) {
  Tape tape;
  const Variable x = tape.input(Array{1, -2});
  Residual doubled{Sequential{Doubled{}}}, counted{Sequential{Counted{}}},
      rectified{Sequential{Doubled{}}, Sequential{}, Activation::relu},
      tripled{Sequential{Tripled{}}};
  BOOST_TEST((doubled(x).value() == Array{3, -6}));
  BOOST_TEST((rectified(x).value() == Array{3, 0}));
  BOOST_TEST(Doubled::sums == 2);
  BOOST_TEST((counted(x).value() == Array{2, -4}));
  BOOST_TEST((tripled(x).value() == Array{4, -8}));
  static_assert(AddsTo<Dense> && AddsTo<BatchNorm> && AddsTo<MultiHeadAttention> &&
                AddsTo<Sequential> && !AddsTo<Tripled> && !AddsTo<Counted> && !AddsTo<Conv2D>);
}

BOOST_AUTO_TEST_CASE(names) {
  Rng rng{1};
  Sequential net{relu, Residual{Sequential{relu, Dense{{.in = 3, .out = 2, .bias = false}, rng}},
                                Sequential{relu, Dense{{.in = 3, .out = 2}, rng}}}};
  BOOST_TEST((names_of(net) ==
              std::vector<std::string>{"1.1.weight", "1.shortcut.1.weight", "1.shortcut.1.bias"}));
}

BOOST_AUTO_TEST_CASE(errors_say_where) {
  Rng rng{1};
  Tape tape;
  const Variable x = tape.input(random({2, 3}));
  const auto dense = [&](std::size_t in, std::size_t out) {
    return Sequential{relu, Dense{{.in = in, .out = out}, rng}};
  };
  Sequential inner{Residual{dense(4, 3)}}, around{Residual{dense(3, 2), dense(4, 2)}},
      different{Residual{dense(3, 1)}},
      fewer{Residual{Sequential{[](const Variable&v) { return slice(v, {.axis = 1, .end = 2}); }}}};
  check_failures<ShapeError>({
      {"[add_dense] layer 0.1: expected (N, 4), got (2, 3) @", XTAPE_CALL(inner(x))},
      {"[dense] layer 0.shortcut.1: expected (N, 4), got (2, 3) @", XTAPE_CALL(around(x))},
      {"[add_dense] layer 0.1: expected (2, 1) to add to, got (2, 3) @; should the shortcut have "
       "that shape?",
       XTAPE_CALL(different(x))},
      {"[add] layer 0.0: expected (2, 2) to add to, got (2, 3) @; should the shortcut have that "
       "shape?",
       XTAPE_CALL(fewer(x))},
  });
}

BOOST_AUTO_TEST_CASE(resnets_have_the_sizes_they_say) {
  Rng rng{1};
  Sequential small = models::resnet20(rng), large = models::resnet56(rng);
  BOOST_TEST(parameter_count(small) == 269'722u);
  BOOST_TEST(parameter_count(large) == 853'018u);
  const auto convolutions = [](Sequential& net) {
    return std::ranges::count_if(
        parameters(net), [](const NamedParameter& p) { return p.parameter->shape().size() == 4; });
  };
  BOOST_TEST(convolutions(small) == 19);
  BOOST_TEST(convolutions(large) == 55);
  for (const NamedParameter& p : parameters(small))  // He's deviation, of as many as tell it
    if (p.parameter->size() > 2000) {
      const Shape& s = p.parameter->shape();
      double squares = 0;
      for (const double w : elements(p.parameter->value())) squares += w * w;
      const auto in = static_cast<double>(s[0] * s[1] * s[2]);
      BOOST_TEST(std::abs(squares / static_cast<double>(p.parameter->size()) * in / 2 - 1) < 0.15);
    }
}

// The block that halves the images: every second pixel between channels of zeros, where its layers give nothing.
BOOST_AUTO_TEST_CASE(shortcuts_of_resnets_learn_nothing) {
  Rng rng{1};
  Sequential net = models::resnet20(rng);
  for (const NamedParameter& p : parameters(net))
    if (p.name.starts_with("5.") && p.name.ends_with(".weight") && p.parameter->shape().size() == 1)
      p.parameter->value().fill(0);
  const Array images = random({2, 32, 32, 3}, -1, 1);
  struct Watch : Observer {
    void forward(const Forward& call) override {
      if (call.op.name == std::string_view{"add_batch_norm"}) results.push_back(call.result());
    }
    std::vector<Value> results;
  } watch;
  Tape tape{Mode::eval};
  net(tape.input(images));
  // Those of the third and the fourth block.
  const Array &x = *watch.results.at(2), &y = *watch.results.at(3);
  BOOST_TEST((x.shape() == Shape{2, 32, 32, 16}));
  BOOST_REQUIRE((y.shape() == Shape{2, 16, 16, 32}));
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t h = 0; h < 16; ++h)
      for (std::size_t w = 0; w < 16; ++w)
        for (std::size_t c = 0; c < 32; ++c) {
          const bool zero = c < 8 || c >= 24;
          BOOST_REQUIRE(y(n, h, w, c) == (zero ? Scalar{0} : x(n, 2 * h, 2 * w, c - 8)));
        }
}

BOOST_AUTO_TEST_SUITE_END()

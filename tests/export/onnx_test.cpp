// SPDX-License-Identifier: MIT
// Exported models give the same results in another runtime, to 1e-5.
#include "runtime.hpp"

#include <models/models.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(onnx_files)

namespace {

// A layer made of a function and parameters of the given shapes.
class Custom {
 public:
  using Function = std::function<Variable(const Variable&, const std::vector<Variable>&)>;
  explicit Custom(Function function, std::initializer_list<Shape> shapes = {})
      : function_{std::move(function)} {
    for (const Shape& shape : shapes) parameters_.emplace_back(random(shape, 0.5, 1.5, 3));
  }
  Variable operator()(const Variable& x) {
    std::vector<Variable> values;
    for (Parameter& p : parameters_) values.push_back(x.tape().parameter(p));
    return function_(x, values);
  }
  void parameters(ParameterList& list) { list("values", parameters_); }

 private:
  Function function_;
  std::vector<Parameter> parameters_;
};

using Values = std::vector<Variable>;

}  // namespace

BOOST_AUTO_TEST_CASE(the_models_give_the_same_results, *with_onnxruntime) {
  Models models;
  for (const auto& [name, architecture] : models::by_name()) {
    Rng rng{1};
    Sequential net = architecture.make(rng);
    shake(net);
    models.add(name, net, architecture.input);
    models.add(name + "-channels-last", net, architecture.input, Layout::keras, 1);
  }
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_CASE(so_do_transposed_convolutions, *with_onnxruntime) {
  Models models;
  const auto add = [&](const std::string& name, const Shape& kernel,
                       const ConvTranspose2DOptions& options) {
    Sequential net{Custom{[options](const Variable& x, const Values& w) {
                            return conv_transpose2d(x, w[0], w[1], options);
                          },
                          {kernel, {kernel[2]}}}};
    models.add(name, net, {5, 4, 3});
    models.add(name + "-channels-last", net, {5, 4, 3}, Layout::keras);
  };
  add("plain", {2, 3, 4, 3}, {});
  add("stride", {4, 4, 2, 3}, {.stride = 2, .padding = 1, .activation = Activation::relu});
  add("odd", {3, 3, 2, 3}, {.stride = {3, 2}, .padding = {1, 0, 2, 1}, .output_padding = {2, 1}});
  add("dilation", {3, 2, 17, 3}, {.dilation = {2, 3}});
  add("same", {3, 4, 2, 3}, {.padding = Padding::same});
  add("same-stride", {3, 2, 2, 3}, {.stride = {2, 3}, .padding = Padding::same});
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_CASE(so_does_normalization, *with_onnxruntime) {
  Models models;
  std::vector<std::string> expected;
  const auto add = [&](const std::string& name, auto layer, const Shape& sample,
                       const std::string& operators) {
    Sequential net{std::move(layer)};
    shake(net);
    Shape batch{7};
    batch.insert(batch.end(), sample.begin(), sample.end());
    Tape tape;
    net(tape.input(random(batch, -2, 3)));  // moves what a layer keeps
    models.add(name, net, sample);
    models.add(name + "-channels-last", net, sample, Layout::keras);
    expected.push_back(operators);
  };
  const std::string rms = "Mul ReduceMean Add Sqrt Div",
                    groups = "Reshape ReduceMean Sub " + rms + " Reshape";
  add("batch-rows", BatchNorm{{.channels = 6, .momentum = 0.5}}, {6}, "BatchNormalization");
  add("batch-images", BatchNorm{{.channels = 6, .momentum = 0.5}}, {4, 5, 6}, "BatchNormalization");
  add("batch-rectified", BatchNorm{{.channels = 6, .activation = Activation::relu}}, {4, 5, 6},
      "BatchNormalization Relu");
  add("batch-squashed", BatchNorm{{.channels = 6, .activation = Activation::tanh}}, {4, 6},
      "Sub Add Sqrt Div Mul Add Tanh");
  add("batch-sequences", BatchNorm{{.channels = 6, .momentum = 0.5}}, {4, 6},
      "Sub Add Sqrt Div Mul Add");
  add("layer-rows", LayerNorm{{.channels = 6}}, {6}, "LayerNormalization");
  add("layer-images", LayerNorm{{.channels = 6}}, {4, 5, 6},
      "Transpose LayerNormalization Transpose");
  add("group-rows", GroupNorm{{.channels = 6, .groups = 2}}, {6}, groups + " Mul Add");
  add("group-sequences", GroupNorm{{.channels = 6, .groups = 3}}, {4, 6},
      "Transpose " + groups + " Transpose Mul Add");
  add("group-images", GroupNorm{{.channels = 6, .groups = 2}}, {4, 5, 6}, groups + " Mul Add");
  add("rms-rows", RMSNorm{{.channels = 6}}, {6}, rms + " Mul");
  models.compare();
  const std::vector<std::string> checked = models.checked();
  for (std::size_t i = 0; i < checked.size(); i += 2)
    BOOST_TEST(sorted(operators(checked[i])) == sorted(expected[i / 2]));
}

BOOST_AUTO_TEST_CASE(so_do_residual_blocks, *with_onnxruntime) {
  Models models;
  Rng rng{1};
  const auto convolution = [&](std::size_t in) {
    return Conv2D{{.in = in, .out = 4, .padding = 1, .bias = false}, rng};
  };
  Sequential net{
      convolution(2),
      Residual{Sequential{BatchNorm{{.channels = 4}}, relu, convolution(4)}},
      Residual{Sequential{convolution(4)}, Sequential{convolution(4), BatchNorm{{.channels = 4}}}},
      Residual{Sequential{convolution(4), BatchNorm{{.channels = 4}}}, Sequential{},
               Activation::relu},
      GlobalAvgPool{},
      LayerNorm{{.channels = 4}}};
  shake(net);
  models.add("net", net, {5, 6, 2});
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_CASE(so_do_functions_of_elements, *with_onnxruntime) {
  Models models;
  const auto add = [&](const std::string& name, auto layer) {
    Sequential net{std::move(layer)};
    models.add(name, net, {7}, Layout::torch, 5,
               0.1);  // logarithms and roots want positive numbers
    models.add(name + "-images", net, {3, 4, 2});
  };
  using V = const Variable&;
  add("relu", relu);
  add("tanh", Tanh{});
  add("sigmoid", Sigmoid{});
  add("leaky_relu", LeakyReLU{0.2});
  add("softplus", softplus);
  add("gelu", [](V x) { return gelu(x) * gelu(x, {.tanh = true}); });
  add("silu", [](V x) { return silu(x) + mish(x); });
  add("elu", [](V x) { return elu(x, {.alpha = 0.7}) - selu(x); });
  add("softsign", [](V x) { return softsign(x) * hard_sigmoid(9 * x); });
  add("rounded", [](V x) { return floor(5 * x) + round(4 * x) + expm1(x); });
  add("rsqrt", [](V x) { return rsqrt(square(x) + 1); });
  add("exp", [](V x) { return exp(x); });
  add("log", [](V x) { return log(square(x) + 1); });
  add("sqrt", [](V x) { return sqrt(abs(x)); });
  add("neg", [](V x) { return -x; });
  add("clip", [](V x) { return clip(x, {.min = -0.3, .max = 0.4}); });
  add("clip-above", [](V x) { return clip(x, {.max = 0.4}); });
  add("numbers", [](V x) { return 2 / (3 - x * 0.5) + 1; });
  add("pow", [](V x) { return pow(square(x) + 0.5, 1.7); });
  add("twice", [](V x) { return tanh(x) * x; });
  add("functions", [](V x) { return log1p(square(x)) + sin(x) * cos(x) - erf(x) * sign(x - 0.3); });
  add("larger-smaller", [](V x) { return maximum(x, 0.3) - minimum(square(x), x); });
  add("compared", [](V x) { return (x < 0.4) + 2 * (x <= 0.2) + 4 * (x > 0.3) + 8 * (0.1 >= x); });
  add("equal", [](V x) { return equal(abs(x), x) + 2 * not_equal(x, maximum(x, 0.3)); });
  add("where", [](V x) { return where(x > 0.3, x, 2 * x) + where(x - x, 1, x); });
  add("dropout", Dropout{0.5});
  models.compare();
  models.checked();
}

// Each function of formulas, and the formulas for which ONNX has one operator.
BOOST_AUTO_TEST_CASE(so_do_formulas, *with_onnxruntime) {
  using V = const Variable&;
  Models models;
  std::vector<std::string> expected;
  const auto add = [&](auto value, const std::string& operators, double low = -1) {
    Sequential net{[value](V x) {
      static const Elementwise op{value, [](Term g, Term, Term) { return g; }};
      return op("own", x);
    }};
    models.add(std::to_string(expected.size()), net, {3, 4, 2}, Layout::torch, 5, low);
    expected.push_back(operators);
  };
  add([](Term x) { return x; }, "Identity");
  add([](Term x) { return abs(-x); }, "Neg Abs");
  add([](Term x) { return sign(x); }, "Sign");
  add([](Term x) { return sqrt(x); }, "Sqrt", 0.1);
  add([](Term x) { return log(exp(x)); }, "Exp Log");
  add([](Term x) { return log1p(x); }, "Add Log", 0.1);
  add([](Term x) { return tanh(sigmoid(x)); }, "Sigmoid Tanh");
  add([](Term x) { return expm1(x); }, "Exp Sub");
  add([](Term x) { return erf(x); }, "Erf");
  add([](Term x) { return normal_cdf(x); }, "Mul Erf Mul Add");
  add([](Term x) { return gelu_slope(2, x); }, "Mul Erf Mul Add Mul Mul Exp Mul Mul Add Mul");
  add([](Term x) { return floor(x) + round(x); }, "Floor Round Add");
  add([](Term x) { return where(x > 0, x, 0.5 * expm1(x)); }, "Less Exp Sub Mul Where");
  add([](Term x) { return sin(x) - cos(x); }, "Sin Cos Sub");
  add([](Term x) { return (x + 2) * x / 3; }, "Add Mul Div");
  add([](Term x) { return (x < 0.1) + (x <= 0.1); }, "Less Cast LessOrEqual Cast Add");
  add([](Term x) { return where(abs(x) == x, x, 2); }, "Abs Equal Where");
  add([](Term x) { return where(x, 1, 2); }, "Cast Where");
  add([](Term x) { return where((x > -0.5) * (x < 0.5), x, 0); },
      "Less Cast Less Cast Mul Cast Where");
  add([](Term x) { return minimum(maximum(x, -0.5), 0.3); }, "Max Min");
  add([](Term x) { return pow(x, 2.5); }, "Pow", 0.1);
  add([](Term x) { return quotient_slope(2, 3, x + 4); }, "Add Div Div Neg Mul");
  add([](Term x) { return power_slope(2, x, 2.5); }, "Equal Mul Sub Pow Mul Where", 0.1);
  add([](Term x) { return exponent_slope(3, x, 2.5); }, "Equal Pow Mul Log Mul Where", 0.1);
  add([](Term x) { return maximum(x, 0); }, "Relu");
  add([](Term x) { return softplus(x); }, "Softplus");
  models.compare();
  const std::vector<std::string> checked = models.checked();
  for (std::size_t i = 0; i < checked.size(); ++i)
    BOOST_TEST(sorted(operators(checked[i])) == sorted(expected[i]));
}

BOOST_AUTO_TEST_CASE(so_do_images_that_are_flattened, *with_onnxruntime) {
  Models models;
  Rng rng{1};
  const auto conv = [&] { return Conv2D{{.in = 2, .out = 3}, rng}; };
  const auto add = [&](const std::string& name, auto... layers) {
    Sequential net{conv(), std::move(layers)...};
    shake(net);
    models.add(name, net, {5, 6, 2});
    models.add(name + "-channels-last", net, {5, 6, 2}, Layout::keras);
  };
  add("flat", Flatten{});
  add("flat-dense", Flatten{}, relu, Dropout{0.5}, Dense{{.in = 36, .out = 4}, rng});
  add("dense-of-pixels", Dense{{.in = 3, .out = 3, .activation = Activation::relu}, rng},
      Dense{{.in = 3, .out = 2, .bias = false}, rng}, Flatten{});
  add("dense-of-rows", Custom{[](const Variable& x, const Values&) {
        return reshape(x, {-1, 9, 4});
      }},
      Dense{{.in = 4, .out = 3, .activation = Activation::tanh}, rng});
  add("flat-twice", Flatten{}, Flatten{}, Dense{{.in = 36, .out = 4, .bias = false}, rng});
  add("flat-softmax", Flatten{}, Softmax{});
  add("flat-matmul", Flatten{},
      Custom{[](const Variable& x, const Values& w) { return matmul(x, w[0]); }, {{36, 2}}});
  add(
      "flat-functions", Flatten{}, [](const Variable& x) { return 2 * tanh(x) + x; },
      Dense{{.in = 36, .out = 4}, rng});
  add("flat-scaled", Flatten{},
      Custom{[](const Variable& x, const Values& w) { return x * w[0]; }, {{36}}});
  add("reshaped", [](const Variable& x) { return reshape(x, {-1, 12, 3}); });
  add("both", [](const Variable& x) {
    return concatenate({flatten(x), flatten(max_pool2d(x))}, {.axis = 1});
  });
  // One weight behind images of 4 and of 16 channels.
  Parameter weight{random({144, 2}, -1, 1, 4)};
  Sequential shared{[&](const Variable& x) {
    const Variable w = x.tape().parameter(weight), few = slice(x, {.axis = 3, .end = 4}),
                   many = max_pool2d(x);
    return matmul(flatten(few), w) + matmul(flatten(many), w);
  }};
  models.add("shared-matmul", shared, {6, 6, 16});
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_CASE(so_do_ops_on_axes, *with_onnxruntime) {
  Models models;
  Rng rng{1};
  using V = const Variable&;
  const auto add = [&](const std::string& name, auto layer, bool vector = false) {
    Sequential net{std::move(layer)};
    models.add(name, net, vector ? Shape{6} : Shape{4, 5, 3});
    models.add(name + "-channels-last", net, vector ? Shape{6} : Shape{4, 5, 3}, Layout::keras);
  };
  add("softmax", Softmax{});
  add("softmax-rows", Softmax{.axis = 1});
  add(
      "log_softmax", [](V x) { return log_softmax(x); }, true);
  add("mean", [](V x) { return mean(x, {.axes = {1, 2}}); });
  add("mean-kept", [](V x) { return x - mean(x, {.axes = {2, 1}, .keep_dims = true}); });
  add("sum", [](V x) { return sum(x, {.axes = {3}}); });
  add("sum-kept", [](V x) { return x / sum(abs(x), {.axes = {-1}, .keep_dims = true}); });
  add("max", [](V x) { return max(x, {.axes = {-2, 3}}); });
  add("min", [](V x) { return min(x, {.axes = {1, 2}}); });
  add("prod", [](V x) { return prod(x, {.axes = {3}, .keep_dims = true}) * x; });
  add("logsumexp", [](V x) { return logsumexp(x, {.axes = {-1}}); });
  add("norm", [](V x) { return x / norm(x, {.axes = {1, 2}, .keep_dims = true}); });
  add("variance", [](V x) { return variance(x, {.axes = {1, 2}}); });
  add("stddev", [](V x) { return stddev(x, {.axes = {3}, .keep_dims = true, .correction = 1}); });
  add("cumsum", [](V x) { return cumsum(x, {.axis = 2}); });
  add("flip", [](V x) { return flip(x, {.axes = {1, -1}}); });
  add("pad", [](V x) { return pad(x, {{}, {1, 0}, {0, 2}, {}}, {.value = 0.5}); });
  add("pad-reflect", [](V x) {
    return pad(x, {{}, {1, 0}, {3, 2}, {}}, {.mode = PadMode::reflect});
  });
  add("tile", [](V x) { return tile(x, {1, 2, 1, 3}); });
  add("broadcast_to", [](V x) {
    return broadcast_to(mean(x, {.axes = {1}, .keep_dims = true}), {x.shape()[0], 2, 5, 3});
  });
  add("squeeze", [](V x) { return squeeze(mean(x, {.axes = {1}, .keep_dims = true})); });
  add("stacked", [](V x) { return stack({x, square(x)}, {.axis = 1}); });
  add("gather", [](V x) { return gather(x, std::vector<std::int32_t>{2, 0, 2}, {.axis = 2}); });
  add("glu", [](V x) { return glu(x, {.axis = 1}); });
  add("slice", [](V x) { return slice(x, {.axis = 3, .begin = 1}); });
  add(
      "slice-step", [](V x) { return slice(x, {.axis = 1, .begin = -5, .end = -1, .step = 2}); },
      true);
  add("split", [](V x) {
    const auto parts = split(x, {.axis = 3, .sizes = {1, 2}});
    return concatenate({parts[1], parts[0]}, {.axis = 3});
  });
  add(
      "split-equal",
      [](V x) {
        const auto parts = split(x, {.parts = 3, .axis = 1});
        return parts[0] * parts[2];
      },
      true);
  add("transpose", [](V x) { return transpose(x, {.axes = {0, 3, -2, 1}}); });
  add("concatenate", [](V x) { return concatenate({x, relu(x)}, {.axis = -1}); });
  add("channels",
      Custom{[](V x, const Values& w) { return relu(x * w[0] + exp(w[1])); }, {{3}, {1, 5, 1}}});
  add("stack", Custom{[](V x, const Values& w) { return matmul(x, w[0]); }, {{3, 2}}});
  add("unchanged", [](V x) { return x; });
  Sequential attention{[](V x) {
    return matmul(softmax(matmul(x, x, {.transpose_b = true})), x, {.transpose_a = true});
  }};
  models.add("attention", attention, {4, 3});
  models.compare();
  models.checked();
}

// One that shares a kernel, has a way around it, and layers inside layers.
BOOST_AUTO_TEST_CASE(so_does_a_graph_that_is_no_chain, *with_onnxruntime) {
  Models models;
  Rng rng{1};
  struct Block {
    explicit Block(Rng& rng)
        : conv{{.in = 4, .out = 4, .padding = Padding::same, .activation = Activation::relu}, rng} {
    }
    Variable operator()(const Variable& x, Location at) { return x + conv(conv(x, at), at); }
    void parameters(ParameterList& list) { list("conv", conv); }
    Conv2D conv;
  };
  Sequential net{Conv2D{{.in = 1, .out = 4}, rng}, Sequential{Block{rng}, relu, Block{rng}},
                 [](const Variable& x) {
                   return mean(x, {.axes = {1, 2}});
                 },
                 Dense{{.in = 4, .out = 2, .activation = Activation::tanh}, rng}};
  shake(net);
  models.add("net", net, {8, 8, 1});
  models.compare();
  const std::vector<std::string> checked = models.checked();
  if (checked.empty()) return;
  BOOST_TEST(
      checked[0] ==
      "8 17 input[N,1,8,8] output[N,2] Conv Conv Relu Conv Relu Add Relu Conv Relu Conv Relu Add "
      "ReduceMean Gemm Tanh 0.weight[4,1,3,3] 0.bias[4] 1.0.conv.weight[4,4,3,3] "
      "1.0.conv.bias[4] 1.2.conv.weight[4,4,3,3] 1.2.conv.bias[4] 3.weight[4,2] 3.bias[2]");
}

// A buffer is an initializer under its name.
BOOST_AUTO_TEST_CASE(so_do_buffers, *with_onnxruntime) {
  struct Centred {
    Buffer mean{random({3})};
    Variable operator()(const Variable& x) { return x - x.tape().input(mean.value); }
    void parameters(ParameterList& list) { list("mean", mean); }
  };
  Models models;
  Rng rng{1};
  Sequential net{Dense{{.in = 5, .out = 3}, rng}, Centred{}};
  shake(net);
  models.add("net", net, {5});
  models.compare();
  const std::vector<std::string> checked = models.checked();
  if (!checked.empty())
    BOOST_TEST(checked[0] ==
               "8 17 input[N,5] output[N,3] Gemm Sub 0.weight[5,3] 0.bias[3] 1.mean[3]");
}

BOOST_AUTO_TEST_SUITE_END()

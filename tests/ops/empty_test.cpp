// SPDX-License-Identifier: MIT
// Arrays without elements, through every op and back: a sensible result or an Error.
#include "../support.hpp"

#include <models/models.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace test;

BOOST_AUTO_TEST_SUITE(empty)

namespace {

using In = std::span<const Variable>;

struct Row {
  std::string op;
  std::vector<Shape> inputs;
  std::function<Variable(In)> function;
  Shape result;
  double value = 0;  // of all elements, if there are any; the inputs are ones
};

// Leaves NaN in the memory that the next arrays get: what is not written shows.
void poison() {
  std::vector<Array> blocks;
  for (std::size_t size = 1; size < 3000; size += 1 + size / 5)
    for (int i = 0; i < 3; ++i) blocks.push_back(full({size}, not_a_number));
}

std::vector<Row> elementwise_rows() {
  std::vector<Row> rows;
  const auto unary = [&rows](std::string name, auto f) {
    rows.push_back({std::move(name), {{0, 3}}, [f](In x) { return f(x[0]); }, {0, 3}});
  };
  unary("neg", [](const Variable& x) { return -x; });
  unary("exp", [](const Variable& x) { return exp(x); });
  unary("log", [](const Variable& x) { return log(x); });
  unary("sqrt", [](const Variable& x) { return sqrt(x); });
  unary("square", [](const Variable& x) { return square(x); });
  unary("abs", [](const Variable& x) { return abs(x); });
  unary("sign", [](const Variable& x) { return sign(x) * x; });
  unary("expm1", [](const Variable& x) { return expm1(x); });
  unary("rsqrt", [](const Variable& x) { return rsqrt(x); });
  unary("floor", [](const Variable& x) { return floor(x) * x; });
  unary("round", [](const Variable& x) { return round(x) * x; });
  unary("log1p", [](const Variable& x) { return log1p(x); });
  unary("sin", [](const Variable& x) { return sin(x); });
  unary("cos", [](const Variable& x) { return cos(x); });
  unary("erf", [](const Variable& x) { return erf(x); });
  unary("tanh", [](const Variable& x) { return tanh(x); });
  unary("sigmoid", [](const Variable& x) { return sigmoid(x); });
  unary("relu", [](const Variable& x) { return relu(x); });
  unary("softplus", [](const Variable& x) { return softplus(x); });
  unary("silu", [](const Variable& x) { return silu(x); });
  unary("mish", [](const Variable& x) { return mish(x); });
  unary("softsign", [](const Variable& x) { return softsign(x); });
  unary("hard_sigmoid", [](const Variable& x) { return hard_sigmoid(x); });
  unary("elu", [](const Variable& x) { return elu(x); });
  unary("selu", [](const Variable& x) { return selu(x); });
  unary("leaky_relu", [](const Variable& x) { return leaky_relu(x); });
  unary("clip", [](const Variable& x) { return clip(x, {.min = 0, .max = 1}); });
  unary("dropout", [](const Variable& x) { return dropout(x); });
  const auto binary = [&rows](std::string name, auto f) {
    const auto op = [f](In x) { return f(x[0], x[1]); };
    rows.push_back({name, {{0, 3}, {0, 3}}, op, {0, 3}});
    rows.push_back({name, {{0, 3}, {3}}, op, {0, 3}});
    rows.push_back({name, {{1, 3}, {0, 1}}, op, {0, 3}});
    rows.push_back({name, {{}, {2, 0}}, op, {2, 0}});
    rows.push_back({name, {{0}, {2, 3, 1}}, op, {2, 3, 0}});
  };
  binary("add", [](const Variable& a, const Variable& b) { return a + b; });
  binary("sub", [](const Variable& a, const Variable& b) { return a - b; });
  binary("mul", [](const Variable& a, const Variable& b) { return a * b; });
  binary("div", [](const Variable& a, const Variable& b) { return a / b; });
  binary("pow", [](const Variable& a, const Variable& b) { return pow(a, b); });
  binary("maximum", [](const Variable& a, const Variable& b) { return maximum(a, b); });
  binary("minimum", [](const Variable& a, const Variable& b) { return minimum(a, b); });
  binary("less", [](const Variable& a, const Variable& b) { return (a < b) * a; });
  binary("where", [](const Variable& a, const Variable& b) { return where(a, a, b); });
  return rows;
}

std::vector<Row> shape_rows() {
  return {
      {"sum", {{0, 3}}, [](In x) { return sum(x[0]); }, {}},
      {"sum", {{0, 3}}, [](In x) { return sum(x[0], {.axes = {0}}); }, {3}},
      {"sum", {{0, 3}}, [](In x) { return sum(x[0], {.axes = {1}}); }, {0}},
      {"mean", {{0, 3}}, [](In x) { return mean(x[0], {.axes = {1}}); }, {0}},
      {"max", {{2, 0, 3}}, [](In x) { return max(x[0], {.axes = {2}}); }, {2, 0}},
      {"min", {{2, 0, 3}}, [](In x) { return min(x[0], {.axes = {2}}); }, {2, 0}},
      {"prod", {{0, 3}}, [](In x) { return prod(x[0], {.axes = {0}}); }, {3}, 1},
      {"prod", {{0, 3}}, [](In x) { return prod(x[0], {.axes = {1}}); }, {0}},
      {"logsumexp", {{0, 3}}, [](In x) { return logsumexp(x[0], {.axes = {1}}); }, {0}},
      {"norm", {{0, 3}}, [](In x) { return norm(x[0], {.axes = {1}}); }, {0}},
      {"variance", {{0, 3}}, [](In x) { return variance(x[0], {.axes = {1}}); }, {0}},
      {"stddev", {{0, 3}}, [](In x) { return stddev(x[0], {.axes = {1}}); }, {0}},
      {"cumsum", {{0, 3}}, [](In x) { return cumsum(x[0]); }, {0, 3}},
      {"cumsum", {{3, 0}}, [](In x) { return cumsum(x[0]); }, {3, 0}},
      {"squeeze", {{0, 1}}, [](In x) { return squeeze(x[0]); }, {0}},
      {"expand_dims", {{0, 3}}, [](In x) { return expand_dims(x[0], 1); }, {0, 1, 3}},
      {"broadcast_to",
       {{1, 3}},
       [](In x) {
         return broadcast_to(x[0], {0, 3});
       },
       {0, 3}},
      {"tile",
       {{0, 3}},
       [](In x) {
         return tile(x[0], {2, 2});
       },
       {0, 6}},
      {"tile",
       {{2, 3}},
       [](In x) {
         return tile(x[0], {0, 1});
       },
       {0, 3}},
      {"flip", {{0, 3}}, [](In x) { return flip(x[0]); }, {0, 3}},
      {"pad",
       {{0, 3}},
       [](In x) {
         return pad(x[0], {{1, 1}, {}}, {.value = 2});
       },
       {2, 3},
       2},
      {"pad",
       {{0, 3}},
       [](In x) {
         return pad(x[0], {{}, {2, 2}}, {.mode = PadMode::reflect});
       },
       {0, 7}},
      {"stack",
       {{0, 3}},
       [](In x) {
         return stack({x[0], x[0]});
       },
       {2, 0, 3}},
      {"gather", {{0, 3}}, [](In x) { return gather(x[0], std::vector<std::int32_t>{}); }, {0, 3}},
      {"gather", {{4, 3}}, [](In x) { return gather(x[0], std::vector<std::int32_t>{}); }, {0, 3}},
      {"reshape",
       {{0, 3}},
       [](In x) {
         return reshape(x[0], {5, 0, 2});
       },
       {5, 0, 2}},
      {"flatten", {{0, 3, 4}}, [](In x) { return flatten(x[0]); }, {0, 12}},
      {"flatten", {{4, 0, 3}}, [](In x) { return flatten(x[0]); }, {4, 0}},
      {"transpose", {{0, 3, 4}}, [](In x) { return transpose(x[0]); }, {4, 3, 0}},
      {"concatenate", {{0, 3}, {2, 3}, {0, 3}}, [](In x) { return concatenate(x); }, {2, 3}, 1},
      {"concatenate", {{2, 0}, {2, 0}}, [](In x) { return concatenate(x, {.axis = 1}); }, {2, 0}},
      {"slice", {{0, 3}}, [](In x) { return slice(x[0], {.begin = -2, .end = 5}); }, {0, 3}},
      {"slice", {{4}}, [](In x) { return slice(x[0], {.begin = 3, .end = 3}); }, {0}},
      {"slice", {{4}}, [](In x) { return slice(x[0], {.begin = 9, .end = 12}); }, {0}},
      {"slice", {{0}}, [](In x) { return slice(x[0], {.begin = 1, .step = 3}); }, {0}},
      {"split", {{0, 3}}, [](In x) { return split(x[0])[1]; }, {0, 3}},
      {"split",
       {{4}},
       [](In x) {
         return split(x[0], {.sizes = {4, 0}})[1];
       },
       {0}},
  };
}

std::vector<Row> linear_rows() {
  const auto product = [](In x) { return matmul(x[0], x[1]); };
  const auto layer = [](Activation activation) {
    return [activation](In x) { return dense(x[0], x[1], x[2], {activation}); };
  };
  return {
      {"matmul", {{0, 3}, {3, 4}}, product, {0, 4}},
      {"matmul", {{2, 0}, {0, 4}}, product, {2, 4}},
      {"matmul", {{100, 0}, {0, 70}}, product, {100, 70}},
      {"matmul", {{2, 3}, {3, 0}}, product, {2, 0}},
      {"matmul", {{0, 2, 3}, {3, 4}}, product, {0, 2, 4}},
      {"matmul", {{0, 2, 3}, {0, 3, 4}}, product, {0, 2, 4}},
      {"matmul", {{5, 2, 0}, {5, 0, 4}}, product, {5, 2, 4}},
      {"matmul", {{0, 2, 3}, {1, 3, 4}}, product, {0, 2, 4}},
      {"dense", {{0, 3}, {3, 4}, {4}}, layer(Activation::relu), {0, 4}},
      {"dense", {{2, 0}, {0, 4}, {4}}, layer(Activation::none), {2, 4}, 1},
      {"dense", {{2, 3}, {3, 0}, {0}}, layer(Activation::tanh), {2, 0}},
      {"dense", {{0, 0}, {0, 0}, {0}}, layer(Activation::sigmoid), {0, 0}},
      {"dense", {{0, 3}, {3, 4}, {4}}, layer(Activation::gelu), {0, 4}},
      {"softmax", {{0, 3}}, [](In x) { return softmax(x[0]); }, {0, 3}},
      {"softmax", {{3, 0}}, [](In x) { return softmax(x[0], {.axis = 0}); }, {3, 0}},
      {"log_softmax", {{0, 3}}, [](In x) { return log_softmax(x[0]); }, {0, 3}},
      {"log_softmax", {{2, 0, 3}}, [](In x) { return log_softmax(x[0], {.axis = 0}); }, {2, 0, 3}},
  };
}

std::vector<Row> image_rows() {
  const auto conv = [](Conv2DOptions o) {
    return [o](In x) { return conv2d(x[0], x[1], x[2], o); };
  };
  const auto along = [](In x) { return conv1d(x[0], x[1], x[2], {.padding = 1, .max_pool = 2}); };
  const auto transposed = [](In x) { return conv_transpose2d(x[0], x[1], x[2], {.stride = 2}); };
  const auto grad_kernel = [](In x) { return conv2d_grad_kernel(x[0], x[1]); };
  const Conv2DOptions tanh_same{.padding = Padding::same, .activation = Activation::tanh};
  return {
      {"conv2d", {{0, 5, 5, 2}, {3, 3, 2, 4}, {4}}, conv({.max_pool = 3}), {0, 1, 1, 4}},
      {"conv2d", {{2, 5, 5, 0}, {3, 3, 0, 4}, {4}}, conv({.max_pool = 3}), {2, 1, 1, 4}, 1},
      {"conv2d", {{0, 5, 5, 2}, {3, 3, 2, 4}, {4}}, conv({}), {0, 3, 3, 4}},
      {"conv2d", {{0, 5, 5, 2}, {3, 3, 2, 4}, {4}}, conv(tanh_same), {0, 5, 5, 4}},
      {"conv2d",
       {{0, 9, 9, 2}, {3, 3, 2, 4}, {4}},
       conv({.stride = 2, .padding = 1, .dilation = 2, .activation = Activation::relu}),
       {0, 4, 4, 4}},
      {"conv2d", {{2, 5, 5, 0}, {3, 3, 0, 4}, {4}}, conv({}), {2, 3, 3, 4}, 1},
      {"conv2d", {{2, 5, 5, 2}, {3, 3, 2, 0}, {0}}, conv({.padding = 1}), {2, 5, 5, 0}},
      {"conv2d", {{0, 5, 5, 4}, {3, 3, 1, 4}, {4}}, conv({.groups = 4}), {0, 3, 3, 4}},
      {"conv2d", {{0, 5, 5, 4}, {3, 3, 2, 4}, {4}}, conv({.groups = 2}), {0, 3, 3, 4}},
      {"conv2d", {{2, 5, 5, 0}, {3, 3, 0, 4}, {4}}, conv({.groups = 2}), {2, 3, 3, 4}, 1},
      {"conv1d", {{0, 5, 2}, {3, 2, 4}, {4}}, along, {0, 2, 4}},
      {"conv1d", {{2, 5, 0}, {3, 0, 4}, {4}}, along, {2, 2, 4}, 1},
      {"conv_transpose2d", {{0, 3, 3, 4}, {3, 3, 2, 4}, {2}}, transposed, {0, 7, 7, 2}},
      {"conv_transpose2d", {{2, 3, 3, 0}, {3, 3, 2, 0}, {2}}, transposed, {2, 7, 7, 2}, 1},
      {"conv_transpose2d", {{2, 3, 3, 4}, {3, 3, 0, 4}, {0}}, transposed, {2, 7, 7, 0}},
      {"conv2d_grad_kernel", {{0, 5, 5, 2}, {0, 3, 3, 4}}, grad_kernel, {3, 3, 2, 4}},
      {"conv2d_grad_kernel", {{2, 5, 5, 0}, {2, 3, 3, 4}}, grad_kernel, {3, 3, 0, 4}},
      {"conv2d_grad_kernel", {{2, 5, 5, 2}, {2, 3, 3, 0}}, grad_kernel, {3, 3, 2, 0}},
      {"max_pool2d", {{0, 4, 4, 3}}, [](In x) { return max_pool2d(x[0]); }, {0, 2, 2, 3}},
      {"max_pool2d", {{2, 4, 4, 0}}, [](In x) { return max_pool2d(x[0]); }, {2, 2, 2, 0}},
      {"upsample2d", {{0, 4, 4, 3}}, [](In x) { return upsample2d(x[0]); }, {0, 8, 8, 3}},
      {"upsample2d", {{2, 4, 4, 0}}, [](In x) { return upsample2d(x[0]); }, {2, 8, 8, 0}},
      {"adaptive_avg_pool2d",
       {{0, 4, 4, 3}},
       [](In x) { return adaptive_avg_pool2d(x[0]); },
       {0, 1, 1, 3}},
      {"max_pool1d", {{0, 4, 3}}, [](In x) { return max_pool1d(x[0]); }, {0, 2, 3}},
      {"avg_pool1d", {{2, 4, 0}}, [](In x) { return avg_pool1d(x[0]); }, {2, 2, 0}},
      {"avg_pool2d", {{0, 4, 4, 3}}, [](In x) { return avg_pool2d(x[0]); }, {0, 2, 2, 3}},
      {"avg_pool2d", {{2, 4, 4, 0}}, [](In x) { return avg_pool2d(x[0]); }, {2, 2, 2, 0}},
  };
}

std::vector<Row> normalization_rows() {
  const auto given = [](In x) { return batch_norm(x[0], x[1], x[1], x[1], x[1]); };
  const auto groups = [](std::size_t count) {
    return [count](In x) { return group_norm(x[0], x[1], x[1], {.groups = count}); };
  };
  return {
      {"batch_norm", {{0, 3}, {3}}, given, {0, 3}},
      {"batch_norm", {{2, 0, 3}, {3}}, given, {2, 0, 3}},
      {"batch_norm", {{4, 0}, {0}}, given, {4, 0}},
      {"batch_norm", {{4, 0}, {0}}, [](In x) { return batch_norm(x[0], x[1], x[1]); }, {4, 0}},
      {"add_batch_norm",
       {{0, 3}, {3}},
       [](In x) { return add_batch_norm(x[0], x[0], x[1], x[1], x[1], x[1]); },
       {0, 3}},
      {"add_batch_norm",
       {{4, 0}, {0}},
       [](In x) { return add_batch_norm(x[0], x[0], x[1], x[1]); },
       {4, 0}},
      {"layer_norm", {{0, 3}, {3}}, [](In x) { return layer_norm(x[0], x[1], x[1]); }, {0, 3}},
      {"group_norm", {{0, 4, 6}, {6}}, groups(3), {0, 4, 6}},
      {"group_norm", {{0, 6}, {6}}, groups(1), {0, 6}},
      {"rms_norm", {{2, 0, 3}, {3}}, [](In x) { return rms_norm(x[0], x[1]); }, {2, 0, 3}},
  };
}

void check(const Row& row) {
  Rng rng{1};
  Tape tape{Mode::train, rng};
  std::vector<Variable> inputs;
  for (const Shape& shape : row.inputs) inputs.push_back(tape.variable(full(shape, 1)));
  poison();
  const Variable y = row.function(inputs);
  BOOST_TEST(difference(y.value(), row.result, std::vector<double>(y.size(), row.value), 0) == "",
             row.op);
  poison();
  tape.backward(sum(y));
  for (const Variable& x : inputs) {
    BOOST_TEST((x.grad().shape() == x.shape()), row.op);
    BOOST_TEST(std::isfinite(sum_of(x.grad())), row.op << ": the gradient was not written");
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(ops) {
  for (auto* rows : {elementwise_rows, shape_rows, linear_rows, image_rows, normalization_rows})
    for (const Row& row : rows()) {
      BOOST_TEST_CONTEXT(row.op) BOOST_CHECK_NO_THROW(check(row));
    }
}

BOOST_AUTO_TEST_CASE(whole_models) {
  Rng rng{1};
  for (auto* make : {models::cnn, models::lenet5, models::mlp}) {
    Sequential net = make(rng);
    for (Mode mode : {Mode::train, Mode::eval}) {
      Tape tape{mode, rng};
      const Variable logits = net(tape.input(zeros({0, 28, 28, 1})));
      BOOST_TEST((logits.shape() == Shape{0, 10}));
      if (mode == Mode::eval) continue;
      tape.backward(sum(logits));
      for (const auto& [name, parameter] : parameters(net))
        BOOST_TEST(same_bits(parameter->grad(), zeros(parameter->shape())), name);
    }
  }
}

// A slice of part of an array, with the longest steps that can be given.
BOOST_AUTO_TEST_CASE(slices_at_the_ends_of_the_range) {
  constexpr std::ptrdiff_t least = std::numeric_limits<std::ptrdiff_t>::min();
  constexpr std::ptrdiff_t most = std::numeric_limits<std::ptrdiff_t>::max();
  Tape tape;
  const Variable x = tape.variable(counting({5}));
  BOOST_TEST(elements(slice(x, {.step = most}).value()) == std::vector<double>{0});
  BOOST_TEST(elements(slice(x, {.begin = 4, .step = most}).value()) == std::vector<double>{4});
  BOOST_TEST(slice(x, {.begin = least, .end = least}).size() == 0u);
  BOOST_TEST(slice(x, {.begin = least, .end = most}).size() == 5u);
  BOOST_TEST(slice(x, {.begin = most}).size() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Gradients of gradients of every op and layer, whose rows are those of gradient_test.cpp, in the double build.
#include "gradient_rows.hpp"

#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

using namespace test;

BOOST_AUTO_TEST_SUITE(derivatives_of_ops)

namespace {

// The inputs of a row on a tape that draws what all tapes here draw.
struct Pass {
  explicit Pass(const Row& row, Mode mode = Mode::derive) : tape{mode, rng} {
    for (const Array& x : row.inputs) inputs.push_back(tape.variable(x));
    y.emplace(row.function(inputs));
  }
  // Numbers in the shape of a variable.
  Variable drawn_beside(const Variable& x) {
    Array a = uninitialized(x.shape());
    for (Scalar& e : a.storage()) e = static_cast<Scalar>(2 * numbers.uniform() - 1);
    return tape.variable(std::move(a));
  }
  Rng rng{1}, numbers{9};
  Tape tape;
  std::vector<Variable> inputs;
  std::optional<Variable> y;
};

double largest_difference(const Array& a, const Array& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(a.data()[i] - b.data()[i])) /
                                    std::max(1.0, std::abs(static_cast<double>(b.data()[i]))));
  return largest;
}

double product(const Array& a, const Array& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
  return sum;
}

// All elements move at once, by little, so that none becomes another maximum.
const testing::GradientOptions second_order{.step = 1e-5, .order = 2, .directions = 3};

}  // namespace

BOOST_AUTO_TEST_CASE(second_order_of_ops_against_finite_differences) {
  for (const Row& row : op_rows()) {
    const double error = testing::gradient_error(row.function, row.inputs, second_order);
    BOOST_TEST(error <= 1e-5, row.name << " (" << row.what << "): relative error " << error);
  }
}

BOOST_AUTO_TEST_CASE(second_order_of_layers_against_finite_differences) {
  for (const LayerRow& row : layer_rows()) {
    const double error = row.error(second_order);
    BOOST_TEST(error <= 1e-5, row.name << ": relative error " << error);
  }
}

// An op has two rules: numbers by its kernels, and ops.
BOOST_AUTO_TEST_CASE(gradients_in_ops_are_those_of_the_backward_pass) {
  for (const Row& row : op_rows()) {
    Pass in_ops{row}, numbers{row, Mode::train};
    const Variable c = in_ops.drawn_beside(*in_ops.y).detach();
    const auto gradients = in_ops.tape.gradient(*in_ops.y, in_ops.inputs, c);
    numbers.tape.backward(sum(*numbers.y * numbers.tape.input(c.shared_value())));
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const double off = largest_difference(gradients[i].value(), numbers.inputs[i].grad());
      BOOST_TEST(off <= 1e-10, row.name << " (" << row.what << "), input " << i << ": " << off);
    }
  }
}

// Where finite differences say nothing.
BOOST_AUTO_TEST_CASE(relu_has_the_derivative_0_at_0_in_ops_too) {
  constexpr Activation relu = Activation::relu;
  const std::pair<const char*, Variable (*)(const Variable&, const Variable&)> ops[] = {
      {"relu", [](const Variable& x, const Variable&) { return xtape::relu(x); }},
      {"dense",
       [](const Variable& x, const Variable& zero) {
         return dense(reshape(x, {-1, 3}), matmul(reshape(zero, {3, 1}), reshape(zero, {1, 3})),
                      zero, {.activation = relu});
       }},
      {"conv2d",
       [](const Variable& x, const Variable& zero) {
         return conv2d(x, x.tape().input(full({1, 1, 3, 3}, 1)), zero, {.activation = relu});
       }},
      {"batch_norm",
       [](const Variable& x, const Variable& zero) {
         return batch_norm(x, zero + 1, zero, {.activation = relu});
       }},
      {"add_batch_norm", [](const Variable& x, const Variable& zero) {
         return add_batch_norm(x, x, zero + 1, zero, zero, zero + 1, {.activation = relu});
       }}};
  for (const auto& [name, op] : ops) {
    Tape tape{Mode::derive};
    const Variable inputs[] = {tape.variable(zeros({2, 2, 2, 3})), tape.variable(zeros({3}))};
    const Variable y = op(inputs[0], inputs[1]);
    for (const Variable& g : tape.gradient(sum(y), {inputs[0], inputs[1]}))
      for (const Scalar slope : g.value()) BOOST_TEST(slope == 0, name);
  }
}

// <c, J t> = <J^T c, t>, where J t is the gradient of the other side by c.
BOOST_AUTO_TEST_CASE(products_with_the_jacobian_from_both_sides_agree) {
  for (const Row& row : op_rows()) {
    Pass pass{row};
    const Variable c = pass.drawn_beside(*pass.y);
    const auto gradients = pass.tape.gradient(*pass.y, pass.inputs, c);
    Variable side = pass.tape.input(zeros({}));
    double right = 0;
    for (const Variable& g : gradients) {
      const Variable t = pass.drawn_beside(g).detach();
      side = side + sum(g * t);
      right += product(g.value(), t.value());
    }
    const double left = product(c.value(), pass.tape.gradient(side, c).value());
    BOOST_TEST(std::abs(left - right) <= 1e-10 * std::max(1.0, std::abs(right)),
               row.name << " (" << row.what << "): " << left << " and " << right);
  }
}

BOOST_AUTO_TEST_CASE(third_order_against_finite_differences) {
  const std::vector<Row> rows{
      {"exp", "", {numbers({2, 3})}, [](In x) { return exp(x[0]); }},
      {"tanh", "", {numbers({2, 3})}, [](In x) { return tanh(x[0]); }},
      {"pow", "", {positive({4}), numbers({4})}, [](In x) { return pow(x[0], x[1]); }},
      {"gelu", "", {numbers({5})}, [](In x) { return gelu(x[0]); }},
      {"matmul",
       "",
       {numbers({2, 3}), numbers({3, 2})},
       [](In x) { return matmul(matmul(x[0], x[1]), x[0]); }},
      {"conv2d",
       "",
       {numbers({1, 3, 3, 1}), numbers({2, 2, 1, 2}), numbers({2})},
       [](In x) { return conv2d(x[0], x[1], x[2], {.activation = Activation::tanh}); }},
      {"softmax", "", {numbers({2, 4})}, [](In x) { return softmax(x[0]); }},
      {"layer_norm",
       "",
       {numbers({2, 4}), numbers({4}), numbers({4})},
       [](In x) { return layer_norm(x[0], x[1], x[2]); }},
  };
  for (const Row& row : rows) {
    const double error = testing::gradient_error(row.function, row.inputs, {.order = 3});
    BOOST_TEST(error <= 1e-5, row.name << ": relative error " << error);
  }
}

BOOST_AUTO_TEST_SUITE_END()

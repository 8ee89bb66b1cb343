// SPDX-License-Identifier: MIT
// Rows of gradient_test for products and what is made of them, and for what goes along the last axis.
#include "gradient_rows.hpp"

#include <xtape/ops.hpp>

namespace test {

std::vector<Row> attention_rows() {
  const auto attend = [](AttentionOptions options) {
    return [options](In x) { return scaled_dot_product_attention(x[0], x[1], x[2], options); };
  };
  const auto attend_jointly = [](AttentionOptions options) {
    return [options](In x) { return scaled_dot_product_attention(x[0], options); };
  };
  const std::string op = "scaled_dot_product_attention";
  const std::vector<Array> others{numbers({2, 3, 4}), numbers({2, 5, 4}), numbers({2, 5, 6})};
  return {
      {op, "to others", others, attend({.heads = 2})},
      {op, "dropout", others, attend({.heads = 2, .dropout = 0.4})},
      {op, "mask", others,
       attend({.scale = 0.8, .mask = Array{{0, 1, 1, 0, 1}, {0, 0, 0, 0, 0}, {1, 0, 1, 1, 1}}})},
      {op, "to itself", {numbers({2, 3, 12})}, attend_jointly({.heads = 2})},
      {op, "causal", {numbers({1, 70, 3})}, attend_jointly({.causal = true})},
      {op,
       "causal, dropout",
       {numbers({2, 5, 12})},
       attend_jointly({.heads = 2, .causal = true, .dropout = 0.3})},
      {op,
       "repeated",
       {numbers({1, 4, 3})},
       [](In x) { return scaled_dot_product_attention(x[0], x[0], x[0]); }},
      {"einsum",
       "",
       {numbers({2, 3, 4}), numbers({5, 4, 2})},
       [](In x) { return einsum("abc,dca->bd", x[0], x[1]); }},
      {"einsum", "one", {numbers({2, 3})}, [](In x) { return einsum("ab->b", x[0]); }},
  };
}

std::vector<Row> linear_rows() {
  return {
      {"matmul",
       "matrices",
       {numbers({3, 4}), numbers({4, 5})},
       [](In x) { return matmul(x[0], x[1]); }},
      {"matmul",
       "stack by matrix",
       {numbers({2, 3, 4}), numbers({4, 5})},
       [](In x) { return matmul(x[0], x[1]); }},
      {"matmul",
       "stacks",
       {numbers({2, 3, 4}), numbers({2, 4, 5})},
       [](In x) { return matmul(x[0], x[1]); }},
      {"matmul",
       "transposed",
       {numbers({2, 4, 3}), numbers({3, 1, 5, 4})},
       [](In x) { return matmul(x[0], x[1], {.transpose_a = true, .transpose_b = true}); }},
      {"matmul", "repeated", {numbers({3, 3})}, [](In x) { return matmul(x[0], x[0]); }},
      {"dense",
       "plain",
       {numbers({3, 4}), numbers({4, 5})},
       [](In x) { return dense(x[0], x[1]); }},
      {"dense",
       "relu",
       {numbers({3, 4}), numbers({4, 5}), numbers({5})},
       [](In x) { return dense(x[0], x[1], x[2], {.activation = Activation::relu}); }},
      {"dense",
       "sequences",
       {numbers({2, 3, 4}), numbers({4, 5}), numbers({5})},
       [](In x) { return dense(x[0], x[1], x[2], {.activation = Activation::relu}); }},
      {"dense",
       "tanh",
       {numbers({3, 4}), numbers({4, 19}), numbers({19})},
       [](In x) { return dense(x[0], x[1], x[2], {.activation = Activation::tanh}); }},
      {"dense",
       "sigmoid",
       {numbers({3, 4}), numbers({4, 19}), numbers({19})},
       [](In x) { return dense(x[0], x[1], x[2], {.activation = Activation::sigmoid}); }},
      {"dense",
       "gelu",
       {numbers({2, 3, 4}), numbers({4, 19}), numbers({19})},
       [](In x) { return dense(x[0], x[1], x[2], {.activation = Activation::gelu}); }},
      {"add_dense",
       "",
       {numbers({3, 5}), numbers({3, 4}), numbers({4, 5}), numbers({5})},
       [](In x) { return add_dense(x[0], x[1], x[2], x[3]); }},
      {"add_dense",
       "sequences, no bias",
       {numbers({2, 3, 5}), numbers({2, 3, 4}), numbers({4, 5})},
       [](In x) { return add_dense(x[0], x[1], x[2]); }},
      {"add_dense",
       "relu",
       {numbers({3, 5}), numbers({3, 4}), numbers({4, 5}), numbers({5})},
       [](In x) { return add_dense(x[0], x[1], x[2], x[3], {.activation = Activation::relu}); }},
      {"add_dense",
       "gelu",
       {numbers({3, 5}), numbers({3, 4}), numbers({4, 5})},
       [](In x) { return add_dense(x[0], x[1], x[2], {.activation = Activation::gelu}); }},
      {"add_dense",
       "around itself",
       {numbers({3, 4}), numbers({4, 4})},
       [](In x) { return add_dense(x[0], x[0], x[1]); }},
      {"glu", "", {numbers({3, 6})}, [](In x) { return glu(x[0]); }},
      {"glu", "middle", {numbers({2, 4, 3})}, [](In x) { return glu(x[0], {.axis = 1}); }},
      {"softmax", "", {numbers({3, 11})}, [](In x) { return softmax(x[0]); }},
      {"softmax", "middle", {numbers({2, 5, 3})}, [](In x) { return softmax(x[0], {.axis = 1}); }},
      {"log_softmax", "", {numbers({3, 11})}, [](In x) { return log_softmax(x[0]); }},
      {"log_softmax",
       "first",
       {numbers({4, 3})},
       [](In x) { return log_softmax(x[0], {.axis = 0}); }},
  };
}

}  // namespace test

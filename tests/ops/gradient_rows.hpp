// SPDX-License-Identifier: MIT
// The table of gradients, which gradient_test.cpp checks.
#pragma once

#include "numbers.hpp"

#include <xtape/testing.hpp>

#include <functional>
#include <string>

namespace test {

using In = std::span<const Variable>;

struct Row {
  std::string name;  // the op's or the layer's
  std::string what;  // this case of it
  std::vector<Array> inputs;
  testing::Function function;
};

/// Those of reductions and sums along an axis.
std::vector<Row> reduction_rows();
/// Those of products, and of softmax and glu.
std::vector<Row> linear_rows();
/// Those of attention and einsum.
std::vector<Row> attention_rows();
/// Those of ops that move elements.
std::vector<Row> shape_rows();
/// Those of convolutions and pooling.
std::vector<Row> image_rows();
/// Those of losses.
std::vector<Row> loss_rows();
/// Those of normalisation.
std::vector<Row> normalization_rows();
/// Those of ops that go over sequences.
std::vector<Row> recurrent_rows();

/// All of them, with the same inputs each time.
const std::vector<Row>& op_rows();

/// A layer and, for options, the error of its gradients by its input and its parameters.
struct LayerRow {
  std::string name;
  std::function<double(const testing::GradientOptions&)> error;
};
/// Those of layers.
std::vector<LayerRow> layer_rows();

}  // namespace test

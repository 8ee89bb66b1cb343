// SPDX-License-Identifier: MIT
#include "export/onnx_call.hpp"
#include "ops/recurrent.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::onnx {
namespace {

using kernels::Cell;

// Which of our blocks stands in each place of ONNX's order: input, output, forget, cell; update, reset, hidden.
std::vector<std::size_t> blocks_of(Cell cell) {
  if (cell == Cell::lstm) return {0, 3, 1, 2};
  if (cell == Cell::gru) return {1, 0, 2};
  return {0};
}

// (in, blocks width) as (1, blocks width, in).
Array turned(const Array& w, const std::vector<std::size_t>& blocks) {
  const std::size_t in = w.shape()[0], out = w.shape()[1], width = out / blocks.size();
  Array result = uninitialized({1, out, in});
  for (std::size_t i = 0; i < out; ++i)
    for (std::size_t k = 0; k < in; ++k)
      result.data()[i * in + k] = w.data()[k * out + blocks[i / width] * width + i % width];
  return result;
}

// Both biases, of which one may be null, as (1, 2 blocks width).
Array joined(const Variable* b, const Variable* v, const std::vector<std::size_t>& blocks) {
  const std::size_t out = (b != nullptr ? b : v)->size(), width = out / blocks.size();
  Array result = zeros({1, 2 * out});
  Scalar* to = result.data();
  for (const Variable* bias : {b, v}) {
    for (const std::size_t block : blocks) {
      if (bias != nullptr) std::copy_n(bias->value().data() + block * width, width, to);
      to += width;
    }
  }
  return result;
}

const char* type_of(Cell cell) {
  return cell == Cell::lstm ? "LSTM" : cell == Cell::gru ? "GRU" : "RNN";
}

std::vector<Attribute> attributes_of(const RecurrentCall& o, std::size_t width) {
  std::vector<Attribute> all{{"hidden_size", static_cast<std::int64_t>(width)}};
  if (o.reverse) all.push_back({"direction", std::string{"reverse"}});
  if (o.cell == Cell::gru) all.push_back({"linear_before_reset", std::int64_t{1}});
  if (o.cell == Cell::rnn_relu) all.push_back({"activations", std::vector<std::string>{"Relu"}});
  return all;
}

}  // namespace

// The operators have the steps first, and an axis of directions.
void recurrent(Builder& b, const Call& call) {
  const RecurrentCall& o = options_of<RecurrentCall>(call);
  const std::vector<std::size_t> blocks = blocks_of(o.cell);
  auto input = call.inputs.begin();
  const Variable &x = **input++, &w = **input++, &u = **input++;
  const Variable* const bias = o.input_bias ? *input++ : nullptr;
  const Variable* const hidden_bias = o.recurrent_bias ? *input++ : nullptr;
  for (auto weight = call.inputs.begin() + 1; weight != input; ++weight)
    check_constant(b, call, **weight, "weight");
  std::vector<std::string> inputs{b.add("Transpose", {b.name(x)}, {{"perm", Ints{1, 0, 2}}}),
                                  b.constant(w, turned(w.value(), blocks)),
                                  b.constant(u, turned(u.value(), blocks))};
  if (bias != nullptr || hidden_bias != nullptr)
    inputs.push_back(
        b.constant(*(bias != nullptr ? bias : hidden_bias), joined(bias, hidden_bias, blocks)));
  if (o.initial) {
    inputs.resize(5);  // no lengths of sequences
    for (; input != call.inputs.end(); ++input) {
      if (b.is_constant(**input))
        fail(call, "the state that the op ", call.op.name, " begins with is a constant");
      inputs.push_back(b.add("Unsqueeze", {b.name(**input), b.constant(Ints{0})}));
    }
  }
  const auto outputs =
      b.add(type_of(o.cell), call.results.size(), inputs, attributes_of(o, u.shape()[0]));
  const std::string rows = b.add("Transpose", {outputs[0]}, {{"perm", Ints{2, 0, 1, 3}}});
  b.define(call.results[0], Order::same, b.add("Squeeze", {rows, b.constant(Ints{2})}));
  for (std::size_t i = 1; i < outputs.size(); ++i)
    b.define(call.results[i], Order::same, b.add("Squeeze", {outputs[i], b.constant(Ints{0})}));
}

}  // namespace xtape::inline XTAPE_ABI::onnx

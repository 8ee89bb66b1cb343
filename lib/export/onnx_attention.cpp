// SPDX-License-Identifier: MIT
#include "export/onnx_call.hpp"
#include "ops/attention.hpp"

#include <algorithm>
#include <limits>

namespace xtape::inline XTAPE_ABI::onnx {
namespace {

// Steps (N, T, heads d), with the axes of (N, T, heads, d) in another order.
std::string by_heads(Builder& b, const std::string& steps, std::size_t heads, std::size_t depth,
                     const Ints& order) {
  const Ints apart{0, 0, static_cast<std::int64_t>(heads), static_cast<std::int64_t>(depth)};
  return b.add("Transpose", {b.add("Reshape", {steps, b.constant(apart)})}, {{"perm", order}});
}

// A third of the last axis of x.
std::string third(Builder& b, const Variable& x, std::int64_t i) {
  const auto size = static_cast<std::int64_t>(x.shape().back() / 3);
  return b.add("Slice", {b.name(x), b.constant(Ints{i * size}), b.constant(Ints{(i + 1) * size}),
                         b.constant(Ints{2})});
}

// What is added to the scores (queries, keys), for a query to see no keys behind it.
Array hidden_keys(std::size_t steps) {
  Array hidden = zeros({steps, steps});
  for (std::size_t i = 0; i < steps; ++i)
    std::fill(hidden.data() + i * steps + i + 1, hidden.data() + (i + 1) * steps,
              -std::numeric_limits<Scalar>::infinity());
  return hidden;
}

}  // namespace

void attention(Builder& b, const Call& call) {
  const AttentionOptions& o = options_of<AttentionOptions>(call);
  if (o.mask) fail(call, "the mask of the op ", call.op.name, " is no input");
  check_batch_axes(b, call);
  check_constants(b, call);
  const Variable& first = *call.inputs[0];
  const bool joined = call.inputs.size() == 1;
  const auto steps = [&](std::size_t i) {
    return joined ? third(b, first, static_cast<std::int64_t>(i)) : b.name(*call.inputs[i]);
  };
  const Shape& result = call.result()->shape();
  const std::size_t width = result[2] / o.heads,
                    depth = first.shape()[2] / (joined ? 3 : 1) / o.heads;
  std::string scores = b.add("MatMul", {by_heads(b, steps(0), o.heads, depth, {0, 2, 1, 3}),
                                        by_heads(b, steps(1), o.heads, depth, {0, 2, 3, 1})});
  scores = b.add("Mul", {scores, b.constant(static_cast<Scalar>(scale_of(o, depth)))});
  if (o.causal) scores = b.add("Add", {scores, b.name(first.tape().input(hidden_keys(result[1])))});
  const std::string weights = b.add("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
  const std::string y =
      b.add("Transpose",
            {b.add("MatMul", {weights, by_heads(b, steps(2), o.heads, width, {0, 2, 1, 3})})},
            {{"perm", Ints{0, 2, 1, 3}}});
  const Ints together{0, 0, static_cast<std::int64_t>(result[2])};
  b.define(call.result(), Order::same, b.add("Reshape", {y, b.constant(together)}));
}

}  // namespace xtape::inline XTAPE_ABI::onnx

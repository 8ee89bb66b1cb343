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

// The truths of a mask, which broadcasts to the scores (N, heads, queries, keys).
std::string visible_keys(Builder& b, const Call& call, const Value& mask) {
  const Variable x = call.inputs[0]->tape().input(mask);
  const std::size_t rank = x.rank();
  if (b.is_constant(x) ? rank == 4 && x.shape()[0] != 1 : rank != 4)
    fail(call, "the op ", call.op.name, " has a mask of shape ", x.shape(),
         b.is_constant(x) ? ", a constant whose first axis is the batch's"
                          : ", whose batch is another axis of the scores");
  return b.add("Cast", {b.name(x)}, {{"to", std::int64_t{9}}});  // TensorProto.BOOL
}

}  // namespace

void attention(Builder& b, const Call& call) {
  const AttentionOptions& o = options_of<AttentionOptions>(call);
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
  const std::string visible = o.mask ? visible_keys(b, call, *o.mask) : "";
  // Not infinity: a row of it has no softmax.
  constexpr Scalar lowest = std::numeric_limits<float>::lowest();
  if (o.mask) scores = b.add("Where", {visible, scores, b.constant(lowest)});
  std::string weights = b.add("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
  if (o.mask) weights = b.add("Where", {visible, weights, b.constant(Scalar{0})});
  const std::string y =
      b.add("Transpose",
            {b.add("MatMul", {weights, by_heads(b, steps(2), o.heads, width, {0, 2, 1, 3})})},
            {{"perm", Ints{0, 2, 1, 3}}});
  const Ints together{0, 0, static_cast<std::int64_t>(result[2])};
  b.define(call.result(), Order::same, b.add("Reshape", {y, b.constant(together)}));
}

}  // namespace xtape::inline XTAPE_ABI::onnx

// SPDX-License-Identifier: MIT
// What the translations of ops share.
#pragma once

#include "export/onnx_builder.hpp"
#include "ops/activation.hpp"
#include "text.hpp"

#include <functional>

namespace xtape::inline XTAPE_ABI::onnx {

using Call = Observer::Forward;
using Translation = std::function<void(Builder&, const Call&)>;

/// Throws ValueError with the place of the call.
template <class... Parts>
[[noreturn]] void fail(const Call& call, const Parts&... what) {
  throw ValueError({"export_onnx", call.op.at}, text(what...));
}

/// The options that an op was called with.
template <class Options>
const Options& options_of(const Call& call) {
  if (const auto* const options = call.options.as<Options>()) return *options;
  fail(call, "the op ", call.op.name, " does not say its options");
}

/// Throws ValueError if x depends on the input.
inline void check_constant(Builder& b, const Call& call, const Variable& x, const char* what) {
  if (!b.is_constant(x)) fail(call, "the ", what, " of the op ", call.op.name, " is no constant");
}

/// What broadcasts arrays of different numbers of axes has them end together, and the batch is the first of each:
/// of that with fewer it would be another axis of the result. Throws ValueError then.
void check_batch_axes(Builder& b, const Call& call);
/// A constant with an axis for the batch would be right for one size of it only. Throws ValueError then.
void check_constants(Builder& b, const Call& call);

/// The order in which an op on several arrays is done: images stay as they are if one is there with its channels
/// first and all others can be brought to that.
Order common_order(Builder& b, const Call& call);
/// The names of an op's inputs in an order.
std::vector<std::string> names(Builder& b, const Call& call, Order order);

/// The name of x with its channels, the last axis, moved behind the batch's, and back.
std::string with_channels_first(Builder& b, const std::string& x, std::size_t rank);
std::string with_channels_last(Builder& b, const std::string& x, std::size_t rank);

/// The name of what a formula makes of the inputs, whose names these are, and of numbers.
std::string write(Builder& b, const Formula& formula, std::vector<std::string> inputs,
                  std::span<const Scalar> numbers = {});
/// An op that told its formula.
void elementwise(Builder& b, const Call& call);

/// The name of x after an activation.
inline std::string activated(Builder& b, const std::string& x, Activation activation) {
  return write(b, activation_of(activation).op.value(), {x});
}

// Of elements that are moved, and along an axis.
void broadcast_to(Builder& b, const Call& call);
void tile(Builder& b, const Call& call);
void flip(Builder& b, const Call& call);
void pad(Builder& b, const Call& call);
void gather(Builder& b, const Call& call);
void scatter_add(Builder& b, const Call& call);
void top_k(Builder& b, const Call& call);
void cumsum(Builder& b, const Call& call);

// Of images and sequences.
void conv1d(Builder& b, const Call& call);
void conv2d(Builder& b, const Call& call);
void conv_transpose2d(Builder& b, const Call& call);
void max_pool1d(Builder& b, const Call& call);
void avg_pool1d(Builder& b, const Call& call);
void max_pool2d(Builder& b, const Call& call);
void avg_pool2d(Builder& b, const Call& call);
void adaptive_avg_pool2d(Builder& b, const Call& call);
void upsample2d(Builder& b, const Call& call);

void attention(Builder& b, const Call& call);

// Normalisation.
void add_batch_norm(Builder& b, const Call& call);
void batch_norm(Builder& b, const Call& call);
void layer_norm(Builder& b, const Call& call);
void group_norm(Builder& b, const Call& call);
void rms_norm(Builder& b, const Call& call);

// Over sequences.
void recurrent(Builder& b, const Call& call);

}  // namespace xtape::inline XTAPE_ABI::onnx

// SPDX-License-Identifier: MIT
// What the translations of ops share.
#pragma once

#include "export/onnx_builder.hpp"
#include "text.hpp"

#include <xtape/activation.hpp>

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

/// The name of x after an activation.
inline std::string activated(Builder& b, const std::string& x, Activation activation) {
  switch (activation) {
    case Activation::none: break;
    case Activation::relu: return b.add("Relu", {x});
    case Activation::tanh: return b.add("Tanh", {x});
    case Activation::sigmoid: return b.add("Sigmoid", {x});
  }
  return x;
}

// Of images.
void conv2d(Builder& b, const Call& call);
void conv_transpose2d(Builder& b, const Call& call);
void max_pool2d(Builder& b, const Call& call);
void avg_pool2d(Builder& b, const Call& call);

}  // namespace xtape::inline XTAPE_ABI::onnx

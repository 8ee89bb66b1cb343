// SPDX-License-Identifier: MIT
// Our ops in terms of ONNX's operators (https://onnx.ai/onnx/operators).
#pragma once

#include "export/onnx_builder.hpp"

namespace xtape::inline XTAPE_ABI::onnx {

/// Adds to the graph what an op has just done. Throws ValueError if that cannot be said in ONNX.
void translate(Builder& builder, const Observer::Forward& call);

}  // namespace xtape::inline XTAPE_ABI::onnx

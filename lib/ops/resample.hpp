// SPDX-License-Identifier: MIT
// What resampled pixels are made of: the ops and what they are in ONNX take it from here.
#pragma once

#include "kernels/terms.hpp"

#include <xtape/ops/resample.hpp>

namespace xtape::inline XTAPE_ABI {

using Weights = kernels::TermList<Scalar>;

/// The rows and the columns of a result that is made of images.
struct Resampling {
  Shape images, result;
  Weights rows, columns;
};

/// Throws what upsample2d says.
Resampling resampling(const Op& op, const Shape& x, const Upsample2DOptions& o);
/// Throws what adaptive_avg_pool2d says.
Resampling resampling(const Op& op, const Shape& x, const AdaptivePool2DOptions& o);

}  // namespace xtape::inline XTAPE_ABI

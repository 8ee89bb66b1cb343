// SPDX-License-Identifier: MIT
// The three functions of a planned convolution. Each is linear in two of the images, the kernel and the result,
// and makes the third; its derivatives are the other two.
//
// Images are as they are or, where the plan pads, padded already: who needs them twice pads them once. Where the
// plan pools, `where` has the positions of the maxima, and g is the gradient of what is pooled. Where it has groups, it
// is pooled in a step of its own, and nothing is padded: see conv_groups.hpp.
#pragma once

#include "kernels/frame.hpp"
#include "kernels/plan.hpp"

#include <xtape/memory.hpp>

#include <memory>

namespace xtape::inline XTAPE_ABI::kernels {

/// Of each maximum in its window.
using Positions = PooledBuffer<std::uint8_t>;

/// The images with zeros around them, where the plan pads.
Value padded(const ConvPlan& plan, const Value& images);

/// The gradient of the result before it was pooled, in frames.
Array unpooled(const ConvPlan& plan, const Positions& where, const Array& g, const Frame& frame);

/// As large as that result.
Array unpooled(const ConvPlan& plan, const Positions& where, const Array& g);

/// That gradient with zeros where results without a stride have others, where the plan spreads.
Array spread(const ConvPlan& plan, const Array& g);

/// The result, pooled if the plan says so, and the positions of its maxima or null.
struct Convolved {
  Array y;
  std::shared_ptr<const Positions> where;
};
/// The convolution of images with a kernel, plus a bias unless it is null, through the plan's epilogue.
Convolved forward(const ConvPlan& plan, const Array& images, const Array& kernel,
                  const Scalar* bias = nullptr);
/// The gradient of the images, without that of their padding. Of a result that is not pooled it is the transposed
/// convolution.
Array grad_input(const ConvPlan& plan, const Array& kernel, const Array& g,
                 const Positions* where = nullptr);
/// The gradient of the kernel.
Array grad_kernel(const ConvPlan& plan, const Array& images, const Array& g,
                  const Positions* where = nullptr);

}  // namespace xtape::inline XTAPE_ABI::kernels

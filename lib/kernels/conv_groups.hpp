// SPDX-License-Identifier: MIT
// The three functions of a convolution whose channels are in groups, each with kernels of its own, that is not pooled.
#pragma once

#include "kernels/plan.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

/// The convolution plus a bias, unless it is null, through the plan's epilogue.
Array forward_of_groups(const ConvPlan& plan, const Array& images, const Array& kernel,
                        const Scalar* bias);
/// The gradient of the images.
Array grad_input_of_groups(const ConvPlan& plan, const Array& kernel, const Array& g);
/// The gradient of the kernel.
Array grad_kernel_of_groups(const ConvPlan& plan, const Array& images, const Array& g);

}  // namespace xtape::inline XTAPE_ABI::kernels

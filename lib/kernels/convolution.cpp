// SPDX-License-Identifier: MIT
#include "kernels/convolution.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/frame.hpp"

#include <optional>
#include <utility>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

Array with_padding(const ConvPlan& p, const Array& images) {
  return framed(images, {p.sizes.rows.before, p.sizes.columns.before, p.sizes.rows.padded(),
                         p.sizes.columns.padded()});
}

// Images as the kernels read them: as they are, or a copy in `own`.
const Array& ready(const ConvPlan& p, const Array& images, std::optional<Array>& own) {
  return p.pads() && images.shape() != p.padded() ? own.emplace(with_padding(p, images)) : images;
}

}  // namespace

Value padded(const ConvPlan& p, const Value& images) {
  return p.pads() ? Value{with_padding(p, *images)} : images;
}

Convolved forward(const ConvPlan& p, const Array& images, const Array& kernel, const Scalar* bias) {
  const ConvKernels& k = best<ConvKernels>();
  std::optional<Array> own;
  const Array& x = ready(p, images, own);
  Array y = uninitialized(p.result());
  if (!p.pools()) {
    k.conv2d(p.sizes, x.data(), kernel.data(), bias, p.epilogue, y.data());
    return {std::move(y), nullptr};
  }
  Positions where{y.size()};
  k.conv2d_max_pool(p.sizes, p.pool, x.data(), kernel.data(), bias, p.epilogue, y.data(),
                    where.data());
  return {std::move(y),
          std::allocate_shared<Positions>(CachingAllocator<Positions>{}, std::move(where))};
}

Array grad_kernel(const ConvPlan& p, const Array& images, const Array& g, const Positions* where) {
  const ConvGradKernels& k = best<ConvGradKernels>();
  std::optional<Array> own;
  const Array& x = ready(p, images, own);
  Array dk = uninitialized(p.kernel());
  if (where == nullptr)
    k.conv2d_grad_kernel(p.sizes, x.data(), g.data(), dk.data());
  else
    k.conv2d_max_pool_grad_kernel(p.sizes, p.pool, x.data(), where->data(), g.data(), dk.data());
  return dk;
}

}  // namespace xtape::inline XTAPE_ABI::kernels

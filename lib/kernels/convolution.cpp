// SPDX-License-Identifier: MIT
#include "kernels/convolution.hpp"

#include "kernels/conv_groups.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/half_conv.hpp"
#include "kernels/strided.hpp"
#include "kernels/winograd.hpp"

#include <optional>
#include <utility>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

Array with_padding(const ConvPlan& p, const Array& images) {
  const auto& [batch, in, out, rows, columns] = p.sizes;
  return framed({batch, rows.size, columns.size, in}, images.data(),
                {rows.before, columns.before, rows.padded(), columns.padded()});
}

// Images as the kernels read them: as they are, or a copy in `own`.
const Array& ready(const ConvPlan& p, const Array& images, std::optional<Array>& own) {
  const auto& [batch, in, out, rows, columns] = p.sizes;
  if (!p.pads() || images.size() == batch * rows.padded() * columns.padded() * in) return images;
  return own.emplace(with_padding(p, images));
}

std::shared_ptr<const Positions> shared(Positions where) {
  return std::allocate_shared<Positions>(CachingAllocator<Positions>{}, std::move(where));
}

// In a step of its own.
Convolved pooled(const ConvPlan& p, Array whole) {
  if (!p.pools()) return {std::move(whole), nullptr};
  Array y = uninitialized(p.result());
  Positions where{y.size()};
  best<PoolKernels>().max_pool2d(p.pool, whole.data(), y.data(), where.data());
  return {std::move(y), shared(std::move(where))};
}

Convolved forward_in_half(const ConvPlan& p, const Array& images, const Array& kernel,
                          const Scalar* bias) {
  const HalfConvKernels& k = best<HalfConvKernels>();
  Array y = uninitialized(p.result());
  if (!p.pools()) {
    k.conv2d(*p.half, p.sizes, images.data(), kernel.data(), bias, p.epilogue, y.data());
    return {std::move(y), nullptr};
  }
  Positions where{y.size()};
  k.conv2d_max_pool(*p.half, p.sizes, p.pool, images.data(), kernel.data(), bias, p.epilogue,
                    y.data(), where.data());
  return {std::move(y), shared(std::move(where))};
}

}  // namespace

Value padded(const ConvPlan& p, const Value& images) {
  return p.pads() ? Value{with_padding(p, *images)} : images;
}

Array unpooled(const ConvPlan& p, const Positions& where, const Array& g, const Frame& frame) {
  const Slide &rows = p.pool.rows, &columns = p.pool.columns;
  const std::size_t size = rows.count * columns.count * p.pool.channels;
  const Shape covered{p.pool.batch, rows.count * rows.window, columns.count * columns.window,
                      p.pool.channels};
  return framed(covered, frame, [&](std::size_t i, Scalar* to, std::size_t row) {
    best<PoolKernels>().unpool(p.pool, where.data() + i * size, g.data() + i * size, to, row);
  });
}

Array unpooled(const ConvPlan& p, const Positions& where, const Array& g) {
  return unpooled(p, where, g, {0, 0, p.sizes.rows.count, p.sizes.columns.count});
}

Array spread(const ConvPlan& p, const Array& g) {
  const ConvPlan whole = p.without_stride();
  const ConvSizes &few = p.sizes, &all = whole.sizes;
  const Shape shape{few.batch, few.rows.count, few.columns.count, few.out};
  Strides places = row_major({all.batch, all.rows.count, all.columns.count, all.out});
  places[1] *= static_cast<std::ptrdiff_t>(few.rows.stride);
  places[2] *= static_cast<std::ptrdiff_t>(few.columns.stride);
  Array result = zeros(whole.unpooled());
  copy(shape, g.data(), row_major(shape), result.data(), places);
  return result;
}

Convolved forward(const ConvPlan& p, const Array& images, const Array& kernel, const Scalar* bias) {
  if (p.half != nullptr) return forward_in_half(p, images, kernel, bias);
  if (p.groups > 1) return pooled(p, forward_of_groups(p, images, kernel, bias));
  const ConvKernels& k = best<ConvKernels>();
  std::optional<Array> own;
  const Array& x = ready(p, images, own);
  if (!p.pools() || p.pools_apart()) {
    Array whole = uninitialized(p.unpooled());
    const auto conv2d = p.winograd ? best<WinogradKernels>().conv2d : k.conv2d;
    conv2d(p.sizes, x.data(), kernel.data(), bias, p.epilogue, whole.data());
    return pooled(p, std::move(whole));
  }
  Array y = uninitialized(p.result());
  Positions where{y.size()};
  k.conv2d_max_pool(p.sizes, p.pool, x.data(), kernel.data(), bias, p.epilogue, y.data(),
                    where.data());
  return {std::move(y), shared(std::move(where))};
}

Array grad_kernel(const ConvPlan& p, const Array& images, const Array& g, const Positions* where) {
  if (where != nullptr && p.unpools_apart()) return grad_kernel(p, images, unpooled(p, *where, g));
  if (p.spreads()) return grad_kernel(p.without_stride(), images, spread(p, g));
  if (p.groups > 1) return grad_kernel_of_groups(p, images, g);
  const ConvGradKernels& k = best<ConvGradKernels>();
  std::optional<Array> own;
  const Array& x = ready(p, images, own);
  Array dk = uninitialized(p.kernel());
  if (p.half != nullptr)
    best<HalfConvGradKernels>().conv2d_grad_kernel(*p.half, p.sizes, x.data(), g.data(), dk.data());
  else if (p.winograd)
    best<WinogradKernels>().conv2d_grad_kernel(p.sizes, x.data(), g.data(), dk.data());
  else if (where == nullptr)
    k.conv2d_grad_kernel(p.sizes, x.data(), g.data(), dk.data());
  else
    k.conv2d_max_pool_grad_kernel(p.sizes, p.pool, x.data(), where->data(), g.data(), dk.data());
  return dk;
}

}  // namespace xtape::inline XTAPE_ABI::kernels

// SPDX-License-Identifier: MIT
#include "kernels/conv_groups.hpp"

#include "kernels/convolution.hpp"
#include "kernels/depthwise.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/strided.hpp"

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

using TapList = TermList<std::size_t>;

// For each position of the result of a slide the taps in the images, and where they lie.
TapList taps_in_images(const Slide& s) {
  return {s.count, [&s](std::size_t i, auto add) {
            for (std::size_t tap = 0; tap < s.window; ++tap)
              if (const std::size_t at = i * s.stride + tap * s.dilation - s.before; at < s.size)
                add(at, tap);  // below 0 it wraps round to what is larger
          }};
}

// The g-th of equal parts of the channels, those along the last axis.
struct Part {
  std::size_t rows, channels, count, first;
  Part(const Shape& shape, std::size_t groups, std::size_t g)
      : rows{1}, channels{shape.back()}, count{channels / groups}, first{g * count} {
    for (std::size_t axis = 0; axis + 1 < shape.size(); ++axis) rows *= shape[axis];
  }
  Strides whole_strides() const { return {static_cast<std::ptrdiff_t>(channels), 1}; }
  Strides part_strides() const { return {static_cast<std::ptrdiff_t>(count), 1}; }
};

Array taken(const Array& whole, std::size_t groups, std::size_t g) {
  const Part p{whole.shape(), groups, g};
  Array part = uninitialized({p.rows, p.count});
  copy(part.shape(), whole.data() + p.first, p.whole_strides(), part.data(), p.part_strides());
  return part;
}

void put(const Array& part, Array& whole, std::size_t groups, std::size_t g) {
  const Part p{whole.shape(), groups, g};
  copy({p.rows, p.count}, part.data(), p.part_strides(), whole.data() + p.first, p.whole_strides());
}

// One group after the other: `make(g)` is its part of the channels.
template <class Make>
Array by_group(const ConvPlan& p, const Shape& shape, Make make) {
  Array whole = uninitialized(shape);
  for (std::size_t g = 0; g < p.groups; ++g) put(make(g), whole, p.groups, g);
  return whole;
}

}  // namespace

Array forward_of_groups(const ConvPlan& p, const Array& images, const Array& kernel,
                        const Scalar* bias) {
  if (!p.depthwise())
    return by_group(p, p.unpooled(), [&, one = p.group()](std::size_t g) {
      return forward(one, taken(images, p.groups, g), taken(kernel, p.groups, g),
                     bias == nullptr ? nullptr : bias + g * one.sizes.out)
          .y;
    });
  const auto& [batch, in, out, rows, columns] = p.sizes;
  const TapList down = taps_in_images(rows), along = taps_in_images(columns);
  Array y = uninitialized(p.unpooled());
  best<DepthwiseKernels>().depthwise({batch, rows.size, columns.size, p.groups, columns.window,
                                      down.table(), along.table(), columns.stride},
                                     images.data(), kernel.data(), bias, p.epilogue, y.data());
  return y;
}

Array grad_input_of_groups(const ConvPlan& p, const Array& kernel, const Array& g) {
  if (!p.depthwise())
    return by_group(p, p.images(), [&, one = p.group()](std::size_t i) {
      return grad_input(one, taken(kernel, p.groups, i), taken(g, p.groups, i));
    });
  const auto& [batch, in, out, rows, columns] = p.sizes;
  const TapList down = taps_in_images(rows).transposed(rows.size),
                along = taps_in_images(columns).transposed(columns.size);
  Array dx = uninitialized(p.images());
  best<DepthwiseKernels>().depthwise(
      {batch, rows.count, columns.count, p.groups, columns.window, down.table(), along.table(), 1},
      g.data(), kernel.data(), nullptr, Activation::none, dx.data());
  return dx;
}

Array grad_kernel_of_groups(const ConvPlan& p, const Array& images, const Array& g) {
  if (!p.depthwise())
    return by_group(p, p.kernel(), [&, one = p.group()](std::size_t i) {
      return grad_kernel(one, taken(images, p.groups, i), taken(g, p.groups, i));
    });
  Array dk = uninitialized(p.kernel());
  best<DepthwiseKernels>().depthwise_grad_kernel(p.sizes, p.groups, images.data(), g.data(),
                                                 dk.data());
  return dk;
}

}  // namespace xtape::inline XTAPE_ABI::kernels

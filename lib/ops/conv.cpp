// SPDX-License-Identifier: MIT
#include <xtape/ops/conv.hpp>

#include "kernels/parallel.hpp"
#include "ops/fused.hpp"
#include "ops/window.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::Conv2D;
using Positions = PooledBuffer<std::uint8_t>;
using kernels::table;

// Where an image lies in a larger one: `top` and `left` zeros before it, `step` apart from pixel to
// pixel.
struct Placement {
  std::size_t top = 0, left = 0;
  Size2D step = 1;
};

// Calls f(source row, destination offset, elements) for each row of images, of `shape`, that lies in
// images of the size height x width.
template <class F>
void for_each_row(const Shape& shape, const Placement& p, std::size_t height, std::size_t width,
                  F f) {
  const std::size_t row = shape[2] * shape[3];
  kernels::parallel_ranges(shape[0], 8, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin * shape[1]; i < end * shape[1]; ++i) {
      const std::size_t y = i / shape[1] * height + p.top + i % shape[1] * p.step.height;
      f(i * row, (y * width + p.left) * shape[3]);
    }
  });
}

// Images with zeros around and, with a step, between their pixels.
Array spread(const Array& x, const Placement& p, std::size_t height, std::size_t width) {
  const Shape& shape = x.shape();
  const std::size_t channels = shape[3];
  Array out = zeros({shape[0], height, width, channels});
  for_each_row(shape, p, height, width, [&](std::size_t from, std::size_t to) {
    for (std::size_t j = 0; j < shape[2]; ++j)
      std::copy_n(x.data() + from + j * channels, channels,
                  out.data() + to + j * p.step.width * channels);
  });
  return out;
}

// (kh, kw, in, out) to (kh, kw, out, in), with the taps in reverse order.
Array flipped(const Array& kernel) {
  const Shape& s = kernel.shape();
  const std::size_t taps = s[0] * s[1], in = s[2], out = s[3];
  Array result = uninitialized({s[0], s[1], out, in});
  for (std::size_t t = 0; t < taps; ++t)
    for (std::size_t c = 0; c < in; ++c)
      for (std::size_t o = 0; o < out; ++o)
        result.data()[((taps - 1 - t) * out + o) * in + c] = kernel.data()[(t * in + c) * out + o];
  return result;
}

// The gradient with respect to the input of a convolution of padded images is itself a convolution: of
// the gradient, spread by the stride and surrounded by zeros, with the flipped kernel. What would be
// the gradient of the padding is left out.
Array input_grad(const Conv2D& s, const Placement& image, const Shape& shape, const Array& kernel,
                 const Array& g) {
  const std::size_t reach_h = (s.kernel_h - 1) * s.dilation_h;
  const std::size_t reach_w = (s.kernel_w - 1) * s.dilation_w;
  const std::size_t height = s.height + reach_h, width = s.width + reach_w;
  const Array wide = spread(g, {reach_h, reach_w, {s.stride_h, s.stride_w}}, height, width);
  const Array back = flipped(kernel);
  Array dx = uninitialized(shape);
  // Begins below and right of the padding; what lies beyond the image on the other sides is not reached.
  const std::size_t first = (image.top * width + image.left) * s.out;
  table().conv2d({s.batch, height, width, s.out, s.kernel_h, s.kernel_w, s.in, 1, 1, s.dilation_h,
                  s.dilation_w, shape[1], shape[2]},
                 wide.data() + first, back.data(), nullptr, Activation::none, dx.data());
  return dx;
}

// The sizes of a convolution, and how its images lie in the padded ones.
struct Sizes : Conv2D {
  Placement place;
  bool padded;
  kernels::Pool2D pool;  // of the result
  bool pooled;

  Sizes(const Op& op, const Shape& image, const Shape& k, const Conv2DOptions& o) {
    if (k.size() != 4) throw ShapeError(op, text("expected a kernel (kh, kw, in, out), got ", k));
    if (image.size() != 4 || image[3] != k[2])
      throw ShapeError(op, text("expected (N, H, W, ", k[2], "), got ", image),
                       image.size() == 4 && image[1] == k[2] ? "images are channels-last" : "");
    if (std::min(o.dilation.height, o.dilation.width) == 0 ||
        std::max(o.dilation.height, o.dilation.width) > std::size_t{1} << 31)
      throw ValueError(op, "expected a dilation of at least 1 and at most 2^31");
    if (k[0] == 0 || k[1] == 0) throw ShapeError(op, text("the kernel ", k, " has no taps"));
    const Slide rows = slide(op, "height", image[1], (k[0] - 1) * o.dilation.height + 1,
                             o.stride.height, o.padding.kind, o.padding.top, o.padding.bottom);
    const Slide columns = slide(op, "width", image[2], (k[1] - 1) * o.dilation.width + 1,
                                o.stride.width, o.padding.kind, o.padding.left, o.padding.right);
    static_cast<Conv2D&>(*this) = {image[0],
                                   image[1] + rows.before + rows.after,
                                   image[2] + columns.before + columns.after,
                                   image[3],
                                   k[0],
                                   k[1],
                                   k[3],
                                   o.stride.height,
                                   o.stride.width,
                                   o.dilation.height,
                                   o.dilation.width,
                                   rows.count,
                                   columns.count};
    place = {rows.before, columns.before};
    padded = height != image[1] || width != image[2];
    pooled = o.max_pool != Size2D{1};
    pool = pool_sizes(op, {image[0], out_h, out_w, out}, {.window = o.max_pool});
    check_max_window(op, pool);
  }
  Shape result() const { return {batch, pool.out_h, pool.out_w, out}; }
};

Variable conv2d_op(const Variable& x, const Variable& kernel, const Variable* bias,
                   const Conv2DOptions& o, Op op) {
  const Sizes s{op, x.shape(), kernel.shape(), o};
  op.flops = 2.0 * static_cast<double>(s.batch * s.out_h * s.out_w) *
             static_cast<double>(s.kernel_h * s.kernel_w * s.in * s.out);
  const Scalar* const shift = checked_bias(op, bias, s.out);
  const Value input =
      s.padded ? Value{spread(x.value(), s.place, s.height, s.width)} : x.shared_value();

  Array result = uninitialized(s.result());
  const bool fused = o.activation == Activation::none || o.activation == Activation::relu;
  const Activation epilogue = fused ? o.activation : Activation::none;
  Positions position{s.pooled ? result.size() : 0};
  if (s.pooled)
    table().conv2d_max_pool(s, s.pool, input->data(), kernel.value().data(), shift, epilogue,
                            result.data(), position.data());
  else
    table().conv2d(s, input->data(), kernel.value().data(), shift, epilogue, result.data());
  // The others rise with their argument, so they may as well follow the maximum.
  if (!fused) table().activate(o.activation, result.data(), result.data(), result.size());

  const Value y = std::move(result);
  const auto where =
      std::allocate_shared<Positions>(CachingAllocator<Positions>{}, std::move(position));
  const auto back = through_activation(o.activation, y);
  const auto wrt_x =
      wrt(x, [s, kernel = kernel.shared_value(), where, shape = x.shape()](const Array& g) {
        if (!s.pooled) return input_grad(s, s.place, shape, *kernel, g);
        Array unpooled = uninitialized({s.batch, s.out_h, s.out_w, s.out});
        table().max_pool2d_grad(s.pool, where->data(), g.data(), unpooled.data());
        return input_grad(s, s.place, shape, *kernel, unpooled);
      });
  const auto wrt_kernel = wrt(kernel, [s, input, where](const Array& g) {
    Array dk = uninitialized({s.kernel_h, s.kernel_w, s.in, s.out});
    if (s.pooled)
      table().conv2d_max_pool_grad_kernel(s, s.pool, input->data(), where->data(), g.data(),
                                          dk.data());
    else
      table().conv2d_grad_kernel(s, input->data(), g.data(), dk.data());
    return dk;
  });
  if (bias == nullptr) return record(op, y, back, wrt_x, wrt_kernel);
  return record(op, y, back, wrt_x, wrt_kernel, wrt(*bias, bias_grad));
}

}  // namespace

Variable conv2d(const Variable& x, const Variable& kernel, const Variable& bias,
                const Conv2DOptions& options, Location at) {
  return conv2d_op(x, kernel, &bias, options, {"conv2d", at});
}

Variable conv2d(const Variable& x, const Variable& kernel, const Conv2DOptions& options,
                Location at) {
  return conv2d_op(x, kernel, nullptr, options, {"conv2d", at});
}

}  // namespace xtape::inline XTAPE_ABI

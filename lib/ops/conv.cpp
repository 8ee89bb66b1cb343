// SPDX-License-Identifier: MIT
#include <xtape/ops/conv.hpp>

#include "kernels/conv.hpp"
#include "kernels/conv_grad_input.hpp"
#include "kernels/dense.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/parallel.hpp"
#include "ops/fused.hpp"
#include "ops/window.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::best;
using kernels::Conv2D;
using kernels::ConvGradKernels;
using kernels::ConvKernels;
using kernels::DenseKernels;
using kernels::Image;
using kernels::PoolKernels;
using Positions = PooledBuffer<std::uint8_t>;

// Images of `shape` with zeros around: they begin `top` rows and `left` columns inside ones of the size
// height x width. fill(i, first element, elements from row to row) writes image i.
template <class Fill>
Array framed(const Shape& shape, std::size_t top, std::size_t left, std::size_t height,
             std::size_t width, Fill fill) {
  const std::size_t row = width * shape[3], begin = left * shape[3],
                    end = begin + shape[2] * shape[3];
  Array out = uninitialized({shape[0], height, width, shape[3]});
  kernels::parallel_ranges(shape[0], 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      Scalar* const image = out.data() + i * height * row;
      for (std::size_t y = 0; y < height; ++y) {
        const bool inside = y >= top && y - top < shape[1];
        std::fill_n(image + y * row, inside ? begin : row, Scalar{0});
        if (inside) std::fill_n(image + y * row + end, row - end, Scalar{0});
      }
      fill(i, image + top * row + begin, row);
    }
  });
  return out;
}

// The same for images as they are.
Array padded(const Array& x, std::size_t top, std::size_t left, std::size_t height,
             std::size_t width) {
  const Shape& shape = x.shape();
  const std::size_t size = shape[2] * shape[3];
  return framed(shape, top, left, height, width, [&](std::size_t i, Scalar* to, std::size_t row) {
    for (std::size_t y = 0; y < shape[1]; ++y)
      std::copy_n(x.data() + (i * shape[1] + y) * size, size, to + y * row);
  });
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

// The sizes of a convolution, and how its images lie in the padded ones.
struct Sizes : Conv2D {
  Image image;
  bool padded;
  kernels::Pool2D pool;  // of the result
  bool pooled;

  Sizes(const Op& op, const Shape& x, const Shape& k, const Conv2DOptions& o) {
    if (k.size() != 4) throw ShapeError(op, text("expected a kernel (kh, kw, in, out), got ", k));
    if (x.size() != 4 || x[3] != k[2])
      throw ShapeError(op, text("expected (N, H, W, ", k[2], "), got ", x),
                       x.size() == 4 && x[1] == k[2] ? "images are channels-last" : "");
    if (std::min(o.dilation.height, o.dilation.width) == 0 ||
        std::max(o.dilation.height, o.dilation.width) > std::size_t{1} << 31)
      throw ValueError(op, "expected a dilation of at least 1 and at most 2^31");
    if (k[0] == 0 || k[1] == 0) throw ShapeError(op, text("the kernel ", k, " has no taps"));
    const Slide rows = slide(op, "height", x[1], (k[0] - 1) * o.dilation.height + 1,
                             o.stride.height, o.padding.kind, o.padding.top, o.padding.bottom);
    const Slide columns = slide(op, "width", x[2], (k[1] - 1) * o.dilation.width + 1,
                                o.stride.width, o.padding.kind, o.padding.left, o.padding.right);
    static_cast<Conv2D&>(*this) = {x[0],
                                   x[1] + rows.before + rows.after,
                                   x[2] + columns.before + columns.after,
                                   x[3],
                                   k[0],
                                   k[1],
                                   k[3],
                                   o.stride.height,
                                   o.stride.width,
                                   o.dilation.height,
                                   o.dilation.width,
                                   rows.count,
                                   columns.count};
    image = {x[1], x[2], rows.before, columns.before};
    padded = height != x[1] || width != x[2];
    pooled = o.max_pool != Size2D{1};
    pool = pool_sizes(op, {batch, out_h, out_w, out}, {.window = o.max_pool});
    check_max_window(op, pool);
  }
  Shape result() const { return {batch, pool.out_h, pool.out_w, out}; }
};

// The gradient of the result before it was pooled, as large as it was or with zeros around.
Array unpooled(const Sizes& s, const Positions& where, const Array& g, std::size_t top,
               std::size_t left, std::size_t height, std::size_t width) {
  const std::size_t size = s.pool.out_h * s.pool.out_w * s.out;
  const Shape covered{s.batch, s.pool.out_h * s.pool.window_h, s.pool.out_w * s.pool.window_w,
                      s.out};
  return framed(covered, top, left, height, width, [&](std::size_t i, Scalar* to, std::size_t row) {
    best<PoolKernels>().unpool(s.pool, where.data() + i * size, g.data() + i * size, to, row);
  });
}

// The gradient with respect to the images, without that of their padding.
Array input_grad(const Sizes& s, const Array& kernel, const Positions& where, const Array& g) {
  const Image& image = s.image;
  Array dx = uninitialized({s.batch, image.height, image.width, s.in});
  if (s.in < best<DenseKernels>().vector_columns || s.stride_h > 1 || s.stride_w > 1) {
    if (s.pooled)
      kernels::conv2d_grad_input(s, image, kernel.data(),
                                 unpooled(s, where, g, 0, 0, s.out_h, s.out_w).data(), dx.data());
    else
      kernels::conv2d_grad_input(s, image, kernel.data(), g.data(), dx.data());
    return dx;
  }
  // A convolution, too: of the gradient, surrounded by zeros, with the flipped kernel.
  const std::size_t reach_h = (s.kernel_h - 1) * s.dilation_h;
  const std::size_t reach_w = (s.kernel_w - 1) * s.dilation_w;
  const std::size_t height = s.height + reach_h, width = s.width + reach_w;
  const Array wide = s.pooled ? unpooled(s, where, g, reach_h, reach_w, height, width)
                              : padded(g, reach_h, reach_w, height, width);
  const Array back = flipped(kernel);
  // Begins below and right of the padding; what lies beyond the image on the other sides is not reached.
  const std::size_t first = (image.top * width + image.left) * s.out;
  best<ConvKernels>().conv2d({s.batch, height, width, s.out, s.kernel_h, s.kernel_w, s.in, 1, 1,
                              s.dilation_h, s.dilation_w, image.height, image.width},
                             wide.data() + first, back.data(), nullptr, Activation::none,
                             dx.data());
  return dx;
}

Variable conv2d_op(const Variable& x, const Variable& kernel, const Variable* bias,
                   const Conv2DOptions& o, Op op) {
  const Sizes s{op, x.shape(), kernel.shape(), o};
  op.flops = 2.0 * static_cast<double>(s.batch * s.out_h * s.out_w) *
             static_cast<double>(s.kernel_h * s.kernel_w * s.in * s.out);
  const Scalar* const shift = checked_bias(op, bias, s.out);
  const Value input = s.padded
                          ? Value{padded(x.value(), s.image.top, s.image.left, s.height, s.width)}
                          : x.shared_value();

  Array result = uninitialized(s.result());
  const bool fused = o.activation == Activation::none || o.activation == Activation::relu;
  const Activation epilogue = fused ? o.activation : Activation::none;
  Positions position{s.pooled ? result.size() : 0};
  if (s.pooled)
    best<ConvKernels>().conv2d_max_pool(s, s.pool, input->data(), kernel.value().data(), shift,
                                        epilogue, result.data(), position.data());
  else
    best<ConvKernels>().conv2d(s, input->data(), kernel.value().data(), shift, epilogue,
                               result.data());
  // The others rise with their argument, so they may as well follow the maximum.
  if (!fused) activation_of(o.activation).op.value().into(result, result);

  const Value y = std::move(result);
  const auto where =
      std::allocate_shared<Positions>(CachingAllocator<Positions>{}, std::move(position));
  const auto back = through_activation(o.activation, y);
  const auto wrt_x = wrt(x, [s, kernel = kernel.shared_value(), where](const Array& g) {
    return input_grad(s, *kernel, *where, g);
  });
  const auto wrt_kernel = wrt(kernel, [s, input, where](const Array& g) {
    Array dk = uninitialized({s.kernel_h, s.kernel_w, s.in, s.out});
    if (s.pooled)
      best<ConvGradKernels>().conv2d_max_pool_grad_kernel(s, s.pool, input->data(), where->data(),
                                                          g.data(), dk.data());
    else
      best<ConvGradKernels>().conv2d_grad_kernel(s, input->data(), g.data(), dk.data());
    return dk;
  });
  if (bias == nullptr) return record(op, y, given(o), back, wrt_x, wrt_kernel);
  return record(op, y, given(o), back, wrt_x, wrt_kernel, wrt(*bias, bias_grad));
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

// SPDX-License-Identifier: MIT
// The gradient of a convolution's images, in one of three ways.
#include "kernels/conv_groups.hpp"
#include "kernels/convolution.hpp"
#include "kernels/dense.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/half_conv.hpp"
#include "kernels/matmul.hpp"
#include "kernels/strided.hpp"
#include "kernels/winograd.hpp"

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// (kh, kw, in, out) to (kh, kw, out, in), with the taps in reverse order.
Array flipped(const ConvSizes& sizes, const Array& kernel) {
  const Shape s{sizes.rows.window, sizes.columns.window, sizes.in, sizes.out},
      shape{s[0], s[1], s[3], s[2]};
  const Strides from = row_major(s);
  Array result = uninitialized(shape);
  const Scalar* const last_tap = kernel.data() + (s[0] * s[1] - 1) * s[2] * s[3];
  copy(shape, last_tap, {-from[0], -from[1], from[3], from[2]}, result.data(), row_major(shape));
  return result;
}

// A convolution, too: of the gradient, surrounded by zeros, with the flipped kernel.
void convolve_back(const ConvPlan& p, const Array& kernel, const Array& g, const Positions* where,
                   Scalar* dx) {
  const auto& [batch, in, out, rows, columns] = p.sizes;
  const std::size_t top = (rows.window - 1) * rows.dilation,
                    left = (columns.window - 1) * columns.dilation;
  const Frame frame{top, left, rows.padded() + top, columns.padded() + left};
  const Array wide = where == nullptr
                         ? framed({batch, rows.count, columns.count, out}, g.data(), frame)
                         : unpooled(p, *where, g, frame);
  // Begins below and right of the padding; what lies beyond the image on the other sides is not reached.
  const Slide down{frame.height, rows.window, 1, rows.dilation, 0, 0, rows.size};
  const Slide along{frame.width, columns.window, 1, columns.dilation, 0, 0, columns.size};
  const std::size_t first = (rows.before * frame.width + columns.before) * out;
  best<ConvKernels>().conv2d({batch, out, in, down, along}, wide.data() + first,
                             flipped(p.sizes, kernel).data(), nullptr, Activation::none, dx);
}

// The same by kernels to which what lies around the gradient is known to be zero.
void filter_back(const ConvPlan& p, const Array& kernel, const Array& g, Scalar* dx) {
  const auto& [batch, in, out, rows, columns] = p.sizes;
  const auto back = [](const Slide& s) {
    const std::size_t last = (s.window - 1) * s.dilation;
    return Slide{s.count, s.window, 1, s.dilation, last - s.before, last - s.after, s.size};
  };
  const ConvSizes sizes{batch, out, in, back(rows), back(columns)};
  const Array w = flipped(p.sizes, kernel);
  if (p.half != nullptr)
    best<HalfConvKernels>().conv2d(*p.half, sizes, g.data(), w.data(), nullptr, Activation::none,
                                   dx);
  else
    best<WinogradKernels>().conv2d(sizes, g.data(), w.data(), nullptr, Activation::none, dx);
}

// A product: each output pixel's gradient times the kernel is what it gives its taps, a row of columns that
// are then added where the taps lie.
void scatter(const ConvSizes& s, const Scalar* kernel, const Scalar* g, Scalar* dx) {
  const Slide &rows = s.rows, &columns = s.columns;
  const std::size_t taps = rows.window * columns.window * s.in;  // of one output pixel
  const std::size_t image_size = rows.size * columns.size * s.in;
  const Packed transposed{best<DenseKernels>(), s.out, taps, {kernel, s.out, true}, true};
  // Rows of which the columns stay in the second-level cache.
  const std::size_t band =
      std::clamp<std::size_t>(65536 / (columns.count * taps + 1), 1, rows.count);
  const std::size_t grain = slice_grain(s.batch, rows.count * columns.count * taps * s.out);
  const std::size_t column_size = band * columns.count * taps;
  PooledBuffer<Scalar> buffer{(s.batch + grain - 1) / grain * column_size};
  parallel_ranges(s.batch, grain, [&](std::size_t begin, std::size_t end) {
    Scalar* const own = buffer.data() + begin / grain * column_size;
    for (std::size_t i = begin; i < end; ++i) {
      std::fill_n(dx + i * image_size, image_size, Scalar{0});
      for (std::size_t top = 0; top < rows.count; top += band) {
        const std::size_t height = std::min(band, rows.count - top);
        best<DenseKernels>().product(height * columns.count, taps, s.out,
                                     {g + (i * rows.count + top) * columns.count * s.out, s.out},
                                     transposed.from(0, 0), own, taps, {});
        best<Col2imKernels>().col2im(s, top, height, own, dx + i * image_size);
      }
    }
  });
}

}  // namespace

Array grad_input(const ConvPlan& p, const Array& kernel, const Array& g, const Positions* where) {
  if (where != nullptr && p.unpools_apart()) return grad_input(p, kernel, unpooled(p, *where, g));
  if (p.spreads()) return grad_input(p.without_stride(), kernel, spread(p, g));
  if (p.groups > 1) return grad_input_of_groups(p, kernel, g);
  Array dx = uninitialized(p.images());
  if (p.winograd || p.half != nullptr)
    filter_back(p, kernel, g, dx.data());
  else if (p.flips)
    convolve_back(p, kernel, g, where, dx.data());
  else if (where == nullptr)
    scatter(p.sizes, kernel.data(), g.data(), dx.data());
  else
    scatter(p.sizes, kernel.data(), unpooled(p, *where, g).data(), dx.data());
  return dx;
}

}  // namespace xtape::inline XTAPE_ABI::kernels

// SPDX-License-Identifier: MIT
#include "kernels/plan.hpp"

#include "kernels/dense.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/winograd.hpp"
#include "text.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// A negative number, given as one without sign, is larger.
constexpr std::size_t limit = std::size_t{1} << 31;

// From the first tap of a window to its last, both included; more than the limit, if any part is.
std::size_t span_of(std::size_t window, std::size_t dilation) {
  return std::max(window, dilation) > limit ? limit + 1 : (window - 1) * dilation + 1;
}

// What a window does along one axis, but for the size of the images.
struct Motion {
  const char* axis;
  std::size_t window, stride, dilation;
  Padding::Kind kind;
  std::size_t before, after;

  std::size_t span() const { return span_of(window, dilation); }
};

struct Motions {
  Motion rows, columns;
  Motions(const Size2D& window, const Size2D& stride, const Size2D& dilation, const Padding& p,
          const char* along = "width")
      : rows{"height", window.height, stride.height, dilation.height, p.kind, p.top, p.bottom},
        columns{along, window.width, stride.width, dilation.width, p.kind, p.left, p.right} {}
};

void check(const Op& op, const Motion& m) {
  if (m.window == 0 || m.stride == 0)
    throw ValueError(op, text("expected a window and a stride of at least 1, got ", m.axis, "s ",
                              m.window, " and ", m.stride));
  if (std::max({m.span(), m.stride, m.before, m.after}) > limit)
    throw ValueError(op,
                     text("expected a ", m.axis, " of window, stride and padding of at most 2^31"));
}

// Over images of `size`.
Slide slide(const Op& op, const Motion& m, std::size_t size) {
  check(op, m);
  Slide s{size, m.window, m.stride, m.dilation, m.before, m.after, 0};
  if (m.kind == Padding::Kind::valid) s.before = s.after = 0;
  if (m.kind == Padding::Kind::same) {
    const std::size_t count = (size + m.stride - 1) / m.stride;
    const std::size_t covered = count == 0 ? 0 : (count - 1) * m.stride + m.span();
    const std::size_t total = std::max(covered, size) - size;
    s.before = total / 2;
    s.after = total - s.before;
  }
  if (size == 0 || s.padded() < m.span())
    throw ShapeError(op,
                     text("a window of ", m.axis, " ", m.span(), " does not fit into ", s.padded(),
                          s.before + s.after > 0 ? " (padding included)" : ""),
                     "use Padding::same or a smaller window?");
  s.count = (s.padded() - m.span()) / m.stride + 1;
  return s;
}

// The size of the images over which there are `count` positions, and `more` elements behind the last.
std::size_t size_for(const Op& op, const Motion& m, std::size_t count, std::size_t more) {
  check(op, m);
  if (count == 0 || count > limit)
    throw ShapeError(op,
                     text("expected a ", m.axis, " of at least 1 and at most 2^31, got ", count));
  if (m.kind == Padding::Kind::same && more > 0)
    throw ValueError(
        op, text("expected no output padding with Padding::same, got a ", m.axis, " of ", more));
  if (more >= m.stride)
    throw ValueError(op, text("expected an output padding smaller than the stride, got ", m.axis,
                              "s ", more, " and ", m.stride));
  if (m.kind == Padding::Kind::same) return count * m.stride;
  const std::size_t covered = (count - 1) * m.stride + m.span() + more;
  const std::size_t padding = m.kind == Padding::Kind::valid ? 0 : m.before + m.after;
  if (padding >= covered)
    throw ShapeError(
        op, text("a padding of ", padding, " leaves nothing of a ", m.axis, " of ", covered));
  return covered - padding;
}

void check_dilation(const Op& op, const Size2D& dilation) {
  if (std::min(dilation.height, dilation.width) == 0 ||
      std::max(dilation.height, dilation.width) > limit)
    throw ValueError(op, "expected a dilation of at least 1 and at most 2^31");
}

void check_kernel(const Op& op, const Shape& kernel, const char* axes) {
  if (kernel.size() != 4) throw ShapeError(op, text("expected a kernel ", axes, ", got ", kernel));
}

void check_taps(const Op& op, const Shape& kernel) {
  if (kernel[0] == 0 || kernel[1] == 0)
    throw ShapeError(op, text("the kernel ", kernel, " has no taps"));
}

void check_channels(const Op& op, const Shape& x, std::size_t channels) {
  if (x.size() == 4 && x[3] == channels) return;
  throw ShapeError(op, text("expected (N, H, W, ", channels, "), got ", x),
                   x.size() == 4 && x[1] == channels ? "images are channels-last" : "");
}

// Of the channels of a convolution's result.
void check_groups(const Op& op, std::size_t groups, std::size_t channels) {
  if (groups == 0 || channels % groups != 0 || groups > std::max<std::size_t>(channels, 1))
    throw ValueError(op, text("expected groups that divide the ", channels,
                              " channels along the kernel's last axis, got ", groups));
}

// Of images of one row, for a window that reaches over `span` elements.
Padding beside(const Padding1D& p, std::size_t span) {
  switch (p.kind) {
    case Padding1D::Kind::valid: return Padding::valid;
    case Padding1D::Kind::same: return Padding::same;
    case Padding1D::Kind::causal: return {0, 0, span - 1, 0};
    default: return {0, 0, p.before, p.after};
  }
}

// Pooling whose columns are called so.
PoolSizes pooling(const Op& op, const Shape& images, const Pool2DOptions& o, const char* along) {
  const Size2D stride{o.stride.height == 0 ? o.window.height : o.stride.height,
                      o.stride.width == 0 ? o.window.width : o.stride.width};
  const Motions motions{o.window, stride, 1, o.padding, along};
  const Slide rows = slide(op, motions.rows, images[1]);
  const Slide columns = slide(op, motions.columns, images[2]);
  if (std::max(rows.before, rows.after) >= rows.window ||
      std::max(columns.before, columns.after) >= columns.window)
    throw ValueError(op, text("expected less padding than the window ", rows.window, " x ",
                              columns.window, " is large"));
  return {images[0], images[3], rows, columns};
}

// Whether Winograd's minimal filtering can do it, and takes less time: not for few channels, as transforming them costs
// as much as is saved, nor where results leave more than half of their tiles empty. The number of images does not
// matter, so that what is said of one does not depend on those beside it.
bool suits_winograd(const ConvSizes& s) {
  std::size_t pixels = 1, tiles = 1;
  for (const Slide* const slide : {&s.rows, &s.columns}) {
    if (slide->window != 3 || slide->stride != 1 || slide->dilation != 1) return false;
    if (std::max(slide->before, slide->after) > 2)
      return false;  // that of the images' gradient is 2 less
    pixels *= slide->count;
    tiles *= (slide->count + winograd_tile - 1) / winograd_tile;
  }
  return std::min(s.in, s.out) >= 16 && 2 * pixels >= winograd_tile * winograd_tile * tiles;
}

// Whether it may be computed in half precision: not for so few channels that blocks would be mostly empty, as the three
// colours of the first layer. What is around the gradient of the results is padding, too, for that of the images. The
// number of images does not matter. A unit has to make up for what it multiplies in vain, zeros between the gradient of
// results with a stride, and for few multiplications where these would do.
bool suits_half(const ConvSizes& s, bool few) {
  if (half_unit() == nullptr || std::min(s.in, s.out) < 16) return false;
  for (const Slide* const slide : {&s.rows, &s.columns})
    if (std::max(slide->before, slide->after) > (slide->window - 1) * slide->dilation) return false;
  return half_unit()->speedup > (few ? 4 : 2 * s.rows.stride * s.columns.stride - 1);
}

// A convolution of images (N, H, W, in), whose channels fit the kernel.
ConvPlan convolution(const Op& op, const Shape& images, const Shape& kernel, const Conv2DOptions& o,
                     const char* along) {
  check_dilation(op, o.dilation);
  const Motions motions{{kernel[0], kernel[1]}, o.stride, o.dilation, o.padding, along};
  const Slide rows = slide(op, motions.rows, images[1]);
  const Slide columns = slide(op, motions.columns, images[2]);
  const std::size_t batch = images[0], in = kernel[2], out = kernel[3];
  const PoolSizes pool =
      pooling(op, {batch, rows.count, columns.count, out}, {.window = o.max_pool}, along);
  check_max_window(op, pool);
  // The gradient of few channels would fill vectors badly, and a stride would leave holes between pixels.
  const bool flips =
      in >= best<DenseKernels>().vector_columns && rows.stride == 1 && columns.stride == 1;
  const ConvSizes sizes{batch, in, out / o.groups, rows, columns};
  const bool few = o.winograd && o.groups == 1 && suits_winograd(sizes);
  const HalfUnit* const half = o.groups == 1 && suits_half(sizes, few) ? half_unit() : nullptr;
  return {.sizes = sizes,
          .pool = pool,
          .groups = o.groups,
          .epilogue = o.activation == Activation::relu ? Activation::relu : Activation::none,
          .flips = flips,
          .winograd = few && half == nullptr,
          .half = half};
}

}  // namespace

PoolSizes plan(const Op& op, const Shape& images, const Pool2DOptions& o) {
  if (images.size() != 4) throw ShapeError(op, text("expected (N, H, W, C), got ", images));
  return pooling(op, images, o, "width");
}

PoolSizes plan(const Op& op, const Shape& sequences, const Pool1DOptions& o) {
  if (sequences.size() != 3) throw ShapeError(op, text("expected (N, T, C), got ", sequences));
  const Pool2DOptions options{
      .window = {1, o.window}, .stride = {1, o.stride}, .padding = beside(o.padding, o.window)};
  return pooling(op, {sequences[0], 1, sequences[1], sequences[2]}, options, "length");
}

void check_max_window(const Op& op, const PoolSizes& s) {
  if (s.rows.window * s.columns.window > 256)
    throw ValueError(op,
                     text("expected a window of at most 256 elements, got ", s.rows.window, " x ",
                          s.columns.window),
                     "max over the axes {1, 2} takes whole images");
}

bool ConvPlan::pads() const {
  const Slide &rows = sizes.rows, &columns = sizes.columns;
  return groups == 1 && !winograd && half == nullptr &&
         rows.before + rows.after + columns.before + columns.after > 0;
}
bool ConvPlan::pools() const { return pool.rows.window > 1 || pool.columns.window > 1; }
bool ConvPlan::pools_apart() const { return groups > 1 || winograd; }
bool ConvPlan::unpools_apart() const { return pools_apart() || half != nullptr; }
bool ConvPlan::spreads() const {
  return half != nullptr && (sizes.rows.stride > 1 || sizes.columns.stride > 1);
}
bool ConvPlan::depthwise() const { return groups > 1 && sizes.in == 1 && sizes.out == 1; }
Shape ConvPlan::images() const {
  if (sequences) return {sizes.batch, sizes.columns.size, groups * sizes.in};
  return {sizes.batch, sizes.rows.size, sizes.columns.size, groups * sizes.in};
}
Shape ConvPlan::kernel() const {
  if (sequences) return {sizes.columns.window, sizes.in, groups * sizes.out};
  return {sizes.rows.window, sizes.columns.window, sizes.in, groups * sizes.out};
}
Shape ConvPlan::unpooled() const {
  if (sequences) return {sizes.batch, sizes.columns.count, groups * sizes.out};
  return {sizes.batch, sizes.rows.count, sizes.columns.count, groups * sizes.out};
}
Shape ConvPlan::result() const {
  if (!pools()) return unpooled();
  if (sequences) return {sizes.batch, pool.columns.count, groups * sizes.out};
  return {sizes.batch, pool.rows.count, pool.columns.count, groups * sizes.out};
}
double ConvPlan::flops() const {
  const auto [batch, in, out, rows, columns] = sizes;
  return 2.0 * static_cast<double>(batch * rows.count * columns.count) *
         static_cast<double>(rows.window * columns.window * in * out * groups);
}
ConvPlan ConvPlan::without_stride() const {
  ConvPlan p{.sizes = sizes, .sequences = sequences, .half = half};
  for (Slide* const slide : {&p.sizes.rows, &p.sizes.columns}) {
    slide->stride = 1;
    slide->count = slide->padded() - (slide->window - 1) * slide->dilation;
  }
  return p;
}
ConvPlan ConvPlan::group() const { return {.sizes = sizes, .epilogue = epilogue, .flips = flips}; }

ConvPlan plan(const Op& op, const Shape& images, const Shape& kernel, const Conv2DOptions& o) {
  check_kernel(op, kernel, "(kh, kw, in, out)");
  check_groups(op, o.groups, kernel[3]);
  check_channels(op, images, kernel[2] * o.groups);
  check_taps(op, kernel);
  return convolution(op, images, kernel, o, "width");
}

ConvPlan plan(const Op& op, const Shape& sequences, const Shape& kernel, const Conv1DOptions& o) {
  if (kernel.size() != 3)
    throw ShapeError(op, text("expected a kernel (k, in, out), got ", kernel));
  check_groups(op, o.groups, kernel[2]);
  const std::size_t channels = kernel[1] * o.groups;
  if (sequences.size() != 3 || sequences[2] != channels)
    throw ShapeError(
        op, text("expected (N, T, ", channels, "), got ", sequences),
        sequences.size() == 3 && sequences[1] == channels ? "sequences are channels-last" : "");
  if (kernel[0] == 0) throw ShapeError(op, text("the kernel ", kernel, " has no taps"));
  check_dilation(op, o.dilation);
  const Conv2DOptions options{.stride = {1, o.stride},
                              .padding = beside(o.padding, span_of(kernel[0], o.dilation)),
                              .dilation = {1, o.dilation},
                              .groups = o.groups,
                              .activation = o.activation,
                              .max_pool = {1, o.max_pool}};
  ConvPlan p = convolution(op, {sequences[0], 1, sequences[1], sequences[2]},
                           {1, kernel[0], kernel[1], kernel[2]}, options, "length");
  p.sequences = true;
  return p;
}

ConvPlan plan(const Op& op, const Shape& x, const Shape& kernel, const ConvTranspose2DOptions& o) {
  check_kernel(op, kernel, "(kh, kw, out, in)");
  check_groups(op, o.groups, kernel[3]);
  check_channels(op, x, kernel[3]);
  check_dilation(op, o.dilation);
  check_taps(op, kernel);
  const Motions motions{{kernel[0], kernel[1]}, o.stride, o.dilation, o.padding};
  const std::size_t height = size_for(op, motions.rows, x[1], o.output_padding.height);
  const std::size_t width = size_for(op, motions.columns, x[2], o.output_padding.width);
  return plan(op, {x[0], height, width, kernel[2] * o.groups}, kernel,
              Conv2DOptions{.stride = o.stride,
                            .padding = o.padding,
                            .dilation = o.dilation,
                            .groups = o.groups,
                            .winograd = o.winograd});
}

ConvPlan plan(const Op& op, const Shape& images, const Shape& result,
              const Conv2DGradKernelOptions& o) {
  if (images.size() != 4 || result.size() != 4)
    throw ShapeError(op, text("expected images (N, H, W, in) and a gradient (N, H', W', out), got ",
                              images, " and ", result));
  check_groups(op, o.groups, result[3]);
  const ConvPlan p =
      plan(op, images, {o.kernel.height, o.kernel.width, images[3] / o.groups, result[3]},
           Conv2DOptions{.stride = o.stride,
                         .padding = o.padding,
                         .dilation = o.dilation,
                         .groups = o.groups,
                         .winograd = o.winograd});
  if (p.result() != result)
    throw ShapeError(op, text("expected a gradient of shape ", p.result(), ", got ", result));
  return p;
}

}  // namespace xtape::inline XTAPE_ABI::kernels

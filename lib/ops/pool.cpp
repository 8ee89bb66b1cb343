// SPDX-License-Identifier: MIT
#include <xtape/ops/pool.hpp>

#include "kernels/kernels.hpp"
#include "ops/window.hpp"

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::Pool2D;
using kernels::table;

Pool2D checked(const Op& op, const Variable& x, const Pool2DOptions& o) {
  const Shape& image = x.shape();
  if (image.size() != 4) throw ShapeError(op, text("expected (N, H, W, C), got ", image));
  const Size2D window = o.window;
  const Size2D stride{o.stride.height == 0 ? window.height : o.stride.height,
                      o.stride.width == 0 ? window.width : o.stride.width};
  const Slide rows = slide(op, "height", image[1], window.height, stride.height, o.padding.kind,
                           o.padding.top, o.padding.bottom);
  const Slide columns = slide(op, "width", image[2], window.width, stride.width, o.padding.kind,
                              o.padding.left, o.padding.right);
  if (window.height * window.width > 65536)
    throw ValueError(op, text("expected a window of at most 65536 elements, got ", window.height,
                              " x ", window.width));
  if (std::max(rows.before, rows.after) >= window.height ||
      std::max(columns.before, columns.after) >= window.width)
    throw ValueError(op, text("expected less padding than the window ", window.height, " x ",
                              window.width, " is large"));
  return {image[0],      image[1],     image[2],    image[3],       window.height, window.width,
          stride.height, stride.width, rows.before, columns.before, rows.count,    columns.count};
}

Shape result_shape(const Pool2D& s) { return {s.batch, s.out_h, s.out_w, s.channels}; }
Shape image_shape(const Pool2D& s) { return {s.batch, s.height, s.width, s.channels}; }

}  // namespace

Variable max_pool2d(const Variable& x, const Pool2DOptions& options, Location at) {
  const Op op{"max_pool2d", at};
  const Pool2D s = checked(op, x, options);
  Array y = uninitialized(result_shape(s));
  PooledBuffer<std::uint16_t> position{y.size()};
  table().max_pool2d(s, x.value().data(), y.data(), position.data());
  return record(op, std::move(y), wrt(x, [s, position = std::move(position)](const Array& g) {
                  Array dx = uninitialized(image_shape(s));
                  table().max_pool2d_grad(s, position.data(), g.data(), dx.data());
                  return dx;
                }));
}

Variable avg_pool2d(const Variable& x, const Pool2DOptions& options, Location at) {
  const Op op{"avg_pool2d", at};
  const Pool2D s = checked(op, x, options);
  Array y = uninitialized(result_shape(s));
  table().avg_pool2d(s, x.value().data(), y.data());
  return record(op, std::move(y), wrt(x, [s](const Array& g) {
                  Array dx = uninitialized(image_shape(s));
                  table().avg_pool2d_grad(s, g.data(), dx.data());
                  return dx;
                }));
}

}  // namespace xtape::inline XTAPE_ABI

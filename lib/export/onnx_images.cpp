// SPDX-License-Identifier: MIT
#include "export/onnx_call.hpp"
#include "ops/window.hpp"

#include <xtape/ops.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::onnx {
namespace {

Ints ints(std::initializer_list<std::size_t> numbers) { return {numbers.begin(), numbers.end()}; }
Ints ints(const Size2D& size) { return ints({size.height, size.width}); }

// What there is around images of a size so that there are `count` positions.
std::size_t after(std::size_t size, std::size_t before, std::size_t window, std::size_t stride,
                  std::size_t count) {
  const std::size_t covered = (count - 1) * stride + window;
  return std::max(covered, size + before) - size - before;
}

std::vector<Attribute> window_attributes(const kernels::Pool2D& s) {
  return {{"kernel_shape", ints({s.window_h, s.window_w})},
          {"strides", ints({s.stride_h, s.stride_w})},
          {"pads",
           ints({s.pad_top, s.pad_left, after(s.height, s.pad_top, s.window_h, s.stride_h, s.out_h),
                 after(s.width, s.pad_left, s.window_w, s.stride_w, s.out_w)})}};
}

void pool(const char* type, Builder& b, const Call& call) {
  const Variable& x = *call.inputs[0];
  const kernels::Pool2D s = pool_sizes(call.op, x.shape(), options_of<Pool2DOptions>(call));
  b.define(call.result(), Order::channels_first,
           b.add(type, {b.name(x, Order::channels_first)}, window_attributes(s)));
}

}  // namespace

void max_pool2d(Builder& b, const Call& call) { pool("MaxPool", b, call); }
void avg_pool2d(Builder& b, const Call& call) { pool("AveragePool", b, call); }

void conv2d(Builder& b, const Call& call) {
  const Variable &x = *call.inputs[0], &kernel = *call.inputs[1];
  check_constant(b, call, kernel, "kernel");
  const Conv2DOptions& o = options_of<Conv2DOptions>(call);
  const Shape &image = x.shape(), &k = kernel.shape();
  const Slide rows = slide(call.op, "height", image[1], (k[0] - 1) * o.dilation.height + 1,
                           o.stride.height, o.padding.kind, o.padding.top, o.padding.bottom);
  const Slide columns = slide(call.op, "width", image[2], (k[1] - 1) * o.dilation.width + 1,
                              o.stride.width, o.padding.kind, o.padding.left, o.padding.right);
  std::vector<std::string> inputs{b.name(x, Order::channels_first),
                                  b.constant(kernel, k, {3, 2, 0, 1}, {k[3], k[2], k[0], k[1]})};
  if (call.inputs.size() > 2) {
    check_constant(b, call, *call.inputs[2], "bias");
    inputs.push_back(b.name(*call.inputs[2]));
  }
  std::string y = b.add("Conv", inputs,
                        {{"kernel_shape", ints({k[0], k[1]})},
                         {"strides", ints(o.stride)},
                         {"dilations", ints(o.dilation)},
                         {"pads", ints({rows.before, columns.before, rows.after, columns.after})}});
  y = activated(b, y, o.activation);
  if (o.max_pool != Size2D{1})
    y = b.add("MaxPool", {y}, {{"kernel_shape", ints(o.max_pool)}, {"strides", ints(o.max_pool)}});
  b.define(call.result(), Order::channels_first, y);
}

}  // namespace xtape::inline XTAPE_ABI::onnx

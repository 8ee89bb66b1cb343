// SPDX-License-Identifier: MIT
#include "export/onnx_call.hpp"
#include "kernels/plan.hpp"

namespace xtape::inline XTAPE_ABI::onnx {
namespace {

using kernels::Slide;

Ints ints(std::initializer_list<std::size_t> numbers) { return {numbers.begin(), numbers.end()}; }

std::vector<Attribute> window_attributes(const Slide& rows, const Slide& columns) {
  return {{"kernel_shape", ints({rows.window, columns.window})},
          {"strides", ints({rows.stride, columns.stride})},
          {"pads", ints({rows.before, columns.before, rows.after, columns.after})}};
}
std::vector<Attribute> window_attributes(const kernels::ConvSizes& s) {
  std::vector<Attribute> all = window_attributes(s.rows, s.columns);
  all.push_back({"dilations", ints({s.rows.dilation, s.columns.dilation})});
  return all;
}

void pool(const char* type, Builder& b, const Call& call) {
  const Variable& x = *call.inputs[0];
  const kernels::PoolSizes s = kernels::plan(call.op, x.shape(), options_of<Pool2DOptions>(call));
  b.define(call.result(), Order::channels_first,
           b.add(type, {b.name(x, Order::channels_first)}, window_attributes(s.rows, s.columns)));
}

// The names of the images, of the kernel (kh, kw, b, a) as (a, b, kh, kw), and of the bias, if there is one.
std::vector<std::string> terms(Builder& b, const Call& call) {
  const Variable& kernel = *call.inputs[1];
  const Shape& k = kernel.shape();
  check_constant(b, call, kernel, "kernel");
  std::vector<std::string> all{b.name(*call.inputs[0], Order::channels_first),
                               b.constant(kernel, k, {3, 2, 0, 1}, {k[3], k[2], k[0], k[1]})};
  if (call.inputs.size() > 2) {
    check_constant(b, call, *call.inputs[2], "bias");
    all.push_back(b.name(*call.inputs[2]));
  }
  return all;
}

}  // namespace

void max_pool2d(Builder& b, const Call& call) { pool("MaxPool", b, call); }
void avg_pool2d(Builder& b, const Call& call) { pool("AveragePool", b, call); }

void conv2d(Builder& b, const Call& call) {
  const Conv2DOptions& o = options_of<Conv2DOptions>(call);
  const kernels::ConvPlan p =
      kernels::plan(call.op, call.inputs[0]->shape(), call.inputs[1]->shape(), o);
  std::string y = b.add("Conv", terms(b, call), window_attributes(p.sizes));
  y = activated(b, y, o.activation);
  if (p.pools()) y = b.add("MaxPool", {y}, window_attributes(p.pool.rows, p.pool.columns));
  b.define(call.result(), Order::channels_first, y);
}

void conv_transpose2d(Builder& b, const Call& call) {
  const ConvTranspose2DOptions& o = options_of<ConvTranspose2DOptions>(call);
  const kernels::ConvPlan p =
      kernels::plan(call.op, call.inputs[0]->shape(), call.inputs[1]->shape(), o);
  std::vector<Attribute> attributes = window_attributes(p.sizes);
  attributes.push_back({"output_padding", ints({p.sizes.rows.rest(), p.sizes.columns.rest()})});
  const std::string y = b.add("ConvTranspose", terms(b, call), attributes);
  b.define(call.result(), Order::channels_first, activated(b, y, o.activation));
}

}  // namespace xtape::inline XTAPE_ABI::onnx

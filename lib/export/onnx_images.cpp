// SPDX-License-Identifier: MIT
#include "export/onnx_call.hpp"
#include "kernels/plan.hpp"
#include "ops/resample.hpp"

#include <cmath>
#include <limits>

namespace xtape::inline XTAPE_ABI::onnx {
namespace {

using kernels::Slide;

Ints ints(std::initializer_list<std::size_t> numbers) { return {numbers.begin(), numbers.end()}; }

// The images or sequences that an op reads, their channels first.
std::string images(Builder& b, const Call& call) {
  const Variable& x = *call.inputs[0];
  return x.rank() == 4 ? b.name(x, Order::channels_first)
                       : with_channels_first(b, b.name(x), x.rank());
}
// The result, its channels first: of sequences they are brought back.
void define_images(Builder& b, const Call& call, const std::string& y) {
  const std::size_t rank = call.result()->dimension();
  if (rank == 4) return b.define(call.result(), Order::channels_first, y);
  b.define(call.result(), Order::same, with_channels_last(b, y, rank));
}

// Of sequences the rows do not count.
std::vector<Attribute> window_attributes(const Slide& rows, const Slide& columns, bool sequences) {
  if (sequences)
    return {{"kernel_shape", ints({columns.window})},
            {"strides", ints({columns.stride})},
            {"pads", ints({columns.before, columns.after})}};
  return {{"kernel_shape", ints({rows.window, columns.window})},
          {"strides", ints({rows.stride, columns.stride})},
          {"pads", ints({rows.before, columns.before, rows.after, columns.after})}};
}
std::vector<Attribute> window_attributes(const kernels::ConvPlan& p) {
  const Slide &rows = p.sizes.rows, &columns = p.sizes.columns;
  std::vector<Attribute> all = window_attributes(rows, columns, p.sequences);
  all.push_back({"dilations",
                 p.sequences ? ints({columns.dilation}) : ints({rows.dilation, columns.dilation})});
  if (p.groups > 1) all.push_back({"group", static_cast<std::int64_t>(p.groups)});
  return all;
}

template <class Options>
void pool(const char* type, Builder& b, const Call& call) {
  const Shape& x = call.inputs[0]->shape();
  const kernels::PoolSizes s = kernels::plan(call.op, x, options_of<Options>(call));
  define_images(
      b, call, b.add(type, {images(b, call)}, window_attributes(s.rows, s.columns, x.size() == 3)));
}

// The names of the images, of the kernel (kh, kw, b, a) as (a, b, kh, kw), and of the bias, if there is one.
std::vector<std::string> terms(Builder& b, const Call& call) {
  const Variable& kernel = *call.inputs[1];
  const Shape& k = kernel.shape();
  check_constant(b, call, kernel, "kernel");
  std::vector<std::string> all{images(b, call)};
  if (k.size() == 3)
    all.push_back(b.constant(kernel, k, {2, 1, 0}, {k[2], k[1], k[0]}));
  else
    all.push_back(b.constant(kernel, k, {3, 2, 0, 1}, {k[3], k[2], k[0], k[1]}));
  if (call.inputs.size() > 2) {
    check_constant(b, call, *call.inputs[2], "bias");
    all.push_back(b.name(*call.inputs[2]));
  }
  return all;
}

template <class Options>
void convolution(Builder& b, const Call& call) {
  const Options& o = options_of<Options>(call);
  const kernels::ConvPlan p =
      kernels::plan(call.op, call.inputs[0]->shape(), call.inputs[1]->shape(), o);
  std::string y = b.add("Conv", terms(b, call), window_attributes(p));
  y = activated(b, y, o.activation);
  if (p.pools())
    y = b.add("MaxPool", {y}, window_attributes(p.pool.rows, p.pool.columns, p.sequences));
  define_images(b, call, y);
}

// (rows of the result, rows of the images), or the transpose.
Array matrix(const Weights& weights, std::size_t size, bool transposed) {
  const kernels::TermTable<Scalar> table = weights.table();
  Array m = zeros(transposed ? Shape{size, table.count} : Shape{table.count, size});
  for (std::size_t i = 0; i < table.count; ++i)
    for (const auto& [at, weight] : table[i])
      m.data()[transposed ? at * table.count + i : i * size + at] = weight;
  return m;
}

// The factor that makes `to` pixels of `from` also where the product is rounded down.
Scalar scale(std::size_t from, std::size_t to) {
  const auto old = static_cast<double>(from), wanted = static_cast<double>(to);
  auto factor = static_cast<float>(wanted / old);
  if (static_cast<double>(factor) * old < wanted)
    factor = std::nextafter(factor, std::numeric_limits<float>::infinity());
  return factor;
}

}  // namespace

// There is no such operator: a product from the left and one from the right.
void adaptive_avg_pool2d(Builder& b, const Call& call) {
  const Resampling r =
      resampling(call.op, call.inputs[0]->shape(), options_of<AdaptivePool2DOptions>(call));
  const std::string columns = b.constant(matrix(r.columns, r.images[2], true)),
                    rows = b.constant(matrix(r.rows, r.images[1], false));
  define_images(b, call, b.add("MatMul", {rows, b.add("MatMul", {images(b, call), columns})}));
}

void upsample2d(Builder& b, const Call& call) {
  const Upsample2DOptions& o = options_of<Upsample2DOptions>(call);
  const Shape &from = call.inputs[0]->shape(), &to = call.result()->shape();
  Array scales = full({4}, 1);
  scales(2) = scale(from[1], to[1]), scales(3) = scale(from[2], to[2]);
  const bool nearest = o.mode == Interpolation::nearest;
  const std::string place = nearest           ? "asymmetric"
                            : o.align_corners ? "align_corners"
                                              : "half_pixel";
  const std::string y = b.add("Resize", {images(b, call), "", b.constant(std::move(scales))},
                              {{"mode", std::string{nearest ? "nearest" : "linear"}},
                               {"coordinate_transformation_mode", place},
                               {"nearest_mode", std::string{"floor"}}});
  define_images(b, call, y);
}

void max_pool1d(Builder& b, const Call& call) { pool<Pool1DOptions>("MaxPool", b, call); }
void avg_pool1d(Builder& b, const Call& call) { pool<Pool1DOptions>("AveragePool", b, call); }
void max_pool2d(Builder& b, const Call& call) { pool<Pool2DOptions>("MaxPool", b, call); }
void avg_pool2d(Builder& b, const Call& call) { pool<Pool2DOptions>("AveragePool", b, call); }

void conv1d(Builder& b, const Call& call) { convolution<Conv1DOptions>(b, call); }
void conv2d(Builder& b, const Call& call) { convolution<Conv2DOptions>(b, call); }

void conv_transpose2d(Builder& b, const Call& call) {
  const ConvTranspose2DOptions& o = options_of<ConvTranspose2DOptions>(call);
  const kernels::ConvPlan p =
      kernels::plan(call.op, call.inputs[0]->shape(), call.inputs[1]->shape(), o);
  std::vector<Attribute> attributes = window_attributes(p);
  attributes.push_back({"output_padding", ints({p.sizes.rows.rest(), p.sizes.columns.rest()})});
  const std::string y = b.add("ConvTranspose", terms(b, call), attributes);
  define_images(b, call, activated(b, y, o.activation));
}

}  // namespace xtape::inline XTAPE_ABI::onnx

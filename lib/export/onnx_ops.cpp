// SPDX-License-Identifier: MIT
#include "export/onnx_ops.hpp"

#include "axis.hpp"
#include "export/onnx_call.hpp"

#include <xtape/ops.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

namespace xtape::inline XTAPE_ABI::onnx {

void check_batch_axes(Builder& b, const Call& call) {
  for (const Variable* x : call.inputs)
    if (!b.is_constant(*x) && x->rank() != call.result()->dimension())
      fail(call, "the op ", call.op.name, " has the batch of ", x->shape(),
           " along another axis of ", call.result()->shape(), " than the first");
}

void check_constants(Builder& b, const Call& call) {
  for (const Variable* x : call.inputs)
    if (b.is_constant(*x) && x->rank() == call.result()->dimension() && x->shape()[0] != 1)
      fail(call, "the op ", call.op.name, " has a constant of shape ", x->shape(),
           ", whose first axis is the batch's");
}

Order common_order(Builder& b, const Call& call) {
  const auto fits = [&](const Variable* x) { return x->rank() == 4 || b.is_constant(*x); };
  const auto first = [&](const Variable* x) { return b.order_of(*x) == Order::channels_first; };
  const bool images = call.result()->dimension() == 4 && std::ranges::all_of(call.inputs, fits) &&
                      std::ranges::any_of(call.inputs, first);
  return images ? Order::channels_first : Order::same;
}

std::vector<std::string> names(Builder& b, const Call& call, Order order) {
  std::vector<std::string> all;
  for (const Variable* x : call.inputs) all.push_back(b.name(*x, order));
  return all;
}

namespace {

// Axis i of (N, H, W, C) as one of (N, C, H, W).
std::int64_t channels_first(std::size_t axis) { return std::array{0, 2, 3, 1}[axis]; }

// The names of x and of a weight (K, M) that multiplies it: where x is a flattened image, its channels
// first, the rows of the weight are brought into that order.
std::vector<std::string> factors(Builder& b, const Variable& x, const Variable& w) {
  if (b.order_of(x) != Order::flattened || w.rank() != 2 || !b.is_constant(w))
    return {b.name(x), b.name(w)};
  const Shape& s = w.shape();
  const std::size_t channels = b.channels_of(x);
  return {b.name(x, Order::flattened),
          b.constant(w, {s[0] / channels, channels, s[1]}, {1, 0, 2}, s)};
}

// The last two axes of x exchanged.
std::string exchanged(Builder& b, const Variable& x) {
  Ints order(x.rank());
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[x.rank() - 2], order[x.rank() - 1]);
  return b.add("Transpose", {b.name(x)}, {{"perm", order}});
}

void matmul(Builder& b, const Call& call) {
  const Variable &x = *call.inputs[0], &w = *call.inputs[1];
  const MatmulOptions& o = options_of<MatmulOptions>(call);
  if (b.is_constant(x)) fail(call, "the first factor of the op matmul is a constant");
  check_batch_axes(b, call);
  if (o.transpose_a && x.rank() == 2) fail(call, "the op matmul moves the batch's axis");
  if (w.rank() > 2)
    check_constants(b, call);
  else
    check_constant(b, call, w, "second factor");  // each row of it would be a sample
  std::vector<std::string> terms;
  if (o.transpose_a || o.transpose_b)
    terms = {o.transpose_a ? exchanged(b, x) : b.name(x),
             o.transpose_b ? exchanged(b, w) : b.name(w)};
  else
    terms = factors(b, x, w);
  b.define(call.result(), Order::same, b.add("MatMul", terms));
}

// The name of x w + bias, of a call's first inputs.
std::string affine(Builder& b, const Call& call, std::span<const Variable* const> inputs) {
  check_constant(b, call, *inputs[1], "weight");
  std::vector<std::string> terms = factors(b, *inputs[0], *inputs[1]);
  if (inputs.size() > 2) check_constant(b, call, *inputs[2], "bias");
  std::string y;
  if (inputs[0]->rank() == 2) {
    if (inputs.size() > 2) terms.push_back(b.name(*inputs[2]));
    y = b.add("Gemm", terms);
  } else {  // Gemm is for matrices alone
    y = b.add("MatMul", terms);
    if (inputs.size() > 2) y = b.add("Add", {y, b.name(*inputs[2])});
  }
  return y;
}
void dense(Builder& b, const Call& call) {
  const std::string y = affine(b, call, call.inputs);
  b.define(call.result(), Order::same, activated(b, y, options_of<DenseOptions>(call).activation));
}
void add_dense(Builder& b, const Call& call) {
  const std::span<const Variable* const> inputs = call.inputs;
  const std::string y = affine(b, call, inputs.first(inputs.size() - 1));
  const std::string sum = b.add("Add", {b.name(*inputs.back()), y});
  b.define(call.result(), Order::same,
           activated(b, sum, options_of<DenseOptions>(call).activation));
}

void flatten(Builder& b, const Call& call) {
  const Variable& x = *call.inputs[0];
  const Order order = b.order_of(x);
  const std::string y = b.add("Flatten", {b.name(x, order)});
  if (order != Order::channels_first) return b.define(call.result(), order, y, b.channels_of(x));
  // With one channel, or one pixel, it is all the same.
  const std::size_t channels = x.shape()[3];
  const bool same = channels == 1 || x.shape()[1] * x.shape()[2] == 1;
  b.define(call.result(), same ? Order::same : Order::flattened, y, channels);
}

void reshape(Builder& b, const Call& call) {
  Ints shape(call.result()->shape().begin(), call.result()->shape().end());
  shape[0] = 0;  // as it is
  b.define(call.result(), Order::same,
           b.add("Reshape", {b.name(*call.inputs[0]), b.constant(shape)}));
}

void transpose(Builder& b, const Call& call) {
  const Variable& x = *call.inputs[0];
  Ints order;
  for (const std::ptrdiff_t axis : options_of<TransposeOptions>(call).axes)
    order.push_back(static_cast<std::int64_t>(checked_axis(call.op, axis, x.shape())));
  if (order.empty() || order[0] != 0) fail(call, "the op transpose moves the batch's axis");
  b.define(call.result(), Order::same, b.add("Transpose", {b.name(x)}, {{"perm", order}}));
}

void concatenate(Builder& b, const Call& call) {
  const std::size_t axis =
      checked_axis(call.op, options_of<ConcatenateOptions>(call).axis, call.result()->shape());
  if (axis == 0) fail(call, "the op concatenate joins batches");
  check_constants(b, call);
  const Order order = common_order(b, call);
  const auto along =
      order == Order::channels_first ? channels_first(axis) : static_cast<std::int64_t>(axis);
  b.define(call.result(), order, b.add("Concat", names(b, call, order), {{"axis", along}}));
}

// A result that is a part of the input.
void take(Builder& b, const Call& call, const SliceOptions& o, const Value& result) {
  const Variable& x = *call.inputs[0];
  const std::size_t axis = checked_axis(call.op, o.axis, x.shape());
  if (axis == 0) fail(call, "the op ", call.op.name, " takes a part of the batch");
  const Order order = x.rank() == 4 ? b.order_of(x) : Order::same;
  const auto along =
      order == Order::channels_first ? channels_first(axis) : static_cast<std::int64_t>(axis);
  b.define(result, order,
           b.add("Slice", {b.name(x, order), b.constant(Ints{o.begin}), b.constant(Ints{o.end}),
                           b.constant(Ints{along}), b.constant(Ints{o.step})}));
}

void slice(Builder& b, const Call& call) {
  take(b, call, options_of<SliceOptions>(call), call.result());
}

void split(Builder& b, const Call& call) {
  const std::ptrdiff_t axis = options_of<SplitOptions>(call).axis;
  const std::size_t i = checked_axis(call.op, axis, call.inputs[0]->shape());
  std::ptrdiff_t begin = 0;
  for (const Value& result : call.results) {
    const auto size = static_cast<std::ptrdiff_t>(result->shape()[i]);
    take(b, call, {.axis = axis, .begin = begin, .end = begin + size}, result);
    begin += size;
  }
}

// The axes of a reduction in the order in which the graph has its input.
struct Reduced {
  Order order;
  Ints axes;
};
Reduced reduced(Builder& b, const Call& call, const Axes& given, bool keep_dims) {
  const Variable& x = *call.inputs[0];
  Ints axes;
  for (const std::ptrdiff_t axis : given)
    axes.push_back(static_cast<std::int64_t>(checked_axis(call.op, axis, x.shape())));
  if (axes.empty() || std::ranges::find(axes, 0) != axes.end())
    fail(call, "the op ", call.op.name, " goes over the batch");
  // Of images that lose their pixels only the channels are left.
  std::ranges::sort(axes);
  Order order = b.order_of(x);
  if (order != Order::channels_first || (!keep_dims && axes != Ints{1, 2})) order = Order::same;
  if (order == Order::channels_first)
    for (std::int64_t& axis : axes) axis = channels_first(static_cast<std::size_t>(axis));
  return {order, axes};
}

// A sum takes its axes as an input in opset 17, the others as an attribute.
std::string reduce(Builder& b, const std::string& type, std::string x, const Ints& axes,
                   bool keep_dims) {
  std::vector<std::string> inputs{std::move(x)};
  std::vector<Attribute> attributes{{"keepdims", std::int64_t{keep_dims}}};
  if (type == "ReduceSum")
    inputs.push_back(b.constant(axes));
  else
    attributes.push_back({"axes", axes});
  return b.add(type, inputs, attributes);
}

Translation reduction(const char* type) {
  return [type](Builder& b, const Call& call) {
    const ReduceOptions& o = options_of<ReduceOptions>(call);
    const auto [order, axes] = reduced(b, call, o.axes, o.keep_dims);
    b.define(call.result(), o.keep_dims ? order : Order::same,
             reduce(b, type, b.name(*call.inputs[0], order), axes, o.keep_dims));
  };
}

// A variance, or a standard deviation.
void deviation(Builder& b, const Call& call) {
  const VarianceOptions& o = options_of<VarianceOptions>(call);
  const Variable& x = *call.inputs[0];
  const auto [order, axes] = reduced(b, call, o.axes, o.keep_dims);
  std::size_t count = 1;
  for (const std::ptrdiff_t axis : o.axes)
    count *= x.shape()[checked_axis(call.op, axis, x.shape())];
  const std::string all = b.name(x, order),
                    off = b.add("Sub", {all, reduce(b, "ReduceMean", all, axes, true)});
  std::string y = reduce(b, "ReduceSum", b.add("Mul", {off, off}), axes, o.keep_dims);
  y = b.add("Div", {y, b.constant(static_cast<Scalar>(count - o.correction))});
  if (std::string_view{call.op.name} == "stddev") y = b.add("Sqrt", {y});
  b.define(call.result(), o.keep_dims ? order : Order::same, y);
}

// Our softmax along another axis than the last transposes.
Translation along_last(const char* type) {
  return [type](Builder& b, const Call& call) {
    if (call.result()->dimension() == 1)
      fail(call, "the op ", call.op.name, " goes over the batch");
    b.define(call.result(), Order::same,
             b.add(type, {b.name(*call.inputs[0])}, {{"axis", std::int64_t{-1}}}));
  };
}

const std::map<std::string_view, Translation>& translations() {
  static const std::map<std::string_view, Translation> all{
      {"matmul", matmul},
      {"add_batch_norm", add_batch_norm},
      {"add_dense", add_dense},
      {"dense", dense},
      {"scaled_dot_product_attention", attention},
      {"conv1d", conv1d},
      {"conv2d", conv2d},
      {"conv_transpose2d", conv_transpose2d},
      {"max_pool1d", max_pool1d},
      {"avg_pool1d", avg_pool1d},
      {"max_pool2d", max_pool2d},
      {"avg_pool2d", avg_pool2d},
      {"adaptive_avg_pool2d", adaptive_avg_pool2d},
      {"upsample2d", upsample2d},
      {"batch_norm", batch_norm},
      {"layer_norm", layer_norm},
      {"group_norm", group_norm},
      {"rms_norm", rms_norm},
      {"lstm", recurrent},
      {"gru", recurrent},
      {"rnn", recurrent},
      {"flatten", flatten},
      {"reshape", reshape},
      {"squeeze", reshape},
      {"expand_dims", reshape},
      {"broadcast_to", broadcast_to},
      {"tile", tile},
      {"flip", flip},
      {"pad", pad},
      {"gather", gather},
      {"scatter_add", scatter_add},
      {"top_k", top_k},
      {"transpose", transpose},
      {"concatenate", concatenate},
      {"slice", slice},
      {"split", split},
      {"sum", reduction("ReduceSum")},
      {"mean", reduction("ReduceMean")},
      {"max", reduction("ReduceMax")},
      {"min", reduction("ReduceMin")},
      {"prod", reduction("ReduceProd")},
      {"logsumexp", reduction("ReduceLogSumExp")},
      {"norm", reduction("ReduceL2")},
      {"variance", deviation},
      {"stddev", deviation},
      {"cumsum", cumsum},
      {"softmax", along_last("Softmax")},
      {"log_softmax", along_last("LogSoftmax")},
  };
  return all;
}

}  // namespace

void translate(Builder& builder, const Call& call) {
  if (call.formula != nullptr) return elementwise(builder, call);
  const auto found = translations().find(call.op.name);
  if (found == translations().end())
    throw ValueError({"export_onnx", call.op.at},
                     text("there is nothing in ONNX known for the op ", call.op.name),
                     "make it of a Formula, or give its definition in OnnxOptions::ops?");
  found->second(builder, call);
}

}  // namespace xtape::inline XTAPE_ABI::onnx

// SPDX-License-Identifier: MIT
// Ops that move elements or go along an axis, on values in our order.
#include "axis.hpp"
#include "export/onnx_call.hpp"
#include "ops/index.hpp"
#include "ops/shape.hpp"

#include <xtape/ops/index.hpp>
#include <xtape/ops/reduce.hpp>

#include <limits>

namespace xtape::inline XTAPE_ABI::onnx {
namespace {

Ints as_ints(const auto& numbers) { return {numbers.begin(), numbers.end()}; }

// Throws ValueError where an op does something to the batch.
void check_batch(const Call& call, bool untouched, const char* what) {
  if (!untouched) fail(call, "the op ", call.op.name, ' ', what, " the batch");
}

void define(Builder& b, const Call& call, const char* type, std::vector<std::string> inputs,
            std::vector<Attribute> attributes = {}) {
  inputs.insert(inputs.begin(), b.name(*call.inputs[0]));
  b.define(call.result(), Order::same, b.add(type, std::move(inputs), std::move(attributes)));
}

}  // namespace

std::string with_channels_first(Builder& b, const std::string& x, std::size_t rank) {
  Ints order{0, static_cast<std::int64_t>(rank) - 1};
  for (std::size_t i = 1; i + 1 < rank; ++i) order.push_back(static_cast<std::int64_t>(i));
  return b.add("Transpose", {x}, {{"perm", order}});
}
std::string with_channels_last(Builder& b, const std::string& x, std::size_t rank) {
  Ints order{0};
  for (std::size_t i = 2; i < rank; ++i) order.push_back(static_cast<std::int64_t>(i));
  order.push_back(1);
  return b.add("Transpose", {x}, {{"perm", order}});
}

void broadcast_to(Builder& b, const Call& call) {
  check_batch_axes(b, call);
  Ints shape = as_ints(call.result()->shape());
  shape[0] = 1;  // whatever it is
  define(b, call, "Expand", {b.constant(shape)});
}

void tile(Builder& b, const Call& call) {
  Ints repeats;
  for (std::size_t i = 0; i < call.result()->dimension(); ++i) {
    const std::size_t size = call.inputs[0]->shape()[i];
    repeats.push_back(static_cast<std::int64_t>(size == 0 ? 1 : call.result()->shape()[i] / size));
  }
  define(b, call, "Tile", {b.constant(repeats)});
}

void flip(Builder& b, const Call& call) {
  Ints axes;
  for (const std::ptrdiff_t axis : options_of<FlipOptions>(call).axes)
    axes.push_back(static_cast<std::int64_t>(checked_axis(call.op, axis, call.result()->shape())));
  check_batch(call, !axes.empty() && std::ranges::find(axes, 0) == axes.end(), "turns round");
  const Ints last(axes.size(), -1), end(axes.size(), std::numeric_limits<std::int64_t>::min());
  define(
      b, call, "Slice",
      {b.constant(last), b.constant(end), b.constant(axes), b.constant(last)});  // by steps of -1
}

void pad(Builder& b, const Call& call) {
  const Padded& o = options_of<Padded>(call);
  Ints widths;
  for (const PadWidth& width : o.widths) widths.push_back(static_cast<std::int64_t>(width.before));
  for (const PadWidth& width : o.widths) widths.push_back(static_cast<std::int64_t>(width.after));
  define(b, call, "Pad", {b.constant(widths), b.constant(static_cast<Scalar>(o.value))});
}

void gather(Builder& b, const Call& call) {
  const Gathered& o = options_of<Gathered>(call);
  const Variable& x = *call.inputs[0];
  if (b.are_of_input(o.ids)) {
    check_constant(b, call, x, "table");
    b.look_up(x.shape()[o.axis]);
  } else {
    check_batch(call, o.axis != 0, "takes parts of");
  }
  const std::string ids = b.name(o.ids);
  if (ids.empty())
    fail(call, "the op gather has the ids of the input in parts or in the shape ", o.ids.shape);
  define(b, call, "Gather", {ids}, {{"axis", static_cast<std::int64_t>(o.axis)}});
}

// The same ids for each sample, and for each place of a slice.
void scatter_add(Builder& b, const Call& call) {
  const Gathered& o = options_of<Gathered>(call);
  check_batch(call, o.axis != 0, "adds to parts of");
  check_constants(b, call);
  if (b.are_of_input(o.ids)) fail(call, "the op scatter_add has the ids of the input");
  Shape along(call.result()->dimension(), 1);
  along[o.axis] = o.ids.elements.size();
  const std::string source = b.name(*call.inputs[1]);
  const std::string ids =
      b.add("Expand", {b.name(Ids{o.ids.elements, along}), b.add("Shape", {source})});
  define(b, call, "ScatterElements", {ids, source},
         {{"axis", static_cast<std::int64_t>(o.axis)}, {"reduction", std::string{"add"}}});
}

void top_k(Builder& b, const Call& call) {
  const Shape& shape = call.result()->shape();
  const std::size_t axis = checked_axis(call.op, options_of<TopKOptions>(call).axis, shape);
  check_batch(call, axis != 0, "goes over");
  const Ints k{static_cast<std::int64_t>(shape[axis])};
  b.define(call.result(), Order::same,
           b.add("TopK", 2, {b.name(*call.inputs[0]), b.constant(k)},
                 {{"axis", static_cast<std::int64_t>(axis)}})[0]);
}

void cumsum(Builder& b, const Call& call) {
  const std::size_t axis =
      checked_axis(call.op, options_of<CumsumOptions>(call).axis, call.result()->shape());
  check_batch(call, axis != 0, "goes over");
  define(b, call, "CumSum", {b.constant(Ints{static_cast<std::int64_t>(axis)})});
}

}  // namespace xtape::inline XTAPE_ABI::onnx

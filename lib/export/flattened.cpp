// SPDX-License-Identifier: MIT
#include <xtape/export/flattened.hpp>

#include "axis.hpp"
#include "export/image_order.hpp"
#include "ops/recurrent.hpp"

#include <xtape/ops.hpp>

#include <algorithm>
#include <map>

namespace xtape::inline XTAPE_ABI {
namespace {

using Call = Observer::Forward;

bool is(const Call& call, std::string_view op) { return call.op.name == op; }

[[noreturn]] void fail(const Call& call, std::string_view what) {
  throw ValueError(
      {"flattened_images", call.op.at},
      text("the op ", call.op.name, ' ', what, ": their order in PyTorch is not known"),
      "name the weights that read them, and their channels, in a FlattenedImages");
}

template <class Options>
const Options& options_of(const Call& call) {
  if (const auto* const options = call.options.as<Options>()) return *options;
  fail(call, "does not say its options");
}

// Whether the result has the shape that broadcasting the inputs gives.
bool is_elementwise(const Call& call) {
  const Shape& shape = call.result()->shape();
  Shape broadcast(shape.size(), 1);
  for (const Variable* const input : call.inputs) {
    if (input->rank() > shape.size()) return false;
    const std::size_t skipped = shape.size() - input->rank();
    for (std::size_t i = 0; i < input->rank(); ++i)
      broadcast[skipped + i] = std::max(broadcast[skipped + i], input->shape()[i]);
  }
  return broadcast == shape;
}

// The axes that an op reduces, if it does.
std::optional<ReduceOptions> reduction_of(const Call& call) {
  if (const auto* const o = call.options.as<ReduceOptions>()) return *o;
  if (const auto* const o = call.options.as<VarianceOptions>())
    return ReduceOptions{.axes = o->axes, .keep_dims = o->keep_dims};
  return std::nullopt;
}

// Whether the result is the input in another shape.
bool is_view(const Call& call) {
  return is(call, "flatten") || is(call, "reshape") || is(call, "squeeze") ||
         is(call, "expand_dims");
}

// Whether the result are images, whatever the input was.
bool makes_images(const Call& call) {
  return is(call, "conv2d") || is(call, "conv_transpose2d") || is(call, "max_pool2d") ||
         is(call, "avg_pool2d") || is(call, "adaptive_avg_pool2d") || is(call, "upsample2d");
}

// Whether the result are sequences (N, T, C), which PyTorch has as (N, C, T), whatever the input was.
bool makes_sequences(const Call& call) {
  return is(call, "conv1d") || is(call, "max_pool1d") || is(call, "avg_pool1d");
}

// Whether elements change places along an axis, or meet there.
bool goes_along(const Call& call) {
  return is(call, "flip") || is(call, "cumsum") || is(call, "gather");
}

// Whether a product is of other axes than the last of its first factor and the last but one of the second, or has
// them elsewhere than the first factor.
bool exchanges_axes(const Call& call) {
  if (call.inputs[0]->rank() != call.result()->dimension()) return true;
  const auto* const o = call.options.as<MatmulOptions>();
  return o != nullptr && (o->transpose_a || o->transpose_b);
}

// Whether each axis of the result is that of the input, or several of it.
bool keeps_axes(const Call& call) {
  return is_elementwise(call) || is(call, "concatenate") || is(call, "slice") ||
         is(call, "split") || is(call, "gather") || is(call, "pad") || is(call, "tile") ||
         is(call, "broadcast_to");
}

// Follows images, and what ops make of them, to the weights that read them. Where PyTorch's order of it cannot
// be told, it throws: weights in a wrong order are not seen.
class Follower : public Observer {
 public:
  Follower(const std::vector<NamedParameter>& parameters, FlattenedImages& found)
      : parameters_{parameters}, found_{found} {}

  void forward(const Forward& call) override {
    for (const Value& result : call.results) {
      Call one = call;
      one.results = {&result, 1};
      follow(one);
    }
  }

 private:
  // An op with one result, or one of those of an op.
  void follow(const Call& call) {
    if (is_view(call)) check_no_image(call);
    if (makes_sequences(call)) return keep(call, sequence_order());
    const auto is_ordered = [&](const Variable* x) { return order_of(*x).has_value(); };
    if (std::ranges::none_of(call.inputs, is_ordered)) return;
    if (call.result()->size() <= 1) return;  // one number has no order
    if (makes_images(call)) return;
    if (is(call, "conv2d_grad_kernel")) return keep(call, unknown_order(4));  // no image
    const std::optional<ImageOrder> order = order_of(*call.inputs[0]);
    if (is(call, "dense") || is(call, "matmul") || call.options.as<RecurrentCall>() != nullptr)
      multiply(call, order);
    else if (is(call, "add_dense"))
      multiply_and_add(call, order);
    else if (is(call, "scaled_dot_product_attention"))
      attend(call, order);
    else if (is_view(call))
      keep(call, reshaped(call, *order));
    else if (is(call, "transpose") && !is_flattened(*order))
      keep(call, transposed(call, *order));
    else if (reduction_of(call) && !is_flattened(*order))
      keep(call, reduced(call, *order));
    else
      keep(call, joined(call));
  }

  struct Trail {
    Value value;  // kept, so that its address stands for nothing else
    ImageOrder order;
  };

  // What is known of a value, or nothing for one that PyTorch has in the same order. An array of four axes is
  // an image.
  std::optional<ImageOrder> order_of(const Variable& x) const {
    if (const auto found = trails_.find(&x.value()); found != trails_.end())
      return found->second.order;
    return x.rank() == 4 ? std::optional{image_order()} : std::nullopt;
  }

  void keep(const Call& call, const ImageOrder& order) {
    if (matters(order, call.result()->shape()))
      trails_.insert_or_assign(&*call.result(), Trail{call.result(), order});
  }

  static void check_no_image(const Call& call) {
    const Shape& before = call.inputs[0]->shape();
    if (call.result()->dimension() == 4 && before.size() != 4)
      throw ValueError({"flattened_images", call.op.at},
                       text("the op ", call.op.name, " makes images (N, H, W, C) of ", before,
                            ", which PyTorch would make (N, C, H, W)"));
  }

  static ImageOrder reshaped(const Call& call, const ImageOrder& order) {
    const Shape &from = call.inputs[0]->shape(), &to = call.result()->shape();
    if (from == to) return order;
    if (is_flattened(order)) fail(call, "takes flattened images apart");
    if (to.size() != 2 || to[0] != 1) return regrouped(order, from, to);
    const std::optional<ImageOrder> flat = flattened(order, from);
    if (!flat) fail(call, "flattens images whose axes were changed");
    return *flat;
  }

  static ImageOrder transposed(const Call& call, const ImageOrder& order) {
    const Shape& shape = call.inputs[0]->shape();
    Axes axes = options_of<TransposeOptions>(call).axes;
    if (axes.empty())
      for (std::size_t i = shape.size(); i-- > 0;) axes.push_back(static_cast<std::ptrdiff_t>(i));
    ImageOrder result = order;
    for (std::size_t i = 0; i < axes.size(); ++i)
      result.axes[i] = order.axes[checked_axis(call.op, axes[i], shape)];
    return result;
  }

  static ImageOrder reduced(const Call& call, const ImageOrder& order) {
    const Shape& shape = call.inputs[0]->shape();
    const ReduceOptions options = *reduction_of(call);
    if (options.keep_dims) return order;
    std::vector<bool> gone(shape.size(), false);
    for (const std::ptrdiff_t axis : options.axes) gone[checked_axis(call.op, axis, shape)] = true;
    ImageOrder result = order;
    result.axes.clear();
    for (std::size_t i = 0; i < shape.size(); ++i)
      if (!gone[i]) result.axes.push_back(order.axes[i]);
    return result;
  }

  // Of an op that may keep each element where it is, or of one that has nothing to do with images.
  ImageOrder joined(const Call& call) const {
    const Shape& shape = call.result()->shape();
    const bool keeps = keeps_axes(call);
    ImageOrder result{std::vector(shape.size(), ImageAxis::none)};
    for (const Variable* const input : call.inputs) {
      const std::optional<ImageOrder> order = order_of(*input);
      if (!order) continue;
      if (is_flattened(*order)) check_whole(call, *input);
      if (!keeps) return shape.size() == 4 ? image_order() : unknown_order(shape.size());
      if (!join(result, *order, input->shape())) fail(call, "joins images of different axes");
    }
    // An axis of one element is what it was, so that a single channel is known to be one.
    const std::optional<ImageOrder> first = order_of(*call.inputs[0]);
    for (std::size_t i = 0; first && first->axes.size() == shape.size() && i < shape.size(); ++i)
      if (shape[i] == 1) result.axes[i] = first->axes[i];
    return result;
  }

  // A flattened image stays one where its elements meet numbers or other flattened images.
  void check_whole(const Call& call, const Variable& flat) const {
    if (flat.shape() != call.result()->shape() || goes_along(call))
      fail(call, "takes flattened images apart");
    for (const Variable* const input : call.inputs) {
      const std::optional<ImageOrder> order = order_of(*input);
      const bool same = order && is_flattened(*order) && input->shape() == flat.shape();
      if (!same && input->size() > 1) fail(call, "joins flattened images with what is none");
    }
  }

  // Of a product along the last axis of the first factor.
  void multiply(const Call& call, const std::optional<ImageOrder>& order) {
    const std::optional<ImageOrder> right = order_of(*call.inputs[1]);
    if (right && is_flattened(*right)) fail(call, "joins flattened images with what is none");
    if (exchanges_axes(call)) {
      if (order && is_flattened(*order)) fail(call, "takes flattened images apart");
      return keep(call, unknown_order(call.result()->dimension()));
    }
    if (order && order->axes.back() == ImageAxis::flattened) return read(call, order->channels);
    if (order && order->axes.back() == ImageAxis::unknown && call.inputs[0]->shape().back() > 1)
      fail(call, "reads axes of images that were joined");
    // Whether what it makes of each pixel is followed by the pixels or by the channels, nobody knows.
    ImageOrder result = order ? *order : unknown_order(call.result()->dimension());
    result.axes.resize(call.result()->dimension(), ImageAxis::unknown);
    result.axes.back() = ImageAxis::none;
    result.changed = true;
    keep(call, result);
  }

  // The last input is added to the product.
  void multiply_and_add(const Call& call, const std::optional<ImageOrder>& order) {
    const std::optional<ImageOrder> around = order_of(*call.inputs.back());
    if (around && is_flattened(*around)) fail(call, "joins flattened images with what is none");
    multiply(call, order);
    if (!around) return;
    const Shape& shape = call.result()->shape();
    const auto product = trails_.find(&*call.result());
    ImageOrder result = product != trails_.end()
                            ? product->second.order
                            : ImageOrder{std::vector(shape.size(), ImageAxis::none)};
    if (!join(result, *around, shape)) fail(call, "joins images of different axes");
    keep(call, result);
  }

  // Each step of the result is a mixture of steps, where that of the queries was.
  void attend(const Call& call, const std::optional<ImageOrder>& queries) {
    ImageOrder result = queries ? *queries : unknown_order(3);
    result.axes.back() = ImageAxis::none;
    keep(call, result);
  }

  void read(const Call& call, std::size_t channels) {
    const Array* const weight = &call.inputs[1]->value();
    const auto named = std::ranges::find_if(parameters_, [&](const NamedParameter& p) {
      return &*p.parameter->shared_value() == weight;
    });
    if (named == parameters_.end()) fail(call, "reads flattened images with what is no parameter");
    const auto [known, added] = found_.emplace(named->name, channels);
    if (!added && known->second != channels)
      throw ValueError({"flattened_images", call.op.at},
                       text(named->name, " reads flattened images of ", known->second, " and of ",
                            channels, " channels"));
  }

  const std::vector<NamedParameter>& parameters_;
  FlattenedImages& found_;
  std::map<const Array*, Trail> trails_;
};

}  // namespace

FlattenedImages find_flattened_images(const std::function<Variable(const Variable&)>& model,
                                      const std::vector<NamedParameter>& parameters,
                                      const Shape& sample) {
  Shape shape{1};
  shape.insert(shape.end(), sample.begin(), sample.end());
  FlattenedImages found;
  const Follower follower{parameters, found};
  Tape tape{Mode::eval};
  model(tape.input(zeros(shape)));
  return found;
}

}  // namespace xtape::inline XTAPE_ABI

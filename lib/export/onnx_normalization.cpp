// SPDX-License-Identifier: MIT
#include "export/onnx_call.hpp"

#include <xtape/ops/normalization.hpp>

namespace xtape::inline XTAPE_ABI::onnx {
namespace {

Attribute epsilon_of(double epsilon) { return {"epsilon", static_cast<float>(epsilon)}; }

constexpr const char* input_names[] = {"x", "gamma", "beta", "mean", "variance"};

// All inputs but x are constants.
void check_constants_but_x(Builder& b, const Call& call) {
  for (std::size_t i = 1; i < call.inputs.size(); ++i)
    check_constant(b, call, *call.inputs[i], input_names[i]);
}

void check_samples_apart(const Call& call) {
  if (call.result()->dimension() < 2) fail(call, "the op ", call.op.name, " goes over the batch");
}

std::string mean_of_last(Builder& b, const std::string& x) {
  return b.add("ReduceMean", {x}, {{"axes", Ints{-1}}, {"keepdims", std::int64_t{1}}});
}

// x / sqrt(mean(x^2) + epsilon), over the last axis.
std::string over_root_mean_square(Builder& b, const std::string& x, double epsilon) {
  const std::string square = mean_of_last(b, b.add("Mul", {x, x}));
  const std::string sum = b.add("Add", {square, b.constant(static_cast<Scalar>(epsilon))});
  return b.add("Div", {x, b.add("Sqrt", {sum})});
}

// The result of a call whose first inputs are x, gamma, beta, the mean and the variance, with what is added to it, if
// anything is.
void define_batch_norm(Builder& b, const Call& call, const Variable* around) {
  const std::size_t rank = call.result()->dimension();
  if (call.inputs.size() < 5)
    fail(call, "the op ", call.op.name, " takes the statistics of its batch");
  for (std::size_t i = 1; i < 5; ++i) check_constant(b, call, *call.inputs[i], input_names[i]);
  const auto& [epsilon, activation, statistics, peers] = options_of<BatchNormOptions>(call);
  const bool images = rank == 4;  // the operator has its channels behind the batch
  const Order order = images ? Order::channels_first : Order::same;
  std::vector<std::string> inputs{b.name(*call.inputs[0], order)};
  for (std::size_t i = 1; i < 5; ++i) inputs.push_back(b.name(*call.inputs[i]));
  std::string y;
  if (rank == 2 || images) {
    y = b.add("BatchNormalization", inputs, {epsilon_of(epsilon)});
  } else {
    static const Formula formula{
        [](Term x, Term gamma, Term beta, Term mean, Term variance, Term e) {
          return (x - mean) / sqrt(variance + e) * gamma + beta;
        }};
    const Scalar numbers[] = {static_cast<Scalar>(epsilon)};
    y = write(b, formula, inputs, numbers);
  }
  if (around != nullptr) y = b.add("Add", {b.name(*around, order), y});
  b.define(call.result(), order, activated(b, y, activation));
}

}  // namespace

void batch_norm(Builder& b, const Call& call) { define_batch_norm(b, call, nullptr); }
void add_batch_norm(Builder& b, const Call& call) {
  define_batch_norm(b, call, call.inputs.back());
}

void layer_norm(Builder& b, const Call& call) {
  check_samples_apart(call);
  check_constants_but_x(b, call);
  b.define(
      call.result(), Order::same,
      b.add("LayerNormalization", names(b, call, Order::same),
            {{"axis", std::int64_t{-1}}, epsilon_of(options_of<LayerNormOptions>(call).epsilon)}));
}

// The operator of that name is of a later opset.
void group_norm(Builder& b, const Call& call) {
  check_constants_but_x(b, call);
  const GroupNormOptions& o = options_of<GroupNormOptions>(call);
  const Variable& x = *call.inputs[0];
  const Order order = x.rank() == 4 ? Order::channels_first : Order::same;
  const bool moves = x.rank() != 2 && x.rank() != 4;
  std::string images = b.name(x, order);
  if (moves) images = with_channels_first(b, images, x.rank());
  const Ints rows{0, static_cast<std::int64_t>(o.groups), -1};
  const std::string groups = b.add("Reshape", {images, b.constant(rows)});
  const std::string centred = b.add("Sub", {groups, mean_of_last(b, groups)});
  const std::string normal = over_root_mean_square(b, centred, o.epsilon);
  Ints shape{0, static_cast<std::int64_t>(x.shape().back())};
  for (std::size_t i = 1; i + 1 < x.rank(); ++i)
    shape.push_back(static_cast<std::int64_t>(x.shape()[i]));
  std::string y = b.add("Reshape", {normal, b.constant(shape)});
  if (moves) y = with_channels_last(b, y, x.rank());
  y = b.add("Mul", {y, b.name(*call.inputs[1], order)});
  b.define(call.result(), order, b.add("Add", {y, b.name(*call.inputs[2], order)}));
}

void rms_norm(Builder& b, const Call& call) {
  check_samples_apart(call);
  check_constants_but_x(b, call);
  const std::string normal =
      over_root_mean_square(b, b.name(*call.inputs[0]), options_of<RMSNormOptions>(call).epsilon);
  b.define(call.result(), Order::same, b.add("Mul", {normal, b.name(*call.inputs[1])}));
}

}  // namespace xtape::inline XTAPE_ABI::onnx

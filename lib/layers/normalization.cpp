// SPDX-License-Identifier: MIT
#include <xtape/layers/normalization.hpp>

#include "ranges.hpp"

#include <xtape/layers/layer.hpp>
#include <xtape/ops/arithmetic.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

// A parameter per channel that starts at `value`. Throws ValueError for an option out of its range.
Parameter per_channel(const Op& op, std::size_t channels, double epsilon, Scalar value) {
  check_count(op, "channels", channels);
  check_positive(op, "epsilon", epsilon);
  return Parameter{full({channels}, value)};
}

Array to_array(const std::vector<double>& numbers) {
  Array all = uninitialized({numbers.size()});
  std::ranges::transform(numbers, all.data(), [](double x) { return static_cast<Scalar>(x); });
  return all;
}

// kept * running + share * batch
Array moved(const Array& running, const Array& batch, double kept, double share) {
  Array now = uninitialized(running.shape());
  for (std::size_t i = 0; i < now.size(); ++i)
    now.data()[i] = static_cast<Scalar>(kept * static_cast<double>(running.data()[i]) +
                                        share * static_cast<double>(batch.data()[i]));
  return now;
}

}  // namespace

BatchNorm::Options BatchNorm::keras(std::size_t channels, Activation activation) {
  return {.channels = channels, .activation = activation};
}
BatchNorm::Options BatchNorm::torch(std::size_t channels, Activation activation) {
  return {.channels = channels,
          .momentum = 0.9,
          .epsilon = 1e-5,
          .unbiased = true,
          .activation = activation};
}

BatchNorm::BatchNorm(const Options& o, Location at)
    : weight_{per_channel({"batch_norm", at}, o.channels, o.epsilon, 1)},
      bias_{zeros({o.channels})},
      mean_{zeros({o.channels})},
      variance_{full({o.channels}, 1)},
      options_{o} {
  check_fraction({"batch_norm", at}, "momentum", o.momentum);
}

Variable BatchNorm::operator()(const Variable& x, Location at) {
  return apply(nullptr, x, options_.activation, at);
}

Variable BatchNorm::add_to(const Variable& around, const Variable& x, Activation activation,
                           Location at) {
  if (options_.activation == Activation::none) return apply(&around, x, activation, at);
  return detail::added(around, (*this)(x, at), activation, at);
}

Variable BatchNorm::apply(const Variable* around, const Variable& x, Activation activation,
                          Location at) {
  const auto normalized = [&](const auto&... in) {
    return around != nullptr ? add_batch_norm(*around, x, in...) : batch_norm(x, in...);
  };
  Tape& tape = x.tape({"batch_norm", at});
  const Variable gamma = tape.parameter(weight_, at), beta = tape.parameter(bias_, at);
  BatchNormOptions options{.epsilon = options_.epsilon, .activation = activation};
  if (tape.mode() == Mode::eval)
    return normalized(gamma, beta, tape.input(mean_.value), tape.input(variance_.value), options,
                      at);
  BatchStatistics batch;
  options.statistics = &batch;
  options.peers = tape.peers();
  Variable y = normalized(gamma, beta, options, at);
  move(batch);
  return y;
}

void BatchNorm::move(const BatchStatistics& batch) {
  const auto count = static_cast<double>(batch.count);
  const double kept = options_.momentum, correction = options_.unbiased ? count / (count - 1) : 1;
  mean_.value = moved(*mean_.value, batch.mean, kept, 1 - kept);
  variance_.value = moved(*variance_.value, batch.variance, kept, (1 - kept) * correction);
}

void BatchNorm::parameters(ParameterList& list) {
  list("weight", weight_);
  list("bias", bias_);
  list("running_mean", mean_);
  list("running_var", variance_);
}

Normalization::Normalization(const Options& o, Location at)
    : mean_{to_array(o.mean)}, deviation_{to_array(o.deviation)}, invert_{o.invert} {
  check_statistics({"normalization", at}, o.mean, o.deviation);
}

Variable Normalization::operator()(const Variable& x, Location at) const {
  const Op op{"normalization", at};
  Tape& tape = x.tape(op);
  const std::size_t channels = mean_.value->size();
  if (x.shape().empty() || x.shape().back() != channels)
    throw ShapeError(op, text("expected (..., ", channels, "), got ", x.shape()));
  const Variable mean = tape.input(mean_.value), deviation = tape.input(deviation_.value);
  return invert_ ? add(mul({x, at}, {deviation, at}), {mean, at})
                 : div(sub({x, at}, {mean, at}), {deviation, at});
}

void Normalization::parameters(ParameterList& list) {
  list("mean", mean_);
  list("deviation", deviation_);
}

LayerNorm::LayerNorm(const Options& o, Location at)
    : weight_{per_channel({"layer_norm", at}, o.channels, o.epsilon, 1)},
      bias_{zeros({o.channels})},
      options_{.epsilon = o.epsilon} {}

Variable LayerNorm::operator()(const Variable& x, Location at) {
  Tape& tape = x.tape({"layer_norm", at});
  return layer_norm(x, tape.parameter(weight_, at), tape.parameter(bias_, at), options_, at);
}

void LayerNorm::parameters(ParameterList& list) {
  list("weight", weight_);
  list("bias", bias_);
}

GroupNorm::GroupNorm(const Options& o, Location at)
    : weight_{per_channel({"group_norm", at}, o.channels, o.epsilon, 1)},
      bias_{zeros({o.channels})},
      options_{.groups = o.groups, .epsilon = o.epsilon} {
  const Op op{"group_norm", at};
  check_count(op, "groups", o.groups);
  if (o.channels % o.groups != 0)
    throw ValueError(
        op, text("expected groups that divide the ", o.channels, " channels, got ", o.groups));
}

Variable GroupNorm::operator()(const Variable& x, Location at) {
  Tape& tape = x.tape({"group_norm", at});
  return group_norm(x, tape.parameter(weight_, at), tape.parameter(bias_, at), options_, at);
}

void GroupNorm::parameters(ParameterList& list) {
  list("weight", weight_);
  list("bias", bias_);
}

RMSNorm::RMSNorm(const Options& o, Location at)
    : weight_{per_channel({"rms_norm", at}, o.channels, o.epsilon, 1)},
      options_{.epsilon = o.epsilon} {}

Variable RMSNorm::operator()(const Variable& x, Location at) {
  return rms_norm(x, x.tape({"rms_norm", at}).parameter(weight_, at), options_, at);
}

void RMSNorm::parameters(ParameterList& list) { list("weight", weight_); }

}  // namespace xtape::inline XTAPE_ABI

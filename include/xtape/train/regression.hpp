// SPDX-License-Identifier: MIT
/// \file
/// Numbers to be predicted: the tasks and their metrics.
#pragma once

#include <xtape/ops/loss.hpp>
#include <xtape/train/task.hpp>

#include <functional>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The mean of |output - target|, over all numbers of a sample and over the samples.
Metric mean_absolute_error(const MetricOptions& options = {});
/// The square root of the mean of (output - target)^2.
Metric root_mean_squared_error(const MetricOptions& options = {});

/// A loss of numbers, such as `mse` and `mae`. One with options of its own is called by a function:
/// ```
/// const auto robust = [](const Variable& y, const Target& t, const LossOptions& o, Location at) {
///   return huber_loss(y, t, {.delta = 0.5, .reduction = o.reduction, .weights = o.weights}, at);
/// };
/// fit(regression(net, {.loss = robust}), train, test, {}, rng, adam);
/// ```
using RegressionLoss = std::function<Variable(const Variable& output, const Target& target,
                                              const LossOptions& options, Location at)>;

/// Options of regression.
struct RegressionOptions {
  std::vector<Metric> metrics = {mean_absolute_error()};  ///< what is measured beside the loss
  RegressionLoss loss = mse;                              ///< of output and target
};

/// See `regression` for a model, which calls this.
Task regression_task(detail::Forward model, std::vector<NamedArray> arrays,
                     RegressionOptions options, Location at);

/// Trains a model to predict numbers, for an output of the shape of the target. With weights of samples the loss is the
/// mean of w_i l_i over the samples, as in Keras: weights of the mean 1 leave the size of the gradient as it is. Metrics
/// do not see the weights.
template <class Model>
Task regression(Model& model, RegressionOptions options = {}, Location at = Location::current()) {
  return regression_task(detail::forward_of(model), detail::arrays_of(model), std::move(options),
                         at);
}

/// See `autoencoder` for a model, which calls this.
Task autoencoder_task(detail::Forward model, std::vector<NamedArray> arrays, Location at);

/// Trains a model to give back its input: the loss is `mse` between output and input, which have the same shape.
/// Targets, if there are any, are not looked at. Weights of samples count as in `regression`.
template <class Model>
Task autoencoder(Model& model, Location at = Location::current()) {
  return autoencoder_task(detail::forward_of(model), detail::arrays_of(model), at);
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

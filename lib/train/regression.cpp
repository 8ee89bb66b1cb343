// SPDX-License-Identifier: MIT
#include <xtape/train/regression.hpp>

#include "text.hpp"
#include "train/outputs.hpp"

#include <xtape/ops/arithmetic.hpp>

#include <cmath>
#include <numeric>

namespace xtape::inline XTAPE_ABI {
namespace {

// The loss, of which the mean is over the number of samples, whatever their weights add up to.
Variable mean_loss(const RegressionLoss& loss, const Variable& prediction,
                   const data::Column& target, const PooledVector<Scalar>& weights, Location at) {
  const Variable mean = loss(prediction, target, {.weights = weights}, at);
  if (weights.empty()) return mean;
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  return mul({mean, at}, {sum / static_cast<double>(weights.size()), at});
}

// A metric of the differences between output and target. What `term` makes of each is averaged over a sample.
Metric of_differences(const char* name, const MetricOptions& options, double (*term)(double),
                      double (*finish)(double)) {
  const auto sum = [options, term](const StepResult& step, const data::Batch& batch) {
    const Array& output = output_of(step, options);
    const Array& target = target_of(batch, options).array();
    if (output.shape() != target.shape() || output.dimension() == 0)
      throw ShapeError(Op::nowhere("metric"), text("expected an output of the target's shape ",
                                                   target.shape(), ", got ", output.shape()));
    double total = 0;
    for (std::size_t i = 0; i < output.size(); ++i)
      total += term(static_cast<double>(output.data()[i]) - static_cast<double>(target.data()[i]));
    const auto numbers_of_sample = static_cast<double>(output.size() / output.shape()[0]);
    return total / numbers_of_sample;
  };
  return {
      .name = options.name.empty() ? name : options.name, .sum = sum, .least = 0, .finish = finish};
}

}  // namespace

Metric mean_absolute_error(const MetricOptions& options) {
  return of_differences(
      "mean_absolute_error", options, [](double d) { return std::abs(d); }, nullptr);
}

Metric root_mean_squared_error(const MetricOptions& options) {
  return of_differences(
      "root_mean_squared_error", options, [](double d) { return d * d; },
      [](double mean) { return std::sqrt(mean); });
}

Task regression_task(detail::Forward model, std::vector<NamedArray> arrays,
                     RegressionOptions options, Location at) {
  const auto loss = [of = std::move(options.loss), at](const Variable& output,
                                                       const data::Batch& batch) {
    return mean_loss(of, output, batch.target(at), batch.weights, at);
  };
  return supervised_task(std::move(model), std::move(arrays), loss, std::move(options.metrics), at);
}

Task autoencoder_task(detail::Forward model, std::vector<NamedArray> arrays, Location at) {
  const auto loss = [at](const Variable& output, const data::Batch& batch) {
    return mean_loss(mse, output, batch.input(at), batch.weights, at);
  };
  return supervised_task(std::move(model), std::move(arrays), loss, {}, at);
}

}  // namespace xtape::inline XTAPE_ABI

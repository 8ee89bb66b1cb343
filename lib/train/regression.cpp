// SPDX-License-Identifier: MIT
#include <xtape/train/regression.hpp>

#include "text.hpp"
#include "train/outputs.hpp"

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/loss.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/unary.hpp>

#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

// The mean of w (prediction - target)^2, w being of the sample.
Variable squared_error(const Variable& prediction, const Array& target,
                       const PooledVector<Scalar>& weights, Location at) {
  if (weights.empty() || prediction.shape() != target.shape() || target.size() == 0)
    return mse(prediction, target, at);  // or its error
  Shape rows(prediction.rank(), 1);
  rows[0] = weights.size();
  Array w = uninitialized(rows);
  std::copy(weights.begin(), weights.end(), w.data());
  Tape& tape = prediction.tape(at);
  return mean(square(prediction - tape.input(target)) * tape.input(std::move(w)));
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
  const auto loss = [at](const Variable& output, const data::Batch& batch) {
    return squared_error(output, batch.target(at).array(), batch.weights, at);
  };
  return supervised_task(std::move(model), std::move(arrays), loss, std::move(options.metrics), at);
}

Task autoencoder_task(detail::Forward model, std::vector<NamedArray> arrays, Location at) {
  const auto loss = [at](const Variable& output, const data::Batch& batch) {
    return squared_error(output, batch.input(at).array(), batch.weights, at);
  };
  return supervised_task(std::move(model), std::move(arrays), loss, {}, at);
}

}  // namespace xtape::inline XTAPE_ABI

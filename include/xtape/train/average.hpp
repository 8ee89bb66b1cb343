// SPDX-License-Identifier: MIT
/// \file
/// Averages of the weights over a training.
#pragma once

#include <xtape/visitor.hpp>

#include <cstdint>
#include <span>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Options of WeightAverage.
struct WeightAverageOptions {
  double decay = 0.999;  ///< how much of the average a step keeps, in [0, 1)
  bool warmup = false;   ///< keeps less in the first steps: no more than (1 + t) / (10 + t)
};

/// The exponential moving average of the weights, which often does better in a test than the weights
/// themselves (Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992). It is a
/// visitor that runs after the optimizer and changes nothing in the model:
/// ```
/// Adam adam;
/// WeightAverage average{{.decay = 0.999}};
/// fit(net, train, test, {}, rng, adam, average);
/// {
///   auto averaged = average.applied(net);  // until the end of the scope
///   std::cout << evaluate(net, test)["accuracy"] << '\n';
///   save("average.safetensors", net);
/// }
/// ```
/// In step t, with the weights w after the optimizer's step:
/// ```
/// average = w                                          at the first visit of a parameter
/// average = d * average + (1 - d) * w                  else, as average += (1 - d) * (w - average)
/// d = decay, or min(decay, (1 + t) / (10 + t)) with a warm-up
/// ```
/// as tf.train.ExponentialMovingAverage with `num_updates` t, which begins at the weights before the first
/// step. An average looks back over some 1 / (1 - decay) steps. It stays with a parameter that is moved, and goes
/// after it, as a PerParameter says. It costs one pass over memory, and no step after the first allocates. Buffers
/// are no weights: they stay those of the training.
class WeightAverage : public Visitor {
 public:
  class Applied;

  WeightAverage() : WeightAverage{WeightAverageOptions{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit WeightAverage(const WeightAverageOptions& options, Location at = Location::current());

  const char* name() const noexcept override { return "weight_average"; }
  /// The average is read and written, the value is read.
  std::size_t bytes_per_element() const noexcept override { return 3 * sizeof(Scalar); }
  /// Begins the next step. Throws ValueError while the averages are in a model.
  void begin(std::span<Parameter* const> parameters) override;
  /// Adds the value to its average. Throws ShapeError if that has another shape.
  void visit(Parameter& parameter) override;
  /// Lists the steps, and for each parameter of the list its average and the number of its visits, as
  /// `0.weight.average` and `0.weight.visits`. Throws ValueError while the averages are in a model.
  void state(StateList& list) override;

  /// Passes so far.
  std::uint64_t steps() const noexcept { return steps_; }
  /// The average of a parameter, and its value if it was never visited.
  const Array& average(const Parameter& parameter) const;

  /// Puts the averages in the place of the weights, until what is returned is destroyed: nothing may train
  /// the model meanwhile, and no tape that has used it may be alive. Parameters without an average keep
  /// their values. No element is copied. Throws ValueError while the averages are in a model, and ShapeError
  /// if one has another shape than its parameter.
  template <class Model>
  [[nodiscard]] Applied applied(Model& net, Location at = Location::current());

 private:
  void check_not_applied(const Op& op) const;

  WeightAverageOptions options_;
  std::uint64_t steps_ = 0;
  bool applied_ = false;
  struct Average {
    Array array;
    std::uint64_t visits = 0;  // 0: it stands for nothing yet
  };
  PerParameter<Average> averages_;
};

/// Averages in the place of the weights, for as long as it lives. The model and the WeightAverage must
/// outlive it, and the model stay where it is.
class WeightAverage::Applied {
 public:
  /// See WeightAverage::applied.
  Applied(WeightAverage& average, std::vector<Parameter*> parameters, Location at);
  ~Applied();  ///< Puts the weights back.
  Applied(const Applied&) = delete;
  Applied& operator=(const Applied&) = delete;

 private:
  void swap() noexcept;

  WeightAverage& average_;
  std::vector<Parameter*> parameters_;  // those with an average
};

template <class Model>
WeightAverage::Applied WeightAverage::applied(Model& net, Location at) {
  return Applied{*this, unique_parameters(net), at};
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

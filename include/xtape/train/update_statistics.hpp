// SPDX-License-Identifier: MIT
/// \file
/// What an optimizer does to each parameter, over a training.
#pragma once

#include <xtape/visitor.hpp>

#include <cstdint>
#include <span>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Options of UpdateStatistics.
struct UpdateStatisticsOptions {
  std::uint64_t every = 100;  ///< steps from one sample to the next, at least 1
};

/// A visitor that passes everything on to another, such as an optimizer, and in some steps records how large
/// each parameter's gradient is, and how far the other visitor moves the parameter:
/// ```
/// Adam adam;
/// UpdateStatistics statistics{adam, {.every = 100}};
/// fit(net, train, test, {}, rng, statistics);
/// for (const auto& sample : statistics.samples())
///   std::cout << sample.step << ' ' << sample.update_ratios[0] << '\n';  // of the first parameter
/// ```
/// With the norm ||x|| = sqrt(sum of x^2), the gradient g and the value w before the visit and w' after it:
/// ```
/// gradient norm = ||g||;  update ratio = ||w' - w|| / ||w||    0 / 0 is 0, and x / 0 is infinite
/// ```
/// A ratio around 1e-3 is usual; one far below says that the parameter hardly learns, one far above that it
/// does not stay near what it has learnt. Norms are taken in double, in an order that does not depend on the
/// number of threads. A step without a sample costs no more than the calls.
class UpdateStatistics : public Visitor {
 public:
  /// What was measured in one step, with a number per parameter in the order of the pass.
  struct Sample {
    std::uint64_t step;                  ///< from 1
    std::vector<double> gradient_norms;  ///< ||g||, as the visitor gets it
    std::vector<double> update_ratios;   ///< ||w' - w|| / ||w||
  };

  /// Passes on to `inner`, which must outlive it. Throws ValueError for an option out of its range.
  explicit UpdateStatistics(Visitor& inner, const UpdateStatisticsOptions& options = {},
                            Location at = Location::current());

  /// The other visitor's.
  const char* name() const noexcept override { return inner_.name(); }
  /// The other visitor's.
  std::size_t bytes_per_element() const noexcept override { return inner_.bytes_per_element(); }
  /// The other visitor's.
  std::span<Parameter* const> select(std::span<Parameter* const> parameters) override {
    return inner_.select(parameters);
  }
  void begin(std::span<Parameter* const> parameters) override;
  void visit(Parameter& parameter) override;
  void end() override { inner_.end(); }
  bool complete() const noexcept override { return inner_.complete(); }
  void ready(Parameter& parameter) override { inner_.ready(parameter); }
  /// Lists what the other visitor lists, under its name, and the samples, so that a training that is resumed
  /// has the whole series.
  void state(StateList& list) override;

  /// What was measured in step 1, 1 + every, 1 + 2 * every, ...
  std::vector<Sample> samples() const;
  /// The ids of the parameters in the order of the last sample; empty if this process took none.
  std::span<const std::uint64_t> parameters() const noexcept { return ids_; }

 private:
  Visitor& inner_;
  std::uint64_t every_, steps_ = 0;
  bool sampling_ = false;  // in the step at hand
  std::vector<std::uint64_t> ids_;
  // As a checkpoint can keep them: a row for each parameter in each sample.
  std::vector<double> sampled_steps_, gradient_norms_, update_ratios_;
  PooledVector<Scalar> before_;           // the parameter's value before the visit
  PooledVector<long double> slice_sums_;  // of squares
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

// SPDX-License-Identifier: MIT
#include <xtape/train/update_statistics.hpp>

#include "kernels/kernels.hpp"
#include "kernels/parallel.hpp"
#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace xtape::inline XTAPE_ABI {
namespace {

constexpr std::size_t grain = kernels::elementwise_grain;

// The norm of so many elements, of which slice(begin, end) points to the first of some of them.
template <class Slice>
double norm(std::size_t size, PooledVector<double>& slice_sums, Slice slice) {
  slice_sums.resize((size + grain - 1) / grain);
  kernels::parallel_ranges(size, grain, [&](std::size_t begin, std::size_t end) {
    slice_sums[begin / grain] = kernels::table().sum_of_squares(slice(begin, end), end - begin);
  });
  return std::sqrt(std::accumulate(slice_sums.begin(), slice_sums.end(), 0.0));
}

}  // namespace

UpdateStatistics::UpdateStatistics(Visitor& inner, const UpdateStatisticsOptions& options,
                                   Location at)
    : inner_{inner}, every_{options.every} {
  if (every_ == 0) throw ValueError({"update_statistics", at}, "every must be at least 1, got 0");
}

void UpdateStatistics::begin(std::span<Parameter* const> parameters) {
  inner_.begin(parameters);
  sampling_ = steps_++ % every_ == 0;
  if (sampling_) ids_.clear();
}

void UpdateStatistics::visit(Parameter& parameter) {
  if (!sampling_) return inner_.visit(parameter);
  const std::size_t size = parameter.size();
  if (before_.size() < size) before_.resize(size);
  const Array& g = parameter.grad();
  const double gradient =
      norm(g.size(), slice_sums_, [&](std::size_t begin, std::size_t) { return g.data() + begin; });
  const double value = norm(size, slice_sums_, [&](std::size_t begin, std::size_t end) {
    const Scalar* const w = parameter.value().data();
    std::copy(w + begin, w + end, before_.data() + begin);
    return w + begin;
  });
  inner_.visit(parameter);
  const double change = norm(size, slice_sums_, [&](std::size_t begin, std::size_t end) {
    const Scalar* const w = parameter.value().data();
    for (std::size_t i = begin; i < end; ++i) before_[i] = w[i] - before_[i];
    return before_.data() + begin;
  });
  ids_.push_back(parameter.id());
  sampled_steps_.push_back(static_cast<double>(steps_));
  gradient_norms_.push_back(gradient);
  update_ratios_.push_back(change == 0 ? 0 : change / value);
}

void UpdateStatistics::state(StateList& list) {
  list(inner_.name(), inner_);
  list("steps", steps_);
  list("sampled_steps", sampled_steps_);
  list("gradient_norms", gradient_norms_);
  list("update_ratios", update_ratios_);
}

std::vector<UpdateStatistics::Sample> UpdateStatistics::samples() const {
  std::vector<Sample> all;
  const std::size_t rows =
      std::min({sampled_steps_.size(), gradient_norms_.size(), update_ratios_.size()});
  for (std::size_t row = 0; row < rows; ++row) {
    const auto step = static_cast<std::uint64_t>(sampled_steps_[row]);
    if (all.empty() || all.back().step != step) all.push_back({step, {}, {}});
    all.back().gradient_norms.push_back(gradient_norms_[row]);
    all.back().update_ratios.push_back(update_ratios_[row]);
  }
  return all;
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include <xtape/train/update_statistics.hpp>

#include "kernels/norm.hpp"
#include "ranges.hpp"

#include <algorithm>
#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

// The norm of one array, whose slices are first made by prepare(begin, end).
template <class Prepare>
double norm(kernels::SliceSums& sums, const Scalar* x, std::size_t size, Prepare prepare) {
  sums.clear();
  kernels::add_squares(sums, x, size, prepare);
  return static_cast<double>(kernels::norm(sums));
}

}  // namespace

UpdateStatistics::UpdateStatistics(Visitor& inner, const UpdateStatisticsOptions& options,
                                   Location at)
    : inner_{inner}, every_{options.every} {
  check_count({"update_statistics", at}, "every", every_);
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
  Scalar* const before = before_.data();
  const Array& g = parameter.grad();
  const double gradient = norm(slice_sums_, g.data(), g.size(), [](std::size_t, std::size_t) {});
  const Scalar* w = parameter.value().data();
  const double value = norm(slice_sums_, w, size, [=](std::size_t begin, std::size_t end) {
    std::copy(w + begin, w + end, before + begin);
  });
  inner_.visit(parameter);
  w = parameter.value().data();
  const double change = norm(slice_sums_, before, size, [=](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) before[i] = w[i] - before[i];
  });
  ids_.push_back(parameter.id());
  sampled_steps_.push_back(static_cast<double>(steps_));
  gradient_norms_.push_back(gradient);
  update_ratios_.push_back(change == 0 ? 0 : change / value);
}

void UpdateStatistics::state(StateList& list) {
  list(inner_.name(), inner_);
  list("steps", steps_, StateList::most_steps);
  list("sampled_steps", sampled_steps_);
  list("gradient_norms", gradient_norms_);
  list("update_ratios", update_ratios_);
  list.check([this]() -> std::string {
    const std::size_t rows = sampled_steps_.size();
    if (gradient_norms_.size() != rows || update_ratios_.size() != rows)
      return "the columns of the samples differ in length";
    for (const double step : sampled_steps_)
      if (!(step >= 1 && step <= static_cast<double>(steps_) && step == std::trunc(step)))
        return text("sampled_steps has ", step, ", of ", steps_, " steps");
    return {};
  });
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

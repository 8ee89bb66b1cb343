// SPDX-License-Identifier: MIT
#include <xtape/optim/clip.hpp>

#include "kernels/kernels.hpp"
#include "kernels/parallel.hpp"
#include "text.hpp"

#include <cmath>
#include <limits>
#include <numeric>

namespace xtape::inline XTAPE_ABI {
namespace {

void check_limit(const Op& op, const char* option, double limit) {
  if (!(limit > 0)) throw ValueError(op, text(option, " must be above 0, got ", limit));
}

}  // namespace

ClipNorm::ClipNorm(double max_norm, Location at) : max_norm_{max_norm} {
  check_limit({"clip_norm", at}, "max_norm", max_norm);
}

void ClipNorm::begin(std::span<Parameter* const> parameters) {
  constexpr std::size_t grain = kernels::elementwise_grain;
  slice_sums_.clear();
  for (Parameter* parameter : parameters) {
    const Scalar* const g = parameter->grad().data();
    const std::size_t size = parameter->grad().size();
    const std::size_t first = slice_sums_.size();
    slice_sums_.resize(first + (size + grain - 1) / grain);
    kernels::parallel_ranges(size, grain, [&](std::size_t begin, std::size_t end) {
      slice_sums_[first + begin / grain] = kernels::table().sum_of_squares(g + begin, end - begin);
    });
  }
  norm_ = std::sqrt(std::accumulate(slice_sums_.begin(), slice_sums_.end(), 0.0));
  factor_ = norm_ > max_norm_ ? max_norm_ / norm_ : 1;
  if (!std::isfinite(norm_) && std::isfinite(max_norm_))
    factor_ = std::numeric_limits<double>::quiet_NaN();
}

void ClipNorm::visit(Parameter& parameter) {
  if (factor_ == 1) return;
  Array& g = parameter.grad();
  kernels::table().scale(g.data(), g.size(), static_cast<Scalar>(factor_));
}

ClipValue::ClipValue(double limit, Location at) : limit_{limit} {
  check_limit({"clip_value", at}, "limit", limit);
}

void ClipValue::visit(Parameter& parameter) {
  Array& g = parameter.grad();
  kernels::table().clamp(g.data(), g.size(), static_cast<Scalar>(limit_));
}

}  // namespace xtape::inline XTAPE_ABI

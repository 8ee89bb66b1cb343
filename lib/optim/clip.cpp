// SPDX-License-Identifier: MIT
#include <xtape/optim/clip.hpp>

#include "kernels/norm.hpp"
#include "ranges.hpp"

#include <cmath>
#include <limits>

namespace xtape::inline XTAPE_ABI {
namespace {

void check_limit(const Op& op, const char* option, double limit) {
  check_option(op, option, limit, limit > 0, "above 0");
}

}  // namespace

ClipNorm::ClipNorm(double max_norm, Location at) : max_norm_{max_norm} {
  check_limit({"clip_norm", at}, "max_norm", max_norm);
}

void ClipNorm::begin(std::span<Parameter* const> parameters) {
  slice_sums_.clear();
  for (Parameter* parameter : parameters) {
    const Array& g = parameter->grad();
    kernels::add_squares(slice_sums_, g.data(), g.size(), [](std::size_t, std::size_t) {});
  }
  const long double norm = kernels::norm(slice_sums_);
  norm_ = static_cast<double>(norm);
  factor_ = norm > max_norm_ ? max_norm_ / norm : 1;
  if (!std::isfinite(norm) && std::isfinite(max_norm_))
    factor_ = std::numeric_limits<long double>::quiet_NaN();
}

void ClipNorm::visit(Parameter& parameter) {
  if (factor_ == 1) return;
  Array& g = parameter.grad();
  const auto scale = [&g](long double factor) {
    kernels::best<kernels::OptimKernels>().scale(g.data(), g.size(), static_cast<Scalar>(factor));
  };
  // A factor below the smallest normal number would count as zero: two take its place.
  constexpr long double least = std::numeric_limits<Scalar>::min();
  if (factor_ < least) scale(least);
  scale(factor_ < least ? factor_ / least : factor_);
}

ClipValue::ClipValue(double limit, Location at) : limit_{limit} {
  check_limit({"clip_value", at}, "limit", limit);
}

void ClipValue::visit(Parameter& parameter) {
  Array& g = parameter.grad();
  kernels::best<kernels::OptimKernels>().clamp(g.data(), g.size(), static_cast<Scalar>(limit_));
}

}  // namespace xtape::inline XTAPE_ABI

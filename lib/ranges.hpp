// SPDX-License-Identifier: MIT
// What numbers an option may be. All checks throw ValueError in the same words:
// `[op] <option> must be <range>, got <value>`.
#pragma once

#include "text.hpp"

#include <xtape/error.hpp>

#include <cmath>
#include <concepts>
#include <span>
#include <string_view>

namespace xtape::inline XTAPE_ABI {

/// Throws unless the value is in a range, which `range` tells.
template <class Number>
void check_option(const Op& op, std::string_view option, Number value, bool in_range,
                  std::string_view range) {
  if (!in_range) throw ValueError(op, text(option, " must be ", range, ", got ", value));
}

inline void check_positive(const Op& op, std::string_view option, double value) {
  check_option(op, option, value, value > 0 && std::isfinite(value), "finite and above 0");
}
inline void check_not_negative(const Op& op, std::string_view option, double value) {
  check_option(op, option, value, value >= 0 && std::isfinite(value), "finite and at least 0");
}
/// For a part of a whole that is never all of it, such as what an average keeps.
inline void check_fraction(const Op& op, std::string_view option, double value) {
  check_option(op, option, value, value >= 0 && value < 1, "in [0, 1)");
}
/// For a part of a whole.
inline void check_share(const Op& op, std::string_view option, double value) {
  check_option(op, option, value, value >= 0 && value <= 1, "in [0, 1]");
}
/// For a number of things.
template <std::integral Count>
void check_count(const Op& op, std::string_view option, Count value) {
  check_option(op, option, value, value >= 1, "at least 1");
}

/// For what brings channels to mean 0 and deviation 1.
inline void check_statistics(const Op& op, std::span<const double> mean,
                             std::span<const double> deviation) {
  if (mean.size() != deviation.size() || mean.empty())
    throw ValueError(op, text("expected a mean and a deviation for each channel, got ", mean.size(),
                              " and ", deviation.size()));
  for (const double each : mean)
    check_option(op, "mean", each, std::isfinite(static_cast<Scalar>(each)), "finite");
  for (std::size_t c = 0; c < deviation.size(); ++c) {
    const auto each = static_cast<Scalar>(deviation[c]);
    if (!(each > 0) || !std::isfinite(each))
      throw ValueError(
          op,
          text("the deviation of channel ", c, " must be finite and above 0, got ", deviation[c]),
          each == 0 ? "do all samples have the same? leave it out, or say 1" : "");
  }
}

/// For a size that is no negative number by mistake.
inline void check_size(const Op& op, std::string_view option, std::size_t value) {
  check_option(op, option, value, value <= std::size_t{1} << 31, "at most 2^31");
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include "scale.hpp"

#include "html.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace report {
namespace {

constexpr double many_times = 8;
// Around the outermost values on a scale that does not end at ticks, in its length.
constexpr double margin = 0.04;
// Beyond these, sums and quotients of numbers could overflow: such a number stands at the end of the axis.
constexpr double largest = 1e150, smallest = 1e-150;

std::vector<double> finite(std::span<const double> values) {
  std::vector<double> result;
  std::ranges::copy_if(values, std::back_inserter(result),
                       [](double x) { return std::isfinite(x); });
  return result;
}

double transform(Scale::Kind kind, double x) {
  switch (kind) {
    case Scale::Kind::logarithmic: return std::log10(x);
    case Scale::Kind::error: return -std::log10(1 - x);
    case Scale::Kind::linear: break;
  }
  return x;
}

// The smallest of 1, 2 and 5 times a power of ten that divides `length` into at most `most` parts.
double nice_step(double length, int most) {
  const double least = length / most;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (double factor : {1, 2, 5})
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

// The exponent of the power of ten that labels up to `greatest` have in common; 0 if they need none.
int common_exponent(double greatest) {
  const int exponent = static_cast<int>(std::floor(std::log10(greatest) + 1e-9));
  return exponent < -4 || exponent > 5 ? exponent : 0;
}

// A range that ticks can tell apart, for one of a few units in the last place or of none.
void widen(double& low, double& high) {
  const double magnitude = std::max(std::abs(low), std::abs(high));
  if (high - low > std::max(1e-9 * magnitude, smallest)) return;
  const double half = magnitude < smallest ? 0.5 : magnitude / 10;
  low -= half;
  high += half;
}

// Ticks whose labels are `factor` times their values, with as many decimals as the step needs.
Scale even_scale(double low, double high, int most, double factor) {
  low = std::clamp(low, -largest, largest);
  high = std::clamp(high, -largest, largest);
  widen(low, high);
  const double step = nice_step(high - low, most);
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  Scale scale{.low = first * step, .high = last * step};
  const int exponent =
      common_exponent(factor * std::max(std::abs(scale.low), std::abs(scale.high)));
  const double unit = std::pow(10, exponent);
  const double decimals = -std::floor(std::log10(step * factor / unit) + 1e-9);
  const std::string power = exponent == 0 ? "" : "·" + power_of_ten(exponent);
  const int count = static_cast<int>(last - first);
  for (int i = 0; i <= count; ++i) {
    const double value = (first + i) * step;
    const std::string digits =
        fixed(value * factor / unit, std::max(0, static_cast<int>(decimals)));
    scale.ticks.push_back({value, value == 0 && exponent != 0 ? "0" : digits + power});
  }
  return scale;
}

// 1, 2 and 5 times the powers of ten within the range; over several decades, some of the powers alone.
std::vector<double> logarithmic_ticks(double low, double high) {
  const double decades = std::log10(high) - std::log10(low);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / 6)));
  const int first = static_cast<int>(std::floor(std::log10(low) / stride)) * stride;
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  std::vector<double> ticks;
  for (int exponent = first; exponent <= last; exponent += stride)
    for (double factor : {1, 2, 5}) {
      const double tick = factor * std::pow(10, exponent);
      if (tick >= low && tick <= high && (factor == 1 || decades < 2.4)) ticks.push_back(tick);
    }
  return ticks;
}

}  // namespace

double Scale::at(double value) const {
  const double place = (transform(kind, value) - transform(kind, low)) /
                       (transform(kind, high) - transform(kind, low));
  return std::isfinite(place) ? std::clamp(place, 0.0, 1.0)
                              : std::numeric_limits<double>::quiet_NaN();
}

Scale linear_scale(std::span<const double> all) {
  const std::vector<double> values = finite(all);
  if (values.empty()) return even_scale(0, 1, 5, 1);
  const auto [low, high] = std::ranges::minmax(values);
  return even_scale(low, high, 5, 1);
}

Scale positive_scale(std::span<const double> all) {
  const std::vector<double> values = finite(all);
  if (values.empty()) return linear_scale(all);
  const auto [low, high] = std::ranges::minmax(values);
  const double least = std::max(low, smallest), most = std::min(high, largest);
  if (!(low > 0) || most < many_times * least) return linear_scale(all);
  const double around = std::pow(most / least, margin);
  Scale scale{.kind = Scale::Kind::logarithmic, .low = least / around, .high = most * around};
  for (double tick : logarithmic_ticks(scale.low, scale.high))
    scale.ticks.push_back({tick, tick_label(tick)});
  return scale;
}

Scale share_scale(std::span<const double> all) {
  const std::vector<double> values = finite(all);
  if (values.empty()) return even_scale(0, 1, 5, 100);
  const auto [low, high] = std::ranges::minmax(values);
  const double most = 1 - low, least = 1 - high;
  if (!(least > 0) || most < many_times * least || most > 1) {
    Scale scale = even_scale(low, high, 5, 100);
    if (high <= 1) scale.high = std::min(scale.high, 1.0);
    if (low >= 0) scale.low = std::max(scale.low, 0.0);
    std::erase_if(scale.ticks, [&](const Tick& tick) {
      return tick.value > scale.high + 1e-9 || tick.value < scale.low - 1e-9;
    });
    return scale;
  }
  const double around = std::pow(most / least, margin);
  Scale scale{.kind = Scale::Kind::error,
              .low = 1 - std::min(1.0, most * around),
              .high = 1 - least / around};
  for (double error : logarithmic_ticks(1 - scale.high, 1 - scale.low))
    scale.ticks.insert(scale.ticks.begin(), {1 - error, tick_label(100 * (1 - error))});
  return scale;
}

Scale count_scale(std::size_t last) {
  const auto end = static_cast<double>(last);
  if (last < 2) return {.low = 0.5, .high = 1.5, .ticks = {{1, "1"}}};
  const double step = std::max(1.0, nice_step(end, 6));
  Scale scale{.low = 1, .high = end, .ticks = {{1, "1"}}};
  for (double tick = step; tick <= end; tick += step)
    if (tick > 1) scale.ticks.push_back({tick, grouped(tick)});
  return scale;
}

}  // namespace report

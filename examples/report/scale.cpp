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

// Ticks of `factor` times a label, as many decimals as the step needs.
Scale even_scale(double low, double high, int most, double factor) {
  if (low == high) {
    const double half = low == 0 ? 0.5 : std::abs(low) / 10;
    low -= half;
    high += half;
  }
  const double step = nice_step(high - low, most);
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step * factor) + 1e-9)));
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  Scale scale{.low = first * step, .high = last * step};
  for (double i = first; i <= last; ++i)
    scale.ticks.push_back({i * step, fixed(i * step * factor, decimals)});
  return scale;
}

// 1, 2 and 5 times the powers of ten within the range; over several decades, some of the powers alone.
std::vector<double> logarithmic_ticks(double low, double high) {
  const double decades = std::log10(high / low);
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
  return std::isfinite(place) ? place : std::numeric_limits<double>::quiet_NaN();
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
  if (!(low > 0) || high < many_times * low) return linear_scale(all);
  const double around = std::pow(high / low, margin);
  Scale scale{.kind = Scale::Kind::logarithmic, .low = low / around, .high = high * around};
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

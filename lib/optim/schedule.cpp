// SPDX-License-Identifier: MIT
#include <xtape/optim/schedule.hpp>

#include "ranges.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace xtape::inline XTAPE_ABI {
namespace {

void check_at_least_1(const Op& op, const char* option, double value) {
  check_option(op, option, value, value >= 1 && std::isfinite(value), "finite and at least 1");
}

// From `from` at p = 0 to `to` at p = 1 and beyond.
double half_cosine(double from, double to, double p) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * std::min(p, 1.0))) / 2;
}

}  // namespace

Schedule constant_rate(double learning_rate, Location at) {
  check_not_negative({"constant_rate", at}, "learning_rate", learning_rate);
  return [learning_rate](std::uint64_t) { return learning_rate; };
}

Schedule step_decay(const StepDecayOptions& options, Location at) {
  const Op op{"step_decay", at};
  check_positive(op, "learning_rate", options.learning_rate);
  check_positive(op, "factor", options.factor);
  check_count(op, "every", options.every);
  return [o = options](std::uint64_t step) {
    const std::uint64_t falls = (step - 1) / o.every;
    return o.learning_rate * std::pow(o.factor, static_cast<double>(falls));
  };
}

Schedule exponential_decay(const ExponentialDecayOptions& options, Location at) {
  const Op op{"exponential_decay", at};
  check_positive(op, "learning_rate", options.learning_rate);
  check_positive(op, "factor", options.factor);
  check_count(op, "every", options.every);
  return [o = options](std::uint64_t step) {
    const double done = static_cast<double>(step) - 1;
    return o.learning_rate * std::pow(o.factor, done / static_cast<double>(o.every));
  };
}

Schedule cosine_decay(const CosineDecayOptions& options, Location at) {
  const Op op{"cosine_decay", at};
  check_positive(op, "learning_rate", options.learning_rate);
  check_not_negative(op, "final_rate", options.final_rate);
  check_count(op, "steps", options.steps);
  if (options.warmup_steps >= options.steps)
    throw ValueError(op, text("warmup_steps must be less than steps, ", options.steps, ", got ",
                              options.warmup_steps));
  return [o = options](std::uint64_t step) {
    const auto warmup = static_cast<double>(o.warmup_steps);
    if (step <= o.warmup_steps) return o.learning_rate * static_cast<double>(step) / warmup;
    const double done = static_cast<double>(step) - 1;
    return half_cosine(o.learning_rate, o.final_rate,
                       (done - warmup) / (static_cast<double>(o.steps) - warmup));
  };
}

Schedule one_cycle(const OneCycleOptions& options, Location at) {
  const Op op{"one_cycle", at};
  check_positive(op, "learning_rate", options.learning_rate);
  check_count(op, "steps", options.steps);
  check_fraction(op, "warmup_fraction", options.warmup_fraction);
  check_at_least_1(op, "div_factor", options.div_factor);
  check_at_least_1(op, "final_div_factor", options.final_div_factor);
  return [o = options](std::uint64_t step) {
    const auto steps = static_cast<double>(o.steps);
    const double done = static_cast<double>(step) - 1, up = o.warmup_fraction * steps - 1;
    const double first = o.learning_rate / o.div_factor, last = first / o.final_div_factor;
    if (done < up) return half_cosine(first, o.learning_rate, done / up);
    return half_cosine(o.learning_rate, last, (done - up) / (steps - 1 - up));
  };
}

}  // namespace xtape::inline XTAPE_ABI

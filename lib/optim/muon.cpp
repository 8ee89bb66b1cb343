// SPDX-License-Identifier: MIT
#include <xtape/optim/muon.hpp>

#include "kernels/matmul.hpp"

#include <algorithm>
#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

Adam::Options for_the_rest(const Muon::Options& o) {
  return {.learning_rate = o.learning_rate,
          .beta1 = o.beta1,
          .beta2 = o.beta2,
          .epsilon = o.epsilon,
          .epsilon_form = EpsilonForm::outside_sqrt,
          .step_count = StepCount::per_parameter};
}

// A parameter as a matrix.
struct Sides {
  explicit Sides(const Shape& shape) : out{shape.back()}, in{element_count(shape) / out} {}
  double scale(Muon::Scale scale) const {
    const auto rows = static_cast<double>(in), columns = static_cast<double>(out);
    return scale == Muon::Scale::rms ? 0.2 * std::sqrt(std::max(rows, columns))
                                     : std::sqrt(std::max(1.0, columns / rows));
  }
  std::size_t out, in;
};

// Five steps that bring the singular values of a matrix x, of norm 1, near to 1; Jordan's coefficients.
void orthogonalize(Array& x, const Sides& sides) {
  static const Formula polynomial{
      [](Term gram, Term squared) { return -4.775 * gram + 2.0315 * squared; }},
      step{[](Term x, Term change) { return 3.4445 * x + change; }};
  const bool tall = sides.in > sides.out;
  const std::size_t n = std::min(sides.in, sides.out), depth = std::max(sides.in, sides.out);
  Array gram = uninitialized({n, n}), squared = uninitialized({n, n}),
        change = uninitialized(x.shape());
  const auto as_factor = [&](bool transposed) {
    return kernels::Factor{x.data(), sides.out, transposed};
  };
  for (int i = 0; i < 5; ++i) {
    kernels::matmul(n, n, depth, as_factor(tall), as_factor(!tall), gram.data());
    kernels::matmul(n, n, n, {gram.data(), n}, {gram.data(), n}, squared.data());
    polynomial.into(gram, gram, squared);
    if (tall)
      kernels::matmul(sides.in, n, n, as_factor(false), {gram.data(), n}, change.data());
    else
      kernels::matmul(n, sides.out, n, {gram.data(), n}, as_factor(false), change.data());
    step.into(x, x, change);
  }
}

}  // namespace

Muon::Options Muon::keras() { return {}; }

Muon::Options Muon::torch() {
  return {.scale = Scale::spectral, .weight_decay = 0.1, .epsilon = 1e-8};
}

Muon::Options Muon::paper() {
  return {.learning_rate = 0.02,
          .scale = Scale::spectral,
          .weight_decay = 0,
          .rest_rate = 0.015,
          .beta2 = 0.95,
          .epsilon = 1e-10};
}

Muon::Muon(const Options& o, Location at)
    : Adam{{"muon", at}, for_the_rest(o)},
      options_{o},
      average_{[o](Term m, Term g) { return o.momentum * m + (1 - o.momentum) * g; }},
      step_{[](Term w, Term x, Term rate, Term decay) { return w - (rate * x + decay * w); }} {
  check({"muon", at}, o);
}

std::size_t Muon::slot_count(const Parameter& parameter) const noexcept {
  return parameter.shape().size() >= 2 ? 1 : 2;
}

void Muon::update(Parameter& parameter, std::span<Array> state) {
  const double rate = learning_rate();
  if (state.size() == 2) {
    const double own = options_.rest_rate * rate;
    return step(parameter, state, own, own * options_.weight_decay);
  }
  Array &w = parameter.value(), &g = parameter.grad(), &m = state[0];
  if (w.size() == 0) return;
  Array x = uninitialized(w.shape());
  compute({{m, average_, {&m, &g}}});
  if (options_.nesterov)
    compute({{x, average_, {&m, &g}}});
  else
    x = m;
  static const Formula quotient{[](Term a, Term divisor) { return a / divisor; }};
  const Sides sides{w.shape()};
  quotient.into(x, x, full({}, static_cast<Scalar>(norm(x) + 1e-7)));
  orthogonalize(x, sides);
  compute(
      {{w, step_, {&w, &x}, {rate * sides.scale(options_.scale), rate * options_.weight_decay}}});
}

}  // namespace xtape::inline XTAPE_ABI

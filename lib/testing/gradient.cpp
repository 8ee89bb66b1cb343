// SPDX-License-Identifier: MIT
#include <xtape/testing/gradient.hpp>

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/reduce.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xtape::inline XTAPE_ABI::testing {
namespace {

Array draw_cotangent(const Shape& shape, std::uint64_t seed) {
  Rng rng{seed};
  Array cotangent = uninitialized(shape);
  for (Scalar& c : cotangent.storage()) c = static_cast<Scalar>(2 * rng.uniform() - 1);
  return cotangent;
}

}  // namespace

double gradient_error(const std::function<Variable(Tape&)>& f,
                      std::span<Parameter* const> parameters, const GradientOptions& options) {
  // Each pass draws the same random numbers.
  const auto on_tape = [&](auto use) {
    Rng rng{options.seed};
    Tape tape{Mode::train, rng};
    return use(tape, f(tape));
  };
  std::vector<Parameter*> trainable{parameters.begin(), parameters.end()};
  std::erase_if(trainable, [](const Parameter* p) { return !p->trainable; });
  for (Parameter* p : trainable)  // what backward does not write shows
    std::fill(p->grad().begin(), p->grad().end(), std::numeric_limits<Scalar>::quiet_NaN());
  const Array cotangent = on_tape([&](Tape& tape, const Variable& y) {
    Array c = draw_cotangent(y.shape(), options.seed + 1);
    tape.backward(sum(y * tape.input(c)));
    return c;
  });
  const auto product = [&](Tape&, const Variable& y) {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
      sum += static_cast<double>(y.value().data()[i]) * static_cast<double>(cotangent.data()[i]);
    return sum;
  };

  double error = 0, largest = 1;
  for (Parameter* p : trainable)
    for (std::size_t i = 0; i < p->size(); ++i) {
      const Scalar here = p->value().data()[i];
      const auto at = [&](double steps) {
        p->value().data()[i] =
            static_cast<Scalar>(static_cast<double>(here) + steps * options.step);
        const double there = on_tape(product);
        p->value().data()[i] = here;
        return there;
      };
      const double expected = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * options.step);
      const double off = std::abs(static_cast<double>(p->grad().data()[i]) - expected);
      if (!std::isfinite(off)) return std::numeric_limits<double>::infinity();
      error = std::max(error, off);
      largest = std::max(largest, std::abs(expected));
    }
  return error / largest;
}

double gradient_error(const Function& f, const std::vector<Array>& inputs,
                      const GradientOptions& options) {
  std::vector<Parameter> owned;
  for (const Array& x : inputs) owned.emplace_back(x);
  std::vector<Parameter*> all;
  for (Parameter& p : owned) all.push_back(&p);
  return gradient_error(
      [&](Tape& tape) {
        std::vector<Variable> variables;
        for (Parameter* p : all) variables.push_back(tape.parameter(*p));
        return f(variables);
      },
      all, options);
}

}  // namespace xtape::inline XTAPE_ABI::testing

// SPDX-License-Identifier: MIT
#include <xtape/testing/gradient.hpp>

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/reduce.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xtape::inline XTAPE_ABI::testing {
namespace {

using Pass = std::function<Variable(Tape&)>;

Array draw(const Shape& shape, std::uint64_t seed) {
  Rng rng{seed};
  Array drawn = uninitialized(shape);
  for (Scalar& c : drawn.storage()) c = static_cast<Scalar>(2 * rng.uniform() - 1);
  return drawn;
}

// The sum over the parameters of <t, d <c, f> / d parameter>, with a random c and random t.
Pass derivative(const Pass& f, const std::vector<Parameter*>& parameters, std::uint64_t seed) {
  return [=](Tape& tape) {
    const Variable y = f(tape);
    PooledVector<Variable> xs;
    for (Parameter* p : parameters) xs.push_back(tape.parameter(*p));
    const auto gradients = tape.gradient(y, xs, tape.input(draw(y.shape(), seed)));
    Variable total = tape.input(zeros({}));
    for (std::size_t i = 0; i < xs.size(); ++i)
      total = total + sum(gradients[i] * tape.input(draw(xs[i].shape(), seed + 1 + i)));
    return total;
  };
}

double inner(const Array& a, const Array& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
  return sum;
}

// A direction along which differences are taken: an array for each parameter.
using Tangents = std::vector<Array>;

std::size_t count_of_directions(const std::vector<Parameter*>& parameters,
                                const GradientOptions& options) {
  if (options.directions > 0) return options.directions;
  std::size_t elements = 0;
  for (const Parameter* p : parameters) elements += p->size();
  return elements;
}

// The i-th direction: random, or that of the i-th element of all.
Tangents direction(std::size_t i, const std::vector<Parameter*>& parameters,
                   const GradientOptions& options) {
  Tangents tangents;
  std::size_t first = 0;
  for (const Parameter* p : parameters) {
    tangents.push_back(options.directions > 0
                           ? draw(p->shape(), options.seed + 100 * (i + 1) + tangents.size())
                           : zeros(p->shape()));
    if (options.directions == 0 && i >= first && i - first < p->size())
      tangents.back().data()[i - first] = 1;
    first += p->size();
  }
  return tangents;
}

// Parameters that are moved along tangents, and in the end are where they were.
class Moved {
 public:
  Moved(const std::vector<Parameter*>& parameters, const Tangents& tangents, double step)
      : parameters_{parameters}, tangents_{tangents}, step_{step} {
    for (const Parameter* p : parameters) here_.push_back(p->value());
  }
  Moved(const Moved&) = delete;
  Moved& operator=(const Moved&) = delete;
  ~Moved() { to(0); }
  void to(double steps) const {
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      for (std::size_t k = 0; k < here_[i].size(); ++k)
        parameters_[i]->value().data()[k] =
            static_cast<Scalar>(static_cast<double>(here_[i].data()[k]) +
                                steps * step_ * static_cast<double>(tangents_[i].data()[k]));
  }

 private:
  const std::vector<Parameter*>& parameters_;
  const Tangents& tangents_;
  double step_;
  std::vector<Array> here_;
};

// Of the gradients of f that the tape has, by differences of f.
double first_order_error(const Pass& f, const std::vector<Parameter*>& parameters, Mode mode,
                         const GradientOptions& options) {
  // Each pass draws the same random numbers.
  const auto on_tape = [&](auto use) {
    Rng rng{options.seed};
    Tape tape{mode, rng};
    return use(tape, f(tape));
  };
  for (Parameter* p : parameters)  // what backward does not write shows
    std::fill(p->grad().begin(), p->grad().end(), std::numeric_limits<Scalar>::quiet_NaN());
  const Array cotangent = on_tape([&](Tape& tape, const Variable& y) {
    Array c = draw(y.shape(), options.seed + 1);
    // A derivative may be a constant, as that of a product by a number.
    const bool depends = mode != Mode::derive || y.needs_grad();
    if (depends) tape.backward(sum(y * tape.input(c)));
    for (Parameter* p : parameters)
      if (!depends) p->grad() = zeros(p->shape());
    return c;
  });
  const auto product = [&](Tape&, const Variable& y) { return inner(y.value(), cotangent); };

  double error = 0, largest = 1;
  for (std::size_t d = 0; d < count_of_directions(parameters, options); ++d) {
    const Tangents tangents = direction(d, parameters, options);
    const Moved moved{parameters, tangents, options.step};
    const auto at = [&](double steps) { return moved.to(steps), on_tape(product); };
    const double expected = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * options.step);
    double slope = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i)
      slope += inner(parameters[i]->grad(), tangents[i]);
    if (!std::isfinite(slope - expected)) return std::numeric_limits<double>::infinity();
    error = std::max(error, std::abs(slope - expected));
    largest = std::max(largest, std::abs(expected));
  }
  return error / largest;
}

}  // namespace

double gradient_error(const Pass& f, std::span<Parameter* const> parameters,
                      const GradientOptions& options) {
  std::vector<Parameter*> trainable{parameters.begin(), parameters.end()};
  std::erase_if(trainable, [](const Parameter* p) { return !p->trainable; });
  Pass pass = f;
  for (std::size_t order = 1; order < options.order; ++order)
    pass = derivative(pass, trainable, options.seed + 1000 * order);
  return first_order_error(pass, trainable, options.order > 1 ? Mode::derive : Mode::train,
                           options);
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

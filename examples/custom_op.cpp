// SPDX-License-Identifier: MIT
// Ops of one's own, written as the built-in ones are: swish(x) = x sigmoid(beta x), computed element by element
// from formulas, cumsum, a loop, and extremes, which has two results; checked against finite differences. And what
// swish is in terms of other ops.
#include <xtape/testing.hpp>
#include <xtape/xtape.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

using namespace xtape;

//! [formula]
struct SwishOptions {
  double beta = 1;
};

Variable swish(const Variable& x, const SwishOptions& options = {},
               Location at = Location::current()) {
  static const Elementwise op{[](Term a, Term beta) { return a * sigmoid(beta * a); },
                              [](Term g, Term a, Term y, Term beta) {
                                return g * (beta * y + sigmoid(beta * a) * (1 - beta * y));
                              }};
  return op({"swish", at}, x, {options.beta}, options);
}
//! [formula]
//! [op]
Variable cumsum(const Variable& x, Location at = Location::current()) {
  Array y = x.value();
  for (std::size_t i = 1; i < y.size(); ++i) y.data()[i] += y.data()[i - 1];
  return record({"cumsum", at}, std::move(y), wrt(x, [](Array& g) {
                  for (std::size_t i = g.size(); i-- > 1;) g.data()[i - 1] += g.data()[i];
                }));
}
//! [op]

//! [several]
// The smallest and the largest element.
PooledVector<Variable> extremes(const Variable& x, Location at = Location::current()) {
  const Array& v = x.value();
  const auto [low, high] = std::minmax_element(v.data(), v.data() + v.size());
  const std::array<std::ptrdiff_t, 2> places{low - v.data(), high - v.data()};
  return record({"extremes", at}, {full({}, *low), full({}, *high)},
                wrt(x, [places](const Gradients& g, Array& sum) {
                  for (std::size_t i = 0; i < 2; ++i)
                    if (g[i] != nullptr) sum.data()[places[i]] += *g[i]->data();
                }));
}
//! [several]

int main() {
  Tape tape;
  const Variable x = tape.variable({-1, 0, 2});
  tape.backward(sum(swish(x, {.beta = 1.5})));
  const Array& slope = x.grad();
  std::printf("d swish / dx at -1, 0, 2: %.4f %.4f %.4f\n", slope(0), slope(1), slope(2));

  //! [check]
  const auto op = [](std::span<const Variable> in) { return swish(in[0], {.beta = 1.5}); };
  const double error = testing::gradient_error(op, {Array{-1, 0, 2}});
  std::printf("relative error against finite differences: %.0e\n", error);
  //! [check]
  const auto sums = [](std::span<const Variable> in) { return cumsum(in[0]); };
  const double other_error = testing::gradient_error(sums, {Array{1, -2, 3}});

  const auto range = [](std::span<const Variable> in) {
    const auto ends = extremes(in[0]);
    return ends[1] / ends[0] + sum(in[0]);
  };
  const double range_error = testing::gradient_error(range, {Array{-1, 3, 2}});

  Tape other;
  const Variable v = other.variable({-1, 3, 2});
  const auto ends = extremes(v);
  other.backward(ends[1] - ends[0]);
  std::printf("d (max - min) / dx at -1, 3, 2: %.0f %.0f %.0f\n", double(v.grad()(0)),
              double(v.grad()(1)), double(v.grad()(2)));

  //! [export]
  Rng rng{1};
  Sequential net{Dense{{.in = 3, .out = 2}, rng},
                 [](const Variable& v) { return swish(v, {.beta = 1.5}); }};
  const OpDefinition definition = [](std::span<const Variable> in, const SwishOptions& options) {
    return in[0] * sigmoid(options.beta * in[0]);
  };
  export_onnx("swish.onnx", net, {3}, {.ops = {{"swish", definition}}});
  //! [export]
  return error + other_error + range_error < testing::gradient_tolerance ? 0 : 1;
}

// SPDX-License-Identifier: MIT
// Ops of one's own, written just as the built-in ones are. swish(x) = x sigmoid(beta x) is computed element by
// element, from formulas; cumsum, the running sum of each row, is a loop, with the loop by which its gradient
// flows back. Both are checked against finite differences; and what swish is in terms of other ops, for a model
// that others run.
#include <xtape/testing.hpp>
#include <xtape/xtape.hpp>

#include <algorithm>
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
                                const Term s = sigmoid(beta * a);
                                return g * (s + beta * y * (1 - s));
                              }};
  return op({"swish", at}, x, {options.beta}, options);
}
//! [formula]

//! [op]
Variable cumsum(const Variable& x, Location at = Location::current()) {
  const Op op{"cumsum", at};
  if (x.rank() != 2) throw ShapeError(op, "expected (N, T), got " + to_string(x.shape()));
  const std::size_t columns = x.shape()[1];
  Array y = x.value();
  for (std::size_t i = 0; i < y.size(); ++i)
    if (i % columns > 0) y.data()[i] += y.data()[i - 1];
  return record(op, std::move(y), wrt(x, [columns](Array& g) {
                  for (std::size_t i = g.size();
                       i-- > 0;)  // each element is in all sums from its own on
                    if (i % columns > 0) g.data()[i - 1] += g.data()[i];
                }));
}
//! [op]

int main() {
  Tape tape;
  const Variable x = tape.variable({-1, 0, 2});
  tape.backward(sum(swish(x, {.beta = 1.5})));
  std::printf("d swish / dx at -1, 0, 2: %.4f %.4f %.4f\n", double(x.grad()(0)),
              double(x.grad()(1)), double(x.grad()(2)));

  //! [check]
  const auto op = [](std::span<const Variable> in) { return swish(in[0], {.beta = 1.5}); };
  const double error = testing::gradient_error(op, {Array{-1, 0, 2}});
  std::printf("relative error against finite differences: %.0e\n", error);
  //! [check]
  const double error_of_sums = testing::gradient_error(
      [](std::span<const Variable> in) { return cumsum(in[0]); }, {Array{{1, -2, 3}, {4, 5, -6}}});

  //! [export]
  Rng rng{1};
  Sequential net{Dense{{.in = 3, .out = 2}, rng},
                 [](const Variable& v) { return swish(v, {.beta = 1.5}); }};
  const OpDefinition definition = [](std::span<const Variable> in, const SwishOptions& options) {
    return in[0] * sigmoid(options.beta * in[0]);
  };
  export_onnx("swish.onnx", net, {3}, {.ops = {{"swish", definition}}});
  //! [export]
  return std::max(error, error_of_sums) < testing::gradient_tolerance ? 0 : 1;
}

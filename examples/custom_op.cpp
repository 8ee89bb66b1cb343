// SPDX-License-Identifier: MIT
// An op of one's own that is computed element by element, written as the built-in ones are: swish(x) = x sigmoid(beta
// x), from the formulas of its value and its gradient, checked against finite differences, and exported.
#include <xtape/testing.hpp>
#include <xtape/xtape.hpp>

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

  //! [export]
  Rng rng{1};
  Sequential net{Dense{{.in = 3, .out = 2}, rng},
                 [](const Variable& v) { return swish(v, {.beta = 1.5}); }};
  export_onnx("swish.onnx", net, {3});
  //! [export]
  return error < testing::gradient_tolerance ? 0 : 1;
}

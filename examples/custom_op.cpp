// SPDX-License-Identifier: MIT
// An op of one's own, written just as the built-in ones are: the value, and how the gradient flows back
// to each input. Here swish(x) = x sigmoid(beta x), checked against finite differences; and what it is in
// terms of other ops, for a model that others run.
#include <xtape/testing.hpp>
#include <xtape/xtape.hpp>

#include <cmath>
#include <cstdio>

using namespace xtape;

//! [op]
struct SwishOptions {
  double beta = 1;
};

Variable swish(const Variable& x, const SwishOptions& options = {},
               Location at = Location::current()) {
  const auto b = static_cast<Scalar>(options.beta);
  Array y = x.value();
  for (Scalar& v : y) v /= 1 + std::exp(-b * v);
  return record({"swish", at}, std::move(y), given(options), wrt(x, [x, b](Array& g) {
                  for (std::size_t i = 0; i < g.size(); ++i) {
                    const Scalar v = x.value().data()[i], s = 1 / (1 + std::exp(-b * v));
                    g.data()[i] *= s * (1 + b * v * (1 - s));
                  }
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

  //! [export]
  Rng rng{1};
  Sequential net{Dense{{.in = 3, .out = 2}, rng},
                 [](const Variable& v) { return swish(v, {.beta = 1.5}); }};
  const OpDefinition definition = [](std::span<const Variable> in, const SwishOptions& options) {
    return in[0] * sigmoid(options.beta * in[0]);
  };
  export_onnx("swish.onnx", net, {3}, {.ops = {{"swish", definition}}});
  //! [export]
  return error < testing::gradient_tolerance ? 0 : 1;
}

// SPDX-License-Identifier: MIT
// Gradients of gradients, as docs/derivatives.md shows them.
#include <xtape/xtape.hpp>

#include <xtensor/xio.hpp>

#include <cstdio>
#include <iostream>

using namespace xtape;

//! [op]
// x^3, with the gradient twice: for arrays and, for gradients of gradients, in ops.
Variable cube(const Variable& x, Location at = Location::current()) {
  const auto pull = [x](const Array& g) -> Array { return 3 * g * x.value() * x.value(); };
  const auto again = [x](const Variable& g) { return 3 * g * square(x); };
  return record({"cube", at}, x.value() * x.value() * x.value(), wrt(x, pull, again));
}
// The same, and what it is in ops.
Variable defined_cube(const Variable& x, Location at = Location::current()) {
  const auto pull = [x](const Array& g) -> Array { return 3 * g * x.value() * x.value(); };
  return record({"cube", at}, x.value() * x.value() * x.value(), wrt(x, pull),
                defined([](std::span<const Variable> in) { return in[0] * in[0] * in[0]; }));
}
//! [op]

int main() {
  {
    //! [twice]
    Tape tape{Mode::derive};
    const Variable x = tape.variable(Array{1, 2, 3});
    const Variable y = sum(x * x * x);
    const Variable first = tape.gradient(y, x);            // 3 x^2
    const Variable second = tape.gradient(sum(first), x);  // 6 x
    std::cout << first.value() << ", then " << second.value() << '\n';
    //! [twice]
  }
  {
    Rng rng{1};
    Sequential critic{Dense{{.in = 2, .out = 8, .activation = Activation::tanh}, rng},
                      Dense{{.in = 8, .out = 1}, rng}};
    Adam adam;
    const Array samples = rng.normal({16, 2});
    //! [penalty]
    Tape tape{Mode::derive, rng};
    const Variable x = tape.variable(samples);
    const Variable y = critic(x);
    const Variable slopes = norm(tape.gradient(sum(y), x), {.axes = {-1}});
    tape.backward(mean(y) + 10 * mean(square(slopes - 1)), adam);
    //! [penalty]
  }
  {
    //! [functions]
    const auto f = [](const Variable& x) { return sum(exp(x) * x); };
    const Array at{0, 1};
    const auto [value, gradients] = value_and_gradient(f, at);
    std::cout << "f = " << value() << ", gradient " << gradients[0] << '\n'
              << "Hessian " << hessian(f, at) << '\n'
              << "times (1, 1): " << hvp(f, at, Array{1, 1}) << '\n';
    //! [functions]
  }
  {
    Rng rng{1};
    Sequential net{Dense{{.in = 3, .out = 4, .activation = Activation::tanh}, rng},
                   Dense{{.in = 4, .out = 1}, rng}};
    const Array x = rng.normal({8, 3}), y = rng.normal({8, 1});
    //! [model]
    Tape tape{Mode::derive};
    const auto weights = parameters_on(tape, net);
    const Variable outputs = net(tape.input(x)), loss = mse(outputs, y);
    PooledVector<Variable> direction = tape.gradient(loss, weights);
    const auto curved = hvp(loss, weights, direction);
    const auto bowl = gauss_newton_product(loss, outputs, weights, direction);
    std::printf("g H g = %.3f, g G g = %.3f\n", double(inner_product(direction, curved).item()),
                double(inner_product(direction, bowl).item()));
    //! [model]
  }
  {
    Tape tape{Mode::derive};
    const Variable x = tape.variable(Array{2});
    for (auto* f : {cube, defined_cube}) {
      const Variable slope = tape.gradient(sum(f(x, Location::current())), x);
      std::cout << slope.value() << ", then " << tape.gradient(sum(slope), x).value() << '\n';
    }
  }
}

// SPDX-License-Identifier: MIT
// A net that solves a differential equation (Raissi et al., 2019): u_xx + u_yy = f in the unit square, u = 0 at its
// edges, for an f of which the solution is known, sin(pi x) sin(pi y). The loss is of second derivatives by the inputs.
#include <xtape/xtape.hpp>

#include <cmath>
#include <cstdio>
#include <numbers>

using namespace xtape;

constexpr double pi = std::numbers::pi;

// The net, times what is 0 at the edges.
Variable solution(Sequential& net, const Variable& points) {
  const auto at = split(points, {.parts = 2, .axis = 1});
  return net(points) * at[0] * (1 - at[0]) * at[1] * (1 - at[1]);
}

//! [laplacian]
// u_xx + u_yy, for each point: each u depends on its own alone.
Variable laplacian(const Variable& u, const Variable& points) {
  Tape& tape = points.tape();
  const auto slopes = split(tape.gradient(sum(u), points), {.parts = 2, .axis = 1});
  const Variable by_x = tape.gradient(sum(slopes[0]), points);
  const Variable by_y = tape.gradient(sum(slopes[1]), points);
  return slice(by_x, {.axis = 1, .end = 1}) + slice(by_y, {.axis = 1, .begin = 1});
}
//! [laplacian]

Array drawn(std::size_t count, Rng& rng) {
  Array points = zeros({count, 2});
  for (Scalar& x : points) x = Scalar(rng.uniform());
  return points;
}

int main() {
  Rng rng{1};
  Sequential net{Dense{{.in = 2, .out = 32, .activation = Activation::tanh}, rng},
                 Dense{{.in = 32, .out = 32, .activation = Activation::tanh}, rng},
                 Dense{{.in = 32, .out = 1}, rng}};
  Adam adam{{.learning_rate = 5e-3}};
  for (int step = 0; step < 1500; ++step) {
    //! [step]
    Tape tape{Mode::derive};
    const Variable points = tape.variable(drawn(128, rng));
    const auto at = split(points.detach(), {.parts = 2, .axis = 1});
    const Variable f = -2 * pi * pi * sin(pi * at[0]) * sin(pi * at[1]);
    tape.backward(mean(square(laplacian(solution(net, points), points) - f)), adam);
    //! [step]
  }
  Tape tape{Mode::eval};
  const Array points = drawn(2000, rng);
  const Variable u = solution(net, tape.input(points));
  double error = 0, size = 0;
  for (std::size_t i = 0; i < points.shape()[0]; ++i) {
    const double exact = std::sin(pi * points(i, 0)) * std::sin(pi * points(i, 1));
    error += std::pow(u.value()(i, 0) - exact, 2), size += exact * exact;
  }
  std::printf("relative error %.1f %%\n", 100 * std::sqrt(error / size));
}

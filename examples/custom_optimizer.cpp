// SPDX-License-Identifier: MIT
// An optimizer of one's own: a visitor that updates each parameter after the backward pass. Here the sign of the
// momentum (Bernstein et al., "signSGD", 2018), which keeps one array of state per parameter.
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

//! [optimizer]
class SignMomentum : public Optimizer {
 public:
  explicit SignMomentum(double learning_rate)
      : Optimizer{"sign_momentum", learning_rate, {{"m"}}} {}

 protected:
  void update(Parameter& parameter, std::span<Array> state) override {
    Array &w = parameter.value(), &m = state[0];
    compute({{m, average_, {&m, &parameter.grad()}}, {w, step_, {&w, &m}, {learning_rate()}}});
  }

 private:
  Formula average_{[](Term m, Term g) { return 0.9 * m + 0.1 * g; }};
  Formula step_{[](Term w, Term m, Term rate) { return w - rate * sign(m); }};
};
//! [optimizer]

int main() {
  Rng rng{3};
  Dense plane{{.in = 2, .out = 1}, rng};
  const Array x{{-1, 1}, {0, 2}, {1, 0}, {2, 1}};
  Array y{-2, -1, 3, 4};  // 2 x0 - x1 + 1
  y.reshape({4, 1});
  //! [use]
  SignMomentum optimizer{0.01};
  Scalar loss = 0;
  for (int step = 0; step < 500; ++step) {
    Tape tape;
    const Variable error = mse(plane(tape.input(x)), tape.input(y));
    tape.backward(error, ClipNorm{10}, optimizer);
    loss = error.item();
  }
  //! [use]
  for (const auto& [name, parameter] : parameters(plane))
    for (Scalar w : parameter->value()) std::printf("%s %.1f\n", name.c_str(), double(w));
  return loss < 0.01 ? 0 : 1;
}

// SPDX-License-Identifier: MIT
// An optimizer of one's own: a visitor that updates each parameter after the backward pass. Here Lion
// (Chen et al., 2023), which keeps one array of state per parameter.
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

//! [optimizer]
class Lion : public Optimizer {
 public:
  explicit Lion(double learning_rate) : Optimizer{"lion", learning_rate, {{"m"}}} {}

 protected:
  void update(Parameter& parameter, std::span<Array> state) override {
    const auto rate = static_cast<Scalar>(learning_rate());
    Scalar* const w = parameter.value().data();
    Scalar* const m = state[0].data();
    for (std::size_t i = 0; i < parameter.size(); ++i) {
      const Scalar g = parameter.grad().data()[i];
      const Scalar direction = Scalar(0.9) * m[i] + Scalar(0.1) * g;
      w[i] -= rate * Scalar((direction > 0) - (direction < 0));
      m[i] = Scalar(0.99) * m[i] + Scalar(0.01) * g;
    }
  }
};
//! [optimizer]

int main() {
  Rng rng{3};
  Dense plane{{.in = 2, .out = 1}, rng};
  const Array x{{-1, 1}, {0, 2}, {1, 0}, {2, 1}};
  Array y{-2, -1, 3, 4};  // 2 x0 - x1 + 1
  y.reshape({4, 1});
  //! [use]
  Lion lion{0.01};
  Scalar loss = 0;
  for (int step = 0; step < 500; ++step) {
    Tape tape;
    const Variable error = mse(plane(tape.input(x)), tape.input(y));
    tape.backward(error, ClipNorm{10}, lion);
    loss = error.item();
  }
  //! [use]
  for (const auto& [name, parameter] : parameters(plane))
    for (Scalar w : parameter->value()) std::printf("%s %.2f\n", name.c_str(), double(w));
  return loss < 0.01 ? 0 : 1;
}

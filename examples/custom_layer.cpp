// SPDX-License-Identifier: MIT
// A layer of one's own: anything callable from Variable to Variable. One with parameters lists them in
// one line, and optimizers, saving and counting find them there. Here a residual block: y = x + f(x).
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

//! [layer]
class ScaledResidual {
 public:
  ScaledResidual(std::size_t width, Rng& rng)
      : hidden_{{.in = width, .out = width, .activation = Activation::relu}, rng},
        scale_{zeros({1})} {}

  Variable operator()(const Variable& x) { return x + x.tape().parameter(scale_) * hidden_(x); }
  void parameters(ParameterList& list) { list("hidden", hidden_), list("scale", scale_); }

 private:
  Dense hidden_;
  Parameter scale_;  // starts at zero, so the block starts as the identity
};
//! [layer]

int main() {
  //! [use]
  Rng rng{7};
  Sequential net{Dense{{.in = 2, .out = 16}, rng}, ScaledResidual{16, rng}, ScaledResidual{16, rng},
                 Dense{{.in = 16, .out = 2}, rng}};
  for (const auto& [name, parameter] : parameters(net))
    std::printf("%-16s %s\n", name.c_str(), to_string(parameter->shape()).c_str());
  //! [use]

  const Array points{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  const std::vector<std::int32_t> is_odd{0, 1, 1, 0};
  Adam adam{{.learning_rate = 0.02}};
  Scalar loss = 0;
  for (int step = 0; step < 200; ++step) {
    Tape tape;
    const Variable error = softmax_cross_entropy(net(tape.input(points)), is_odd);
    tape.backward(error, adam);
    loss = error.item();
  }
  std::printf("loss after 200 steps: %.4f\n", double(loss));
  return loss < 0.05 ? 0 : 1;
}

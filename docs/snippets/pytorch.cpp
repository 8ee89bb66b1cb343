// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

int main() {
  //! [model]
  Rng rng{42};
  Dense net{{.in = 2, .out = 3, .weight_init = init::zeros}, rng};  // weight (in, out) = (2, 3)
  SGD sgd{{.learning_rate = 0.5, .momentum = 0.9, .momentum_form = MomentumForm::rate_outside}};
  //! [model]

  //! [loop]
  const Array x{{1, 0}, {0, 1}, {1, 1}, {-1, 2}};
  const std::vector<std::int32_t> labels{0, 1, 2, 1};
  for (int step = 1; step <= 5; ++step) {
    Tape tape;
    Variable loss = softmax_cross_entropy(net(tape.input(x)), labels);
    tape.backward(loss, ClipNorm{1}, sgd);
    std::printf("step %d: loss %.4f\n", step, double(loss.item()));
  }
  //! [loop]

  //! [asking]
  Tape tape{Mode::eval};
  const Array p = softmax(net(tape.input({{1, 0.5}}))).value();
  std::printf("probabilities %.3f %.3f %.3f\n", double(p(0, 0)), double(p(0, 1)), double(p(0, 2)));
  //! [asking]
}

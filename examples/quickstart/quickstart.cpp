// SPDX-License-Identifier: MIT
//! [program]
// Trains a small convolutional network on MNIST with a loop written by hand.
//   quickstart [epochs]     about 96 % of the test images are right after one epoch
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

int main(int argc, char** argv) {
  int epochs = 1;
  char more;
  if (argc > 1 && (std::sscanf(argv[1], "%9d%c", &epochs, &more) != 1 || epochs < 1)) {
    std::fprintf(stderr, "usage: quickstart [epochs]\n");
    return 2;
  }
  auto [train, test] = data::mnist();  // finds, downloads or explains

  Rng rng{42};
  Sequential net{Conv2D{{.in = 1, .out = 8, .kernel = 3}, rng},
                 relu,
                 MaxPool2D{2},
                 flatten,
                 Dense{{.in = 13 * 13 * 8, .out = 64}, rng},
                 relu,
                 Dropout{0.25},
                 Dense{{.in = 64, .out = 10}, rng}};
  Adam adam{{.learning_rate = 1e-3}};

  for (int epoch = 1; epoch <= epochs; ++epoch) {
    for (const auto& [images, labels] : data::batches(train, 64, rng)) {
      Tape tape{Mode::train, rng};
      Variable loss = softmax_cross_entropy(net(tape.input(images)), labels);
      tape.backward(loss, adam);
    }
    const Metrics metrics = evaluate(net, test);
    std::printf("epoch %d: loss %.4f, accuracy %.4f on %zu test images\n", epoch, metrics.loss,
                metrics["accuracy"], metrics.samples);
  }
}
//! [program]

// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>
#include <iostream>

using namespace xtape;

int main() {
  //! [data]
  const data::ImageDataset train = data::synthetic_digits({.count = 4000, .seed = 1});
  const data::ImageDataset test = data::synthetic_digits({.count = 1000, .seed = 2});
  std::printf("%zu images of shape %s\n", train.size(), to_string(train.sample_shape()).c_str());
  //! [data]

  //! [model]
  Rng rng{42};
  Sequential net{
      Conv2D{{.in = 1, .out = 8, .kernel = 3, .activation = Activation::relu, .max_pool = 2}, rng},
      flatten,
      Dense{{.in = 13 * 13 * 8, .out = 64, .activation = Activation::relu}, rng},
      Dropout{0.25},
      Dense{{.in = 64, .out = 10}, rng},
  };
  std::cout << summary(net, train.sample_shape());
  //! [model]

  //! [fit]
  Adam adam{{.learning_rate = 2e-3}};
  const History history = fit(net, train, test, {.epochs = 4, .log = nullptr}, rng, adam);
  for (const EpochReport& report : history.epochs)
    std::printf("epoch %d: test accuracy %.2f\n", report.epoch, report["accuracy"]);
  //! [fit]

  //! [asking]
  std::size_t right = 0;
  for (const auto& [images, labels] : data::batches(test, 250)) {
    Tape tape{Mode::eval};
    right += count_correct(net(tape.input(images)).value(), labels);
  }
  const bool same = double(right) == history.test()["accuracy"] * 1000;
  std::printf("counted by hand: %s\n", same ? "the same" : "another");
  //! [asking]
}

// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cmath>
#include <cstdio>
#include <iostream>

using namespace xtape;

//! [data]
// Two arms of a spiral, one per class.
struct Spiral : data::Dataset {
  std::size_t size() const override { return 400; }
  data::Batch make_batch(std::size_t count) const override {
    return {.inputs = {uninitialized({count, 2})}, .targets = {data::ids({count})}};
  }
  void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng&) const override {
    auto point = batch.inputs[0].numbers().begin();
    auto label = batch.targets[0].ids().begin();
    for (const std::uint32_t i : indices) {
      const double radius = (i / 2 + 1) / 200.0, angle = 6 * radius + (i % 2) * 3.14159;
      *point++ = static_cast<Scalar>(radius * std::cos(angle));
      *point++ = static_cast<Scalar>(radius * std::sin(angle));
      *label++ = static_cast<std::int32_t>(i % 2);
    }
  }
};
//! [data]

int main() {
  //! [model]
  Rng rng{7};
  Sequential net{Dense{{.in = 2, .out = 32, .activation = Activation::tanh}, rng},
                 Dense{{.in = 32, .out = 32, .activation = Activation::tanh}, rng},
                 Dense{{.in = 32, .out = 2}, rng}};
  std::cout << summary(net, {2});
  //! [model]

  //! [training]
  const Spiral spiral;
  Adam adam{{.learning_rate = 0.01}};
  for (int epoch = 1; epoch <= 60; ++epoch) {
    for (const auto& [points, labels] : data::batches(spiral, 32, rng)) {
      Tape tape;
      Variable logits = net(tape.input(points));
      tape.backward(softmax_cross_entropy(logits, labels), adam);
    }
    if (epoch % 20 == 0)
      std::printf("after epoch %d: accuracy %.2f\n", epoch, evaluate(net, spiral)["accuracy"]);
  }
  //! [training]

  //! [asking]
  const Array probabilities =
      predict([&](const Variable& x) { return softmax(net(x)); }, {{0.5, 0.1}});
  std::printf("the point (0.5, 0.1) is of class 0 with probability %.1f\n",
              double(probabilities(0, 0)));
  //! [asking]
}

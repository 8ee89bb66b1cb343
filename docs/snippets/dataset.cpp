// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

//! [dataset]
// Pictures of 8 x 8 with a bright bar: standing, class 0, or lying, class 1. Each depends on its
// number alone.
class Bars : public data::Dataset {
 public:
  explicit Bars(std::size_t size) : size_{size} {}

  std::size_t size() const override { return size_; }
  data::Batch make_batch(std::size_t count) const override {
    return {.inputs = {uninitialized({count, 8, 8, 1})}, .targets = {data::ids({count})}};
  }
  void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng&) const override {
    auto pixel = batch.inputs[0].numbers().begin();
    auto label = batch.targets[0].ids().begin();
    for (const std::uint32_t i : indices) {
      Rng rng{i};
      const bool lies = i % 2 == 1;
      const std::size_t place = rng.below(8);
      for (std::size_t row = 0; row < 8; ++row)
        for (std::size_t column = 0; column < 8; ++column)
          *pixel++ = static_cast<Scalar>(0.4 * rng.uniform() + ((lies ? row : column) == place));
      *label++ = lies;
    }
  }

 private:
  std::size_t size_;
};
//! [dataset]

int main() {
  //! [use]
  Rng rng{1};
  Sequential net{Conv2D{{.in = 1, .out = 8, .activation = Activation::relu}, rng}, flatten,
                 Dense{{.in = 6 * 6 * 8, .out = 2}, rng}};
  Adam adam{{.learning_rate = 0.02}};
  const Bars train{1000}, test{200};
  const History history = fit(net, train, test, {.epochs = 6, .log = nullptr}, rng, adam);
  std::printf("test accuracy %.2f\n", history.test()["accuracy"]);
  //! [use]

  //! [bytes]
  // Images that fit into memory as bytes need no class of their own.
  data::ImageData bytes{.labels = {0, 1}, .height = 2, .width = 2, .classes = 2};
  bytes.pixels = {255, 0, 255, 0, 255, 255, 0, 0};
  const data::ImageDataset tiny{bytes};
  std::printf("%d images of shape %s\n", int(tiny.size()), to_string(tiny.sample_shape()).c_str());
  //! [bytes]
}

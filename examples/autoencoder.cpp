// SPDX-License-Identifier: MIT
// An autoencoder (Hinton and Salakhutdinov, 2006): says images by 32 numbers each, and makes the images of these again.
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

int main() {
  const auto train = data::synthetic_digits({.count = 4000, .seed = 1});
  const auto test = data::synthetic_digits({.count = 1000, .seed = 2});
  //! [model]
  Rng rng{1};
  const auto to_images = [](const Variable& x) { return reshape(x, {-1, 28, 28, 1}); };
  Sequential encoder{flatten, Dense{{.in = 784, .out = 32}, rng}};
  Sequential decoder{Dense{{.in = 32, .out = 784, .activation = Activation::sigmoid}, rng},
                     to_images};
  //! [model]

  //! [fit]
  Sequential both{std::ref(encoder), std::ref(decoder)};
  Adam adam{{.learning_rate = 3e-3}};
  const double before = evaluate(autoencoder(both), test).loss;
  fit(autoencoder(both), train, test, {.epochs = 10, .log = nullptr}, rng, adam);
  std::printf("squared error %.3f, at first %.3f\n", evaluate(autoencoder(both), test).loss,
              before);
  //! [fit]

  //! [codes]
  const Array codes = predict(encoder, test);
  std::printf("codes %s", to_string(codes.shape()).c_str());
  std::printf(", images %s\n", to_string(predict(decoder, codes).shape()).c_str());
  //! [codes]
}

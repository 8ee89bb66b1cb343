// SPDX-License-Identifier: MIT
// A generative adversarial network (Goodfellow et al., 2014): two models on one tape, each with an optimizer that is
// made for it and never touches the other. The generator learns to turn noise into numbers as they come from a
// made-up distribution, two humps around -2 and 2.
#include <xtape/xtape.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace xtape;

Array noise(std::size_t count, Rng& rng) {
  Array z = uninitialized({count, 2});
  for (Scalar& x : z) x = Scalar(rng.normal());
  return z;
}

Array humps(std::size_t count, Rng& rng) {
  Array samples = uninitialized({count, 1});
  for (Scalar& x : samples) x = Scalar((rng.uniform() < 0.5 ? -2 : 2) + 0.4 * rng.normal());
  return samples;
}

Sequential network(std::size_t in, Rng& rng) {
  return Sequential{Dense{{.in = in, .out = 32, .activation = Activation::relu}, rng},
                    Dense{{.in = 32, .out = 32, .activation = Activation::relu}, rng},
                    Dense{{.in = 32, .out = 1}, rng}};
}

// How far samples must be moved on average to become the others (Wasserstein's distance).
double distance(Array a, Array b) {
  std::sort(a.begin(), a.end()), std::sort(b.begin(), b.end());
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(double(a.data()[i] - b.data()[i]));
  return sum / double(a.size());
}

int main() {
  Rng rng{1};
  //! [made for]
  Sequential generator = network(2, rng), critic = network(1, rng);
  auto generate = only(generator, Adam{{.learning_rate = 5e-4, .beta1 = 0.5}});
  auto criticise = only(critic, Adam{{.learning_rate = 1e-3, .beta1 = 0.5}});
  //! [made for]
  for (int step = 0; step < 4000; ++step) {
    //! [steps]
    Tape first, second;
    Variable real = critic(first.input(humps(64, rng)));
    Variable made = critic(generator(first.input(noise(64, rng))));
    first.backward(mean(softplus(-real)) + mean(softplus(made)), criticise);
    Variable next = critic(generator(second.input(noise(64, rng))));
    second.backward(mean(softplus(-next)), generate);
    //! [steps]
  }
  Tape tape{Mode::eval};
  const double d = distance(generator(tape.input(noise(4000, rng))).value(), humps(4000, rng));
  std::printf("distance %.1f\n", d);
  return d < 0.5 ? 0 : 1;
}

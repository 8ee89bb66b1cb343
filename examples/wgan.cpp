// SPDX-License-Identifier: MIT
// A Wasserstein GAN whose critic is held to slopes of 1 (Gulrajani et al., 2017): its loss has a gradient in it, of which
// the backward pass takes the gradient. The generator learns a mixture of eight humps on a circle.
#include <xtape/xtape.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

using namespace xtape;

constexpr double radius = 2, deviation = 0.05;

// Samples of the mixture, noise for as many made ones, and how much of a real sample each mixture with a made one has.
struct Circle : data::Dataset {
  std::size_t size() const override { return 128 * 60; }
  data::Batch make_batch(std::size_t count) const override {
    return {.inputs = {zeros({count, 2}), zeros({count, 2}), zeros({count, 1})}};
  }
  void gather(std::span<const std::uint32_t>, data::Batch& batch, Rng& rng) const override {
    auto real = batch.inputs[0].numbers();
    for (std::size_t i = 0; i < real.size(); i += 2) {
      const double angle = std::numbers::pi / 4 * double(rng() % 8);
      real[i] = Scalar(radius * std::cos(angle) + deviation * rng.normal());
      real[i + 1] = Scalar(radius * std::sin(angle) + deviation * rng.normal());
    }
    for (Scalar& z : batch.inputs[1].numbers()) z = Scalar(rng.normal());
    for (Scalar& share : batch.inputs[2].numbers()) share = Scalar(rng.uniform());
  }
};

struct Gan {
  Sequential generator, critic;
  void parameters(ParameterList& list) { list("generator", generator), list("critic", critic); }
};

Sequential network(std::size_t out, Rng& rng) {
  return Sequential{Dense{{.in = 2, .out = 64, .activation = Activation::relu}, rng},
                    Dense{{.in = 64, .out = 64, .activation = Activation::relu}, rng},
                    Dense{{.in = 64, .out = out}, rng}};
}

int main() {
  Rng rng{1};
  Gan gan{network(2, rng), network(1, rng)};
  //! [penalty]
  const auto step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
    const bool criticise = tape.mode() == Mode::train && batch.number % 4 < 3;
    const Frozen still{unique_parameters(criticise ? gan.generator : gan.critic)};
    const Variable real = tape.input(batch.inputs[0]);
    const Variable made = gan.generator(tape.input(batch.inputs[1]));
    if (!criticise) return {-mean(gan.critic(made)), {made}};
    const Variable share = tape.input(batch.inputs[2]);
    const Variable between = share * real + (1 - share) * made;
    const Variable x = tape.variable(between.shared_value());
    const Variable slope = norm(tape.gradient(sum(gan.critic(x)), x), {.axes = {-1}});
    const Variable distance = mean(gan.critic(real)) - mean(gan.critic(made));
    return {0.3 * mean(square(slope - 1)) - distance, {made}};
  };
  const Task task{.arrays = named_arrays(gan), .step = step, .mode = Mode::derive};
  //! [penalty]
  fit(task, Circle{}, {.epochs = 120, .batch_size = 128, .log = nullptr}, rng,
      only(gan.critic, Adam{{.learning_rate = 2e-3, .beta1 = 0.5, .beta2 = 0.9}}),
      only(gan.generator, Adam{{.learning_rate = 2e-3, .beta1 = 0.5, .beta2 = 0.9}}));

  const Array made = predict(task, Circle{}).front();
  std::size_t near = 0, humps[8] = {};
  for (std::size_t i = 0; i < made.shape()[0]; ++i)
    for (std::size_t k = 0; k < 8; ++k) {
      const double angle = std::numbers::pi / 4 * double(k);
      if (std::hypot(made(i, 0) - radius * std::cos(angle), made(i, 1) - radius * std::sin(angle)) <
          0.3)
        ++near, ++humps[k];
    }
  const auto least = *std::min_element(humps, humps + 8);
  std::printf("near a hump %.1f, at the one with the fewest %.1f\n",
              double(near) / double(made.shape()[0]), double(least) / double(made.shape()[0]));
}

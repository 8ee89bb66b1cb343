// SPDX-License-Identifier: MIT
// A generative adversarial network (Goodfellow et al., 2014): two models on one tape, each with an optimizer that is
// made for it and never touches the other. The generator learns to turn noise into numbers as they come from a
// made-up distribution, two humps around -2 and 2; both are drawn anew in each epoch.
#include <xtape/xtape.hpp>

#include <algorithm>
#include <cstdio>

using namespace xtape;

//! [data]
struct Humps : data::Dataset {
  std::size_t size() const override { return 4000; }
  data::Batch make_batch(std::size_t count) const override {
    return {.inputs = {zeros({count, 1}), zeros({count, 2})}};
  }
  void gather(std::span<const std::uint32_t>, data::Batch& batch, Rng& rng) const override {
    for (Scalar& x : batch.inputs[0].numbers())
      x = Scalar((rng.uniform() < 0.5 ? -2 : 2) + 0.4 * rng.normal());
    for (Scalar& z : batch.inputs[1].numbers()) z = Scalar(rng.normal());
  }
};
//! [data]

struct Gan {
  Sequential generator, critic;
  void parameters(ParameterList& list) { list("generator", generator), list("critic", critic); }
};

Sequential network(std::size_t in, Rng& rng) {
  return Sequential{Dense{{.in = in, .out = 32, .activation = Activation::relu}, rng},
                    Dense{{.in = 32, .out = 32, .activation = Activation::relu}, rng},
                    Dense{{.in = 32, .out = 1}, rng}};
}

int main() {
  Rng rng{1};
  Gan gan{network(2, rng), network(1, rng)};
  //! [task]
  const auto step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
    const Variable real = tape.input(batch.inputs[0]);
    const Variable made = gan.generator(tape.input(batch.inputs[1]));
    const Variable criticism =
        mean(softplus(-gan.critic(real))) + mean(softplus(gan.critic(made.detach())));
    const Frozen still{unique_parameters(gan.critic)};  // from here on the generator learns alone
    return {criticism + mean(softplus(-gan.critic(made))), {real, made}};
  };
  const Task task{.arrays = named_arrays(gan), .step = step};
  fit(task, Humps{}, {.epochs = 64, .log = nullptr}, rng,
      only(gan.critic, Adam{{.learning_rate = 1e-3, .beta1 = 0.5}}),
      only(gan.generator, Adam{{.learning_rate = 5e-4, .beta1 = 0.5}}));
  //! [task]
  // How far numbers must be moved on average to become the others (Wasserstein's distance).
  std::vector<Array> numbers = predict(task, Humps{});
  for (Array& each : numbers) std::sort(each.begin(), each.end());
  double sum = 0;
  for (std::size_t i = 0; i < 4000; ++i) sum += std::abs(numbers[0](i, 0) - numbers[1](i, 0));
  std::printf("distance %.1f\n", sum / 4000);
}

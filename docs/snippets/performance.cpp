// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

int main() {
  const auto train = data::synthetic_digits({.count = 640, .seed = 1});
  const auto test = data::synthetic_digits({.count = 100, .seed = 2});
  //! [fused]
  Rng rng{1};
  Sequential net{
      Conv2D{{.in = 1, .out = 16, .activation = Activation::relu, .max_pool = 2}, rng},
      flatten,
      Dense{{.in = 13 * 13 * 16, .out = 32, .activation = Activation::relu}, rng},
      Dense{{.in = 32, .out = 10}, rng},
  };
  //! [fused]

  //! [profile]
  Adam adam;
  Profiler profiler;
  fit(net, train, test, {.epochs = 1, .log = nullptr}, rng, adam);
  for (const Profiler::Row& row : profiler.rows())
    if (row.name == "conv2d" && row.phase == Profiler::Phase::backward)
      std::printf("conv2d backward: %d calls\n", int(row.calls));
  // profiler.print(stdout) shows all rows, profiler.write_trace("trace.json") each call.
  //! [profile]

  //! [half]
  {
    const Precision half{Precision::bf16};
    fit(net, train, test, {.epochs = 1, .log = nullptr}, rng, adam);
  }
  //! [half]

  //! [memory]
  const MemoryStats before = memory_stats();
  for (int epoch = 0; epoch < 3; ++epoch)
    for (const auto& [images, labels] : data::batches(train, 64, rng)) {
      Tape tape{Mode::train, rng};
      tape.backward(softmax_cross_entropy(net(tape.input(images)), labels), adam);
    }
  const std::size_t asked = memory_stats().system_allocations - before.system_allocations;
  //! [memory]
  //! [checkpoint]
  Sequential layers;
  for (int i = 0; i < 100; ++i)
    layers.add(Residual{
        Sequential{LayerNorm{{.channels = 64}}, Dense{{.in = 64, .out = 64}, rng}, Tanh{}}});
  auto deep = every_sqrt(std::move(layers));  // a fifth of the memory, for a forward pass more
  //! [checkpoint]
  Tape tape;
  tape.backward(mean(deep(tape.input(zeros({32, 64})))));
  // Under the address sanitizer nothing is cached.
  return asked > 10 && before.cached > 0 ? 1 : 0;
}

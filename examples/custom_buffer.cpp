// SPDX-License-Identifier: MIT
// A layer that keeps what is not learnt, in a buffer: it centres its input by the mean of the batch and, in
// evaluation, by a running mean. Files, checkpoints and exported models have it; optimizers never see it.
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

//! [buffer]
class Centre {
 public:
  explicit Centre(std::size_t width) : mean_{zeros({width})} {}

  Variable operator()(const Variable& x) {
    const Variable running = x.tape().input(mean_.value);
    if (x.tape().mode() == Mode::eval) return x - running;
    const Variable mean = xtape::mean(x, {.axes = {0}});  // of the batch
    mean_.value = (0.9 * running + 0.1 * mean.detach()).shared_value();
    return x - mean;
  }
  void parameters(ParameterList& list) { list("mean", mean_); }

 private:
  Buffer mean_;  // moves towards the means of the batches
};
//! [buffer]

int main() {
  Rng rng{7};
  //! [use]
  Sequential net{Centre{2}, Dense{{.in = 2, .out = 1}, rng}};
  for (const auto& [name, parameter] : parameters(net))
    std::printf("%-9s %s\n", name.c_str(), to_string(parameter->shape()).c_str());
  for (const auto& [name, buffer] : buffers(net))
    std::printf("%-9s %s, a buffer\n", name.c_str(), to_string(buffer->value->shape()).c_str());
  //! [use]

  const Array x{{100, 3}, {101, 1}, {102, 0}, {103, 2}};
  Array y{-1, 0, 1, 0};
  y.reshape({4, 1});
  SGD sgd{{.learning_rate = 0.1}};
  for (int step = 0; step < 200; ++step) {
    Tape tape;
    tape.backward(mse(net(tape.input(x)), tape.input(y)), sgd);
  }
  const Array& mean = *buffers(net)[0].buffer->value;
  std::printf("running means %.1f and %.1f\n", double(mean(0)), double(mean(1)));
  return std::abs(mean(0) - 101.5) < 1e-3 && std::abs(mean(1) - 1.5) < 1e-3 ? 0 : 1;
}

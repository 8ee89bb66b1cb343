// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

int main() {
  //! [names]
  Rng rng{1};
  Sequential net{Conv2D{{.in = 1, .out = 4}, rng}, relu, flatten,
                 Sequential{Dense{{.in = 26 * 26 * 4, .out = 8}, rng}, Tanh{}},
                 Dense{{.in = 8, .out = 10, .bias = false}, rng}};
  for (const auto& [name, parameter] : parameters(net))
    std::printf("%-12s %s\n", name.c_str(), to_string(parameter->shape()).c_str());
  //! [names]

  //! [errors]
  try {
    Tape tape;
    net(tape.input(zeros({64, 14, 14, 1})));
  } catch (const ShapeError& error) {
    std::printf("in layer %s: %s\n", error.layer().c_str(), error.message().c_str());
  }
  try {
    Tape tape;
    softmax_cross_entropy(tape.input(zeros({2, 10})), std::vector<std::int32_t>{3, 10});
  } catch (const ValueError& error) {
    std::printf("%s\n", error.message().c_str());
  }
  //! [errors]

  //! [threads]
  const Array image = full({8, 28, 28, 1}, 0.5);
  Tape tape{Mode::eval};
  const Array on_all_cores = net(tape.input(image)).value();
  const ThreadLimit one{1};
  const Array on_one = net(tape.input(image)).value();
  std::printf("threads now: %d, the same bits: %s\n", int(thread_count()),
              on_one == on_all_cores ? "yes" : "no");
  //! [threads]
}

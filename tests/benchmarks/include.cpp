// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

int main() {
  xtape::Rng rng{1};
  xtape::Sequential net{xtape::Dense{{.in = 2, .out = 8}, rng}, xtape::relu,
                        xtape::Dense{{.in = 8, .out = 2}, rng}};
  xtape::Adam adam;
  xtape::Tape tape;
  const auto loss = mean(square(net(tape.input({{0, 1}, {1, 0}}))));
  tape.backward(loss, adam);
}

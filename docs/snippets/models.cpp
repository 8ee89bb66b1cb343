// SPDX-License-Identifier: MIT
// The models of the folder models/, as tables: what the gallery shows.
#include <xtape/xtape.hpp>

#include <models/models.hpp>

#include <iostream>

using namespace xtape;

int main() {
  Rng rng{1};
  for (const auto& [name, architecture] : models::by_name()) {
    Sequential net = architecture.make(rng);
    std::cout << name << '\n' << summary(net, architecture.input) << '\n';
  }
}

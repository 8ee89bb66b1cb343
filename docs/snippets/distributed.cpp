// SPDX-License-Identifier: MIT
// What docs/distributed.md shows of fit, for one process or many.
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

int main() {
  const data::ImageDataset train = data::synthetic_digits({.count = 2000, .seed = 1}),
                           test = data::synthetic_digits({.count = 500, .seed = 2});
  Rng rng{7};
  Sequential net{flatten, Dense{{.in = 784, .out = 64, .activation = Activation::relu}, rng},
                 Dropout{0.2}, Dense{{.in = 64, .out = 10}, rng}};
  Adam adam;
  //! [fit]
  distributed::World world;
  FitOptions options{.epochs = 3, .world = &world, .shards = 8, .log = nullptr};
  if (world.first()) options.on_epoch.push_back(csv_log("log.csv"));
  const History history = fit(net, train, test, options, rng, adam);
  if (world.first()) std::printf("%zu epochs on %zu ranks\n", history.epochs.size(), world.size());
  //! [fit]
}

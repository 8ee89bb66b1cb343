// SPDX-License-Identifier: MIT
// A small training, with one of each kind of state.
#pragma once

#include "files.hpp"

#include <xtape/optim.hpp>

namespace test {

/// What a checkpoint of it holds. Two of different seeds differ in all of it.
struct Training {
  explicit Training(std::uint64_t seed) : rng{seed, 3 * seed} {
    const auto fill = [&](Array& array) {
      for (Scalar& x : array.storage()) x = static_cast<Scalar>(rng.normal());
    };
    fill(model.weight.value());
    fill(model.bias.value());
    fill(average);
    adam.set_steps(seed);
    adam.set_learning_rate(1.0 / static_cast<double>(seed + 1));
    for (Parameter* parameter : unique_parameters(model))
      for (Array& array : adam.state(*parameter)) fill(array);
    best = rng.uniform();
    epoch = rng();
    losses.assign(1 + seed % 4, rng.uniform());
    checkpoint.add("adam", adam).add("rng", rng).add("best", best).add("epoch", epoch);
    checkpoint.add("losses", losses).add("average", average).set("model", "small");
  }
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;

  /// Equal in every bit.
  bool same(Training& other) {
    bool same = adam.steps() == other.adam.steps() &&
                adam.learning_rate() == other.adam.learning_rate() &&
                rng.seed() == other.rng.seed() && rng.position() == other.rng.position() &&
                best == other.best && epoch == other.epoch && losses == other.losses &&
                same_bits(average, other.average);
    const auto mine = unique_parameters(model), others = unique_parameters(other.model);
    for (std::size_t i = 0; i < mine.size(); ++i) {
      same = same && same_bits(mine[i]->value(), others[i]->value());
      for (std::size_t k = 0; k < adam.slots().size(); ++k)
        same = same && same_bits(adam.state(*mine[i])[k], other.adam.state(*others[i])[k]);
    }
    return same;
  }

  Small model;
  Adam adam;
  Rng rng;
  double best = 0;
  std::uint64_t epoch = 0;
  std::vector<double> losses;
  Array average = zeros({3});
  Checkpoint checkpoint{model};
};

}  // namespace test

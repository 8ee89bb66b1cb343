// SPDX-License-Identifier: MIT
// Any bytes as a checkpoint and as a file of weights.
#include "fuzz.hpp"
#include "memory_file.hpp"

#include <xtape/io.hpp>
#include <xtape/random.hpp>

namespace {

using namespace xtape;

struct Model {
  Parameter weight{full({2, 3}, 1)}, bias{full({3}, 2)};
  void parameters(ParameterList& list) { list("weight", weight), list("bias", bias); }
};

// One of each kind of state.
struct Training {
  Model model;
  Array moments = full({2, 3}, 3);
  Rng rng{7};
  double best = 0.5;
  std::vector<double> losses{1, 2};
  Checkpoint checkpoint{model};
  Training() {
    checkpoint.add("moments", moments).add("rng", rng).add("best", best).add("losses", losses);
    checkpoint.set("model", "tiny");
  }
};

}  // namespace

void write_seeds(const std::filesystem::path& folder) {
  Training training;
  training.checkpoint.save(folder / "checkpoint");
  save(folder / "weights", training.model);
  Checkpoint{training.model}.set("model", "tiny").save(folder / "no-state");
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file{data, size};
  Training training;
  try {
    training.checkpoint.load(file.path());
  } catch (const DataError&) {
  }
  try {
    load(file.path(), training.model);
  } catch (const DataError&) {
  }
  return 0;
}

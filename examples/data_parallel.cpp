// SPDX-License-Identifier: MIT
// A loop of one's own on several processes: `data_parallel` alone, `mpirun -n 2 data_parallel` or with `-n 4`. Each batch
// is cut into eight shards, which the processes share; the weights are the same, bit for bit, however many these are.
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

int main() {
  const data::ImageDataset train = data::synthetic_digits({.count = 2000, .seed = 1}),
                           test = data::synthetic_digits({.count = 500, .seed = 2});
  Rng rng{7};
  Sequential net{Conv2D{{.in = 1, .out = 8, .kernel = 3, .activation = Activation::relu}, rng},
                 MaxPool2D{2}, Dropout{0.25}, flatten, Dense{{.in = 13 * 13 * 8, .out = 10}, rng}};
  Adam adam{{.learning_rate = 0.004}};
  //! [loop]
  distributed::World world;
  distributed::AllReduce all_reduce{world, net, {.shards = 8}};
  for (int epoch = 1; epoch <= 3; ++epoch) {
    auto batches = data::batches(train, 64, rng);
    batches.shards(all_reduce.shards());  // of each batch, those of this process
    for (const data::Batch& batch : batches) {
      Rng own{batch.key};  // what dropout draws is the shard's, whoever has it
      Tape tape{Mode::train, own};
      const Variable loss =
          softmax_cross_entropy(net(tape.input(batch.input())), batch.target().ids());
      tape.backward(loss * batch.share, all_reduce, adam);  // a mean is the sum of its parts
    }
    if (world.first()) std::printf("epoch %d\n", epoch);
  }
  //! [loop]
  const Metrics metrics = evaluate(net, test);
  if (world.first()) std::printf("test accuracy %.3f\n", metrics["accuracy"]);
  return metrics["accuracy"] > 0.8 ? 0 : 1;
}

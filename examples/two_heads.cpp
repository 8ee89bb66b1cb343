// SPDX-License-Identifier: MIT
// A model of two inputs and two outputs, with a loss for both: from the place of a flat and what is known of it, what it
// costs and which of three kinds of people would live there. Places and people are made up.
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

//! [model]
struct Flats {
  explicit Flats(Rng& rng)
      : place{{.in = 2, .out = 16, .activation = Activation::tanh}, rng},
        facts{{.in = 3, .out = 16, .activation = Activation::tanh}, rng},
        price{{.in = 32, .out = 1}, rng},
        kind{{.in = 32, .out = 3}, rng} {}
  std::pair<Variable, Variable> operator()(const Variable& where, const Variable& what) {
    const Variable both = concatenate({place(where), facts(what)}, {.axis = 1});
    return {price(both), kind(both)};
  }
  void parameters(ParameterList& list) {
    list("place", place), list("facts", facts), list("price", price), list("kind", kind);
  }
  Dense place, facts, price, kind;
};
//! [model]

data::ArrayDataset flats(std::size_t count, Rng& rng) {
  Array where = zeros({count, 2}), what = zeros({count, 3}), price = zeros({count, 1});
  std::vector<std::int32_t> kind(count);
  for (Array* const array : {&where, &what})
    for (Scalar& x : *array) x = Scalar(2 * rng.uniform() - 1);
  for (std::size_t i = 0; i < count; ++i) {
    price(i, 0) = what(i, 0) - where(i, 0) * where(i, 0) + Scalar(0.05 * rng.normal());
    kind[i] = where(i, 1) > 0 ? 2 : what(i, 1) > what(i, 2);
  }
  return data::ArrayDataset{{.inputs = {where, what}, .targets = {price, kind}}};
}

int main() {
  Rng rng{1};
  const data::ArrayDataset train = flats(2000, rng), test = flats(500, rng);
  Flats net{rng};
  //! [task]
  const auto step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
    const auto [price, kind] = net(tape.input(batch.inputs[0]), tape.input(batch.inputs[1]));
    return {mse(price, batch.targets[0]) + softmax_cross_entropy(kind, batch.targets[1]),
            {price, kind}};
  };
  const Task task{.arrays = named_arrays(net),
                  .step = step,
                  .metrics = {mean_absolute_error(), accuracy({.output = 1, .target = 1})}};
  fit(task, train, test, {.epochs = 30, .log = nullptr}, rng, Adam{{.learning_rate = 0.01}});
  const Metrics m = evaluate(task, test);
  std::printf("error %.2f, accuracy %.2f\n", m["mean_absolute_error"], m["accuracy"]);
  //! [task]
}

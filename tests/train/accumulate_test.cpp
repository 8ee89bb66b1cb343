// SPDX-License-Identifier: MIT
// Several batches for one update of the weights, and tapes of which gradients have gradients.
#include "dataset.hpp"

#include "../directory.hpp"

#include <filesystem>

using namespace test;

BOOST_AUTO_TEST_SUITE(accumulating)

namespace {

const Circle train_set{100};  // of batches of 8, the last has 4

struct Result {
  std::vector<double> weights;
  std::size_t updates;
};

// What counts the passes over the parameters.
struct Counter : Visitor {
  void begin(std::span<Parameter* const>) override { ++passes; }
  void visit(Parameter&) override {}
  std::size_t passes = 0;
};

Result train(FitOptions options, int stop_after = 0, double dropout = 0) {
  Rng rng{5};
  Sequential net{Dense{{.in = 2, .out = 8, .activation = Activation::tanh}, rng}, Dropout{dropout},
                 Dense{{.in = 8, .out = 3}, rng}};
  Adam adam{{.learning_rate = 0.02}};
  Counter counter;
  int step = 0;
  options.log = nullptr;
  if (stop_after > 0) options.on_step = [&](const StepReport&) { return ++step < stop_after; };
  fit(net, train_set, options, rng, adam, counter);
  return {weights(net), counter.passes};
}

}  // namespace

BOOST_AUTO_TEST_CASE(small_batches_make_the_update_of_a_large_one) {
  // In one epoch: as many tapes draw as many numbers, which the next order comes behind.
  const Result whole = train({.epochs = 1, .batch_size = 24}),
               parts = train({.epochs = 1, .batch_size = 8, .accumulate = 3});
  BOOST_TEST(whole.updates == 5u);  // of 24, 24, 24, 24 and 4
  BOOST_TEST(parts.updates == whole.updates);
  for (std::size_t i = 0; i < whole.weights.size(); ++i)
    BOOST_TEST(std::abs(whole.weights[i] - parts.weights[i]) <= 2e4 * epsilon);
}

// Parameters that only some of the batches of an update use.
BOOST_AUTO_TEST_CASE(parameters_that_take_turns) {
  struct Pair {
    Parameter even{zeros({1})}, odd{zeros({1})};
    void parameters(ParameterList& list) { list("even", even), list("odd", odd); }
  } pair;
  const Task task{.arrays = named_arrays(pair),
                  .step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
                    Parameter& used = batch.number % 2 == 0 ? pair.even : pair.odd;
                    return {sum(tape.parameter(used)) * 4, {}};
                  }};
  Rng rng{1};
  for (Parameter* p : {&pair.even, &pair.odd}) p->grad() = full({1}, 100);
  SGD sgd{{.learning_rate = 1}};
  fit(task, Circle{64}, {.epochs = 1, .batch_size = 16, .accumulate = 4, .log = nullptr}, rng, sgd);
  BOOST_TEST(pair.even.value()(0) == -2);
  BOOST_TEST(pair.odd.value()(0) == -2);
}

BOOST_AUTO_TEST_CASE(a_training_goes_on_after_any_update) {
  const Directory directory;
  const FitOptions plain{.epochs = 3, .batch_size = 8, .accumulate = 3};
  const Result whole = train(plain, 0, 0.3);
  for (int stop = 1; stop < 3 * 13; ++stop) {
    FitOptions options = plain;
    options.checkpoint = {.path = directory / "run", .every_steps = 2, .resume = true};
    std::filesystem::remove(options.checkpoint.path);
    train(options, stop, 0.3);
    BOOST_TEST((train(options, 0, 0.3).weights == whole.weights), "stopped after batch " << stop);
  }
}

BOOST_AUTO_TEST_CASE(what_was_accumulated_otherwise_is_another_training) {
  const Directory directory;
  FitOptions options{.epochs = 3, .batch_size = 8, .accumulate = 3};
  options.checkpoint = {.path = directory / "run", .resume = true};
  train(options, 3);
  options.accumulate = 2;
  BOOST_CHECK_THROW(train(options), DataError);
  options.accumulate = 0;
  BOOST_CHECK_THROW(train(options), ValueError);
}

// A loss with a gradient in it.
BOOST_AUTO_TEST_CASE(a_task_may_derive) {
  Rng rng{5};
  Sequential net = small_net(rng);
  double slope = 0;
  const auto step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
    const Variable x = tape.variable(batch.inputs[0].value()), y = net(x);
    if (!tape.derives()) return {mean(square(y)), {y}};
    const Variable d = mean(square(tape.gradient(sum(y), x)));
    slope = static_cast<double>(d.item());
    return {d, {y}};
  };
  const Task task{.arrays = named_arrays(net), .step = step, .mode = Mode::derive};
  Adam adam{{.learning_rate = 0.02}};
  fit(task, train_set, {.epochs = 1, .batch_size = 16, .log = nullptr}, rng, adam);
  const double before = slope;
  fit(task, train_set, {.epochs = 10, .batch_size = 16, .log = nullptr}, rng, adam);
  BOOST_TEST(slope < before / 10);
}

BOOST_AUTO_TEST_SUITE_END()

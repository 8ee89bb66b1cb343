// SPDX-License-Identifier: MIT
// Two models that learn in turns: which optimizer has which steps.
#include "../io/files.hpp"
#include "dataset.hpp"

#include <utility>

using namespace test;

BOOST_AUTO_TEST_SUITE(turns)

namespace {

constexpr std::size_t critic_steps = 5, period = critic_steps + 1;
constexpr int epochs = 3, steps = 13;  // of batches of 8: not a multiple of the period
const Circle train_set{100};
const Schedule falling = step_decay({.learning_rate = 1e-3, .every = 2});

struct Pair {
  Sequential generator, critic;
  void parameters(ParameterList& list) { list("generator", generator), list("critic", critic); }
};

struct Result {
  std::vector<double> generator, critic;
  std::uint64_t generator_steps, critic_steps;
  std::string log;  // who has moved, step for step
};

// The critic learns in five steps, the generator in the sixth.
Task in_turns(Pair& pair) {
  return {.arrays = named_arrays(pair),
          .step = [&pair](Tape& tape, const data::Batch& batch) -> StepResult {
            const bool criticise = batch.number % period < critic_steps;
            const Frozen still{unique_parameters(criticise ? pair.generator : pair.critic)};
            const Variable real = tape.input(batch.input());
            const Variable made = pair.generator(real * 0.5);
            const Variable distance = mean(pair.critic(real)) - mean(pair.critic(made));
            return {criticise ? -distance : distance, {made}};
          }};
}

Pair make_pair(Rng& rng) {
  return {Sequential{Dense{{.in = 2, .out = 2}, rng}},
          Sequential{Dense{{.in = 2, .out = 8, .activation = Activation::tanh}, rng},
                     Dense{{.in = 8, .out = 1}, rng}}};
}

// Trains anew, as a new process would; `stop_after` steps of this process end it, 0 does not.
Result train(const CheckpointOptions& checkpoint, int stop_after = 0) {
  Rng rng{5};
  Pair pair = make_pair(rng);
  Adam of_generator{{.learning_rate = 1e-3}}, of_critic{{.learning_rate = 1e-3}};
  of_generator.set_schedule(falling);
  Result result;
  int step = 0;
  FitOptions options{.epochs = epochs, .batch_size = 8, .log = nullptr};
  options.checkpoint = checkpoint;
  auto generator = weights(pair.generator), critic = weights(pair.critic);
  options.on_step = [&](const StepReport&) {
    if (std::exchange(generator, weights(pair.generator)) != generator) result.log += 'g';
    if (std::exchange(critic, weights(pair.critic)) != critic) result.log += 'c';
    return ++step != stop_after;
  };
  fit(in_turns(pair), train_set, options, rng, only(pair.generator, of_generator),
      only(pair.critic, of_critic));
  return {weights(pair.generator), weights(pair.critic), of_generator.steps(), of_critic.steps(),
          result.log};
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_optimizer_counts_the_steps_of_its_model) {
  const Result result = train({});
  const std::string epoch = "cccccgcccccgc";
  BOOST_TEST(result.log == epoch + epoch + epoch);
  BOOST_TEST(result.generator_steps == 2u * epochs);
  BOOST_TEST(result.critic_steps == 11u * epochs);
}

// The loop that a user would write by hand, with a backward pass for one optimizer in each turn, to the bit.
BOOST_AUTO_TEST_CASE(it_is_the_loop_written_by_hand) {
  Rng rng{5};
  Pair pair = make_pair(rng);
  Adam of_generator, of_critic{{.learning_rate = 1e-3}};
  of_generator.set_schedule(falling);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    std::size_t number = 0;
    for (const auto& [points, labels] : data::batches(train_set, 8, rng)) {
      Tape tape{Mode::train, rng};
      const Variable real = tape.input(points), made = pair.generator(real * 0.5);
      const bool criticise = number++ % 6 < 5;
      const Variable seen = criticise ? made.detach() : made;
      const Variable distance = mean(pair.critic(real)) - mean(pair.critic(seen));
      if (criticise)
        tape.backward(-distance, only(pair.critic, of_critic));
      else
        tape.backward(distance, only(pair.generator, of_generator));
    }
  }
  const Result fitted = train({});
  BOOST_TEST((weights(pair.generator) == fitted.generator));
  BOOST_TEST((weights(pair.critic) == fitted.critic));
}

// One that a later step uses is found, too.
BOOST_AUTO_TEST_CASE(each_step_must_use_what_is_listed) {
  Rng rng{5};
  Pair pair = make_pair(rng);
  Task task = in_turns(pair);
  task.arrays = named_arrays(pair.critic);
  Adam adam;
  BOOST_CHECK_EXCEPTION(
      fit(task, train_set, {.batch_size = 8, .log = nullptr}, rng, adam), ValueError,
      [](const ValueError& e) {
        return e.message().starts_with("the model uses a parameter of shape (2, 2) that it does");
      });
  BOOST_TEST(adam.steps() == critic_steps);
}

BOOST_AUTO_TEST_CASE(they_are_resumed_with_the_same_bits) {
  const Result whole = train({});
  for (int stop = 1; stop < epochs * steps; ++stop) {
    const Directory directory;
    const CheckpointOptions checkpoint{.path = directory / "run", .resume = true};
    train(checkpoint, stop);
    const Result rest = train(checkpoint);
    BOOST_TEST_CONTEXT("stopped after step " << stop) {
      BOOST_TEST((rest.generator == whole.generator));
      BOOST_TEST((rest.critic == whole.critic));
      BOOST_TEST(rest.generator_steps == whole.generator_steps);
      BOOST_TEST(rest.critic_steps == whole.critic_steps);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

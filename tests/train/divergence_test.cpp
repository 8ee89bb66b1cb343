// SPDX-License-Identifier: MIT
// Trainings that diverge: fit says so, and what is not finite is never written over what is.
#include "../io/files.hpp"
#include "dataset.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(divergence)

namespace {

const Circle train_set{100}, test_set{37, 0.3};
constexpr int steps = 7;  // of an epoch, in batches of 16
const std::string hint = "; try a lower learning rate or ClipNorm; NumericsCheck finds the op";

Sequential make_net() {
  Rng rng{5};
  return Sequential{Dense{{.in = 2, .out = 4}, rng}, relu, Dense{{.in = 4, .out = 3}, rng}};
}

// Infinite once the weights are large, though they are finite still.
Task fourth_power(Sequential& net) {
  return supervised(
      net, [](const Variable& logits, const data::Batch&) { return mean(square(square(logits))); });
}

FitOptions quiet(int epochs) { return {.epochs = epochs, .batch_size = 16, .log = nullptr}; }

// A rate with which all goes well, but for one step.
Schedule too_high_in(std::uint64_t bad) {
  return [bad](std::uint64_t step) { return step == bad ? (is_double ? 1e200 : 1e30) : 1e-3; };
}

// What a training of so many epochs leaves: its error, and the weights after each step.
struct Outcome {
  std::string error;
  std::vector<std::vector<double>> weights;
};
Outcome run(Optimizer& optimizer, FitOptions options, int stop_after = 0) {
  Rng rng{1};
  Sequential net = make_net();
  Outcome outcome;
  options.on_step = [&](const StepReport&) {
    outcome.weights.push_back(weights(net));
    return static_cast<int>(outcome.weights.size()) != stop_after;
  };
  try {
    fit(fourth_power(net), train_set, test_set, options, rng, optimizer);
  } catch (const NumericsError& error) {
    outcome.error = error.message();
  }
  return outcome;
}

std::vector<double> saved_weights(const std::string& path) {
  Sequential net = make_net();
  load(path, net);
  return weights(net);
}

std::vector<std::unique_ptr<Optimizer>> optimizers() {
  std::vector<std::unique_ptr<Optimizer>> all;
  all.push_back(std::make_unique<SGD>());
  all.push_back(std::make_unique<SGD>(SGD::Options{.momentum = 0.9}));
  all.push_back(std::make_unique<RMSprop>());
  all.push_back(std::make_unique<Adam>());
  return all;
}

}  // namespace

// The step before the loss is infinite leaves weights that are finite, but no good.
BOOST_AUTO_TEST_CASE(a_checkpoint_after_each_step_is_the_last_good_one) {
  for (const auto& optimizer : optimizers()) {
    const Directory directory;
    FitOptions options = quiet(3);
    options.checkpoint = {.path = directory / "run", .every_steps = 1, .resume = true};
    optimizer->set_schedule(too_high_in(5));
    const Outcome first = run(*optimizer, options);
    BOOST_TEST(first.error == "the loss is inf after step 5 of epoch 1");
    BOOST_REQUIRE(first.weights.size() == 5u);
    BOOST_TEST((saved_weights(directory / "run") == first.weights[3]));
    // It can be gone on from, with a better rate.
    optimizer->reset();
    optimizer->set_schedule(too_high_in(0));
    const Outcome second = run(*optimizer, options);
    BOOST_TEST(second.error == "");
    BOOST_TEST(second.weights.size() == static_cast<std::size_t>(3 * steps - 4));
  }
}

BOOST_AUTO_TEST_CASE(a_checkpoint_after_each_epoch_is_the_last_good_one) {
  for (const auto& optimizer : optimizers()) {
    const Directory directory;
    FitOptions options = quiet(3);
    options.checkpoint = {.path = directory / "run"};
    optimizer->set_schedule(too_high_in(2 * steps));
    const Outcome outcome = run(*optimizer, options);
    BOOST_TEST(outcome.error == "the loss on the test set is inf after step 7 of epoch 2");
    BOOST_TEST((saved_weights(directory / "run") == outcome.weights[steps - 1]));
  }
}

BOOST_AUTO_TEST_CASE(so_is_that_of_a_training_that_is_interrupted) {
  const Directory directory;
  FitOptions options = quiet(3);
  options.checkpoint = {.path = directory / "run", .resume = true};
  SGD sgd;
  sgd.set_schedule(too_high_in(5));
  BOOST_TEST(run(sgd, options, 4).error == "");
  const std::string good = read_bytes(directory / "run");
  BOOST_TEST(run(sgd, options, 1).error == "the loss is inf after step 5 of epoch 1");
  BOOST_TEST((read_bytes(directory / "run") == good));
}

BOOST_AUTO_TEST_CASE(a_last_step_that_diverges_is_an_error) {
  const Directory directory;
  Sequential net = make_net();
  FitOptions options = quiet(2);
  int calls = 0;
  options.on_epoch = {save_best(directory / "best", net, {.monitor = "train.loss"}),
                      [&](const History&) { return ++calls > 0; }};
  Rng rng{1};
  SGD sgd;
  sgd.set_schedule(too_high_in(2 * steps));
  check_error<NumericsError>(
      [&] { fit(fourth_power(net), train_set, test_set, options, rng, sgd); },
      "[fit] the loss on the test set is inf after step 7 of epoch 2 at "
      "divergence_test.cpp:" +
          std::to_string(options.at.line()) + hint);
  BOOST_TEST(calls == 1);
  for (const double w : saved_weights(directory / "best")) BOOST_TEST(std::abs(w) < 100);
}

// A loss that does not see it, behind a ReLU.
BOOST_AUTO_TEST_CASE(so_is_a_parameter_that_is_not_finite) {
  Rng rng{1};
  Sequential net = make_net();
  Parameter& bias = *parameters(net)[1].parameter;
  FitOptions options = quiet(1);
  options.on_step = [&](const StepReport& report) {
    if (report.step == steps) bias.value().data()[0] = -infinity;
    return true;
  };
  const auto train = [&] {
    return fit(fourth_power(net), train_set, test_set, options, rng, SGD{});
  };
  BOOST_CHECK_EXCEPTION(train(), NumericsError, [](const NumericsError& error) {
    return error.message() == "the parameter 0.bias is not finite after step 7 of epoch 1";
  });
  // One that is frozen is meant so, as a mask is.
  bias.trainable = false;
  BOOST_TEST(train().epochs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_buffer_is_judged_by_the_loss) {
  struct Above {
    Buffer least;
    Variable operator()(const Variable& x) { return relu(x - x.tape().input(least.value)); }
    void parameters(ParameterList& list) { list("least", least); }
  };
  const Directory directory;
  Rng rng{1};
  Sequential net{Dense{{.in = 2, .out = 4}, rng}, Above{full({4}, infinity)},
                 Dense{{.in = 4, .out = 3}, rng}};
  FitOptions options = quiet(1);
  options.checkpoint = {.path = directory / "first", .every_steps = 1};
  const auto train = [&] {
    return fit(fourth_power(net), train_set, test_set, options, rng, SGD{});
  };
  BOOST_TEST(train().epochs.size() == 1u);  // as a mask may be
  options.checkpoint.path = directory / "run";
  options.on_step = [&](const StepReport& report) {
    if (report.step == steps) buffers(net)[0].buffer->value = full({4}, -infinity);
    return true;
  };
  BOOST_CHECK_EXCEPTION(train(), NumericsError, [](const NumericsError& error) {
    return error.message().starts_with("the loss on the test set is ");
  });
  // What was written is from before.
  buffers(net)[0].buffer->value = zeros({4});
  load(directory / "run", net);
  BOOST_TEST((*buffers(net)[0].buffer->value)(0) == infinity);
}

BOOST_AUTO_TEST_CASE(state_that_is_not_finite_is_not_written) {
  struct Memory : Visitor {
    const char* name() const noexcept override { return "memory"; }
    void visit(Parameter&) override { array.data()[1] = ++visits > 3 * 4 ? infinity : 0; }
    void state(StateList& list) override {
      list("array", array);
      list("best", best);  // a number may be infinite
    }
    Array array = zeros({2});
    double best = INFINITY;
    int visits = 0;
  };
  const Directory directory;
  Rng rng{1};
  Sequential net = make_net();
  FitOptions options = quiet(1);
  fit(fourth_power(net), train_set, test_set, options, rng, Memory{});  // nothing is to be written
  options.checkpoint = {.path = directory / "run", .every_steps = 1};
  std::size_t seen = 0;
  options.on_step = [&](const StepReport& report) { return seen = report.step, true; };
  BOOST_CHECK_EXCEPTION(fit(fourth_power(net), train_set, test_set, options, rng, Memory{}),
                        NumericsError, [](const NumericsError& error) {
                          return error.message() ==
                                 "memory's array is not finite after step 4 of epoch 1";
                        });
  BOOST_TEST(seen == 4u);
  BOOST_TEST(std::filesystem::exists(directory / "run"));
}

BOOST_AUTO_TEST_SUITE_END()

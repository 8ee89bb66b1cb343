// SPDX-License-Identifier: MIT
// Trainings that end with the weights of their best epoch.
#include "../io/files.hpp"
#include "dataset.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(restoring)

namespace {

const Circle train_set{100}, test_set{37, 0.3};

struct Result {
  std::vector<double> weights;
  std::vector<std::vector<double>> after;  // each epoch of this process
  History history;
};

// A training that at first learns and then is led astray by a rate that is too high.
Result run(FitOptions options, int stop_after = 0, const std::string& monitor = "loss") {
  Rng rng{3};
  Sequential net = small_net(rng);
  net.add(Centre{3});
  SGD sgd;
  sgd.set_schedule([](std::uint64_t step) { return step < 25 ? 0.2 : 20.0; });
  options.epochs = 6, options.batch_size = 16, options.log = nullptr;
  Result result;
  options.on_epoch = {[&](const History&) {
    result.after.push_back(weights(net));
    return true;
  }};
  int step = 0;
  if (stop_after > 0) options.on_step = [&](const StepReport&) { return ++step < stop_after; };
  Task task = classification(net);
  task.monitor = monitor;
  result.history = fit(task, train_set, test_set, options, rng, sgd);
  result.weights = weights(net);
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_best_weights_are_in_the_model_at_the_end) {
  const Result last = run({}), best = run({.restore_best = true});
  const auto epoch = static_cast<std::size_t>(best.history.best().epoch);
  BOOST_REQUIRE((epoch > 1 && epoch < 6));  // neither the first nor the last
  BOOST_TEST((best.after == last.after));   // it changes nothing before
  BOOST_TEST((last.weights == last.after.back()));
  BOOST_TEST((best.weights == last.after[epoch - 1]));
}

BOOST_AUTO_TEST_CASE(what_is_the_best_is_for_the_task_to_say) {
  const Result best = run({.restore_best = true}, 0, "train.accuracy");
  const auto epoch = static_cast<std::size_t>(best.history.best().epoch);
  BOOST_TEST(best.history.best().epoch == best.history.best("train.accuracy").epoch);
  BOOST_TEST((best.weights == best.after[epoch - 1]));
}

// The best epoch may be that of another process.
BOOST_AUTO_TEST_CASE(they_outlive_the_process) {
  const Result whole = run({.restore_best = true});
  for (const int stop : {3, 7, 24, 33, 41}) {
    const Directory directory;
    FitOptions options{.restore_best = true};
    options.checkpoint = {.path = directory / "run", .resume = true};
    const Result part = run(options, stop);
    BOOST_TEST(part.history.interrupted);
    const Result rest = run(options);
    BOOST_TEST((rest.weights == whole.weights), "stopped after step " << stop);
    BOOST_TEST((run(options).weights == whole.weights));  // it is done already
  }
}

// What goes on goes on from the last weights.
BOOST_AUTO_TEST_CASE(an_interrupted_training_has_its_last_weights) {
  const Result part = run({.restore_best = true}, 40), other = run({}, 40);
  BOOST_TEST((part.weights == other.weights));
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Trainings without a test set: they go by what the training measures.
#include "../io/files.hpp"
#include "dataset.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(without_a_test_set)

namespace {

const Circle train_set{100}, test_set{37, 0.3};

struct Result {
  std::vector<double> weights;
  std::vector<std::vector<double>> after;  // each epoch of this process
  History history;
};

// With a buffer, something random, and a rate that in the end leads astray.
template <class... TestSet>
Result run(FitOptions options, int stop_after, const TestSet&... test) {
  Rng rng{3};
  Sequential net{Dense{{.in = 2, .out = 16, .activation = Activation::tanh}, rng}, Centre{16},
                 Dropout{0.1}, Dense{{.in = 16, .out = 3}, rng}};
  SGD sgd;
  sgd.set_schedule([](std::uint64_t step) { return step < 25 ? 0.2 : 20.0; });
  options.epochs = 6, options.batch_size = 16, options.log = nullptr;
  Result result;
  options.on_epoch.emplace_back([&](const History&) {
    result.after.push_back(weights(net));
    return true;
  });
  int step = 0;
  if (stop_after > 0) options.on_step = [&](const StepReport&) { return ++step < stop_after; };
  result.history = fit(net, train_set, test..., options, rng, sgd);
  result.weights = weights(net);
  return result;
}

std::string message_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_training_is_the_same) {
  const Result with = run({}, 0, test_set), without = run({}, 0);
  BOOST_TEST((with.after == without.after));
  BOOST_REQUIRE(without.history.epochs.size() == 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    const EpochReport &a = with.history.epochs[i], &b = without.history.epochs[i];
    BOOST_TEST((a.train == b.train));
    BOOST_TEST((a.test && !b.test));
    BOOST_TEST(b.seconds.test == 0);
    BOOST_TEST(b["loss"] == b.train.loss);
    BOOST_TEST(b["accuracy"] == b.train["accuracy"]);
    BOOST_TEST(a["accuracy"] == (*a.test)["accuracy"]);
  }
  BOOST_TEST(without.history.test_seconds() == 0);
}

BOOST_AUTO_TEST_CASE(what_is_not_measured_is_told) {
  const History history = run({}, 0).history;
  BOOST_TEST(message_of([&] { history.test(); }) == "expected a test set, the training had none");
  check_error([&] { history.best("test.loss"); },
              "[best] expected a test set for test.loss, got none @; train.loss is there without "
              "one");
  check_error([&] { history.best("acc"); }, "[best] expected one of loss, accuracy, got acc @");
}

// Before the first step.
BOOST_AUTO_TEST_CASE(who_needs_a_test_set_is_told_at_once) {
  const Directory directory;
  Rng rng{1};
  Sequential net = small_net(rng);
  SGD sgd;
  const auto message = [&](const EpochCallback& callback, const std::string& monitor) {
    FitOptions options{.log = nullptr};
    options.on_epoch = {callback};
    Task task = classification(net);
    task.monitor = monitor;
    return message_of([&] { fit(task, train_set, options, rng, sgd); });
  };
  const auto needs = [](const std::string& name) {
    return "expected a test set for test." + name + ", got none";
  };
  const auto nothing = [](const History&) { return true; };
  BOOST_TEST(message(nothing, "test.accuracy") == needs("accuracy"));
  BOOST_TEST(message(early_stopping({.monitor = "test.loss"}), "loss") == needs("loss"));
  BOOST_TEST(message(reduce_on_plateau(sgd, {.monitor = "test.loss"}), "loss") == needs("loss"));
  BOOST_TEST(message(save_best(directory / "best", net, {.monitor = "test.accuracy"}), "loss") ==
             needs("accuracy"));
  BOOST_TEST(message(early_stopping({.monitor = "acc"}), "loss") ==
             "expected one of loss, accuracy, got acc");
  BOOST_TEST(sgd.steps() == 0u);
  BOOST_TEST(message(early_stopping({.monitor = "accuracy"}), "train.accuracy") == "no error");
  BOOST_TEST(sgd.steps() > 0u);
}

BOOST_AUTO_TEST_CASE(a_wrong_monitor_is_refused_where_fit_is_called) {
  Rng rng{1};
  Sequential net = small_net(rng);
  SGD sgd;
  const auto error = [&](const std::string& monitor, FitOptions options) {
    Task task = classification(net);
    task.monitor = monitor;
    options.log = nullptr;
    try {
      fit(task, train_set, options, rng, sgd);
    } catch (const ValueError& error) {
      return std::string{error.what()};
    }
    return std::string{"no error"};
  };
  const std::string unknown = "[fit] expected one of loss, accuracy, got acc at without_test_set";
  BOOST_TEST(error("acc", {}).starts_with(unknown));
  BOOST_TEST(
      error("loss", {.on_epoch = {early_stopping({.monitor = "acc"})}}).starts_with(unknown));
  BOOST_TEST(error("test.loss", {})
                 .starts_with("[fit] expected a test set for test.loss, got none at without_test"));
}

BOOST_AUTO_TEST_CASE(the_best_epoch_is_that_of_the_training) {
  const Result best = run({.restore_best = true}, 0);
  std::size_t least = 0;
  for (std::size_t i = 1; i < 6; ++i)
    if (best.history.epochs[i].train.loss < best.history.epochs[least].train.loss) least = i;
  BOOST_REQUIRE((least > 0 && least < 5));
  BOOST_TEST(best.history.best().epoch == static_cast<int>(least) + 1);
  BOOST_TEST((best.weights == best.after[least]));

  FitOptions patient;
  patient.on_epoch = {early_stopping({.patience = 1})};
  const History stopped = run(patient, 0).history;
  BOOST_TEST(stopped.stopped);
  BOOST_TEST(stopped.epochs.size() == least + 2);
}

BOOST_AUTO_TEST_CASE(it_is_resumed_with_the_same_bits) {
  const Result whole = run({.restore_best = true}, 0);
  for (const int stop : {1, 6, 7, 8, 24, 33, 41}) {
    const Directory directory;
    FitOptions options{.restore_best = true};
    options.checkpoint = {.path = directory / "run", .resume = true};
    BOOST_TEST(run(options, stop).history.interrupted);
    const Result rest = run(options, 0);
    BOOST_TEST((rest.weights == whole.weights), "stopped after step " << stop);
    BOOST_REQUIRE(rest.history.epochs.size() == 6u);
    for (std::size_t i = 0; i < 6; ++i) {
      BOOST_TEST((rest.history.epochs[i].train == whole.history.epochs[i].train));
      BOOST_TEST(!rest.history.epochs[i].test);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_checkpoint_is_with_or_without) {
  const Directory directory;
  FitOptions options;
  options.checkpoint = {.path = directory / "run", .resume = true};
  run(options, 9);
  BOOST_TEST(message_of([&] { run(options, 0, test_set); }) ==
             options.checkpoint.path + ": it was written with test set = no, not yes");
}

BOOST_AUTO_TEST_CASE(a_table_has_no_columns_of_it) {
  const Directory directory;
  FitOptions options;
  options.on_epoch = {csv_log(directory / "log.csv"), event_log(directory / "events")};
  const History history = run(options, 0).history;
  const std::string table = read_bytes(directory / "log.csv");
  BOOST_TEST(table.substr(0, table.find('\n')) ==
             "epoch,train_loss,train_accuracy,data_seconds,forward_seconds,backward_seconds,"
             "update_seconds,samples_per_second");
  BOOST_TEST(std::ranges::count(table, '\n') == 7);
  BOOST_TEST(std::ranges::count(table, ',') == 7 * 7);
  std::string events;
  for (const auto& entry : std::filesystem::directory_iterator{directory / "events"})
    events += read_bytes(entry.path());
  BOOST_TEST(events.find("train/accuracy") != std::string::npos);
  BOOST_TEST(events.find("test/") == std::string::npos);
}

// The last step leaves weights that are finite, and a loss that is not: with a test set it is found there.
BOOST_AUTO_TEST_CASE(the_loss_that_comes_next_is_looked_at) {
  const Directory directory;
  Rng rng{1};
  Sequential net{Dense{{.in = 2, .out = 3}, rng}};
  const Task task = supervised(
      net, [](const Variable& y, const data::Batch&) { return mean(square(square(y))); });
  SGD sgd;
  sgd.set_schedule([](std::uint64_t step) { return step < 14 ? 1e-3 : is_double ? 1e200 : 1e30; });
  FitOptions options{.epochs = 3, .batch_size = 16, .log = nullptr};
  options.checkpoint = {.path = directory / "run"};
  int asked = 0;
  options.on_epoch = {[&](const History&) { return ++asked > 0; }};
  BOOST_TEST(message_of([&] { fit(task, train_set, options, rng, sgd); }) ==
             "the loss is inf after step 7 of epoch 2");
  BOOST_TEST(asked == 1);
  Sequential saved{Dense{{.in = 2, .out = 3}, rng}};
  load(options.checkpoint.path, saved);
  BOOST_TEST(std::isfinite(
      evaluate(supervised(saved, [](const Variable& y,
                                    const data::Batch&) { return mean(square(square(y))); }),
               train_set)
          .loss));
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Ready callbacks, on histories made by hand and in a training.
#include "../io/files.hpp"
#include "../timing.hpp"
#include "dataset.hpp"
#include "histories.hpp"

#include <numeric>

using namespace test;

BOOST_AUTO_TEST_SUITE(callbacks)

namespace {

// The epoch after which the callback ends a training of these, 0 if none.
int stop_epoch(const EpochCallback& callback, const History& history) {
  for (std::size_t n = 1; n <= history.epochs.size(); ++n)
    if (!callback(first(history, n))) return static_cast<int>(n);
  return 0;
}

// What calls of the callback after each epoch leave as the learning rate.
std::vector<double> rates_of(const EpochCallback& callback, const SGD& sgd,
                             const History& history) {
  std::vector<double> rates;
  for (std::size_t n = 1; n <= history.epochs.size(); ++n) {
    BOOST_TEST(callback(first(history, n)));
    rates.push_back(sgd.learning_rate());
  }
  return rates;
}

const Circle train{100}, validation{37, 0.3};

}  // namespace

BOOST_AUTO_TEST_CASE(the_best_epoch) {
  const History h = history_of({3, 1, NAN, 1, 2}, {0.1, 0.2, 0.9, NAN, 0.9});
  BOOST_TEST(h.best("test.loss").epoch == 2);
  BOOST_TEST(h.best("train.loss").epoch == 2);
  BOOST_TEST(h.best("accuracy").epoch == 3);
  BOOST_TEST(h.best("train.accuracy").epoch == 3);
  History mixed = h;
  mixed.epochs[4].train = measured(0.5, 0.95, 100);
  BOOST_TEST(mixed.best("train.loss").epoch == 5);
  BOOST_TEST(mixed.best("train.accuracy").epoch == 5);
  BOOST_TEST(mixed.best("test.loss").epoch == 2);
  BOOST_TEST(&h.best("test.loss") == &h.epochs[1]);
}

BOOST_AUTO_TEST_CASE(no_epoch_is_the_best) {
  const History empty, bad = history_of({NAN, INFINITY});
  check_error([&] { empty.best("test.loss"); }, "[best] the history has no epochs @");
  check_error([&] { bad.best("test.loss"); }, "[best] no epoch has a number that is finite @");
}

BOOST_AUTO_TEST_CASE(early_stopping_waits_as_long_as_it_is_told) {
  const History h = history_of({5, 4, 4, 4.5, 3.9, 3.8, 3.8, 3.8, 4});
  BOOST_TEST(stop_epoch(early_stopping(), h) == 9);
  BOOST_TEST(stop_epoch(early_stopping({.patience = 1}), h) == 3);
  BOOST_TEST(stop_epoch(early_stopping({.patience = 2}), h) == 4);
  BOOST_TEST(stop_epoch(early_stopping({.patience = 4}), h) == 0);
  // Of 4 only 3.8 is better by more than 0.1.
  BOOST_TEST(stop_epoch(early_stopping({.patience = 4, .min_delta = 0.1}), h) == 0);
  BOOST_TEST(stop_epoch(early_stopping({.patience = 3, .min_delta = 0.15}), h) == 5);
  BOOST_TEST(stop_epoch(early_stopping({.patience = 4, .min_delta = 0.5}), h) == 6);
}

BOOST_AUTO_TEST_CASE(early_stopping_on_the_other_numbers) {
  const History h = history_of({1, 2, 3, 4}, {0.5, 0.6, 0.6, 0.6});
  const auto stop = [&](const char* monitor) {
    return stop_epoch(early_stopping({.monitor = monitor, .patience = 2}), h);
  };
  BOOST_TEST(stop("test.loss") == 3);
  BOOST_TEST(stop("train.loss") == 3);
  BOOST_TEST(stop("accuracy") == 4);
  BOOST_TEST(stop("train.accuracy") == 4);
}

BOOST_AUTO_TEST_CASE(nan_is_no_progress) {
  BOOST_TEST(stop_epoch(early_stopping({.patience = 2}), history_of({NAN, NAN, 1})) == 2);
  BOOST_TEST(stop_epoch(early_stopping({.patience = 2}), history_of({2, NAN, 1, NAN, NAN})) == 5);
}

BOOST_AUTO_TEST_CASE(early_stopping_ends_a_training) {
  Rng rng{1};
  Sequential net = small_net(rng);
  SGD still{{.learning_rate = 0}};
  FitOptions options{.epochs = 50, .log = nullptr};
  options.on_epoch = {early_stopping({.patience = 4})};
  const History h = fit(net, train, validation, options, rng, still);
  BOOST_TEST(h.stopped);
  BOOST_TEST(h.epochs.size() == 5u);
}

// Keras' ReduceLROnPlateau, as a loop with a state.
BOOST_AUTO_TEST_CASE(reduce_on_plateau_is_that_of_keras) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng{seed};
    std::vector<double> losses;
    for (int i = 0; i < 60; ++i) losses.push_back(1 / (1 + 0.05 * i) + 0.1 * rng.uniform());
    const ReduceOnPlateauOptions o{
        .factor = 0.3, .patience = 3, .min_delta = 0.01, .min_rate = 0.02};
    std::vector<double> expected;
    double rate = 0.5, best = INFINITY;
    int wait = 0;
    for (double loss : losses) {
      if (loss < best - o.min_delta) {
        best = loss;
        wait = 0;
      } else if (++wait >= o.patience && rate > o.min_rate) {
        rate = std::max(rate * o.factor, o.min_rate);
        wait = 0;
      }
      expected.push_back(rate);
    }
    SGD sgd{{.learning_rate = 0.5}};
    const EpochCallback callback = reduce_on_plateau(sgd, o);
    BOOST_TEST(rates_of(callback, sgd, history_of(losses)) == expected);
    BOOST_TEST(expected.back() < 0.5);
  }
}

// A callback is asked twice about an epoch if a training was stopped or failed there, and is resumed.
BOOST_AUTO_TEST_CASE(the_end_of_a_plateau_counts_once_and_never_raises_the_rate) {
  const History h = history_of({1, 1, 1, 1, 1});
  SGD sgd{{.learning_rate = 8}};
  const EpochCallback callback = reduce_on_plateau(sgd, {.factor = 0.5, .patience = 2});
  for (const auto& [epochs, rate] : {std::pair{1, 8.0},
                                     {2, 8.0},
                                     {3, 4.0},
                                     {3, 4.0},
                                     {4, 4.0},
                                     {5, 2.0},
                                     {5, 2.0},
                                     {3, 2.0},
                                     {0, 2.0}}) {
    callback(first(h, static_cast<std::size_t>(epochs)));
    BOOST_TEST(sgd.learning_rate() == rate);
  }
  sgd.set_learning_rate(1);
  for (int epochs = 1; epochs <= 5; ++epochs) callback(first(h, static_cast<std::size_t>(epochs)));
  BOOST_TEST(sgd.learning_rate() == 1);
  sgd.set_schedule([](std::uint64_t) { return 0.1; });
  BOOST_CHECK_THROW(callback(h), ValueError);
}

BOOST_AUTO_TEST_CASE(a_rate_below_the_lowest_stays) {
  SGD sgd{{.learning_rate = 0.01}};
  const EpochCallback callback = reduce_on_plateau(sgd, {.patience = 1, .min_rate = 0.1});
  BOOST_TEST(rates_of(callback, sgd, history_of({1, 1, 1})) == std::vector<double>(3, 0.01));
}

BOOST_AUTO_TEST_CASE(options_out_of_their_range) {
  SGD sgd;
  check_error([] { early_stopping({.patience = 0}); },
              "[early_stopping] patience must be at least 1, got 0 @");
  check_error([] { early_stopping({.min_delta = -1}); },
              "[early_stopping] min_delta must be finite and at least 0, got -1 @");
  check_error([&] { reduce_on_plateau(sgd, {.factor = 1}); },
              "[reduce_on_plateau] factor must be in (0, 1), got 1 @");
  check_error([&] { reduce_on_plateau(sgd, {.patience = -3}); },
              "[reduce_on_plateau] patience must be at least 1, got -3 @");
  check_error([&] { reduce_on_plateau(sgd, {.min_delta = NAN}); },
              "[reduce_on_plateau] min_delta must be finite and at least 0, got nan @");
  check_error([&] { reduce_on_plateau(sgd, {.min_rate = -1}); },
              "[reduce_on_plateau] min_rate must be finite and at least 0, got -1 @");
  sgd.set_schedule(constant_rate(1));
  check_error([&] { reduce_on_plateau(sgd); },
              "[reduce_on_plateau] the optimizer has a schedule, which sets the rate of each "
              "step @");
}

BOOST_AUTO_TEST_CASE(the_best_weights_are_saved) {
  const Directory directory;
  Small net, loaded;
  const EpochCallback callback = save_best(directory / "best.safetensors", net);
  BOOST_TEST(directory.files() == 0u);
  const History h = history_of({NAN, 3, 4, 2, NAN, 2, 1});
  const int saved[] = {0, 2, 2, 4, 4, 4, 7};  // the epoch whose weights are in the file
  for (std::size_t n = 1; n <= 7; ++n) {
    net.bias.value().data()[0] = static_cast<Scalar>(n);
    BOOST_TEST(callback(first(h, n)));
    BOOST_TEST(directory.files() == (n == 1 ? 0u : 1u));
    if (n == 1) continue;
    load(directory / "best.safetensors", loaded);
    BOOST_TEST(loaded.bias.value()(0) == saved[n - 1]);
  }
  BOOST_TEST(callback({}));
  // By another number, another epoch is the best.
  const EpochCallback other =
      save_best(directory / "best.safetensors", net, {.monitor = "accuracy"});
  net.bias.value().data()[0] = 100;
  other(history_of({1, 2}, {0.5, 0.4}));
  load(directory / "best.safetensors", loaded);
  BOOST_TEST(loaded.bias.value()(0) == 7);
  other(history_of({1, 2}, {0.5, 0.6}));
  load(directory / "best.safetensors", loaded);
  BOOST_TEST(loaded.bias.value()(0) == 100);
}

// What is kept from call to call changes nothing: each history is judged as by a new callback.
BOOST_AUTO_TEST_CASE(a_callback_may_see_any_history_after_any_other) {
  const std::vector<History> histories = {
      history_of({3, 2, 2}),           history_of({3, 2, 2, 2}),
      history_of({3, 2, 2, 2, 1}),     history_of({3, 2}),
      history_of({1, 2, 2}),           history_of({1, 2, 2, NAN}),
      history_of({1, 2, 2, NAN, 0.5}), history_of({}),
      history_of({4, 3, 2, 1})};
  const auto stops = [] { return early_stopping({.patience = 2}); };
  const EpochCallback kept = stops();
  Small net;
  const Directory directory;
  const std::string path = directory / "best";
  const auto saves = [&](const EpochCallback& callback, const History& h) {
    std::filesystem::remove(path);
    callback(h);
    return std::filesystem::exists(path);
  };
  const EpochCallback kept_best = save_best(path, net);
  SGD sgd{{.learning_rate = 1}};
  const EpochCallback kept_rate = reduce_on_plateau(sgd, {.patience = 2});
  const auto rate = [&](const EpochCallback& callback, const History& h) {
    sgd.set_learning_rate(1);
    callback(h);
    return sgd.learning_rate();
  };
  for (const History& a : histories)
    for (const History& b : histories)
      for (const History* h : {&a, &b}) {
        BOOST_TEST(kept(*h) == stops()(*h));
        BOOST_TEST(saves(kept_best, *h) == saves(save_best(path, net), *h));
        const double found = rate(kept_rate, *h);
        sgd.set_learning_rate(1);
        BOOST_TEST(found == rate(reduce_on_plateau(sgd, {.patience = 2}), *h));
      }
}

// Eight times as many epochs take far less than 64 times as long.
BOOST_AUTO_TEST_CASE(late_epochs_take_no_longer_than_early_ones) {
  constexpr std::size_t few = 4000, many = 8 * few;
  std::vector<double> losses(many);
  std::iota(losses.begin(), losses.end(), 1);  // one plateau, from the first on
  const History whole = history_of(losses);
  const auto epochs = [&](auto make, std::size_t count) {
    return [&, make, count] {
      const EpochCallback callback = make();
      History history;
      while (history.epochs.size() < count) {
        history.epochs.push_back(whole.epochs[history.epochs.size()]);
        callback(history);
      }
    };
  };
  const auto check = [&](auto make) {
    BOOST_TEST(time_ratio(epochs(make, many), epochs(make, few), 30) < 30);
  };
  SGD sgd;
  check([] { return early_stopping({.patience = 2 * many}); });
  check([&] { return reduce_on_plateau(sgd, {.patience = 2 * many}); });
}

BOOST_AUTO_TEST_CASE(a_path_that_cannot_be_written_is_found_at_once) {
  const Directory directory;
  Small net;
  const std::string path = directory / "none/file", reason = "No such file or directory";
  BOOST_TEST(data_error([&] { csv_log(path); }) ==
             "[csv_log] cannot write " + path + ": " + reason);
  BOOST_TEST(data_error([&] { save_best(path, net); }) ==
             "[save_best] cannot write " + path + ": " + reason);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Trainings that are interrupted and resumed: they end with the same bits as one that never stopped.
#include "../io/child.hpp"
#include "../io/files.hpp"
#include "dataset.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(resuming)

namespace {

const Circle train_set{100}, test_set{37, 0.3};
constexpr int epochs = 3, steps = 7;  // of batches of 16

// With a buffer, and something random.
Sequential make_net(Rng& rng) {
  return Sequential{Dense{{.in = 2, .out = 16, .activation = Activation::tanh}, rng}, Centre{16},
                    Dropout{0.3}, Dense{{.in = 16, .out = 3}, rng}};
}

// What a training has come to.
struct Result {
  std::vector<double> weights;
  History history;
  std::uint64_t position;  // of the random numbers
};

// Trains anew, as a new process would; `stop_after` steps of this process end it, 0 does not.
Result train(const CheckpointOptions& checkpoint, int stop_after = 0, std::FILE* log = nullptr) {
  Rng rng{5};
  Sequential net = make_net(rng);
  Adam adam{{.learning_rate = 0.02}};
  int step = 0;
  FitOptions options{.epochs = epochs, .batch_size = 16, .log = log};
  options.checkpoint = checkpoint;
  if (stop_after > 0) options.on_step = [&](const StepReport&) { return ++step < stop_after; };
  History history = fit(net, train_set, test_set, options, rng, ClipNorm{1}, adam);
  return {weights(net), std::move(history), rng.position()};
}

void check_same(const Result& a, const Result& b) {
  BOOST_TEST((a.weights == b.weights));
  BOOST_TEST(a.position == b.position);
  BOOST_REQUIRE(a.history.epochs.size() == b.history.epochs.size());
  for (std::size_t i = 0; i < a.history.epochs.size(); ++i) {
    const EpochReport &x = a.history.epochs[i], &y = b.history.epochs[i];
    BOOST_TEST(x.epoch == y.epoch);
    BOOST_TEST(x.train.loss == y.train.loss);
    BOOST_TEST(x["train.accuracy"] == y["train.accuracy"]);
    BOOST_TEST(x.train.samples == y.train.samples);
    BOOST_TEST(x.test->loss == y.test->loss);
    BOOST_TEST(x["test.accuracy"] == y["test.accuracy"]);
    BOOST_TEST(x.test->samples == y.test->samples);
    BOOST_TEST(y.seconds.train() > 0);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(after_any_step) {
  const Directory directory;
  const Result whole = train({});
  for (int stop = 1; stop < epochs * steps; ++stop) {
    BOOST_TEST_CONTEXT("stopped after step " << stop) {
      const CheckpointOptions checkpoint{.path = directory / "run", .resume = true};
      std::filesystem::remove(checkpoint.path);
      const Result part = train(checkpoint, stop);
      BOOST_TEST(part.history.interrupted);
      BOOST_TEST(!part.history.stopped);
      BOOST_TEST(part.history.epochs.size() == static_cast<std::size_t>((stop - 1) / steps));
      const Result rest = train(checkpoint);
      BOOST_TEST(!rest.history.interrupted);
      check_same(whole, rest);
    }
  }
}

// What a dataset draws anew in each epoch is drawn again.
BOOST_AUTO_TEST_CASE(with_samples_that_are_drawn) {
  struct Noisy : Circle {
    using Circle::Circle;
    void gather(std::span<const std::uint32_t> indices, data::Batch& batch,
                Rng& rng) const override {
      Circle::gather(indices, batch, rng);
      for (Scalar& x : batch.inputs[0].numbers()) x += static_cast<Scalar>(0.1 * rng.normal());
    }
  };
  const Noisy noisy{100};
  const auto run = [&](const CheckpointOptions& checkpoint, int stop_after, bool drop_last) {
    Rng rng{5};
    Sequential net = small_net(rng);
    FitOptions options{.epochs = epochs, .batch_size = 16, .drop_last = drop_last, .log = nullptr};
    options.checkpoint = checkpoint;
    int step = 0;
    options.on_step = [&](const StepReport&) { return ++step != stop_after; };
    fit(net, noisy, test_set, options, rng, SGD{{.learning_rate = 0.1}});
    return weights(net);
  };
  for (const bool drop_last : {false, true}) {
    const auto whole = run({}, 0, drop_last);
    for (const int stop : {1, 6, 7, 8, 17}) {
      const Directory directory;
      const CheckpointOptions checkpoint{.path = directory / "run", .resume = true};
      run(checkpoint, stop, drop_last);
      BOOST_TEST((run(checkpoint, 0, drop_last) == whole), "stopped after step " << stop);
    }
  }
}

BOOST_AUTO_TEST_CASE(again_and_again) {
  const Directory directory;
  const CheckpointOptions checkpoint{.path = directory / "run", .resume = true};
  int runs = 1;
  Result last = train(checkpoint, 2);
  for (; last.history.interrupted; ++runs) last = train(checkpoint, 2);
  BOOST_TEST(runs == epochs * steps / 2 + 1);
  check_same(train({}), last);
}

// A process that is killed between two checkpoints does some steps twice.
BOOST_AUTO_TEST_CASE(from_an_older_checkpoint) {
  const Directory directory;
  const CheckpointOptions every_third{.path = directory / "run", .every_steps = 3, .resume = true};
  struct Kill {};
  const auto killed_at = [&](int step) {
    Rng rng{5};
    Sequential net = make_net(rng);
    Adam adam{{.learning_rate = 0.02}};
    FitOptions options{.epochs = epochs, .batch_size = 16, .log = nullptr};
    options.checkpoint = every_third;
    options.on_step = [&](const StepReport&) -> bool { return --step > 0 ? true : throw Kill{}; };
    BOOST_CHECK_THROW(fit(net, train_set, test_set, options, rng, ClipNorm{1}, adam), Kill);
  };
  killed_at(5);   // the checkpoint is of step 3
  killed_at(11);  // of epoch 2, step 6
  check_same(train({}), train(every_third));
}

BOOST_AUTO_TEST_CASE(a_training_that_is_done_stays_so) {
  const Directory directory;
  const CheckpointOptions checkpoint{.path = directory / "run", .resume = true};
  const Result whole = train(checkpoint);
  check_same(whole, train(checkpoint));
  check_same(whole, train({}));
}

BOOST_AUTO_TEST_CASE(without_resume_there_must_be_none) {
  const Directory directory;
  const std::string path = directory / "run";
  train({.path = path}, 4);
  const std::string before = read_bytes(path);
  BOOST_CHECK_EXCEPTION(train({.path = path}), ValueError, [&](const ValueError& error) {
    return error.message() == "the checkpoint " + path + " is there already";
  });
  BOOST_TEST(read_bytes(path) == before);
  BOOST_CHECK_THROW(train({.resume = true}), ValueError);
  BOOST_CHECK_THROW(train({.every_steps = 3}), ValueError);
  const std::string nowhere = directory / "nowhere/run";
  BOOST_CHECK_EXCEPTION(train({.path = nowhere}), DataError, [&](const DataError& error) {
    return std::string_view{error.what()}.starts_with("[fit] cannot write " + nowhere +
                                                      ": No such file or directory at ");
  });
}

// What a callback throws comes through, but nothing is lost: the next run asks all callbacks again.
BOOST_AUTO_TEST_CASE(a_callback_that_throws_is_called_again) {
  const Directory directory;
  struct Full {};
  bool full = true;
  std::vector<std::size_t> seen, seen_by_second;
  const auto run = [&] {
    Rng rng{5};
    Sequential net = small_net(rng);
    SGD sgd{{.learning_rate = 0.1}};
    FitOptions options{.epochs = 4, .batch_size = 16, .log = nullptr};
    options.checkpoint = {.path = directory / "run", .resume = true};
    options.on_epoch = {[&](const History& h) {
                          if (full && h.epochs.size() == 2) throw Full{};
                          seen.push_back(h.epochs.size());
                          return true;
                        },
                        [&](const History& h) {
                          seen_by_second.push_back(h.epochs.size());
                          return true;
                        }};
    return fit(net, train_set, test_set, options, rng, sgd);
  };
  BOOST_CHECK_THROW(run(), Full);
  full = false;
  BOOST_TEST(run().epochs.size() == 4u);
  BOOST_TEST(seen == (std::vector<std::size_t>{1, 2, 3, 4}), boost::test_tools::per_element());
  BOOST_TEST(seen_by_second == (std::vector<std::size_t>{1, 2, 2, 3, 4}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_callback_that_ended_it_is_asked_again) {
  const Directory directory;
  Rng rng{5};
  Sequential net = small_net(rng);
  FitOptions options{.epochs = 5, .batch_size = 16, .log = nullptr};
  options.checkpoint = {.path = directory / "run", .resume = true};
  int calls = 0;
  options.on_epoch = {[&](const History& h) { return ++calls, h.epochs.size() < 2; }};
  BOOST_TEST(fit(net, train_set, test_set, options, rng, SGD{}).stopped);
  const History again = fit(net, train_set, test_set, options, rng, SGD{});
  BOOST_TEST(again.stopped);
  BOOST_TEST(again.epochs.size() == 2u);
  BOOST_TEST(calls == 3);
  options.on_epoch = {};  // nobody minds any more
  BOOST_TEST(fit(net, train_set, test_set, options, rng, SGD{}).epochs.size() == 5u);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Directory directory;
  const std::string path = directory / "run";
  train({.path = path, .settings = {{"model", "small"}}});
  const auto message = [&](const CheckpointOptions& checkpoint) -> std::string {
    try {
      train(checkpoint);
    } catch (const DataError& error) {
      return error.what();
    }
    return {};
  };
  const std::string other =
      message({.path = path, .resume = true, .settings = {{"model", "large"}}});
  BOOST_TEST(other.find("small") != std::string::npos, other);
  BOOST_TEST(other.find("large") != std::string::npos, other);
  write_bytes(path, "not a checkpoint");
  BOOST_TEST(message({.path = path, .resume = true}) != "");
}

// The log of a program whose reader has ended, such as `head -1`, kills it: after the checkpoint of the epoch.
BOOST_AUTO_TEST_CASE(an_epoch_is_saved_before_it_is_shown) {
  const Directory directory;
  Child child{[&]() -> std::string {
    int ends[2];
    if (::pipe(ends) != 0) return "no pipe";
    ::close(ends[0]);
    ::signal(SIGPIPE, SIG_DFL);
    train({.path = directory / "run"}, 0, ::fdopen(ends[1], "w"));
    return "it came to its end";
  }};
  child.result();
  std::vector<std::size_t> seen;
  Rng rng{5};
  Sequential net = make_net(rng);
  FitOptions options{.epochs = epochs, .batch_size = 16, .log = nullptr};
  options.checkpoint = {.path = directory / "run", .resume = true};
  options.on_epoch = {[&](const History& h) { return seen.push_back(h.epochs.size()), true; }};
  Adam adam{{.learning_rate = 0.02}};
  fit(net, train_set, test_set, options, rng, ClipNorm{1}, adam);
  BOOST_TEST(seen == (std::vector<std::size_t>{2, 3}), boost::test_tools::per_element());
}

// Each would overwrite what the other has.
BOOST_AUTO_TEST_CASE(two_trainings_of_one_checkpoint) {
  const Directory directory;
  const std::string path = directory / "run";
  for (const bool resume : {false, true}) {
    Child child{[&]() -> std::string {
      Rng rng{5};
      Sequential net = small_net(rng);
      FitOptions options{.epochs = 2, .batch_size = 16, .log = nullptr};
      options.checkpoint = {.path = path, .resume = resume};
      options.on_step = [](const StepReport& step) {
        if (step.epoch == 2) ::raise(SIGSTOP);
        return true;
      };
      fit(net, train_set, test_set, options, rng, SGD{});
      return {};
    }};
    BOOST_REQUIRE(child.stopped());
    const std::string before = read_bytes(path);
    BOOST_CHECK_EXCEPTION(
        train({.path = path, .resume = resume}), DataError, [&](const DataError& error) {
          return error.message() == "another training writes the checkpoint " + path;
        });
    BOOST_TEST(read_bytes(path) == before);
    child.kill();
  }
  std::filesystem::remove(path);
  BOOST_TEST(train({.path = path}).history.epochs.size() == 3u);  // nothing is left of the lock
  BOOST_TEST(directory.files() == 1u);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_does_not_end_the_training) {
  const Directory directory;
  std::filesystem::create_directory(directory / "file");
  std::FILE* const log = std::tmpfile();
  Rng rng{5};
  Sequential net = make_net(rng);
  Adam adam{{.learning_rate = 0.02}};
  FitOptions options{.epochs = epochs, .batch_size = 16, .log = log};
  options.checkpoint = {.path = directory / "file/run", .every_steps = 2};
  options.on_step = [&](const StepReport&) {
    std::filesystem::remove_all(directory / "file");  // as a disk that was taken away
    return true;
  };
  History history = fit(net, train_set, test_set, options, rng, ClipNorm{1}, adam);
  const Result result{weights(net), std::move(history), rng.position()};
  check_same(train({}), result);
  BOOST_TEST(result.history.checkpoint_error.find("file/run") != std::string::npos);
  std::rewind(log);
  std::string text(10'000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), log));
  std::fclose(log);
  BOOST_TEST(text.find("file/run") != std::string::npos, text);
  BOOST_TEST(text.find("the training goes on") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_state_that_cannot_be) {
  const Directory directory;
  const CheckpointOptions checkpoint{.path = directory / "run", .resume = true};
  train(checkpoint, steps + 3);
  const std::string good = read_bytes(checkpoint.path);
  const auto refuse = [&](const std::string& name, auto element, const std::string& what) {
    write_bytes(checkpoint.path, with_first(good, "training." + name, element));
    BOOST_CHECK_EXCEPTION(train(checkpoint), DataError, [&](const DataError& error) {
      BOOST_TEST(error.what() == "[load] " + checkpoint.path + ": training." + what);
      return true;
    });
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::uint64_t most = ~std::uint64_t{0};
  refuse("visitor.1.adam.learning_rate", nan,
         "visitor.1.adam.learning_rate is nan, expected a finite number of at least 0");
  refuse("visitor.1.adam.steps", most,
         "visitor.1.adam.steps is 18446744073709551615, expected at most 9007199254740992");
  refuse("fit.step", std::uint64_t{8}, "fit.step is 8, expected at most 7");
  refuse("fit.step", most, "fit.step is 18446744073709551615, expected at most 7");
  refuse("fit.step", std::uint64_t{2}, "fit.samples is 48, expected 32");
  refuse("fit.samples", std::uint64_t{47}, "fit.samples is 47, expected 48");
  refuse("fit.terms", std::uint64_t{0}, "fit.terms is 0, of 48 samples");
  refuse("fit.accuracy", 49.0, "fit.accuracy is 49, of 48 terms");
  refuse("fit.accuracy", -1.0, "fit.accuracy is -1, of 48 terms");
  refuse("fit.accuracy", nan, "fit.accuracy is nan, of 48 terms");
  refuse("fit.loss", nan, "fit.loss is nan, expected a finite number");
  refuse("fit.seconds.update", -1.0,
         "fit.seconds.update is -1, expected a finite number of at least 0");
  refuse("fit.called_back", std::uint64_t{2}, "fit.called_back is 2, expected at most 1");
  refuse("fit.history.test.accuracy", 1.5, "fit.history.test.accuracy has 1.5, which cannot be");
  refuse("fit.history.train.accuracy", nan, "fit.history.train.accuracy has nan, which cannot be");
  refuse("fit.history.seconds.test", -1.0, "fit.history.seconds.test has -1, which cannot be");
  write_bytes(checkpoint.path, good);
  check_same(train({}), train(checkpoint));
}

// As of the other visitors that have one.
BOOST_AUTO_TEST_CASE(a_visitor_with_a_state_that_cannot_be) {
  const Directory directory;
  const std::string path = directory / "run";
  Parameter weight{full({2}, 1)};
  SGD sgd;
  UpdateStatistics statistics{sgd, {.every = 1}};
  WeightAverage average;
  for (int i = 0; i < 3; ++i) {
    Parameter* const all[] = {&weight};
    walk(all, statistics), walk(all, average);
  }
  Checkpoint checkpoint{std::vector<NamedArray>{{"w", &weight}}};
  checkpoint.add("s", statistics).add("a", average);
  checkpoint.save(path);
  const std::string good = read_bytes(path);
  const auto refuse = [&](const std::string& name, auto element, const std::string& what) {
    write_bytes(path, with_first(good, "training." + name, element));
    BOOST_CHECK_EXCEPTION(checkpoint.load(path), DataError, [&](const DataError& error) {
      BOOST_TEST(error.what() == "[load] " + path + ": training." + what);
      return true;
    });
  };
  refuse("s.sampled_steps", 0.0, "s.sampled_steps has 0, of 3 steps");
  refuse("s.sampled_steps", 1.5, "s.sampled_steps has 1.5, of 3 steps");
  refuse("s.sampled_steps", 1e300, "s.sampled_steps has 1e+300, of 3 steps");
  refuse("s.sampled_steps", std::numeric_limits<double>::quiet_NaN(),
         "s.sampled_steps has nan, of 3 steps");
  refuse("s.steps", std::uint64_t{2}, "s.sampled_steps has 3, of 2 steps");
  refuse("a.w.visits", std::uint64_t{4}, "a.w.visits is 4, after 3 steps");
  refuse("a.steps", ~std::uint64_t{0},
         "a.steps is 18446744073709551615, expected at most 9007199254740992");
  BOOST_TEST(statistics.samples().size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// The training loop: that it learns, what it measures, and in which order it does what.
#include "dataset.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(fitting)

namespace {

const Circle train{100}, validation{37, 0.3};

}  // namespace

BOOST_AUTO_TEST_CASE(it_learns) {
  Rng rng{1};
  Sequential net = small_net(rng);
  Adam adam{{.learning_rate = 0.02}};
  const double before = evaluate(net, validation)["accuracy"];
  const History history =
      fit(net, train, validation, {.epochs = 20, .batch_size = 16, .log = nullptr}, rng, adam);
  BOOST_TEST(before < 0.8);
  BOOST_TEST(history.test()["accuracy"] > 0.93);
  BOOST_TEST(history.epochs.back().train["accuracy"] > 0.93);
  BOOST_TEST(history.test().loss < history.epochs.front().test->loss / 2);
}

BOOST_AUTO_TEST_CASE(the_numbers_of_a_history_fit_together) {
  Rng rng{1};
  Sequential net = small_net(rng);
  SGD sgd{{.learning_rate = 0.1}};
  const History h =
      fit(net, train, validation,
          {.epochs = 3, .batch_size = 16, .test_batch_size = 5, .log = nullptr}, rng, sgd);
  BOOST_REQUIRE(h.epochs.size() == 3u);
  double train_seconds = 0, test_seconds = 0;
  for (int i = 0; i < 3; ++i) {
    const EpochReport& e = h.epochs[static_cast<std::size_t>(i)];
    BOOST_TEST(e.epoch == i + 1);
    BOOST_TEST(e.train.samples == 100u);
    BOOST_TEST(e.test->samples == 37u);
    BOOST_TEST((e["train.accuracy"] >= 0 && e["train.accuracy"] <= 1));
    BOOST_TEST((e.seconds.train() > 0 && e.seconds.test > 0));
    BOOST_TEST(close(e.samples_per_second() * e.seconds.train(), 100, 1e-9));
    train_seconds += e.seconds.train(), test_seconds += e.seconds.test;
  }
  BOOST_TEST(close(h.train_seconds(), train_seconds, 1e-9));
  BOOST_TEST(close(h.test_seconds(), test_seconds, 1e-9));
  BOOST_TEST(close(h.samples_per_second() * train_seconds, 300, 1e-9));
  const Metrics now = evaluate(net, validation);  // in batches of another size
  BOOST_TEST(close(h.test().loss, now.loss, 16 * epsilon));
  BOOST_TEST(h.test()["accuracy"] == now["accuracy"]);
  BOOST_TEST(&h.test() == &*h.epochs.back().test);
}

// Where nothing is learned, training measures what an evaluation does.
BOOST_AUTO_TEST_CASE(metrics_of_training_count_each_sample_once) {
  Rng rng{1};
  Sequential net = small_net(rng);
  SGD still{{.learning_rate = 0}};
  for (std::size_t batch_size : {1, 16, 100, 1000}) {
    const History h = fit(net, train, validation,
                          {.epochs = 1, .batch_size = batch_size, .log = nullptr}, rng, still);
    const Metrics expected = evaluate(net, train);
    BOOST_TEST(close(h.epochs[0].train.loss, expected.loss, 16 * epsilon));
    BOOST_TEST(h.epochs[0].train["accuracy"] == expected["accuracy"]);
  }
}

// 100 samples are 6 batches of 16 and 4 more. A last batch of one would be an error of BatchNorm.
BOOST_AUTO_TEST_CASE(a_last_batch_can_be_left_out) {
  Rng rng{1};
  Sequential net = small_net(rng);
  SGD sgd;
  std::size_t steps = 0;
  FitOptions options{.epochs = 2, .batch_size = 16, .drop_last = true, .log = nullptr};
  options.on_step = [&](const StepReport& report) { return ++steps, report.steps == 6; };
  const History h = fit(net, train, validation, options, rng, sgd);
  BOOST_TEST(steps == 12u);
  BOOST_TEST(h.epochs.at(1).train.samples == 96u);
  BOOST_TEST(h.epochs.at(1).test->samples == 37u);

  Sequential with_norm{Dense{{.in = 2, .out = 3}, rng}, BatchNorm{{.channels = 3}}};
  options = {.epochs = 1, .batch_size = 33, .drop_last = true, .log = nullptr};
  BOOST_TEST(fit(with_norm, train, validation, options, rng, sgd).epochs.size() == 1u);
  options.drop_last = false;
  BOOST_CHECK_THROW(fit(with_norm, train, validation, options, rng, sgd), ShapeError);
}

BOOST_AUTO_TEST_CASE(evaluation_by_hand) {
  Rng rng{1};
  Sequential net = small_net(rng);
  const data::Batch all = all_of(validation);
  const auto& [points, targets] = all;
  const auto labels = targets.ids();
  Tape tape{Mode::eval};
  const std::vector<double> logits = elements(net(tape.input(points)).value());
  double loss = 0, right = 0;
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const double* const row = logits.data() + 3 * r;
    const auto label = static_cast<std::size_t>(labels[r]);
    loss += std::log(std::exp(row[0]) + std::exp(row[1]) + std::exp(row[2])) - row[label];
    right += row[label] == std::max({row[0], row[1], row[2]});
  }
  for (std::size_t batch_size : {1, 4, 37, 250}) {  // the last batch of 4 has one
    const Metrics m = evaluate(net, validation, {.batch_size = batch_size});
    BOOST_TEST(close(m.loss, loss / 37, 16 * epsilon));
    BOOST_TEST(m["accuracy"] == right / 37);
    BOOST_TEST(m.samples == 37u);
  }
}

BOOST_AUTO_TEST_CASE(a_loss_of_ones_own) {
  Rng rng{1};
  Sequential net = small_net(rng);
  const Task task = supervised(net, [](const Variable& logits, const data::Batch& batch) {
    BOOST_TEST(logits.shape()[0] == batch.target().size());
    return sum(logits) * 0 + 7;
  });
  BOOST_TEST(evaluate(task, validation).loss == 7.0);
  BOOST_TEST(evaluate(task, validation).numbers.empty());
  SGD sgd;
  const History h = fit(task, train, validation, {.epochs = 1, .log = nullptr}, rng, sgd);
  BOOST_TEST(h.epochs[0].train.loss == 7.0);
  BOOST_TEST(h.test().loss == 7.0);
}

BOOST_AUTO_TEST_CASE(a_loss_must_be_a_scalar) {
  Rng rng{1};
  Sequential net = small_net(rng);
  SGD sgd;
  const Task task =
      supervised(net, [](const Variable& logits, const data::Batch&) { return logits; });
  check_error<ShapeError>([&] { evaluate(task, validation, {.batch_size = 5}); },
                          "[evaluate] the step's loss is (5, 3), not a scalar @; take its mean()?");
  BOOST_CHECK_EXCEPTION(fit(task, train, validation, {.batch_size = 5, .log = nullptr}, rng, sgd),
                        ShapeError, [](const ShapeError& e) {
                          return std::string{e.what()}.starts_with(
                              "[fit] the step's loss is (5, 3), not a scalar at fit_test.cpp:");
                        });
}

// It would be trained, but missing in every file of weights.
BOOST_AUTO_TEST_CASE(a_parameter_that_is_not_listed_is_an_error) {
  struct Scale {
    Parameter factor{full({3}, 1)};
    Variable operator()(const Variable& x) { return x * x.tape().parameter(factor); }
  };
  Rng rng{1};
  Sequential net{Dense{{.in = 2, .out = 3}, rng}, Scale{}};
  SGD sgd;
  const auto before = elements(parameters(net)[0].parameter->value());
  BOOST_CHECK_EXCEPTION(fit(net, train, validation, {.log = nullptr}, rng, sgd), ValueError,
                        [](const ValueError& e) {
                          return std::string{e.what()}.starts_with(
                              "[fit] the model uses a parameter of shape (3,) that it does not "
                              "list at fit_test.cpp:");
                        });
  BOOST_TEST(elements(parameters(net)[0].parameter->value()) == before);
}

// The loop that a user would write by hand, to the bit, however many batches are gathered ahead.
BOOST_AUTO_TEST_CASE(it_is_the_loop_written_by_hand) {
  const auto make = [](Rng& rng) {
    return Sequential{Dense{{.in = 2, .out = 16}, rng}, relu, Dropout{0.2},
                      Dense{{.in = 16, .out = 3}, rng}};
  };
  Rng a{1};
  Sequential by_hand = make(a);
  Adam adam_a;
  for (int epoch = 0; epoch < 3; ++epoch)
    for (const auto& [points, labels] : data::batches(train, 16, a)) {
      Tape tape{Mode::train, a};
      tape.backward(softmax_cross_entropy(by_hand(tape.input(points)), labels), ClipNorm{1},
                    adam_a);
    }
  for (const std::size_t prefetch : {0, 1, 3}) {
    Rng b{1};
    Sequential fitted = make(b);
    Adam adam_b;
    fit(fitted, train, validation,
        {.epochs = 3, .batch_size = 16, .prefetch = prefetch, .log = nullptr}, b, ClipNorm{1},
        adam_b);
    BOOST_TEST((weights(by_hand) == weights(fitted)));
    BOOST_TEST(a.position() == b.position());
  }
}

BOOST_AUTO_TEST_CASE(training_can_be_stopped) {
  Rng rng{1};
  Sequential net = small_net(rng);
  SGD sgd;
  std::vector<int> epochs;
  FitOptions options{.epochs = 10, .log = nullptr};
  options.on_epoch = {[&epochs](const History& history) {
    epochs.push_back(history.epochs.back().epoch);
    return history.epochs.size() < 3;
  }};
  const History h = fit(net, train, validation, options, rng, sgd);
  BOOST_TEST(epochs == (std::vector<int>{1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST(h.epochs.size() == 3u);
  BOOST_TEST(h.stopped);
}

BOOST_AUTO_TEST_CASE(visitors_run_after_each_step_in_their_order) {
  struct Scribe : Visitor {
    Scribe(char name, std::string& log) : name{name}, log{log} {}
    void begin(std::span<Parameter* const> parameters) override {
      (log += name) += std::to_string(parameters.size());
    }
    void visit(Parameter& p) override {
      log += '.';
      BOOST_TEST(std::isfinite(sum_of(p.grad())));
    }
    void end() override { log += ' '; }
    char name;
    std::string& log;
  };
  Rng rng{1};
  Sequential net = small_net(rng);
  std::string log;
  fit(net, train, validation, {.epochs = 1, .batch_size = 64, .log = nullptr}, rng,
      Scribe{'a', log}, Scribe{'b', log});
  BOOST_TEST(log == "a4.... b4.... a4.... b4.... ");
}

BOOST_AUTO_TEST_CASE(options_out_of_range) {
  Rng rng{1};
  Sequential net = small_net(rng);
  SGD sgd;
  const Circle empty{0};
  const auto run = [&](FitOptions options, const Circle& a = train, const Circle& b = validation) {
    options.log = nullptr;
    return [&, options] { fit(net, a, b, options, rng, sgd); };
  };
  check_error(run({.epochs = 0}), "[fit] epochs must be at least 1, got 0 @");
  check_error(run({.epochs = -3}), "[fit] epochs must be at least 1, got -3 @");
  check_error(run({.batch_size = 0}), "[fit] batch_size must be at least 1, got 0 @");
  check_error(run({.batch_size = 101, .drop_last = true}),
              "[fit] the training set has 100 samples, no whole batch of 101 @; drop_last leaves "
              "none; a smaller batch_size?");
  check_error(run({.test_batch_size = 0}), "[fit] test_batch_size must be at least 1, got 0 @");
  check_error(run({}, empty), "[fit] the training set is empty @");
  check_error(run({}, train, empty), "[fit] the test set is empty @");
  check_error([&] { evaluate(net, empty); }, "[evaluate] the data set is empty @");
  check_error([&] { evaluate(net, train, {.batch_size = 0}); },
              "[evaluate] batch_size must be at least 1, got 0 @");
  BOOST_TEST(rng.position() == Rng{1}.position() + 2 * 16 + 16 * 3);  // drawn by the layers alone
}

// An error of the model names its layer, and the place where fit or evaluate was called.
BOOST_AUTO_TEST_CASE(a_model_that_does_not_fit_the_data) {
  Rng rng{1};
  Sequential net{relu, Dense{{.in = 5, .out = 3}, rng}};
  const auto says = [](unsigned line) {
    return [line](const ShapeError& error) {
      return error.what() == "[dense] layer 1: expected (N, 5), got (10, 2) at fit_test.cpp:" +
                                 std::to_string(line);
    };
  };
  const FitOptions fit_options{.batch_size = 10, .log = nullptr};
  BOOST_CHECK_EXCEPTION(fit(net, train, validation, fit_options, rng, SGD{}), ShapeError,
                        says(fit_options.at.line()));
  const EvaluateOptions options{.batch_size = 10};
  BOOST_CHECK_EXCEPTION(evaluate(net, validation, options), ShapeError, says(options.at.line()));
}

// It is said of the model, not of what the loss does with its output.
BOOST_AUTO_TEST_CASE(a_model_that_is_no_classifier) {
  Rng rng{1};
  Sequential images{[](const Variable&x) {
    return reshape(x, {-1, 2, 1});
  }},
      one{[](const Variable&x) { return sum(x, {.axes = {1}}); }}, half{[](const Variable&x) {
        return reshape(x, {-1, 4});
      }};
  const FitOptions fitting{.batch_size = 10, .log = nullptr};
  const EvaluateOptions evaluating{.batch_size = 10};
  const auto check = [&](Sequential& net, const std::string& shape) {
    const auto says = [&](const Location& at) {
      const std::string text =
          "[classification] the model's output is " + shape +
          ", expected logits (10, classes) at fit_test.cpp:" + std::to_string(at.line()) +
          "; flatten missing? What has no classes is another task, such as regression";
      return [text](const ShapeError& error) {
        BOOST_TEST(error.what() == text);
        return true;
      };
    };
    BOOST_CHECK_EXCEPTION(fit(net, train, validation, fitting, rng, SGD{}), ShapeError,
                          says(fitting.at));
    BOOST_CHECK_EXCEPTION(evaluate(net, validation, evaluating), ShapeError, says(evaluating.at));
  };
  check(images, "(10, 2, 1)");
  check(one, "(10,)");
  check(half, "(5, 4)");
}

BOOST_AUTO_TEST_CASE(a_loss_that_is_no_longer_finite) {
  for (const double bad : {NAN, INFINITY, -INFINITY}) {
    Rng rng{1};
    Sequential net = small_net(rng);
    SGD sgd{{.learning_rate = 0.1}};
    std::vector<double> before;
    int step = 0;
    const Task task = supervised(net, [&](const Variable& logits, const data::Batch& batch) {
      const Variable good = softmax_cross_entropy(logits, batch.target());
      if (logits.tape().mode() == Mode::eval || ++step < 6) return good;
      before = weights(net);
      return good * bad;
    });
    const std::string name = std::isnan(bad) ? "nan" : bad > 0 ? "inf" : "-inf";
    const std::string text =
        "[fit] the loss is " + name +
        " in epoch 2, step 2 @; try a lower learning rate or ClipNorm; NumericsCheck finds the op";
    const auto run = [&](FitOptions options) {
      return [&, options] { fit(task, train, validation, options, rng, sgd); };
    };
    check_error<NumericsError>(run({.epochs = 9, .batch_size = 25, .log = nullptr}), text);
    BOOST_TEST((weights(net) == before));
  }
}

BOOST_AUTO_TEST_CASE(counting_right_answers) {
  const Array logits = array({4, 3}, {1, 5, 2, 7, 7, 0, -1, -2, -3, 0, 0, 0});
  const auto count = [&](std::vector<std::int32_t> labels) {
    return count_correct(logits, labels);
  };
  BOOST_TEST(count({1, 0, 0, 0}) == 4u);
  BOOST_TEST(count({1, 1, 0, 1}) == 2u);  // the first of equal ones counts
  BOOST_TEST(count({0, 2, 2, 2}) == 0u);
  BOOST_CHECK_EXCEPTION(count({0, 1}), ShapeError, [](const ShapeError& e) {
    return std::string{e.what()}.starts_with(
        "[count_correct] expected logits (2, classes), got (4, 3) at fit_test.cpp:");
  });
}

BOOST_AUTO_TEST_SUITE_END()

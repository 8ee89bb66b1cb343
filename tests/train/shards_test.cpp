// SPDX-License-Identifier: MIT
// Trainings whose batches are cut into shards, in one process: what several would do.
#include "dataset.hpp"

#include "../directory.hpp"

#include <xtape/distributed.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(fit_shards)

namespace {

const Circle train_set{100}, test_set{37, 0.3};

// With a buffer, and something random.
Sequential make_net(Rng& rng) {
  return Sequential{Dense{{.in = 2, .out = 16, .activation = Activation::tanh}, rng}, Centre{16},
                    Dropout{0.3}, Dense{{.in = 16, .out = 3}, rng}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(fit_does_what_a_loop_does) {
  Rng rng{5}, same{5};
  Sequential net = make_net(rng), other = make_net(same);
  Adam adam, its;
  const History history =
      fit(net, train_set, test_set, {.epochs = 2, .batch_size = 16, .shards = 4, .log = nullptr},
          rng, adam);

  distributed::World world{{.join = false}};
  distributed::AllReduce all_reduce{world, other, {.shards = 4}};
  double loss_of_epoch = 0;
  for (int epoch = 0; epoch < 2; ++epoch) {
    auto batches = data::batches(train_set, 16, same);
    batches.shards(all_reduce.shards());
    loss_of_epoch = 0;
    for (const data::Batch& batch : batches) {
      Rng own{batch.key};
      Tape tape{Mode::train, own};
      const Variable loss = softmax_cross_entropy(other(tape.input(batch.input())), batch.target());
      loss_of_epoch += double(loss.item()) * double(batch.size());
      tape.backward(loss * batch.share, all_reduce, its);
    }
  }
  BOOST_TEST(weights(net) == weights(other), boost::test_tools::per_element());
  BOOST_TEST(history.epochs.back().train.loss == loss_of_epoch / 100,
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST(history.epochs.back().train.samples == 100u);
  BOOST_TEST(adam.steps() == 14u);
  BOOST_TEST(rng.position() == same.position());
}

BOOST_AUTO_TEST_CASE(the_gradient_is_that_of_the_batch) {
  Rng rng{5}, same{5};
  Sequential net = small_net(rng), other = small_net(same);
  SGD sgd{{.learning_rate = 0.1}}, its{{.learning_rate = 0.1}};
  fit(net, train_set, {.epochs = 1, .batch_size = 16, .log = nullptr}, rng, sgd);
  fit(other, train_set, {.epochs = 1, .batch_size = 16, .shards = 4, .log = nullptr}, same, its);
  const auto a = weights(net), b = weights(other);
  BOOST_REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) BOOST_TEST(std::abs(a[i] - b[i]) < 1e-5);
}

// The loss is a mean over the numbers of samples of two of the classes, of which shards have more or fewer.
BOOST_AUTO_TEST_CASE(a_mean_over_terms_is_that_of_all_shards) {
  const auto trained = [](std::size_t shards) {
    Rng rng{5};
    Sequential net = small_net(rng);
    const auto step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
      Array mask = zeros({batch.size(), 1});
      std::size_t terms = 0;
      for (std::size_t i = 0; i < batch.size(); ++i)
        if (batch.target().ids()[i] < 2) mask(i, 0) = 1, terms += 3;
      const Variable y = net(tape.input(batch.input()));
      return {sum(square(y) * tape.input(std::move(mask))) / double(terms), {}, terms};
    };
    SGD sgd{{.learning_rate = 0.1}};
    fit(Task{.arrays = named_arrays(net), .step = step}, train_set,
        {.epochs = 1, .batch_size = 50, .shards = shards, .log = nullptr}, rng, sgd);
    return weights(net);
  };
  const auto whole = trained(1), parts = trained(4);
  for (std::size_t i = 0; i < whole.size(); ++i) BOOST_TEST(std::abs(whole[i] - parts[i]) < 1e-5);
}

// Of two samples a shard often has none of the class that counts, and so have whole batches of four.
BOOST_AUTO_TEST_CASE(what_has_no_terms_counts_nothing) {
  std::size_t without = 0;
  const auto step_of = [&](Sequential& net) {
    return [&](Tape& tape, const data::Batch& batch) -> StepResult {
      Array mask = zeros({batch.size(), 1});
      std::size_t terms = 0;
      for (std::size_t i = 0; i < batch.size(); ++i)
        if (batch.target().ids()[i] == 0) mask(i, 0) = 1, ++terms;
      without += terms == 0;
      const Variable y = square(net(tape.input(batch.input())));
      const Variable penalty = 0.1 * sum(square(tape.parameter(*parameters(net)[0].parameter)));
      return {
          sum(y * tape.input(std::move(mask))) / double(std::max<std::size_t>(terms, 1)) + penalty,
          {},
          terms};
    };
  };
  const auto trained = [&](std::size_t shards) {
    Rng rng{5};
    Sequential net = small_net(rng);
    SGD sgd{{.learning_rate = 0.1}};
    const Task task{.arrays = named_arrays(net), .step = step_of(net)};
    fit(task, train_set, {.epochs = 1, .batch_size = 4, .shards = shards, .log = nullptr}, rng,
        sgd);
    BOOST_TEST(without > 0u);
    without = 0;
    const Metrics whole = evaluate(task, test_set, {.batch_size = 37});
    const Metrics parts = evaluate(task, test_set, {.batch_size = 1});
    BOOST_TEST(whole.loss == parts.loss, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(without > 0u);
    return weights(net);
  };
  const auto whole = trained(1), parts = trained(2);
  for (std::size_t i = 0; i < whole.size(); ++i) BOOST_TEST(std::abs(whole[i] - parts[i]) < 1e-5);
}

// Its loss is 0, and a checkpoint of it is one to go on from.
BOOST_AUTO_TEST_CASE(an_epoch_without_terms) {
  const Directory directory;
  Rng rng{5};
  Sequential net = small_net(rng);
  const auto before = weights(net);
  const auto step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
    return {mean(net(tape.input(batch.input()))), {}, 0};
  };
  const Task task{.arrays = named_arrays(net), .step = step};
  for (const std::size_t epochs : {1, 2}) {
    SGD sgd{{.learning_rate = 0.1}};
    const FitOptions options{.epochs = epochs,
                             .batch_size = 50,
                             .checkpoint = {.path = directory / "run", .resume = true},
                             .log = nullptr};
    const History history = fit(task, train_set, test_set, options, rng, sgd);
    BOOST_TEST(history.epochs.size() == epochs);
    BOOST_TEST(history.epochs.back().train.loss == 0);
    BOOST_TEST(history.test().loss == 0);
  }
  BOOST_TEST(weights(net) == before, boost::test_tools::per_element());
}

// While the passes go back, each on its shard.
BOOST_AUTO_TEST_CASE(visitors_hear_of_gradients) {
  struct Listener : Visitor {
    void ready(Parameter& parameter) override {
      ++heard;
      BOOST_TEST((parameter.grad().shape() == parameter.shape()));
      sum += parameter.grad().size() == 0 ? 0 : static_cast<double>(parameter.grad().data()[0]);
    }
    void visit(Parameter& parameter) override {
      sum -= static_cast<double>(parameter.grad().data()[0]);
    }
    std::size_t heard = 0;
    double sum = 0;  // of the parts of gradients, less what they make
  };
  for (const std::size_t shards : {1, 4}) {
    Rng rng{5};
    Sequential net = small_net(rng);
    SGD sgd{{.learning_rate = 0.1}};
    Listener listener;
    const Task task{.arrays = named_arrays(net), .step = [&](Tape& tape, const data::Batch& batch) {
                      return StepResult{mean(square(net(tape.input(batch.input()))))};
                    }};
    fit(task, train_set, {.epochs = 1, .batch_size = 20, .shards = shards, .log = nullptr}, rng,
        listener, sgd);
    BOOST_TEST(listener.heard == 5 * shards * 4);  // steps, parameters
    BOOST_TEST(sgd.steps() == 5u);
    BOOST_TEST(std::abs(listener.sum) < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(terms_of_some_shards_alone_are_refused) {
  Rng rng{5};
  Sequential net = small_net(rng);
  const auto step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
    StepResult result{mean(square(net(tape.input(batch.input()))))};
    if (batch.shard != 1) result.terms = 3;
    return result;
  };
  SGD sgd{{.learning_rate = 0.1}};
  BOOST_CHECK_EXCEPTION(fit(Task{.arrays = named_arrays(net), .step = step}, train_set,
                            {.epochs = 1, .batch_size = 20, .shards = 4, .log = nullptr}, rng, sgd),
                        ValueError, [](const ValueError& error) {
                          return error.message() ==
                                 "the step tells the terms of shard 0 of a batch and not those of "
                                 "shard 1";
                        });
}

// Of each batch whose step was one to keep there is one checkpoint, however many shards the next has.
BOOST_AUTO_TEST_CASE(a_checkpoint_is_written_once) {
  const Directory directory;
  Rng rng{5};
  Sequential net = small_net(rng);
  std::size_t evaluations = 0;
  const auto step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
    evaluations += tape.mode() == Mode::eval;  // one before each checkpoint within an epoch
    return {softmax_cross_entropy(net(tape.input(batch.input())), batch.target()), {}};
  };
  SGD sgd{{.learning_rate = 0.1}};
  fit(Task{.arrays = named_arrays(net), .step = step}, Circle{64}, Circle{16},
      {.epochs = 1,
       .batch_size = 16,
       .test_batch_size = 16,
       .checkpoint = {.path = directory / "run", .every_steps = 1},
       .shards = 4,
       .log = nullptr},
      rng, sgd);
  BOOST_TEST(evaluations == 3 + 1u);
}

BOOST_AUTO_TEST_CASE(batches_with_fewer_samples_than_shards_are_refused) {
  Rng rng{5};
  Sequential net = small_net(rng);
  Adam adam;
  const FitOptions options{.epochs = 1, .batch_size = 16, .shards = 8, .log = nullptr};
  BOOST_CHECK_EXCEPTION(
      fit(net, train_set, options, rng, adam), ValueError,
      [](const ValueError& error) { return error.hint() == "drop_last, or another batch size"; });
  BOOST_CHECK_THROW(fit(net, train_set, {.shards = 6, .log = nullptr}, rng, adam), ValueError);
}

// Passes that go one after the other can have no statistics in common.
BOOST_AUTO_TEST_CASE(synchronised_statistics_of_several_shards_are_refused) {
  Rng rng{5};
  Sequential net = small_net(rng);
  Adam adam;
  FitOptions options{.epochs = 1,
                     .batch_size = 16,
                     .shards = 4,
                     .batch_norm = BatchNormStatistics::synchronised,
                     .log = nullptr};
  BOOST_CHECK_EXCEPTION(fit(net, train_set, options, rng, adam), ValueError,
                        [](const ValueError& error) {
                          return error.message() ==
                                 "expected one shard per rank for synchronised batch_norm, got 4 "
                                 "shards for 1 rank";
                        });
  options.shards = 1;
  fit(net, train_set, options, rng, adam);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Which classes are taken for which, counted by hand.
#include "dataset.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(confusions)

BOOST_AUTO_TEST_CASE(counts_and_what_follows_from_them) {
  ConfusionMatrix m{3};
  // Rows are largest at 0, 0, 1, 2, 0 and, the first of equal ones, 1.
  m.add(array({6, 3}, {3, 1, 2, 5, 4, 0, 0, 1, 0, 0, 1, 2, 9, 0, 0, 1, 2, 2}),
        std::vector<std::int32_t>{0, 0, 0, 2, 1, 2});
  BOOST_TEST(m.total() == 6u);
  BOOST_TEST(m.classes() == 3u);
  const std::size_t expected[3][3] = {{2, 1, 0}, {1, 0, 0}, {0, 1, 1}};
  for (std::size_t label = 0; label < 3; ++label)
    for (std::size_t predicted = 0; predicted < 3; ++predicted)
      BOOST_TEST(m.count(label, predicted) == expected[label][predicted]);
  BOOST_TEST(m.accuracy() == 0.5);
  BOOST_TEST(m.precision(0) == 2 / 3.0);
  BOOST_TEST(m.recall(0) == 2 / 3.0);
  BOOST_TEST(m.f1(0) == 2 / 3.0);
  BOOST_TEST(m.precision(1) == 0);
  BOOST_TEST(m.recall(1) == 0);
  BOOST_TEST(m.f1(1) == 0);
  BOOST_TEST(m.precision(2) == 1);
  BOOST_TEST(m.recall(2) == 0.5);
  BOOST_TEST(m.f1(2) == 2 / 3.0);
  BOOST_TEST(close(m.macro_f1(), 4 / 9.0, 1e-15));
  BOOST_TEST(std::isnan(ConfusionMatrix{2}.accuracy()));
}

BOOST_AUTO_TEST_CASE(of_a_model_on_a_dataset) {
  Rng rng{1};
  Sequential net = small_net(rng);
  const Circle data{100};
  fit(net, data, data, {.epochs = 5, .log = nullptr}, rng, Adam{{.learning_rate = 0.02}});
  const Metrics metrics = evaluate(net, data);
  for (const std::size_t batch_size : {7, 100}) {
    const ConfusionMatrix m = confusion_matrix(net, data, {.batch_size = batch_size});
    BOOST_TEST(m.total() == 100u);
    BOOST_TEST(m.accuracy() == metrics["accuracy"]);
    const data::Batch all = all_of(data);
    for (std::size_t label = 0; label < 3; ++label) {
      std::size_t there = 0;
      for (const std::int32_t id : all.target().ids()) there += id == static_cast<int>(label);
      BOOST_TEST(m.count(label, 0) + m.count(label, 1) + m.count(label, 2) == there);
    }
  }
}

// The second output, for the second target.
BOOST_AUTO_TEST_CASE(of_an_output_of_a_task) {
  Rng rng{1};
  Sequential net = small_net(rng);
  const Circle circle{100};
  const data::Batch all = all_of(circle);
  data::Batch twice{.inputs = all.inputs, .targets = {data::ids({100}), all.targets[0]}};
  const data::ArrayDataset data{twice};
  const Task task{.arrays = named_arrays(net),
                  .step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
                    const Variable logits = net(tape.input(batch.input()));
                    return {softmax_cross_entropy(logits, batch.targets[1]), {-logits, logits}};
                  }};
  const ConfusionMatrix expected = confusion_matrix(net, circle);
  const ConfusionMatrix m =
      confusion_matrix(task, data, {.output = 1, .target = 1}, {.batch_size = 7});
  for (std::size_t label = 0; label < 3; ++label)
    for (std::size_t predicted = 0; predicted < 3; ++predicted)
      BOOST_TEST(m.count(label, predicted) == expected.count(label, predicted));
  BOOST_CHECK_THROW(confusion_matrix(task, data, {.output = 2}), ValueError);
  BOOST_CHECK_THROW(confusion_matrix(task, data, {.target = 2}), ValueError);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_counted) {
  ConfusionMatrix m{3};
  const std::vector<std::int32_t> zero{0}, three{3};
  check_error([] { ConfusionMatrix{0}; }, "[confusion_matrix] classes must be at least 1, got 0 @");
  const auto add = [&m](const Shape& shape, const std::vector<std::int32_t>& labels, Location at) {
    return [=, &m] { m.add(zeros(shape), labels, at); };
  };
  const auto here = [](Location at = Location::current()) { return at; };
  check_error(add({1, 3}, three, here()), "[confusion_matrix] expected labels in [0, 3), got 3 @");
  check_error<ShapeError>(add({1, 2}, zero, here()),
                          "[confusion_matrix] expected logits of 3 classes, got (1, 2) @");
  check_error<ShapeError>(add({2, 3}, zero, here()),
                          "[confusion_matrix] expected logits (1, classes), got (2, 3) @");
  check_error([&] { m.count(0, 3); }, "[count] expected a class less than 3, got 3 @");
  check_error([&] { m.f1(5); }, "[f1] expected a class less than 3, got 5 @");
  BOOST_TEST(m.total() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

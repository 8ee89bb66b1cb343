// SPDX-License-Identifier: MIT
// What the ready tasks compute, beside plain loops, and tasks of one's own.
#include "dataset.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(tasks)

namespace {

constexpr double tolerance = 64 * epsilon;

// A model that says what it is given.
struct Echo {
  Variable operator()(const Variable& x) { return x * x.tape().parameter(one); }
  void parameters(ParameterList& list) { list("one", one); }
  Parameter one{full({1}, 1)};
};

// The loss of each row of logits for targets t that need not add up to 1, by the letter of the formula.
std::vector<double> losses(const std::vector<double>& logits, std::size_t classes,
                           const std::vector<double>& targets) {
  std::vector<double> all(logits.size() / classes);
  for (std::size_t r = 0; r < all.size(); ++r) {
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += std::exp(logits[r * classes + c]);
    for (std::size_t c = 0; c < classes; ++c)
      all[r] -= targets[r * classes + c] * (logits[r * classes + c] - std::log(sum));
  }
  return all;
}

// Labels as probabilities, smoothed.
std::vector<double> targets_of(std::span<const std::int32_t> labels, std::size_t classes,
                               double smoothing = 0) {
  std::vector<double> all(labels.size() * classes, smoothing / static_cast<double>(classes));
  for (std::size_t r = 0; r < labels.size(); ++r)
    all[r * classes + static_cast<std::size_t>(labels[r])] += 1 - smoothing;
  return all;
}

template <class F>
std::string message_of(F run) {
  try {
    run();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

double loss_of(const Task& task, const data::Dataset& dataset) {
  const double in_one = evaluate(task, dataset).loss;
  // What is measured does not depend on how samples are put into batches.
  for (const std::size_t batch_size : {1, 3})
    BOOST_TEST(close(evaluate(task, dataset, {.batch_size = batch_size}).loss, in_one, tolerance));
  return in_one;
}

const std::vector<std::int32_t> labels{2, 0, 1, 2, 2, 0, 1};
const Array logits = random({7, 3}, -2, 2, 1);

}  // namespace

BOOST_AUTO_TEST_CASE(weights_of_classes_and_samples_are_those_of_keras) {
  Echo net;
  const std::vector<Scalar> of_classes{0.5, 1, 3}, of_samples{1, 0, 2, 0.5, 4, 1, 1};
  const data::ArrayDataset plain{logits, labels};
  const data::Weighted weighted{plain, of_samples};
  for (const double smoothing : {0.0, 0.2}) {
    const auto each = losses(elements(logits), 3, targets_of(labels, 3, smoothing));
    double by_class = 0, by_sample = 0, by_both = 0, mean = 0;
    for (std::size_t r = 0; r < 7; ++r) {
      const double c = of_classes[static_cast<std::size_t>(labels[r])], s = of_samples[r];
      mean += each[r] / 7, by_class += c * each[r] / 7, by_sample += s * each[r] / 7;
      by_both += c * s * each[r] / 7;
    }
    const Task alike = classification(net, {.label_smoothing = smoothing});
    const Task classes =
        classification(net, {.label_smoothing = smoothing, .class_weights = of_classes});
    BOOST_TEST(close(loss_of(alike, plain), mean, tolerance));
    BOOST_TEST(close(loss_of(classes, plain), by_class, tolerance));
    BOOST_TEST(close(loss_of(alike, weighted), by_sample, tolerance));
    BOOST_TEST(close(loss_of(classes, weighted), by_both, tolerance));
  }
}

BOOST_AUTO_TEST_CASE(targets_may_be_probabilities) {
  Echo net;
  Array t = random({7, 3}, 0, 1, 2);
  const data::ArrayDataset plain{logits, t};
  const data::Weighted weighted{plain, {1, 0, 2, 0.5, 4, 1, 1}};
  const auto each = losses(elements(logits), 3, elements(t));
  double mean = 0, by_sample = 0, right = 0;
  for (std::size_t r = 0; r < 7; ++r) {
    const Scalar w[] = {1, 0, 2, 0.5, 4, 1, 1};
    mean += each[r] / 7, by_sample += w[r] * each[r] / 7;
    const auto largest = [r](const Array& a) {
      return std::max_element(a.data() + 3 * r, a.data() + 3 * r + 3) - (a.data() + 3 * r);
    };
    right += largest(logits) == largest(t);
  }
  const Task task = classification(net);
  BOOST_TEST(close(loss_of(task, plain), mean, tolerance));
  BOOST_TEST(close(loss_of(task, weighted), by_sample, tolerance));
  BOOST_TEST(evaluate(task, plain)["accuracy"] == right / 7);
}

BOOST_AUTO_TEST_CASE(each_place_of_a_sequence_is_a_term) {
  Echo net;
  data::Column tokens = data::ids({5, 4});
  for (std::size_t i = 0; i < 20; ++i) tokens.ids()[i] = static_cast<std::int32_t>(i * i % 3);
  const Array sequences = random({5, 4, 3}, -2, 2, 3);
  const data::ArrayDataset plain{sequences, tokens};
  const data::Weighted weighted{plain, {1, 2, 3, 4, 5}};
  const auto each = losses(elements(sequences), 3, targets_of(tokens.ids(), 3));
  double mean = 0, by_sample = 0, right = 0;
  for (std::size_t r = 0; r < 20; ++r) {
    mean += each[r] / 20, by_sample += static_cast<double>(r / 4 + 1) * each[r] / 20;
    const Scalar* const row = sequences.data() + 3 * r;
    right += std::max_element(row, row + 3) - row == tokens.ids()[r];
  }
  const Task task = classification(net, {.metrics = {accuracy(), perplexity()}});
  BOOST_TEST(close(loss_of(task, plain), mean, tolerance));
  BOOST_TEST(close(loss_of(task, weighted), by_sample, tolerance));
  const Metrics metrics = evaluate(task, plain, {.batch_size = 2});
  BOOST_TEST(metrics["accuracy"] == right / 20);
  BOOST_TEST(close(metrics["perplexity"], std::exp(mean), tolerance));
  BOOST_TEST(evaluate(task, plain).samples == 5u);
  const data::ArrayDataset shorter{random({5, 3, 3}), tokens};
  BOOST_TEST(message_of([&] { evaluate(task, shorter); }) ==
             "the model's output is (5, 3, 3), expected logits (5, 4, classes)");
}

// A model of ids learns, is evaluated and asked like one of numbers.
BOOST_AUTO_TEST_CASE(a_model_may_begin_with_ids) {
  struct Reader {
    Embedding embedding;
    Dense head;
    Variable operator()(Tape& tape, const Ids& ids) { return head(embedding(tape, ids)); }
    void parameters(ParameterList& list) { list("embedding", embedding), list("head", head); }
  };
  Rng rng{1};
  Reader reader{Embedding{{.vocabulary = 5, .width = 4}, rng}, Dense{{.in = 4, .out = 5}, rng}};
  const data::TextDataset letters{{0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2}, {.context = 4}};
  Task task = classification(reader);
  const Task by_hand{
      .arrays = named_arrays(reader),
      .step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
        const Variable logits = reader(tape, batch.input());
        return {softmax_cross_entropy(logits, batch.target()), {logits}, batch.target().size()};
      },
      .metrics = {accuracy()}};
  BOOST_TEST(loss_of(task, letters) == loss_of(by_hand, letters));
  fit(reader, letters, {.epochs = 60, .log = nullptr}, rng, Adam{{.learning_rate = 0.1}});
  BOOST_TEST(evaluate(reader, letters)["accuracy"] == 1);
  BOOST_TEST((predict(reader, letters).shape() == Shape{letters.size(), 4, 5}));
}

// By sorting.
BOOST_AUTO_TEST_CASE(the_label_is_among_the_largest) {
  Echo net;
  const std::size_t rows = 40, classes = 9;
  Array many = random({rows, classes}, -1, 1, 4);
  for (std::size_t r = 0; r < rows; r += 3) many(r, r % 9) = many(r, (r + 4) % 9);  // equal ones
  std::vector<std::int32_t> of_rows;
  for (std::size_t r = 0; r < rows; ++r) of_rows.push_back(static_cast<std::int32_t>(r * r % 9));
  const data::ArrayDataset dataset{many, of_rows};
  for (const std::size_t k : {1, 2, 5, 9}) {
    double right = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      std::vector<std::size_t> order(classes);
      for (std::size_t c = 0; c < classes; ++c) order[c] = c;
      std::ranges::stable_sort(order, std::greater{}, [&](std::size_t c) { return many(r, c); });
      const auto place = std::ranges::find(order, static_cast<std::size_t>(of_rows[r]));
      right += static_cast<std::size_t>(place - order.begin()) < k;
    }
    const std::string name = "top_" + std::to_string(k) + "_accuracy";
    for (const std::size_t batch_size : {1, 7, 40})
      BOOST_TEST(evaluate(classification(net, {.metrics = {top_k(k)}}), dataset,
                          {.batch_size = batch_size})[name] == right / rows);
  }
  check_error([] { top_k(0); }, "[top_k] k must be at least 1, got 0 @");
}

BOOST_AUTO_TEST_CASE(regression_is_of_the_squared_error) {
  Echo net;
  const Array x = random({6, 4}, -1, 1, 5), y = random({6, 4}, -1, 1, 6);
  const std::vector<Scalar> weights{1, 0, 2, 0.5, 4, 1};
  const data::ArrayDataset plain{x, y};
  const data::Weighted weighted{plain, weights};
  double squares = 0, by_sample = 0, absolute = 0;
  for (std::size_t i = 0; i < 24; ++i) {
    const double d = static_cast<double>(x.data()[i]) - static_cast<double>(y.data()[i]);
    squares += d * d / 24, absolute += std::abs(d) / 24, by_sample += weights[i / 4] * d * d / 24;
  }
  const Task task = regression(net, {{mean_absolute_error(), root_mean_squared_error()}});
  BOOST_TEST(close(loss_of(task, plain), squares, tolerance));
  BOOST_TEST(close(loss_of(task, weighted), by_sample, tolerance));
  for (const std::size_t batch_size : {1, 4, 6}) {
    const Metrics metrics = evaluate(task, plain, {.batch_size = batch_size});
    BOOST_TEST(close(metrics["mean_absolute_error"], absolute, tolerance));
    BOOST_TEST(close(metrics["root_mean_squared_error"], std::sqrt(squares), tolerance));
  }
  const data::ArrayDataset column{x, zeros({6})}, ids{x, data::ids({6})};
  BOOST_CHECK_EXCEPTION(evaluate(task, column), ShapeError, [](const ShapeError& error) {
    return std::string{error.what()}.starts_with("[mse] ");
  });
  BOOST_CHECK_THROW(evaluate(task, ids), ValueError);
}

BOOST_AUTO_TEST_CASE(regression_has_the_loss_that_it_is_given) {
  Echo net;
  const Array x = random({6, 4}, -1, 1, 5), y = random({6, 4}, -1, 1, 6);
  const std::vector<Scalar> weights{1, 0, 2, 0.5, 4, 1};
  const data::ArrayDataset plain{x, y};
  const data::Weighted weighted{plain, weights};
  double absolute = 0, by_sample = 0, robust = 0;
  for (std::size_t i = 0; i < 24; ++i) {
    const double d = std::abs(static_cast<double>(x.data()[i]) - static_cast<double>(y.data()[i]));
    absolute += d / 24, by_sample += weights[i / 4] * d / 24;
    robust += weights[i / 4] * (d < 0.3 ? d * d / 2 : 0.3 * (d - 0.15)) / 24;
  }
  const Task task = regression(net, {.loss = mae});
  BOOST_TEST(close(loss_of(task, plain), absolute, tolerance));
  BOOST_TEST(close(loss_of(task, weighted), by_sample, tolerance));
  const auto huber = [](const Variable& output, const Target& target, const LossOptions& o,
                        Location at) {
    return huber_loss(output, target,
                      {.delta = 0.3, .reduction = o.reduction, .weights = o.weights}, at);
  };
  BOOST_TEST(close(loss_of(regression(net, {.loss = huber}), weighted), robust, tolerance));
}

BOOST_AUTO_TEST_CASE(an_autoencoder_has_its_input_for_a_target) {
  Rng rng{1};
  Sequential net{Dense{{.in = 2, .out = 2}, rng}};
  const Circle circle{50};
  const Array x = all_of(circle).input(), y = predict(net, x);
  double squares = 0;
  for (std::size_t i = 0; i < 100; ++i)
    squares +=
        std::pow(static_cast<double>(x.data()[i]) - static_cast<double>(y.data()[i]), 2) / 100;
  BOOST_TEST(close(loss_of(autoencoder(net), circle), squares, tolerance));
  const History history = fit(autoencoder(net), circle, circle, {.epochs = 100, .log = nullptr},
                              rng, Adam{{.learning_rate = 0.05}});
  BOOST_TEST(history.test().loss < squares / 100);
  BOOST_TEST(history.test().numbers.empty());
}

// Two inputs, two outputs, and what a metric is of.
BOOST_AUTO_TEST_CASE(a_task_of_ones_own) {
  struct Two {
    explicit Two(Rng& rng) : number{{.in = 3, .out = 1}, rng}, kind{{.in = 2, .out = 2}, rng} {}
    void parameters(ParameterList& list) { list("number", number), list("kind", kind); }
    Dense number, kind;
  };
  Rng rng{1};
  Two net{rng};
  const Array a = random({60, 3}, -1, 1, 7), b = random({60, 2}, -1, 1, 8);
  Array y = zeros({60, 1});
  std::vector<std::int32_t> kinds;
  for (std::size_t i = 0; i < 60; ++i) {
    y(i, 0) = a(i, 0) - 2 * a(i, 1) + a(i, 2) / 2;
    kinds.push_back(b(i, 0) > b(i, 1));
  }
  const data::ArrayDataset data{{.inputs = {a, b}, .targets = {y, kinds}}};
  const Task task{
      .arrays = named_arrays(net),
      .step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
        const Variable number = net.number(tape.input(batch.inputs[0]));
        const Variable kind = net.kind(tape.input(batch.inputs[1]));
        return {mse(number, batch.targets[0]) + softmax_cross_entropy(kind, batch.targets[1]),
                {number, kind}};
      },
      .metrics = {mean_absolute_error(), accuracy({.output = 1, .target = 1, .name = "kinds"})},
      .monitor = "kinds"};
  const History history = fit(task, data, data, {.epochs = 150, .batch_size = 20, .log = nullptr},
                              rng, Adam{{.learning_rate = 0.02}});
  BOOST_TEST(history.test()["mean_absolute_error"] < 0.1);
  BOOST_TEST(history.test()["kinds"] > 0.9);
  BOOST_TEST(history.monitor == "kinds");
  BOOST_TEST(history.best()["kinds"] == history.best("test.kinds")["kinds"]);
  const std::vector<Array> outputs = predict(task, data, {.batch_size = 7});
  BOOST_REQUIRE(outputs.size() == 2u);
  BOOST_TEST(difference(outputs[0], {60, 1}, elements(predict(net.number, a)), tolerance) == "");
  BOOST_TEST(difference(outputs[1], {60, 2}, elements(predict(net.kind, b)), tolerance) == "");
}

BOOST_AUTO_TEST_CASE(the_names_of_metrics) {
  Echo net;
  const data::ArrayDataset data{logits, labels};
  Rng rng{1};
  const auto error = [&](std::vector<Metric> metrics, const std::string& monitor = "loss") {
    Task task = classification(net, {.metrics = std::move(metrics)});
    task.monitor = monitor;
    return message_of([&] {
      evaluate(task, data);
      fit(task, data, data, {.epochs = 1, .log = nullptr}, rng, SGD{});
    });
  };
  BOOST_TEST(error({}) == "no error");
  BOOST_TEST(error({accuracy()}, "train.accuracy") == "no error");
  BOOST_TEST(error({accuracy(), accuracy()}) == "two metrics are called accuracy");
  BOOST_TEST(error({accuracy({.name = "loss"})}) == "two metrics are called loss");
  BOOST_TEST(error({accuracy({.name = "a,b"})}) ==
             "a metric is called 'a,b', expected letters, digits, _ and -");
  BOOST_TEST(error({accuracy()}, "acc") == "expected one of loss, accuracy, got acc");
  BOOST_TEST(error({accuracy({.output = 1})}) == "the step has 1 outputs, none of number 1");
  BOOST_TEST(error({accuracy({.target = 2})}) == "the batch has 1 targets, none of number 2");
  BOOST_TEST(error({mean_absolute_error()}) == "expected numbers, got ids (7,)");
}

BOOST_AUTO_TEST_CASE(options_of_classification) {
  Echo net;
  const data::ArrayDataset data{logits, labels}, soft{logits, zeros({7, 3})};
  const data::ArrayDataset wrong{logits, std::vector<std::int32_t>{0, 1, 2, 3, 0, 0, 0}};
  const auto message = [&](const std::vector<Scalar>& weights, const data::Dataset& dataset) {
    return message_of([&] { evaluate(classification(net, {.class_weights = weights}), dataset); });
  };
  BOOST_TEST(message({1, 1, 1}, data) == "no error");
  BOOST_TEST(message({1, 1, -1}, data) == "a class's weight must be finite and at least 0, got -1");
  BOOST_TEST(message({1, 1}, data) == "expected 3 weights of classes, got 2");
  BOOST_TEST(message({1, 1, 1}, soft) ==
             "weights of classes and what is to be ignored are for labels, the targets are "
             "probabilities");
  BOOST_TEST(message({1, 1, 1}, wrong) == "label 3 is 3, expected 0 to 2");
  check_error([&] { classification(net, {.label_smoothing = 2}); },
              "[classification] label_smoothing must be in [0, 1], got 2 @");
}

// A loss with a gradient in it.
BOOST_AUTO_TEST_CASE(a_task_may_derive) {
  Rng rng{5};
  Sequential net = small_net(rng);
  double slope = 0;
  const auto step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
    const Variable x = tape.variable(batch.input()), y = net(x);
    if (!tape.derives()) return {mean(square(y)), {y}};
    const Variable loss = mean(square(tape.gradient(sum(y), x)));
    slope = double(loss.item());
    return {loss, {y}};
  };
  const Task task{.arrays = named_arrays(net), .step = step, .mode = Mode::derive};
  Adam adam{{.learning_rate = 0.02}};
  fit(task, Circle{100}, {.epochs = 1, .batch_size = 16, .log = nullptr}, rng, adam);
  const double before = slope;
  fit(task, Circle{100}, {.epochs = 10, .batch_size = 16, .log = nullptr}, rng, adam);
  BOOST_TEST(slope < before / 10);
}

BOOST_AUTO_TEST_SUITE_END()

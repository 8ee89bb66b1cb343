// SPDX-License-Identifier: MIT
// What a model says of arrays and datasets.
#include "dataset.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(predictions)

BOOST_AUTO_TEST_CASE(an_array_is_what_the_model_computes) {
  Rng rng{1};
  Sequential net{Dense{{.in = 2, .out = 3}, rng}, Dropout{0.5}, relu};
  const Array x = random({5, 2});
  Tape tape{Mode::eval};
  const Array expected = net(tape.input(x)).value();
  BOOST_TEST(same_bits(predict(net, x), expected));
  // Any function is a model, and what returns no rows, too.
  const Array total = predict([](const Variable& v) { return sum(v); }, x);
  BOOST_TEST(close(static_cast<double>(*total.data()), sum_of(x), 8 * epsilon));
}

BOOST_AUTO_TEST_CASE(a_dataset_is_predicted_sample_by_sample) {
  Rng rng{1};
  Sequential net = small_net(rng);
  const Circle data{37, 0.3};
  const std::vector<double> expected = elements(predict(net, all_of(data).input().array()));
  for (const std::size_t batch_size : {1, 5, 37, 250}) {  // the last batch of 5 has two
    const Array rows = predict(net, data, {.batch_size = batch_size});
    BOOST_TEST(difference(rows, {37, 3}, expected, 16 * epsilon) == "");
  }
  const Array doubled = predict([&](const Variable& v) { return net(v) * 2; }, data);
  BOOST_TEST(close(sum_of(doubled), 2 * sum_of(predict(net, data)), 8 * epsilon));
  net.add([](const Variable& v) { return reshape(v, {-1, 1, 3}); });
  BOOST_TEST((predict(net, data).shape() == Shape{37, 1, 3}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_predicted) {
  Rng rng{1};
  Sequential net = small_net(rng), narrow{Dense{{.in = 3, .out = 3}, rng}};
  const Circle data{37}, empty{0};
  const auto total = [](const Variable& v) { return sum(v); };
  const auto by_batch = [](const Variable& v) {
    return matmul(v, v.tape().input(zeros({2, v.shape()[0]})));
  };
  check_error([&] { predict(net, empty); }, "[predict] the data set is empty @");
  check_error([&] { predict(net, data, {.batch_size = 0}); },
              "[predict] batch_size must be at least 1, got 0 @");
  const std::string narrow_text = "[dense] layer 0: expected (N, 3), got ",
                    no_rows =
                        "[predict] the model's output is (), expected (37, ...): a row for each "
                        "sample @",
                    other_rows =
                        "[predict] the model's rows have the shapes (37, 30) and (37, 7) in "
                        "different batches, the number of rows aside @";
  check_error<ShapeError>([&] { predict(narrow, data); }, narrow_text + "(37, 2) @");
  check_error<ShapeError>([&] { predict(narrow, zeros({4, 2})); }, narrow_text + "(4, 2) @");
  check_error<ShapeError>([&] { predict(total, data); }, no_rows);
  check_error<ShapeError>([&] { predict(by_batch, data, {.batch_size = 30}); }, other_rows);
}

BOOST_AUTO_TEST_CASE(each_batch_has_the_same_outputs) {
  const Circle data{37};
  const auto check = [&](std::size_t first, std::size_t later, const std::string& samples) {
    const Task task{.arrays = {}, .step = [=](Tape& tape, const data::Batch& batch) -> StepResult {
                      const Variable x = tape.input(batch.input());
                      return {sum(x), PooledVector<Variable>(batch.number == 0 ? first : later, x)};
                    }};
    check_error<ShapeError>([&] { predict(task, data, {.batch_size = 30}); },
                            "[predict] an output is there for " + samples +
                                " of 37 samples @; a step has the same outputs for each batch");
  };
  check(1, 2, "7");
  check(2, 1, "30");
  check(0, 1, "7");
}

BOOST_AUTO_TEST_SUITE_END()

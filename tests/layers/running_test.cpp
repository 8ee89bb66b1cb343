// SPDX-License-Identifier: MIT
// A layer with buffers to which it writes while it is applied: its gradients are right, and what only looks at it
// leaves it as it was.
#include "../support.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/optim.hpp>
#include <xtape/testing.hpp>
#include <xtape/train.hpp>
#include <xtape/watch/summary.hpp>

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace test;

BOOST_AUTO_TEST_SUITE(running_statistics)

namespace {

// (x - running mean) * scale, where training moves the mean towards that of the batch.
class Centred {
 public:
  explicit Centred(std::size_t size) : scale_{random({size}, 0.5, 1.5)}, mean_{random({size})} {}
  Variable operator()(const Variable& x) {
    Tape& tape = x.tape();
    const Variable mean = tape.input(mean_.value);
    const Variable y = (x - mean) * tape.parameter(scale_) * mean;
    if (tape.mode() == Mode::train)
      mean_.value = ((mean + xtape::mean(x.detach(), {.axes = {0}})) / 2).shared_value();
    return y;
  }
  void parameters(ParameterList& list) { list("scale", scale_), list("mean", mean_); }

 private:
  Parameter scale_;
  Buffer mean_;
};

std::vector<double> values(Sequential& net) {
  std::vector<double> all;
  for (const NamedArray& array : named_arrays(net))
    for (const double v : elements(*array.value())) all.push_back(v);
  return all;
}

Sequential make_net() {
  Rng rng{1};
  return Sequential{Dense{{.in = 3, .out = 2}, rng}, Centred{2}, Centred{2}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(gradients_of_a_model_with_buffers) {
  Sequential net = make_net();
  const std::vector<double> before = values(net);
  BOOST_TEST(testing::model_gradient_error(net, random({4, 3})) < testing::gradient_tolerance);
  BOOST_TEST((values(net) == before));
  // A frozen weight: the others are still checked.
  parameters(net)[0].parameter->trainable = false;
  BOOST_TEST(testing::model_gradient_error(net, random({4, 3})) < testing::gradient_tolerance);
  BOOST_TEST((values(net) == before));
}

BOOST_AUTO_TEST_CASE(a_wrong_gradient_beside_a_buffer_is_found) {
  Sequential net = make_net();
  net.add([](const Variable& x) {
    return record("odd", x.shared_value(), wrt(x, [](Array& g) { g.data()[0] *= Scalar{1.5}; }));
  });
  BOOST_TEST(testing::model_gradient_error(net, random({4, 3})) > 0.01);
}

BOOST_AUTO_TEST_CASE(a_summary_leaves_the_model_as_it_was) {
  Sequential net = make_net();
  const std::vector<double> before = values(net);
  const ModelSummary s = summary(net, {3});
  BOOST_TEST((values(net) == before));
  BOOST_REQUIRE(s.layers.size() == 3u);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(s.layers[i].parameters == (i == 0 ? 8u : 2u));
  BOOST_TEST(s.parameters == 12u);
  BOOST_TEST(s.trainable == 12u);
  BOOST_TEST(s.buffers == 4u);
  BOOST_TEST(s.text().find("; 4 more are in buffers") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(training_moves_them_and_evaluation_does_not) {
  Sequential net = make_net();
  const std::vector<double> before = values(net);
  const Array x = random({4, 3});
  const Array result = predict(net, x);
  BOOST_TEST((values(net) == before));
  SGD still{{.learning_rate = 0}};
  for (int step = 0; step < 2; ++step) {
    Tape tape;
    tape.backward(sum(net(tape.input(x))), still);
  }
  std::vector<double> moved = values(net);
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const bool is_mean = (i >= 10 && i < 12) || i >= 14;  // weight 6, bias 2, scale 2, mean 2, ...
    BOOST_TEST((moved[i] != before[i]) == is_mean);
  }
  BOOST_TEST(!same_bits(predict(net, x), result));
}

BOOST_AUTO_TEST_CASE(they_move_as_a_plain_loop_does) {
  Sequential net{Centred{2}};
  const NamedBuffer mean = buffers(net)[0];
  const std::vector<double> before = elements(*mean.buffer->value);
  const Array x = random({5, 2});
  Tape tape;
  net(tape.input(x));
  for (std::size_t j = 0; j < 2; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < 5; ++i) sum += x(i, j);
    BOOST_TEST(close((*mean.buffer->value)(j), (before[j] + sum / 5) / 2, 8 * epsilon));
  }
}

BOOST_AUTO_TEST_CASE(several_threads_evaluate_at_once) {
  Sequential net = make_net();
  const std::vector<double> before = values(net);
  const Array x = random({4, 3}), expected = predict(net, x);
  std::vector<Array> results(4);
  std::vector<std::thread> threads;
  for (Array& result : results)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) result = predict(net, x);
    });
  for (std::thread& thread : threads) thread.join();
  for (const Array& result : results) BOOST_TEST(same_bits(result, expected));
  BOOST_TEST((values(net) == before));
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// The same seed gives the same bits, whatever the number of threads.
#include "../support.hpp"

#include <models/models.hpp>
#include <xtape/xtape.hpp>

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace test;

BOOST_AUTO_TEST_SUITE(determinism)

namespace {

// All weights after some steps of the CNN, the last batch of four a partial one.
std::vector<Array> train_cnn(std::uint64_t seed, int steps = is_double ? 12 : 30) {
  Rng rng{seed};
  Sequential net = models::cnn(rng);
  Adam adam;
  ClipNorm clip{1};
  const Array full = random({64, 28, 28, 1}, 0, 1), partial = random({17, 28, 28, 1}, 0, 1, 8);
  std::vector<std::int32_t> labels;
  for (std::int32_t i = 0; i < 64; ++i) labels.push_back(i * i % 10);
  for (int step = 0; step < steps; ++step) {
    const Array& images = step % 4 == 3 ? partial : full;
    Tape tape{Mode::train, rng};
    const Variable logits = net(tape.input(images));
    tape.backward(softmax_cross_entropy(logits, std::span{labels}.first(images.shape()[0])), clip,
                  adam);
  }
  std::vector<Array> weights;
  for (const auto& [name, parameter] : parameters(net)) weights.push_back(parameter->value());
  return weights;
}

const std::vector<Array>& reference() {
  static const std::vector<Array> weights = train_cnn(1);
  return weights;
}

void check_same(const std::vector<Array>& weights) {
  BOOST_REQUIRE(weights.size() == reference().size());
  for (std::size_t i = 0; i < weights.size(); ++i)
    BOOST_TEST(same_bits(weights[i], reference()[i]), "parameter " << i << " differs");
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_weights_are_finite_and_were_trained) {
  for (const Array& weights : reference()) {
    BOOST_TEST(std::isfinite(sum_of(weights)));
    BOOST_TEST(sum_of(weights) != 0.0);
  }
}

BOOST_AUTO_TEST_CASE(equal_seeds_give_equal_bits) { check_same(train_cnn(1)); }

BOOST_AUTO_TEST_CASE(another_seed_gives_other_bits) {
  const std::vector<Array> other = train_cnn(2, 1);
  for (std::size_t i = 0; i < other.size(); ++i) BOOST_TEST(!same_bits(other[i], reference()[i]));
}

BOOST_AUTO_TEST_CASE(one_thread_gives_the_same_bits_as_two) {
  {
    const ThreadLimit one{1};
    BOOST_TEST(thread_count() == 1u);
    check_same(train_cnn(1));
  }
  const ThreadLimit two{2};
  check_same(train_cnn(1));
}

// The gradients of images, large kernels and deep products: a step of each model.
BOOST_AUTO_TEST_CASE(so_do_the_gradients_of_every_model) {
  for (const auto& [name, architecture] : models::by_name()) {
    const auto gradients = [&architecture = architecture] {
      Rng rng{4};
      Sequential net = architecture.make(rng);
      Shape shape{12};
      shape.insert(shape.end(), architecture.input.begin(), architecture.input.end());
      std::vector<std::int32_t> labels(12, 3);
      Tape tape{Mode::train, rng};
      const Variable x = tape.variable(random(shape, 0, 1));
      tape.backward(softmax_cross_entropy(net(x), labels));
      std::vector<Array> all{x.grad()};
      for (const auto& [path, parameter] : parameters(net)) all.push_back(parameter->grad());
      return all;
    };
    const auto expected = gradients();
    const ThreadLimit one{1};
    const auto got = gradients();
    for (std::size_t i = 0; i < expected.size(); ++i)
      BOOST_TEST(same_bits(got[i], expected[i]), name << ": gradient " << i << " differs");
  }
}

// Tapes on several threads of the user's do not disturb each other.
BOOST_AUTO_TEST_CASE(two_trainings_at_once) {
  const std::vector<Array> expected = train_cnn(3, 6);
  std::vector<Array> results[2];
  {
    std::thread first{[&] { results[0] = train_cnn(3, 6); }};
    results[1] = train_cnn(3, 6);
    first.join();
  }
  for (const auto& weights : results)
    for (std::size_t i = 0; i < expected.size(); ++i)
      BOOST_TEST(same_bits(weights[i], expected[i]), "parameter " << i << " differs");
}

// A model that nobody writes to may be used by any number of threads.
BOOST_AUTO_TEST_CASE(one_model_evaluated_on_four_threads) {
  Rng rng{5};
  Sequential net = models::cnn(rng);
  const auto evaluate = [&](std::uint64_t seed) {
    Tape tape{Mode::eval};
    return net(tape.input(random({16, 28, 28, 1}, 0, 1, seed))).value();
  };
  std::vector<Array> expected(4), got(4);
  for (std::size_t i = 0; i < 4; ++i) expected[i] = evaluate(i);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 5; ++k) got[i] = evaluate(i);
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(same_bits(got[i], expected[i]));
}

BOOST_AUTO_TEST_CASE(of_several_thread_limits_the_lowest_counts) {
  const std::size_t all = thread_count();
  {
    const ThreadLimit three{3};
    ThreadLimit one{1};
    const ThreadLimit two{2};
    BOOST_TEST(thread_count() == 1u);
    const ThreadLimit moved{std::move(one)};
    BOOST_TEST(thread_count() == 1u);
  }
  BOOST_TEST(thread_count() == all);
  BOOST_CHECK_THROW(ThreadLimit{0}, ValueError);
}

BOOST_AUTO_TEST_SUITE_END()

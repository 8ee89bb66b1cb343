// SPDX-License-Identifier: MIT
// The moving average of the weights beside its formula in a plain loop, and in the place of the weights.
#include "state.hpp"

#include <xtape/tape.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(weight_average)

namespace {

const Circle train{100}, validation{37, 0.3};

// Steps of an optimizer and the average of what they lead to.
void run(Pair& pair, Optimizer& optimizer, WeightAverage& average, int first, int last) {
  for (int step = first; step <= last; ++step) {
    pair.set_gradients(step);
    visit(pair, optimizer, average);
  }
}

std::vector<double> averages_of(const WeightAverage& average, const Pair& pair) {
  std::vector<double> all = elements(average.average(pair.weight));
  for (double w : elements(average.average(pair.bias))) all.push_back(w);
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(averages_by_hand) {
  for (const bool warmup : {false, true}) {
    Pair pair;
    SGD sgd{{.learning_rate = 0.3}};
    WeightAverage average{{.decay = 0.6, .warmup = warmup}};
    std::vector<double> expected;
    for (int t = 1; t <= 12; ++t) {
      run(pair, sgd, average, t, t);
      const std::vector<double> w = pair.values();
      if (t == 1) expected = w;
      const double d = warmup ? std::min(0.6, (1.0 + t) / (10.0 + t)) : 0.6;
      for (std::size_t i = 0; i < w.size(); ++i) expected[i] = d * expected[i] + (1 - d) * w[i];
      const std::vector<double> actual = averages_of(average, pair);
      BOOST_REQUIRE(actual.size() == expected.size());
      for (std::size_t i = 0; i < w.size(); ++i)
        BOOST_REQUIRE(close(actual[i], expected[i], 16 * epsilon));
    }
    BOOST_TEST(average.steps() == 12u);
    BOOST_TEST((averages_of(average, pair) != pair.values()));
  }
}

// 10,000 * epsilon away, if the two factors of the average did not add up to 1.
BOOST_AUTO_TEST_CASE(the_average_of_a_constant_is_that_constant) {
  Pair pair;
  const std::vector<double> before = pair.values();
  WeightAverage average{{.decay = 0.9999}};
  for (int t = 1; t <= 1000; ++t) visit(pair, average);
  BOOST_TEST((averages_of(average, pair) == before));
  BOOST_TEST((pair.values() == before));
}

BOOST_AUTO_TEST_CASE(averages_take_the_place_of_the_weights_in_a_scope) {
  Pair pair;
  SGD sgd{{.learning_rate = 0.3}};
  WeightAverage average{{.decay = 0.5}};
  run(pair, sgd, average, 1, 5);
  const std::vector<double> weights = pair.values(), averages = averages_of(average, pair);
  {
    const auto averaged = average.applied(pair);
    BOOST_TEST((pair.values() == averages));
  }
  BOOST_TEST((pair.values() == weights));
  BOOST_TEST((averages_of(average, pair) == averages));
  BOOST_CHECK_THROW(
      {
        const auto averaged = average.applied(pair);
        throw 1;
      },
      int);
  BOOST_TEST((pair.values() == weights));
  // Training goes on as if nothing had been.
  Pair same;
  SGD other{{.learning_rate = 0.3}};
  WeightAverage untouched{{.decay = 0.5}};
  run(same, other, untouched, 1, 9);
  run(pair, sgd, average, 6, 9);
  BOOST_TEST((pair.values() == same.values()));
  BOOST_TEST((averages_of(average, pair) == averages_of(untouched, same)));
}

BOOST_AUTO_TEST_CASE(a_model_that_has_moved_gets_its_averages) {
  Pair pair;
  SGD sgd{{.learning_rate = 0.3}};
  WeightAverage average{{.decay = 0.5}};
  run(pair, sgd, average, 1, 3);
  const std::vector<double> averages = averages_of(average, pair);
  Pair moved{std::move(pair)};
  const auto averaged = average.applied(moved);
  BOOST_TEST((moved.values() == averages));
}

BOOST_AUTO_TEST_CASE(averages_go_with_their_parameters) {
  WeightAverage average;
  const auto bytes_after = [&](int models) {
    for (int i = 0; i < models; ++i) {
      Pair pair;
      visit(pair, average);
    }
    Pair last;
    visit(last, average);
    return memory_stats().in_use;
  };
  const std::size_t after_one = bytes_after(1);
  BOOST_TEST(bytes_after(50) == after_one);
}

BOOST_AUTO_TEST_CASE(a_parameter_that_was_not_visited_keeps_its_value) {
  Pair pair;
  SGD sgd{{.learning_rate = 0.3}};
  WeightAverage average{{.decay = 0.5}};
  pair.bias.value() = full({7}, 3);
  pair.bias.trainable = false;
  run(pair, sgd, average, 1, 4);
  state_names(average, pair);  // what a checkpoint asks for changes nothing
  BOOST_TEST(same_bits(average.average(pair.bias), full({7}, 3)));
  {
    const auto averaged = average.applied(pair);
    BOOST_TEST(same_bits(pair.bias.value(), full({7}, 3)));
  }
  pair.bias.trainable = true;  // its average begins now
  run(pair, sgd, average, 5, 5);
  BOOST_TEST(same_bits(average.average(pair.bias), pair.bias.value()));
  BOOST_TEST(!same_bits(average.average(pair.weight), pair.weight.value()));
}

BOOST_AUTO_TEST_CASE(shared_weights_are_put_in_once) {
  struct Tied {
    Parameter shared{full({2}, 1)};
    void parameters(ParameterList& list) { list("in", shared), list("out", shared); }
  } net;
  WeightAverage average{{.decay = 0.5}};
  visit(net, average);
  net.shared.value() = full({2}, 2);
  visit(net, average);
  {
    const auto averaged = average.applied(net);
    BOOST_TEST(same_bits(net.shared.value(), full({2}, 1.5)));
  }
  BOOST_TEST(same_bits(net.shared.value(), full({2}, 2)));
}

BOOST_AUTO_TEST_CASE(a_resumed_training_goes_on_with_its_averages) {
  Pair whole, parts;
  SGD sgd{{.learning_rate = 0.3}};
  const WeightAverageOptions options{.decay = 0.95, .warmup = true};
  WeightAverage all{options}, begun{options}, resumed{options};
  BOOST_TEST(state_names(begun, parts) ==
             "steps weight.average weight.visits bias.average bias.visits ");
  run(whole, sgd, all, 1, 20);
  run(parts, sgd, begun, 1, 8);
  copy_state(begun, parts, resumed, parts);
  BOOST_TEST(resumed.steps() == 8u);
  run(parts, sgd, resumed, 9, 20);
  BOOST_TEST((averages_of(all, whole) == averages_of(resumed, parts)));
}

BOOST_AUTO_TEST_CASE(nothing_else_happens_while_the_averages_are_in_the_model) {
  Pair pair;
  SGD sgd;
  WeightAverage average;
  run(pair, sgd, average, 1, 2);
  const auto averaged = average.applied(pair);
  const std::string text = "[weight_average] the averages are in the model already",
                    hint = "; end the scope of what applied() returned first";
  check_error([&] { visit(pair, average); }, text + hint);
  check_error([&] { state_names(average, pair); }, text + hint);
  check_error([&] { auto again = average.applied(pair); }, text + " @" + hint);
  BOOST_TEST(average.steps() == 2u);
}

BOOST_AUTO_TEST_CASE(a_value_of_another_shape_is_an_error) {
  Pair pair;
  WeightAverage average;
  visit(pair, average);
  pair.bias.value() = zeros({3});
  const auto says = [](const ShapeError& error) {
    return std::string{error.what()}.starts_with(
        "[weight_average] expected an average of shape (3,), got (7,)");
  };
  BOOST_CHECK_EXCEPTION(visit(pair, average), ShapeError, says);
  const std::vector<double> before = pair.values();
  BOOST_CHECK_EXCEPTION(auto averaged = average.applied(pair), ShapeError, says);
  BOOST_TEST((pair.values() == before));
}

BOOST_AUTO_TEST_CASE(decays_out_of_range) {
  check_error([] { WeightAverage{{.decay = 1}}; },
              "[weight_average] decay must be in [0, 1), got 1 @");
  check_error([] { WeightAverage{{.decay = NAN}}; },
              "[weight_average] decay must be in [0, 1), got nan @");
}

BOOST_AUTO_TEST_CASE(later_steps_ask_for_no_memory) {
  Pair pair;
  WeightAverage average;
  visit(pair, average);
  const MemoryStats before = memory_stats();
  for (int t = 2; t <= 20; ++t) visit(pair, average);
  BOOST_TEST(memory_stats().in_use == before.in_use);
  BOOST_TEST(memory_stats().system_allocations == before.system_allocations);
}

BOOST_AUTO_TEST_CASE(it_runs_after_the_optimizer_in_a_training) {
  Rng rng{1}, same_rng{1};
  Sequential net = small_net(rng), alone = small_net(same_rng);
  const FitOptions options{.epochs = 5, .batch_size = 10, .log = nullptr};
  WeightAverage average{{.decay = 0.9}};
  fit(net, train, validation, options, rng, SGD{{.learning_rate = 0.5}}, average);
  fit(alone, train, validation, options, same_rng, SGD{{.learning_rate = 0.5}});
  BOOST_TEST(average.steps() == 50u);
  BOOST_TEST((weights(net) == weights(alone)));
  const double loss = evaluate(net, validation).loss;
  {
    const auto averaged = average.applied(net);
    BOOST_TEST((weights(net) != weights(alone)));
    BOOST_TEST(evaluate(net, validation).loss != loss);
    BOOST_TEST(evaluate(net, validation)["accuracy"] > 0.8);
  }
  BOOST_TEST((weights(net) == weights(alone)));
}

BOOST_AUTO_TEST_SUITE_END()

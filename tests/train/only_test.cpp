// SPDX-License-Identifier: MIT
// Visitors for some parameters in trainings, with what is measured and what a checkpoint keeps.
#include "../io/files.hpp"
#include "state.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(only_in_trainings)

namespace {

const Circle train_set{100}, test_set{37, 0.3};

// Trains a network whose first layer learns by one optimizer and its second by another.
std::vector<double> train(const CheckpointOptions& checkpoint, int stop_after = 0) {
  Rng rng{5};
  Sequential net{Dense{{.in = 2, .out = 16, .activation = Activation::tanh}, rng},
                 Dense{{.in = 16, .out = 3}, rng}};
  Adam body{Adam::torch()};
  SGD head{{.learning_rate = 0.1, .momentum = 0.9}};
  const CosineDecayOptions decay{.learning_rate = 0.05, .steps = 21};
  body.set_schedule(cosine_decay(decay));
  FitOptions options{.epochs = 3, .batch_size = 16, .log = nullptr};
  options.checkpoint = checkpoint;
  int step = 0;
  if (stop_after > 0) options.on_step = [&](const StepReport&) { return ++step < stop_after; };
  fit(net, train_set, test_set, options, rng, ClipNorm{1},
      only(parameters(net, Named{"0.*"}), body), only(parameters(net, Named{"1.*"}), head));
  return weights(net);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_body_stays_while_a_head_learns) {
  Rng rng{1};
  Sequential net{Dense{{.in = 2, .out = 8, .activation = Activation::tanh}, rng},
                 Dense{{.in = 8, .out = 3}, rng}};
  const auto named = parameters(net);
  const Array kernel = named[0].parameter->value(), head = named[2].parameter->value();
  fit(net, train_set, test_set, {.epochs = 1, .log = nullptr}, rng,
      only(parameters(net, Named{"1.*"}), SGD{{.learning_rate = 0.5}}));
  BOOST_TEST(same_bits(named[0].parameter->value(), kernel));
  BOOST_TEST(!same_bits(named[2].parameter->value(), head));
}

BOOST_AUTO_TEST_CASE(a_training_with_groups_is_resumed) {
  const Directory directory;
  const std::vector<double> whole = train({});
  for (const int stop : {1, 7, 13}) {
    const CheckpointOptions checkpoint{.path = directory / "run", .resume = true};
    std::filesystem::remove(checkpoint.path);
    train(checkpoint, stop);
    BOOST_TEST((train(checkpoint) == whole), "stopped after step " << stop);
  }
}

BOOST_AUTO_TEST_CASE(a_checkpoint_has_the_state_of_its_parameters_alone) {
  Pair pair;
  Adam keras, torch{Adam::torch()};
  WeightAverage average;
  const auto bias = parameters(pair, Named{"bias"});
  auto a = only(bias, keras), b = only(bias, torch);
  auto c = only(bias, average);
  BOOST_TEST(state_names(a, pair) == "steps learning_rate bias.m bias.v ");
  BOOST_TEST(state_names(b, pair) == "steps learning_rate bias.m bias.v bias.steps ");
  BOOST_TEST(state_names(c, pair) == "steps bias.average bias.visits ");
  BOOST_TEST(a.name() == "adam");
}

BOOST_AUTO_TEST_CASE(a_checkpoint_of_another_model_is_an_error) {
  Pair pair;
  struct Other {
    Parameter& weight;
    void parameters(ParameterList& list) { list("w", weight), list("again", weight); }
  } other{pair.weight};
  auto adam = only(pair, Adam{});
  check_error([&] { state_names(adam, other); },
              "[only] of 2 parameters with state the checkpoint has 1; its model must list all "
              "that are trained");
}

BOOST_AUTO_TEST_CASE(statistics_are_of_what_is_visited) {
  Pair first, second;
  SGD sgd;
  auto inner = only(parameters(first, Named{"bias"}), sgd);
  UpdateStatistics outside{inner, {.every = 1}}, measured{sgd, {.every = 1}};
  auto inside = only(parameters(second, Named{"bias"}), measured);
  for (Pair* const pair : {&first, &second}) pair->set_gradients(1);
  visit(first, outside);
  visit(second, inside);
  for (const UpdateStatistics* const statistics : {&outside, &measured}) {
    const auto samples = statistics->samples();
    BOOST_REQUIRE(samples.size() == 1u);
    BOOST_TEST(samples[0].gradient_norms.size() == 1u);
  }
  BOOST_TEST((outside.parameters()[0] == first.bias.id()));
  BOOST_TEST((first.values() == second.values()));
}

BOOST_AUTO_TEST_CASE(averages_of_some_weights) {
  Pair pair;
  SGD sgd{{.learning_rate = 0.3}};
  WeightAverage average{{.decay = 0.5}};
  for (int t = 1; t <= 3; ++t) {
    pair.set_gradients(t);
    visit(pair, sgd, only(parameters(pair, Named{"weight"}), average));
  }
  BOOST_TEST(!same_bits(average.average(pair.weight), pair.weight.value()));
  BOOST_TEST(same_bits(average.average(pair.bias), pair.bias.value()));
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// The norms of gradients and updates beside plain loops.
#include "state.hpp"

#include <tbb/global_control.h>

#include <map>

using namespace test;

BOOST_AUTO_TEST_SUITE(update_statistics)

namespace {

double norm_of(const std::vector<double>& x) {
  double sum = 0;
  for (double element : x) sum += element * element;
  return std::sqrt(sum);
}

template <class Model>
void run(Model& model, Visitor& visitor, int first, int last) {
  for (int step = first; step <= last; ++step) {
    model.set_gradients(step);
    visit(model, visitor);
  }
}

// Writes down what is asked of it, and changes nothing.
struct Witness : Visitor {
  std::string calls;
  const char* name() const noexcept override { return "witness"; }
  std::size_t bytes_per_element() const noexcept override { return 17; }
  void begin(std::span<Parameter* const> all) override {
    calls += 'b' + std::to_string(all.size());
  }
  void visit(Parameter&) override { calls += 'v'; }
  void end() override { calls += "e "; }
  void state(StateList& list) override { list("number", number); }
  double number = 0;
};

bool same(const UpdateStatistics& a, const UpdateStatistics& b) {
  const auto x = a.samples(), y = b.samples();
  bool same = x.size() == y.size();
  for (std::size_t i = 0; same && i < x.size(); ++i)
    same = x[i].step == y[i].step && x[i].gradient_norms == y[i].gradient_norms &&
           x[i].update_ratios == y[i].update_ratios;
  return same;
}

}  // namespace

BOOST_AUTO_TEST_CASE(norms_and_ratios_by_hand) {
  Pair pair;
  Adam adam{{.learning_rate = 0.01}};
  UpdateStatistics statistics{adam, {.every = 3}};
  std::map<std::uint64_t, std::vector<double>> norms, ratios;
  for (int step = 1; step <= 7; ++step) {
    const std::vector<double> weight = elements(pair.weight.value()),
                              bias = elements(pair.bias.value());
    pair.set_gradients(step);
    visit(pair, statistics);
    std::vector<double> moved = elements(pair.weight.value()),
                        moved_bias = elements(pair.bias.value());
    for (std::size_t i = 0; i < weight.size(); ++i) moved[i] -= weight[i];
    for (std::size_t i = 0; i < bias.size(); ++i) moved_bias[i] -= bias[i];
    const auto s = static_cast<std::uint64_t>(step);
    norms[s] = {norm_of(elements(pair.weight.grad())), norm_of(elements(pair.bias.grad()))};
    ratios[s] = {norm_of(moved) / norm_of(weight), norm_of(moved_bias) / norm_of(bias)};
  }
  const auto samples = statistics.samples();
  BOOST_REQUIRE(samples.size() == 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(samples[i].step == 3 * i + 1);
    BOOST_REQUIRE(samples[i].gradient_norms.size() == 2u);
    BOOST_REQUIRE(samples[i].update_ratios.size() == 2u);
    for (std::size_t k = 0; k < 2; ++k) {
      BOOST_TEST(close(samples[i].gradient_norms[k], norms[samples[i].step][k], 1e-5));
      BOOST_TEST(close(samples[i].gradient_norms[k] / norms[samples[i].step][k], 1, 64 * epsilon));
      const double expected = ratios[samples[i].step][k];
      if (std::isinf(expected))
        BOOST_TEST(samples[i].update_ratios[k] == expected);
      else
        BOOST_TEST(close(samples[i].update_ratios[k] / expected, 1, 64 * epsilon));
    }
  }
  BOOST_TEST(std::isinf(samples[0].update_ratios[1]));  // the bias was 0
  BOOST_TEST(samples[0].update_ratios[0] > 1e-3);
  BOOST_TEST((statistics.parameters()[0] == pair.weight.id()));
  BOOST_TEST((statistics.parameters()[1] == pair.bias.id()));
}

// Though their squares do not fit into a double.
BOOST_AUTO_TEST_CASE(norms_of_any_size) {
  for (double size : {is_double ? 1e200 : 1e30, is_double ? 1e-200 : 1e-30}) {
    Parameter p{full({4}, static_cast<Scalar>(size))};
    p.grad() = full({4}, static_cast<Scalar>(size));
    Parameter* const all[] = {&p};
    SGD sgd{{.learning_rate = 0.25}};
    UpdateStatistics statistics{sgd, {.every = 1}};
    walk(all, statistics);
    const auto [step, norms, ratios] = statistics.samples()[0];
    BOOST_TEST(close(norms[0] / (2 * size), 1, 4 * epsilon));
    BOOST_TEST(close(ratios[0], 0.25, 4 * epsilon));
  }
}

BOOST_AUTO_TEST_CASE(nothing_over_nothing_is_nothing) {
  Pair pair;
  SGD still{{.learning_rate = 0}};
  UpdateStatistics statistics{still};
  run(pair, statistics, 1, 1);
  BOOST_TEST(statistics.samples()[0].update_ratios == std::vector<double>({0, 0}));
}

BOOST_AUTO_TEST_CASE(training_is_the_same_with_it_and_without) {
  Pair plain, watched;
  Adam a, b;
  UpdateStatistics statistics{b, {.every = 2}};
  run(plain, a, 1, 5);
  run(watched, statistics, 1, 5);
  BOOST_TEST((plain.values() == watched.values()));
}

BOOST_AUTO_TEST_CASE(the_other_visitor_gets_every_call) {
  Pair pair;
  Witness witness;
  UpdateStatistics statistics{witness, {.every = 2}};
  run(pair, statistics, 1, 3);
  BOOST_TEST(witness.calls == "b2vve b2vve b2vve ");
  BOOST_TEST(statistics.name() == "witness");
  BOOST_TEST(statistics.bytes_per_element() == 17u);
  BOOST_TEST(state_names(statistics, pair) ==
             "witness.number steps sampled_steps gradient_norms update_ratios ");
}

BOOST_AUTO_TEST_CASE(parameters_may_be_frozen_on_the_way) {
  Pair pair;
  SGD sgd;
  UpdateStatistics statistics{sgd, {.every = 1}};
  run(pair, statistics, 1, 1);
  pair.weight.trainable = false;
  run(pair, statistics, 2, 2);
  const auto samples = statistics.samples();
  BOOST_REQUIRE(samples.size() == 2u);
  BOOST_TEST(samples[0].gradient_norms.size() == 2u);
  BOOST_REQUIRE(samples[1].gradient_norms.size() == 1u);
  BOOST_TEST(close(samples[1].gradient_norms[0], norm_of(elements(pair.bias.grad())), 1e-6));
  BOOST_TEST(statistics.parameters().size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  Pair a, b;
  Adam adam_a, adam_b;
  UpdateStatistics one{adam_a, {.every = 1}}, two{adam_b, {.every = 1}};
  {
    tbb::global_control limit{tbb::global_control::max_allowed_parallelism, 1};
    run(a, one, 1, 3);
  }
  tbb::global_control limit{tbb::global_control::max_allowed_parallelism, 2};
  run(b, two, 1, 3);
  BOOST_TEST(same(one, two));
}

BOOST_AUTO_TEST_CASE(a_resumed_training_has_the_whole_series) {
  Pair whole, parts;
  Adam adam, begun_adam, resumed_adam;
  UpdateStatistics all{adam, {.every = 3}}, begun{begun_adam, {.every = 3}},
      resumed{resumed_adam, {.every = 3}};
  run(whole, all, 1, 10);
  run(parts, begun, 1, 5);
  copy_state(begun, parts, resumed, parts);
  BOOST_TEST(same(begun, resumed));
  BOOST_TEST(resumed.parameters().empty());
  run(parts, resumed, 6, 10);
  BOOST_TEST(all.samples().size() == 4u);
  BOOST_TEST(same(all, resumed));
  BOOST_TEST((whole.values() == parts.values()));
}

BOOST_AUTO_TEST_CASE(steps_without_a_sample_ask_for_no_memory) {
  Pair pair;
  SGD sgd;
  UpdateStatistics statistics{sgd, {.every = 100}};
  run(pair, statistics, 1, 1);
  const MemoryStats before = memory_stats();
  for (int step = 2; step <= 50; ++step) visit(pair, statistics);
  BOOST_TEST(memory_stats().in_use == before.in_use);
  BOOST_TEST(memory_stats().system_allocations == before.system_allocations);
  BOOST_TEST(statistics.samples().size() == 1u);
}

BOOST_AUTO_TEST_CASE(it_stands_for_the_optimizer_in_a_training) {
  const Circle train{100}, validation{37, 0.3};
  Rng rng{1};
  Sequential net = small_net(rng);
  Adam adam{{.learning_rate = 0.02}};
  UpdateStatistics statistics{adam, {.every = 7}};
  fit(net, train, validation, {.epochs = 5, .batch_size = 10, .log = nullptr}, rng, statistics);
  BOOST_TEST(adam.steps() == 50u);
  const auto samples = statistics.samples();
  BOOST_REQUIRE(samples.size() == 8u);
  BOOST_TEST(samples.back().step == 50u);
  BOOST_TEST(samples.back().update_ratios.size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_sample_in_no_step_is_an_error) {
  SGD sgd;
  check_error([&] { UpdateStatistics(sgd, {.every = 0}); },
              "[update_statistics] every must be at least 1, got 0 @");
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Layers that are computed again in the backward pass: the same bits, in less memory.
#include "../support.hpp"
#include "../timing.hpp"

#include <xtape/derivatives.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/optim.hpp>
#include <xtape/threads.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(checkpointed_layers)

namespace {

// Draws, normalises and has layers in layers: alike for equal generators.
template <class Wrap>
Sequential network(Wrap wrap, Rng& rng) {
  return Sequential{wrap(Sequential{Dense{{.in = 5, .out = 8}, rng}, BatchNorm{{.channels = 8}},
                                    Tanh{}, Dropout{0.3}}),
                    wrap(Sequential{Dropout{0.2},
                                    wrap(Sequential{Dense{{.in = 8, .out = 8}, rng}, Tanh{},
                                                    Dropout{0.4}, BatchNorm{{.channels = 8}}}),
                                    Dense{{.in = 8, .out = 8}, rng}}),
                    Dense{{.in = 8, .out = 2}, rng}};
}
const auto plain = [](Sequential layers) { return layers; };
const auto again = [](Sequential layers) { return checkpoint(std::move(layers)); };

template <class Model>
void train(Model& net, int steps) {
  Rng rng{4};
  Adam adam{{.learning_rate = 1e-2}};
  for (int step = 0; step < steps; ++step) {
    const auto seed = static_cast<std::uint64_t>(step);
    Tape tape{Mode::train, rng};
    const Variable x = dropout(tape.input(random({6, 5}, -1, 1, seed)), {.rate = 0.1});
    tape.backward(mse(net(x), random({6, 2}, -1, 1, seed + 1000)), adam);
  }
}

void check_same(const std::vector<NamedArray>& a, const std::vector<NamedArray>& b) {
  BOOST_REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    BOOST_TEST(a[i].name == b[i].name);
    BOOST_TEST(same_bits(*a[i].value(), *b[i].value()), a[i].name);
  }
}

std::size_t held() {
  const MemoryStats stats = memory_stats();
  return stats.in_use + stats.cached;
}

// What a training step needs at most beside what there is.
template <class Model>
std::size_t memory_of_step(Model& net, const Array& x) {
  release_cached_memory();
  const std::size_t before = held();
  Rng rng{1};
  Tape tape{Mode::train, rng};
  tape.backward(mean(square(net(tape.input(x)))));
  return held() - before;
}

Sequential deep(std::size_t layers, std::size_t width) {
  Rng rng{3};
  Sequential net;
  for (std::size_t i = 0; i < layers; ++i)
    net.add(Residual{Sequential{LayerNorm{{.channels = width}},
                                Dense{{.in = width, .out = width}, rng}, Tanh{}}});
  return net;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_training_has_the_same_bits) {
  Rng one{1}, other{1};
  Sequential a = network(plain, one), b = network(again, other);
  train(a, 100);
  train(b, 100);
  check_same(named_arrays(a), named_arrays(b));
}

BOOST_AUTO_TEST_CASE(runs_of_layers_have_the_same_bits) {
  Sequential a = deep(10, 5), layers = deep(10, 5);
  for (Sequential* net : {&a, &layers}) {
    Rng rng{9};
    net->add(Dense{{.in = 5, .out = 2}, rng});
  }
  auto b = every_sqrt(std::move(layers));
  train(a, 20);
  train(b, 20);
  check_same(named_arrays(a), named_arrays(b));
}

BOOST_AUTO_TEST_CASE(a_deep_net_needs_a_fifth_of_the_memory) {
  Sequential net = deep(100, 8);
  const Array x = random({2000, 8});
  const std::size_t whole = memory_of_step(net, x);
  auto runs = every_sqrt(std::move(net));
  const std::size_t part = memory_of_step(runs, x);
  BOOST_TEST(5 * part <= whole, part << " of " << whole);
}

// A second forward pass, where forward and backward take three in all.
BOOST_AUTO_TEST_CASE(a_deep_net_takes_at_most_two_fifths_longer) {
  const ThreadLimit one{1};
  Sequential net = deep(100, 64);
  auto runs = every_sqrt(deep(100, 64));
  const Array x = random({256, 64});
  const auto step = [&](auto& model) {
    Tape tape;
    tape.backward(mean(square(model(tape.input(x)))));
  };
  BOOST_TEST(test::time_ratio([&] { step(runs); }, [&] { step(net); }, 1.4) <= 1.4);
}

// The same one twice, on what is used elsewhere, and with parameters that another part of the pass uses.
BOOST_AUTO_TEST_CASE(gradients_add_up) {
  Rng rng{2};
  Dense dense{{.in = 3, .out = 3}, rng};
  auto wrapped = checkpoint([&dense](const Variable& x) { return tanh(dense(x)); });
  const auto gradients = [&](auto layer) {
    Tape tape;
    const Variable x = tape.variable(random({4, 3}));
    tape.backward(sum(layer(layer(x)) * dense(x)));
    PooledVector<Array> all{x.grad()};
    for (const auto& [name, parameter] : parameters(dense)) all.push_back(parameter->grad());
    return all;
  };
  const auto expected = gradients([&dense](const Variable& x) { return tanh(dense(x)); });
  const auto got = gradients([&](const Variable& x) { return wrapped(x); });
  for (std::size_t i = 0; i < expected.size(); ++i)
    for (std::size_t k = 0; k < expected[i].size(); ++k)
      BOOST_TEST(std::abs(got[i].data()[k] - expected[i].data()[k]) <= 20 * epsilon);
}

// What is frozen counts as when the layer was applied.
BOOST_AUTO_TEST_CASE(freezing_in_between) {
  Rng rng{2};
  Dense dense{{.in = 2, .out = 1}, rng};
  auto layer = checkpoint(std::ref(dense));
  for (const bool frozen : {false, true}) {
    for (const auto& [name, parameter] : parameters(dense)) parameter->trainable = !frozen;
    Tape tape;
    const Variable x = tape.variable(Array{{1, 2}}), y = sum(layer(x));
    for (const auto& [name, parameter] : parameters(dense)) {
      parameter->trainable = frozen;
      parameter->grad() = full(parameter->shape(), 7);
    }
    tape.backward(y);
    const auto& weight = *parameters(dense).front().parameter;
    BOOST_TEST(weight.trainable == frozen);
    BOOST_TEST(weight.grad().data()[1] == (frozen ? 7 : 2));
    for (std::size_t i = 0; i < 2; ++i) BOOST_TEST(x.grad().data()[i] == weight.value().data()[i]);
  }
}

BOOST_AUTO_TEST_CASE(evaluated_or_derived_it_is_the_layer) {
  Rng rng{2};
  auto layer = checkpoint(Sequential{Dense{{.in = 2, .out = 2}, rng}, Tanh{}});
  Tape eval{Mode::eval}, derive{Mode::derive};
  const Array x{{1, 2}};
  const Variable v = derive.variable(x), y = layer(v);
  BOOST_TEST(same_bits(y.value(), layer(eval.input(x)).value()));
  const Variable slope = derive.gradient(sum(y), v);
  BOOST_TEST(derive.gradient(sum(slope), v).size() == 2u);
  Tape constants;
  for (const auto& [name, parameter] : parameters(layer)) parameter->trainable = false;
  BOOST_TEST(!layer(constants.input(x)).needs_grad());
}

BOOST_AUTO_TEST_CASE(an_error_inside_names_the_layer) {
  Rng rng{2};
  Sequential net{Tanh{}, checkpoint(Sequential{Tanh{}, Dense{{.in = 2, .out = 2}, rng}})};
  Tape tape;
  try {
    net(tape.variable(zeros({1, 3})));
    BOOST_ERROR("no error");
  } catch (const ShapeError& error) {
    BOOST_TEST(error.layer() == "1.1");
  }
}

BOOST_AUTO_TEST_SUITE_END()

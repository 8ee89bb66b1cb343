// SPDX-License-Identifier: MIT
// The most memory that a training step takes, foretold and measured.
#include "../support.hpp"

#include <models/models.hpp>
#include <models/text.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/optim.hpp>
#include <xtape/watch/peak_memory.hpp>
#include <xtape/watch/summary.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(peaks_of_memory)

namespace {

std::vector<std::int32_t> ids(std::size_t count, std::int32_t classes) {
  std::vector<std::int32_t> some(count);
  for (std::size_t i = 0; i < count; ++i) some[i] = static_cast<std::int32_t>(i) % classes;
  return some;
}

// All that a training takes in its third step: a model, made by `make`, a batch, and SGD, which keeps nothing.
template <class Make>
std::size_t measured(const Make& make, const Shape& sample, std::size_t batch) {
  const PeakMemory all;
  Rng rng{1};
  auto net = make(rng);
  Shape shape{batch};
  shape.insert(shape.end(), sample.begin(), sample.end());
  const Value x{random(shape)};
  SGD sgd{{.learning_rate = 1e-4}};
  for (int step = 0; step < 3; ++step) {
    Tape tape{Mode::train, rng};
    const Variable logits = net(tape.input(x));
    tape.backward(softmax_cross_entropy(logits, ids(batch, 10)), sgd);
  }
  return all.bytes();
}

void check_within_a_tenth(const std::string& what, std::size_t batch, std::size_t foretold,
                          std::size_t peak) {
  const double ratio = static_cast<double>(foretold) / static_cast<double>(peak);
  BOOST_TEST_MESSAGE(what << " " << batch << ": " << ratio << " of " << peak);
  BOOST_TEST((0.9 <= ratio && ratio <= 1.1),
             what << ", batch " << batch << ": foretold " << foretold << " for " << peak);
}

template <class Make>
void check_summary(const std::string& name, const Make& make, const Shape& sample,
                   std::initializer_list<std::size_t> batches) {
  for (const std::size_t batch : batches) {
    Rng rng{1};
    auto net = make(rng);
    check_within_a_tenth(name, batch, summary(net, sample, {.batch = batch}).peak_memory,
                         measured(make, sample, batch));
  }
}

Sequential deep(Rng& rng) {
  Sequential net{Dense{{.in = 64, .out = 100}, rng}};
  for (int layer = 0; layer < 98; ++layer)
    net.add(Dense{{.in = 100, .out = 100, .activation = Activation::tanh}, rng});
  net.add(Dense{{.in = 100, .out = 10}, rng});
  return net;
}

}  // namespace

BOOST_AUTO_TEST_CASE(peaks_are_those_of_the_pool) {
  const std::size_t before = memory_stats().in_use;
  const PeakMemory outer;
  const Array kept = zeros({5000});
  const std::size_t kept_bytes = memory_stats().in_use - before;
  std::size_t most = 0;
  {
    PeakMemory inner;
    const auto take = [] { const Array a = zeros({100'000}), b = zeros({3}); };
    take();
    most = inner.bytes();
    inner.restart();
    BOOST_TEST(inner.bytes() == 0u);
    const Array small = zeros({1000});
    BOOST_TEST(inner.bytes() == memory_stats().in_use - before - kept_bytes);
  }
  BOOST_TEST(kept_bytes >= 5000 * sizeof(Scalar));
  BOOST_TEST(most >= 100'003 * sizeof(Scalar));
  BOOST_TEST(most <= 131'072 * sizeof(Scalar));
  BOOST_TEST(outer.bytes() == kept_bytes + most);
}

BOOST_AUTO_TEST_CASE(of_models_of_images) {
  for (const char* name : {"cnn", "resnet20", "mlp", "lenet5"}) {
    const auto& [make, input] = models::by_name().at(name);
    check_summary(name, make, input, {7, 64, 100});
  }
}

BOOST_AUTO_TEST_CASE(of_a_deep_net) {
  check_summary("deep", deep, {64}, {7, 64, 129, 1000});
  check_summary("every_sqrt", [](Rng& rng) { return every_sqrt(deep(rng)); }, {64},
                {7, 64, 129, 1000, 4000});
  check_summary("checkpoint",
                [](Rng& rng) {
                  return Sequential{checkpoint(deep(rng)), Tanh{}};
                },
                {64}, {64, 1000});
}

BOOST_AUTO_TEST_CASE(of_models_of_text) {
  constexpr std::size_t context = 32, vocabulary = 65;
  for (const auto& [name, make] : models::text_models())
    for (const std::size_t batch : {5, 12, 32, 100}) {
      const auto some = ids(batch * context, vocabulary);
      const PeakMemory all;
      Rng rng{1};
      const auto net = make(vocabulary, context, rng);
      SGD sgd{{.learning_rate = 1e-4}};
      for (int step = 0; step < 3; ++step) {
        Tape tape{Mode::train, rng};
        const Variable logits = reshape((*net)(tape, {some, {batch, context}}), {-1, vocabulary});
        tape.backward(softmax_cross_entropy(logits, some), sgd);
      }
      const std::size_t peak = all.bytes();
      check_within_a_tenth(name, batch, summary(*net, {context}, {.batch = batch}).peak_memory,
                           peak);
    }
}

// The peak is in the first part of the step for few samples, and in the second for many.
BOOST_AUTO_TEST_CASE(of_a_step_whose_peak_moves) {
  const auto step = [](std::size_t samples) {
    Tape tape{Mode::eval};
    { const Variable x = abs(tape.input(full({1'000'000}, 1))); }
    { const Variable x = abs(tape.input(full({samples, 1000}, 1))); }
  };
  for (const std::size_t batch : {1, 100, 5000}) {
    const PeakMemory memory;
    step(batch);
    const std::size_t foretold = estimate_peak_memory(step, batch);
    check_within_a_tenth("moving", batch, foretold, memory.bytes());
  }
}

// One op for each sample, so that steps have nothing in common but their peaks.
BOOST_AUTO_TEST_CASE(of_a_step_with_an_op_for_each_sample) {
  const auto step = [](std::size_t samples) {
    Tape tape;
    Variable x = tape.variable(full({1000}, 1));
    for (std::size_t i = 0; i < samples; ++i) x = tanh(x);
    tape.backward(sum(x));
  };
  const std::size_t foretold = estimate_peak_memory(step, 200);
  const PeakMemory memory;
  step(200);
  check_within_a_tenth("looping", 200, foretold, memory.bytes());
}

BOOST_AUTO_TEST_CASE(no_samples_are_an_error) {
  BOOST_CHECK_THROW(estimate_peak_memory([](std::size_t) {}, 0), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()

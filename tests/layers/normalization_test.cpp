// SPDX-License-Identifier: MIT
// Layers that normalise: what they compute, their running statistics, and what they refuse.
#include "../ops/errors.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/threads.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(normalization_layers)

namespace {

// A channel's mean and its variance, divided by the count less `less`, over all axes but the last.
struct Moments {
  double mean = 0, variance = 0;
};
Moments moments(const Array& x, std::size_t channel, double less) {
  const std::size_t channels = x.shape().back();
  const auto count = static_cast<double>(x.size() / channels);
  Moments m;
  for (std::size_t i = channel; i < x.size(); i += channels)
    m.mean += static_cast<double>(x.data()[i]) / count;
  for (std::size_t i = channel; i < x.size(); i += channels)
    m.variance += std::pow(static_cast<double>(x.data()[i]) - m.mean, 2) / (count - less);
  return m;
}

std::vector<double> buffer(BatchNorm& layer, std::size_t i) {
  return elements(*buffers(layer)[i].buffer->value);
}

void set(Parameter& parameter, std::uint64_t seed) {
  parameter.value() = random(parameter.shape(), 0.5, 1.5, seed);
}

const Array images = random({3, 4, 5, 6}, -2, 3);

}  // namespace

BOOST_AUTO_TEST_CASE(names_and_where_they_start) {
  BatchNorm layer{{.channels = 3}};
  std::vector<std::string> names;
  for (const NamedArray& array : named_arrays(layer)) names.push_back(array.name);
  BOOST_TEST((names == std::vector<std::string>{"weight", "bias", "running_mean", "running_var"}));
  for (const NamedArray& array : named_arrays(layer)) {
    const double start = array.name == "weight" || array.name == "running_var" ? 1 : 0;
    BOOST_TEST((elements(*array.value()) == std::vector<double>(3, start)));
  }
  BOOST_TEST(parameter_count(layer) == 6u);
  RMSNorm rms{{.channels = 3}};
  BOOST_TEST(parameter_count(rms) == 3u);
}

// By Keras the running variance is divided by the count, by PyTorch by the count less one, and each keeps its own
// share.
BOOST_AUTO_TEST_CASE(running_statistics_move_by_definition) {
  struct Case {
    BatchNorm::Options options;
    double kept, less;
  };
  for (const auto& [options, kept, less] :
       {Case{BatchNorm::keras(6), 0.99, 0}, Case{BatchNorm::torch(6), 0.9, 1},
        Case{{.channels = 6, .momentum = 0}, 0, 0}}) {
    BatchNorm layer{options};
    std::vector<double> mean(6, 0.0), variance(6, 1.0);
    for (const std::uint64_t seed : {1, 2, 3}) {
      const Array x = random({2, 3, 2, 6}, -1, 4, seed);
      Tape tape;
      layer(tape.input(x));
      for (std::size_t c = 0; c < 6; ++c) {
        const Moments m = moments(x, c, less);
        mean[c] = kept * mean[c] + (1 - kept) * m.mean;
        variance[c] = kept * variance[c] + (1 - kept) * m.variance;
      }
    }
    for (std::size_t c = 0; c < 6; ++c) {
      BOOST_TEST(close(buffer(layer, 0)[c], mean[c], 16 * epsilon));
      BOOST_TEST(close(buffer(layer, 1)[c], variance[c], 16 * epsilon));
    }
  }
}

BOOST_AUTO_TEST_CASE(training_goes_by_the_batch_and_evaluation_by_what_is_kept) {
  BatchNorm layer{BatchNorm::torch(6)};
  for (const NamedParameter& p : parameters(layer)) set(*p.parameter, p.name.size());
  const Array gamma = parameters(layer)[0].parameter->value(),
              beta = parameters(layer)[1].parameter->value();
  const auto check = [&](const Array& y, auto statistics) {
    for (std::size_t i = 0; i < images.size(); ++i) {
      const std::size_t c = i % 6;
      const Moments m = statistics(c);
      const double z =
          (static_cast<double>(images.data()[i]) - m.mean) / std::sqrt(m.variance + 1e-5);
      const double expected = z * static_cast<double>(gamma(c)) + static_cast<double>(beta(c));
      BOOST_REQUIRE(close(static_cast<double>(y.data()[i]), expected, 64 * epsilon));
    }
  };
  Tape train;
  check(layer(train.input(images)).value(), [](std::size_t c) { return moments(images, c, 0); });
  const std::vector<double> mean = buffer(layer, 0), variance = buffer(layer, 1);
  Tape eval{Mode::eval};
  check(layer(eval.input(images)).value(), [&](std::size_t c) {
    return Moments{mean[c], variance[c]};
  });
  BOOST_TEST((buffer(layer, 0) == mean && buffer(layer, 1) == variance));
  // One value per channel is enough for what is kept.
  BOOST_TEST((layer(eval.input(random({1, 6}))).shape() == Shape{1, 6}));
  BOOST_TEST((layer(eval.input(zeros({0, 2, 6}))).shape() == Shape{0, 2, 6}));
}

BOOST_AUTO_TEST_CASE(layers_are_their_ops) {
  LayerNorm layer{{.channels = 6, .epsilon = 0.1}};
  GroupNorm groups{{.channels = 6, .groups = 2, .epsilon = 0.1}};
  RMSNorm rms{{.channels = 6, .epsilon = 0.1}};
  for (const auto& list : {parameters(layer), parameters(groups), parameters(rms)})
    for (const NamedParameter& p : list) set(*p.parameter, p.name.size());
  Tape tape;
  const Variable x = tape.input(images);
  const auto p = [&](auto& of, std::size_t i) {
    return tape.parameter(*parameters(of)[i].parameter);
  };
  BOOST_TEST(same_bits(layer(x).value(),
                       layer_norm(x, p(layer, 0), p(layer, 1), {.epsilon = 0.1}).value()));
  BOOST_TEST(
      same_bits(groups(x).value(),
                group_norm(x, p(groups, 0), p(groups, 1), {.groups = 2, .epsilon = 0.1}).value()));
  BOOST_TEST(same_bits(rms(x).value(), rms_norm(x, p(rms, 0), {.epsilon = 0.1}).value()));
}

// Each op by the ops of which its formula is made.
BOOST_AUTO_TEST_CASE(ops_are_their_formulas) {
  Tape tape;
  const Variable x = tape.input(images), gamma = tape.input(random({6}, 0.5, 1.5)),
                 beta = tape.input(random({6}));
  const auto over = [](const Variable& v, const Axes& axes) {
    return mean(v, {.axes = axes, .keep_dims = true});
  };
  const auto normal = [&](const Variable& v, const Axes& axes, double e) {
    const Variable d = v - over(v, axes);
    return d / sqrt(over(square(d), axes) + e);
  };
  const auto check = [](const Variable& got, const Variable& expected) {
    BOOST_TEST(
        difference(got.value(), expected.shape(), elements(expected.value()), 64 * epsilon) == "");
  };
  check(batch_norm(x, gamma, beta, {.epsilon = 0.1}), normal(x, {0, 1, 2}, 0.1) * gamma + beta);
  check(layer_norm(x, gamma, beta, {.epsilon = 0.1}), normal(x, {-1}, 0.1) * gamma + beta);
  check(rms_norm(x, gamma, {.epsilon = 0.1}), x / sqrt(over(square(x), {-1}) + 0.1) * gamma);
  const Variable grouped = normal(reshape(x, {3, 4, 5, 2, 3}), {1, 2, 4}, 0.1);
  check(group_norm(x, gamma, beta, {.groups = 2, .epsilon = 0.1}),
        reshape(grouped, {3, 4, 5, 6}) * gamma + beta);
}

BOOST_AUTO_TEST_CASE(a_fused_activation_is_that_of_the_result) {
  using Function = Variable (*)(const Variable&, Location);
  const std::pair<Activation, Function> all[] = {
      {Activation::relu, relu}, {Activation::tanh, tanh}, {Activation::sigmoid, sigmoid}};
  for (const Shape& shape : {Shape{3, 4, 5, 6}, Shape{40, 1}, Shape{1, 1}})
    for (const bool given : {false, true}) {
      if (shape[0] == 1 && !given) continue;  // it has no statistics of its own
      for (const auto& [activation, function] : all) {
        const auto gradients = [&](bool fused) {
          Tape tape;
          const std::size_t channels = shape.back();
          const Variable x = tape.variable(random(shape, -1, 1, 1)),
                         gamma = tape.variable(random({channels}, 0.5, 1.5, 2)),
                         beta = tape.variable(random({channels}, -1, 1, 3)),
                         mean = tape.variable(random({channels}, -1, 1, 4)),
                         variance = tape.variable(random({channels}, 0.5, 1.5, 5));
          const BatchNormOptions options{.activation = fused ? activation : Activation::none};
          Variable y = given ? batch_norm(x, gamma, beta, mean, variance, options)
                             : batch_norm(x, gamma, beta, options);
          if (!fused) y = function(y, Location::current());
          const Array result = y.value();
          tape.backward(sum(square(y) + y));
          std::vector<Array> parts{result, x.grad(), gamma.grad(), beta.grad()};
          if (given) parts.push_back(mean.grad()), parts.push_back(variance.grad());
          return parts;
        };
        const auto one = gradients(true), two = gradients(false);
        BOOST_TEST(same_bits(one[0], two[0]));
        for (std::size_t i = 1; i < one.size(); ++i)
          BOOST_TEST(difference(one[i], two[i].shape(), elements(two[i]), 64 * epsilon) == "");
      }
    }
}

BOOST_AUTO_TEST_CASE(gradients_have_the_same_bits_on_one_thread) {
  const Array x = random({64, 20, 20, 24});
  const auto gradients = [&](auto make) {
    auto layer = make();
    Tape tape;
    const Variable in = tape.variable(x), y = layer(in);
    tape.backward(sum(y * square(y)));
    std::vector<Array> all{y.value(), in.grad()};
    for (const auto& p : parameters(layer)) all.push_back(p.parameter->grad());
    for (const auto& b : buffers(layer)) all.push_back(*b.buffer->value);
    return all;
  };
  const auto check = [&](auto make) {
    const auto two = gradients(make);
    const ThreadLimit limit{1};
    const auto one = gradients(make);
    for (std::size_t i = 0; i < two.size(); ++i) BOOST_TEST(same_bits(one[i], two[i]));
  };
  check([] { return BatchNorm{{.channels = 24}}; });
  check([] { return LayerNorm{{.channels = 24}}; });
  check([] { return GroupNorm{{.channels = 24, .groups = 3}}; });
  check([] { return RMSNorm{{.channels = 24}}; });
}

BOOST_AUTO_TEST_CASE(frozen_ones_still_normalize) {
  LayerNorm layer{{.channels = 6}};
  for (const NamedParameter& p : parameters(layer)) p.parameter->trainable = false;
  Tape tape;
  const Variable x = tape.variable(images);
  tape.backward(sum(layer(x) * x));
  BOOST_TEST(std::isfinite(sum_of(x.grad())));
  BOOST_TEST(elements(parameters(layer)[0].parameter->grad()) == std::vector<double>(6, 0.0),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(known_statistics_bring_channels_to_mean_0_and_back) {
  Normalization there{{.mean = {1, -2}, .deviation = {0.5, 4}}},
      back{{.mean = {1, -2}, .deviation = {0.5, 4}, .invert = true}};
  Tape tape;
  const Array x{{1, 2}, {2, 6}, {0, -2}};
  const Variable y = there(tape.input(x));
  BOOST_TEST(elements(y.value()) == (std::vector<double>{0, 1, 2, 2, -2, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(elements(back(y).value()) == elements(x), boost::test_tools::per_element());
  BOOST_TEST(parameters(there).empty());
  const std::vector<NamedBuffer> kept = buffers(there);
  BOOST_REQUIRE(kept.size() == 2u);
  BOOST_TEST(kept[0].name == "mean");
  BOOST_TEST(kept[1].name == "deviation");
}

BOOST_AUTO_TEST_CASE(what_they_refuse) {
  check_failures<ValueError>({
      {"[normalization] expected a mean and a deviation for each channel, got 2 and 1 @",
       XTAPE_CALL(Normalization{{.mean = {1, 2}, .deviation = {1}}})},
      {"[normalization] the deviation of channel 1 must be finite and above 0, got 0 @; do all "
       "samples have the "
       "same? leave it out, or say 1",
       XTAPE_CALL(Normalization{{.mean = {1, 1}, .deviation = {1, 0}}})},
      {"[normalization] the deviation of channel 0 must be finite and above 0, got inf @",
       XTAPE_CALL(
           Normalization{{.mean = {1}, .deviation = {std::numeric_limits<double>::infinity()}}})},
      {"[batch_norm] channels must be at least 1, got 0 @", XTAPE_CALL(BatchNorm{{}})},
      {"[batch_norm] epsilon must be finite and above 0, got 0 @",
       XTAPE_CALL(BatchNorm{{.channels = 2, .epsilon = 0}})},
      {"[batch_norm] momentum must be in [0, 1), got 1 @",
       XTAPE_CALL(BatchNorm{{.channels = 2, .momentum = 1}})},
      {"[layer_norm] channels must be at least 1, got 0 @", XTAPE_CALL(LayerNorm{{}})},
      {"[rms_norm] epsilon must be finite and above 0, got -1 @",
       XTAPE_CALL(RMSNorm{{.channels = 2, .epsilon = -1}})},
      {"[group_norm] groups must be at least 1, got 0 @",
       XTAPE_CALL(GroupNorm{{.channels = 2, .groups = 0}})},
      {"[group_norm] expected groups that divide the 6 channels, got 4 @",
       XTAPE_CALL(GroupNorm{{.channels = 6, .groups = 4}})},
  });
  Tape tape;
  BatchNorm batch{{.channels = 3}};
  LayerNorm layer{{.channels = 3}};
  GroupNorm groups{{.channels = 3, .groups = 3}};
  const auto of = [&](const Shape& shape) { return tape.input(zeros(shape)); };
  const std::string one =
      " @; a batch of one? evaluate with Mode::eval, or leave the last batch out";
  check_failures<ShapeError>({
      {"[batch_norm] expected more than one value per channel while training, got (1, 3)" + one,
       XTAPE_CALL(batch(of({1, 3})))},
      {"[batch_norm] expected more than one value per channel while training, got (0, 4, 3)" + one,
       XTAPE_CALL(batch(of({0, 4, 3})))},
      {"[batch_norm] expected (N, ..., channels), got (3,) @", XTAPE_CALL(batch(of({3})))},
      {"[batch_norm] expected gamma of shape (4,), got (3,) @", XTAPE_CALL(batch(of({2, 4})))},
      {"[layer_norm] expected gamma of shape (4,), got (3,) @", XTAPE_CALL(layer(of({2, 4})))},
      {"[layer_norm] expected (..., channels), got () @", XTAPE_CALL(layer(of({})))},
      {"[layer_norm] expected at least one channel, got (2, 0) @",
       XTAPE_CALL(layer_norm(of({2, 0}), of({0}), of({0})))},
      {"[group_norm] expected channels in 3 equal groups, got (2, 4) @",
       XTAPE_CALL(groups(of({2, 4})))},
      {"[group_norm] there is nothing in a group of (2, 0, 3) @",
       XTAPE_CALL(groups(of({2, 0, 3})))},
      {"[batch_norm] expected beta of shape (3,), got (2,) @",
       XTAPE_CALL(batch_norm(of({4, 3}), of({3}), of({2})))},
      {"[batch_norm] expected variance of shape (3,), got () @",
       XTAPE_CALL(batch_norm(of({4, 3}), of({3}), of({3}), of({3}), of({})))},
      {"[global_avg_pool] expected (N, ..., channels), got (2, 3) @",
       XTAPE_CALL(GlobalAvgPool{}(of({2, 3})))},
  });
  BOOST_TEST((buffer(batch, 0) == std::vector<double>(3, 0.0)), "an error moved the statistics");
}

BOOST_AUTO_TEST_SUITE_END()

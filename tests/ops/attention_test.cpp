// SPDX-License-Identifier: MIT
// Attention against plain loops, and its gradient against that of the same made of products and softmax.
#include "reference.hpp"

#include <xtape/memory.hpp>
#include <xtape/ops.hpp>
#include <xtape/threads.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(attention)

namespace {

struct Sizes {
  std::size_t n, queries, keys, heads, depth, width;
};

// Within a vector, around one and around blocks of 16 queries and 64 keys; heads that can be read in whole vectors.
constexpr Sizes all_sizes[] = {
    {1, 1, 1, 1, 1, 1},     {2, 5, 7, 3, 4, 2},      {1, 64, 64, 2, 32, 32},  {3, 65, 65, 1, 8, 16},
    {1, 17, 130, 2, 20, 3}, {1, 200, 200, 1, 16, 5}, {2, 15, 129, 4, 16, 16},
};

struct Inputs {
  explicit Inputs(const Sizes& s)
      : q{random({s.n, s.queries, s.heads * s.depth}, -2, 2, 1)},
        k{random({s.n, s.keys, s.heads * s.depth}, -2, 2, 2)},
        v{random({s.n, s.keys, s.heads * s.width}, -2, 2, 3)} {}
  Array q, k, v;
};

// Whether a query sees a key; every third does not, by way of a mask.
Array third_hidden(const Shape& shape) {
  Array mask = uninitialized(shape);
  for (std::size_t i = 0; i < mask.size(); ++i) mask.data()[i] = i % 3 == 1 ? Scalar{0} : Scalar{1};
  return mask;
}

std::vector<double> expected_result(const Sizes& s, const Inputs& x, const AttentionOptions& o) {
  std::vector<double> y;
  for_each_index({s.n, s.queries, s.heads, s.width}, [&](const Shape& i) {
    const std::size_t h = i[2];
    double sum = 0, weighted = 0;
    for (std::size_t key = 0; key < s.keys; ++key) {
      if (o.causal && key > i[1]) continue;
      if (o.mask && at(**o.mask, {i[0], h, i[1], key}) == 0) continue;
      double dot = 0;
      for (std::size_t c = h * s.depth; c < (h + 1) * s.depth; ++c)
        dot += at(x.q, {i[0], i[1], c}) * at(x.k, {i[0], key, c});
      const double e = std::exp(dot * o.scale.value_or(1 / std::sqrt(double(s.depth))));
      sum += e;
      weighted += e * at(x.v, {i[0], key, h * s.width + i[3]});
    }
    y.push_back(sum == 0 ? 0 : weighted / sum);
  });
  return y;
}

std::vector<AttentionOptions> options_for(const Sizes& s) {
  std::vector<AttentionOptions> all{
      {.heads = s.heads},
      {.heads = s.heads, .scale = 0.7},
      {.heads = s.heads, .mask = third_hidden({s.n, 1, 1, s.keys})},
      {.heads = s.heads, .mask = third_hidden({s.heads, s.queries, s.keys})},
  };
  if (s.queries != s.keys) return all;
  all.push_back({.heads = s.heads, .causal = true});
  all.push_back({.heads = s.heads, .causal = true, .mask = third_hidden({s.keys})});
  return all;
}

// (N, T, heads d) as (N, heads, T, d)
Variable by_heads(const Variable& x, std::size_t heads) {
  const auto size = [](std::size_t i) { return static_cast<std::ptrdiff_t>(i); };
  const Variable apart = reshape(x, {size(x.shape()[0]), size(x.shape()[1]), size(heads), -1});
  return transpose(apart, {.axes = {0, 2, 1, 3}});
}

// The same, of other ops. What is hidden has a score of -1000.
Variable composed(const Variable& q, const Variable& k, const Variable& v,
                  const AttentionOptions& o) {
  const std::size_t heads = o.heads, steps = q.shape()[1];
  const double depth = static_cast<double>(q.shape()[2] / heads);
  Variable scores = matmul(by_heads(q, heads), by_heads(k, heads), {.transpose_b = true}) *
                    o.scale.value_or(1 / std::sqrt(depth));
  if (o.causal) {
    Array behind = zeros({steps, steps});
    for (std::size_t i = 0; i < steps; ++i)
      std::fill_n(behind.data() + i * steps, i + 1, Scalar{1});
    scores = where(q.tape().input(behind), scores, -1000);
  }
  if (o.mask) scores = where(q.tape().input(*o.mask), scores, -1000);
  const Variable y = matmul(softmax(scores), by_heads(v, heads));
  return reshape(transpose(y, {.axes = {0, 2, 1, 3}}), {static_cast<std::ptrdiff_t>(q.shape()[0]),
                                                        static_cast<std::ptrdiff_t>(steps), -1});
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_softmax_of_scores_by_values) {
  for (const Sizes& s : all_sizes) {
    const Inputs x{s};
    for (const AttentionOptions& o : options_for(s)) {
      const std::vector<double> expected = expected_result(s, x, o);
      for (const std::size_t threads : {1, 2}) {
        const ThreadLimit limit{threads};
        Tape tape;
        const Variable y =
            scaled_dot_product_attention(tape.input(x.q), tape.input(x.k), tape.input(x.v), o);
        check_value("attention", y, {s.n, s.queries, s.heads * s.width}, expected, 64 * epsilon);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(gradients_are_those_of_products_and_softmax) {
  for (const Sizes& s : all_sizes) {
    const Inputs inputs{s};
    for (const AttentionOptions& o : options_for(s)) {
      if (o.mask && s.keys < 4) continue;  // what sees nothing is 0 here, and a mean there
      const auto gradients = [&](auto f) {
        Tape tape;
        const Variable q = tape.variable(inputs.q), k = tape.variable(inputs.k),
                       v = tape.variable(inputs.v);
        const Variable y = f(q, k, v, o);
        tape.backward(sum(y * tape.input(random(y.shape(), -1, 1, 4))));
        return std::array{q.grad(), k.grad(), v.grad()};
      };
      const auto fused = gradients([](auto&... x) { return scaled_dot_product_attention(x...); }),
                 plain = gradients(composed);
      for (std::size_t i = 0; i < 3; ++i)
        BOOST_TEST(difference(fused[i], plain[i].shape(), elements(plain[i]), 256 * epsilon) == "",
                   "input " << i << " of " << s.queries << " by " << s.keys);
    }
  }
}

// Queries, keys and values beside each other are the same bits, forward and backward, with dropout, on any threads.
BOOST_AUTO_TEST_CASE(a_joint_projection_is_not_split) {
  const std::size_t heads = 3, channels = 3 * 8;
  const Array x = random({2, 70, 3 * channels}, -2, 2, 1);
  const auto run = [&](bool joined, std::size_t threads) {
    const ThreadLimit limit{threads};
    Rng rng{5};
    Tape tape{Mode::train, rng};
    const Variable qkv = tape.variable(x);
    const AttentionOptions o{.heads = heads, .causal = true, .dropout = 0.2};
    Variable y = qkv;
    if (joined) {
      y = scaled_dot_product_attention(qkv, o);
    } else {
      const auto parts = split(qkv, {.parts = 3, .axis = 2});
      y = scaled_dot_product_attention(parts[0], parts[1], parts[2], o);
    }
    tape.backward(sum(y * tape.input(random(y.shape(), -1, 1, 4))));
    return std::pair{y.value(), qkv.grad()};
  };
  const auto [y, dx] = run(true, 2);
  for (const auto& [joined, threads] : {std::pair{true, 1}, {false, 1}, {false, 2}}) {
    const auto [other_y, other_dx] = run(joined, static_cast<std::size_t>(threads));
    BOOST_TEST((same_bits(y, other_y) && same_bits(dx, other_dx)));
  }
}

// With the unit matrix as values, the result is the weights.
BOOST_AUTO_TEST_CASE(dropout_drops_weights_and_keeps_their_mean) {
  const std::size_t steps = 200;
  Array unit = zeros({1, steps, steps});
  for (std::size_t i = 0; i < steps; ++i) unit.data()[i * (steps + 1)] = 1;
  const Array q = random({1, steps, 4}, -1, 1, 1), k = random({1, steps, 4}, -1, 1, 2);
  const double rate = 0.3;
  const auto weights = [&](Mode mode, std::uint64_t seed, double dropped) {
    Rng rng{seed};
    Tape tape{mode, rng};
    return scaled_dot_product_attention(tape.input(q), tape.input(k), tape.input(unit),
                                        {.dropout = dropped})
        .value();
  };
  const Array all = weights(Mode::train, 1, 0), some = weights(Mode::train, 1, rate);
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < some.size(); ++i) {
    const auto w = static_cast<double>(some.data()[i]);
    if (w == 0)
      ++zeros;
    else
      BOOST_TEST(close(w, static_cast<double>(all.data()[i]) / (1 - rate), 8 * epsilon));
  }
  BOOST_TEST(std::abs(static_cast<double>(zeros) / static_cast<double>(some.size()) - rate) < 0.01);
  BOOST_TEST(same_bits(some, weights(Mode::train, 1, rate)));
  BOOST_TEST(!same_bits(some, weights(Mode::train, 2, rate)));
  BOOST_TEST(same_bits(all, weights(Mode::eval, 1, rate)));
}

// A step that sees nothing is 0 and has no gradient, and leaves none.
BOOST_AUTO_TEST_CASE(what_sees_nothing_is_zero) {
  Tape tape;
  const Variable q = tape.variable(random({1, 3, 4})), k = tape.variable(random({1, 2, 4})),
                 v = tape.variable(random({1, 2, 4}));
  const Value mask = array({3, 2}, {0, 0, 1, 1, 0, 1});
  const Variable y = scaled_dot_product_attention(q, k, v, {.mask = mask});
  tape.backward(sum(y * y));
  for (std::size_t c = 0; c < 4; ++c) {
    BOOST_TEST(y.value()(0, 0, c) == 0);
    BOOST_TEST(q.grad()(0, 0, c) == 0);
    BOOST_TEST(q.grad()(0, 1, c) != 0);
    BOOST_TEST(y.value()(0, 2, c) == v.value()(0, 1, c));  // what it alone sees
  }
}

BOOST_AUTO_TEST_CASE(large_scores_do_not_overflow) {
  Tape tape;
  const Variable q = tape.variable(full({1, 70, 2}, 500)), v = tape.variable(random({1, 70, 3}));
  const Variable y = scaled_dot_product_attention(q, q, v, {.causal = true});
  tape.backward(sum(y));
  double sum = 0;
  for (std::size_t i = 0; i < 70; ++i) {
    sum += static_cast<double>(v.value()(0, i, 0));
    BOOST_TEST(close(static_cast<double>(y.value()(0, i, 0)), sum / static_cast<double>(i + 1),
                     64 * epsilon));
  }
  for (const Scalar slope : q.grad().storage()) BOOST_TEST(std::isfinite(slope));
}

BOOST_AUTO_TEST_CASE(memory_is_in_proportion_to_the_steps) {
  const std::size_t steps = 3000, of_scores = steps * steps * sizeof(Scalar);
  release_cached_memory();
  const MemoryStats before = memory_stats();
  Tape tape;
  const Variable x = tape.variable(random({1, steps, 12}));
  tape.backward(sum(scaled_dot_product_attention(x, {.causal = true})));
  const MemoryStats after = memory_stats();
  BOOST_TEST(after.in_use + after.cached - before.in_use - before.cached < of_scores / 4);
}

BOOST_AUTO_TEST_SUITE_END()

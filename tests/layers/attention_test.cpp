// SPDX-License-Identifier: MIT
// Attention as a layer, transformers and places: names, what they compute, what they refuse.
#include "../ops/errors.hpp"

#include <models/text.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(attention_layers)

namespace {

std::vector<std::string> names_of(auto& layer) {
  std::vector<std::string> names;
  for (const auto& [name, parameter] : parameters(layer))
    names.push_back(name + ' ' + to_string(parameter->shape()));
  return names;
}

// Biases and norms that are not what they begin as.
void shake_all(auto& layer) {
  std::uint64_t seed = 10;
  for (const auto& [name, parameter] : parameters(layer))
    parameter->value() = random(parameter->shape(), -0.5, 0.5, ++seed);
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_are_those_of_torch) {
  Rng rng{1};
  TransformerLayer layer{{.channels = 6, .heads = 2}, rng};
  const std::vector<std::string> expected{
      "self_attn.in_proj_weight (6, 18)",
      "self_attn.in_proj_bias (18,)",
      "self_attn.out_proj.weight (6, 6)",
      "self_attn.out_proj.bias (6,)",
      "linear1.weight (6, 24)",
      "linear1.bias (24,)",
      "linear2.weight (24, 6)",
      "linear2.bias (6,)",
      "norm1.weight (6,)",
      "norm1.bias (6,)",
      "norm2.weight (6,)",
      "norm2.bias (6,)",
  };
  BOOST_TEST(names_of(layer) == expected, boost::test_tools::per_element());
  MultiHeadAttention plain{{.channels = 4, .bias = false}, rng};
  BOOST_TEST(names_of(plain) ==
                 (std::vector<std::string>{"in_proj_weight (4, 12)", "out_proj.weight (4, 4)"}),
             boost::test_tools::per_element());
}

// Each head by itself: its columns of the projections, its rows of the one behind.
BOOST_AUTO_TEST_CASE(heads_are_parts_of_projections) {
  const std::size_t channels = 6, heads = 3, depth = 2;
  Rng rng{1};
  MultiHeadAttention layer{{.channels = channels, .heads = heads}, rng};
  shake_all(layer);
  Tape tape;
  const Variable x = tape.input(random({2, 5, channels}));
  std::vector<Variable> all;
  for (const auto& [name, parameter] : parameters(layer)) all.push_back(tape.parameter(*parameter));
  const auto columns = [](const Variable& w, std::ptrdiff_t axis, std::size_t begin,
                          std::size_t count) {
    return slice(w, {.axis = axis,
                     .begin = static_cast<std::ptrdiff_t>(begin),
                     .end = static_cast<std::ptrdiff_t>(begin + count)});
  };
  Variable expected = all[3];
  for (std::size_t h = 0; h < heads; ++h) {
    const auto projected = [&](std::size_t which) {
      const std::size_t begin = which * channels + h * depth;
      return matmul(x, columns(all[0], 1, begin, depth)) + columns(all[1], 0, begin, depth);
    };
    const Variable scores =
        matmul(projected(0), projected(1), {.transpose_b = true}) / std::sqrt(double{depth});
    expected = expected +
               matmul(matmul(softmax(scores), projected(2)), columns(all[2], 0, h * depth, depth));
  }
  const Array y = layer(x).value();
  BOOST_TEST(difference(y, {2, 5, channels}, elements(expected.value()), 32 * epsilon) == "");
  // Attention to others that are the same, and a mask that hides nothing.
  BOOST_TEST(difference(layer(x, x).value(), y.shape(), elements(y), 32 * epsilon) == "");
  BOOST_TEST(same_bits(layer(x, full({5, 5}, 1)).value(), y));
}

// Step i of a causal layer does not depend on what comes after, nor does one with a mask that says so.
BOOST_AUTO_TEST_CASE(causal_layers_see_no_later_steps) {
  Rng rng{1};
  const Array x = random({1, 70, 4});
  Array other = x;
  for (std::size_t i = 40 * 4; i < x.size(); ++i) other.data()[i] = 1;
  Array behind = zeros({70, 70});
  for (std::size_t i = 0; i < 70; ++i) std::fill_n(behind.data() + i * 70, i + 1, Scalar{1});
  for (const bool first : {true, false}) {
    TransformerLayer causal{{.channels = 4, .heads = 2, .causal = true, .norm_first = first}, rng};
    shake_all(causal);
    TransformerLayer masked{{.channels = 4, .heads = 2, .norm_first = first}, rng};
    shake_all(masked);
    Tape tape;
    const Array y = causal(tape.input(x)).value(), z = causal(tape.input(other)).value();
    for (std::size_t i = 0; i < 40 * 4; ++i) BOOST_REQUIRE(y.data()[i] == z.data()[i]);
    BOOST_TEST(y(0, 40, 0) != z(0, 40, 0));
    BOOST_TEST(difference(masked(tape.input(x), behind).value(), y.shape(), elements(y),
                          64 * epsilon) == "");
  }
}

// Sequences in parts of any lengths get what they get as a whole, gradients too.
BOOST_AUTO_TEST_CASE(parts_go_on_behind_what_was_before) {
  constexpr std::size_t steps = 70;
  const Array x = random({2, steps, 4}), factors = random({2, steps, 4}, -1, 1, 8);
  for (const bool first : {true, false}) {
    Rng rng{1};
    TransformerLayer layer{{.channels = 4, .heads = 2, .causal = true, .norm_first = first}, rng};
    shake_all(layer);
    Tape whole;
    const Variable y = layer(whole.input(x));
    whole.backward(sum(y * whole.input(factors)));
    PooledVector<Array> gradients;
    for (const auto& [name, parameter] : parameters(layer)) gradients.push_back(parameter->grad());
    for (const std::vector<std::size_t>& ends :
         {std::vector<std::size_t>{1, 2, 3, steps}, {64, 65, steps}, {steps}}) {
      Tape tape;
      const Variable all = tape.input(x);
      KeyValues past;
      std::vector<Variable> parts;
      std::ptrdiff_t begin = 0;
      for (const std::size_t to : ends) {
        const auto end = static_cast<std::ptrdiff_t>(to);
        parts.push_back(layer(slice(all, {.axis = 1, .begin = begin, .end = end}), past));
        BOOST_TEST((past.keys->shape() == Shape{2, to, 4}));
        begin = end;
      }
      const Variable z = concatenate(parts, {.axis = 1});
      BOOST_TEST(difference(z.value(), y.shape(), elements(y.value()), 64 * epsilon) == "");
      tape.backward(sum(z * tape.input(factors)));
      std::size_t i = 0;
      for (const auto& [name, parameter] : parameters(layer)) {
        const Array& expected = gradients[i++];
        BOOST_TEST(difference(parameter->grad(), expected.shape(), elements(expected),
                              4096 * epsilon) == "",
                   name);
      }
    }
  }
}

// Id by id, the logits are those of the whole text so far.
BOOST_AUTO_TEST_CASE(models_of_text_go_on_behind_what_they_have_read) {
  constexpr std::size_t context = 40, vocabulary = 17;
  std::vector<std::int32_t> ids(context);
  for (std::size_t i = 0; i < context; ++i) ids[i] = static_cast<std::int32_t>(i * i % vocabulary);
  for (const auto& [name, make] : models::text_models()) {
    Rng rng{1};
    const auto model = make(vocabulary, context, rng);
    Tape tape{Mode::eval};
    const Array whole = (*model)(tape, {ids, {1, context}}).value();
    models::ReadText read;
    for (std::size_t t = 0; t < context; t = read.steps) {
      const std::size_t count = t == 0 ? 7 : 1;
      const Variable logits = (*model)(tape, {std::span{ids}.subspan(t, count), {1, count}}, read);
      const Array expected =
          slice(tape.input(whole),
                {.axis = 1, .begin = std::ptrdiff_t(t), .end = std::ptrdiff_t(t + count)})
              .value();
      BOOST_TEST(difference(logits.value(), expected.shape(), elements(expected), 1e-5) == "",
                 name << ", step " << t);
    }
    BOOST_TEST(read.steps == context);
  }
}

// Each way and what leads around it, from layers of their own.
BOOST_AUTO_TEST_CASE(a_layer_is_what_it_says) {
  const std::size_t channels = 6;
  for (const bool first : {true, false})
    for (const bool masked : {true, false}) {
      Rng rng{1};
      TransformerLayer layer{{.channels = channels, .heads = 2, .norm_first = first}, rng};
      shake_all(layer);
      Tape tape;
      std::vector<Variable> w;
      for (const auto& [name, parameter] : parameters(layer))
        w.push_back(tape.parameter(*parameter));
      const Array mask = random({5, 5}, -1, 1, 3);
      const Array seen = full({5, 5}, 1) * (mask > Scalar{0});
      const auto attend = [&](const Variable& x) {
        AttentionOptions options{.heads = 2};
        if (masked) options.mask = Value{seen};
        return dense(scaled_dot_product_attention(dense(x, w[0], w[1]), options), w[2], w[3]);
      };
      const auto feed = [&](const Variable& x) {
        return dense(gelu(dense(x, w[4], w[5])), w[6], w[7]);
      };
      const auto norm1 = [&](const Variable& x) {
        return layer_norm(x, w[8], w[9], {.epsilon = 1e-5});
      };
      const auto norm2 = [&](const Variable& x) {
        return layer_norm(x, w[10], w[11], {.epsilon = 1e-5});
      };
      const Variable x = tape.input(random({2, 5, channels}));
      Variable expected = x;
      if (first) {
        expected = expected + attend(norm1(expected));
        expected = expected + feed(norm2(expected));
      } else {
        expected = norm1(expected + attend(expected));
        expected = norm2(expected + feed(expected));
      }
      const Variable y = masked ? layer(x, seen) : layer(x);
      BOOST_TEST(
          difference(y.value(), expected.shape(), elements(expected.value()), 256 * epsilon) == "");
    }
}

BOOST_AUTO_TEST_CASE(places_are_added) {
  const std::size_t channels = 5;
  Tape tape;
  const Array x = random({2, 7, channels});
  const PositionalEncoding waves{{.channels = channels, .length = 7}};
  const Array y = waves(tape.input(x)).value();
  Rng rng{1};
  PositionEmbedding learnt{{.channels = channels, .length = 9}, rng};
  const Array z = learnt(tape.input(x)).value();
  const Array& table = parameters(learnt)[0].parameter->value();
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t t = 0; t < 7; ++t)
      for (std::size_t c = 0; c < channels; ++c) {
        const double wave = static_cast<double>(c / 2 * 2) / static_cast<double>(channels);
        const double angle = static_cast<double>(t) * std::exp(-wave * std::log(10000.0));
        const double place = c % 2 == 0 ? std::sin(angle) : std::cos(angle);
        BOOST_TEST(close(static_cast<double>(y(n, t, c)), static_cast<double>(x(n, t, c)) + place,
                         16 * epsilon));
        BOOST_TEST(z(n, t, c) == x(n, t, c) + table(t, c));
      }
  const auto behind = [&](auto& layer) {
    return layer(slice(tape.input(x), {.axis = 1, .begin = 3}), 3).value();
  };
  const auto end_of = [&](const Array& all) {
    return slice(tape.input(all), {.axis = 1, .begin = 3}).value();
  };
  BOOST_TEST(same_bits(behind(waves), end_of(y)));
  BOOST_TEST(same_bits(behind(learnt), end_of(z)));
}

BOOST_AUTO_TEST_CASE(what_they_refuse) {
  Rng rng{1};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Tape tape{Mode::train};
  const auto of = [&](const Shape& shape) { return tape.input(zeros(shape)); };
  const Variable x = of({2, 3, 4});
  check_failures<ValueError>({
      {"[multi_head_attention] channels must be at least 1, got 0 @",
       XTAPE_CALL(MultiHeadAttention{{}, rng})},
      {"[multi_head_attention] expected heads that divide the 6 channels, got 4 @",
       XTAPE_CALL(MultiHeadAttention{{.channels = 6, .heads = 4}, rng})},
      {"[multi_head_attention] dropout must be in [0, 1), got 1 @",
       XTAPE_CALL(TransformerLayer{{.channels = 6, .heads = 2, .dropout = 1}, rng})},
      {"[positional_encoding] length must be at least 1, got 0 @",
       XTAPE_CALL(PositionalEncoding{{.channels = 3, .length = 0}})},
      {"[position_embedding] expected sizes of at least 1, got (0, 3) @",
       XTAPE_CALL(PositionEmbedding{{.channels = 3}, rng})},
      {"[scaled_dot_product_attention] heads must be at least 1, got 0 @",
       XTAPE_CALL(scaled_dot_product_attention(x, x, x, {.heads = 0}))},
      {"[scaled_dot_product_attention] scale must be finite and above 0, got nan @",
       XTAPE_CALL(scaled_dot_product_attention(x, x, x, {.scale = nan}))},
      {"[scaled_dot_product_attention] dropout must be in [0, 1), got -1 @",
       XTAPE_CALL(scaled_dot_product_attention(x, x, x, {.dropout = -1}))},
  });
  MultiHeadAttention layer{{.channels = 4, .heads = 2}, rng};
  PositionEmbedding places{{.channels = 4, .length = 3}, rng};
  MultiHeadAttention causal{{.channels = 4, .heads = 2, .causal = true}, rng};
  KeyValues past, keys{.keys = x}, values{.values = x};
  check_failures<ValueError>(
      {{"[multi_head_attention] only causal attention goes on behind other "
        "steps @; as earlier ones see later ones; .causal = true?",
        XTAPE_CALL(layer(x, past))},
       {"[multi_head_attention] expected keys and values of earlier steps, or neither, got keys "
        "alone @",
        XTAPE_CALL(causal(x, keys))},
       {"[multi_head_attention] expected keys and values of earlier steps, or neither, got values "
        "alone @",
        XTAPE_CALL(causal(x, values))}});
  const std::string room = " @; cut the sequences, or make room by .length?";
  check_failures<ShapeError>({
      {"[multi_head_attention] expected (N, T, 4), got (3, 4) @", XTAPE_CALL(layer(of({3, 4})))},
      {"[multi_head_attention] expected (N, T, 4), got (2, 3, 5) @",
       XTAPE_CALL(layer(x, of({2, 3, 5})))},
      {"[position_embedding] expected at most 3 steps, got 4 in (1, 4, 4)" + room,
       XTAPE_CALL(places(of({1, 4, 4})))},
      {"[position_embedding] expected at most 3 steps, got 4 with those before (1, 2, 4)" + room,
       XTAPE_CALL(places(of({1, 2, 4}), 2))},
      {"[positional_encoding] expected (N, T, 4), got (2, 4) @",
       XTAPE_CALL(PositionalEncoding{{.channels = 4}}(of({2, 4})))},
      {"[scaled_dot_product_attention] expected queries (N, T, C), keys (N, S, C) and values "
       "(N, S, D), got (2, 3, 4), (2, 5, 4) and (2, 3, 4) @",
       XTAPE_CALL(scaled_dot_product_attention(x, of({2, 5, 4}), x))},
      {"[scaled_dot_product_attention] expected queries, keys and values (N, T, 3 heads d), got "
       "(2, 3, 4) @",
       XTAPE_CALL(scaled_dot_product_attention(x))},
      {"[scaled_dot_product_attention] expected heads that divide the last axis of (2, 3, 4) and "
       "(2, 3, 4), got 3 @",
       XTAPE_CALL(scaled_dot_product_attention(x, x, x, {.heads = 3}))},
      {"[scaled_dot_product_attention] there are no keys in (2, 0, 4) @",
       XTAPE_CALL(scaled_dot_product_attention(x, of({2, 0, 4}), of({2, 0, 4})))},
      {"[scaled_dot_product_attention] expected as many keys as queries, as attention is causal, "
       "got (2, 3, 4) and (2, 1, 4) @",
       XTAPE_CALL(scaled_dot_product_attention(x, of({2, 1, 4}), of({2, 1, 4}), {.causal = true}))},
      {"[scaled_dot_product_attention] expected a mask that broadcasts to (2, 1, 3, 3), got (2, 3) "
       "@",
       XTAPE_CALL(scaled_dot_product_attention(x, x, x, {.mask = zeros({2, 3})}))},
  });
  check_failures<TapeError>({
      {"[scaled_dot_product_attention] the tape has no random generator @; make it with Tape{mode, "
       "rng}",
       XTAPE_CALL(scaled_dot_product_attention(x, x, x, {.dropout = 0.5}))},
  });
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Ops in half precision, by units in plain C++ that all processors have.
#include "../kernels/half_units.hpp"
#include "reference.hpp"

#include <xtape/ops.hpp>
#include <xtape/precision.hpp>
#include <xtape/train.hpp>

#include <functional>

using namespace test;
using kernels::HalfScope;

BOOST_AUTO_TEST_SUITE(half_ops)

namespace {

using Inputs = std::vector<Variable>;

// An op of several inputs, for which half precision is.
struct Row {
  const char* name;
  std::vector<Shape> shapes;
  std::function<Variable(const Inputs&)> op;
  bool pools = false;   // so that rounding may choose other maxima, whose gradients go elsewhere
  bool recurs = false;  // so that later steps multiply what is not exact, and three inputs
};

std::vector<Row> rows() {
  const Conv2DOptions direct{.padding = 1, .winograd = false};
  return {
      {"dense",
       {{5, 3, 40}, {40, 33}, {33}},
       [](const Inputs& x) { return dense(x[0], x[1], x[2], {.activation = Activation::relu}); }},
      {"matmul", {{50, 40}, {40, 70}}, [](const Inputs& x) { return matmul(x[0], x[1]); }},
      {"matmul, transposed",
       {{40, 7}, {33, 40}},
       [](const Inputs& x) {
         return matmul(x[0], x[1], {.transpose_a = true, .transpose_b = true});
       }},
      {"matmul, a stack",
       {{3, 2, 9, 40}, {2, 40, 35}},
       [](const Inputs& x) { return matmul(x[0], x[1]); }},
      {"matmul, a large stack",
       {{2, 300, 300}, {300, 40}},
       [](const Inputs& x) { return matmul(x[0], x[1]); }},
      {"einsum",
       {{4, 9, 40}, {40, 35}},
       [](const Inputs& x) { return einsum("nti,ij->ntj", x[0], x[1]); }},
      {"conv2d",
       {{2, 7, 6, 16}, {3, 3, 16, 17}, {17}},
       [=](const Inputs& x) { return conv2d(x[0], x[1], x[2], direct); }},
      {"conv2d, pooled",
       {{2, 7, 6, 16}, {3, 3, 16, 17}, {17}},
       [](const Inputs& x) {
         return conv2d(
             x[0], x[1], x[2],
             {.padding = 1, .activation = Activation::relu, .max_pool = 2, .winograd = false});
       },
       true},
      {"conv2d, dilated",
       {{2, 9, 8, 16}, {3, 2, 16, 17}},
       [](const Inputs& x) {
         return conv2d(x[0], x[1], {.padding = Padding::same, .dilation = 2});
       }},
      {"conv2d, strided",
       {{2, 9, 8, 16}, {3, 3, 16, 17}, {17}},
       [](const Inputs& x) {
         return conv2d(x[0], x[1], x[2], {.stride = 2, .padding = 1, .max_pool = 2});
       },
       true},
      {"conv1d, strided",
       {{2, 11, 16}, {3, 16, 17}},
       [](const Inputs& x) { return conv1d(x[0], x[1], {.stride = 2}); }},
      {"conv1d",
       {{2, 11, 16}, {3, 16, 17}},
       [](const Inputs& x) { return conv1d(x[0], x[1], {.padding = Padding1D::causal}); }},
      {"conv_transpose2d",
       {{2, 6, 5, 17}, {3, 3, 16, 17}, {16}},
       [](const Inputs& x) {
         return conv_transpose2d(x[0], x[1], x[2], {.padding = 1, .winograd = false});
       }},
      {"conv2d_grad_kernel",
       {{2, 6, 5, 16}, {2, 6, 5, 17}},
       [](const Inputs& x) {
         return conv2d_grad_kernel(x[0], x[1], {.padding = 1, .winograd = false});
       }},
      {"rnn",
       {{3, 4, 40}, {40, 33}, {33, 33}},
       [](const Inputs& x) {
         return rnn(x[0], {x[1], x[2]}).y;
       },
       false,
       true},
      {"rnn, a step from a state",
       {{3, 1, 40}, {40, 33}, {33, 33}, {3, 33}},
       [](const Inputs& x) {
         return rnn(x[0], {x[1], x[2]}, {{x[3]}}, {.activation = Activation::relu}).y;
       }},
      {"lstm, reversed",
       {{18, 3, 40}, {40, 4 * 35}, {35, 4 * 35}},
       [](const Inputs& x) {
         return lstm(x[0], {x[1], x[2]}, {}, {.reverse = true}).y;
       },
       false,
       true},
      {"gru of few channels",
       {{70, 3, 8}, {8, 3 * 33}, {33, 3 * 33}},
       [](const Inputs& x) {
         return gru(x[0], {x[1], x[2]}).y;
       },
       false,
       true},
      {"lstm of few channels, from a state to one",
       {{3, 2, 8}, {8, 4 * 33}, {33, 4 * 33}, {3, 33}, {3, 33}},
       [](const Inputs& x) {
         return lstm(x[0], {x[1], x[2]}, RecurrentState{x[3], x[4]}).state.h;
       },
       false,
       true},
  };
}

// Halves of whole numbers, if `whole`, which are the same in all precisions, as are their products and sums.
std::vector<Array> inputs_of(const Row& row, bool whole) {
  std::vector<Array> all;
  for (const Shape& shape : row.shapes) {
    all.push_back(random(shape, -1, 1, all.size() + 1));
    if (whole)
      for (Scalar& x : all.back().storage()) x = std::round(3 * x) / 2;
  }
  return all;
}

// The value and all gradients, the pass back in the scope that `around` makes, or in that of the caller.
std::vector<Array> results(const Row& row, const std::vector<Array>& inputs, const HalfUnit* unit,
                           const HalfUnit* unit_of_backward) {
  Tape tape;
  Inputs x;
  std::optional<Variable> y;
  {
    const HalfScope scope{unit};
    for (const Array& input : inputs) x.push_back(tape.variable(input));
    y = row.op(x);
  }
  Array weights = random(y->shape(), -1, 1, 99);
  for (Scalar& w : weights.storage()) w = std::round(2 * w);
  const HalfScope scope{unit_of_backward};
  tape.backward(sum(*y * tape.input(weights)));
  std::vector<Array> all{y->value()};
  for (const Variable& input : x) all.push_back(input.grad());
  return all;
}

bool all_same(const std::vector<Array>& a, const std::vector<Array>& b) {
  return std::ranges::equal(a, b, same_bits);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_exact_is_as_ever) {
  for (const Row& row : rows()) {
    if (row.recurs) continue;
    const std::vector<Array> inputs = inputs_of(row, true);
    const auto expected = results(row, inputs, nullptr, nullptr);
    for_each_unit([&](const HalfUnit& unit) {
      const auto got = results(row, inputs, &unit, nullptr);
      for (std::size_t i = 0; i < got.size(); ++i)
        BOOST_TEST(difference(got[i], expected[i].shape(), elements(expected[i]), 0) == "",
                   row.name << ", " << i);
    });
  }
}

// And all of them are rounded: the results, and each gradient but that of a bias.
BOOST_AUTO_TEST_CASE(what_is_not_has_errors_of_its_precision) {
  for (const Row& row : rows()) {
    const std::vector<Array> inputs = inputs_of(row, false);
    const auto expected = results(row, inputs, nullptr, nullptr);
    for_each_unit([&](const HalfUnit& unit) {
      const auto got = results(row, inputs, &unit, nullptr);
      for (std::size_t i = 0; i < (row.pools ? 1 : got.size()); ++i) {
        double largest = 0, error = 0;
        for (std::size_t j = 0; j < got[i].size(); ++j) {
          const double x = expected[i].data()[j], d = got[i].data()[j] - x;
          largest = std::max(largest, std::abs(x));
          error = std::max(error, std::abs(d));
        }
        BOOST_TEST(error < 0.02 * largest, row.name << ", " << i << ": " << error);
        if (i <= (row.recurs ? 3 : 2) && &unit == &emulated_tiles)
          BOOST_TEST(error > 1e-5 * largest, row.name << ", " << i << ": " << error);
      }
    });
  }
}

BOOST_AUTO_TEST_CASE(gradients_have_the_precision_of_their_op) {
  for (const Row& row : rows()) {
    const std::vector<Array> inputs = inputs_of(row, false);
    const auto expected = results(row, inputs, &emulated_tiles, &emulated_tiles);
    BOOST_TEST(all_same(results(row, inputs, &emulated_tiles, nullptr), expected), row.name);
    BOOST_TEST(!all_same(results(row, inputs, nullptr, nullptr), expected), row.name);
    BOOST_TEST(all_same(results(row, inputs, nullptr, &emulated_tiles),
                        results(row, inputs, nullptr, nullptr)),
               row.name);
  }
}

BOOST_AUTO_TEST_CASE(small_ones_stay_as_they_are) {
  const std::vector<Row> small{
      {"dense", {{64, 40}, {40, 10}}, [](const Inputs& x) { return dense(x[0], x[1]); }},
      {"matmul", {{64, 31}, {31, 40}}, [](const Inputs& x) { return matmul(x[0], x[1]); }},
      {"rnn",
       {{64, 3, 40}, {40, 31}, {31, 31}},
       [](const Inputs& x) {
         return rnn(x[0], {x[1], x[2]}).y;
       }},
      {"conv2d", {{2, 9, 9, 3}, {3, 3, 3, 32}}, [](const Inputs& x) { return conv2d(x[0], x[1]); }},
      {"conv2d, strided",
       {{2, 9, 9, 16}, {3, 3, 16, 16}},
       [](const Inputs& x) { return conv2d(x[0], x[1], {.stride = 3}); }},
      {"conv2d, in groups",
       {{2, 9, 9, 32}, {3, 3, 16, 32}},
       [](const Inputs& x) { return conv2d(x[0], x[1], {.groups = 2}); }},
  };
  for (const Row& row : small) {
    const std::vector<Array> inputs = inputs_of(row, false);
    BOOST_TEST(all_same(results(row, inputs, &emulated_tiles, &emulated_tiles),
                        results(row, inputs, nullptr, nullptr)),
               row.name);
  }
}

// What an op is defined as has its precision, too.
BOOST_AUTO_TEST_CASE(gradients_of_gradients_have_it) {
  const Array x = random({3, 2, 8}, -1, 1, 1), w = random({8, 33}, -1, 1, 2),
              u = random({33, 33}, -1, 1, 3);
  const auto gradient = [&](const HalfUnit* unit, const HalfUnit* later) {
    Tape tape{Mode::derive};
    const Variable in = tape.variable(x);
    const auto recorded = [&] {
      const HalfScope scope{unit};
      return rnn(in, {tape.input(w), tape.input(u)}).y;
    };
    const Variable y = recorded();
    const HalfScope scope{later};
    return tape.gradient(sum(y), in).value();
  };
  BOOST_TEST(
      same_bits(gradient(&emulated_tiles, nullptr), gradient(&emulated_tiles, &emulated_tiles)));
  BOOST_TEST(same_bits(gradient(nullptr, &emulated_tiles), gradient(nullptr, nullptr)));
  BOOST_TEST(!same_bits(gradient(nullptr, nullptr), gradient(&emulated_tiles, nullptr)));
}

// What is said of one sample does not depend on how many there are.
BOOST_AUTO_TEST_CASE(a_sample_is_treated_as_one_of_many) {
  const HalfScope scope{&emulated_tiles};
  Tape tape{Mode::eval};
  const Array x = random({70, 48}, -1, 1, 1);
  const Variable w = tape.input(random({48, 40}, -1, 1, 2));
  const Array all = dense(tape.input(x), w).value();
  Array first = uninitialized({1, 48});
  std::copy_n(x.data(), 48, first.data());
  const Array one = dense(tape.input(first), w).value();
  BOOST_TEST(std::equal(one.data(), one.data() + one.size(), all.data()));
}

BOOST_AUTO_TEST_CASE(scopes_nest) {
  const auto units = kernels::half_units();
  const HalfUnit* const best = units.empty() ? nullptr : &units.back();
  BOOST_TEST(bf16_unit() == (best == nullptr ? "" : best->name));
  BOOST_TEST(kernels::half_unit() == nullptr);
  {
    const Precision half{Precision::bf16};
    BOOST_TEST(kernels::half_unit() == best);
    {
      const HalfScope emulated{&emulated_tiles};
      const Precision full{Precision::full};
      BOOST_TEST(kernels::half_unit() == nullptr);
    }
    BOOST_TEST(kernels::half_unit() == best);
  }
  BOOST_TEST(kernels::half_unit() == nullptr);
}

// A gradient of nothing is zero.
BOOST_AUTO_TEST_CASE(no_rows_at_all) {
  const Row row{"dense", {{0, 40}, {40, 33}}, [](const Inputs& x) { return dense(x[0], x[1]); }};
  const auto got = results(row, inputs_of(row, false), &emulated_tiles, nullptr);
  BOOST_TEST(got[2].shape() == (Shape{40, 33}));
  for (const Scalar x : got[2].storage()) BOOST_TEST(x == 0);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Functions of arrays, and the parallel loop, beside plain loops.
#include "errors.hpp"
#include "reference.hpp"

#include <xtape/compute.hpp>
#include <xtape/threads.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <numeric>

using namespace test;

BOOST_AUTO_TEST_SUITE(computing)

namespace {

// The result, which must have the same bits on one thread and on two.
Array on_one_and_two_threads(const std::function<Array()>& f) {
  const auto on = [&](std::size_t threads) {
    const ThreadLimit limit{threads};
    return f();
  };
  Array y = on(1);
  BOOST_TEST(same_bits(on(2), y));
  return y;
}

void check(const std::string& what, const std::function<Array()>& f, const Shape& shape,
           const std::function<double(const Shape&)>& element, double tolerance) {
  const std::string off =
      difference(on_one_and_two_threads(f), shape, tabulate(shape, element), tolerance);
  BOOST_TEST(off == "", what << ": " << off);
}

// Four terms are added as they are, then all in double, which is no wider than double.
constexpr double of_sums = is_double ? 1e-12 : 64 * epsilon;

}  // namespace

BOOST_AUTO_TEST_CASE(functions_of_elements) {
  struct Row {
    const char* name;
    Array (*function)(const Array&);
    double (*f)(double);
  };
  const Row rows[] = {
      {"exp", compute::exp, [](double v) { return std::exp(v); }},
      {"log", compute::log, [](double v) { return std::log(v); }},
      {"tanh", compute::tanh, [](double v) { return std::tanh(v); }},
      {"sigmoid", compute::sigmoid, [](double v) { return 1 / (1 + std::exp(-v)); }},
  };
  for (const auto& [name, function, f] : rows)
    for (const Shape& shape : {Shape{}, Shape{0, 3}, Shape{7}, Shape{300, 401}}) {
      const Array x = random(shape, 0.1, 3);
      check(
          name, [&, function = function] { return function(x); }, shape,
          [&, f = f](const Shape& i) { return f(at(x, i)); }, 8 * epsilon);
    }
}

BOOST_AUTO_TEST_CASE(products) {
  struct Row {
    Shape a, b, result;
  };
  const Row rows[] = {
      {{37, 50}, {50, 41}, {37, 41}},
      {{2, 37, 50}, {50, 41}, {2, 37, 41}},
      {{2, 37, 50}, {2, 50, 41}, {2, 37, 41}},
      {{2, 3, 5, 7}, {2, 3, 7, 4}, {2, 3, 5, 4}},
      {{200, 300}, {300, 150}, {200, 150}},
      {{0, 5}, {5, 3}, {0, 3}},
      {{4, 0}, {0, 3}, {4, 3}},
      {{3, 0, 5}, {3, 5, 2}, {3, 0, 2}},
      {{4, 1, 2, 3}, {5, 3, 6}, {4, 5, 2, 6}},
  };
  for (const Row& row : rows) {
    const Array a = random(row.a, -1, 1, 1), b = random(row.b, -1, 1, 2);
    const std::size_t depth = row.a.back();
    const auto element = [&](const Shape& i) {
      double sum = 0;
      Shape of_a = i, of_b = i;
      for (std::size_t k = 0; k < depth; ++k) {
        of_a.back() = of_b[i.size() - 2] = k;
        sum += at(a, of_a) * at(b, of_b);
      }
      return sum;
    };
    check(
        to_string(row.a) + " by " + to_string(row.b), [&] { return compute::matmul(a, b); },
        row.result, element, static_cast<double>(depth + 1) * epsilon);
    Axes last_two(row.b.size());
    std::iota(last_two.begin(), last_two.end(), 0);
    std::swap(last_two[row.b.size() - 2], last_two[row.b.size() - 1]);
    const Array turned = compute::transpose(b, last_two);
    check(
        to_string(row.a) + " by a transposed " + to_string(row.b),
        [&] { return compute::matmul(a, turned, {.transpose_b = true}); }, row.result, element,
        static_cast<double>(depth + 1) * epsilon);
  }
}

BOOST_AUTO_TEST_CASE(axes_in_another_order) {
  struct Row {
    Shape x;
    Axes axes, full;  // as given, and all of them counted from 0
  };
  const Row rows[] = {
      {{5, 3}, {}, {1, 0}},
      {{300, 500}, {}, {1, 0}},
      {{4, 0}, {}, {1, 0}},
      {{2, 50, 37}, {0, -1, 1}, {0, 2, 1}},
      {{3, 4, 5}, {}, {2, 1, 0}},
      {{2, 3, 4, 5}, {2, 0, 3, 1}, {2, 0, 3, 1}},
      {{40, 50, 60}, {1, 2, 0}, {1, 2, 0}},
  };
  for (const Row& row : rows) {
    const Array x = random(row.x);
    Shape result;
    for (const std::ptrdiff_t axis : row.full) result.push_back(row.x[std::size_t(axis)]);
    const auto element = [&](const Shape& i) {
      Shape of_x(i.size());
      for (std::size_t k = 0; k < i.size(); ++k) of_x[std::size_t(row.full[k])] = i[k];
      return at(x, of_x);
    };
    check(
        to_string(row.x) + " by " + to_string(row.axes),
        [&] { return compute::transpose(x, row.axes); }, result, element, 0);
  }
}

BOOST_AUTO_TEST_CASE(sums_to_a_shape) {
  struct Row {
    Shape x, result;
  };
  const Row rows[] = {
      {{3, 40, 7}, {3, 40, 7}}, {{3, 40, 7}, {40, 1}},   {{3, 40, 7}, {7}},
      {{3, 40, 7}, {3, 1, 7}},  {{3, 40, 7}, {}},        {{200, 30, 40}, {30, 1}},
      {{200, 30, 40}, {40}},    {{200, 30, 40}, {1, 1}}, {{0, 5}, {5}},
      {{5, 0}, {5, 1}},         {{0, 5}, {0, 1}},
  };
  for (const Row& row : rows) {
    const Array x = random(row.x);
    Array sums = zeros(row.result);  // to find the place of each sum
    std::vector<double> expected(sums.size());
    for (std::size_t i = 0; i < sums.size(); ++i) sums.data()[i] = static_cast<Scalar>(i);
    for_each_index(row.x, [&](const Shape& i) {
      expected[static_cast<std::size_t>(at(sums, i))] += at(x, i);
    });
    const Array y = on_one_and_two_threads([&] { return compute::sum_to(x, row.result); });
    BOOST_TEST(difference(y, row.result, expected, of_sums) == "",
               to_string(row.x) << " to " << to_string(row.result));
  }
}

BOOST_AUTO_TEST_CASE(a_loop_has_the_same_pieces_on_any_number_of_threads) {
  for (const std::size_t threads : {1, 2, 5}) {
    const ThreadLimit limit{threads};
    for (const std::size_t count : {0, 1, 999, 1000, 1001}) {
      std::vector<std::atomic<int>> seen(count);
      std::atomic<std::size_t> pieces = 0, odd = 0;
      compute::parallel_for(count, 100, [&](std::size_t begin, std::size_t end) {
        ++pieces;
        odd += begin % 100 != 0 || end != std::min(begin + 100, count);
        for (std::size_t i = begin; i < end; ++i) ++seen[i];
      });
      BOOST_TEST(pieces == (count + 99) / 100);
      BOOST_TEST(odd == 0u);
      BOOST_TEST(std::ranges::all_of(seen, [](const auto& n) { return n == 1; }));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_loop_keeps_small_numbers_and_passes_on_what_it_throws) {
  Array x = full({4000}, std::numeric_limits<Scalar>::min());
  compute::parallel_for(x.size(), 100, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) x(i) /= 4;
  });
  BOOST_TEST(std::ranges::all_of(x, [](Scalar v) { return v > 0; }));
  BOOST_CHECK_THROW(compute::parallel_for(9000, 1, [](std::size_t, std::size_t) { throw 1; }), int);
}

BOOST_AUTO_TEST_CASE(mistakes) {
  const Array vector = zeros({3}), matrix = zeros({2, 3});
  check_failures<ShapeError>({
      {"[matmul] the inner sizes of (2, 3) and (2, 3) differ: 3 and 2 @; transpose one of them?",
       XTAPE_CALL(compute::matmul(matrix, matrix))},
      {"[transpose] expected all 2 axes of (2, 3), got 1 @",
       XTAPE_CALL(compute::transpose(matrix, {0}))},
      {"[transpose] the axis 0 is given twice @", XTAPE_CALL(compute::transpose(matrix, {0, -2}))},
      {"[sum_to] expected a shape that broadcasts to (2, 3), got (2,) @",
       XTAPE_CALL(compute::sum_to(matrix, {2}))},
      {"[sum_to] expected a shape that broadcasts to (3,), got (2, 3) @",
       XTAPE_CALL(compute::sum_to(vector, {2, 3}))},
  });
  check_failures<ValueError>({
      {"[parallel_for] expected a grain of at least 1, got 0 @",
       XTAPE_CALL(compute::parallel_for(9, 0, [](std::size_t, std::size_t) {}))},
  });
}

BOOST_AUTO_TEST_SUITE_END()

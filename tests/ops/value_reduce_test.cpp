// SPDX-License-Identifier: MIT
// The values of reductions and of sums along an axis, against plain loops in double.
#include "reference.hpp"

#include <xtape/ops.hpp>

#include <numeric>

using namespace test;

BOOST_AUTO_TEST_SUITE(reduced_values)

namespace {

using Numbers = std::vector<double>;

double sum_of_all(const Numbers& x) { return std::accumulate(x.begin(), x.end(), 0.0); }
double mean_of(const Numbers& x) { return sum_of_all(x) / static_cast<double>(x.size()); }
double squares_of(const Numbers& x, double from) {
  double all = 0;
  for (const double v : x) all += (v - from) * (v - from);
  return all;
}

struct Reduction {
  const char* name;
  Variable (*op)(const Variable&, const ReduceOptions&, Location);
  double (*f)(const Numbers&);
};
const Reduction all_reductions[] = {
    {"sum", sum, sum_of_all},
    {"mean", mean, mean_of},
    {"max", max, [](const Numbers& x) { return *std::max_element(x.begin(), x.end()); }},
    {"min", min, [](const Numbers& x) { return *std::min_element(x.begin(), x.end()); }},
    {"prod", prod,
     [](const Numbers& x) { return std::accumulate(x.begin(), x.end(), 1.0, std::multiplies{}); }},
    {"logsumexp", logsumexp,
     [](const Numbers& x) {
       double all = 0;
       for (const double v : x) all += std::exp(v);
       return std::log(all);
     }},
    {"norm", norm, [](const Numbers& x) { return std::sqrt(squares_of(x, 0)); }},
};

// The elements that are reduced to each one of `kept`, of the shape that has the reduced axes.
std::vector<Numbers> groups(const Array& x, const Shape& kept) {
  std::vector<Numbers> all(element_count(kept));
  for_each_index(x.shape(), [&](const Shape& index) {
    std::size_t i = 0;
    for (std::size_t axis = 0; axis < kept.size(); ++axis)
      i = i * kept[axis] + (kept[axis] == 1 ? 0 : index[axis]);
    all[i].push_back(at(x, index));
  });
  return all;
}

void check_reductions(const Array& x, const Axes& axes, const Shape& kept, const Shape& result) {
  const std::vector<Numbers> all = groups(x, kept);
  const auto expected = [&](auto f) {
    Numbers values;
    for (const Numbers& group : all) values.push_back(f(group));
    return values;
  };
  const double tolerance = 32 * epsilon + 1e-13;  // the plain loop in double rounds, too
  Tape tape;
  const Variable v = tape.input(x);
  for (const bool keep : {false, true}) {
    const Shape& shape = keep ? kept : result;
    for (const auto& [name, op, f] : all_reductions)
      check_value(name, op(v, {axes, keep}, Location::current()), shape, expected(f), tolerance);
    for (const std::size_t correction : {0, 1}) {
      if (all.front().size() <= correction) continue;
      const auto of = [correction](const Numbers& group) {
        return squares_of(group, mean_of(group)) / static_cast<double>(group.size() - correction);
      };
      const VarianceOptions options{axes, keep, correction};
      check_value("variance", variance(v, options), shape, expected(of), tolerance);
      check_value("stddev", stddev(v, options), shape,
                  expected([&](const Numbers& group) { return std::sqrt(of(group)); }), tolerance);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(reductions) {
  struct Row {
    Shape shape;
    Axes axes;
    Shape kept;  // with the reduced axes
  };
  const Row rows[] = {
      {{}, {}, {}},
      {{5}, {}, {1}},
      {{5}, {0}, {1}},
      {{2, 3}, {}, {1, 1}},
      {{2, 3}, {0}, {1, 3}},
      {{2, 3}, {-1}, {2, 1}},
      {{2, 3}, {1, 0}, {1, 1}},
      {{4, 5, 6}, {1}, {4, 1, 6}},
      {{4, 5, 6}, {0, 2}, {1, 5, 1}},
      {{4, 5, 6}, {-2, -1}, {4, 1, 1}},
      {{2, 3, 4, 5}, {1, 2}, {2, 1, 1, 5}},
      {{2, 3, 4, 5}, {0, 3}, {1, 3, 4, 1}},
      {{2, 1, 2, 3, 2}, {1, 3}, {2, 1, 2, 1, 2}},
      {{1000, 17}, {0}, {1, 17}},
      {{17, 1000}, {1}, {17, 1}},
      {{1, 1, 3}, {0, 1}, {1, 1, 3}},
  };
  for (const auto& [shape, axes, kept] : rows) {
    Shape result;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const auto i = static_cast<std::ptrdiff_t>(axis),
                 rank = static_cast<std::ptrdiff_t>(shape.size());
      const bool reduced = axes.empty() || std::count(axes.begin(), axes.end(), i) > 0 ||
                           std::count(axes.begin(), axes.end(), i - rank) > 0;
      if (!reduced) result.push_back(shape[axis]);
    }
    check_reductions(random(shape, -1, 1), axes, kept, result);
    check_reductions(random(shape, 0.6, 1.4), axes, kept, result);
  }
}

// A sum of many numbers has the precision of its result, along any axis.
BOOST_AUTO_TEST_CASE(long_sums) {
  constexpr std::size_t count = 300'000;
  Tape tape;
  for (const Shape& shape :
       {Shape{count}, Shape{count, 2}, Shape{2, count}, Shape{count / 2, 2, 2}}) {
    const Variable x = tape.input(full(shape, Scalar{0.1f}));
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const auto i = static_cast<std::ptrdiff_t>(axis);
      const double expected = static_cast<double>(0.1f) * static_cast<double>(shape[axis]);
      for (double s : elements(sum(x, {.axes = {i}}).value()))
        BOOST_TEST(close(s, expected, 1e-5),
                   "axis " << axis << " of " << to_string(shape) << ": " << s);
    }
  }
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_in_reductions) {
  Array x = random({3, 4});
  x(1, 2) = not_a_number;
  x(0, 0) = infinity;
  x(2, 3) = -infinity;
  Tape tape;
  const Variable v = tape.input(x);
  for (auto* op : {sum, mean, max, logsumexp}) {
    const auto rows = elements(op(v, {.axes = {1}}, Location::current()).value());
    const auto columns = elements(op(v, {.axes = {0}}, Location::current()).value());
    BOOST_TEST((rows[0] == infinity && std::isnan(rows[1])));
    BOOST_TEST((columns[0] == infinity && std::isnan(columns[2]) && std::isfinite(columns[1])));
    BOOST_TEST(std::isnan(op(v, {}, Location::current()).item()));
  }
  BOOST_TEST(max(tape.input(full({3}, -infinity))).item() == -infinity);
  BOOST_TEST(std::isnan(max(tape.input(full({3}, not_a_number))).item()));
  for (auto* op : {min, norm, prod}) {
    const auto rows = elements(op(v, {.axes = {1}}, Location::current()).value());
    BOOST_TEST((std::isfinite(rows[0]) == (op == static_cast<decltype(op)>(min))));
    BOOST_TEST((std::isnan(rows[1]) && std::isinf(rows[2])));
  }
  BOOST_TEST(min(tape.input(full({3}, infinity))).item() == infinity);
}

BOOST_AUTO_TEST_CASE(reductions_of_large_and_small_numbers) {
  Tape tape;
  const double large = is_double ? 1e300 : 1e37, small = is_double ? 1e-300 : 1e-37;
  for (const double unit : {large, small}) {
    const Array x = array({2}, {static_cast<Scalar>(3 * unit), static_cast<Scalar>(-4 * unit)});
    BOOST_TEST(close(static_cast<double>(norm(tape.input(x)).item()) / unit, 5, 4 * epsilon));
    BOOST_TEST(close(static_cast<double>(stddev(tape.input(x)).item()) / unit, 3.5, 4 * epsilon));
  }
  const Variable high = tape.input(Array{1000, 1000, 999}),
                 none = tape.variable(full({3}, -infinity));
  check_value("logsumexp", logsumexp(high), {}, Numbers{1000 + std::log(2 + std::exp(-1.0))});
  BOOST_TEST(logsumexp(none).item() == -infinity);
  BOOST_TEST(norm(tape.input(zeros({3}))).item() == 0);
  BOOST_TEST(stddev(tape.input(full({3}, 7))).item() == 0);
  tape.backward(logsumexp(none));
  BOOST_TEST((none.grad() == zeros({3})));
}

BOOST_AUTO_TEST_CASE(sums_along_each_axis) {
  for (const Shape& shape : {Shape{5}, Shape{4, 3}, Shape{2, 3, 4}, Shape{3, 700}, Shape{700, 2}})
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const Array x = random(shape);
      const auto expected = tabulate(shape, [&](Shape index) {
        double all = 0;
        for (std::size_t left = index[axis] + 1; left-- > 0;)
          index[axis] = left, all += at(x, index);
        return all;
      });
      Tape tape;
      for (const bool from_end : {false, true}) {
        const std::size_t of = from_end ? shape.size() : 0;
        const auto given = static_cast<std::ptrdiff_t>(axis) - static_cast<std::ptrdiff_t>(of);
        check_value("cumsum", cumsum(tape.input(x), {.axis = given}), shape, expected,
                    32 * epsilon + 1e-13);
      }
    }
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "kernels/strided.hpp"
#include "../ops/reference.hpp"

#include <xtape/threads.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace test;

BOOST_AUTO_TEST_SUITE(strided)

using kernels::Nest;
using kernels::Strides;

namespace {

// Runs it with one thread as well: the bits must be the same.
Array on_any_threads(const std::string& what, const std::function<Array()>& run) {
  Array parallel = run();
  const ThreadLimit one{1};
  const Array alone = run();
  BOOST_TEST(std::ranges::equal(alone.storage(), parallel.storage()),
             what << " depends on the number of threads");
  return parallel;
}

// `large` reduced to `small`, beside plain loops.
void check_reductions(const Shape& large, const Shape& small) {
  const std::string name = to_string(large) + " to " + to_string(small);
  const Array d = random(small, -1, 1, 9), numbered = counting(small);
  Array g = random(large, -1, 1, 8);
  for (std::size_t i = 0; i < g.size(); i += 2) g.data()[i] = std::round(3 * g.data()[i]);
  std::vector<double> sums(d.size()), largest(d.size(), -infinity), smallest(d.size(), infinity),
      hits(d.size());
  const auto of = [&](const Shape& index) { return static_cast<std::size_t>(at(numbered, index)); };
  for_each_index(large, [&](const Shape& index) {
    const std::size_t to = of(index);
    const double x = at(g, index);
    sums[to] += x;
    largest[to] = std::max(largest[to], x);
    smallest[to] = std::min(smallest[to], x);
  });
  const auto count = static_cast<double>(g.size()) / static_cast<double>(d.size());
  const auto check = [&](const char* what, std::span<const double> expected, double tolerance,
                         const Shape& shape, const std::function<Array()>& run) {
    const std::string off =
        difference(on_any_threads(what + name, run), shape, expected, tolerance);
    BOOST_TEST(off == "", what << name << ": " << off);
  };
  const double some = (count > 1000 && is_double ? 1024 : 64) * epsilon;
  check("sums of ", sums, some, small, [&] { return kernels::sum_to(g, small); });
  for (double& sum : sums) sum /= count;
  check("means of ", sums, some, small, [&] { return kernels::sum_to(g, small, count); });
  check("maxima of ", largest, 0, small, [&] { return kernels::max_to(g, small); });
  check("minima of ", smallest, 0, small, [&] { return kernels::min_to(g, small); });
  const Array max = kernels::max_to(g, small);
  const auto is_max = [&](const Shape& index) { return at(g, index) == at(max, index); };
  for_each_index(large, [&](const Shape& index) { hits[of(index)] += is_max(index); });
  const auto shares = tabulate(large, [&](const Shape& index) {
    return is_max(index) ? at(d, index) / hits[of(index)] : 0;
  });
  check("gradients of ", shares, epsilon, large, [&] { return kernels::extreme_grad(g, max, d); });
}

// An array of `shape` from elements of `a`, whose axes have these strides.
void check_copy(const Shape& shape, const Array& a, const Strides& strides) {
  const auto expected = tabulate(shape, [&](const Shape& index) {
    std::ptrdiff_t offset = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
      offset += static_cast<std::ptrdiff_t>(index[axis]) * strides[axis];
    return static_cast<double>(a.data()[offset]);
  });
  const std::string off = difference(
      on_any_threads("a copy",
                     [&] {
                       Array y = full(shape, not_a_number);
                       kernels::copy(shape, a.data(), strides, y.data(), kernels::row_major(shape));
                       return y;
                     }),
      shape, expected, 0);
  BOOST_TEST(off == "", to_string(shape) << " by steps of " << strides[3] << ": " << off);
}

}  // namespace

BOOST_AUTO_TEST_CASE(shapes_to_which_shapes_broadcast) {
  struct Row {
    Shape a, b, result;
  };
  for (const auto& [a, b, result] :
       {Row{{}, {}, {}}, Row{{}, {3}, {3}}, Row{{2, 3}, {3}, {2, 3}}, Row{{2, 1}, {3}, {2, 3}},
        Row{{0}, {1}, {0}}, Row{{5, 0, 1}, {1, 4}, {5, 0, 4}}, Row{{1, 1}, {1}, {1, 1}}}) {
    Shape got;
    BOOST_TEST(kernels::broadcast_shape(a, b, got));
    BOOST_TEST((got == result));
    BOOST_TEST(kernels::broadcast_shape(b, a, got));
    BOOST_TEST((got == result));
  }
  Shape got;
  for (const auto& [a, b] :
       {std::pair<Shape, Shape>{{2}, {3}}, {{0}, {2}}, {{2, 3}, {2}}, {{3, 2}, {2, 3}}})
    BOOST_TEST(!kernels::broadcast_shape(a, b, got), to_string(a) << " and " << to_string(b));
}

BOOST_AUTO_TEST_CASE(strides) {
  BOOST_TEST((kernels::row_major({2, 3, 4}) == Strides{12, 4, 1}));
  BOOST_TEST((kernels::row_major({}) == Strides{}));
  BOOST_TEST((kernels::strides_over({3, 1}, {2, 3, 4}) == Strides{0, 1, 0}));
  BOOST_TEST((kernels::strides_over({2, 3, 4}, {2, 3, 4}) == Strides{12, 4, 1}));
  BOOST_TEST((kernels::strides_over({}, {5}) == Strides{0}));
}

BOOST_AUTO_TEST_CASE(sums_and_maxima_over_any_axes) {
  const Shape large{2, 3, 4, 5};
  for (const Shape& small :
       {Shape{}, Shape{1}, Shape{5}, Shape{4, 1}, Shape{4, 5}, Shape{3, 1, 1}, Shape{3, 1, 5}})
    check_reductions(large, small);
  for (const Shape& shape : {large, Shape{5, 30, 6, 70}})  // one slice and several
    for (std::size_t reduced = 0; reduced < 16; ++reduced) {
      Shape small = shape;
      for (std::size_t axis = 0; axis < 4; ++axis)
        if ((reduced >> axis & 1) != 0) small[axis] = 1;
      check_reductions(shape, small);
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_there_or_no_number) {
  const Array none = kernels::sum_to(zeros({0, 3, 2}), {1, 3, 1});
  BOOST_TEST(difference(none, {1, 3, 1}, std::vector<double>(3), 0) == "");
  Array a = zeros({4, 3, 2});
  a.data()[3 * 6 + 2] = not_a_number;
  for (const Array& extreme : {kernels::max_to(a, {3, 1}), kernels::min_to(a, {3, 1})})
    for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(std::isnan(extreme.data()[i]) == (i == 1));
}

// Where a float cannot hold the sums.
BOOST_AUTO_TEST_CASE(means_of_large_numbers) {
  if (is_double) return;  // sums are in double
  const Scalar large = std::numeric_limits<Scalar>::max() / 8;
  const Array mean = kernels::sum_to(full({4, 3, 5}, large), {3, 1}, 20);
  BOOST_TEST(difference(mean, {3, 1}, std::vector<double>(3, static_cast<double>(large)), 0) == "");
}

// Every order of the axes of an array, of one slice and of several, and every second element of it.
BOOST_AUTO_TEST_CASE(copies) {
  for (const Shape& shape : {Shape{2, 3, 4, 5}, Shape{6, 5, 70, 40}, Shape{3, 300, 2, 40}}) {
    const Array a = counting(shape);
    Strides order{0, 1, 2, 3};
    do {
      Shape to;
      Strides from;
      for (const std::ptrdiff_t axis : order) {
        to.push_back(shape[std::size_t(axis)]);
        from.push_back(kernels::row_major(shape)[std::size_t(axis)]);
      }
      check_copy(to, a, from);
      if (to.back() % 2 == 0) to.back() /= 2, from.back() *= 2;
      check_copy(to, a, from);
    } while (std::ranges::next_permutation(order).found);
  }
}

BOOST_AUTO_TEST_CASE(axes_that_are_walked_alike_are_one_run) {
  const auto runs = [](const Shape& shape, const Strides& a, const Strides& b) {
    std::vector<std::size_t> counts;
    Nest<2>{shape, {a, b}}.for_each_run(
        [&](const auto&, std::size_t count, const auto&) { counts.push_back(count); });
    return counts;
  };
  using Counts = std::vector<std::size_t>;
  BOOST_TEST((runs({2, 3, 4}, {12, 4, 1}, {12, 4, 1}) == Counts{24}));
  BOOST_TEST((runs({2, 3, 4}, {12, 4, 1}, {0, 4, 1}) == Counts{12, 12}));
  BOOST_TEST((runs({2, 3, 4}, {12, 4, 1}, {0, 0, 0}) == Counts{24}));
  BOOST_TEST((runs({2, 3}, {3, 1}, {1, 2}) == Counts{3, 3}));
  BOOST_TEST((runs({2, 1, 3}, {3, 3, 1}, {3, 77, 1}) == Counts{6}));
  BOOST_TEST((runs({}, {}, {}) == Counts{1}));
  BOOST_TEST((runs({1, 1}, {1, 1}, {5, 5}) == Counts{1}));
  BOOST_TEST(runs({2, 0, 3}, {0, 3, 1}, {0, 3, 1}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "kernels/strided.hpp"
#include "../ops/reference.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;
using kernels::Nest;
using kernels::Strides;

BOOST_AUTO_TEST_SUITE(strided)

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
       {Shape{}, Shape{1}, Shape{5}, Shape{4, 1}, Shape{4, 5}, Shape{3, 1, 1}, Shape{3, 1, 5},
        Shape{2, 1, 4, 1}, Shape{1, 3, 1, 5}, Shape{2, 3, 4, 5}, Shape{1, 1, 1, 1}}) {
    const Array a = zeros(small), d = random(small, -1, 1, 9);
    Array g = random(large, -1, 1, 8);
    for (std::size_t i = 0; i < g.size(); i += 2) g.data()[i] = std::round(3 * g.data()[i]);
    std::vector<double> sums(a.size()), largest(a.size(), -infinity), smallest(a.size(), infinity),
        hits(a.size());
    const Array numbered = counting(small);
    for_each_index(large, [&](const Shape& index) {
      const auto to = static_cast<std::size_t>(at(numbered, index));
      sums[to] += at(g, index);
      largest[to] = std::max(largest[to], static_cast<double>(at(g, index)));
      smallest[to] = std::min(smallest[to], static_cast<double>(at(g, index)));
    });
    BOOST_TEST(difference(kernels::sum_to(g, small), small, sums, 64 * epsilon) == "");
    const Array max = kernels::max_to(g, small);
    BOOST_TEST(difference(max, small, largest, 0) == "");
    BOOST_TEST(difference(kernels::min_to(g, small), small, smallest, 0) == "");
    const auto is_max = [&](const Shape& index) { return at(g, index) == at(max, index); };
    const auto of = [&](const Shape& index) {
      return static_cast<std::size_t>(at(numbered, index));
    };
    for_each_index(large, [&](const Shape& index) { hits[of(index)] += is_max(index); });
    const auto shares = tabulate(large, [&](const Shape& index) {
      return is_max(index) ? at(d, index) / hits[of(index)] : 0;
    });
    BOOST_TEST(difference(kernels::extreme_grad(g, max, d), large, shares, epsilon) == "");
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

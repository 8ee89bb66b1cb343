// SPDX-License-Identifier: MIT
// Arrays, their shapes, and the values that share them.
#include "../support.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(arrays)

BOOST_AUTO_TEST_CASE(shapes_as_text) {
  BOOST_TEST(to_string(Shape{}) == "()");
  BOOST_TEST(to_string(Shape{5}) == "(5,)");
  BOOST_TEST(to_string(Shape{64, 10}) == "(64, 10)");
  BOOST_TEST(to_string(Shape{0, 1, 2, 3, 4, 5}) == "(0, 1, 2, 3, 4, 5)");
}

BOOST_AUTO_TEST_CASE(numbers_of_elements) {
  constexpr std::size_t large = std::size_t{1} << 40;
  BOOST_TEST(element_count({}) == 1u);
  BOOST_TEST(element_count({2, 3, 4}) == 24u);
  BOOST_TEST(element_count({2, 0, 4}) == 0u);
  BOOST_TEST(element_count({large, 0, large}) == 0u);
  BOOST_TEST(element_count({std::size_t{1} << 31, std::size_t{1} << 31}) == std::size_t{1} << 62);
  for (const Shape& shape : {Shape{large, large}, Shape{(std::size_t{1} << 62) + 1},
                             Shape{std::size_t{1} << 32, std::size_t{1} << 32}})
    BOOST_CHECK_EXCEPTION(element_count(shape), ShapeError, [&](const ShapeError& error) {
      return error.message() == "the shape " + to_string(shape) + " has too many elements";
    });
}

BOOST_AUTO_TEST_CASE(making_arrays) {
  BOOST_TEST(elements(zeros({2, 2})) == std::vector<double>(4, 0));
  BOOST_TEST(elements(full({3}, Scalar{0.5})) == std::vector<double>(3, 0.5));
  BOOST_TEST(full({}, 7).size() == 1u);
  BOOST_TEST(zeros({0, 3}).size() == 0u);
  BOOST_TEST((uninitialized({4, 1, 2}).shape() == Shape{4, 1, 2}));
}

BOOST_AUTO_TEST_CASE(a_value_from_an_expression) {
  const Array a = counting({2, 2});
  const Value v = a * a + Scalar{1};
  BOOST_TEST(elements(*v) == (std::vector<double>{1, 2, 5, 10}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_value_is_shared) {
  const std::size_t in_use = memory_stats().in_use;
  {
    const Value a{random({1000})};
    const std::size_t with_one = memory_stats().in_use;
    const Value b = a, c{b};
    BOOST_TEST(&*a == &*c);
    BOOST_TEST(b->size() == 1000u);
    BOOST_TEST(memory_stats().in_use == with_one);
  }
  BOOST_TEST(memory_stats().in_use == in_use);
}

BOOST_AUTO_TEST_SUITE_END()

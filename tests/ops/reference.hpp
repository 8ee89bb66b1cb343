// SPDX-License-Identifier: MIT
// Plain loops over arrays of any rank, in double, to compare ops with.
#pragma once

#include "../support.hpp"

#include <xtape/tape.hpp>

#include <boost/test/unit_test.hpp>

namespace test {

/// Calls f(index) for each index of an array of `shape`, in row-major order.
template <class F>
void for_each_index(const Shape& shape, F f) {
  Shape index(shape.size(), 0);
  for (std::size_t left = element_count(shape); left-- > 0;) {
    f(std::as_const(index));
    for (std::size_t axis = shape.size(); axis-- > 0; index[axis] = 0)
      if (++index[axis] < shape[axis]) break;
  }
}

/// Where `a` has its element at an index of an array to which it broadcasts.
inline std::size_t place(const Array& a, const Shape& index) {
  const std::size_t missing = index.size() - a.dimension();
  std::size_t offset = 0;
  for (std::size_t axis = 0; axis < a.dimension(); ++axis) {
    const std::size_t size = a.shape()[axis];
    offset = offset * size + (size == 1 ? 0 : index[missing + axis]);
  }
  return offset;
}
/// That element.
inline double at(const Array& a, const Shape& index) {
  return static_cast<double>(a.data()[place(a, index)]);
}

/// f(index) for each index of `shape`.
template <class F>
std::vector<double> tabulate(const Shape& shape, F f) {
  std::vector<double> result;
  for_each_index(shape, [&](const Shape& index) { result.push_back(f(index)); });
  return result;
}

/// Checks an op's result against what plain loops gave.
inline void check_value(const std::string& what, const Variable& y, const Shape& shape,
                        std::span<const double> expected, double tolerance = 4 * epsilon) {
  const std::string off = difference(y.value(), shape, expected, tolerance);
  BOOST_TEST(off == "", what << ": " << off);
}

}  // namespace test

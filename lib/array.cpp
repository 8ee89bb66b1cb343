// SPDX-License-Identifier: MIT
#include <xtape/array.hpp>

#include <algorithm>
#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

template <class Numbers>
std::string tuple(const Numbers& numbers) {
  std::string text = "(";
  for (std::size_t i = 0; i < numbers.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(numbers[i]);
  return text + (numbers.size() == 1 ? ",)" : ")");
}

}  // namespace

bool all_finite(const Array& array) {
  return std::all_of(array.data(), array.data() + array.size(),
                     [](Scalar x) { return std::isfinite(x); });
}

std::size_t element_count(const Shape& shape) {
  std::size_t count = 1;
  bool overflow = false;
  for (std::size_t size : shape) overflow |= __builtin_mul_overflow(count, size, &count);
  if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) return 0;
  if (overflow || count > std::size_t{1} << 62)
    throw ShapeError(Op::nowhere("array"),
                     "the shape " + to_string(shape) + " has too many elements");
  return count;
}

Array uninitialized(const Shape& shape) {
  element_count(shape);
  return Array::from_shape(shape);
}

Array zeros(const Shape& shape) { return full(shape, 0); }

Array full(const Shape& shape, Scalar value) {
  Array array = uninitialized(shape);
  std::fill(array.data(), array.data() + array.size(), value);
  return array;
}

std::string to_string(const Shape& shape) { return tuple(shape); }
std::string to_string(const Axes& axes) { return tuple(axes); }

}  // namespace xtape::inline XTAPE_ABI

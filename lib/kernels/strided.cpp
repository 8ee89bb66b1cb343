// SPDX-License-Identifier: MIT
#include "kernels/strided.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// In eight parts, which the processor adds side by side.
double sum_of(const Scalar* from, std::size_t count) {
  std::array<double, 8> parts{};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (std::size_t k = 0; k < 8; ++k) parts[k] += static_cast<double>(from[i + k]);
  for (; i < count; ++i) parts[0] += static_cast<double>(from[i]);
  double sum = 0;
  for (double part : parts) sum += part;
  return sum;
}

}  // namespace

bool broadcast_shape(const Shape& a, const Shape& b, Shape& result) {
  const std::size_t rank = std::max(a.size(), b.size());
  result.resize(rank);
  for (std::size_t i = 1; i <= rank; ++i) {  // from the last axis
    const std::size_t p = i <= a.size() ? a[a.size() - i] : 1;
    const std::size_t q = i <= b.size() ? b[b.size() - i] : 1;
    if (p != q && p != 1 && q != 1) return false;
    result[rank - i] = p == 1 ? q : p;
  }
  return true;
}

Strides row_major(const Shape& shape) {
  Strides strides(shape.size());
  std::ptrdiff_t stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= static_cast<std::ptrdiff_t>(shape[axis]);
  }
  return strides;
}

Strides strides_over(const Shape& shape, const Shape& over) {
  const Strides own = row_major(shape);
  const std::size_t missing = over.size() - shape.size();
  Strides strides(over.size(), 0);
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    if (shape[axis] != 1) strides[missing + axis] = own[axis];
  return strides;
}

Array sum_to(const Array& a, const Shape& shape, double divisor) {
  // Sums in double: exact enough for any length, and a mean of large floats does not overflow.
  PooledVector<double> sums(element_count(shape), 0.0);
  const Nest<2> nest{a.shape(), {row_major(a.shape()), strides_over(shape, a.shape())}};
  nest.for_each_run([&](const auto& at, std::size_t count, const auto& step) {
    const Scalar* const from = a.data() + at[0];
    double* to = sums.data() + at[1];
    if (step[1] == 1) {
      for (std::size_t i = 0; i < count; ++i) to[i] += static_cast<double>(from[i]);
    } else if (step[1] == 0) {
      *to += sum_of(from, count);
    } else {
      for (std::size_t i = 0; i < count; ++i, to += step[1]) *to += static_cast<double>(from[i]);
    }
  });
  Array out = uninitialized(shape);
  std::transform(sums.begin(), sums.end(), out.data(),
                 [divisor](double x) { return static_cast<Scalar>(x / divisor); });
  return out;
}

Array broadcast_to(const Array& a, const Shape& shape) {
  return broadcast(a, a, shape, [](Scalar x, Scalar) { return x; });
}

void add_to(Array& out, const Array& a) {
  for (std::size_t i = 0; i < a.size(); ++i) out.data()[i] += a.data()[i];
}

}  // namespace xtape::inline XTAPE_ABI::kernels

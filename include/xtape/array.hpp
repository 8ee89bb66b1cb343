// SPDX-License-Identifier: MIT
/// \file
/// Arrays: xtensor containers of Scalar elements, row-major, in memory from the pool.
#pragma once

#include <xtape/config.hpp>
#include <xtape/detail/storage.hpp>
#include <xtape/detail/xtensor.hpp>
#include <xtape/error.hpp>
#include <xtape/memory.hpp>

#include <memory>
#include <string>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The sizes of an array's axes; up to four are kept without an allocation.
using Shape = xt::dynamic_shape<std::size_t>;

/// An n-dimensional array that owns its elements: a copy has elements of its own. Images are (N, H, W, C), dense
/// weights (in, out). What xtensor can do with it is in xtensor's own headers: `#include <xtensor/xio.hpp>` to
/// print one.
using Array = xt::xarray_container<detail::Storage, xt::layout_type::row_major, Shape>;

/// Axes of an array; negative ones count from the last.
using Axes = xt::svector<std::ptrdiff_t, 4>;

/// An array whose elements are not initialised.
Array uninitialized(const Shape& shape);
/// An array of zeros.
Array zeros(const Shape& shape);
/// An array whose elements all are `value`.
Array full(const Shape& shape, Scalar value);

/// Whether no element is a NaN or infinite.
bool all_finite(const Array& array);

/// The product of a shape's sizes, 1 for a scalar. Throws ShapeError where it exceeds 2^62.
std::size_t element_count(const Shape& shape);
/// As in numpy: `(64, 10)`, `(5,)`, `()`.
std::string to_string(const Shape& shape);
/// The same for axes.
std::string to_string(const Axes& axes);

/// An array that is never written again, shared by a Variable and the gradients that need it.
/// It costs a pointer to copy, and the last owner frees it. Of its elements there can be values of other shapes.
class Value {
 public:
  /// Takes over `array`.
  Value(Array array);
  /// Computes an expression of xtensor.
  template <class E>
  Value(const xt::xexpression<E>& expression) : Value{Array(expression)} {}

  const Array& operator*() const noexcept { return *array_; }        ///< the array
  const Array* operator->() const noexcept { return array_.get(); }  ///< the array

  /// The same elements in another shape, of as many: no copy. Throws ShapeError where the shape has others.
  Value reshaped(const Shape& shape) const;

 private:
  friend class Parameter;  // an optimizer writes to it, between passes
  std::shared_ptr<Array> array_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

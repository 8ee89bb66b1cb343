// SPDX-License-Identifier: MIT
// Products of stacks of matrices, whose leading axes broadcast.
#pragma once

#include "kernels/half_unit.hpp"

#include <xtape/array.hpp>
#include <xtape/op.hpp>

namespace xtape::inline XTAPE_ABI::kernels {

/// Matrices of one shape, maybe transposed: (..., rows, columns) as they are stored.
struct Stack {
  Shape leading;
  std::size_t rows, columns;
  bool transposed = false;
};

/// The products c (..., M, N) = a (..., M, K) b (..., K, N) of two stacks, and their gradients, which are products of
/// others: nothing is transposed in memory.
class Product {
 public:
  /// One of the two: the shape of its array, whose last two axes may be exchanged.
  struct Operand {
    const Shape& shape;
    bool transposed = false;
  };

  /// In the precision that is in scope. Throws ShapeError for shapes that do not fit.
  Product(const Op& op, const Operand& a, const Operand& b);

  /// Of arrays of the shapes that it was made for.
  Array operator()(const Array& a, const Array& b) const;
  /// The gradients of the operands, by g, that of the result.
  Array grad_a(const Array& g, const Array& b) const;
  Array grad_b(const Array& g, const Array& a) const;
  /// Additions and multiplications.
  double flops() const;

 private:
  Stack a_, b_, c_;
  Shape a_shape_, b_shape_, result_;
  const HalfUnit* half_ = nullptr;  // or computed in Scalar
};

}  // namespace xtape::inline XTAPE_ABI::kernels

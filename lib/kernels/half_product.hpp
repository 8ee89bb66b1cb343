// SPDX-License-Identifier: MIT
// Products in half precision. Both matrices are rounded into the form that units read, then multiplied in blocks.
#pragma once

#include "kernels/half.hpp"
#include "kernels/matmul.hpp"

#include <xtape/memory.hpp>

namespace xtape::inline XTAPE_ABI::kernels {

/// The unit in scope for products with a matrix (k, n) and their gradients, or null where they are computed in Scalar:
/// where a side is so short that blocks would be mostly empty, as that of ten classes is. The number of rows that meet
/// it does not matter, so that what is said of one does not depend on those beside it.
const HalfUnit* half_unit_for(std::size_t k, std::size_t n);

/// c (m, n) = a (m, k) * b (k, n), in parallel. The elements of c are contiguous.
void matmul(const HalfKernels& kernels, const HalfUnit& unit, std::size_t m, std::size_t n,
            std::size_t k, Factor a, Factor b, Scalar* c);
/// The same by the best kernels of this machine, and what is to become of the product; without a unit in Scalar. What
/// is added must not be where the product goes.
void matmul(const HalfUnit* unit, std::size_t m, std::size_t n, std::size_t k, Factor a, Factor b,
            Scalar* c, const Ending& ending = {});

/// A product on the thread that asks, with memory of its own.
class HalfProduct {
 public:
  HalfProduct(const HalfUnit& unit, std::size_t m, std::size_t n, std::size_t k);
  /// As many halves as it needs memory for.
  std::size_t memory() const { return (rows_ + columns_) * steps_ * half_step; }
  void operator()(Factor a, Factor b, Scalar* c, Half* memory) const;

 private:
  const HalfUnit& unit_;
  std::size_t m_, n_, k_;
  std::size_t rows_, columns_, steps_;  // of blocks
};

/// A matrix b (k, n), rounded once for many products on threads that ask.
class HalfWeights {
 public:
  HalfWeights(const HalfUnit& unit, std::size_t k, std::size_t n, Factor b);
  /// c (m, n) = a (m, k) b, or with `add` c += a b, with row-major c of rows `stride` apart.
  void multiply(std::size_t m, Factor a, bool add, Scalar* c, std::size_t stride) const;

 private:
  const HalfUnit& unit_;
  std::size_t k_, n_;
  PooledBuffer<Half> panels_;
};

}  // namespace xtape::inline XTAPE_ABI::kernels

// SPDX-License-Identifier: MIT
// Dense products. They are cut into pieces that the shapes alone decide. Where a side is short, as a
// batch is, the large matrix is read in place; where all are long, both are copied a part at a time.
#pragma once

#include "kernels/dense.hpp"

#include <xtape/activation.hpp>
#include <xtape/array.hpp>

namespace xtape::inline XTAPE_ABI::kernels {

/// As many elements as panels of k rows take that hold n columns.
std::size_t panel_elements(const DenseKernels& kernels, std::size_t k, std::size_t n);

/// The right operand of products in panels: a copy, or, where its rows can be read in whole vectors and
/// `copy` is false, itself.
class Packed {
 public:
  Packed(const DenseKernels& kernels, std::size_t k, std::size_t n, Factor b, bool copy);
  /// From a depth and a column on; the column begins a panel.
  Panels from(std::size_t depth, std::size_t column) const;

 private:
  const DenseKernels& kernels_;
  PooledBuffer<Scalar> buffer_;
  Panels panels_;
};

/// What was packed into panels, of k rows, as an operand.
Panels packed_panels(const DenseKernels& kernels, std::size_t k, const Scalar* panels);

/// What becomes of a product while its parts are in a cache: something is added, then it is activated. And what else
/// is found of b meanwhile.
struct Ending {
  Addend addend = {};
  Activation activation = Activation::none;
  Scalar* slope = nullptr;       ///< takes the derivative of the activation, unless it is null
  Scalar* right_sums = nullptr;  ///< takes the sums of the columns of b, unless it is null

  bool is_nothing() const {
    return addend.is_nothing() && activation == Activation::none && right_sums == nullptr;
  }
  /// Activates the elements [begin, begin + count) of c.
  void activate(Scalar* c, std::size_t begin, std::size_t count) const;
  /// That of the rows from `row` on.
  Ending from(std::size_t row, std::size_t columns) const;
};

/// c (m, n) = a (m, k) * b (k, n), in parallel. The elements of c are contiguous.
void matmul(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k, Factor a,
            Factor b, Scalar* c, const Ending& ending = {});
/// The same, by the best kernels of this machine.
void matmul(std::size_t m, std::size_t n, std::size_t k, Factor a, Factor b, Scalar* c,
            const Ending& ending = {});

}  // namespace xtape::inline XTAPE_ABI::kernels

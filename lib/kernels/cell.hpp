// SPDX-License-Identifier: MIT
// What a recurrent cell does in one step of some sequences, element by element.
#pragma once

#include "kernels/family.hpp"

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

enum class Cell { lstm, gru, rnn_tanh, rnn_relu };
inline constexpr std::size_t cell_count = 4;

/// How many blocks of the width a cell has: input, forget, cell and output; reset, update and new; or one.
constexpr std::size_t gates_of(Cell cell) {
  return cell == Cell::lstm ? 4 : cell == Cell::gru ? 3 : 1;
}

/// Rows of elements that lie `stride` apart; of a stride of 0 all are the same.
template <class T>
struct RowsOf {
  T* data;
  std::size_t stride;
  T* operator[](std::size_t row) const { return data + row * stride; }
};
using Rows = RowsOf<Scalar>;
using ConstRows = RowsOf<const Scalar>;

/// A step: a row is of one sequence, and has `width` elements or so many for each gate.
struct CellStep {
  std::size_t rows, width;
  Rows gates;                 ///< the sums of the gates; then the gates; then their gradients
  Rows hidden;                ///< of a GRU the sums over h, which are apart; then their gradients
  const Scalar* bias;         ///< of the gates
  const Scalar* hidden_bias;  ///< of a GRU's last block over h
  ConstRows h_before, c_before;  ///< what the step begins with; c is an LSTM's alone
  Rows h, c;                     ///< what it ends with
};
/// The gradients of a step.
struct CellGradient {
  ConstRows g;  ///< of h, by the result
  Rows dh,
      dc;  ///< of h and c, by later steps; then of those before, dh without what comes by the sums over h
};

struct CellKernels {
  /// Makes the gates, h and c of the sums.
  void (*forward[cell_count])(const CellStep&);
  /// Makes gradients of the gates.
  void (*backward[cell_count])(const CellStep&, const CellGradient&);
};
XTAPE_KERNEL_FAMILY(CellKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels

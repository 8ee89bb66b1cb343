// SPDX-License-Identifier: MIT
// A recurrent cell over whole sequences. Slices of sequences go through all steps on their own: they need not wait for
// each other, and each product of a step meets its elementwise part in the first-level cache.
#pragma once

#include "kernels/cell.hpp"
#include "kernels/half_unit.hpp"

#include <xtape/array.hpp>

namespace xtape::inline XTAPE_ABI::kernels {

/// What goes over which sequences.
struct Recurrence {
  Cell cell;
  std::size_t sequences, steps, width;
  bool reverse;          ///< from the last step to the first
  const HalfUnit* half;  ///< multiplies h and its gradients by the weights, or null: in Scalar

  /// The elements of all gates.
  std::size_t gates() const { return gates_of(cell) * width; }
  /// Whether the sums over h are kept apart from the others.
  bool is_apart() const { return cell == Cell::gru; }
  /// The place of the step that is done i-th.
  std::size_t place(std::size_t i) const { return reverse ? steps - 1 - i : i; }
};

/// Its arrays.
struct RecurrenceArrays {
  const Scalar* weight;       ///< (width, gates), for the sums over h
  const Scalar* bias;         ///< (gates)
  const Scalar* hidden_bias;  ///< (width), of a GRU's last block over h
  const Scalar* first_h;      ///< (sequences, width), what it begins with; null is 0
  const Scalar* first_c;      ///< the same of an LSTM
  Scalar* gates;   ///< (sequences, steps, gates): the sums over the input; then the gates
  Scalar* hidden;  ///< the sums over h, where they are apart, else `gates`
  Scalar* h;       ///< (sequences, steps, width): the result
  Scalar* c;       ///< (sequences, steps, width) of an LSTM
};

/// Computes gates, h and c.
void forward(const Recurrence&, const RecurrenceArrays&);
/// Makes of the gates, and of the sums over h that are apart, their gradients. `g` is the gradient of h, or null for
/// none; dh and dc, (sequences, width), have those of the last step's h and c, and then of what it began with.
void backward(const Recurrence&, const RecurrenceArrays&, const Scalar* g, Scalar* dh, Scalar* dc);
/// The h before each step, (sequences, steps, width).
Array shifted(const Recurrence&, const RecurrenceArrays&);

}  // namespace xtape::inline XTAPE_ABI::kernels

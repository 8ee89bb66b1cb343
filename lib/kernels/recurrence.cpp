// SPDX-License-Identifier: MIT
#include "kernels/recurrence.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/matmul.hpp"
#include "kernels/parallel.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// The sequences of a slice: as many rows as a tile of products has, or, where there are many, two tiles, which share
// what they read of the weights.
constexpr std::size_t tile_sequences = 6;
std::size_t most_of(std::size_t sequences) {
  return sequences < 4 * tile_sequences ? tile_sequences : 2 * tile_sequences;
}

// A matrix that so many rows meet is worth a copy.
constexpr std::size_t many_rows = 64;

class Sweep {
 public:
  Sweep(const Recurrence& of, const RecurrenceArrays& arrays)
      : of_{of}, a_{arrays}, zeros_{of.width} {
    std::fill_n(zeros_.data(), of.width, Scalar{0});
  }

  // Calls run(first sequence, number of sequences) for each slice.
  template <class Run>
  void for_each_slice(Run run) const {
    const std::size_t n = of_.sequences, most = most_of(n), slices = (n + most - 1) / most;
    parallel(slices, [&](std::size_t i) {
      const std::size_t begin = i * n / slices;
      run(begin, (i + 1) * n / slices - begin);
    });
  }

  // The i-th step for the sequences from `first` on.
  CellStep step(std::size_t i, std::size_t first, std::size_t rows) const {
    const std::size_t t = of_.place(i);
    return {.rows = rows,
            .width = of_.width,
            .gates = at(a_.gates, of_.gates(), first, t),
            .hidden = at(a_.hidden, of_.gates(), first, t),
            .bias = a_.bias,
            .hidden_bias = a_.hidden_bias,
            .h_before = before(i, first, a_.h, a_.first_h),
            .c_before = before(i, first, a_.c, a_.first_c),
            .h = at(a_.h, of_.width, first, t),
            .c = at(a_.c, of_.width, first, t)};
  }
  // Whether h before the i-th step is zero.
  bool begins_at_zero(std::size_t i) const { return i == 0 && a_.first_h == nullptr; }
  ConstRows zeros() const { return {zeros_.data(), 0}; }
  // Those of (sequences, steps, width) at step t.
  template <class T>
  RowsOf<T> at(T* x, std::size_t width, std::size_t first, std::size_t t) const {
    if (x == nullptr) return {nullptr, 0};
    return {x + (first * of_.steps + t) * width, of_.steps * width};
  }

 private:
  ConstRows before(std::size_t i, std::size_t first, const Scalar* x, const Scalar* begin) const {
    if (i > 0) return at(x, of_.width, first, of_.place(i - 1));
    return begin == nullptr ? zeros() : ConstRows{begin + first * of_.width, of_.width};
  }

  const Recurrence& of_;
  const RecurrenceArrays& a_;
  PooledBuffer<Scalar> zeros_;
};

}  // namespace

void forward(const Recurrence& r, const RecurrenceArrays& a) {
  if (r.sequences == 0 || r.width == 0) return;
  const Sweep sweep{r, a};
  const auto& dense = best<DenseKernels>();
  const auto cell = best<CellKernels>().forward[static_cast<std::size_t>(r.cell)];
  const std::size_t gates = r.gates();
  const bool copies = gates % dense.vector_columns != 0 ||
                      r.steps * std::min(r.sequences, most_of(r.sequences)) > many_rows;
  const Packed weight{dense, r.width, gates, {a.weight, gates}, copies};
  sweep.for_each_slice([&](std::size_t first, std::size_t rows) {
    for (std::size_t i = 0; i < r.steps; ++i) {
      const CellStep step = sweep.step(i, first, rows);
      if (!sweep.begins_at_zero(i))
        dense.product(rows, gates, r.width, {step.h_before.data, step.h_before.stride},
                      weight.from(0, 0), step.hidden.data, step.hidden.stride,
                      r.is_apart() ? Addend{} : Addend::at(step.hidden.data, step.hidden.stride));
      else if (r.is_apart())
        for (std::size_t row = 0; row < rows; ++row)
          std::fill_n(step.hidden[row], gates, Scalar{0});
      cell(step);
    }
  });
}

void backward(const Recurrence& r, const RecurrenceArrays& a, const Scalar* g, Scalar* dh,
              Scalar* dc) {
  if (r.sequences == 0 || r.width == 0) return;
  const Sweep sweep{r, a};
  const auto& dense = best<DenseKernels>();
  const auto cell = best<CellKernels>().backward[static_cast<std::size_t>(r.cell)];
  const std::size_t gates = r.gates();
  const Packed weight{dense, gates, r.width, {a.weight, gates, true}, true};
  sweep.for_each_slice([&](std::size_t first, std::size_t rows) {
    const Rows h{dh + first * r.width, r.width},
        c{dc == nullptr ? nullptr : dc + first * r.width, r.width};
    for (std::size_t i = r.steps; i-- > 0;) {
      const CellStep step = sweep.step(i, first, rows);
      cell(step, {g != nullptr ? sweep.at(g, r.width, first, r.place(i)) : sweep.zeros(), h, c});
      if (!sweep.begins_at_zero(i))
        dense.product(rows, r.width, gates, {step.hidden.data, step.hidden.stride},
                      weight.from(0, 0), h.data, h.stride, Addend::at(h.data, h.stride));
    }
  });
}

Array shifted(const Recurrence& r, const RecurrenceArrays& a) {
  Array h = uninitialized({r.sequences, r.steps, r.width});
  const Sweep sweep{r, a};
  sweep.for_each_slice([&](std::size_t first, std::size_t rows) {
    for (std::size_t i = 0; i < r.steps; ++i) {
      const ConstRows from = sweep.step(i, first, rows).h_before;
      const Rows to = sweep.at(h.data(), r.width, first, r.place(i));
      for (std::size_t row = 0; row < rows; ++row) std::copy_n(from[row], r.width, to[row]);
    }
  });
  return h;
}

}  // namespace xtape::inline XTAPE_ABI::kernels

// SPDX-License-Identifier: MIT
#include "kernels/recurrence.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/half_product.hpp"
#include "kernels/matmul.hpp"
#include "kernels/parallel.hpp"

#include <algorithm>
#include <optional>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// The sequences of a slice: as many rows as a tile of products has, or, where there are many, twice as many, which share
// what they read of the weights. In half precision these are the 16 rows of a tile of AMX.
std::size_t most_of(const Recurrence& r) {
  const std::size_t tile = r.half != nullptr ? 8 : 6;
  return r.sequences < 4 * tile ? tile : 2 * tile;
}

// A matrix that so many rows meet is worth a copy.
constexpr std::size_t many_rows = 64;

// The right factor of products with rows, (k, n), in the precision of the recurrence.
class Weights {
 public:
  Weights(const HalfUnit* half, std::size_t k, std::size_t n, Factor w, bool copies)
      : k_{k}, n_{n} {
    if (half != nullptr)
      half_.emplace(*half, k, n, w);
    else
      full_.emplace(best<DenseKernels>(), k, n, w, copies);
  }
  // Of so many rows; with `add` to what is there.
  void product(std::size_t rows, ConstRows from, bool add, Rows to) const {
    const Factor a{from.data, from.stride};
    if (half_) return half_->multiply(rows, a, add, to.data, to.stride);
    best<DenseKernels>().product(rows, n_, k_, a, full_->from(0, 0), to.data, to.stride,
                                 add ? Addend::at(to.data, to.stride) : Addend{});
  }

 private:
  std::size_t k_, n_;
  std::optional<Packed> full_;
  std::optional<HalfWeights> half_;
};

class Sweep {
 public:
  Sweep(const Recurrence& of, const RecurrenceArrays& arrays)
      : of_{of}, a_{arrays}, zeros_{of.width} {
    std::fill_n(zeros_.data(), of.width, Scalar{0});
  }

  // Calls run(first sequence, number of sequences) for each slice.
  template <class Run>
  void for_each_slice(Run run) const {
    const std::size_t n = of_.sequences, most = most_of(of_), slices = (n + most - 1) / most;
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
  const auto cell = best<CellKernels>().forward[static_cast<std::size_t>(r.cell)];
  const std::size_t gates = r.gates();
  const bool copies = gates % best<DenseKernels>().vector_columns != 0 ||
                      r.steps * std::min(r.sequences, most_of(r)) > many_rows;
  const Weights weights{r.half, r.width, gates, {a.weight, gates}, copies};
  sweep.for_each_slice([&](std::size_t first, std::size_t rows) {
    for (std::size_t i = 0; i < r.steps; ++i) {
      const CellStep step = sweep.step(i, first, rows);
      if (!sweep.begins_at_zero(i))
        weights.product(rows, step.h_before, !r.is_apart(), step.hidden);
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
  const auto cell = best<CellKernels>().backward[static_cast<std::size_t>(r.cell)];
  const std::size_t gates = r.gates();
  const Weights weights{r.half, gates, r.width, {a.weight, gates, true}, true};
  sweep.for_each_slice([&](std::size_t first, std::size_t rows) {
    const Rows h{dh + first * r.width, r.width},
        c{dc == nullptr ? nullptr : dc + first * r.width, r.width};
    for (std::size_t i = r.steps; i-- > 0;) {
      const CellStep step = sweep.step(i, first, rows);
      cell(step, {g != nullptr ? sweep.at(g, r.width, first, r.place(i)) : sweep.zeros(), h, c});
      if (!sweep.begins_at_zero(i))
        weights.product(rows, {step.hidden.data, step.hidden.stride}, true, h);
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

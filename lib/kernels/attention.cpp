// SPDX-License-Identifier: MIT
#include "kernels/attention.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/matmul.hpp"
#include "kernels/parallel.hpp"

#include <algorithm>
#include <limits>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// Queries whose scores are computed at a time. Where a causal mask cuts, fewer are computed in vain by a small strip.
constexpr std::size_t strip = 16;
// Queries of a slice, for which keys are copied once. A multiple of score_columns, for blocks that are cut by a causal
// mask to be those on the diagonal.
constexpr std::size_t slice_queries = score_columns;

template <class T>
T* row_of(const Steps<T>& steps, std::size_t row) {
  return steps.data + row * steps.stride;
}

// Attention of one head of one sequence, in memory of its slice.
class Head {
 public:
  Head(const Attention& a, std::size_t head, Scalar* memory)
      : a_{a}, head_{head}, scores_{memory}, slopes_{scores_ + block_size} {
    Scalar* next = slopes_ + block_size;
    for (std::size_t i = 0; i < copies; ++i) {
      copies_[i] = next;
      next += copy_size(a, i);
    }
  }
  static std::size_t memory(const Attention& a) {
    std::size_t size = 2 * block_size;
    for (std::size_t i = 0; i < copies; ++i) size += copy_size(a, i);
    return size;
  }

  void forward(const Projections<const Scalar>& all, const Steps<Scalar>& all_y, Scalar* log_sum,
               std::size_t first) const {
    const auto [q, k, v] = projections_of(all);
    const Steps<Scalar> y = own(all_y, a_.queries, a_.width);
    const std::size_t end = std::min(first + slice_queries, a_.queries);
    const std::size_t keys = a_.causal ? end : a_.keys;
    Scalar* const most = log_sum + head_ * a_.queries + first;
    std::fill_n(most, end - first, -std::numeric_limits<Scalar>::infinity());
    double sum[slice_queries] = {};
    for (std::size_t key = 0; key < keys; key += score_columns) {
      const std::size_t columns = std::min(score_columns, keys - key);
      const Panels turned_keys = turned(columns, a_.depth, k, key, 0);
      const Panels values = panels(columns, a_.width, v, key, 1);
      for (std::size_t query = first; query < end; query += strip) {
        const ScoreBlock b = block(query, std::min(strip, end - query), key, columns);
        score(b, q, query, key, turned_keys, scores_);
        Scalar* const result = row_of(y, query);
        kernels_.weigh(b, scores_, most + (query - first), sum + (query - first),
                       key > 0 ? result : nullptr, a_.width, y.stride);
        dense_.product(b.rows, a_.width, b.columns, {scores_, score_columns}, values, result,
                       y.stride, key > 0 ? Addend::at(result, y.stride) : Addend{});
      }
    }
    kernels_.finish(end - first, most, sum, row_of(y, first), a_.width, y.stride);
  }

  // `dot` has room for a number per query.
  void backward(const Projections<const Scalar>& all, const Steps<const Scalar>& all_y,
                const Scalar* log_sum, const Steps<const Scalar>& all_dy,
                const Projections<Scalar>& all_dx, Scalar* dot) const {
    const auto [q, k, v] = projections_of(all);
    const auto [dq, dk, dv] = projections_of(all_dx);
    const auto y = own(all_y, a_.queries, a_.width), dy = own(all_dy, a_.queries, a_.width);
    log_sum += head_ * a_.queries;
    kernels_.dots(a_.queries, a_.width, y.data, y.stride, dy.data, dy.stride, dot);
    for (std::size_t key = 0; a_.queries == 0 && key < a_.keys; ++key) {
      std::fill_n(row_of(dk, key), a_.depth, Scalar{0});
      std::fill_n(row_of(dv, key), a_.width, Scalar{0});
    }
    for (std::size_t key = 0; key < a_.keys; key += score_columns) {
      const std::size_t columns = std::min(score_columns, a_.keys - key);
      const Panels turned_keys = turned(columns, a_.depth, k, key, 0);
      const Panels turned_values = turned(columns, a_.width, v, key, 1);
      const Panels keys = panels(columns, a_.depth, k, key, 2);
      const std::size_t first = a_.causal ? key : 0;
      for (std::size_t query = first; query < a_.queries; query += slice_queries) {
        const std::size_t rows = std::min(slice_queries, a_.queries - query);
        for (std::size_t r = 0; r < rows; r += strip) {
          const std::size_t place = r * score_columns;
          const ScoreBlock b = block(query + r, std::min(strip, rows - r), key, columns);
          score(b, q, query + r, key, turned_keys, scores_ + place);
          dense_.product(b.rows, b.columns, a_.width, {row_of(dy, query + r), dy.stride},
                         turned_values, slopes_ + place, score_columns, {});
          kernels_.weigh_grad(b, scores_ + place, slopes_ + place, log_sum + query + r,
                              dot + query + r);
          Scalar* const to = row_of(dq, query + r);
          dense_.product(b.rows, a_.depth, b.columns, {slopes_ + place, score_columns}, keys, to,
                         dq.stride, key > 0 ? Addend::at(to, dq.stride) : Addend{});
        }
        const Columns seen{rows, columns, a_.causal && query == key, query > first};
        add_transposed(seen, scores_, panels(rows, a_.width, dy, query, 3), row_of(dv, key),
                       dv.stride, a_.width);
        add_transposed(seen, slopes_, panels(rows, a_.depth, q, query, 4), row_of(dk, key),
                       dk.stride, a_.depth);
      }
    }
  }

 private:
  static constexpr std::size_t copies = 5;  // of blocks of rows, in panels
  static constexpr std::size_t block_size = slice_queries * score_columns;

  // The elements of copy i. What it is of differs between forward and backward.
  static std::size_t copy_size(const Attention& a, std::size_t i) {
    const DenseKernels& dense = best<DenseKernels>();
    const std::size_t most = std::max(a.depth, a.width);
    if (i < 2)
      return std::max(panel_elements(dense, most, score_columns),
                      panel_elements(dense, score_columns, most));
    return panel_elements(dense, i == 2 ? score_columns : slice_queries, most);
  }

  // The head's part of rows with heads of `width`, of sequences of so many steps.
  template <class T>
  Steps<T> own(const Steps<T>& all, std::size_t steps, std::size_t width) const {
    const std::size_t sequence = head_ / a_.heads, place = head_ % a_.heads;
    return {row_of(all, sequence * steps) + place * width, all.stride};
  }
  template <class T>
  Projections<T> projections_of(const Projections<T>& all) const {
    return {own(all.q, a_.queries, a_.depth), own(all.k, a_.keys, a_.depth),
            own(all.v, a_.keys, a_.width)};
  }

  // Rows as the right factor of a product: themselves, where whole vectors can be read, or copy i.
  Panels panels(std::size_t rows, std::size_t columns, const Steps<const Scalar>& from,
                std::size_t row, std::size_t i) const {
    const Scalar* const data = row_of(from, row);
    if (columns % dense_.vector_columns == 0) return {data, from.stride, dense_.panel_columns};
    return packed(rows, columns, {data, from.stride}, i);
  }
  // The same, with rows as columns.
  Panels turned(std::size_t rows, std::size_t columns, const Steps<const Scalar>& from,
                std::size_t row, std::size_t i) const {
    return packed(columns, rows, {row_of(from, row), from.stride, true}, i);
  }
  Panels packed(std::size_t rows, std::size_t columns, Factor from, std::size_t i) const {
    dense_.pack(rows, columns, from, copies_[i]);
    return packed_panels(dense_, rows, copies_[i]);
  }

  // Queries by keys; on the diagonal each query sees the keys up to its own place.
  struct Columns {
    std::size_t rows, columns;
    bool diagonal, adds;
  };
  // c (columns, width) = x^T y, or is added to, for x (rows, columns): on the diagonal some columns at a time, by the
  // rows that see them.
  void add_transposed(const Columns& of, const Scalar* x, const Panels& y, Scalar* c,
                      std::size_t stride, std::size_t width) const {
    const std::size_t most = of.diagonal ? strip : of.columns;
    for (std::size_t column = 0; column < of.columns; column += most) {
      const std::size_t row = of.diagonal ? column : 0;
      Scalar* const to = c + column * stride;
      dense_.product(std::min(most, of.columns - column), width, of.rows - row,
                     {x + row * score_columns + column, score_columns, true},
                     {y.data + row * y.row, y.row, y.panel}, to, stride,
                     of.adds ? Addend::at(to, stride) : Addend{});
    }
  }

  // Some queries by the keys of a block that one of them sees.
  ScoreBlock block(std::size_t query, std::size_t rows, std::size_t key,
                   std::size_t columns) const {
    ScoreBlock b{rows, columns, columns, a_.scale, a_.dropout};
    if (a_.causal) {
      b.seen = query + 1 - key;
      b.columns = std::min(columns, query + rows - key);
    }
    b.dropout.step = (a_.keys + score_columns - 1) / score_columns * score_counters;
    b.dropout.counter =
        (head_ * a_.queries + query) * b.dropout.step + key / score_columns * score_counters;
    return b;
  }

  void score(const ScoreBlock& b, const Steps<const Scalar>& q, std::size_t query, std::size_t key,
             const Panels& keys, Scalar* scores) const {
    dense_.product(b.rows, b.columns, a_.depth, {row_of(q, query), q.stride}, keys, scores,
                   score_columns, {});
    if (a_.mask) hide(b, query, key, scores);
  }
  void hide(const ScoreBlock& b, std::size_t query, std::size_t key, Scalar* scores) const {
    const Strides& step = a_.mask->strides;
    const std::size_t place[] = {head_ / a_.heads, head_ % a_.heads, query, key};
    const Scalar* row = a_.mask->data;
    for (std::size_t i = 0; i < 4; ++i) row += static_cast<std::ptrdiff_t>(place[i]) * step[i];
    for (std::size_t r = 0; r < b.rows; ++r, row += step[2])
      for (std::size_t c = 0; c < b.columns; ++c)
        if (row[static_cast<std::ptrdiff_t>(c) * step[3]] == 0)
          scores[r * score_columns + c] = -std::numeric_limits<Scalar>::infinity();
  }

  const Attention& a_;
  const DenseKernels& dense_ = best<DenseKernels>();
  const ScoreKernels& kernels_ = best<ScoreKernels>();
  std::size_t head_;  // of those of all sequences
  Scalar *scores_, *slopes_;
  Scalar* copies_[copies];
};

// Calls run(task, memory) for all tasks, some per slice, each slice with memory of its own.
template <class Run>
void for_each_task(const Attention& a, std::size_t tasks, std::size_t cost, Run run) {
  if (tasks == 0) return;
  const std::size_t grain = slice_grain(tasks, cost), slices = (tasks + grain - 1) / grain;
  const std::size_t size = Head::memory(a);
  PooledBuffer<Scalar> memory{slices * size};
  parallel(slices, [&](std::size_t slice) {
    for (std::size_t i = slice * grain; i < std::min(tasks, (slice + 1) * grain); ++i)
      run(i, memory.data() + slice * size);
  });
}

}  // namespace

void Attention::forward(const Projections<const Scalar>& x, Steps<Scalar> y,
                        Scalar* log_sum) const {
  const std::size_t parts = (queries + slice_queries - 1) / slice_queries;
  for_each_task(
      *this, batch * heads * parts, slice_queries * keys * (depth + width),
      [&](std::size_t task, Scalar* memory) {
        Head{*this, task / parts, memory}.forward(x, y, log_sum, task % parts * slice_queries);
      });
}

void Attention::backward(const Projections<const Scalar>& x, Steps<const Scalar> y,
                         const Scalar* log_sum, Steps<const Scalar> dy,
                         const Projections<Scalar>& dx) const {
  PooledBuffer<Scalar> dots{batch * heads * queries};
  for_each_task(
      *this, batch * heads, queries * keys * 3 * (depth + width),
      [&](std::size_t head, Scalar* memory) {
        Head{*this, head, memory}.backward(x, y, log_sum, dy, dx, dots.data() + head * queries);
      });
}

}  // namespace xtape::inline XTAPE_ABI::kernels

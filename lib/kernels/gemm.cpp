// SPDX-License-Identifier: MIT
#include "kernels/gemm.hpp"

#include "kernels/kernels.hpp"
#include "kernels/parallel.hpp"

#include <xtape/array.hpp>

#include <xtensor-blas/xblas.hpp>

#include <algorithm>
#include <limits>

// Of OpenBLAS, in neither of xtensor-blas' headers.
extern "C" void openblas_set_num_threads(int threads);

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// As many whole panels as hold n columns.
std::size_t panel_elements(std::size_t k, std::size_t n) {
  const std::size_t columns = table().panel_columns;
  return k * ((n + columns - 1) / columns * columns);
}

}  // namespace

Packed::Packed(std::size_t k, std::size_t n, Operand b, bool copy)
    : buffer_{copy ? panel_elements(k, n) : 0}, panels_{b.data, b.stride, table().panel_columns} {
  if (!copy) return;
  table().pack(k, n, b, buffer_.data());
  panels_ = {buffer_.data(), table().panel_columns, k * table().panel_columns};
}

Panels Packed::from(std::size_t depth, std::size_t column) const {
  Panels part = panels_;
  part.data += depth * part.row + column / table().panel_columns * part.panel;
  return part;
}

namespace {

using Index = xt::blas_index_t;

// The OpenMP build of OpenBLAS keeps this setting per thread, the pthread build per process.
void run_blas_on_this_thread_only() {
  thread_local const bool done = (openblas_set_num_threads(1), true);
  static_cast<void>(done);
}

// Up to here a product goes to our kernel. For sides of 200 and more, OpenBLAS is the faster one where the
// result is tall or the left operand is transposed. It also asks malloc for memory in its small products.
constexpr std::size_t short_side = 128;

// The number of pieces of a product: a few million multiplications each.
std::size_t pieces_of(std::size_t m, std::size_t n, std::size_t k) {
  constexpr double work = 4e6;
  const double products = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  return static_cast<std::size_t>(std::clamp(products / work, 1.0, 16.0));
}

// The length of each of `pieces` pieces of an axis, a multiple of `unit`.
std::size_t piece_length(std::size_t size, std::size_t pieces, std::size_t unit) {
  const std::size_t units = (size + unit - 1) / unit;
  return std::max<std::size_t>(1, (units + pieces - 1) / pieces) * unit;
}

Operand rows_from(Operand x, std::size_t row) {
  x.data += row * x.row_step();
  return x;
}
Operand columns_from(Operand x, std::size_t column) {
  x.data += column * x.column_step();
  return x;
}

void blas_gemm(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c,
               std::size_t stride) {
  run_blas_on_this_thread_only();
  const auto flag = [](const Operand& x) {
    return x.transposed ? cxxblas::Trans : cxxblas::NoTrans;
  };
  const auto size = [](std::size_t x) { return static_cast<Index>(x); };
  cxxblas::gemm<Index>(cxxblas::RowMajor, flag(a), flag(b), size(m), size(n), size(k), Scalar{1},
                       a.data, size(a.stride), b.data, size(b.stride), Scalar{0}, c, size(stride));
}

void blas_matmul(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c) {
  constexpr std::size_t limit = std::numeric_limits<Index>::max();
  if (std::max({m, n, k, a.stride, b.stride}) > limit)
    throw ShapeError(Op::nowhere("gemm"),
                     "a matrix has more rows or columns than OpenBLAS can count");
  const std::size_t length = piece_length(std::max(m, n), pieces_of(m, n, k), 64);
  if (n >= m)
    parallel_ranges(n, length, [=](std::size_t begin, std::size_t end) {
      blas_gemm(m, end - begin, k, a, columns_from(b, begin), c + begin, n);
    });
  else
    parallel_ranges(m, length, [=](std::size_t begin, std::size_t end) {
      blas_gemm(end - begin, n, k, rows_from(a, begin), b, c + begin * n, n);
    });
}

// c = a * b where c has more columns than rows: cut along the depth, so that each piece reads whole rows
// of its own part of b, and where that is not deep enough along the columns. The sums over the parts of
// the depth are added in order.
void wide_product(std::size_t m, std::size_t n, std::size_t k, Operand a, const Packed& b,
                  Scalar* c) {
  // A shorter part would add up more than it multiplies. With at most short_side rows, the results of all
  // parts take a quarter of the memory of b.
  constexpr std::size_t least_depth = 4 * short_side;
  const std::size_t pieces = pieces_of(m, n, k);
  const std::size_t depth = piece_length(k, std::clamp<std::size_t>(k / least_depth, 1, pieces), 1);
  const std::size_t parts = (k + depth - 1) / depth;
  const std::size_t width = piece_length(n, pieces / parts, table().panel_columns);
  const std::size_t across = (n + width - 1) / width;
  PooledBuffer<Scalar> rest{(parts - 1) * m * n};
  parallel(parts * across, [&](std::size_t piece) {
    const std::size_t part = piece / across, column = piece % across * width;
    Scalar* const to = part == 0 ? c : rest.data() + (part - 1) * m * n;
    table().product(m, std::min(width, n - column), std::min(depth, k - part * depth),
                    columns_from(a, part * depth), b.from(part * depth, column), to + column, n);
  });
  parallel_ranges(m * n, elementwise_grain / parts, [&](std::size_t begin, std::size_t end) {
    for (std::size_t part = 0; part + 1 < parts; ++part) {
      const Scalar* const from = rest.data() + part * m * n;
      for (std::size_t i = begin; i < end; ++i) c[i] += from[i];
    }
  });
}

void tall_product(std::size_t m, std::size_t n, std::size_t k, Operand a, const Packed& b,
                  Scalar* c) {
  parallel_ranges(
      m, piece_length(m, pieces_of(m, n, k), 12), [&](std::size_t begin, std::size_t end) {
        table().product(end - begin, n, k, rows_from(a, begin), b.from(0, 0), c + begin * n, n);
      });
}

}  // namespace

void matmul(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    std::fill_n(c, m * n, Scalar{0});
    return;
  }
  if (std::min({m, n, k}) > short_side) return blas_matmul(m, n, k, a, b, c);
  if (b.transposed && n > m) {
    // c^T = b^T a^T: b is read in place, and only a, the smaller one, is copied.
    const Packed right{k, m, {a.data, a.stride, !a.transposed}, true};
    parallel_ranges(
        n, piece_length(n, pieces_of(m, n, k), 96), [&](std::size_t begin, std::size_t end) {
          table().product_transposed(end - begin, m, k, rows_from({b.data, b.stride}, begin),
                                     right.from(0, 0), c + begin, n);
        });
    return;
  }
  // A small b that many rows meet is copied, too: its rows then are next to each other.
  const bool copy =
      b.transposed || n % table().vector_columns != 0 || (k * n <= 65536 && m >= 4 * n);
  const Packed right{k, n, b, copy};
  if (n > m)
    wide_product(m, n, k, a, right, c);
  else
    tall_product(m, n, k, a, right, c);
}

}  // namespace xtape::inline XTAPE_ABI::kernels

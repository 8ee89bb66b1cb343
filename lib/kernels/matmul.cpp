// SPDX-License-Identifier: MIT
#include "kernels/matmul.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/parallel.hpp"

#include <algorithm>
#include <utility>

namespace xtape::inline XTAPE_ABI::kernels {

std::size_t panel_elements(const DenseKernels& kernels, std::size_t k, std::size_t n) {
  const std::size_t columns = kernels.panel_columns;
  return k * ((n + columns - 1) / columns * columns);
}

Packed::Packed(const DenseKernels& kernels, std::size_t k, std::size_t n, Factor b, bool copy)
    : kernels_{kernels},
      buffer_{copy ? panel_elements(kernels, k, n) : 0},
      panels_{b.data, b.stride, kernels.panel_columns} {
  if (!copy) return;
  kernels.pack(k, n, b, buffer_.data());
  panels_ = {buffer_.data(), kernels.panel_columns, k * kernels.panel_columns};
}

Panels Packed::from(std::size_t depth, std::size_t column) const {
  Panels part = panels_;
  part.data += depth * part.row + column / kernels_.panel_columns * part.panel;
  return part;
}

namespace {

// Up to here the shorter side of a product is a batch: the large matrix is read in place, once. Where all
// sides are longer, both are copied.
constexpr std::size_t short_side = 128;

// A matrix of so many elements stays in the second-level cache, wherever its rows lie.
constexpr std::size_t small_matrix = 65536;

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

// An axis in pieces of one length, of which the last may have less.
struct Pieces {
  std::size_t size, length;

  std::size_t count() const { return (size + length - 1) / length; }
  std::size_t begin(std::size_t piece) const { return piece * length; }
  std::size_t length_of(std::size_t piece) const { return std::min(length, size - begin(piece)); }
};

// How a product is cut: into so many rows, columns and so much depth that a slice finds its parts of a and b,
// and its sums, in the second-level cache. Of a narrow result the sums cost little, so that the depth may be
// cut more often, for the sake of longer rows of a transposed a. Where there were too few pieces, the longer
// side is cut into more.
struct Cut {
  Pieces down, across, deep;

  static Cut of(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k) {
    constexpr std::size_t most_columns = 256, least_rows = 192, unit = 12;
    const bool narrow = n <= most_columns;
    const std::size_t most_rows = narrow ? 384 : 192, most_depth = narrow ? 128 : 384;
    const std::size_t least_columns = kernels.panel_columns, least = pieces_of(m, n, k);
    std::size_t down = (m + most_rows - 1) / most_rows;
    std::size_t across = (n + most_columns - 1) / most_columns;
    if (n < m) down = std::max(down, std::min(least / across, m / least_rows));
    across = std::max(across, std::min(least / down, n / least_columns));
    down = std::max(down, std::min(least / across, m / least_rows));
    const std::size_t parts = (k + most_depth - 1) / most_depth;
    return {{m, piece_length(m, down, unit)},
            {n, piece_length(n, across, least_columns)},
            {k, piece_length(k, parts, kernels.vector_columns)}};
  }
};

// c = a * b by copies of parts of a and b, so that a slice reads one line of memory after the other: of both,
// a part of the depth at a time.
class BlockedProduct {
 public:
  BlockedProduct(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k, Factor a,
                 Factor b, Scalar* c)
      : kernels_{kernels},
        a_{a},
        b_{b},
        c_{c},
        cut_{Cut::of(kernels, m, n, k)},
        copies_a_{m * k > small_matrix},
        copied_row_{a.transposed ? odd_lines(cut_.down.length) : cut_.deep.length},
        copied_piece_{copied_row_ * (a.transposed ? cut_.deep.length : cut_.down.length)},
        left_{copies_a_ ? cut_.down.count() * copied_piece_ : 0},
        right_{panel_elements(kernels, cut_.deep.length, n)} {}

  void run() {
    const std::size_t rows = cut_.down.count(), columns = cut_.across.count();
    // What a single slice reads, it copies itself.
    const std::size_t shared_rows = columns > 1 ? rows : 0, shared_columns = rows > 1 ? columns : 0;
    for (part_ = 0; part_ < cut_.deep.count(); ++part_) {
      parallel(shared_rows + shared_columns, [&](std::size_t slice) {
        slice < shared_rows ? copy_rows(slice) : copy_columns(slice - shared_rows);
      });
      parallel(rows * columns, [&](std::size_t slice) {
        const std::size_t i = slice / columns, j = slice % columns;
        if (columns == 1) copy_rows(i);
        if (rows == 1) copy_columns(j);
        multiply(i, j);
      });
    }
  }

 private:
  std::size_t depth() const { return cut_.deep.length_of(part_); }
  // Elements in an odd number of cache lines: rows so far apart do not compete for the same places in caches.
  static std::size_t odd_lines(std::size_t elements) {
    constexpr std::size_t line = 64 / sizeof(Scalar);
    return ((elements + line - 1) / line | 1) * line;
  }
  // The rows of piece i of a, of this depth. They are copied as they are stored: of a transposed a, columns.
  Factor rows_of_a(std::size_t i) const {
    return a_.from(cut_.down.begin(i), cut_.deep.begin(part_));
  }
  Scalar* left(std::size_t i) { return left_.data() + i * copied_piece_; }
  Scalar* right(std::size_t j) { return right_.data() + cut_.across.begin(j) * depth(); }

  void copy_rows(std::size_t i) {
    if (!copies_a_) return;
    const auto [from, stride, transposed] = rows_of_a(i);
    std::size_t rows = cut_.down.length_of(i), columns = depth();
    if (transposed) std::swap(rows, columns);
    kernels_.copy(rows, columns, from, stride, left(i), copied_row_);
  }
  void copy_columns(std::size_t j) {
    const Factor from = b_.from(cut_.deep.begin(part_), cut_.across.begin(j));
    kernels_.pack(depth(), cut_.across.length_of(j), from, right(j));
  }
  void multiply(std::size_t i, std::size_t j) {
    const Pieces &down = cut_.down, &across = cut_.across;
    const std::size_t panel = kernels_.panel_columns;
    Factor a = rows_of_a(i);
    if (copies_a_) a = {left(i), copied_row_, a.transposed};
    kernels_.product(down.length_of(i), across.length_of(j), depth(), a,
                     {right(j), panel, depth() * panel},
                     c_ + down.begin(i) * across.size + across.begin(j), across.size, part_ > 0);
  }

  const DenseKernels& kernels_;
  Factor a_, b_;
  Scalar* c_;
  Cut cut_;
  bool copies_a_;
  std::size_t copied_row_, copied_piece_;
  PooledBuffer<Scalar> left_, right_;
  std::size_t part_ = 0;  // of the depth
};

// c = a * b where c has more columns than rows: cut along the depth, so that each piece reads whole rows
// of its own part of b, and where that is not deep enough along the columns. The sums over the parts of
// the depth are added in order.
void wide_product(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k,
                  Factor a, const Packed& b, Scalar* c) {
  // A shorter part would add up more than it multiplies. With at most short_side rows, the results of all
  // parts take a quarter of the memory of b.
  constexpr std::size_t least_depth = 4 * short_side;
  const std::size_t pieces = pieces_of(m, n, k);
  const std::size_t depth = piece_length(k, std::clamp<std::size_t>(k / least_depth, 1, pieces), 1);
  const std::size_t parts = (k + depth - 1) / depth;
  const std::size_t width = piece_length(n, pieces / parts, kernels.panel_columns);
  const std::size_t across = (n + width - 1) / width;
  PooledBuffer<Scalar> rest{(parts - 1) * m * n};
  parallel(parts * across, [&](std::size_t piece) {
    const std::size_t part = piece / across, column = piece % across * width;
    Scalar* const to = part == 0 ? c : rest.data() + (part - 1) * m * n;
    kernels.product(m, std::min(width, n - column), std::min(depth, k - part * depth),
                    a.from(0, part * depth), b.from(part * depth, column), to + column, n, false);
  });
  parallel_ranges(m * n, elementwise_grain / parts, [&](std::size_t begin, std::size_t end) {
    for (std::size_t part = 0; part + 1 < parts; ++part) {
      const Scalar* const from = rest.data() + part * m * n;
      for (std::size_t i = begin; i < end; ++i) c[i] += from[i];
    }
  });
}

void tall_product(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k,
                  Factor a, const Packed& b, Scalar* c) {
  parallel_ranges(
      m, piece_length(m, pieces_of(m, n, k), 12), [&](std::size_t begin, std::size_t end) {
        kernels.product(end - begin, n, k, a.from(begin, 0), b.from(0, 0), c + begin * n, n, false);
      });
}

// Whether the large operand is read more than once, or has to be copied anyway.
bool is_blocked(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k, Factor a,
                Factor b) {
  if (std::min({m, n, k}) > short_side) return true;
  if (n > m && b.transposed) return m > short_side;
  if (n > m) return n % kernels.vector_columns != 0 && k * n > small_matrix;
  return a.transposed && std::min(m, k) > short_side && n > kernels.panel_columns;
}

}  // namespace

void matmul(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k, Factor a,
            Factor b, Scalar* c) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    std::fill_n(c, m * n, Scalar{0});
    return;
  }
  if (is_blocked(kernels, m, n, k, a, b)) {
    constexpr std::size_t band = 8192;  // rows whose copies take some megabytes
    for (std::size_t row = 0; row < m; row += band)
      BlockedProduct{kernels, std::min(band, m - row), n, k, a.from(row, 0), b, c + row * n}.run();
    return;
  }
  if (b.transposed && n > m) {
    // c^T = b^T a^T: b is read in place, and only a, the smaller one, is copied.
    const Packed right{kernels, k, m, {a.data, a.stride, !a.transposed}, true};
    parallel_ranges(
        n, piece_length(n, pieces_of(m, n, k), 96), [&](std::size_t begin, std::size_t end) {
          kernels.product_transposed(end - begin, m, k, Factor{b.data, b.stride}.from(begin, 0),
                                     right.from(0, 0), c + begin, n);
        });
    return;
  }
  // A small b that many rows meet is copied, too: its rows then are next to each other.
  const bool copy =
      b.transposed || n % kernels.vector_columns != 0 || (k * n <= small_matrix && m >= 4 * n);
  const Packed right{kernels, k, n, b, copy};
  if (n > m)
    wide_product(kernels, m, n, k, a, right, c);
  else
    tall_product(kernels, m, n, k, a, right, c);
}

void matmul(std::size_t m, std::size_t n, std::size_t k, Factor a, Factor b, Scalar* c) {
  matmul(best<DenseKernels>(), m, n, k, a, b, c);
}

}  // namespace xtape::inline XTAPE_ABI::kernels

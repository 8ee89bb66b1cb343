// SPDX-License-Identifier: MIT
#include "kernels/matmul.hpp"

#include "kernels/activate.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/parallel.hpp"
#include "kernels/reduce.hpp"

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
  const std::size_t columns = kernels.panel_columns, panels = (n + columns - 1) / columns;
  parallel_ranges(panels, row_grain(k * columns), [&](std::size_t begin, std::size_t end) {
    Factor part = b;
    part.data += begin * columns * b.column_step();
    kernels.pack(k, std::min(n, end * columns) - begin * columns, part,
                 buffer_.data() + begin * columns * k);
  });
  panels_ = packed_panels(kernels, k, buffer_.data());
}

Panels packed_panels(const DenseKernels& kernels, std::size_t k, const Scalar* panels) {
  return {panels, kernels.panel_columns, k * kernels.panel_columns};
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

// The number of pieces of a product: a million multiplications each, some 20 us.
std::size_t pieces_of(std::size_t m, std::size_t n, std::size_t k) {
  constexpr double work = 1e6;
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

// The sums of the columns of b, which parts of the depth add up, each for itself.
class RightSums {
 public:
  RightSums(const Ending& ending, std::size_t parts, std::size_t n)
      : to_{ending.right_sums}, n_{n}, parts_{to_ == nullptr ? 0 : parts * n} {
    std::fill_n(parts_.data(), parts_.size(), 0.0);
  }
  // The panels of a part from a column on, with where their sums go, if it is they who add them.
  Panels with(Panels panels, bool adds, std::size_t part, std::size_t column) {
    if (to_ != nullptr && adds) panels.sums = parts_.data() + part * n_ + column;
    return panels;
  }
  // When all is done.
  void finish() {
    for (std::size_t c = 0; to_ != nullptr && c < n_; ++c) {
      double sum = 0;
      for (std::size_t i = c; i < parts_.size(); i += n_) sum += parts_.data()[i];
      to_[c] = static_cast<Scalar>(sum);
    }
  }

 private:
  Scalar* to_;
  std::size_t n_;
  PooledBuffer<double> parts_;
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
                 Factor b, Scalar* c, const Ending& ending)
      : kernels_{kernels},
        a_{a},
        b_{b},
        c_{c},
        ending_{ending},
        cut_{Cut::of(kernels, m, n, k)},
        copies_a_{m * k > small_matrix},
        copied_row_{a.transposed ? odd_lines(cut_.down.length) : cut_.deep.length},
        copied_piece_{copied_row_ * (a.transposed ? cut_.deep.length : cut_.down.length)},
        left_{copies_a_ ? cut_.down.count() * copied_piece_ : 0},
        right_{panel_elements(kernels, cut_.deep.length, n)},
        sums_{ending, cut_.deep.count(), n} {}

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
    sums_.finish();
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
    const std::size_t panel = kernels_.panel_columns, stride = cut_.across.size;
    const std::size_t row = cut_.down.begin(i), column = cut_.across.begin(j);
    const std::size_t rows = cut_.down.length_of(i), columns = cut_.across.length_of(j);
    Factor a = rows_of_a(i);
    if (copies_a_) a = {left(i), copied_row_, a.transposed};
    Scalar* const to = c_ + row * stride + column;
    const Panels b{right(j), panel, depth() * panel};
    kernels_.product(rows, columns, depth(), a, sums_.with(b, i == 0, part_, column), to, stride,
                     part_ > 0 ? Addend::at(to, stride) : ending_.addend.from(row, column));
    if (part_ + 1 < cut_.deep.count()) return;
    for (std::size_t r = row; r < row + rows; ++r)
      ending_.activate(c_, r * stride + column, columns);
  }

  const DenseKernels& kernels_;
  Factor a_, b_;
  Scalar* c_;
  Ending ending_;
  Cut cut_;
  bool copies_a_;
  std::size_t copied_row_, copied_piece_;
  PooledBuffer<Scalar> left_, right_;
  RightSums sums_;
  std::size_t part_ = 0;  // of the depth
};

// c = a * b where c has more columns than rows, or all is deep: cut along the depth, so that each piece reads whole
// rows of its own part of b, and where that is not deep enough along the columns. The sums over the parts of the depth
// are added in order.
void wide_product(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k,
                  Factor a, Factor b, bool copy, Scalar* c, const Ending& ending) {
  // A shorter part would add up more than it multiplies. With at most short_side rows, the results of all
  // parts take a quarter of the memory of b.
  constexpr std::size_t least_depth = 4 * short_side;
  const std::size_t pieces = pieces_of(m, n, k);
  const std::size_t depth = piece_length(k, std::clamp<std::size_t>(k / least_depth, 1, pieces), 1);
  const std::size_t parts = (k + depth - 1) / depth;
  const std::size_t width = piece_length(n, pieces / parts, kernels.panel_columns);
  const std::size_t across = (n + width - 1) / width;
  const std::size_t copied = copy ? panel_elements(kernels, depth, width) : 0;
  PooledBuffer<Scalar> rest{(parts - 1) * m * n}, copies{parts * across * copied};
  RightSums sums{ending, parts, n};
  parallel(parts * across, [&](std::size_t piece) {
    const std::size_t part = piece / across, column = piece % across * width;
    const std::size_t columns = std::min(width, n - column), begin = part * depth,
                      deep = std::min(depth, k - begin);
    Scalar* const to = part == 0 ? c : rest.data() + (part - 1) * m * n;
    const Factor own = b.from(begin, column);
    Panels right{own.data, b.stride, kernels.panel_columns};
    if (copy) {  // what no other piece reads
      Scalar* const panels = copies.data() + piece * copied;
      kernels.pack(deep, columns, own, panels);
      right = packed_panels(kernels, deep, panels);
    }
    right = sums.with(right, true, part, column);
    kernels.product(m, columns, deep, a.from(0, begin), right, to + column, n,
                    part == 0 ? ending.addend.from(0, column) : Addend{});
  });
  parallel_ranges(m * n, elementwise_grain / parts, [&](std::size_t begin, std::size_t end) {
    for (std::size_t part = 0; part + 1 < parts; ++part) {
      const Scalar* const from = rest.data() + part * m * n;
      for (std::size_t i = begin; i < end; ++i) c[i] += from[i];
    }
    ending.activate(c, begin, end - begin);
  });
  sums.finish();
}

// In one pass, over so many rows at a time that they stay in the second-level cache until they are activated.
void tall_product(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k,
                  Factor a, const Packed& b, Scalar* c, const Ending& ending) {
  const std::size_t most = std::max<std::size_t>(small_matrix / (n + 1) / 12, 1) * 12;
  RightSums sums{ending, 1, n};
  const auto rows = [&](std::size_t begin, std::size_t end) {
    const Panels right = sums.with(b.from(0, 0), begin == 0, 0, 0);
    kernels.product(end - begin, n, k, a.from(begin, 0), right, c + begin * n, n,
                    ending.addend.from(begin, 0));
    ending.activate(c, begin * n, (end - begin) * n);
  };
  parallel_ranges(m, piece_length(m, pieces_of(m, n, k), 12),
                  [&](std::size_t begin, std::size_t end) {
                    if (ending.activation == Activation::none) return rows(begin, end);
                    for (; begin < end; begin += most) rows(begin, std::min(begin + most, end));
                  });
  sums.finish();
}

// Whether each slice of rows would read all of b for a few of them.
bool is_deep(std::size_t m, std::size_t k) { return k >= 8 * std::max(m, short_side); }

// Whether the large operand is read more than once, or has to be copied anyway.
bool is_blocked(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k, Factor a,
                Factor b) {
  if (std::min({m, n, k}) > short_side) return true;
  if (n > m && b.transposed) return m > short_side;
  if (n > m) return n % kernels.vector_columns != 0 && k * n > small_matrix;
  return a.transposed && std::min(m, k) > short_side && n > kernels.panel_columns;
}

}  // namespace

void Ending::activate(Scalar* c, std::size_t begin, std::size_t count) const {
  if (activation == Activation::none) return;
  kernels::activate(activation, c + begin, slope != nullptr ? slope + begin : nullptr, count);
}

Ending Ending::from(std::size_t row, std::size_t columns) const {
  return {addend.from(row, 0), activation, slope != nullptr ? slope + row * columns : nullptr,
          row == 0 ? right_sums : nullptr};
}

void matmul(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k, Factor a,
            Factor b, Scalar* c, const Ending& ending) {
  if (m == 0 && ending.right_sums != nullptr)
    best<ReduceKernels>().sum_rows(1, {k, n}, b.data, 1, ending.right_sums);
  if (m == 0 || n == 0) return;
  if (k == 0) return tall_product(kernels, m, n, k, a, Packed{kernels, k, n, b, true}, c, ending);
  if (is_blocked(kernels, m, n, k, a, b)) {
    constexpr std::size_t band = 8192;  // rows whose copies take some megabytes
    for (std::size_t row = 0; row < m; row += band)
      BlockedProduct{kernels,     std::min(band, m - row), n, k, a.from(row, 0), b,
                     c + row * n, ending.from(row, n)}
          .run();
    return;
  }
  if (b.transposed && n > m && ending.is_nothing()) {
    // c^T = b^T a^T: b is read in place, and only a, the smaller one, is copied.
    const Packed right{kernels, k, m, {a.data, a.stride, !a.transposed}, true};
    parallel_ranges(
        n, piece_length(n, pieces_of(m, n, k), 96), [&](std::size_t begin, std::size_t end) {
          kernels.product_transposed(end - begin, m, k, Factor{b.data, b.stride}.from(begin, 0),
                                     right.from(0, 0), c + begin, n);
        });
    return;
  }
  bool copy = b.transposed || n % kernels.vector_columns != 0;
  if (n > m || is_deep(m, k)) return wide_product(kernels, m, n, k, a, b, copy, c, ending);
  // A small b that many rows meet is copied, too: its rows then are next to each other.
  copy = copy || (k * n <= small_matrix && m >= 4 * n);
  tall_product(kernels, m, n, k, a, Packed{kernels, k, n, b, copy}, c, ending);
}

void matmul(std::size_t m, std::size_t n, std::size_t k, Factor a, Factor b, Scalar* c,
            const Ending& ending) {
  matmul(best<DenseKernels>(), m, n, k, a, b, c, ending);
}

}  // namespace xtape::inline XTAPE_ABI::kernels

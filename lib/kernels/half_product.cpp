// SPDX-License-Identifier: MIT
#include "kernels/half_product.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/matmul.hpp"
#include "kernels/parallel.hpp"
#include "kernels/reduce.hpp"

#include <xtape/memory.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// A factor in blocks of 32 rows or columns, each with all of the depth.
struct HalfBlocks {
  std::size_t size, depth;

  std::size_t count() const { return half_sides(size); }
  std::size_t halves() const { return half_steps(depth) * half_step; }  // of each
  std::size_t begin(std::size_t i) const { return i * half_side; }
  std::size_t size_of(std::size_t i) const { return std::min(half_side, size - begin(i)); }
};

void pack_left(const HalfKernels& kernels, const HalfBlocks& blocks, Factor a, std::size_t i,
               Half* to) {
  kernels.pack_left(blocks.size_of(i), blocks.depth, a.from(blocks.begin(i), 0),
                    to + i * blocks.halves(), half_blocks);
}
void pack_right(const HalfKernels& kernels, const HalfBlocks& blocks, Factor b, std::size_t i,
                HalfPair* to) {
  kernels.pack_right(blocks.depth, blocks.size_of(i), b.from(0, blocks.begin(i)),
                     to + i * blocks.halves() / 2);
}

// An axis in nearly equal pieces of whole blocks.
struct HalfPieces {
  std::size_t blocks, count;

  std::size_t begin(std::size_t i) const { return i * blocks / count; }
  std::size_t end(std::size_t i) const { return begin(i + 1); }
};

// How a product is cut: into pieces of some million multiplications in float, or as many as take that time, of rows,
// else of columns, else of the depth, whose sums are then added in order.
struct HalfCut {
  HalfPieces down, across, deep;

  HalfCut(const HalfUnit& unit, std::size_t m, std::size_t n, std::size_t k)
      : down{half_sides(m), 1}, across{half_sides(n), 1}, deep{half_steps(k), 1} {
    const double work = 1e6 * static_cast<double>(unit.speedup);
    constexpr std::size_t least_depth = 64;  // steps: less would add up more than it multiplies
    const double products =
        static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    const auto wanted = static_cast<std::size_t>(std::clamp(products / work, 1.0, 32.0));
    down.count = std::min(wanted, down.blocks);
    across.count = std::clamp<std::size_t>(wanted / down.count, 1, across.blocks);
    deep.count = std::clamp<std::size_t>(
        deep.blocks / least_depth, 1, std::max<std::size_t>(1, wanted / down.count / across.count));
  }
};

// c = a * b with both packed, in parallel.
void multiply_halves(const HalfKernels& kernels, const HalfUnit& unit, std::size_t m, std::size_t n,
                     std::size_t k, const Half* a, const HalfPair* b, Scalar* c) {
  const HalfCut cut{unit, m, n, k};
  const std::size_t steps = cut.deep.blocks, size = m * n;
  PooledBuffer<Scalar> rest{(cut.deep.count - 1) * size};
  parallel(cut.deep.count * cut.down.count * cut.across.count, [&](std::size_t slice) {
    const std::size_t part = slice / cut.across.count / cut.down.count,
                      i = slice / cut.across.count % cut.down.count, j = slice % cut.across.count;
    const std::size_t row = cut.down.begin(i) * half_side, column = cut.across.begin(j) * half_side,
                      step = cut.deep.begin(part);
    Scalar* const to = part == 0 ? c : rest.data() + (part - 1) * size;
    kernels.product(unit, std::min(m, cut.down.end(i) * half_side) - row,
                    std::min(n, cut.across.end(j) * half_side) - column, steps,
                    cut.deep.end(part) - step, a + (cut.down.begin(i) * steps + step) * half_step,
                    b + (cut.across.begin(j) * steps + step) * half_step / 2, to + row * n + column,
                    n);
  });
  parallel_ranges(size, elementwise_grain / cut.deep.count,
                  [&](std::size_t begin, std::size_t end) {
                    for (std::size_t part = 0; part + 1 < cut.deep.count; ++part)
                      for (std::size_t i = begin; i < end; ++i)
                        c[i] += rest.data()[part * size + i];
                  });
}

// What becomes of a product that is written already.
void finish(const Ending& ending, std::size_t m, std::size_t n, Scalar* c) {
  if (ending.addend.is_nothing() && ending.activation == Activation::none) return;
  parallel_ranges(m, row_grain(n), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto [row, rows, stride] = ending.addend.from(i, 0);
      Scalar* const to = c + i * n;
      for (std::size_t j = 0; row != nullptr && j < n; ++j) to[j] += row[j];
      for (std::size_t j = 0; rows != nullptr && j < n; ++j) to[j] += rows[j];
      ending.activate(c, i * n, n);
    }
  });
}

}  // namespace

const HalfUnit* half_unit_for(std::size_t k, std::size_t n) {
  return std::min(k, n) >= half_side ? half_unit() : nullptr;
}

void matmul(const HalfKernels& kernels, const HalfUnit& unit, std::size_t m, std::size_t n,
            std::size_t k, Factor a, Factor b, Scalar* c) {
  if (m == 0 || n == 0) return;
  constexpr std::size_t band = 8192;  // rows whose copies take some megabytes
  const HalfBlocks right{n, k};
  PooledBuffer<HalfPair> b_halves{right.count() * right.halves() / 2};
  PooledBuffer<Half> a_halves{half_sides(std::min(m, band)) * right.halves()};
  for (std::size_t row = 0; row < m; row += band) {
    const HalfBlocks left{std::min(band, m - row), k};
    const Factor rows = a.from(row, 0);
    const std::size_t fresh = row == 0 ? right.count() : 0;
    parallel_ranges(left.count() + fresh, row_grain(half_side * k),
                    [&](std::size_t begin, std::size_t end) {
                      for (std::size_t i = begin; i < end; ++i)
                        i < fresh ? pack_right(kernels, right, b, i, b_halves.data())
                                  : pack_left(kernels, left, rows, i - fresh, a_halves.data());
                    });
    multiply_halves(kernels, unit, left.size, n, k, a_halves.data(), b_halves.data(), c + row * n);
  }
}

void matmul(const HalfUnit* unit, std::size_t m, std::size_t n, std::size_t k, Factor a, Factor b,
            Scalar* c, const Ending& ending) {
  if (unit == nullptr) return matmul(m, n, k, a, b, c, ending);
  matmul(best<HalfKernels>(), *unit, m, n, k, a, b, c);
  finish(ending, m, n, c);
  if (ending.right_sums != nullptr)
    best<ReduceKernels>().sum_rows(1, {k, n}, b.data, 1, ending.right_sums);
}

HalfProduct::HalfProduct(const HalfUnit& unit, std::size_t m, std::size_t n, std::size_t k)
    : unit_{unit},
      m_{m},
      n_{n},
      k_{k},
      rows_{half_sides(m)},
      columns_{half_sides(n)},
      steps_{half_steps(k)} {}

void HalfProduct::operator()(Factor a, Factor b, Scalar* c, Half* memory) const {
  const HalfKernels& kernels = best<HalfKernels>();
  HalfPair* const right = reinterpret_cast<HalfPair*>(memory + rows_ * steps_ * half_step);
  for (std::size_t i = 0; i < rows_; ++i) pack_left(kernels, {m_, k_}, a, i, memory);
  for (std::size_t i = 0; i < columns_; ++i) pack_right(kernels, {n_, k_}, b, i, right);
  kernels.product(unit_, m_, n_, steps_, steps_, memory, right, c, n_);
}

}  // namespace xtape::inline XTAPE_ABI::kernels

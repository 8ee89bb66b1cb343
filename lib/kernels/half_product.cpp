// SPDX-License-Identifier: MIT
#include "kernels/half_product.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/matmul.hpp"
#include "kernels/parallel.hpp"
#include "kernels/reduce.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// Some of the steps of some blocks.
struct HalfPart {
  std::size_t block, blocks, step, steps;
};

// A factor in blocks of 32 rows or columns, each with all of the depth.
struct HalfBlocks {
  std::size_t size, depth;

  std::size_t count() const { return half_sides(size); }
  std::size_t halves() const { return half_steps(depth) * half_step; }  // of each
  std::size_t begin(std::size_t i) const { return i * half_side; }
  HalfPart all() const { return {0, count(), 0, half_steps(depth)}; }
  std::size_t size_of(std::size_t i, std::size_t blocks) const {
    return std::min(blocks * half_side, size - begin(i));
  }
  std::size_t depth_of(std::size_t step, std::size_t steps) const {
    return std::min(steps * half_depth, depth - step * half_depth);
  }
  std::size_t place(std::size_t i, std::size_t step) const {
    return i * halves() + step * half_step;
  }
};

void pack_left(const HalfKernels& kernels, const HalfBlocks& all, Factor a, const HalfPart& part,
               Half* to) {
  const std::size_t steps = a.transposed ? 1 : part.steps;  // lines are across the depth, or along
  for (std::size_t step = part.step; step < part.step + part.steps; step += steps)
    for (std::size_t i = part.block; i < part.block + part.blocks; ++i)
      kernels.pack_left(all.size_of(i, 1), all.depth_of(step, steps),
                        a.from(all.begin(i), step * half_depth), to + all.place(i, step),
                        half_blocks);
}
void pack_right(const HalfKernels& kernels, const HalfBlocks& all, Factor b, const HalfPart& part,
                Half* to) {
  kernels.pack_right(all.depth_of(part.step, part.steps), all.size_of(part.block, part.blocks),
                     b.from(part.step * half_depth, all.begin(part.block)),
                     reinterpret_cast<HalfPair*>(to + all.place(part.block, part.step)),
                     all.halves() / 2);
}

// A factor that is rounded in slices: of blocks, or, where its lines lie across the depth, of steps of many blocks, so
// that long parts of lines are read.
class Rounding {
 public:
  static Rounding left(const HalfKernels& kernels, const HalfBlocks& blocks, Factor a, Half* to) {
    return {kernels, blocks, a, a.transposed, pack_left, to};
  }
  static Rounding right(const HalfKernels& kernels, const HalfBlocks& blocks, Factor b, Half* to) {
    return {kernels, blocks, b, !b.transposed, pack_right, to};
  }
  std::size_t slices() const {
    return pieces(all_.blocks, most_.blocks) * pieces(all_.steps, most_.steps);
  }
  void run(std::size_t slice) const {
    const std::size_t across = pieces(all_.blocks, most_.blocks),
                      block = slice % across * most_.blocks, step = slice / across * most_.steps;
    pack_(kernels_, blocks_, factor_,
          {block, std::min(most_.blocks, all_.blocks - block), step,
           std::min(most_.steps, all_.steps - step)},
          to_);
  }

 private:
  using Pack = void(const HalfKernels&, const HalfBlocks&, Factor, const HalfPart&, Half* to);
  Rounding(const HalfKernels& kernels, const HalfBlocks& blocks, Factor factor, bool across,
           Pack* pack, Half* to)
      : kernels_{kernels},
        blocks_{blocks},
        factor_{factor},
        pack_{pack},
        to_{to},
        all_{blocks.all()},
        most_{all_} {
    if (across) {
      most_.blocks = std::min(half_group, all_.blocks);
      most_.steps = row_grain(most_.blocks * half_step);
    } else {
      most_.blocks = row_grain(half_side * blocks.depth);
    }
  }
  static std::size_t pieces(std::size_t size, std::size_t most) {
    return size == 0 ? 0 : (size + most - 1) / most;
  }

  const HalfKernels& kernels_;
  HalfBlocks blocks_;
  Factor factor_;
  Pack* pack_;
  Half* to_;
  HalfPart all_, most_;  // and of a slice
};

// Two at once.
void round_both(const Rounding& a, const Rounding& b) {
  parallel(a.slices() + b.slices(), [&](std::size_t slice) {
    slice < a.slices() ? a.run(slice) : b.run(slice - a.slices());
  });
}
void round(const Rounding& x) {
  parallel(x.slices(), [&](std::size_t slice) { x.run(slice); });
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
                    b + (cut.across.begin(j) * steps + step) * half_step / 2, false,
                    to + row * n + column, n);
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
  PooledBuffer<Half> b_halves{right.count() * right.halves()},
      a_halves{half_sides(std::min(m, band)) * right.halves()};
  const Rounding columns = Rounding::right(kernels, right, b, b_halves.data());
  for (std::size_t row = 0; row < m; row += band) {
    const HalfBlocks left{std::min(band, m - row), k};
    const Rounding rows = Rounding::left(kernels, left, a.from(row, 0), a_halves.data());
    row == 0 ? round_both(rows, columns) : round(rows);
    multiply_halves(kernels, unit, left.size, n, k, a_halves.data(),
                    reinterpret_cast<const HalfPair*>(b_halves.data()), c + row * n);
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
  Half* const right = memory + rows_ * steps_ * half_step;
  const HalfBlocks rows{m_, k_}, columns{n_, k_};
  pack_left(kernels, rows, a, rows.all(), memory);
  pack_right(kernels, columns, b, columns.all(), right);
  kernels.product(unit_, m_, n_, steps_, steps_, memory, reinterpret_cast<const HalfPair*>(right),
                  false, c, n_);
}

HalfWeights::HalfWeights(const HalfUnit& unit, std::size_t k, std::size_t n, Factor b)
    : unit_{unit}, k_{k}, n_{n}, panels_{half_sides(n) * half_steps(k) * half_step} {
  round(Rounding::right(best<HalfKernels>(), {n, k}, b, panels_.data()));
}

void HalfWeights::multiply(std::size_t m, Factor a, bool add, Scalar* c, std::size_t stride) const {
  const HalfKernels& kernels = best<HalfKernels>();
  const HalfBlocks rows{m, k_};
  PooledBuffer<Half> left{rows.count() * rows.halves()};
  const std::size_t steps = half_steps(k_);
  pack_left(kernels, rows, a, rows.all(), left.data());
  kernels.product(unit_, m, n_, steps, steps, left.data(),
                  reinterpret_cast<const HalfPair*>(panels_.data()), add, c, stride);
}

}  // namespace xtape::inline XTAPE_ABI::kernels

// SPDX-License-Identifier: MIT
#include "kernels/normalization.hpp"

#include "kernels/moments.hpp"
#include "kernels/parallel.hpp"
#include <xtape/memory.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Two sums for each of some rows.
struct RowSums {
  double first[lanes], second[lanes];
  Sums of(std::size_t row) const { return {first[row], second[row]}; }
};

// As many rows are summed at a time, if they have n columns: they stay in the first-level cache.
std::size_t rows_at_a_time(std::size_t n) { return std::clamp<std::size_t>(2048 / n, 1, lanes); }

// Sums of terms(row, column, lanes) over the columns. A few vectors are added in Scalar, as to widen each takes more
// time than to read it.
template <class F>
RowSums sums_of_rows(std::size_t rows, std::size_t n, F terms) {
  constexpr std::size_t most = few_terms / 4 * lanes;
  constexpr auto columns = std::make_index_sequence<lanes>{};
  WideVec first{}, second{};
  for (std::size_t from = 0; from < n; from += most) {
    Vec firsts[lanes] = {}, seconds[lanes] = {};
    for (std::size_t r = 0; r < rows; ++r) {
      Terms all{};
      for_each_vector(std::min(most, n - from),
                      [&](std::size_t c, auto part) { all = all + terms(r, from + c, part); });
      firsts[r] = all.first;
      seconds[r] = all.second;
    }
    first += widen(joined(firsts, std::plus<>{}, columns));
    second += widen(joined(seconds, std::plus<>{}, columns));
  }
  RowSums sums;
  std::memcpy(sums.first, &first, sizeof sums.first);
  std::memcpy(sums.second, &second, sizeof sums.second);
  return sums;
}

// Of rows about their first elements, or about 0.
RowSums differences(std::size_t rows, std::size_t n, const Scalar* x, bool centred) {
  if (!centred)
    return sums_of_rows(rows, n, [=](std::size_t r, std::size_t c, auto part) {
      const Vec v = load(x + r * n + c, part);
      return Terms{Vec{}, v * v};
    });
  return sums_of_rows(rows, n, [=](std::size_t r, std::size_t c, auto part) {
    const Vec d = inside(load(x + r * n + c, part) - x[r * n], part, n - c);
    return Terms{d, d * d};
  });
}

// Calls f(first, rows) for all rows, some at a time.
template <class F>
void for_each_block(std::size_t begin, std::size_t end, std::size_t n, F f) {
  const std::size_t most = rows_at_a_time(n);
  for (; begin < end; begin += most) f(begin, std::min(most, end - begin));
}

void normalize(std::size_t rows, std::size_t n, Scalar epsilon, const Scalar* x,
               const Scalar* gamma, const Scalar* beta, Scalar* mean, Scalar* inverse, Scalar* y) {
  const auto block = [=](std::size_t first, std::size_t count) {
    const RowSums sums = differences(count, n, x + first * n, mean != nullptr);
    for (std::size_t i = 0, r = first; i < count; ++i, ++r) {
      const Moments m = moments_of(sums.of(i), n, mean != nullptr ? x[r * n] : Scalar{0});
      const Scalar factor = 1 / std::sqrt(m.variance + epsilon);
      inverse[r] = factor;
      if (mean != nullptr) mean[r] = m.mean;
      for_each_vector(n, [&](std::size_t c, auto part) {
        const Vec normal = (load(x + r * n + c, part) - m.mean) * factor;
        store(y + r * n + c, normal * load(gamma + c, part) + load_or_zero(beta, c, part), part);
      });
    }
  };
  parallel_ranges(rows, row_grain(n), [=](std::size_t begin, std::size_t end) {
    for_each_block(begin, end, n, block);
  });
}

void add_to(double* sums, Vec terms) {
  WideVec sum;
  std::memcpy(&sum, sums, sizeof sum);
  sum += widen(terms);
  std::memcpy(sums, &sum, sizeof sum);
}

// Adds what some rows from `first` on have of the sums of beta's gradient and, `width` further on, of gamma's.
void add_columns(std::size_t first, std::size_t rows, std::size_t n, const Normalized& in,
                 const Scalar* g, double* sums, std::size_t width) {
  for_each_vector(n, [=](std::size_t c, auto part) {
    Terms all{};
    for (std::size_t r = first; r < first + rows; ++r) {
      const Vec gradient = load(g + r * n + c, part);
      const Vec d = load(in.x + r * n + c, part) - or_zero(in.mean, r);
      all = all + Terms{gradient, gradient * (d * in.inverse[r])};
    }
    add_to(sums + c, all.first);
    add_to(sums + width + c, all.second);
  });
}

// The gradients of some rows of x from `first` on; adds to the sums, too.
void grad_of_rows(std::size_t first, std::size_t rows, std::size_t n, const Normalized& in,
                  const Scalar* g, Scalar* dx, double* sums, std::size_t width) {
  const auto difference = [&](std::size_t r, std::size_t c, auto part) {
    return load(in.x + (first + r) * n + c, part) - or_zero(in.mean, first + r);
  };
  const auto weighted = [&](std::size_t r, std::size_t c, auto part) {
    return load(g + (first + r) * n + c, part) * load(in.gamma + c, part);
  };
  // First, as it reads row by row.
  const RowSums of_rows = sums_of_rows(rows, n, [&](std::size_t r, std::size_t c, auto part) {
    const Vec w = weighted(r, c, part);
    return Terms{w, w * difference(r, c, part)};
  });
  add_columns(first, rows, n, in, g, sums, width);
  for (std::size_t r = 0; dx != nullptr && r < rows; ++r) {
    const Scalar inverse = in.inverse[first + r];
    const Line line = line_of(of_rows.of(r), n, inverse, false, in.mean != nullptr);
    for_each_vector(n, [&](std::size_t c, auto part) {
      const Vec rest = difference(r, c, part) * line.slope + line.offset;
      store(dx + (first + r) * n + c, weighted(r, c, part) * inverse + rest, part);
    });
  }
}

void grad(std::size_t rows, std::size_t n, const Normalized& in, const Scalar* g,
          const NormGradients& to) {
  const std::size_t width = vectors_of(n) * lanes, grain = row_grain(n);
  const std::size_t slices = std::max<std::size_t>((rows + grain - 1) / grain, 1);
  PooledBuffer<double> parts{slices * 2 * width};
  double* const sums = parts.data();
  std::fill_n(sums, slices * 2 * width, 0.0);
  parallel_ranges(rows, grain, [=](std::size_t begin, std::size_t end) {
    double* const own = sums + begin / grain * 2 * width;
    for_each_block(begin, end, n, [=](std::size_t first, std::size_t count) {
      grad_of_rows(first, count, n, in, g, to.x, own, width);
    });
  });
  for (std::size_t s = 1; s < slices; ++s)
    for (std::size_t c = 0; c < 2 * width; ++c) sums[c] += sums[s * 2 * width + c];
  for (std::size_t c = 0; c < n; ++c) {
    to.beta[c] = static_cast<Scalar>(sums[c]);
    to.gamma[c] = static_cast<Scalar>(sums[width + c]);
  }
}

}  // namespace

void fill(RowNormKernels& k, Set) { k = {normalize, grad}; }

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA

// SPDX-License-Identifier: MIT
#include "kernels/strided.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/parallel.hpp"
#include "kernels/reduce.hpp"
#include "kernels/transpose.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

using Walk = Nest<2>;  // over an array and what it is reduced to

// Goes over an array of `whole` that is reduced to `kept`. Joined, the axes are in most cases some that are kept, some
// that are reduced, some that are kept: a matrix for each of the first, of which rows are reduced, by
// `rows(count, matrix)`, or the columns of one, by `columns(matrix)`. `other(walk)` is for the rest.
template <class Rows, class Columns, class Other>
void over_matrices(const Shape& whole, const Shape& kept, Rows rows, Columns columns, Other other) {
  const Walk walk{whole, {row_major(whole), strides_over(kept, whole)}};
  const Shape& sizes = walk.sizes();
  const std::size_t axes = sizes.size();
  const auto is_reduced = [&](std::size_t axis) { return walk.steps(axis)[1] == 0; };
  std::size_t inner = 1, count = 1, outer = 1, axis = axes;
  if (!is_reduced(axis - 1)) inner = sizes[--axis];
  if (axis > 0 && is_reduced(axis - 1)) count = sizes[--axis];
  if (axis > 0) outer = sizes[--axis];
  if (axis > 0)
    other(walk);
  else if (inner == 1)
    columns(Matrix{outer, count});
  else
    rows(outer, Matrix{count, inner});
}

// `a` reduced to `shape`.
template <class Rows, class Columns, class Other>
Array reduce(const Array& a, const Shape& shape, Rows rows, Columns columns, Other other) {
  Array y = uninitialized(shape);
  const Scalar* const from = a.data();
  Scalar* const to = y.data();
  over_matrices(
      a.shape(), shape, [&](std::size_t count, Matrix m) { rows(count, m, from, to); },
      [&](Matrix m) { columns(m, from, to); }, [&](const Walk& walk) { other(walk, from, y); });
  return y;
}

// The maxima or minima of `a`, by kernels, or by what says whether one number replaces another, from the infinity of
// that sign on.
template <class Replaces>
Array extreme_to(const Array& a, const Shape& shape, decltype(ReduceKernels::max_rows) rows,
                 decltype(ReduceKernels::max_columns) columns, int sign, Replaces replaces) {
  const auto other = [=](const Walk& walk, const Scalar* x, Array& y) {
    std::fill_n(y.data(), y.size(), Scalar(sign) * std::numeric_limits<Scalar>::infinity());
    walk.for_each_run([&](const auto& at, std::size_t count, const auto& step) {
      const Scalar* const from = x + at[0];
      Scalar* to = y.data() + at[1];
      for (std::size_t i = 0; i < count; ++i, to += step[1])
        if (replaces(from[i], *to) || from[i] != from[i]) *to = from[i];
    });
  };
  return reduce(a, shape, rows, columns, other);
}

// Copies what has its rows along one axis of the walk and its columns along another: for each place along the other
// axes a matrix, which is transposed some rows at a time.
void transpose(const Walk& walk, std::size_t rows, std::size_t columns, const Scalar* from,
               Scalar* to) {
  Shape outer;
  std::array<Strides, 2> strides;
  for (std::size_t axis = 0; axis < walk.sizes().size(); ++axis)
    if (axis != rows && axis != columns) {
      outer.push_back(walk.sizes()[axis]);
      for (std::size_t k = 0; k < 2; ++k) strides[k].push_back(walk.steps(axis)[k]);
    }
  PooledVector<Walk::Offsets> matrices;
  Walk{outer, strides}.for_each_run([&](Walk::Offsets at, std::size_t count, const auto& step) {
    for (std::size_t i = 0; i < count; ++i, at[0] += step[0], at[1] += step[1])
      matrices.push_back(at);
  });
  const std::size_t height = walk.sizes()[rows], width = walk.sizes()[columns];
  const auto from_stride = walk.steps(rows)[0], to_stride = walk.steps(columns)[1];
  // So much of each row of the result that the lines of the cache at its ends do not count.
  const std::size_t piece = std::max<std::size_t>(256, elementwise_grain / (width + 1) / 16 * 16);
  const std::size_t pieces = (height + piece - 1) / piece;
  const auto run = best<TransposeKernels>().transpose;
  parallel_ranges(matrices.size() * pieces,
                  elementwise_grain / (std::min(piece, height) * width + 1) + 1,
                  [&](std::size_t begin, std::size_t end) {
                    for (std::size_t i = begin; i < end; ++i) {
                      const std::size_t row = i % pieces * piece;
                      const auto [source, target] = matrices[i / pieces];
                      run(std::min(piece, height - row), width,
                          from + source + static_cast<std::ptrdiff_t>(row) * from_stride,
                          static_cast<std::size_t>(from_stride), to + target + row,
                          static_cast<std::size_t>(to_stride));
                    }
                  });
}

}  // namespace

bool broadcast_shape(const Shape& a, const Shape& b, Shape& result) {
  const std::size_t rank = std::max(a.size(), b.size());
  result.resize(rank);
  for (std::size_t i = 1; i <= rank; ++i) {  // from the last axis
    const std::size_t p = i <= a.size() ? a[a.size() - i] : 1;
    const std::size_t q = i <= b.size() ? b[b.size() - i] : 1;
    if (p != q && p != 1 && q != 1) return false;
    result[rank - i] = p == 1 ? q : p;
  }
  return true;
}

bool broadcasts_to(const Shape& shape, const Shape& over) {
  Shape common;
  return broadcast_shape(shape, over, common) && same(common, over);
}

Strides row_major(const Shape& shape) {
  Strides strides(shape.size());
  std::ptrdiff_t stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= static_cast<std::ptrdiff_t>(shape[axis]);
  }
  return strides;
}

Strides strides_over(const Shape& shape, const Shape& over) {
  const Strides own = row_major(shape);
  const std::size_t missing = over.size() - shape.size();
  Strides strides(over.size(), 0);
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    if (shape[axis] != 1) strides[missing + axis] = own[axis];
  return strides;
}

Array sum_to(const Array& a, const Shape& shape, double divisor) {
  const auto sum = [divisor](const Walk& walk, const Scalar* x, Array& y) {
    // Any other order of axes: in double, like the kernels.
    PooledVector<double> sums(y.size(), 0.0);
    walk.for_each_run([&](const auto& at, std::size_t count, const auto& step) {
      const Scalar* const from = x + at[0];
      double* to = sums.data() + at[1];
      for (std::size_t i = 0; i < count; ++i, to += step[1]) *to += static_cast<double>(from[i]);
    });
    std::transform(sums.begin(), sums.end(), y.data(),
                   [divisor](double x) { return static_cast<Scalar>(x / divisor); });
  };
  const ReduceKernels& k = best<ReduceKernels>();
  return reduce(
      a, shape,
      [&](std::size_t count, Matrix m, const Scalar* x, Scalar* y) {
        k.sum_rows(count, m, x, divisor, y);
      },
      [&](Matrix m, const Scalar* x, Scalar* y) { k.sum_columns(m, x, divisor, y); }, sum);
}

Array max_to(const Array& a, const Shape& shape) {
  const ReduceKernels& k = best<ReduceKernels>();
  return extreme_to(a, shape, k.max_rows, k.max_columns, -1, std::greater{});
}

Array min_to(const Array& a, const Shape& shape) {
  const ReduceKernels& k = best<ReduceKernels>();
  return extreme_to(a, shape, k.min_rows, k.min_columns, 1, std::less{});
}

Array extreme_grad(const Array& a, const Array& extreme, const Array& g) {
  Array da = uninitialized(a.shape());
  const Scalar *const x = a.data(), *const y = extreme.data(), *const d = g.data();
  Scalar* const dx = da.data();
  const auto one_by_one = [&](const Walk& walk) {
    PooledVector<Scalar> counts(extreme.size(), 0);
    const auto for_each = [&](auto f) {
      walk.for_each_run([&](const auto& at, std::size_t count, const auto& step) {
        std::ptrdiff_t of = at[1];
        for (std::size_t i = 0; i < count; ++i, of += step[1]) f(at[0] + std::ptrdiff_t(i), of);
      });
    };
    for_each([&](auto i, auto of) { counts[std::size_t(of)] += x[i] == y[of] ? 1 : 0; });
    for_each([&](auto i, auto of) { dx[i] = x[i] == y[of] ? d[of] / counts[std::size_t(of)] : 0; });
  };
  const ReduceKernels& k = best<ReduceKernels>();
  over_matrices(
      a.shape(), extreme.shape(),
      [&](std::size_t count, Matrix m) { k.max_rows_grad(count, m, x, y, d, dx); },
      [&](Matrix m) { k.max_columns_grad(m, x, y, d, dx); }, one_by_one);
  return da;
}

void copy(const Shape& shape, const Scalar* from, const Strides& from_strides, Scalar* to,
          const Strides& to_strides) {
  const Walk walk{shape, {from_strides, to_strides}};
  const auto axes = static_cast<std::ptrdiff_t>(walk.sizes().size());
  // The last axis along which one of them moves on by one element, if the other does not.
  const auto dense = [&](std::size_t which) {
    std::ptrdiff_t axis = axes - 1;
    while (axis >= 0 && walk.steps(std::size_t(axis))[which] != 1) --axis;
    return axis;
  };
  const std::ptrdiff_t columns = dense(0), rows = dense(1);
  if (columns >= 0 && rows >= 0 && columns != rows)
    return transpose(walk, std::size_t(rows), std::size_t(columns), from, to);
  walk.for_each_run([=](const auto& at, std::size_t count, const auto& step) {
    const Scalar* p = from + at[0];
    Scalar* q = to + at[1];
    if (step[0] == 1 && step[1] == 1)
      std::copy(p, p + count, q);
    else
      for (std::size_t i = 0; i < count; ++i, p += step[0], q += step[1]) *q = *p;
  });
}

}  // namespace xtape::inline XTAPE_ABI::kernels

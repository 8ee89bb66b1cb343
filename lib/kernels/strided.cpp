// SPDX-License-Identifier: MIT
#include "kernels/strided.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/reduce.hpp"
#include "kernels/transpose.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// How an array of `whole` is reduced to `kept` along the innermost axes along which it is reduced: these are the rows of
// `count` matrices that follow each other, whose columns are the axes behind them.
struct Innermost {
  std::size_t count = 1;
  Matrix matrix{1, 1};
  Shape left;    // of the result
  bool is_last;  // whether there are no others

  Innermost(const Shape& whole, const Shape& kept) : left{whole} {
    const std::size_t missing = whole.size() - kept.size();
    const auto is_kept = [&](std::size_t axis) {
      return axis >= missing && kept[axis - missing] == whole[axis];
    };
    std::size_t axis = whole.size();
    for (; axis > 0 && is_kept(axis - 1); --axis) matrix.columns *= whole[axis - 1];
    for (; axis > 0 && (whole[axis - 1] == 1 || !is_kept(axis - 1)); --axis) {
      matrix.rows *= whole[axis - 1];
      left[axis - 1] = 1;
    }
    for (; axis > 0; --axis) count *= whole[axis - 1];
    is_last = element_count(left) == element_count(kept);
  }
  // Where there are no axes behind them, the columns of one matrix are reduced.
  bool is_of_columns() const { return matrix.columns == 1; }
  Matrix of_columns() const { return {count, matrix.rows}; }
};

// `a` reduced to `shape`, some axes after the others: step(axes, from, to).
template <class Step>
Array reduced(const Array& a, const Shape& shape, Step step) {
  const Innermost axes{a.shape(), shape};
  Array y = uninitialized(axes.is_last ? shape : axes.left);
  step(axes, a.data(), y.data());
  return axes.is_last ? y : reduced(y, shape, step);
}

// The maxima or minima.
Array extreme_to(const Array& a, const Shape& shape, decltype(ReduceKernels::max_rows) rows,
                 decltype(ReduceKernels::max_columns) columns) {
  return reduced(a, shape, [=](const Innermost& axes, const Scalar* x, Scalar* y) {
    axes.is_of_columns() ? columns(axes.of_columns(), x, y) : rows(axes.count, axes.matrix, x, y);
  });
}

// The strides of an array of `whole` in which what is reduced to one element of `kept` follows each other.
Strides strides_of_rows(const Shape& whole, const Shape& kept) {
  const Strides to = strides_over(kept, whole);
  Strides strides(whole.size());
  std::ptrdiff_t stride = 1;
  for (const bool are_kept : {false, true})
    for (std::size_t axis = whole.size(); axis-- > 0;)
      if ((to[axis] != 0) == are_kept) {
        strides[axis] = stride;
        stride *= static_cast<std::ptrdiff_t>(whole[axis]);
      }
  return strides;
}

using Walk = Nest<2>;  // over two arrays

// Copies what has its rows along one axis of the walk and its columns along another: for each place along the other
// axes a matrix, which is transposed some rows at a time.
void transpose(const Walk& walk, std::size_t rows, std::size_t columns, const Scalar* from,
               Scalar* to) {
  const std::size_t height = walk.sizes()[rows], width = walk.sizes()[columns];
  const auto from_stride = walk.steps(rows)[0], to_stride = walk.steps(columns)[1];
  // So much of each row of the result that the lines of the cache at its ends do not count.
  const std::size_t piece = std::max<std::size_t>(256, elementwise_grain / (width + 1) / 16 * 16);
  const std::size_t pieces = (height + piece - 1) / piece;
  Shape outer;
  std::array<Strides, 2> strides;
  const auto add_axis = [&](std::size_t size, const Walk::Offsets& steps) {
    outer.push_back(size);
    for (std::size_t k = 0; k < 2; ++k) strides[k].push_back(steps[k]);
  };
  for (std::size_t axis = 0; axis < walk.sizes().size(); ++axis)
    if (axis != rows && axis != columns) add_axis(walk.sizes()[axis], walk.steps(axis));
  const auto length = static_cast<std::ptrdiff_t>(piece);
  add_axis(pieces, {length * from_stride, length});
  const Walk matrices{outer, strides};
  const auto run = best<TransposeKernels>().transpose;
  parallel_ranges(matrices.size(), elementwise_grain / (std::min(piece, height) * width + 1) + 1,
                  [&](std::size_t begin, std::size_t end) {
                    std::size_t i = begin;
                    matrices.for_each_run(
                        begin, end, [&](Walk::Offsets at, std::size_t count, auto& steps) {
                          for (; count > 0; --count, ++i, at[0] += steps[0], at[1] += steps[1])
                            run(std::min(piece, height - i % pieces * piece), width, from + at[0],
                                static_cast<std::size_t>(from_stride), to + at[1],
                                static_cast<std::size_t>(to_stride));
                        });
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
  const ReduceKernels& k = best<ReduceKernels>();
  return reduced(
      a, shape, [&k, divisor](const Innermost& axes, const Scalar* x, Scalar* y) mutable {
        // A mean is one of means, as a sum may not fit into a Scalar.
        const bool is_sum = divisor == 1;
        const double own = axes.is_last || is_sum ? divisor : static_cast<double>(axes.matrix.rows);
        divisor /= own;
        axes.is_of_columns() ? k.sum_columns(axes.of_columns(), x, own, y)
                             : k.sum_rows(axes.count, axes.matrix, x, own, y);
      });
}

Array max_to(const Array& a, const Shape& shape) {
  const ReduceKernels& k = best<ReduceKernels>();
  return extreme_to(a, shape, k.max_rows, k.max_columns);
}

Array min_to(const Array& a, const Shape& shape) {
  const ReduceKernels& k = best<ReduceKernels>();
  return extreme_to(a, shape, k.min_rows, k.min_columns);
}

Array extreme_grad(const Array& a, const Array& extreme, const Array& g) {
  const ReduceKernels& k = best<ReduceKernels>();
  const Innermost axes{a.shape(), extreme.shape()};
  Array da = uninitialized(a.shape());
  const Scalar *const x = a.data(), *const y = extreme.data(), *const d = g.data();
  if (!axes.is_last) {  // not some axes after the others: those that equal it have equal shares
    const Strides own = row_major(a.shape()), rows = strides_of_rows(a.shape(), extreme.shape());
    Array sorted = uninitialized(a.shape()), gradients = uninitialized(a.shape());
    copy(a.shape(), x, own, sorted.data(), rows);
    const std::size_t count = std::max<std::size_t>(extreme.size(), 1);
    k.max_columns_grad({count, a.size() / count}, sorted.data(), y, d, gradients.data());
    copy(a.shape(), gradients.data(), rows, da.data(), own);
  } else if (axes.is_of_columns()) {
    k.max_columns_grad(axes.of_columns(), x, y, d, da.data());
  } else {
    k.max_rows_grad(axes.count, axes.matrix, x, y, d, da.data());
  }
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

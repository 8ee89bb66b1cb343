// SPDX-License-Identifier: MIT
#include <xtape/ops/pool.hpp>

#include "kernels/dispatch.hpp"
#include "kernels/plan.hpp"
#include "ops/lines.hpp"
#include "ops/multilinear.hpp"

#include <xtape/memory.hpp>
#include <xtape/record.hpp>

#include <concepts>
#include <memory>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::best;
using kernels::PoolKernels;
using kernels::PoolSizes;

// Of images (N, H, W, C), or of sequences (N, T, C), whose sizes are those of images of one row.
Shape result_shape(const PoolSizes& s, bool sequence) {
  if (sequence) return {s.batch, s.columns.count, s.channels};
  return {s.batch, s.rows.count, s.columns.count, s.channels};
}
Shape input_shape(const PoolSizes& s, bool sequence) {
  if (sequence) return {s.batch, s.columns.size, s.channels};
  return {s.batch, s.rows.size, s.columns.size, s.channels};
}

// y = x where the maxima were: what the gradient of a maximum is transposed.
void pick(const PoolSizes& s, const std::uint8_t* where, const Scalar* x, Scalar* y) {
  const auto rows = static_cast<std::ptrdiff_t>(s.rows.size),
             columns = static_cast<std::ptrdiff_t>(s.columns.size),
             window = static_cast<std::ptrdiff_t>(s.columns.window);
  for_each_row(s.batch * s.rows.count, s.columns.count * s.channels, [=](std::size_t row) {
    const auto image = static_cast<std::ptrdiff_t>(row / s.rows.count);
    for (std::size_t column = 0; column < s.columns.count; ++column)
      for (std::size_t c = 0; c < s.channels; ++c) {
        const std::size_t i = (row * s.columns.count + column) * s.channels + c;
        const std::ptrdiff_t in_row = s.rows.first(row % s.rows.count) + where[i] / window,
                             in_column = s.columns.first(column) + where[i] % window,
                             pixel = (image * rows + in_row) * columns + in_column;
        y[i] = x[static_cast<std::size_t>(pixel) * s.channels + c];
      }
  });
}

template <class Options>
Variable max_pool(const Variable& x, const Options& options, const Op& op) {
  constexpr bool sequence = std::same_as<Options, Pool1DOptions>;
  const PoolSizes s = kernels::plan(op, x.shape(), options);
  check_max_window(op, s);
  Array y = uninitialized(result_shape(s, sequence));
  using Positions = PooledBuffer<std::uint8_t>;
  const auto where = std::allocate_shared<Positions>(CachingAllocator<Positions>{}, y.size());
  best<PoolKernels>().max_pool2d(s, x.value().data(), y.data(), where->data());
  return record(op, std::move(y), given(options),
                wrt(x, Transposed{[s, where](const Array& a) {
                                    Array found = uninitialized(result_shape(s, sequence));
                                    pick(s, where->data(), a.data(), found.data());
                                    return found;
                                  },
                                  [s, where](const Array& g) {
                                    Array dx = uninitialized(input_shape(s, sequence));
                                    best<PoolKernels>().max_pool2d_grad(s, where->data(), g.data(),
                                                                        dx.data());
                                    return dx;
                                  }}));
}

template <class Options>
Variable avg_pool(const Variable& x, const Options& options, const Op& op) {
  constexpr bool sequence = std::same_as<Options, Pool1DOptions>;
  const PoolSizes s = kernels::plan(op, x.shape(), options);
  return linear(
      op, x,
      [s](const Array& a) {
        Array y = uninitialized(result_shape(s, sequence));
        best<PoolKernels>().avg_pool2d(s, a.data(), y.data());
        return y;
      },
      [s](const Array& g) {
        Array dx = uninitialized(input_shape(s, sequence));
        best<PoolKernels>().avg_pool2d_grad(s, g.data(), dx.data());
        return dx;
      },
      options);
}

}  // namespace

Variable max_pool2d(const Variable& x, const Pool2DOptions& options, Location at) {
  return max_pool(x, options, {"max_pool2d", at});
}
Variable avg_pool2d(const Variable& x, const Pool2DOptions& options, Location at) {
  return avg_pool(x, options, {"avg_pool2d", at});
}
Variable max_pool1d(const Variable& x, const Pool1DOptions& options, Location at) {
  return max_pool(x, options, {"max_pool1d", at});
}
Variable avg_pool1d(const Variable& x, const Pool1DOptions& options, Location at) {
  return avg_pool(x, options, {"avg_pool1d", at});
}

}  // namespace xtape::inline XTAPE_ABI

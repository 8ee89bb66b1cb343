// SPDX-License-Identifier: MIT
#include <xtape/ops/pool.hpp>

#include "kernels/dispatch.hpp"
#include "kernels/plan.hpp"

#include <xtape/memory.hpp>
#include <xtape/record.hpp>

#include <concepts>

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

template <class Options>
Variable max_pool(const Variable& x, const Options& options, const Op& op) {
  constexpr bool sequence = std::same_as<Options, Pool1DOptions>;
  const PoolSizes s = kernels::plan(op, x.shape(), options);
  check_max_window(op, s);
  Array y = uninitialized(result_shape(s, sequence));
  PooledBuffer<std::uint8_t> position{y.size()};
  best<PoolKernels>().max_pool2d(s, x.value().data(), y.data(), position.data());
  return record(op, std::move(y), given(options),
                wrt(x, [s, position = std::move(position)](const Array& g) {
                  Array dx = uninitialized(input_shape(s, sequence));
                  best<PoolKernels>().max_pool2d_grad(s, position.data(), g.data(), dx.data());
                  return dx;
                }));
}

template <class Options>
Variable avg_pool(const Variable& x, const Options& options, const Op& op) {
  constexpr bool sequence = std::same_as<Options, Pool1DOptions>;
  const PoolSizes s = kernels::plan(op, x.shape(), options);
  Array y = uninitialized(result_shape(s, sequence));
  best<PoolKernels>().avg_pool2d(s, x.value().data(), y.data());
  return record(op, std::move(y), given(options), wrt(x, [s](const Array& g) {
                  Array dx = uninitialized(input_shape(s, sequence));
                  best<PoolKernels>().avg_pool2d_grad(s, g.data(), dx.data());
                  return dx;
                }));
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

// SPDX-License-Identifier: MIT
#include <xtape/ops/pool.hpp>

#include "kernels/dispatch.hpp"
#include "kernels/plan.hpp"

#include <xtape/memory.hpp>
#include <xtape/record.hpp>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::best;
using kernels::PoolKernels;
using kernels::PoolSizes;

Shape result_shape(const PoolSizes& s) {
  return {s.batch, s.rows.count, s.columns.count, s.channels};
}
Shape image_shape(const PoolSizes& s) { return {s.batch, s.rows.size, s.columns.size, s.channels}; }

}  // namespace

Variable max_pool2d(const Variable& x, const Pool2DOptions& options, Location at) {
  const Op op{"max_pool2d", at};
  const PoolSizes s = kernels::plan(op, x.shape(), options);
  check_max_window(op, s);
  Array y = uninitialized(result_shape(s));
  PooledBuffer<std::uint8_t> position{y.size()};
  best<PoolKernels>().max_pool2d(s, x.value().data(), y.data(), position.data());
  return record(op, std::move(y), given(options),
                wrt(x, [s, position = std::move(position)](const Array& g) {
                  Array dx = uninitialized(image_shape(s));
                  best<PoolKernels>().max_pool2d_grad(s, position.data(), g.data(), dx.data());
                  return dx;
                }));
}

Variable avg_pool2d(const Variable& x, const Pool2DOptions& options, Location at) {
  const Op op{"avg_pool2d", at};
  const PoolSizes s = kernels::plan(op, x.shape(), options);
  Array y = uninitialized(result_shape(s));
  best<PoolKernels>().avg_pool2d(s, x.value().data(), y.data());
  return record(op, std::move(y), given(options), wrt(x, [s](const Array& g) {
                  Array dx = uninitialized(image_shape(s));
                  best<PoolKernels>().avg_pool2d_grad(s, g.data(), dx.data());
                  return dx;
                }));
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include <xtape/ops/dropout.hpp>

#include "kernels/dispatch.hpp"
#include "kernels/random.hpp"
#include "ops/multilinear.hpp"
#include "ranges.hpp"

#include <xtape/record.hpp>

#include <memory>

namespace xtape::inline XTAPE_ABI {

Variable dropout(const Variable& x, const DropoutOptions& options, Location at) {
  const Op op{"dropout", at};
  const double rate = options.rate;
  check_fraction(op, "rate", rate);
  Tape& tape = x.tape(op);
  if (tape.mode() == Mode::eval || rate == 0) return x;
  const Tape::RandomStream stream = tape.random_stream(op);
  const auto scale = static_cast<Scalar>(1 / (1 - rate));
  Array y = uninitialized(x.shape());
  using Mask = PooledBuffer<std::uint8_t>;
  const auto mask = std::allocate_shared<Mask>(CachingAllocator<Mask>{}, x.size());
  kernels::best<kernels::RandomKernels>().dropout(
      stream.key, stream.op, 1 - rate, scale, x.value().data(), y.data(), mask->data(), x.size());
  const auto drop = [mask, scale](Array& g) {
    kernels::best<kernels::RandomKernels>().dropout_grad(mask->data(), scale, g.data(), g.data(),
                                                         g.size());
  };
  return record(op, std::move(y), given(options), wrt(x, drop, [drop](const Variable& g) {
                  const auto dropped = [drop](Array a) {
                    drop(a);
                    return a;
                  };
                  return linear("gradient", g, dropped, dropped);
                }));
}

}  // namespace xtape::inline XTAPE_ABI

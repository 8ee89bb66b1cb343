// SPDX-License-Identifier: MIT
/// \file
/// Functions of arrays and a parallel loop, for ops of one's own: in the best instruction set and on all threads, as
/// the built-in ops. Results have the same bits for any number of threads. What else is computed element by element
/// is a `Formula`.
#pragma once

#include <xtape/array.hpp>

#include <cstddef>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// \cond
namespace detail {
void parallel_for(std::size_t count, std::size_t grain,
                  void (*run)(void* context, std::size_t begin, std::size_t end), void* context,
                  Location at);
}
/// \endcond

/// How matmul reads its operands.
struct MatmulOptions {
  bool transpose_a = false;  ///< the first one is (..., K, M)
  bool transpose_b = false;  ///< the second one is (..., N, K)
};

namespace compute {

Array exp(const Array& x);      ///< e^x, element by element
Array log(const Array& x);      ///< the natural logarithm, element by element
Array tanh(const Array& x);     ///< the hyperbolic tangent, element by element
Array sigmoid(const Array& x);  ///< 1 / (1 + e^-x), element by element

/// The matrix products of (..., M, K) and (..., K, N), or of operands that are transposed: (..., M, N). The leading axes
/// broadcast, as in numpy. Throws ShapeError for other shapes.
Array matmul(const Array& a, const Array& b, const MatmulOptions& options = {},
             Location at = Location::current());
/// The axes in another order: axis i of the result is axis axes[i] of x; without `axes` they are reversed. Throws
/// ShapeError unless each axis is given exactly once.
Array transpose(const Array& x, const Axes& axes = {}, Location at = Location::current());
/// `x` summed to a shape that broadcasts to its own, as the gradient of what was broadcast; sums of many terms are
/// taken in double. Throws ShapeError for other shapes.
Array sum_to(const Array& x, const Shape& shape, Location at = Location::current());

/// Calls run(begin, end) for consecutive pieces of [0, count), of `grain` each but for a shorter last one, in any
/// order, on the threads of the pool, and returns when all are done:
/// ```
/// compute::parallel_for(rows, 64, [&](std::size_t begin, std::size_t end) {
///   for (std::size_t r = begin; r < end; ++r) y[r] = length(x + r * columns, columns);
/// });
/// ```
/// The pieces do not depend on the number of threads: where each writes what is its own, neither does the result. A
/// piece should take some microseconds at least. What `run` throws reaches the caller, once; pieces that have not
/// begun are left out then. Throws ValueError for a grain of 0.
template <class Run>
void parallel_for(std::size_t count, std::size_t grain, Run run,
                  Location at = Location::current()) {
  xtape::detail::parallel_for(
      count, grain,
      [](void* context, std::size_t begin, std::size_t end) {
        (*static_cast<Run*>(context))(begin, end);
      },
      &run, at);
}

}  // namespace compute
}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

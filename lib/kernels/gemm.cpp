// SPDX-License-Identifier: MIT
#include "kernels/gemm.hpp"

#include "kernels/kernels.hpp"
#include "kernels/parallel.hpp"

#include <xtape/array.hpp>

#include <xtensor-blas/xblas.hpp>

#include <algorithm>
#include <limits>

// Of OpenBLAS, in neither of xtensor-blas' headers.
extern "C" void openblas_set_num_threads(int threads);

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

using Index = xt::blas_index_t;

// The OpenMP build of OpenBLAS keeps this setting per thread, the pthread build per process.
void run_blas_on_this_thread_only() {
  thread_local const bool done = (openblas_set_num_threads(1), true);
  static_cast<void>(done);
}

// The length of the pieces into which an axis of c is cut: a few million multiplications each, but not
// so narrow that a piece copies more than it computes.
std::size_t piece(std::size_t size, std::size_t m, std::size_t n, std::size_t k) {
  constexpr double work = 4e6;
  const double pieces = std::clamp(
      static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) / work, 1.0, 16.0);
  const auto length = static_cast<std::size_t>(static_cast<double>(size) / pieces);
  return std::max<std::size_t>(64, (length + 15) / 16 * 16);
}

}  // namespace

void gemm(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c,
          std::size_t stride) {
  // OpenBLAS also asks malloc for memory in its small products.
  if (std::min({m, n, k}) <= 128) return table().product(m, n, k, a, b, c, stride);
  constexpr std::size_t limit = std::numeric_limits<Index>::max();
  if (std::max({m, n, k, a.stride, b.stride, stride}) > limit)
    throw ShapeError(Op::nowhere("gemm"),
                     "a matrix has more rows or columns than OpenBLAS can count");
  run_blas_on_this_thread_only();
  const auto flag = [](const Operand& x) {
    return x.transposed ? cxxblas::Trans : cxxblas::NoTrans;
  };
  const auto size = [](std::size_t x) { return static_cast<Index>(x); };
  cxxblas::gemm<Index>(cxxblas::RowMajor, flag(a), flag(b), size(m), size(n), size(k), Scalar{1},
                       a.data, size(a.stride), b.data, size(b.stride), Scalar{0}, c, size(stride));
}

std::size_t column_grain(std::size_t m, std::size_t n, std::size_t k) { return piece(n, m, n, k); }

void matmul(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c) {
  if (n >= m)
    parallel_ranges(n, piece(n, m, n, k), [=](std::size_t begin, std::size_t end) {
      Operand part = b;
      part.data += b.transposed ? begin * b.stride : begin;
      gemm(m, end - begin, k, a, part, c + begin, n);
    });
  else
    parallel_ranges(m, piece(m, m, n, k), [=](std::size_t begin, std::size_t end) {
      Operand part = a;
      part.data += a.transposed ? begin : begin * a.stride;
      gemm(end - begin, n, k, part, b, c + begin * n, n);
    });
}

}  // namespace xtape::inline XTAPE_ABI::kernels

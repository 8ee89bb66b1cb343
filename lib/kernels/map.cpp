// SPDX-License-Identifier: MIT
#include "kernels/map.hpp"

#include "kernels/math.hpp"
#include "kernels/parallel.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

template <class F>
void map(const Scalar* x, Scalar* y, std::size_t size, F f) {
  parallel_ranges(size, elementwise_grain, [=](std::size_t begin, std::size_t end) {
    std::size_t i = begin;
    for (; i + Batch::size <= end; i += Batch::size)
      f(Batch::load_unaligned(x + i)).store_unaligned(y + i);
    if (i < end) {  // the same function for the rest: no result depends on its position
      Scalar rest[Batch::size] = {};
      std::copy(x + i, x + end, rest);
      f(Batch::load_unaligned(rest)).store_unaligned(rest);
      std::copy(rest, rest + (end - i), y + i);
    }
  });
}

void exp(const Scalar* x, Scalar* y, std::size_t size) {
  map(x, y, size, [](Batch v) { return xsimd::exp(v); });
}
void log(const Scalar* x, Scalar* y, std::size_t size) {
  map(x, y, size, [](Batch v) { return xsimd::log(v); });
}
void tanh(const Scalar* x, Scalar* y, std::size_t size) {
  map(x, y, size, [](Batch v) { return xsimd::tanh(v); });
}
void sigmoid(const Scalar* x, Scalar* y, std::size_t size) {
  map(x, y, size, [](Batch v) { return Scalar{1} / (Scalar{1} + xsimd::exp(-v)); });
}
void softplus(const Scalar* x, Scalar* y, std::size_t size) {
  map(x, y, size, [](Batch v) {
    // No overflow for large x, and exact for small: max(x, 0) + log(1 + exp(-|x|)).
    return xsimd::max(v, Batch(0)) + xsimd::log1p(xsimd::exp(-xsimd::abs(v)));
  });
}
void relu(const Scalar* x, Scalar* y, std::size_t size) {
  parallel_ranges(size, elementwise_grain, [=](std::size_t begin, std::size_t end) {
#pragma omp simd
    for (std::size_t i = begin; i < end; ++i) y[i] = x[i] < 0 ? 0 : x[i];  // NaN stays NaN
  });
}

void activate(Activation activation, const Scalar* x, Scalar* y, std::size_t size) {
  switch (activation) {
    case Activation::none:
      if (x != y) std::copy(x, x + size, y);
      return;
    case Activation::relu: return relu(x, y, size);
    case Activation::tanh: return tanh(x, y, size);
    case Activation::sigmoid: return sigmoid(x, y, size);
  }
}

template <class F>
void map2(const Scalar* a, const Scalar* b, Scalar* y, std::size_t size, F f) {
  parallel_ranges(size, elementwise_grain, [=](std::size_t begin, std::size_t end) {
#pragma omp simd
    for (std::size_t i = begin; i < end; ++i) y[i] = f(a[i], b[i]);
  });
}

void activate_grad(Activation activation, const Scalar* y, const Scalar* g, Scalar* dx,
                   std::size_t size) {
  switch (activation) {
    case Activation::none:
      if (g != dx) std::copy(g, g + size, dx);
      return;
    case Activation::relu:
      return map2(y, g, dx, size, [](Scalar v, Scalar d) { return v > 0 ? d : Scalar{0}; });
    case Activation::tanh:
      return map2(y, g, dx, size, [](Scalar v, Scalar d) { return d * (1 - v * v); });
    case Activation::sigmoid:
      return map2(y, g, dx, size, [](Scalar v, Scalar d) { return d * v * (1 - v); });
  }
}

}  // namespace

void fill(MapKernels& k) {
  k.exp = exp;
  k.log = log;
  k.tanh = tanh;
  k.sigmoid = sigmoid;
  k.softplus = softplus;
  k.relu = relu;
  k.activate = activate;
  k.activate_grad = activate_grad;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA

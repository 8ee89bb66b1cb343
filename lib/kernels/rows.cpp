// SPDX-License-Identifier: MIT
#include "kernels/rows.hpp"

#include "kernels/math.hpp"
#include "kernels/parallel.hpp"
#include <xtape/memory.hpp>

#include <cmath>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Rows per slice, so that a slice has about `elementwise_grain` elements.
std::size_t row_grain(Matrix m) {
  return m.columns < elementwise_grain ? elementwise_grain / (m.columns + 1) + 1 : 1;
}

template <class F>
void for_each_row(Matrix m, F f) {
  parallel_ranges(m.rows, row_grain(m), [=](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) f(r, r * m.columns);
  });
}

// One row of finish_rows. That bias and row do not overlap lets the compiler vectorise it.
template <bool rectify>
[[gnu::noinline]] void finish_row(std::size_t size, const Scalar* __restrict bias,
                                  Scalar* __restrict row) {
  for (std::size_t c = 0; c < size; ++c) {
    const Scalar v = bias != nullptr ? row[c] + bias[c] : row[c];
    row[c] = rectify && v < 0 ? 0 : v;
  }
}

void finish_rows(Matrix m, const Scalar* bias, Activation activation, Scalar* y) {
  if (activation == Activation::none && bias == nullptr) return;
  for_each_row(m, [=](std::size_t, std::size_t at) {
    Scalar* const row = y + at;
    if (activation == Activation::relu) return finish_row<true>(m.columns, bias, row);
    finish_row<false>(m.columns, bias, row);
    if (activation == Activation::none) return;
    for_each_vector(m.columns, [&](std::size_t c, auto part) {
      const Batch v = as_batch(load(row + c, part));
      store(row + c,
            as_vec(activation == Activation::tanh ? xsimd::tanh(v)
                                                  : Scalar{1} / (Scalar{1} + xsimd::exp(-v))),
            part);
    });
  });
}

void sum_rows(Matrix m, const Scalar* x, Scalar* sum) {
  const std::size_t grain = row_grain(m);
  const std::size_t slices = (m.rows + grain - 1) / grain;
  PooledBuffer<Scalar> parts{slices * m.columns};
  Scalar* const part = parts.data();
  parallel_ranges(m.rows, grain, [=](std::size_t begin, std::size_t end) {
    Scalar* const to = part + begin / grain * m.columns;
    std::fill(to, to + m.columns, Scalar{0});
    for (std::size_t r = begin; r < end; ++r)
      for (std::size_t c = 0; c < m.columns; ++c) to[c] += x[r * m.columns + c];
  });
  std::fill(sum, sum + m.columns, Scalar{0});
  for (std::size_t s = 0; s < slices; ++s)
    for (std::size_t c = 0; c < m.columns; ++c) sum[c] += part[s * m.columns + c];
}

Scalar max_of(const Scalar* x, std::size_t size) {
  Scalar best = x[0];
  for (std::size_t i = 1; i < size; ++i) best = x[i] > best ? x[i] : best;
  return best;
}

// y = exp(x - shift); returns the sum of y.
Scalar exp_shifted(const Scalar* x, Scalar shift, Scalar* y, std::size_t size) {
  Batch sum(0);
  std::size_t i = 0;
  for (; i + Batch::size <= size; i += Batch::size) {
    const Batch e = xsimd::exp(Batch::load_unaligned(x + i) - shift);
    e.store_unaligned(y + i);
    sum += e;
  }
  Scalar total = sum_of(sum);
  if (i < size) {
    Scalar rest[Batch::size] = {};
    std::copy(x + i, x + size, rest);
    xsimd::exp(Batch::load_unaligned(rest) - shift).store_unaligned(rest);
    for (std::size_t k = 0; i < size; ++i, ++k) total += y[i] = rest[k];
  }
  return total;
}

// log(softmax(x)) is (x - max) - log_sum; the two are not added first, as large ones would round.
struct LogSum {
  Scalar max, log_sum;
  Scalar log_softmax(Scalar x) const { return (x - max) - log_sum; }
};

// y = softmax(x)
LogSum softmax_row(const Scalar* x, Scalar* y, std::size_t size) {
  const Scalar max = max_of(x, size);
  const Scalar sum = exp_shifted(x, max, y, size);
  const Scalar scale = 1 / sum;
  for (std::size_t i = 0; i < size; ++i) y[i] *= scale;
  return {max, std::log(sum)};
}

void softmax(Matrix m, const Scalar* x, Scalar* y) {
  for_each_row(m, [=](std::size_t, std::size_t at) { softmax_row(x + at, y + at, m.columns); });
}

void softmax_grad(Matrix m, const Scalar* y, const Scalar* g, Scalar* dx) {
  for_each_row(m, [=](std::size_t, std::size_t at) {
    Scalar dot = 0;
    for (std::size_t i = at; i < at + m.columns; ++i) dot += g[i] * y[i];
    for (std::size_t i = at; i < at + m.columns; ++i) dx[i] = y[i] * (g[i] - dot);
  });
}

void log_softmax(Matrix m, const Scalar* x, Scalar* y) {
  for_each_row(m, [=](std::size_t, std::size_t at) {
    const LogSum row = softmax_row(x + at, y + at, m.columns);
    for (std::size_t i = at; i < at + m.columns; ++i) y[i] = row.log_softmax(x[i]);
  });
}

void log_softmax_grad(Matrix m, const Scalar* y, const Scalar* g, Scalar* dx) {
  for_each_row(m, [=](std::size_t, std::size_t at) {
    Scalar sum = 0;
    for (std::size_t i = at; i < at + m.columns; ++i) sum += g[i];
    for_each_vector(m.columns, [&](std::size_t c, auto part) {
      const std::size_t i = at + c;
      store(dx + i, load(g + i, part) - as_vec(xsimd::exp(as_batch(load(y + i, part)))) * sum,
            part);
    });
  });
}

// With t = (1 - smoothing) * target + smoothing / columns, a row's loss is
// sum(t) * log(sum(exp(x))) - sum(t * x), and its gradient sum(t) * softmax(x) - t.
template <class Target>
Scalar cross_entropy_rows(Matrix m, const Scalar* x, Scalar* dx, Scalar smoothing, Target target) {
  const Scalar share = smoothing / static_cast<Scalar>(m.columns);
  const Scalar scale = Scalar{1} / static_cast<Scalar>(m.rows);
  PooledBuffer<Scalar> losses{m.rows}, unused{dx == nullptr ? m.rows * m.columns : 0};
  Scalar* const loss = losses.data();
  Scalar* const out = dx != nullptr ? dx : unused.data();
  for_each_row(m, [=](std::size_t r, std::size_t at) {
    const LogSum row = softmax_row(x + at, out + at, m.columns);
    Scalar weight = 0, dot = 0;
    for (std::size_t c = 0; c < m.columns; ++c) {
      const Scalar t = (1 - smoothing) * target(r, c) + share;
      weight += t;
      if (t != 0)
        dot += t * row.log_softmax(x[at + c]);  // a class masked by -infinity adds nothing
    }
    loss[r] = -dot;
    for (std::size_t c = 0; c < m.columns; ++c) {
      const Scalar t = (1 - smoothing) * target(r, c) + share;
      out[at + c] = (weight * out[at + c] - t) * scale;
    }
  });
  double sum = 0;
  for (std::size_t r = 0; r < m.rows; ++r) sum += static_cast<double>(loss[r]);
  return static_cast<Scalar>(sum / static_cast<double>(m.rows));
}

Scalar cross_entropy(Matrix m, const Scalar* x, const std::int32_t* labels, Scalar smoothing,
                     Scalar* dx) {
  return cross_entropy_rows(m, x, dx, smoothing, [=](std::size_t r, std::size_t c) {
    return static_cast<Scalar>(static_cast<std::size_t>(labels[r]) == c);
  });
}

Scalar cross_entropy_soft(Matrix m, const Scalar* x, const Scalar* targets, Scalar smoothing,
                          Scalar* dx) {
  return cross_entropy_rows(m, x, dx, smoothing, [=](std::size_t r, std::size_t c) {
    return targets[r * m.columns + c];
  });
}

}  // namespace

void fill(RowKernels& k) {
  k.finish_rows = finish_rows;
  k.sum_rows = sum_rows;
  k.softmax = softmax;
  k.softmax_grad = softmax_grad;
  k.log_softmax = log_softmax;
  k.log_softmax_grad = log_softmax_grad;
  k.cross_entropy = cross_entropy;
  k.cross_entropy_soft = cross_entropy_soft;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA

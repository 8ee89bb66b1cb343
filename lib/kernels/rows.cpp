// SPDX-License-Identifier: MIT
#include "kernels/rows.hpp"

#include "kernels/exponential.hpp"
#include "kernels/parallel.hpp"
#include "kernels/short_rows.hpp"
#include "kernels/wide.hpp"
#include <xtape/memory.hpp>

#include <cmath>
#include <functional>
#include <limits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

template <class F>
void for_each_row(Matrix m, F f) {
  parallel_ranges(m.rows, row_grain(m.columns), [=](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) f(r, r * m.columns);
  });
}

// Any NaN makes the row one, whichever this is.
Scalar max_of(const Scalar* x, std::size_t size) {
  Scalar best = x[0];
  if (size >= lanes) {
    Vec all = load(x);
    for (std::size_t i = lanes; i + lanes <= size; i += lanes) {
      const Vec v = load(x + i);
      all = v > all ? v : all;
    }
    for (std::size_t i = 0; i < lanes; ++i) best = all[i] > best ? all[i] : best;
  }
  for (std::size_t i = size - size % lanes; i < size; ++i) best = x[i] > best ? x[i] : best;
  return best;
}

// y = exp(x - shift); returns the sum of y.
double exp_shifted(const Scalar* x, Scalar shift, Scalar* y, std::size_t size) {
  WideVec sum{};
  std::size_t i = 0;
  for (; i + Batch::size <= size; i += Batch::size) {
    const Batch e = xsimd::exp(Batch::load_unaligned(x + i) - shift);
    e.store_unaligned(y + i);
    sum += widen(as_vec(e));
  }
  double total = sum_of(sum);
  if (i < size) {
    Scalar rest[Batch::size] = {};
    std::copy(x + i, x + size, rest);
    xsimd::exp(Batch::load_unaligned(rest) - shift).store_unaligned(rest);
    for (std::size_t k = 0; i < size; ++i, ++k) total += static_cast<double>(y[i] = rest[k]);
  }
  return total;
}

// log(softmax(x)) is (x - max) - log_sum; the two are not added first, as large ones would round.
struct LogSum {
  Scalar max, log_sum;
  template <class T>
  T log_softmax(T x) const {
    return (x - max) - log_sum;
  }
};

// y = softmax(x)
LogSum softmax_row(const Scalar* x, Scalar* y, std::size_t size) {
  const Scalar max = max_of(x, size);
  const double sum = exp_shifted(x, max, y, size);
  const auto scale = static_cast<Scalar>(1 / sum);
  for (std::size_t i = 0; i < size; ++i) y[i] *= scale;
  return {max, static_cast<Scalar>(std::log(sum))};
}

// Short rows, as many at a time as a vector has lanes: pass(rows, first element). Each of several passes goes over some
// of them before the next does: what has just been stored cannot be loaded at once in other parts.
template <class... Passes>
void for_each_block(Matrix m, Passes... passes) {
  constexpr std::size_t some = 8 * lanes;
  const std::size_t pieces = (m.rows + some - 1) / some;
  parallel_ranges(pieces, row_grain(m.columns * some), [=](std::size_t begin, std::size_t end) {
    for (std::size_t first = begin * some; first < std::min(end * some, m.rows); first += some) {
      const auto over = [=](auto pass) {
        for (std::size_t r = first; r < std::min(first + some, m.rows); r += lanes)
          pass(std::min(lanes, m.rows - r), r * m.columns);
      };
      (over(passes), ...);
    }
  });
}
bool are_short(Matrix m) { return m.columns <= short_columns; }

// The sums of some rows of of(element, lanes).
template <class Of>
Vec sums_of(std::size_t rows, std::size_t columns, std::size_t at, Of of) {
  return joined_rows(
      rows,
      [&](std::size_t r) {
        const std::size_t row = at + r * columns;
        return joined_vectors(
            columns, 0, [&](std::size_t c, auto part) { return of(row + c, part); }, std::plus<>{});
      },
      std::plus<>{});
}
// The largest of each row.
Vec maxima_of(std::size_t rows, std::size_t columns, const Scalar* x) {
  const auto larger = [](Vec a, Vec b) { return at_least(a, b); };
  return joined_rows(
      rows,
      [&](std::size_t r) {
        return joined_vectors(
            columns, -std::numeric_limits<Scalar>::infinity(),
            [&](std::size_t c, auto part) { return load(x + r * columns + c, part); }, larger);
      },
      larger);
}

void softmax(Matrix m, const Scalar* x, Scalar* y) {
  if (!are_short(m))
    return for_each_row(
        m, [=](std::size_t, std::size_t at) { softmax_row(x + at, y + at, m.columns); });
  const ShortRows short_rows{m.columns};
  const auto exponents = [=, &short_rows](std::size_t rows, std::size_t at) {
    const Vec max = maxima_of(rows, m.columns, x + at);
    short_rows.for_each(rows, [&](std::size_t i, auto part, auto spread) {
      store(y + at + i, exp_of(load(x + at + i, part) - spread(max)), part);
    });
  };
  for_each_block(m, exponents, [=, &short_rows](std::size_t rows, std::size_t at) {
    const Vec scale = 1 / sums_of(rows, m.columns, at,
                                  [=](std::size_t i, auto part) { return load(y + i, part); });
    short_rows.for_each(rows, [&](std::size_t i, auto part, auto spread) {
      store(y + at + i, load(y + at + i, part) * spread(scale), part);
    });
  });
}

void softmax_grad(Matrix m, const Scalar* y, const Scalar* g, Scalar* dx) {
  if (!are_short(m))
    return for_each_row(m, [=](std::size_t, std::size_t at) {
      const auto dot = static_cast<Scalar>(sum_over(m.columns, [=](std::size_t c, auto part) {
        return widen(load(g + at + c, part)) * widen(load(y + at + c, part));
      }));
      for (std::size_t i = at; i < at + m.columns; ++i) dx[i] = y[i] * (g[i] - dot);
    });
  const ShortRows short_rows{m.columns};
  for_each_block(m, [=, &short_rows](std::size_t rows, std::size_t at) {
    const Vec dot = sums_of(rows, m.columns, at, [=](std::size_t i, auto part) {
      return load(g + i, part) * load(y + i, part);
    });
    short_rows.for_each(rows, [&](std::size_t i, auto part, auto spread) {
      store(dx + at + i, load(y + at + i, part) * (load(g + at + i, part) - spread(dot)), part);
    });
  });
}

void log_softmax(Matrix m, const Scalar* x, Scalar* y) {
  if (!are_short(m))
    return for_each_row(m, [=](std::size_t, std::size_t at) {
      const LogSum row = softmax_row(x + at, y + at, m.columns);
      for (std::size_t i = at; i < at + m.columns; ++i) y[i] = row.log_softmax(x[i]);
    });
  const ShortRows short_rows{m.columns};
  const auto shift = [=, &short_rows](std::size_t rows, std::size_t at) {
    const Vec max = maxima_of(rows, m.columns, x + at);
    short_rows.for_each(rows, [&](std::size_t i, auto part, auto spread) {
      store(y + at + i, load(x + at + i, part) - spread(max), part);
    });
  };
  for_each_block(m, shift, [=, &short_rows](std::size_t rows, std::size_t at) {
    const Vec log_sum = log_of(sums_of(
        rows, m.columns, at, [=](std::size_t i, auto part) { return exp_of(load(y + i, part)); }));
    short_rows.for_each(rows, [&](std::size_t i, auto part, auto spread) {
      store(y + at + i, load(y + at + i, part) - spread(log_sum), part);
    });
  });
}

void log_softmax_grad(Matrix m, const Scalar* y, const Scalar* g, Scalar* dx) {
  if (!are_short(m))
    return for_each_row(m, [=](std::size_t, std::size_t at) {
      const auto sum = static_cast<Scalar>(sum_over(
          m.columns, [=](std::size_t c, auto part) { return widen(load(g + at + c, part)); }));
      for_each_vector(m.columns, [&](std::size_t c, auto part) {
        const std::size_t i = at + c;
        store(dx + i, load(g + i, part) - exp_of(load(y + i, part)) * sum, part);
      });
    });
  const ShortRows short_rows{m.columns};
  for_each_block(m, [=, &short_rows](std::size_t rows, std::size_t at) {
    const Vec sum =
        sums_of(rows, m.columns, at, [=](std::size_t i, auto part) { return load(g + i, part); });
    short_rows.for_each(rows, [&](std::size_t i, auto part, auto spread) {
      const Vec less = exp_of(load(y + at + i, part)) * spread(sum);
      store(dx + at + i, load(g + at + i, part) - less, part);
    });
  });
}

// The target of a row that is 1 at its label.
struct Label {
  std::size_t label;
  Scalar operator[](std::size_t c) const { return static_cast<Scalar>(c == label); }
  double sum(std::size_t) const { return 1; }
  double dot(const LogSum& row, const Scalar* x, std::size_t) const {
    return static_cast<double>(row.log_softmax(x[label]));
  }
};

// One that is given.
struct Target {
  const Scalar* t;
  Scalar operator[](std::size_t c) const { return t[c]; }
  double sum(std::size_t size) const {
    return sum_over(size, [=, this](std::size_t c, auto part) { return widen(load(t + c, part)); });
  }
  double dot(const LogSum& row, const Scalar* x, std::size_t size) const {
    return sum_over(size, [=, this](std::size_t c, auto part) {
      const Vec p = load(t + c, part), log = row.log_softmax(load(x + c, part));
      return widen(p) * widen(p != 0 ? log : Vec{});  // a class masked by -infinity adds nothing
    });
  }
};

// The sum of log(softmax(x)) over a row.
double sum_of_logs(const LogSum& row, const Scalar* x, std::size_t size) {
  return sum_over(size, [=](std::size_t c, auto part) {
    const IntVec left = IntVec{} + static_cast<Integer>(std::min(size - c, lanes));
    return widen(lane_numbers < left ? row.log_softmax(load(x + c, part)) : Vec{});
  });
}

// With t = (1 - smoothing) * target + smoothing / columns, a row's loss is
// sum(t) * log(sum(exp(x))) - sum(t * x), and its gradient sum(t) * softmax(x) - t.
template <class MakeTarget>
Scalar cross_entropy_rows(Matrix m, const Scalar* x, Scalar* dx, RowSum add, MakeTarget make) {
  const Scalar keep = 1 - add.smoothing, share = add.smoothing / static_cast<Scalar>(m.columns);
  const Scalar scale = Scalar{1} / static_cast<Scalar>(add.divisor);
  PooledBuffer<double> losses{m.rows};
  PooledBuffer<Scalar> unused{dx == nullptr ? m.rows * m.columns : 0};
  double* const loss = losses.data();
  Scalar* const out = dx != nullptr ? dx : unused.data();
  for_each_row(m, [=](std::size_t r, std::size_t at) {
    const Scalar w = add.weights == nullptr ? 1 : add.weights[r];
    if (w == 0) {
      loss[r] = 0;
      if (dx != nullptr) std::fill_n(dx + at, m.columns, Scalar{0});
      return;
    }
    const LogSum row = softmax_row(x + at, out + at, m.columns);
    const auto target = make(r);
    double dot = 0;
    if (keep != 0) dot += static_cast<double>(keep) * target.dot(row, x + at, m.columns);
    if (share != 0) dot += static_cast<double>(share) * sum_of_logs(row, x + at, m.columns);
    loss[r] = -dot * static_cast<double>(w);
    if (dx == nullptr) return;
    const Scalar total = keep * static_cast<Scalar>(target.sum(m.columns)) + add.smoothing;
    const Scalar factor = scale * w;
    for (std::size_t c = 0; c < m.columns; ++c)
      dx[at + c] = (total * dx[at + c] - (keep * target[c] + share)) * factor;
  });
  double sum = 0;
  for (std::size_t r = 0; r < m.rows; ++r) sum += loss[r];
  return static_cast<Scalar>(sum / add.divisor);
}

Scalar cross_entropy(Matrix m, const Scalar* x, const std::int32_t* labels, RowSum add,
                     Scalar* dx) {
  return cross_entropy_rows(
      m, x, dx, add, [=](std::size_t r) { return Label{static_cast<std::size_t>(labels[r])}; });
}

Scalar cross_entropy_soft(Matrix m, const Scalar* x, const Scalar* targets, RowSum add,
                          Scalar* dx) {
  return cross_entropy_rows(m, x, dx, add,
                            [=](std::size_t r) { return Target{targets + r * m.columns}; });
}

}  // namespace

void fill(RowKernels& k, Set) {
  k.softmax = softmax;
  k.softmax_grad = softmax_grad;
  k.log_softmax = log_softmax;
  k.log_softmax_grad = log_softmax_grad;
  k.cross_entropy = cross_entropy;
  k.cross_entropy_soft = cross_entropy_soft;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA

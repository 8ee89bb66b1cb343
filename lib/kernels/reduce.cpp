// SPDX-License-Identifier: MIT
#include "kernels/reduce.hpp"

#include "kernels/parallel.hpp"
#include "kernels/short_rows.hpp"
#include "kernels/wide.hpp"
#include <xtape/memory.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <type_traits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// A sum in T; lane by lane it is in double.
template <class T>
struct Sum {
  using Type = T;
  using Lanewise = WideVec;
  static constexpr T start = 0;
  static constexpr Scalar nothing = 0;  // an element that changes no sum
  static T join(T a, T b) { return a + b; }
  static WideVec join(WideVec a, Vec b) { return a + widen(b); }
  static T join_four(Scalar a, Scalar b, Scalar c, Scalar d) {
    return static_cast<T>((a + b) + (c + d));
  }
  static T of(WideVec v) { return static_cast<T>(sum_of(v)); }
};

// A maximum or a minimum, which a NaN is.
template <bool largest>
struct Extreme {
  using Type = Scalar;
  using Lanewise = Vec;
  static constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity(),
                          start = largest ? -infinity : infinity, nothing = start;
  template <class T>
  static auto replaces(T b, T a) {
    if constexpr (largest)
      return b > a;
    else
      return b < a;
  }
  template <class T>
  static T join(T a, T b) {  // without a branch, so that loops become those of vectors
    const T further = replaces(b, a) ? b : a;
    return b != b ? b : further;
  }
  static Scalar join_four(Scalar a, Scalar b, Scalar c, Scalar d) {
    return join(join(a, b), join(c, d));
  }
  static Scalar of(Vec v) {
    Scalar best = start;
    for (std::size_t i = 0; i < lanes; ++i) best = join(best, v[i]);
    return best;
  }
};

using Max = Extreme<true>;
using Min = Extreme<false>;

// A sum of few terms.
struct ShortSum {
  static constexpr Scalar nothing = 0;
  static Vec join(Vec a, Vec b) { return a + b; }
};

// `size` elements, at most a vector; `nothing` in the other lanes.
template <class R>
Vec load_part(const Scalar* x, std::size_t size) {
  const IntVec inside = lane_numbers < IntVec{} + static_cast<Integer>(size);
  return inside ? load(x, Lanes{size}) : splat(R::nothing);
}

// Of elements that follow each other.
template <class R>
typename R::Type reduce(const Scalar* x, std::size_t size) {
  typename R::Lanewise all = typename R::Lanewise{} + R::start;
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) all = R::join(all, load(x + i));
  if (i < size) all = R::join(all, load_part<R>(x + i, size - i));
  return R::of(all);
}

// Takes the rows, each `stride` after the one before, into `all`, four at a time: each step has to wait for the last.
template <class R>
[[gnu::noinline]] void join_rows(Matrix m, const Scalar* __restrict x, std::size_t stride,
                                 typename R::Type* __restrict all) {
  const std::size_t n = stride;
  std::size_t r = 0;
  for (; r + 4 <= m.rows; r += 4, x += 4 * n)
    for (std::size_t c = 0; c < m.columns; ++c)
      all[c] = R::join(all[c], R::join_four(x[c], x[n + c], x[2 * n + c], x[3 * n + c]));
  for (; r < m.rows; ++r, x += n)
    for (std::size_t c = 0; c < m.columns; ++c) all[c] = R::join(all[c], typename R::Type{x[c]});
}

// As many columns as have what they come to in the first-level cache.
constexpr std::size_t most_columns = 512;

// y[i][c] = finish(all of column c of matrix i). Each is cut into pieces, `across` beside each other and `down` below
// each other; what the latter come to waits for all of them.
template <class R, class Finish>
void over_rows(std::size_t count, Matrix m, const Scalar* x, Scalar* y, Finish finish) {
  using Type = typename R::Type;
  const auto pieces = [](std::size_t size, std::size_t most) {
    return std::max<std::size_t>(1, (size + most - 1) / most);
  };
  const std::size_t n = m.columns, across = pieces(n, most_columns);
  const std::size_t width = (n + across - 1) / across;
  const std::size_t height = row_grain(width), down = pieces(m.rows, height);
  PooledBuffer<Type> parts{down > 1 ? count * down * n : 0};
  auto* const part = parts.data();
  const auto run = [=](std::size_t i) {
    const std::size_t c = i % across * width, at = i / across, r = at % down * height;
    const Matrix piece{std::min(height, m.rows - r), std::min(width, n - c)};
    Type own[most_columns];
    Type* const all = down > 1 ? part + at * n + c : own;
    std::fill_n(all, piece.columns, R::start);
    join_rows<R>(piece, x + (at / down * m.rows + r) * n + c, n, all);
    for (std::size_t k = 0; down == 1 && k < piece.columns; ++k) y[at * n + c + k] = finish(all[k]);
  };
  parallel_ranges(count * down * across, row_grain(std::min(height, m.rows) * width),
                  [=](std::size_t begin, std::size_t end) {
                    for (std::size_t i = begin; i < end; ++i) run(i);
                  });
  if (down > 1)
    for (std::size_t i = 0; i < count; ++i) {
      Type* const all = part + i * down * n;
      for (std::size_t s = 1; s < down; ++s)
        for (std::size_t c = 0; c < n; ++c) all[c] = R::join(all[c], all[s * n + c]);
      for (std::size_t c = 0; c < n; ++c) y[i * n + c] = finish(all[c]);
    }
}

// y[r] = all of short row r, as many rows at a time as a vector has lanes
template <class R>
void over_short_columns(Matrix m, const Scalar* x, Scalar* y) {
  const auto join = [](Vec a, Vec b) { return R::join(a, b); };
  const std::size_t n = m.columns, blocks = (m.rows + lanes - 1) / lanes;
  parallel_ranges(blocks, row_grain(n * lanes), [=](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin * lanes; r < std::min(end * lanes, m.rows); r += lanes) {
      const std::size_t rows = std::min(lanes, m.rows - r);
      const auto row = [=](std::size_t i) {
        const auto of = [from = x + (r + i) * n](std::size_t c, auto part) {
          return load(from + c, part);
        };
        return joined_vectors(n, R::nothing, of, join);
      };
      const Vec all = joined_rows(rows, row, join);
      rows == lanes ? store(y + r, all) : store(y + r, all, Lanes{rows});
    }
  });
}

// y[r] = finish(all of row r)
template <class R, class Finish>
void over_columns(Matrix m, const Scalar* x, Scalar* y, Finish finish) {
  // A long row is cut into pieces.
  const std::size_t pieces = (m.columns + elementwise_grain - 1) / elementwise_grain;
  PooledBuffer<typename R::Type> parts{m.rows * pieces};
  auto* const part = parts.data();
  parallel_ranges(m.rows * pieces, row_grain(m.columns / pieces),
                  [=](std::size_t begin, std::size_t end) {
                    for (std::size_t i = begin; i < end; ++i) {
                      const std::size_t from = i % pieces * elementwise_grain;
                      part[i] = reduce<R>(x + i / pieces * m.columns + from,
                                          std::min(elementwise_grain, m.columns - from));
                    }
                  });
  for (std::size_t r = 0; r < m.rows; ++r) {
    typename R::Type all = R::start;
    for (std::size_t i = 0; i < pieces; ++i) all = R::join(all, part[r * pieces + i]);
    y[r] = finish(all);
  }
}

// The result of a sum; what was added in double is divided there, as it may not fit into a Scalar.
struct Quotient {
  double divisor;
  Scalar operator()(double sum) const { return static_cast<Scalar>(sum / divisor); }
};
constexpr auto as_it_is = [](Scalar x) { return x; };

void sum_rows(std::size_t count, Matrix m, const Scalar* x, double divisor, Scalar* y) {
  if (m.rows <= few_terms && divisor == 1) return over_rows<Sum<Scalar>>(count, m, x, y, as_it_is);
  over_rows<Sum<double>>(count, m, x, y, Quotient{divisor});
}
void sum_columns(Matrix m, const Scalar* x, double divisor, Scalar* y) {
  if (m.columns <= short_columns && divisor == 1) return over_short_columns<ShortSum>(m, x, y);
  over_columns<Sum<double>>(m, x, y, Quotient{divisor});
}
void max_rows(std::size_t count, Matrix m, const Scalar* x, Scalar* y) {
  over_rows<Max>(count, m, x, y, as_it_is);
}
template <class R>
void extreme_columns(Matrix m, const Scalar* x, Scalar* y) {
  m.columns <= short_columns ? over_short_columns<R>(m, x, y) : over_columns<R>(m, x, y, as_it_is);
}
void max_columns(Matrix m, const Scalar* x, Scalar* y) { extreme_columns<Max>(m, x, y); }
void min_rows(std::size_t count, Matrix m, const Scalar* x, Scalar* y) {
  over_rows<Min>(count, m, x, y, as_it_is);
}
void min_columns(Matrix m, const Scalar* x, Scalar* y) { extreme_columns<Min>(m, x, y); }

// The lanes in which there are elements, of which `left` are left.
IntVec inside(AllLanes, std::size_t) { return IntVec{} - 1; }
IntVec inside(Lanes, std::size_t left) {
  return lane_numbers < IntVec{} + static_cast<Integer>(left);
}
std::size_t count_of(IntVec hits) {
  Integer count = 0;
  for (std::size_t i = 0; i < lanes; ++i) count -= hits[i];
  return static_cast<std::size_t>(count);
}

// dx = g for those elements that are the maximum, else 0; returns how many.
std::size_t give(const Scalar* x, std::size_t size, Scalar max, Scalar g, Scalar* dx) {
  IntVec hits{};
  for_each_vector(size, [&](std::size_t i, auto part) {
    const IntVec hit = (load(x + i, part) == max) & inside(part, size - i);
    hits += hit;
    store(dx + i, hit ? splat(g) : Vec{}, part);
  });
  return count_of(hits);
}
// Several share it.
void share(std::size_t count, std::size_t size, Scalar* dx) {
  if (count < 2) return;
  for_each_vector(size, [&](std::size_t i, auto part) {
    store(dx + i, load(dx + i, part) / static_cast<Scalar>(count), part);
  });
}

// As many short rows as a vector has lanes. Where each has one maximum, as most have, that is all.
void give_short(const ShortRows& short_rows, const Scalar* x, std::size_t columns, const Scalar* y,
                const Scalar* g, Scalar* dx) {
  const Vec max = load(y), gradient = load(g);
  IntVec hits{};
  short_rows.for_each(lanes, [&](std::size_t i, auto part, auto spread) {
    const IntVec hit = load(x + i, part) == spread(max);
    hits += hit;
    store(dx + i, hit ? spread(gradient) : Vec{}, part);
  });
  if (count_of(hits) == lanes && count_of(max == max) == lanes) return;
  for (std::size_t r = 0; r < lanes; ++r) {
    Scalar* const to = dx + r * columns;
    share(give(x + r * columns, columns, y[r], g[r], to), columns, to);
  }
}

// Rows that are cut into pieces.
void max_long_columns_grad(Matrix m, const Scalar* x, const Scalar* y, const Scalar* g,
                           Scalar* dx) {
  const std::size_t n = m.columns, pieces = (n + elementwise_grain - 1) / elementwise_grain;
  PooledBuffer<std::size_t> counts{m.rows * pieces};
  std::size_t* const count = counts.data();
  parallel(m.rows * pieces, [=](std::size_t i) {
    const std::size_t r = i / pieces, from = i % pieces * elementwise_grain;
    count[i] = give(x + r * n + from, std::min(elementwise_grain, n - from), y[r], g[r],
                    dx + r * n + from);
  });
  for (std::size_t r = 0; r < m.rows; ++r) {
    const auto all = std::accumulate(count + r * pieces, count + (r + 1) * pieces, std::size_t{0});
    parallel_ranges(n, elementwise_grain, [=](std::size_t begin, std::size_t end) {
      share(all, end - begin, dx + r * n + begin);
    });
  }
}

void max_columns_grad(Matrix m, const Scalar* x, const Scalar* y, const Scalar* g, Scalar* dx) {
  const std::size_t n = m.columns;
  if (n > elementwise_grain) return max_long_columns_grad(m, x, y, g, dx);
  const bool short_ones = n <= short_columns;
  const ShortRows short_rows{short_ones ? n : 0};
  const std::size_t grain = vectors_of(row_grain(n)) * lanes;
  parallel_ranges(m.rows, grain, [&](std::size_t begin, std::size_t end) {
    std::size_t r = begin;
    for (; short_ones && r + lanes <= end; r += lanes)
      give_short(short_rows, x + r * n, n, y + r, g + r, dx + r * n);
    for (; r < end; ++r) share(give(x + r * n, n, y[r], g[r], dx + r * n), n, dx + r * n);
  });
}

void max_rows_grad(std::size_t count, Matrix m, const Scalar* x, const Scalar* y, const Scalar* g,
                   Scalar* dx) {
  const std::size_t n = m.columns, vectors = vectors_of(n);
  const auto columns = [=](std::size_t i, std::size_t c, auto part) {
    const Scalar* const from = x + i * m.rows * n + c;
    Scalar* const to = dx + i * m.rows * n + c;
    const Vec max = load(y + i * n + c, part);
    Vec hits{};
    for (std::size_t r = 0; r < m.rows; ++r)
      hits += load(from + r * n, part) == max ? splat(1) : Vec{};
    const Vec each = load(g + i * n + c, part) / hits;
    for (std::size_t r = 0; r < m.rows; ++r)
      store(to + r * n, load(from + r * n, part) == max ? each : Vec{}, part);
  };
  parallel_ranges(count * vectors, row_grain(m.rows * lanes),
                  [&](std::size_t begin, std::size_t end) {
                    std::size_t i = begin / vectors, c = begin % vectors * lanes;
                    for (; begin < end; ++begin, c += lanes) {
                      if (c >= n) ++i, c = 0;
                      if (c + lanes <= n)
                        columns(i, c, AllLanes{});
                      else
                        columns(i, c, Lanes{n - c});
                    }
                  });
}

}  // namespace

void fill(ReduceKernels& k, Set) {
  k = {sum_rows, sum_columns, max_rows,      max_columns,
       min_rows, min_columns, max_rows_grad, max_columns_grad};
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA

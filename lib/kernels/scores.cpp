// SPDX-License-Identifier: MIT
#include "kernels/scores.hpp"

#include "kernels/exponential.hpp"
#include "kernels/short_rows.hpp"
#include "kernels/stream.hpp"
#include "kernels/wide.hpp"

#include <functional>
#include <limits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
static_assert(score_columns <= few_terms);

// The columns that row r is of.
std::size_t width_of(const ScoreBlock& b, std::size_t r) { return std::min(b.columns, b.seen + r); }

// Calls f(column, which lanes are of the row) for each vector; rows have room for whole ones.
template <class F>
void for_each_score(std::size_t columns, F f) {
  for (std::size_t c = 0; c < columns; c += lanes)
    f(c, lane_numbers < IntVec{} + static_cast<Integer>(columns - c));
}

// By what each weight of a row is multiplied: 0, or what makes up for those that are.
class Kept {
 public:
  explicit Kept(const ScoreDropout& dropout)
      : dropout_{dropout},
        random_{dropout.key, dropout.stream},
        threshold_{word_threshold(1 - dropout.rate)},
        scale_{static_cast<Scalar>(1 / (1 - dropout.rate))} {}

  void draw(std::size_t r) {
    random_.draw<score_counters>(dropout_.counter + r * dropout_.step, words_);
  }
  Vec from(std::size_t column) const {
    WordVec word;
    std::memcpy(&word, words_ + column, sizeof word);
    return __builtin_convertvector(word < threshold_, IntVec) != 0 ? splat(scale_) : Vec{};
  }

 private:
  const ScoreDropout& dropout_;
  Stream random_;
  std::uint32_t threshold_;
  Scalar scale_;
  std::uint32_t words_[score_columns];
};

void multiply_row(Scalar* x, std::size_t size, Scalar factor) {
  for_each_vector(
      size, [=](std::size_t i, auto part) { store(x + i, load(x + i, part) * factor, part); });
}

// The largest score of each row.
Vec largest(const ScoreBlock& b, const Scalar* s, std::size_t first, std::size_t rows) {
  const auto larger = [](Vec x, Vec y) { return at_least(x, y); };
  const auto of_row = [&](std::size_t r) {
    Vec most = splat(-infinity);
    for_each_score(width_of(b, first + r), [&](std::size_t c, IntVec inside) {
      const Vec score = load(s + (first + r) * score_columns + c) * b.scale;
      most = at_least(most, inside ? score : splat(-infinity));
    });
    return most;
  };
  return joined_rows(rows, of_row, larger);
}

// Makes e^(score - shift) of scores; returns their sum for each row.
Vec exponents(const ScoreBlock& b, Scalar* s, std::size_t first, std::size_t rows, Vec shift) {
  const auto of_row = [&](std::size_t r) {
    Scalar* const row = s + (first + r) * score_columns;
    const std::size_t columns = width_of(b, first + r);
    Vec total{};
    for_each_score(columns, [&](std::size_t c, IntVec inside) {
      const Vec e = exp_of(load(row + c) * b.scale - shift[r]);
      const Vec weight = inside ? e : Vec{};
      store(row + c, weight);
      total += weight;
    });
    for (std::size_t c = vectors_of(columns) * lanes; c < b.columns; c += lanes)
      store(row + c, Vec{});
    return total;
  };
  return joined_rows(rows, of_row, std::plus<>{});
}

void weigh(const ScoreBlock& b, Scalar* s, Scalar* most, double* sum, Scalar* out,
           std::size_t width, std::size_t stride) {
  for (std::size_t first = 0; first < b.rows; first += lanes) {
    const std::size_t rows = std::min(lanes, b.rows - first);
    const Vec before = load(most + first, Lanes{rows});
    const Vec now = at_least(before, largest(b, s, first, rows));
    const Vec shift = now == -infinity ? Vec{} : now;  // where all is hidden, e^-infinity
    const Vec total = exponents(b, s, first, rows, shift), factor = exp_of(before - shift);
    store(most + first, now, Lanes{rows});
    for (std::size_t r = 0; r < rows; ++r)
      sum[first + r] =
          sum[first + r] * static_cast<double>(factor[r]) + static_cast<double>(total[r]);
    if (out == nullptr) continue;
    for (std::size_t r = 0; r < rows; ++r)
      if (factor[r] != 1) multiply_row(out + (first + r) * stride, width, factor[r]);
  }
  if (b.dropout.rate == 0) return;
  Kept kept{b.dropout};
  for (std::size_t r = 0; r < b.rows; ++r, s += score_columns) {
    kept.draw(r);
    for_each_score(width_of(b, r),
                   [&](std::size_t c, IntVec) { store(s + c, load(s + c) * kept.from(c)); });
  }
}

void finish(std::size_t rows, Scalar* most, const double* sum, Scalar* out, std::size_t width,
            std::size_t stride) {
  for (std::size_t first = 0; first < rows; first += lanes) {
    const std::size_t count = std::min(lanes, rows - first);
    Vec total = splat(1);
    for (std::size_t r = 0; r < count; ++r) total[r] = static_cast<Scalar>(sum[first + r]);
    const Vec scale = total == 0 ? Vec{} : 1 / total;
    const Vec log_sum = load(most + first, Lanes{count}) + log_of(total);
    store(most + first, total == 0 ? splat(infinity) : log_sum, Lanes{count});
    for (std::size_t r = 0; r < count; ++r)
      multiply_row(out + (first + r) * stride, width, scale[r]);
  }
}

// The gradient of scores, for the weights that are kept: keep(row) gives a function of a column.
template <class Keep>
void weigh_grad(const ScoreBlock& b, Scalar* s, Scalar* dw, const Scalar* log_sum,
                const Scalar* dot, Keep keep) {
  for (std::size_t r = 0; r < b.rows; ++r, s += score_columns, dw += score_columns) {
    const std::size_t columns = width_of(b, r);
    const auto kept = keep(r);
    for_each_score(columns, [&](std::size_t c, IntVec inside) {
      const Vec weight = exp_of(load(s + c) * b.scale - log_sum[r]);
      const Vec slope = weight * (kept(c, load(dw + c)) - dot[r]) * b.scale;
      store(s + c, inside ? kept(c, weight) : Vec{});
      store(dw + c, inside ? slope : Vec{});  // what is outside may be NaN
    });
    for (std::size_t c = vectors_of(columns) * lanes; c < b.columns; c += lanes) {
      store(s + c, Vec{});
      store(dw + c, Vec{});
    }
  }
}

void weigh_grad(const ScoreBlock& b, Scalar* s, Scalar* dw, const Scalar* log_sum,
                const Scalar* dot) {
  if (b.dropout.rate == 0)
    return weigh_grad(b, s, dw, log_sum, dot,
                      [](std::size_t) { return [](std::size_t, Vec x) { return x; }; });
  Kept kept{b.dropout};
  weigh_grad(b, s, dw, log_sum, dot, [&kept](std::size_t r) {
    kept.draw(r);
    return [&kept](std::size_t c, Vec x) { return x * kept.from(c); };
  });
}

// Of a few vectors, some rows at a time.
void short_dots(std::size_t rows, std::size_t width, const Scalar* x, std::size_t x_stride,
                const Scalar* y, std::size_t y_stride, Scalar* dot) {
  for (std::size_t first = 0; first < rows; first += lanes) {
    const std::size_t count = std::min(lanes, rows - first);
    const auto products = [=](std::size_t i) {
      Vec sum{};
      for_each_vector(width, [&](std::size_t c, auto part) {
        const std::size_t r = first + i;
        sum += load(x + r * x_stride + c, part) * load(y + r * y_stride + c, part);
      });
      return sum;
    };
    store(dot + first, joined_rows(count, products, std::plus<>{}), Lanes{count});
  }
}

void dots(std::size_t rows, std::size_t width, const Scalar* x, std::size_t x_stride,
          const Scalar* y, std::size_t y_stride, Scalar* dot) {
  if (width <= few_terms * lanes) return short_dots(rows, width, x, x_stride, y, y_stride, dot);
  for (std::size_t r = 0; r < rows; ++r, x += x_stride, y += y_stride)
    dot[r] = static_cast<Scalar>(sum_over(width, [=](std::size_t c, auto part) {
      return widen(load(x + c, part)) * widen(load(y + c, part));
    }));
}

}  // namespace

void fill(ScoreKernels& k, Set) {
  k.weigh = weigh;
  k.finish = finish;
  k.weigh_grad = weigh_grad;
  k.dots = dots;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA

// SPDX-License-Identifier: MIT
#include "kernels/normalization.hpp"

#include "kernels/moments.hpp"
#include "kernels/parallel.hpp"
#include <xtape/memory.hpp>

#include <algorithm>
#include <limits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Sums of each column over some rows, `first` and `second` being (columns,): terms(column, lanes) is a function of
// the row. Four rows are added in Scalar, as each addition in double has to wait for the one before.
template <class F>
void sums_of_columns(std::size_t rows, std::size_t columns, double* first, double* second,
                     F terms) {
  for_each_vector(columns, [&](std::size_t c, auto part) {
    const auto of = terms(c, part);
    WideVec sums[2] = {};
    const auto add = [&](const Terms& t) {
      sums[0] += widen(t.first);
      sums[1] += widen(t.second);
    };
    std::size_t r = 0;
    for (; r + 4 <= rows; r += 4) add((of(r) + of(r + 1)) + (of(r + 2) + of(r + 3)));
    for (; r < rows; ++r) add(of(r));
    const std::size_t bytes = std::min(lanes, columns - c) * sizeof(double);
    std::memcpy(first + c, &sums[0], bytes);
    std::memcpy(second + c, &sums[1], bytes);
  });
}

// The positions of all samples, cut into pieces of which each is of one sample.
class Pieces {
 public:
  explicit Pieces(const Groups& s)
      : s_{s},
        length_{row_grain(s.columns())},
        per_sample_{(s.positions + length_ - 1) / length_} {}

  // Calls f(piece, sample, first element, rows) for each.
  template <class F>
  void for_each(F f) const {
    const std::size_t longest = std::min(length_, s_.positions);
    parallel_ranges(s_.samples * per_sample_, row_grain(longest * s_.columns()),
                    [=, *this](std::size_t begin, std::size_t end) {
                      for (std::size_t i = begin; i < end; ++i) {
                        const std::size_t sample = i / per_sample_;
                        const std::size_t from = i % per_sample_ * length_;
                        f(i, sample, (sample * s_.positions + from) * s_.columns(),
                          std::min(length_, s_.positions - from));
                      }
                    });
  }

  // The sums of each column of each sample, of terms(sample, first element) as in sums_of_columns, go to the sample's
  // 2 * columns: all first ones, then all second ones.
  template <class F>
  PooledBuffer<double> sums(F terms) const {
    const std::size_t columns = s_.columns();
    PooledBuffer<double> sums{s_.samples * std::max<std::size_t>(per_sample_, 1) * 2 * columns};
    double* const all = sums.data();
    if (per_sample_ == 0) std::fill_n(all, sums.size(), 0.0);
    for_each([=](std::size_t piece, std::size_t sample, std::size_t at, std::size_t rows) {
      double* const own = all + piece * 2 * columns;
      sums_of_columns(rows, columns, own, own + columns, terms(sample, at));
    });
    for (std::size_t n = 0; n < s_.samples; ++n)
      for (std::size_t p = 0; p < per_sample_; ++p) {
        const double* const part = all + (n * per_sample_ + p) * 2 * columns;
        double* const to = all + n * 2 * columns;
        for (std::size_t c = 0; c < 2 * columns; ++c) to[c] = p == 0 ? part[c] : to[c] + part[c];
      }
    return sums;
  }

 private:
  Groups s_;
  std::size_t length_, per_sample_;
};

// f(sample, column, group among all) for each column of each sample.
template <class F>
void for_each_column(const Groups& s, F f) {
  for (std::size_t n = 0, group = 0; n < s.samples; ++n)
    for (std::size_t i = 0; i < s.groups; ++i, ++group)
      for (std::size_t c = i * s.channels; c < (i + 1) * s.channels; ++c) f(n, c, group);
}

// What f gives each column of each sample.
template <class F>
PooledBuffer<Scalar> per_column(const Groups& s, F f) {
  PooledBuffer<Scalar> all{s.samples * s.columns()};
  for_each_column(s, [&](std::size_t n, std::size_t c, std::size_t group) {
    all.data()[n * s.columns() + c] = f(n, c, group);
  });
  return all;
}

PooledBuffer<Scalar> means_of(const Groups& s, const Normalized& in) {
  return per_column(
      s, [&](std::size_t, std::size_t, std::size_t group) { return or_zero(in.mean, group); });
}
PooledBuffer<Scalar> scales_of(const Groups& s, const Normalized& in) {
  return per_column(s, [&](std::size_t, std::size_t c, std::size_t group) {
    return in.inverse[group] * in.gamma[c];
  });
}

void moments(Groups s, const Scalar* x, Scalar* mean, Scalar* variance) {
  const std::size_t columns = s.columns();
  const auto first_of = [&](std::size_t n, std::size_t c) {  // the first element of its group
    return x[n * s.positions * columns + c - c % s.channels];
  };
  const auto shifts =
      per_column(s, [&](std::size_t n, std::size_t c, std::size_t) { return first_of(n, c); });
  const Scalar* const shift = shifts.data();
  const auto sums = Pieces{s}.sums([=](std::size_t n, std::size_t at) {
    return [=](std::size_t c, auto part) {
      return [=, middle = load(shift + n * columns + c, part)](std::size_t r) {
        const Vec d = load(x + at + r * columns + c, part) - middle;
        return Terms{d, d * d};
      };
    };
  });
  for (std::size_t n = 0, group = 0; n < s.samples; ++n)
    for (std::size_t i = 0; i < s.groups; ++i, ++group) {
      const double* const of = sums.data() + n * 2 * columns + i * s.channels;
      Sums all{0, 0};
      for (std::size_t c = 0; c < s.channels; ++c)
        all = {all.first + of[c], all.second + of[columns + c]};
      const Moments m = moments_of(all, s.positions * s.channels, first_of(n, i * s.channels));
      mean[group] = m.mean;
      variance[group] = m.variance;
    }
}

// around(result, element, lanes) is a result with what is added to it.
template <class Around>
void normalize(const Groups& s, const Normalized& in, Around around, Scalar* y) {
  const std::size_t columns = s.columns();
  const auto means = means_of(s, in);
  const auto scales = scales_of(s, in);
  const Scalar *const mean = means.data(), *const scale = scales.data();
  const Vec floor = splat(in.relu ? 0 : -std::numeric_limits<Scalar>::infinity());
  Pieces{s}.for_each([=](std::size_t, std::size_t n, std::size_t at, std::size_t rows) {
    for (std::size_t r = 0; r < rows; ++r)
      for_each_vector(columns, [&](std::size_t c, auto part) {
        const std::size_t i = at + r * columns + c, column = n * columns + c;
        const Vec d = load(in.x + i, part) - load(mean + column, part);
        const Vec result = d * load(scale + column, part) + load_or_zero(in.beta, c, part);
        store(y + i, at_least(floor, around(result, i, part)), part);
      });
  });
}

void normalize(Groups s, const Normalized& in, Scalar* y) {
  if (in.around == nullptr)
    return normalize(
        s, in, [](Vec result, std::size_t, auto) { return result; }, y);
  const auto add = [from = in.around](Vec result, std::size_t i, auto part) {
    return result + load(from + i, part);
  };
  normalize(s, in, add, y);
}

// The gradients of gamma and beta, by the sums of g and of g * (x - mean) of each column of each sample.
void grad_affine(const Groups& s, const Normalized& in, const double* sums,
                 const NormGradients& to) {
  const std::size_t columns = s.columns();
  PooledBuffer<double> totals{2 * columns};
  double *const beta = totals.data(), *const gamma = beta + columns;
  std::fill_n(beta, 2 * columns, 0.0);
  for_each_column(s, [&](std::size_t n, std::size_t c, std::size_t group) {
    const double* const of = sums + n * 2 * columns + c;
    beta[c] += of[0];
    gamma[c] += of[columns] * static_cast<double>(in.inverse[group]);
  });
  std::transform(beta, beta + columns, to.beta, [](double x) { return static_cast<Scalar>(x); });
  std::transform(gamma, gamma + columns, to.gamma, [](double x) { return static_cast<Scalar>(x); });
}

// Of each group of each sample.
PooledBuffer<Line> lines_of(const Groups& s, const Normalized& in, const double* sums, bool fixed) {
  const std::size_t count = (in.peers != nullptr ? in.positions : s.positions) * s.channels;
  PooledBuffer<Line> lines{s.samples * s.groups};
  for (std::size_t n = 0, group = 0; n < s.samples; ++n)
    for (std::size_t i = 0; i < s.groups; ++i, ++group) {
      Sums all{0, 0};
      for (std::size_t c = i * s.channels; c < (i + 1) * s.channels; ++c) {
        const double* const of = sums + n * 2 * s.columns() + c;
        const auto gamma = static_cast<double>(in.gamma[c]);
        all = {all.first + gamma * of[0], all.second + gamma * of[s.columns()]};
      }
      lines.data()[group] = line_of(all, count, in.inverse[group], fixed, in.mean != nullptr);
    }
  return lines;
}

// What a vector of results was computed from: x less its mean, scale and beta.
struct Before {
  Vec d, scale, beta;
};

// Functions of a vector of the gradient of results, from element i on, that give that of what was normalised.
struct Unchanged {
  Vec operator()(Vec g, const Before&, std::size_t, auto) const { return g; }
};
struct Rectified {
  Vec operator()(Vec g, const Before& of, std::size_t, auto) const {
    return of.d * of.scale + of.beta > 0 ? g : Vec{};
  }
};
// Of a sum, where it goes to what was added, too.
struct OfSum {
  const Scalar* rectified;  // the result, or null
  Scalar* around;
  Vec operator()(Vec g, const Before&, std::size_t i, auto part) const {
    if (rectified != nullptr) g = load(rectified + i, part) > 0 ? g : Vec{};
    store(around + i, g, part);
    return g;
  }
};

// The gradient of x.
template <class Through>
void grad_columns(const Groups& s, const Normalized& in, const Scalar* mean, const Scalar* scale,
                  const Scalar* g, Through through, const Line* lines, Scalar* dx) {
  const std::size_t columns = s.columns();
  const auto slopes = per_column(
      s, [=](std::size_t, std::size_t, std::size_t group) { return lines[group].slope; });
  const auto offsets = per_column(
      s, [=](std::size_t, std::size_t, std::size_t group) { return lines[group].offset; });
  const Scalar *const slope = slopes.data(), *const offset = offsets.data();
  Pieces{s}.for_each([=](std::size_t, std::size_t n, std::size_t at, std::size_t rows) {
    for (std::size_t r = 0; r < rows; ++r)
      for_each_vector(columns, [&](std::size_t c, auto part) {
        const std::size_t i = at + r * columns + c, column = n * columns + c;
        const Vec d = load(in.x + i, part) - load(mean + column, part);
        const Vec rest = d * load(slope + column, part) + load(offset + column, part);
        const Before of{d, load(scale + column, part), load_or_zero(in.beta, c, part)};
        store(dx + i, through(load(g + i, part), of, i, part) * of.scale + rest, part);
      });
  });
}

// The first pass takes g `through`; the second reads what it has `passed` on, and takes that through `again`.
template <class Through, class Again>
void grad_groups(const Groups& s, const Normalized& in, const Scalar* g, bool fixed,
                 const NormGradients& to, Through through, Again again, const Scalar* passed) {
  const std::size_t columns = s.columns();
  const auto means = means_of(s, in);
  const auto scales = scales_of(s, in);
  const Scalar *const mean = means.data(), *const scale = scales.data();
  auto sums = Pieces{s}.sums([=](std::size_t n, std::size_t at) {
    return [=](std::size_t c, auto part) {
      return
          [=, middle = load(mean + n * columns + c, part), k = load(scale + n * columns + c, part),
           beta = load_or_zero(in.beta, c, part)](std::size_t r) {
            const std::size_t i = at + r * columns + c;
            const Vec d = load(in.x + i, part) - middle;
            const Vec gradient = through(load(g + i, part), Before{d, k, beta}, i, part);
            return Terms{gradient, gradient * d};
          };
    };
  });
  grad_affine(s, in, sums.data(), to);
  if (to.x == nullptr) return;
  if (in.peers != nullptr) in.peers->sum({sums.data(), s.samples * 2 * columns});
  const auto lines = lines_of(s, in, sums.data(), fixed);
  grad_columns(s, in, mean, scale, passed, again, lines.data(), to.x);
}

void grad(Groups s, const Normalized& in, const Scalar* g, bool fixed, const NormGradients& to) {
  if (to.around != nullptr)
    grad_groups(s, in, g, fixed, to, OfSum{in.rectified, to.around}, Unchanged{}, to.around);
  else if (in.relu)
    grad_groups(s, in, g, fixed, to, Rectified{}, Rectified{}, g);
  else
    grad_groups(s, in, g, fixed, to, Unchanged{}, Unchanged{}, g);
}

}  // namespace

void fill(NormKernels& k, Set) { k = {moments, normalize, grad}; }

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA

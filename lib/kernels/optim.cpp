// SPDX-License-Identifier: MIT
#include "kernels/optim.hpp"

#include "kernels/parallel.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// The loop that every rule runs in. That no two arrays overlap lets the compiler vectorise it,
// which g++ forgets once it is inlined.
template <class Rule, class... State>
[[gnu::noinline]] void loop(std::size_t count, Scalar weight_decay, Rule rule, Scalar* __restrict w,
                            const Scalar* __restrict g, State* __restrict... state) {
  for (std::size_t i = 0; i < count; ++i) rule(w[i], g[i] + weight_decay * w[i], state[i]...);
}

// Calls rule(w, g, state...) for each element.
template <class Rule, class... State>
void sweep(const Target& t, Rule rule, State*... state) {
  parallel_ranges(t.size, elementwise_grain, [=](std::size_t begin, std::size_t end) {
    loop(end - begin, t.weight_decay, rule, t.w + begin, t.g + begin, (state + begin)...);
  });
}

Scalar square_root(Scalar x) {
  if constexpr (sizeof x == sizeof(float))
    return __builtin_sqrtf(x);
  else
    return static_cast<Scalar>(__builtin_sqrt(x));
}

// 0 / 0 is 0, for elements that never had a gradient; NaN stays NaN.
Scalar ratio(Scalar a, Scalar b) { return b == 0 ? 0 : a / b; }

Scalar root(const Root& r, Scalar v) { return square_root(r.scale * v + r.inside) + r.outside; }

Scalar next(const Average& a, Scalar average, Scalar x) { return a.keep * average + a.take * x; }

Scalar next(const Momentum& p, Scalar velocity, Scalar x) {
  return p.keep * velocity + p.inside * x;
}

void sgd(Target t, Scalar* velocity, Momentum p, bool nesterov) {
  if (velocity == nullptr)
    sweep(t, [p](Scalar& w, Scalar g) { w -= p.outside * (p.inside * g); });
  else if (nesterov)
    sweep(
        t,
        [p](Scalar& w, Scalar g, Scalar& b) {
          b = next(p, b, g);
          w -= p.outside * next(p, b, g);
        },
        velocity);
  else
    sweep(
        t,
        [p](Scalar& w, Scalar g, Scalar& b) {
          b = next(p, b, g);
          w -= p.outside * b;
        },
        velocity);
}

void adagrad(Target t, Scalar* sum, Root r, Scalar rate) {
  sweep(
      t,
      [=](Scalar& w, Scalar g, Scalar& s) {
        s += g * g;
        w -= rate * ratio(g, root(r, s));
      },
      sum);
}

void adadelta(Target t, Scalar* squared_g, Scalar* squared_x, Average a, Scalar epsilon,
              Scalar rate) {
  sweep(
      t,
      [=](Scalar& w, Scalar g, Scalar& gg, Scalar& xx) {
        gg = next(a, gg, g * g);
        const Scalar x = ratio(square_root(xx + epsilon), square_root(gg + epsilon)) * g;
        xx = next(a, xx, x * x);
        w -= rate * x;
      },
      squared_g, squared_x);
}

void rmsprop(Target t, Scalar* v, Scalar* mean, Scalar* velocity, Average a, Root r, Momentum p) {
  const auto plain = [=](Scalar g, Scalar& vi) {
    vi = next(a, vi, g * g);
    return ratio(g, root(r, vi));
  };
  const auto centered = [=](Scalar g, Scalar& vi, Scalar& mi) {
    vi = next(a, vi, g * g);
    mi = next(a, mi, g);
    const Scalar variance = vi - mi * mi;
    return ratio(g, root(r, variance < 0 ? 0 : variance));  // it is negative by rounding alone
  };
  const auto move = [=](Scalar& w, Scalar& b, Scalar x) {
    b = next(p, b, x);
    w -= p.outside * b;
  };
  const Scalar rate = p.outside * p.inside;
  if (mean == nullptr && velocity == nullptr)
    sweep(
        t, [=](Scalar& w, Scalar g, Scalar& vi) { w -= rate * plain(g, vi); }, v);
  else if (velocity == nullptr)
    sweep(
        t, [=](Scalar& w, Scalar g, Scalar& vi, Scalar& mi) { w -= rate * centered(g, vi, mi); }, v,
        mean);
  else if (mean == nullptr)
    sweep(
        t, [=](Scalar& w, Scalar g, Scalar& vi, Scalar& b) { move(w, b, plain(g, vi)); }, v,
        velocity);
  else
    sweep(
        t,
        [=](Scalar& w, Scalar g, Scalar& vi, Scalar& mi, Scalar& b) {
          move(w, b, centered(g, vi, mi));
        },
        v, mean, velocity);
}

void adam(Target t, Scalar* m, Scalar* v, Scalar* v_max, AdamStep s) {
  if (v_max == nullptr)
    sweep(
        t,
        [s](Scalar& w, Scalar g, Scalar& mi, Scalar& vi) {
          mi = next(s.m, mi, g);
          vi = next(s.v, vi, g * g);
          w -= s.decay * w + s.rate * ratio(mi, root(s.root, vi));
        },
        m, v);
  else
    sweep(
        t,
        [s](Scalar& w, Scalar g, Scalar& mi, Scalar& vi, Scalar& largest) {
          mi = next(s.m, mi, g);
          vi = next(s.v, vi, g * g);
          largest = vi <= largest ? largest : vi;  // also if vi is NaN
          w -= s.decay * w + s.rate * ratio(mi, root(s.root, largest));
        },
        m, v, v_max);
}

double sum_of_squares_in_double(const Scalar* x, std::size_t size) {
  constexpr std::size_t width = 16;  // enough partial sums to hide the latency of an addition
  double parts[width] = {};
  std::size_t i = 0;
  for (; i + width <= size; i += width)
    for (std::size_t k = 0; k < width; ++k) {
      const double value = x[i + k];
      parts[k] += value * value;
    }
  for (std::size_t k = 0; i < size; ++i, ++k) {
    const double value = x[i];
    parts[k] += value * value;
  }
  double sum = 0;
  for (double part : parts) sum += part;
  return sum;
}

// The squares of floats fit into a double. Those of doubles may not: the sum is then infinite or so small
// that it may lack some, and long double takes its place.
long double sum_of_squares(const Scalar* x, std::size_t size) {
  const double sum = sum_of_squares_in_double(x, size);
  if (sizeof(Scalar) == sizeof(float) || (sum > 0x1p-960 && sum <= 0x1p1020)) return sum;
  std::size_t i = 0;
  while (i < size && x[i] == 0) ++i;  // gradients of what took no part are all zero
  long double wide = 0;
  for (; i < size; ++i) {
    const long double value = x[i];
    wide += value * value;
  }
  return wide;
}

void scale(Scalar* x, std::size_t size, Scalar factor) {
  parallel_ranges(size, elementwise_grain, [=](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) x[i] *= factor;
  });
}

void divide(Scalar* x, std::size_t size, Scalar by) {
  parallel_ranges(
      size, elementwise_grain,
      [=](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) x[i] /= by;
      },
      Denormals::kept);
}

void clamp(Scalar* x, std::size_t size, Scalar limit) {
  parallel_ranges(size, elementwise_grain, [=](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      x[i] = x[i] < -limit ? -limit : (x[i] > limit ? limit : x[i]);
  });
}

}  // namespace

void fill(OptimKernels& k, Set) {
  k.sgd = sgd;
  k.adagrad = adagrad;
  k.adadelta = adadelta;
  k.rmsprop = rmsprop;
  k.adam = adam;
  k.sum_of_squares = sum_of_squares;
  k.scale = scale;
  k.divide = divide;
  k.clamp = clamp;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA

// SPDX-License-Identifier: MIT
#include "kernels/functions.hpp"

#include "kernels/exponential.hpp"
#include "kernels/power.hpp"
#include "kernels/sine.hpp"
#include "kernels/wide.hpp"

#include <numbers>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Readers of a source: a whole vector, or a part of one, from element i on.
struct Follow {
  const Scalar* data;
  template <class Part>
  Vec operator()(std::size_t i, Part part) const {
    return load(data + i, part);
  }
};
struct Repeat {
  Vec all;
  template <class Part>
  Vec operator()(std::size_t, Part) const {
    return all;
  }
};

// y = f(sources), of which `left` are still to be given a reader: a loop for each mix of readers.
template <class F, std::size_t left, class... Readers>
void loop(const Source* from, Scalar* y, std::size_t size, Readers... readers) {
  if constexpr (left > 0) {
    if (from->repeated)
      loop<F, left - 1>(from + 1, y, size, readers..., Repeat{splat(*from->data)});
    else
      loop<F, left - 1>(from + 1, y, size, readers..., Follow{from->data});
  } else {
    for_each_vector(
        size, [&](std::size_t i, auto part) { store(y + i, F{}(readers(i, part)...), part); });
  }
}

// The loop of a function of one to four vectors.
template <class F>
Apply unary(F) {
  return [](const Source* from, Scalar* y, std::size_t size) { loop<F, 1>(from, y, size); };
}
template <class F>
Apply binary(F) {
  return [](const Source* from, Scalar* y, std::size_t size) { loop<F, 2>(from, y, size); };
}
template <class F>
Apply ternary(F) {
  return [](const Source* from, Scalar* y, std::size_t size) { loop<F, 3>(from, y, size); };
}
template <class F>
Apply quaternary(F) {
  return [](const Source* from, Scalar* y, std::size_t size) { loop<F, 4>(from, y, size); };
}
// That of a function of xsimd's vectors.
template <class F>
Apply math(F) {
  return unary([](Vec x) { return as_vec(F{}(as_batch(x))); });
}

#if defined(XTAPE_DOUBLE)
Vec erf(Vec x) {  // that of xsimd is 34 epsilon off at 2.2
  return patched(
      x, IntVec{}, [](Wide one) { return std::erf(double(one)); }, x);
}
#else
// erf(x) / x up to 4, from where on it is 1, as a quotient of polynomials in x^2.
Vec erf(Vec argument) {
  static constexpr Scalar above[] = {1.12837911F,    0.193545535F,    0.0531017929F,
                                     0.00388335926F, 0.000284565496F, 1.9867698e-06F};
  static constexpr Scalar below[] = {1.0F,          0.504857838F,   0.115350179F,
                                     0.0152072832F, 0.00118557329F, 3.74200208e-05F};
  const Vec x = within(argument, 4), square = x * x;
  return within(x * polynomial(above, square) / polynomial(below, square), 1);
}
#endif

Vec normal_cdf(Vec x) {
  return Scalar{0.5} + Scalar{0.5} * erf(x * (std::numbers::sqrt2_v<Scalar> / 2));
}

// The square root; of floats on 64-bit ARM xsimd has an estimate alone, which is NaN for infinity.
Batch root(Batch x) {
#if defined(__aarch64__) && !defined(XTAPE_DOUBLE)
  return Batch{vsqrtq_f32(x)};
#else
  return xsimd::sqrt(x);
#endif
}

// normal_cdf(x) and the density, e^(-x^2 / 2) / sqrt(2 pi).
struct Normal {
  Vec below, density;
};
[[gnu::always_inline]] inline Normal normal(Vec x) {
  constexpr Scalar highest =
      std::numbers::inv_sqrtpi_v<Scalar> * (std::numbers::sqrt2_v<Scalar> / 2);
  const Vec e = exp_of(Scalar{-0.5} * x * x);
#if defined(XTAPE_DOUBLE)
  return {normal_cdf(x), highest * e};
#else
  // What is beyond |x| is e times a polynomial in t (after Abramowitz and Stegun, 26.2.17).
  static constexpr float beyond[] = {0.116520971F,  0.0674955249F, 0.268913239F,
                                     -0.236997306F, 0.389876395F,  -0.105808824F};
  const Vec t = 1 / (1 + 0.28F * as_vec(xsimd::abs(as_batch(x))));
  const Vec rest = e * (t * polynomial(beyond, t));
  return {x < 0 ? rest : 1 - rest, highest * e};
#endif
}

// The derivative of x normal_cdf(x).
Vec gelu_slope(const Normal& n, Vec x) { return n.below + x * n.density; }

void gelu(Scalar* y, Scalar* slope, std::size_t size) {
  for_each_vector(size, [=](std::size_t i, auto part) {
    const Vec x = load(y + i, part);
    const Normal n = normal(x);
    store(y + i, x * n.below, part);
    if (slope != nullptr) store(slope + i, gelu_slope(n, x), part);
  });
}

// 1 where a comparison holds.
Vec indicator(IntVec holds) { return holds ? splat(1) : Vec{}; }

// The elements of a vector of y are in a vector of x.
void repeat(const Scalar* x, const std::uint16_t* place, Scalar* y, std::size_t size) {
  using Places [[gnu::vector_size(lanes * sizeof(std::uint16_t))]] = std::uint16_t;
  const auto vector = [=](std::size_t i, auto part) {
    Places places;
    std::memcpy(&places, place + i, sizeof places);
    const IntVec index = __builtin_convertvector(places - places[0], IntVec);
    store(y + i, permuted(load(x + places[0], part), index));
  };
  std::size_t i = 0;
  for (; i + lanes <= size && place[i] + lanes <= place[size - 1]; i += lanes)
    vector(i, AllLanes{});
  for (; i + lanes <= size; i += lanes)
    vector(i, Lanes{place[i + lanes - 1] - place[i] + std::size_t{1}});
  for (; i < size; ++i) y[i] = x[place[i]];
}

double sum(const Scalar* x, std::size_t size) {
  return sum_over(size, [=](std::size_t i, auto part) { return widen(load(x + i, part)); });
}

}  // namespace

void fill(FunctionKernels& k, Set) {
  const auto loop_of = [&k](Function f) -> Apply& { return k.apply[static_cast<std::size_t>(f)]; };
  loop_of(Function::copy) = unary([](Vec x) { return x; });
  loop_of(Function::negate) = unary([](Vec x) { return -x; });
  loop_of(Function::sign) =
      unary([](Vec x) { return x == x ? indicator(x > 0) - indicator(x < 0) : x; });
  loop_of(Function::abs) = math([](Batch x) { return xsimd::abs(x); });
  loop_of(Function::sqrt) = math([](Batch x) { return root(x); });
  loop_of(Function::exp) = unary([](Vec x) { return exp_of(x); });
  loop_of(Function::expm1) = math([](Batch x) { return xsimd::expm1(x); });
  loop_of(Function::log) = unary([](Vec x) { return log_of(x); });
  loop_of(Function::log1p) = unary([](Vec x) { return log1p_of(x); });
  loop_of(Function::tanh) = unary([](Vec x) { return tanh_of(x); });
  loop_of(Function::sigmoid) = unary([](Vec x) { return sigmoid_of(x); });
  // No overflow for large numbers, and exact for small.
  loop_of(Function::softplus) = unary([](Vec x) {
    const Vec below = Vec(IntVec(x) | std::numeric_limits<Integer>::min());  // -|x|
    return at_least(Vec{}, x) + log1p_up_to_1(exp_of(below));
  });
  loop_of(Function::erf) = unary([](Vec x) { return erf(x); });
  loop_of(Function::normal_cdf) = unary([](Vec x) { return normal_cdf(x); });
  loop_of(Function::sin) = unary([](Vec x) { return sine(x, 0); });
  loop_of(Function::cos) = unary([](Vec x) { return sine(x, 1); });
  loop_of(Function::floor) = math([](Batch x) { return xsimd::floor(x); });
  loop_of(Function::round) = math([](Batch x) { return xsimd::nearbyint(x); });
  loop_of(Function::add) = binary([](Vec a, Vec b) { return a + b; });
  loop_of(Function::subtract) = binary([](Vec a, Vec b) { return a - b; });
  loop_of(Function::multiply) = binary([](Vec a, Vec b) { return a * b; });
  loop_of(Function::divide) = binary([](Vec a, Vec b) { return a / b; });
  loop_of(Function::less) = binary([](Vec a, Vec b) { return indicator(a < b); });
  loop_of(Function::less_equal) = binary([](Vec a, Vec b) { return indicator(a <= b); });
  loop_of(Function::equal) = binary([](Vec a, Vec b) { return indicator(a == b); });
  loop_of(Function::maximum) = binary([](Vec a, Vec b) {
    const Vec larger = a > b ? a : b;  // b where one is NaN
    return a != a ? a : larger;
  });
  loop_of(Function::minimum) = binary([](Vec a, Vec b) {
    const Vec smaller = a < b ? a : b;
    return a != a ? a : smaller;
  });
  loop_of(Function::pow) = binary([](Vec a, Vec b) { return power(a, b); });
  loop_of(Function::gelu_slope) = binary([](Vec g, Vec x) { return g * gelu_slope(normal(x), x); });
  loop_of(Function::where) = ternary([](Vec c, Vec a, Vec b) { return c != 0 ? a : b; });
  loop_of(Function::quotient_slope) =
      ternary([](Vec g, Vec a, Vec b) { return quotient_slope(g, a, b); });
  loop_of(Function::power_slope) =
      ternary([](Vec g, Vec a, Vec b) { return power_slope(g, a, b); });
  loop_of(Function::exponent_slope) =
      ternary([](Vec g, Vec a, Vec b) { return exponent_slope(g, a, b); });
  loop_of(Function::multiply_add) = ternary([](Vec a, Vec b, Vec c) { return a * b + c; });
  loop_of(Function::less_where) =
      quaternary([](Vec a, Vec b, Vec x, Vec y) { return a < b ? x : y; });
  loop_of(Function::equal_where) =
      quaternary([](Vec a, Vec b, Vec x, Vec y) { return a == b ? x : y; });
  k.repeat = repeat;
  k.gelu = gelu;
  k.sum = sum;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA

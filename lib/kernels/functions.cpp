// SPDX-License-Identifier: MIT
#include "kernels/functions.hpp"

#include "kernels/math.hpp"
#include "kernels/power.hpp"
#include "kernels/sine.hpp"
#include "kernels/wide.hpp"

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

// The polynomial with these coefficients, the constant first.
template <std::size_t Count>
Batch polynomial(const Scalar (&coefficients)[Count], Batch x) {
  Batch y(coefficients[Count - 1]);
  for (std::size_t i = Count - 1; i-- > 0;) y = xsimd::fma(y, x, Batch(coefficients[i]));
  return y;
}

#if defined(XTAPE_DOUBLE)
Batch erf(Batch x) {  // that of xsimd is 34 epsilon off at 2.2
  const Vec v = as_vec(x);
  return as_batch(patched(
      v, IntVec{}, [](Wide one) { return std::erf(double(one)); }, v));
}
Batch log1p(Batch x) { return xsimd::log1p(x); }
Batch log1p_up_to_1(Batch x) { return xsimd::log1p(x); }
#else
// log(1 + x) for x in [-1/2, 1]: 2 atanh(x / (2 + x)), a series of which seven terms are enough here.
Batch log1p_up_to_1(Batch x) {
  static constexpr Scalar atanh[] = {2.0F,     2.0F / 3,  2.0F / 5, 2.0F / 7,
                                     2.0F / 9, 2.0F / 11, 2.0F / 13};
  const Batch s = x / (Batch(2) + x);
  return s * polynomial(atanh, s * s);
}

// 1 + x is 2^k m with m near 1; f is m - 1 with what 1 + x has rounded away: of large x nothing, for which there is
// no 2^-k either.
Batch log1p(Batch argument) {
  const Vec x = as_vec(argument), one_more = 1 + x;
  const IntVec bits = IntVec(one_more), k = (bits - std::bit_cast<Integer>(0.70710678F)) >> 23;
  const Vec scale = Vec((k < 127 ? 127 - k : IntVec{}) << 23);
  const Batch f = as_batch((Vec(bits - (k << 23)) - 1) + (x - (one_more - 1)) * scale);
  const Batch log =
      xsimd::fma(as_batch(__builtin_convertvector(k, Vec)), Batch(0.69314718F), log1p_up_to_1(f));
  const Batch infinity(std::numeric_limits<Scalar>::infinity());
  const Batch none(std::numeric_limits<Scalar>::quiet_NaN());
  const Batch outside = xsimd::select(argument == Batch(-1), -infinity,
                                      xsimd::select(argument < Batch(-1), none, argument));
  return xsimd::select(argument > Batch(-1) && argument < infinity, log, outside);
}

// erf(x) / x up to 4, from where on it is 1, as a quotient of polynomials in x^2, whose largest relative error is as
// small as can be: 3 epsilon, which are those of rounding.
Batch erf(Batch argument) {
  static constexpr Scalar above[] = {1.12837911F,    0.193545535F,    0.0531017929F,
                                     0.00388335926F, 0.000284565496F, 1.9867698e-06F};
  static constexpr Scalar below[] = {1.0F,          0.504857838F,   0.115350179F,
                                     0.0152072832F, 0.00118557329F, 3.74200208e-05F};
  const auto within = [](Batch x, Scalar limit) {  // NaN stays one
    const Batch most = xsimd::select(x > Batch(limit), Batch(limit), x);
    return xsimd::select(most < Batch(-limit), Batch(-limit), most);
  };
  const Batch x = within(argument, 4), square = x * x;
  return within(x * polynomial(above, square) / polynomial(below, square), 1);
}
#endif

// 1 where a comparison holds.
Vec indicator(IntVec holds) { return holds ? splat(1) : Vec{}; }

// The elements of a vector of y are in a vector of x.
void repeat(const Scalar* x, const std::uint16_t* place, Scalar* y, std::size_t size) {
  using Places [[gnu::vector_size(lanes * sizeof(std::uint16_t))]] = std::uint16_t;
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    Places places;
    std::memcpy(&places, place + i, sizeof places);
    const IntVec index = __builtin_convertvector(places - places[0], IntVec);
    const std::size_t count = places[lanes - 1] - places[0] + std::size_t{1};
    store(y + i, permuted(load(x + places[0], Lanes{count}), index));
  }
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
  loop_of(Function::sqrt) = math([](Batch x) { return xsimd::sqrt(x); });
  loop_of(Function::exp) = math([](Batch x) { return xsimd::exp(x); });
  loop_of(Function::expm1) = math([](Batch x) { return xsimd::expm1(x); });
  loop_of(Function::log) = math([](Batch x) { return xsimd::log(x); });
  loop_of(Function::log1p) = math([](Batch x) { return log1p(x); });
  loop_of(Function::tanh) = math([](Batch x) { return xsimd::tanh(x); });
  loop_of(Function::sigmoid) =
      math([](Batch x) { return Scalar{1} / (Scalar{1} + xsimd::exp(-x)); });
  // No overflow for large numbers, and exact for small.
  loop_of(Function::softplus) = math([](Batch x) {
    return xsimd::select(x < Batch(0), Batch(0), x) + log1p_up_to_1(xsimd::exp(-xsimd::abs(x)));
  });
  loop_of(Function::erf) = math([](Batch x) { return erf(x); });
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
  k.sum = sum;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA

// SPDX-License-Identifier: MIT
#include <xtape/layers/init.hpp>

#include <cmath>

namespace xtape::inline XTAPE_ABI::init {
namespace {

Array uniform(const Shape& shape, double variance, Rng& rng) {
  const double bound = std::sqrt(3 * variance);
  Array array = uninitialized(shape);
  for (Scalar& x : array.storage()) x = static_cast<Scalar>(bound * (2 * rng.uniform() - 1));
  return array;
}

Array normal(const Shape& shape, double variance, Rng& rng) {
  const double deviation = std::sqrt(variance);
  Array array = uninitialized(shape);
  for (Scalar& x : array.storage()) x = static_cast<Scalar>(deviation * rng.normal());
  return array;
}

double glorot(const Fans& f) { return 2 / static_cast<double>(f.in + f.out); }
double he(const Fans& f) { return 2 / static_cast<double>(f.in); }
double lecun(const Fans& f) { return 1 / static_cast<double>(f.in); }

}  // namespace

Array zeros(const Shape& shape, const Fans&, Rng&) { return xtape::zeros(shape); }

Initializer constant(double value) {
  return [value](const Shape& shape, const Fans&, Rng&) {
    return full(shape, static_cast<Scalar>(value));
  };
}

Array glorot_uniform(const Shape& s, const Fans& f, Rng& rng) { return uniform(s, glorot(f), rng); }
Array glorot_normal(const Shape& s, const Fans& f, Rng& rng) { return normal(s, glorot(f), rng); }
Array he_uniform(const Shape& s, const Fans& f, Rng& rng) { return uniform(s, he(f), rng); }
Array he_normal(const Shape& s, const Fans& f, Rng& rng) { return normal(s, he(f), rng); }
Array lecun_uniform(const Shape& s, const Fans& f, Rng& rng) { return uniform(s, lecun(f), rng); }
Array lecun_normal(const Shape& s, const Fans& f, Rng& rng) { return normal(s, lecun(f), rng); }
Array torch_uniform(const Shape& s, const Fans& f, Rng& rng) {
  return uniform(s, lecun(f) / 3, rng);
}

}  // namespace xtape::inline XTAPE_ABI::init

// SPDX-License-Identifier: MIT
#include <xtape/layers/init.hpp>

#include "ranges.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

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

// Of a weight (..., in, out), whose taps come first.
void check_weight(const Op& op, const Shape& shape) {
  if (shape.size() < 2) throw ShapeError(op, text("expected a weight (..., in, out), got ", shape));
}

using Vectors = std::vector<std::vector<double>>;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// Makes them orthogonal and of length 1: Gram-Schmidt, which takes what is along the vectors before from each, twice
// over, as the first time leaves rounding errors.
void orthonormalize(Vectors& vectors) {
  for (auto v = vectors.begin(); v != vectors.end(); ++v) {
    for (int time = 0; time < 2; ++time)
      for (auto before = vectors.begin(); before != v; ++before)
        std::transform(v->begin(), v->end(), before->begin(), v->begin(),
                       [along = dot(*v, *before)](double x, double b) { return x - along * b; });
    const double length = std::sqrt(dot(*v, *v));
    for (double& x : *v) x /= length;
  }
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

Initializer truncated_normal(double deviation, Location at) {
  check_not_negative({"truncated_normal", at}, "deviation", deviation);
  return [deviation](const Shape& shape, const Fans&, Rng& rng) {
    Array array = uninitialized(shape);
    for (Scalar& x : array.storage()) {
      double drawn = rng.normal();
      while (std::abs(drawn) > 2) drawn = rng.normal();
      x = static_cast<Scalar>(deviation * drawn);
    }
    return array;
  };
}

Initializer orthogonal(double gain, Location at) {
  check_option({"orthogonal", at}, "gain", gain, std::isfinite(gain), "finite");
  return [gain, at](const Shape& shape, const Fans&, Rng& rng) {
    check_weight({"orthogonal", at}, shape);
    Array array = uninitialized(shape);
    const std::size_t columns = shape.back(), rows = columns == 0 ? 0 : array.size() / columns;
    const bool tall = rows >= columns;
    Vectors vectors(std::min(rows, columns), std::vector<double>(std::max(rows, columns)));
    for (std::vector<double>& v : vectors) std::ranges::generate(v, [&] { return rng.normal(); });
    orthonormalize(vectors);
    for (std::size_t i = 0; i < array.size(); ++i) {
      const std::size_t row = i / columns, column = i % columns;
      array.data()[i] =
          static_cast<Scalar>(gain * (tall ? vectors[column][row] : vectors[row][column]));
    }
    return array;
  };
}

Array identity(const Shape& shape, const Fans& fans, Rng&) {
  check_weight("identity", shape);
  const std::size_t in = shape[shape.size() - 2], out = shape.back();
  std::size_t taps = 1, middle = 0;
  for (std::size_t axis = 0; axis + 2 < shape.size(); ++axis) {
    taps *= shape[axis];
    middle = middle * shape[axis] + (shape[axis] - 1) / 2;
  }
  const std::size_t group = std::clamp<std::size_t>(fans.out / std::max<std::size_t>(taps, 1), 1,
                                                    std::max<std::size_t>(out, 1));
  Array array = xtape::zeros(shape);
  for (std::size_t o = 0; o < out && taps > 0; ++o)
    if (o % group < in) array.data()[(middle * in + o % group) * out + o] = 1;
  return array;
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

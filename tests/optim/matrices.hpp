// SPDX-License-Identifier: MIT
// The formulas of optimizers that look at whole parameters, in plain loops.
#pragma once

#include "adam.hpp"
#include "trajectory.hpp"

namespace test {

inline double norm_of(std::span<const double> x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return std::sqrt(sum);
}

inline void lamb_step(const LAMB::Options& o, int t, double a, Tensor& x) {
  std::vector<double> u;
  for (std::size_t i = 0; i < x.w.size(); ++i) {
    average(x.state[i], x.g[i]);
    const double m = x.state[i][0] / (1 - std::pow(0.9, t)),
                 v = x.state[i][1] / (1 - std::pow(0.999, t));
    u.push_back(m / (std::sqrt(v) + o.epsilon));
    if (o.decay_in_ratio) u.back() += o.weight_decay * x.w[i];
  }
  const double of_w = norm_of(x.w), of_u = norm_of(u);
  for (std::size_t i = 0; i < x.w.size(); ++i) {
    const double decay = o.decay_in_ratio ? 0 : a * o.weight_decay * x.w[i];
    x.w[i] = x.w[i] - a * (of_u > 0 ? of_w / of_u : 1) * u[i] - decay;
  }
}

/// c (m, n) = a (m, k) * b (k, n).
inline std::vector<double> times(const std::vector<double>& a, const std::vector<double>& b,
                                 std::size_t m, std::size_t k, std::size_t n) {
  std::vector<double> c(m * n);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t l = 0; l < k; ++l)
      for (std::size_t j = 0; j < n; ++j) c[i * n + j] += a[i * k + l] * b[l * n + j];
  return c;
}

/// (in, out) made orthogonal by five steps, as the author's code does: with the shorter side first.
inline std::vector<double> orthogonal(std::vector<double> x, std::size_t in, std::size_t out) {
  const auto turned = [](const std::vector<double>& from, std::size_t rows, std::size_t columns) {
    std::vector<double> to;
    for (std::size_t c = 0; c < columns; ++c)
      for (std::size_t r = 0; r < rows; ++r) to.push_back(from[r * columns + c]);
    return to;
  };
  if (in > out) return turned(orthogonal(turned(x, in, out), out, in), out, in);
  const double norm = norm_of(x) + 1e-7;
  for (double& v : x) v /= norm;
  for (int step = 0; step < 5; ++step) {
    std::vector<double> gram = times(x, turned(x, in, out), in, out, in);
    const std::vector<double> squared = times(gram, gram, in, in, in);
    for (std::size_t i = 0; i < gram.size(); ++i) gram[i] = -4.7750 * gram[i] + 2.0315 * squared[i];
    const std::vector<double> more = times(gram, x, in, in, out);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 3.4445 * x[i] + more[i];
  }
  return x;
}

/// Keras' preset, with half the rate for what is no matrix.
inline void muon_step(int t, double a, Tensor& x) {
  if (x.shape.size() < 2) {
    average(x.state[0], x.g[0]);
    x.w[0] = x.w[0] - a / 2 * 0.004 * x.w[0];
    x.w[0] = x.w[0] - a / 2 * x.state[0][0] / (1 - std::pow(0.9, t)) /
                          (std::sqrt(x.state[0][1] / (1 - std::pow(0.999, t))) + 1e-7);
    return;
  }
  const std::size_t out = x.shape.back(), in = x.w.size() / out;
  std::vector<double> ahead;
  for (std::size_t i = 0; i < x.w.size(); ++i) {
    double& m = x.state[i][0];
    m = 0.95 * m + 0.05 * x.g[i];
    ahead.push_back(0.95 * m + 0.05 * x.g[i]);
  }
  const std::vector<double> u = orthogonal(ahead, in, out);
  const double scale = 0.2 * std::sqrt(static_cast<double>(std::max(in, out)));
  for (std::size_t i = 0; i < x.w.size(); ++i) x.w[i] = x.w[i] * (1 - a * 0.004) - a * scale * u[i];
}

}  // namespace test

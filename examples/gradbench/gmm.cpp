// SPDX-License-Identifier: MIT
#include "evaluations.hpp"

#include <cmath>
#include <numbers>

using namespace xtape;

namespace gradbench {
namespace {

// Lower triangular matrices (K, D, D) with the diagonals e^q (K, D) and, below, the columns of l (K, D (D - 1) / 2).
Variable triangular(const Variable& q, const Variable& l) {
  const std::size_t count = q.shape()[0], size = q.shape()[1], zero = size + l.shape()[1];
  std::vector<std::int32_t> ids(size * size, static_cast<std::int32_t>(zero));
  for (std::size_t column = 0, next = size; column < size; ++column) {
    ids[column * size + column] = static_cast<std::int32_t>(column);
    for (std::size_t row = column + 1; row < size; ++row)
      ids[row * size + column] = static_cast<std::int32_t>(next++);
  }
  const Variable elements =
      concatenate({exp(q), l, q.tape().input(zeros({count, 1}))}, {.axis = 1});
  return gather(elements, Ids{ids, {size, size}}, {.axis = 1});
}

// The logarithm of Wishart's density of the precisions Q^T Q, with d + m + 1 degrees of freedom and the scale
// 1 / gamma^2, and so of the function Gamma of d dimensions at half of these.
Variable log_prior(double gamma, double m, const Variable& q, const Variable& Q) {
  const auto k = static_cast<double>(q.shape()[0]), d = static_cast<double>(q.shape()[1]);
  const double n = d + m + 1;
  double log_gamma = d * (d - 1) / 4 * std::log(std::numbers::pi);
  for (double j = 0; j < d; ++j) log_gamma += std::lgamma((n - j) / 2);
  const double constant = n * d * std::log(gamma / std::numbers::sqrt2) - log_gamma;
  return k * constant - gamma * gamma / 2 * sum(square(Q)) + m * sum(q);
}

// The logarithm of the likelihood of points (N, D), under a mixture of normal distributions around mu (K, D) with the
// weights softmax(alpha) and the precisions Q^T Q, and of its prior.
Variable log_posterior(const Input& in, const Variable& alpha, const Variable& mu,
                       const Variable& q, const Variable& l) {
  const Variable x = alpha.tape().input(in("x", 2)), Q = triangular(q, l);
  const Variable z = einsum("nj,kij->nki", x, Q) - einsum("kj,kij->ki", mu, Q);  // Q_k (x_n - mu_k)
  const Variable log_densities =
      sum(q, {.axes = {1}}) - 0.5 * sum(square(z), {.axes = {2}}) -
      0.5 * std::log(2 * std::numbers::pi) * static_cast<double>(x.shape()[1]);
  return sum(logsumexp(log_softmax(alpha) + log_densities, {.axes = {1}})) +
         log_prior(in.number("gamma"), in.number("m"), q, Q);
}

}  // namespace

Module gmm() {
  return {{"objective",
           [](const Input& in) {
             const auto f = std::bind_front(log_posterior, std::cref(in));
             return value(f, in("alpha", 1), in("mu", 2), in("q", 2), in("l", 2));
           }},
          {"jacobian", [](const Input& in) {
             const auto f = std::bind_front(log_posterior, std::cref(in));
             const auto [alpha, mu, q, l] =
                 gradients(f, in("alpha", 1), in("mu", 2), in("q", 2), in("l", 2));
             return std::map<std::string, Array>{{"alpha", alpha}, {"mu", mu}, {"q", q}, {"l", l}};
           }}};
}

}  // namespace gradbench

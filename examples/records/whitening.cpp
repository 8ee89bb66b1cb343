// SPDX-License-Identifier: MIT
#include "whitening.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace xtape;

namespace records {
namespace {

// A square matrix, row-major.
class Matrix {
 public:
  explicit Matrix(std::size_t n) : n_{n}, elements_(n * n) {}
  std::size_t size() const { return n_; }
  double& operator()(std::size_t i, std::size_t j) { return elements_[i * n_ + j]; }
  double operator()(std::size_t i, std::size_t j) const { return elements_[i * n_ + j]; }

 private:
  std::size_t n_;
  std::vector<double> elements_;
};

// The mean of p p' over all patches p.
Matrix second_moments(const Array& images, std::size_t k) {
  const std::size_t height = images.shape()[1], width = images.shape()[2],
                    channels = images.shape()[3], row = k * channels;
  Matrix sums{k * row};
  std::vector<double> patch(k * row);
  std::size_t count = 0;
  for (std::size_t image = 0; image < images.shape()[0]; ++image)
    for (std::size_t y = 0; y + k <= height; ++y)
      for (std::size_t x = 0; x + k <= width; ++x, ++count) {
        for (std::size_t i = 0; i < k; ++i)
          std::copy_n(images.data() + ((image * height + y + i) * width + x) * channels, row,
                      patch.data() + i * row);
        for (std::size_t i = 0; i < patch.size(); ++i)
          for (std::size_t j = 0; j < patch.size(); ++j) sums(i, j) += patch[i] * patch[j];
      }
  for (std::size_t i = 0; i < patch.size(); ++i)
    for (std::size_t j = 0; j < patch.size(); ++j) sums(i, j) /= static_cast<double>(count);
  return sums;
}

// Turns rows and columns p and q of a symmetric matrix so that their common element becomes 0, and the columns of v
// with them.
void rotate(Matrix& a, Matrix& v, std::size_t p, std::size_t q) {
  if (a(p, q) == 0) return;
  const double angle = 0.5 * std::atan2(2 * a(p, q), a(q, q) - a(p, p));
  const double c = std::cos(angle), s = std::sin(angle);
  const auto turn = [c, s](double& x, double& y) {
    const double before = x;
    x = c * before - s * y;
    y = s * before + c * y;
  };
  for (std::size_t i = 0; i < a.size(); ++i) turn(a(i, p), a(i, q));
  for (std::size_t i = 0; i < a.size(); ++i) turn(a(p, i), a(q, i));
  for (std::size_t i = 0; i < a.size(); ++i) turn(v(i, p), v(i, q));
}

// Jacobi's method: leaves the eigenvalues of a symmetric matrix on its diagonal, and returns its eigenvectors, one in
// each column. Each sweep squares what is beside the diagonal, so that ten are more than enough for a small one.
Matrix diagonalize(Matrix& a) {
  Matrix v{a.size()};
  for (std::size_t i = 0; i < a.size(); ++i) v(i, i) = 1;
  for (int sweep = 0; sweep < 10; ++sweep)
    for (std::size_t p = 0; p < a.size(); ++p)
      for (std::size_t q = p + 1; q < a.size(); ++q) rotate(a, v, p, q);
  return v;
}

}  // namespace

Array whitening_filters(const Array& images, std::size_t k, double epsilon) {
  Matrix moments = second_moments(images, k);
  const Matrix vectors = diagonalize(moments);
  const std::size_t n = vectors.size();
  Array filters = zeros({k, k, images.shape()[3], 2 * n});
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      const double element = vectors(i, j) / std::sqrt(moments(j, j) + epsilon);
      filters.data()[i * 2 * n + j] = static_cast<Scalar>(element);
      filters.data()[i * 2 * n + n + j] = static_cast<Scalar>(-element);
    }
  return filters;
}

}  // namespace records

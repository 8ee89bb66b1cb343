// SPDX-License-Identifier: MIT
// Winograd's minimal filtering, F(4, 3): the four sums y_i = x_i w_0 + x_{i+1} w_1 + x_{i+2} w_2 of six x take six
// multiplications, not twelve, as y = A^T ((G w) * (B^T x)).
//
// Where it comes from: a polynomial of degree 3 times one of degree 2 has six coefficients, so it is known from the
// products of their values at six points. A and G take the values, and B^T, transposed, finds the coefficients; a
// filter is the transpose of such a product. The points are 0, a, -a, b, -b and infinity, where the value is the
// highest coefficient. Which a and b decides about rounding: with 1 and 2, which are common, errors are twice as large
// as with these, whose powers and products are exact in float.
//
// Of an image, columns are transformed and then rows: 36 multiplications, one for each position in a square of 6 x 6,
// make 4 x 4 pixels. Vectors are channels, so all of this is plain arithmetic of vectors.
#pragma once

#include "kernels/tile.hpp"
#include "kernels/winograd.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA::winograd {

inline constexpr std::size_t outputs = winograd_tile, taps = 3, points = outputs + taps - 1,
                             positions = points * points;
inline constexpr Scalar a = Scalar{11} / 16, b = Scalar{3} / 2, aa = a * a, bb = b * b;
/// What the values of a kernel at 0, at a and -a, and at b and -b are divided by: the product of the distances of a
/// point from the others.
inline constexpr Scalar at_0 = aa * bb, at_a = 2 * aa * (aa - bb), at_b = 2 * bb * (bb - aa);

/// What is transformed, in its place: so many of the elements are given, and so many wanted, as there are.
using Line = Vec[points];

/// B^T x, of six.
[[gnu::always_inline]] inline void input(Line& x) {
  const Vec first = aa * bb * x[0] - (aa + bb) * x[2] + x[4],
            last = aa * bb * x[1] - (aa + bb) * x[3] + x[5];
  const Vec even_a = x[4] - bb * x[2], odd_a = a * (x[3] - bb * x[1]);
  const Vec even_b = x[4] - aa * x[2], odd_b = b * (x[3] - aa * x[1]);
  x[0] = first;
  x[1] = even_a + odd_a, x[2] = even_a - odd_a;
  x[3] = even_b + odd_b, x[4] = even_b - odd_b;
  x[5] = last;
}

/// G w, six of three.
[[gnu::always_inline]] inline void kernel(Line& w) {
  const Vec even_a = 1 / at_a * w[0] + aa / at_a * w[2], odd_a = a / at_a * w[1];
  const Vec even_b = 1 / at_b * w[0] + bb / at_b * w[2], odd_b = b / at_b * w[1];
  w[5] = w[2];
  w[0] = 1 / at_0 * w[0];
  w[1] = even_a + odd_a, w[2] = even_a - odd_a;
  w[3] = even_b + odd_b, w[4] = even_b - odd_b;
}
/// G^T u, three of six.
[[gnu::always_inline]] inline void kernel_gradient(Line& u) {
  const Vec even_a = 1 / at_a * (u[1] + u[2]), odd_a = a / at_a * (u[1] - u[2]);
  const Vec even_b = 1 / at_b * (u[3] + u[4]), odd_b = b / at_b * (u[3] - u[4]);
  u[0] = 1 / at_0 * u[0] + even_a + even_b;
  u[1] = odd_a + odd_b;
  u[2] = aa * even_a + bb * even_b + u[5];
}

/// A^T m, four of six.
[[gnu::always_inline]] inline void result(Line& m) {
  const Vec even_a = m[1] + m[2], odd_a = a * (m[1] - m[2]);
  const Vec even_b = m[3] + m[4], odd_b = b * (m[3] - m[4]);
  m[0] = m[0] + even_a + even_b;
  m[1] = odd_a + odd_b;
  m[2] = aa * even_a + bb * even_b;
  m[3] = aa * odd_a + bb * odd_b + m[5];
}
/// A g, six of four.
[[gnu::always_inline]] inline void gradient(Line& g) {
  const Vec even_a = g[0] + aa * g[2], odd_a = a * (g[1] + aa * g[3]);
  const Vec even_b = g[0] + bb * g[2], odd_b = b * (g[1] + bb * g[3]);
  g[5] = g[3];
  g[1] = even_a + odd_a, g[2] = even_a - odd_a;
  g[3] = even_b + odd_b, g[4] = even_b - odd_b;
}

/// Transforms the columns of a square, `From` of as many elements, and then what are its rows. load(j, line) reads
/// column j, store(i, line) writes row i of `To`. The loops over lines are not unrolled: what is between the two does
/// not fit into the registers, and addresses would not either.
template <std::size_t From, std::size_t To, class Load, class Store>
[[gnu::always_inline]] inline void transform(void (*along)(Line&), Load load, Store store) {
  Vec half[To][From];
  for (std::size_t j = 0; j < From; ++j) {
    Line column;
    load(j, column);
    along(column);
    XTAPE_UNROLL
    for (std::size_t i = 0; i < To; ++i) half[i][j] = column[i];
  }
  for (std::size_t i = 0; i < To; ++i) {
    Line row;
    XTAPE_UNROLL
    for (std::size_t j = 0; j < From; ++j) row[j] = half[i][j];
    along(row);
    store(i, row);
  }
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA::winograd

// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <iostream>

//! [printing]
#include <xtensor/xio.hpp>  // prints arrays
//! [printing]

using namespace xtape;

int main() {
  //! [making]
  Array a{{1, 2, 3}, {4, 5, 6}};  // elements in braces: 2 x 3
  Array b = full({2, 3}, 0.5);    // a shape and a value
  Array images = zeros({64, 28, 28, 1});
  std::cout << a << '\n' << to_string(a.shape()) << ' ' << to_string(images.shape()) << '\n';
  //! [making]

  //! [using]
  Array c = a * b + 1;  // elementwise, computed where an Array is made
  c(1, 2) = 100;        // row 1, column 2, from 0
  std::cout << c << '\n' << "size " << c.size() << ", axes " << c.dimension() << '\n';

  Scalar total = 0;
  for (const Scalar element : c) total += element;  // row by row
  std::cout << "total " << total << '\n';
  //! [using]

  //! [computing]
  const Array products = compute::matmul(a, compute::transpose(a));  // of the rows of a
  const Formula gap{[](Term x, Term y) { return abs(x - y); }};
  std::cout << products << '\n' << gap(a, b) << '\n' << "in all " << gap.sum(a, b) << '\n';
  //! [computing]

  //! [random]
  Rng rng{42};
  Array noise = zeros({2, 2});
  for (Scalar& element : noise) element = static_cast<Scalar>(rng.normal());
  std::cout << noise << '\n';
  //! [random]
}

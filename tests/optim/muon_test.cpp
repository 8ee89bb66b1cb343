// SPDX-License-Identifier: MIT
// What makes Muon: matrices that turn all directions alike.
#include "../support.hpp"
#include "matrices.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(muon)

namespace {

// How far one step takes a parameter with these gradients, without decay.
Array step_of(const Array& gradient, Muon::Options options) {
  options.weight_decay = 0;
  Parameter p{zeros(gradient.shape())};
  p.grad() = gradient;
  Parameter* pass[] = {&p};
  Muon muon{options};
  walk(pass, muon);
  return p.value();
}

}  // namespace

// x'x of a step of size 1 has the squares of the singular values, which are between 0.7 and 1.2, for its eigenvalues.
BOOST_AUTO_TEST_CASE(steps_have_singular_values_near_1) {
  const Array x = step_of(random({40, 6}), {.learning_rate = 1, .scale = Muon::Scale::spectral});
  double trace = 0, of_squares = 0;
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < 6; ++j) {
      double product = 0;
      for (std::size_t r = 0; r < 40; ++r) product += x(r, i) * x(r, j);
      if (i == j) trace += product;
      of_squares += product * product;
    }
  // Their sum, and the sum of their squares.
  BOOST_TEST((trace > 6 * 0.45 && trace < 6 * 1.5));
  BOOST_TEST((of_squares > 6 * 0.2 && of_squares < 6 * 2.25));
}

// The singular values of a diagonal matrix are its elements: what five steps make of them.
BOOST_AUTO_TEST_CASE(a_diagonal_matrix_stays_one) {
  const double values[] = {3, -2, 0.5};
  Array diagonal = zeros({3, 5});
  double norm = 0;
  for (std::size_t i = 0; i < 3; ++i) diagonal(i, i) = values[i], norm += values[i] * values[i];
  const Array x = step_of(diagonal, {.learning_rate = 1, .scale = Muon::Scale::spectral});
  norm = std::sqrt(norm);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 5; ++j) {
      double s = i == j ? values[i] / norm : 0;
      for (int k = 0; k < 5; ++k) s = s * (3.4445 - 4.7750 * s * s + 2.0315 * s * s * s * s);
      BOOST_TEST(std::abs(x(i, j) + s * std::sqrt(5 / 3.0)) < 1e-5, i << ' ' << j);
    }
}

BOOST_AUTO_TEST_CASE(scales_go_by_the_sides) {
  Array filter = Model::make({3, 3, 2, 8}).value(), matrix = filter;
  matrix.reshape({18, 8});
  const Array of_filter = step_of(filter, {}), of_matrix = step_of(matrix, {});
  for (std::size_t i = 0; i < matrix.size(); ++i)
    BOOST_TEST(of_filter.data()[i] == of_matrix.data()[i]);
  const Array spectral = step_of(matrix, {.scale = Muon::Scale::spectral});
  BOOST_TEST(of_matrix(2, 3) / spectral(2, 3) == 0.2 * std::sqrt(18),
             boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(matrices_keep_one_array_and_others_two) {
  Muon muon;
  BOOST_TEST(muon.state(Model::make({4, 3})).size() == 1u);
  BOOST_TEST(muon.state(Model::make({4})).size() == 2u);
  BOOST_TEST((step_of(zeros({4, 3}), {}) == zeros({4, 3})));
}

BOOST_AUTO_TEST_SUITE_END()

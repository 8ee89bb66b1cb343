// SPDX-License-Identifier: MIT
#include "../../examples/records/whitening.hpp"

#include <boost/test/unit_test.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/conv.hpp>
#include <xtape/ops/linear.hpp>
#include <xtape/ops/shape.hpp>
#include <xtape/tape.hpp>

BOOST_AUTO_TEST_SUITE(whitening)

namespace {
using namespace xtape;
}

BOOST_AUTO_TEST_CASE(patches_of_images_become_white) {
  Rng rng{1};
  Array images = rng.normal({20, 8, 8, 3});
  for (std::size_t i = 1; i < images.size(); ++i) images.data()[i] += images.data()[i - 1];
  const Array filters = records::whitening_filters(images, 2, 0);
  Tape tape;
  const Variable white = conv2d(tape.input(images), tape.input(filters));
  const Variable rows = reshape(white, {-1, 24});
  const Variable moments = matmul(transpose(rows), rows) / (20.0 * 49);
  for (std::size_t i = 0; i < 24; ++i)
    for (std::size_t j = 0; j < 24; ++j)
      BOOST_TEST(std::abs(moments.value()(i, j) - (i == j) + (i % 12 == j % 12 && i != j)) < 1e-3);
}

BOOST_AUTO_TEST_SUITE_END()

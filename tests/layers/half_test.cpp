// SPDX-License-Identifier: MIT
// A net with convolutions learns in half precision as it does in float.
#include "../kernels/half_units.hpp"
#include "../support.hpp"

#include <xtape/data.hpp>
#include <xtape/layers.hpp>
#include <xtape/optim.hpp>
#include <xtape/train.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(half_training)

namespace {

double accuracy(const HalfUnit* unit) {
  const kernels::HalfScope scope{unit};
  const data::ImageDataset train = data::synthetic_digits({.count = 800, .seed = 1}),
                           test = data::synthetic_digits({.count = 300, .seed = 2});
  Rng rng{1};
  Sequential net{
      Conv2D{{.in = 1, .out = 16, .kernel = 5, .activation = Activation::relu, .max_pool = 3}, rng},
      Conv2D{{.in = 16, .out = 32, .kernel = 3, .activation = Activation::relu, .max_pool = 2},
             rng},
      flatten, Dense{{.in = 3 * 3 * 32, .out = 64, .activation = Activation::relu}, rng},
      Dense{{.in = 64, .out = 10}, rng}};
  Adam adam{{.learning_rate = 3e-3}};
  return fit(net, train, test, {.epochs = 4, .batch_size = 32, .log = nullptr}, rng, adam)
      .test()["accuracy"];
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_learns_as_in_float) {
  const double full = accuracy(nullptr), half = accuracy(&emulated_tiles);
  BOOST_TEST_MESSAGE("accuracy " << full << ", in half precision " << half);
  BOOST_TEST(full > 0.85);
  BOOST_TEST(half > 0.85);
  BOOST_TEST(std::abs(half - full) < 0.05);
  constexpr bool rounds = std::same_as<Scalar, float>;  // no half of double
  BOOST_TEST((half != full) == rounds);
}

BOOST_AUTO_TEST_SUITE_END()

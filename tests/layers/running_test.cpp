// SPDX-License-Identifier: MIT
// A layer with frozen parameters to which it writes while it is applied: its gradients are right, and what
// only looks at it leaves it as it was.
#include "../support.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/summary.hpp>
#include <xtape/testing.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

namespace {

// (x - running mean) * scale, where training moves the mean towards that of the batch.
class Centred {
 public:
  explicit Centred(std::size_t size) : scale_{random({size}, 0.5, 1.5)}, mean_{random({size})} {
    mean_.trainable = false;
  }
  Variable operator()(const Variable& x) {
    Tape& tape = x.tape();
    const Variable mean = tape.parameter(mean_), batch_mean = xtape::mean(x, {.axes = {0}});
    const Variable y = (x - mean) * tape.parameter(scale_) * mean;
    if (tape.mode() == Mode::train) {
      Array moved = uninitialized(mean.shape());
      for (std::size_t i = 0; i < moved.size(); ++i)
        moved.data()[i] = (mean.value().data()[i] + batch_mean.value().data()[i]) / 2;
      mean_.value() = std::move(moved);
    }
    return y;
  }
  void parameters(ParameterList& list) { list("scale", scale_), list("mean", mean_); }

 private:
  Parameter scale_, mean_;
};

std::vector<double> values(Sequential& net) {
  std::vector<double> all;
  for (const auto& [name, parameter] : parameters(net))
    for (const double v : elements(parameter->value())) all.push_back(v);
  return all;
}

Sequential make_net() {
  Rng rng{1};
  return Sequential{Dense{{.in = 3, .out = 2}, rng}, Centred{2}, Centred{2}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(running_statistics)

BOOST_AUTO_TEST_CASE(gradients_of_a_model_with_frozen_parameters) {
  Sequential net = make_net();
  const std::vector<double> before = values(net);
  BOOST_TEST(testing::model_gradient_error(net, random({4, 3})) < testing::gradient_tolerance);
  BOOST_TEST((values(net) == before));
  // A frozen weight that nothing writes to: the others are still checked.
  parameters(net)[0].parameter->trainable = false;
  BOOST_TEST(testing::model_gradient_error(net, random({4, 3})) < testing::gradient_tolerance);
  BOOST_TEST((values(net) == before));
}

BOOST_AUTO_TEST_CASE(a_wrong_gradient_beside_a_frozen_parameter_is_found) {
  Sequential net = make_net();
  net.add([](const Variable& x) {
    return record("odd", x.shared_value(), wrt(x, [](Array& g) { g.data()[0] *= Scalar{1.5}; }));
  });
  BOOST_TEST(testing::model_gradient_error(net, random({4, 3})) > 0.01);
}

BOOST_AUTO_TEST_CASE(a_summary_leaves_the_model_as_it_was) {
  Sequential net = make_net();
  const std::vector<double> before = values(net);
  const ModelSummary s = summary(net, {3});
  BOOST_TEST((values(net) == before));
  BOOST_REQUIRE(s.layers.size() == 3u);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(s.layers[i].parameters == (i == 0 ? 8u : 4u));
  BOOST_TEST(s.parameters == 16u);
  BOOST_TEST(s.trainable == 12u);
}

BOOST_AUTO_TEST_SUITE_END()

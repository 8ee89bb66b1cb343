// SPDX-License-Identifier: MIT
// Slow weights that follow an optimizer.
#include "../directory.hpp"
#include "model.hpp"

#include <xtape/io/checkpoint.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(look_ahead)

namespace {

void run(Model& model, Visitor& visitor, int first, int last) {
  for (int t = first; t <= last; ++t) {
    set_gradients(model, t);
    visit(model, visitor);
  }
}

}  // namespace

// With the state of the optimizer as it is.
BOOST_AUTO_TEST_CASE(every_few_steps_the_weights_go_back_a_part) {
  Model ahead, plain;
  Adam adam, same;
  auto visitor = lookahead(adam, {.interval = 3, .alpha = 0.25});
  std::vector<double> slow = values(plain);
  for (int t = 1; t <= 8; ++t) {
    run(ahead, visitor, t, t);
    run(plain, same, t, t);
    if (t % 3 == 0) {
      std::size_t i = 0;
      for (Parameter* p : plain.all())
        for (double& w : p->value().storage()) {
          slow[i] = 0.75 * slow[i] + 0.25 * w;
          w = slow[i++];
        }
    }
    const std::vector<double> x = values(ahead), y = values(plain);
    for (std::size_t i = 0; i < x.size(); ++i) BOOST_REQUIRE_SMALL(x[i] - y[i], 1e-14);
  }
  BOOST_TEST(adam.steps() == 8u);
  BOOST_TEST(visitor->steps() == 8u);
}

BOOST_AUTO_TEST_CASE(a_training_resumes) {
  const Directory directory;
  Model whole, begun, resumed;
  auto a = lookahead(Adam{}, {.interval = 4}), b = lookahead(Adam{}, {.interval = 4}),
       c = lookahead(Adam{}, {.interval = 4});
  run(whole, a, 1, 10);
  run(begun, b, 1, 6);
  Checkpoint{begun}.add("ahead", b).save(directory / "state");
  Checkpoint{resumed}.add("ahead", c).load(directory / "state");
  run(resumed, c, 7, 10);
  BOOST_TEST((values(whole) == values(resumed)));
}

BOOST_AUTO_TEST_CASE(later_steps_allocate_nothing) {
  Model model;
  auto visitor = lookahead(SGD{}, {.interval = 1});
  run(model, visitor, 1, 1);
  const MemoryStats before = memory_stats();
  run(model, visitor, 2, 4);
  BOOST_TEST(memory_stats().in_use == before.in_use);
  BOOST_TEST(memory_stats().system_allocations == before.system_allocations);
}

BOOST_AUTO_TEST_CASE(options_have_ranges) {
  const auto begins = [](const char* text) {
    return [text](const Error& error) { return std::string{error.what()}.starts_with(text); };
  };
  SGD sgd;
  BOOST_CHECK_EXCEPTION(lookahead(sgd, {.interval = 0}), ValueError,
                        begins("[lookahead] interval must be at least 1, got 0 at lookahead_"));
  BOOST_CHECK_EXCEPTION(lookahead(sgd, {.alpha = 2}), ValueError,
                        begins("[lookahead] alpha must be in [0, 1], got 2 at lookahead_"));
}

BOOST_AUTO_TEST_SUITE_END()

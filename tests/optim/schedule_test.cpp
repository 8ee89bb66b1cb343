// SPDX-License-Identifier: MIT
// Schedules beside the figures of PyTorch and beside their formulas in plain loops.
#include "model.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <numbers>

using namespace test;

BOOST_AUTO_TEST_SUITE(schedules)

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool near(double a, double b) { return std::abs(a - b) <= 1e-12; }

// Checks the rates of step 1, 2, ...
void check_rates(const Schedule& schedule, const std::vector<double>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i)
    BOOST_TEST(near(schedule(i + 1), expected[i]),
               "step " << i + 1 << ": " << schedule(i + 1) << ", expected " << expected[i]);
}

template <class Make>
void check_error(Make make, const std::string& text) {
  BOOST_CHECK_EXCEPTION(make(), ValueError, [&](const ValueError& error) {
    BOOST_TEST(std::string{error.what()}.starts_with(text + " at schedule_test.cpp:"),
               error.what());
    return true;
  });
}

}  // namespace

// The figures are those of PyTorch 1.13.0, SGD in double, read before each optimizer.step().

// StepLR(step_size=3, gamma=0.5)
BOOST_AUTO_TEST_CASE(step_decay_is_that_of_pytorch) {
  check_rates(step_decay({.learning_rate = 0.1, .factor = 0.5, .every = 3}),
              {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125});
}

// ExponentialLR(gamma=0.9)
BOOST_AUTO_TEST_CASE(exponential_decay_is_that_of_pytorch) {
  check_rates(exponential_decay({.learning_rate = 0.1, .factor = 0.9}),
              {0.1, 0.09000000000000001, 0.08100000000000002, 0.07290000000000002,
               0.06561000000000002, 0.05904900000000002});
}

// CosineAnnealingLR(T_max=8, eta_min=0.01)
BOOST_AUTO_TEST_CASE(cosine_decay_is_that_of_pytorch) {
  check_rates(cosine_decay({.learning_rate = 0.1, .steps = 8, .final_rate = 0.01}),
              {0.1, 0.0965745789630079, 0.08681980515339463, 0.07222075445642905, 0.055,
               0.03777924554357096, 0.023180194846605363, 0.013425421036992097, 0.01});
}

// SequentialLR([LinearLR(1/4, 1, total_iters=3), CosineAnnealingLR(T_max=6, eta_min=0.01)], [4])
BOOST_AUTO_TEST_CASE(cosine_decay_with_a_warm_up_is_that_of_pytorch) {
  check_rates(
      cosine_decay({.learning_rate = 0.1, .steps = 10, .warmup_steps = 4, .final_rate = 0.01}),
      {0.025, 0.05, 0.07500000000000001, 0.1, 0.1, 0.09397114317029975, 0.07750000000000001,
       0.055000000000000014, 0.032500000000000015, 0.01602885682970026, 0.01});
}

// OneCycleLR(max_lr, total_steps), in the second case with pct_start=0.45, div_factor=10 and
// final_div_factor=100; the third has no step in which the rate rises.
BOOST_AUTO_TEST_CASE(one_cycle_is_that_of_pytorch) {
  check_rates(
      one_cycle({.learning_rate = 0.1, .steps = 10}),
      {0.0040000000000000036, 0.052000000000000005, 0.1, 0.09504846320134738, 0.0811745653949763,
       0.06112620219362893, 0.03887419780637107, 0.0188258346050237, 0.004951936798652629, 4e-07});
  check_rates(one_cycle({.learning_rate = 0.2,
                         .steps = 7,
                         .warmup_fraction = 0.45,
                         .div_factor = 10,
                         .final_div_factor = 100}),
              {0.01999999999999999, 0.10015659124599129, 0.19784682898003345, 0.17691815748140227,
               0.10621004991610211, 0.03165434267471237, 0.0002});
  check_rates(one_cycle({.learning_rate = 0.1, .steps = 2}), {0.0811745653949763, 4e-07});
}

BOOST_AUTO_TEST_CASE(long_schedules_follow_their_formulas) {
  constexpr double pi = std::numbers::pi;
  const Schedule stairs = step_decay({.learning_rate = 0.3, .factor = 0.1, .every = 250});
  const Schedule smooth = exponential_decay({.learning_rate = 0.3, .factor = 0.5, .every = 100});
  const Schedule cosine =
      cosine_decay({.learning_rate = 0.3, .steps = 1000, .warmup_steps = 99, .final_rate = 1e-4});
  const Schedule cycle = one_cycle({.learning_rate = 0.3, .steps = 1000});
  double stair = 0.3, decayed = 0.3, risen = 0;
  for (std::uint64_t step = 1; step <= 1000; ++step) {
    if (step % 250 == 1 && step > 1) stair *= 0.1;
    BOOST_TEST(near(stairs(step), stair));
    BOOST_TEST(near(smooth(step), decayed));
    decayed *= std::exp2(-0.01);
    const auto s = static_cast<double>(step);
    risen += 0.3 / 99;
    BOOST_TEST(near(cosine(step), step <= 99
                                      ? risen
                                      : 1e-4 + 0.29990 * (1 + std::cos(pi * (s - 100) / 901)) / 2));
    BOOST_TEST(near(cycle(step), step <= 300
                                     ? 0.156 - 0.144 * std::cos(pi * (s - 1) / 299)
                                     : 0.1500006 + 0.1499994 * std::cos(pi * (s - 300) / 700)));
  }
}

BOOST_AUTO_TEST_CASE(after_the_last_step_the_rate_stays) {
  for (std::uint64_t step : {9, 10, 17, 1000000}) {
    BOOST_TEST(cosine_decay({.learning_rate = 1, .steps = 8, .final_rate = 0.25})(step) == 0.25);
    BOOST_TEST(one_cycle({.learning_rate = 1, .steps = 8, .final_div_factor = 2})(step) == 0.02);
  }
  BOOST_TEST(constant_rate(0.3)(1) == 0.3);
  BOOST_TEST(constant_rate(0.3)(1u << 31) == 0.3);
}

BOOST_AUTO_TEST_CASE(the_shortest_ones) {
  check_rates(cosine_decay({.learning_rate = 0.1, .steps = 1}), {0.1, 0});
  check_rates(cosine_decay({.learning_rate = 0.1, .steps = 2, .warmup_steps = 1}), {0.1, 0.1, 0});
  check_rates(one_cycle({.learning_rate = 0.1, .steps = 1, .div_factor = 10}), {1e-6});
  check_rates(step_decay({.learning_rate = 0.1, .factor = 0.5, .every = 1}), {0.1, 0.05, 0.025});
}

BOOST_AUTO_TEST_CASE(options_out_of_their_range) {
  check_error([] { constant_rate(-1); },
              "[constant_rate] learning_rate must be finite and at least 0, got -1");
  check_error([] { step_decay({.every = 1}); },
              "[step_decay] learning_rate must be finite and above 0, got 0");
  check_error([] { step_decay({.learning_rate = 1}); },
              "[step_decay] every must be at least 1, got 0");
  check_error([] { step_decay({.learning_rate = 1, .factor = not_a_number, .every = 1}); },
              "[step_decay] factor must be finite and above 0, got nan");
  check_error([] { exponential_decay({.learning_rate = infinity, .factor = 1}); },
              "[exponential_decay] learning_rate must be finite and above 0, got inf");
  check_error([] { exponential_decay({.learning_rate = 1}); },
              "[exponential_decay] factor must be finite and above 0, got 0");
  check_error([] { exponential_decay({.learning_rate = 1, .factor = 1, .every = 0}); },
              "[exponential_decay] every must be at least 1, got 0");
  check_error([] { cosine_decay({.learning_rate = 1}); },
              "[cosine_decay] steps must be at least 1, got 0");
  check_error([] { cosine_decay({.learning_rate = 1, .steps = 5, .final_rate = -1}); },
              "[cosine_decay] final_rate must be finite and at least 0, got -1");
  check_error([] { cosine_decay({.learning_rate = 1, .steps = 5, .warmup_steps = 5}); },
              "[cosine_decay] warmup_steps must be less than steps, 5, got 5");
  check_error([] { one_cycle({.learning_rate = 1}); },
              "[one_cycle] steps must be at least 1, got 0");
  check_error([] { one_cycle({.learning_rate = 1, .steps = 5, .warmup_fraction = 1}); },
              "[one_cycle] warmup_fraction must be in [0, 1), got 1");
  check_error([] { one_cycle({.learning_rate = 1, .steps = 5, .div_factor = 0.5}); },
              "[one_cycle] div_factor must be finite and at least 1, got 0.5");
  check_error([] { one_cycle({.learning_rate = 1, .steps = 5, .final_div_factor = 0}); },
              "[one_cycle] final_div_factor must be finite and at least 1, got 0");
}

BOOST_AUTO_TEST_CASE(an_optimizer_takes_the_rate_of_each_step_from_its_schedule) {
  Parameter p{full({2}, 0)};
  p.grad() = full({2}, 1);
  Parameter* const pass[] = {&p};
  SGD sgd{{.learning_rate = 100}};
  BOOST_TEST(!sgd.schedule());
  sgd.set_schedule([](std::uint64_t step) { return static_cast<double>(step); });
  BOOST_TEST(!!sgd.schedule());
  double sum = 0;
  for (int step = 1; step <= 4; ++step) {
    walk(pass, sgd);
    sum -= step;
    BOOST_TEST(p.value()(0) == sum);
    BOOST_TEST(sgd.learning_rate() == step);
  }
  sgd.set_learning_rate(7);  // the schedule has the last word
  walk(pass, sgd);
  BOOST_TEST(p.value()(0) == sum - 5);
  sgd.set_schedule({});
  walk(pass, sgd);
  BOOST_TEST(p.value()(0) == sum - 5 - 5);
  sgd.set_learning_rate(7);
  walk(pass, sgd);
  BOOST_TEST(p.value()(0) == sum - 5 - 5 - 7);
}

BOOST_AUTO_TEST_CASE(a_resumed_training_goes_on_in_the_schedule) {
  const Schedule schedule = cosine_decay({.learning_rate = 0.1, .steps = 20, .warmup_steps = 5});
  const auto run = [](Model& model, Optimizer& optimizer, int first, int last) {
    for (int t = first; t <= last; ++t) {
      set_gradients(model, t);
      visit(model, optimizer);
    }
  };
  Model whole, parts;
  SGD one, begun, resumed;
  for (SGD* sgd : {&one, &begun, &resumed}) sgd->set_schedule(schedule);
  run(whole, one, 1, 20);
  run(parts, begun, 1, 8);
  resumed.set_steps(begun.steps());
  run(parts, resumed, 9, 20);
  BOOST_TEST((values(whole) == values(parts)));
}

BOOST_AUTO_TEST_CASE(a_rate_that_makes_no_sense_stops_before_the_step) {
  for (double bad : {-0.5, not_a_number, infinity}) {
    Model model, untouched;
    set_gradients(model, 1);
    Adam adam;
    adam.set_schedule([bad](std::uint64_t step) { return step == 1 ? 0 : bad; });
    visit(model, adam);
    BOOST_CHECK_EXCEPTION(visit(model, adam), ValueError, [&](const ValueError& error) {
      const std::string got = bad < 0 ? "-0.5" : std::isnan(bad) ? "nan" : "inf";
      BOOST_TEST(error.what() ==
                 "[adam] the schedule's learning rate of step 2 must be finite and at least 0, "
                 "got " +
                     got);
      return true;
    });
    BOOST_TEST((values(model) == values(untouched)));
    BOOST_TEST(adam.steps() == 1u);
    BOOST_TEST(adam.learning_rate() == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()

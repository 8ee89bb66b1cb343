// SPDX-License-Identifier: MIT
// Optimizers by name: each is what its class and preset make.
#include "cases.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace test;

BOOST_AUTO_TEST_SUITE(factory)

namespace {

// The parameter after three steps with gradients that change.
Array trained(Optimizer& optimizer) {
  Parameter p{full({4}, 1)};
  Parameter* pass[] = {&p};
  for (int step = 1; step <= 3; ++step) {
    for (std::size_t i = 0; i < p.size(); ++i)
      p.grad().data()[i] = static_cast<Scalar>(step) * (static_cast<Scalar>(i) - Scalar{1.5});
    walk(pass, optimizer);
  }
  return p.value();
}

template <class O>
void check(std::string_view name, Preset preset, const typename O::Options& options) {
  const auto made = make_optimizer(name, preset);
  O direct{options};
  BOOST_TEST(made->learning_rate() == direct.learning_rate(), name);
  BOOST_TEST((trained(*made) == trained(direct)), name);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_name_and_a_preset_make_an_optimizer) {
  check<Adagrad>("adagrad", Preset::keras, Adagrad::keras());
  check<Adadelta>("adadelta", Preset::torch, Adadelta::torch());
  check<RMSprop>("rmsprop", Preset::paper, RMSprop::paper());
  check<AdamW>("adamw", Preset::torch, AdamW::torch());
  for (const auto& [preset, adam, sgd] : {std::tuple{Preset::keras, Adam::keras(), SGD::keras()},
                                          std::tuple{Preset::torch, Adam::torch(), SGD::torch()},
                                          std::tuple{Preset::paper, Adam::paper(), SGD::paper()}}) {
    check<Adam>("adam", preset, adam);
    Adam::Options amsgrad = preset == Preset::paper ? Adam::paper_amsgrad() : adam;
    amsgrad.amsgrad = true;
    check<Adam>("amsgrad", preset, amsgrad);
    SGD::Options options = sgd;
    options.momentum = 0;
    check<SGD>("sgd", preset, options);
    options.momentum = 0.9;
    check<SGD>("momentum", preset, options);
    options.nesterov = true;
    check<SGD>("nesterov", preset, options);
  }
}

BOOST_AUTO_TEST_CASE(every_name_has_a_case_and_what_programs_need) {
  std::set<std::string_view> names, titles;
  for (const NamedOptimizer& named : named_optimizers()) {
    BOOST_TEST_CONTEXT(named.name) {
      BOOST_TEST(std::ranges::count(cases(), named.name, &Case::name) > 0);
      BOOST_TEST(names.insert(named.name).second);
      BOOST_TEST(titles.insert(named.title).second);
      BOOST_TEST(!named.presets.empty());
      for (const Preset preset : named.presets) {
        BOOST_TEST(make_optimizer(named.name, preset, 0.125)->learning_rate() == 0.125);
        const auto options = named.options(preset);
        BOOST_REQUIRE(!options.empty());
        BOOST_TEST(options[0].first == "learning_rate");
        BOOST_TEST(std::stod(options[0].second) ==
                   make_optimizer(named.name, preset)->learning_rate());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_preset_can_be_changed) {
  SGD::Options options = SGD::torch();
  options.learning_rate = 0.25, options.weight_decay = 0.125;
  options.momentum = 0.9, options.nesterov = true;
  SGD direct{options};
  const auto made =
      make_optimizer("nesterov", Preset::torch, {.learning_rate = 0.25, .weight_decay = 0.125});
  BOOST_TEST((trained(*made) == trained(direct)));
  for (const NamedOptimizer& named : named_optimizers())
    for (const Preset preset : named.presets) {
      const auto decaying = make_optimizer(named.name, preset, {.weight_decay = 0.5});
      const auto standard = make_optimizer(named.name, preset);
      BOOST_TEST((trained(*decaying) != trained(*standard)), named.name);
    }
}

BOOST_AUTO_TEST_CASE(what_it_refuses_is_named_at_its_caller) {
  const auto begins = [](const char* text) {
    return [text](const Error& error) { return std::string{error.what()}.starts_with(text); };
  };
  BOOST_CHECK_EXCEPTION(
      make_optimizer("adamm"), ValueError,
      begins("[make_optimizer] there is no optimizer called adamm, expected one of sgd, momentum, "
             "nesterov, adagrad, adadelta, rmsprop, adam, amsgrad, adamw"));
  BOOST_CHECK_EXCEPTION(
      make_optimizer("adam", Preset::torch, -1), ValueError,
      begins("[adam] learning_rate must be finite and at least 0, got -1 at factory_test.cpp:"));
  BOOST_CHECK_EXCEPTION(
      make_optimizer("sgd", Preset::torch, {.weight_decay = -1}), ValueError,
      begins("[sgd] weight_decay must be finite and at least 0, got -1 at factory_test.cpp:"));
}

BOOST_AUTO_TEST_SUITE_END()

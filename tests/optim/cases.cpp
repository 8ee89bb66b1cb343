// SPDX-License-Identifier: MIT
#include "cases.hpp"

#include "adam.hpp"
#include "matrices.hpp"

#include <limits>

namespace test {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class O>
auto make(const typename O::Options& options) {
  return [options] { return std::make_unique<O>(options); };
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  all.push_back({"sgd",
                 make<SGD>({}),
                 {},
                 {},
                 [](int, double a, double& w, double g, State&) { w = w - a * g; },
                 {{[] { SGD{{.learning_rate = not_a_number}}; },
                   "[sgd] learning_rate must be finite and at least 0, got nan"},
                  {[] { SGD{{.weight_decay = -0.1}}; },
                   "[sgd] weight_decay must be finite and at least 0, got -0.1"}}});
  all.push_back({"momentum",
                 make<SGD>({.momentum = 0.9}),
                 {"velocity"},
                 {},
                 [](int, double a, double& w, double g, State& s) {
                   double& last_step = s[0];  // w(t) - w(t-1)
                   last_step = -a * g + 0.9 * last_step;
                   w = w + last_step;
                 },
                 {{[] { SGD{{.momentum = 1}}; }, "[sgd] momentum must be in [0, 1), got 1"}}});
  all.push_back(
      {"nesterov",
       make<SGD>({.momentum = 0.9, .nesterov = true}),
       {"velocity"},
       {},
       [](int, double a, double& w, double g, State& s) {
         s[0] = 0.9 * s[0] - a * g;
         w = w + 0.9 * s[0] - a * g;
       },
       {{[] { SGD{{.nesterov = true}}; }, "[sgd] nesterov needs a momentum above 0, got 0"}}});
  all.push_back({"adagrad",
                 make<Adagrad>({.learning_rate_decay = 0.1}),
                 {"accumulator"},
                 {0.1},
                 [](int t, double a, double& w, double g, State& s) {
                   s[0] = s[0] + g * g;
                   w = w - a / (1 + (t - 1) * 0.1) * g / std::sqrt(s[0] + 1e-7);
                 },
                 {{[] { Adagrad{{.initial_accumulator = -1}}; },
                   "[adagrad] initial_accumulator must be finite and at least 0, got -1"},
                  {[] { Adagrad{{.epsilon = -1}}; },
                   "[adagrad] epsilon must be finite and at least 0, got -1"},
                  {[] { Adagrad{{.learning_rate_decay = -1}}; },
                   "[adagrad] learning_rate_decay must be finite and at least 0, got -1"},
                  {[] { Adagrad{{.weight_decay = not_a_number}}; },
                   "[adagrad] weight_decay must be finite and at least 0, got nan"}}});
  all.push_back({"adadelta",
                 make<Adadelta>(Adadelta::paper()),
                 {"squared_gradients", "squared_steps"},
                 {},
                 [](int, double a, double& w, double g, State& s) {
                   s[0] = 0.95 * s[0] + (1 - 0.95) * g * g;
                   const double x = -std::sqrt(s[1] + 1e-6) / std::sqrt(s[0] + 1e-6) * g;
                   s[1] = 0.95 * s[1] + (1 - 0.95) * x * x;
                   w = w + a * x;
                 },
                 {{[] { Adadelta{{.rho = 1.5}}; }, "[adadelta] rho must be in [0, 1), got 1.5"},
                  {[] { Adadelta{{.epsilon = -1e-7}}; },
                   "[adadelta] epsilon must be finite and at least 0, got -1e-07"},
                  {[] { Adadelta{{.weight_decay = -1}}; },
                   "[adadelta] weight_decay must be finite and at least 0, got -1"}}});
  all.push_back({"rmsprop",
                 make<RMSprop>({}),
                 {"mean_square"},
                 {},
                 [](int, double a, double& w, double g, State& s) {
                   s[0] = 0.9 * s[0] + (1 - 0.9) * g * g;
                   w = w - a * g / std::sqrt(s[0] + 1e-7);
                 },
                 {{[] { RMSprop{{.rho = -0.1}}; }, "[rmsprop] rho must be in [0, 1), got -0.1"},
                  {[] { RMSprop{{.epsilon = not_a_number}}; },
                   "[rmsprop] epsilon must be finite and at least 0, got nan"},
                  {[] { RMSprop{{.weight_decay = -1}}; },
                   "[rmsprop] weight_decay must be finite and at least 0, got -1"}}});
  all.push_back({"rmsprop",
                 make<RMSprop>({.momentum = 0.9, .centered = true}),
                 {"mean_square", "mean", "velocity"},
                 {},
                 [](int, double a, double& w, double g, State& s) {
                   s[0] = 0.9 * s[0] + (1 - 0.9) * g * g;
                   s[1] = 0.9 * s[1] + (1 - 0.9) * g;
                   s[2] = 0.9 * s[2] + a * g / std::sqrt(s[0] - s[1] * s[1] + 1e-7);
                   w = w - s[2];
                 },
                 {{[] { RMSprop{{.momentum = not_a_number}}; },
                   "[rmsprop] momentum must be in [0, 1), got nan"}}});
  all.push_back({"adam",
                 make<Adam>({}),
                 {"m", "v"},
                 {},
                 [](int t, double a, double& w, double g, State& s) {
                   average(s, g);
                   w = w - keras_step(t, a, s, s[1]);
                 },
                 {{[] { Adam{{.learning_rate = -1}}; },
                   "[adam] learning_rate must be finite and at least 0, got -1"},
                  {[] { Adam{{.beta1 = 1}}; }, "[adam] beta1 must be in [0, 1), got 1"},
                  {[] { Adam{{.beta2 = -1}}; }, "[adam] beta2 must be in [0, 1), got -1"},
                  {[] { Adam{{.epsilon = infinity}}; },
                   "[adam] epsilon must be finite and at least 0, got inf"},
                  {[] { Adam{{.weight_decay = -1}}; },
                   "[adam] weight_decay must be finite and at least 0, got -1"}}});
  all.push_back({"adam",
                 make<Adam>(Adam::torch()),
                 {"m", "v"},
                 {},
                 [](int t, double a, double& w, double g, State& s) {
                   average(s, g);
                   w = w - algorithm_1(t, a, s, s[1]);
                 },
                 {}});
  all.push_back({"amsgrad",
                 make<Adam>({.amsgrad = true}),
                 {"m", "v", "v_max"},
                 {},
                 [](int t, double a, double& w, double g, State& s) {
                   average(s, g);
                   w = w - keras_step(t, a, s, s[2]);
                 },
                 {}});
  all.push_back(
      {"adamw",
       make<AdamW>(AdamW::paper()),
       {"m", "v"},
       {},
       [](int t, double a, double& w, double g, State& s) {
         const double schedule = a / 0.001;
         average(s, g);
         w = w - algorithm_1(t, a, s, s[1]) - schedule * 1e-5 * w;
       },
       {{[] { AdamW{{.learning_rate = infinity}}; },
         "[adamw] learning_rate must be finite and at least 0, got inf"},
        {[] { AdamW{{.beta2 = 2}}; }, "[adamw] beta2 must be in [0, 1), got 2"},
        {[] { AdamW{{.weight_decay = -1}}; },
         "[adamw] weight_decay must be finite and at least 0, got -1"},
        {[] { AdamW{{.learning_rate = 0, .decay_form = AdamW::DecayForm::times_schedule}}; },
         "[adamw] times_schedule needs a learning_rate above 0, got 0"}}});
  all.push_back({"lion",
                 make<Lion>({.weight_decay = 0.1}),
                 {"m"},
                 {},
                 [](int, double a, double& w, double g, State& s) {
                   const double u = s[0] * 0.9 + g * 0.1;
                   w = w * (1 - a * 0.1);
                   if (u != 0) w = w - a * u / std::abs(u);
                   s[0] = s[0] * 0.99 + g * 0.01;
                 },
                 {{[] { Lion{{.beta1 = 1}}; }, "[lion] beta1 must be in [0, 1), got 1"},
                  {[] { Lion{{.beta2 = -0.5}}; }, "[lion] beta2 must be in [0, 1), got -0.5"},
                  {[] { Lion{{.weight_decay = -1}}; },
                   "[lion] weight_decay must be finite and at least 0, got -1"},
                  {[] { make_optimizer("lion", Preset::torch); },
                   "[make_optimizer] lion has no preset torch, expected one of keras, paper"}}});
  all.push_back(
      {"adamax",
       make<Adamax>({.weight_decay = 0.1}),
       {"m", "u"},
       {},
       [](int t, double a, double& w, double g, State& s) {
         g = g + 0.1 * w;
         s[0] = 0.9 * s[0] + 0.1 * g;
         s[1] = std::max(0.999 * s[1], std::abs(g));
         w = w - a / (1 - std::pow(0.9, t)) * s[0] / (s[1] + 1e-7);
       },
       {{[] { Adamax{{.beta1 = 1}}; }, "[adamax] beta1 must be in [0, 1), got 1"},
        {[] { Adamax{{.beta2 = -1}}; }, "[adamax] beta2 must be in [0, 1), got -1"},
        {[] { Adamax{{.epsilon = -1}}; }, "[adamax] epsilon must be finite and at least 0, got -1"},
        {[] { Adamax{{.weight_decay = -1}}; },
         "[adamax] weight_decay must be finite and at least 0, got -1"}}});
  for (const auto& [options, epsilon] : {std::pair{Adamax::torch(), 1e-8}, {Adamax::paper(), 0.0}})
    all.push_back({"adamax",
                   make<Adamax>(options),
                   {"m", "u"},
                   {},
                   [epsilon = epsilon](int t, double a, double& w, double g, State& s) {
                     s[0] = 0.9 * s[0] + 0.1 * g;
                     s[1] = std::max(0.999 * s[1], std::abs(g) + epsilon);
                     if (s[1] > 0) w = w - a / (1 - std::pow(0.9, t)) * s[0] / s[1];
                   },
                   {}});
  for (const auto& [options, decay, epsilon] :
       {std::tuple{NAdam::keras(), 1.0, 1e-7}, {NAdam::torch(), 0.004, 1e-8}})
    all.push_back(
        {"nadam",
         make<NAdam>(options),
         {"m", "v"},
         {},
         [decay = decay, epsilon = epsilon](int t, double a, double& w, double g, State& s) {
           const auto mu = [&](int step) { return 0.9 * (1 - 0.5 * std::pow(0.96, step * decay)); };
           double product = 1;
           for (int i = 1; i <= t; ++i) product = product * mu(i);
           average(s, g);
           const double x =
               mu(t + 1) / (1 - product * mu(t + 1)) * s[0] + (1 - mu(t)) / (1 - product) * g;
           w = w - a * x / (std::sqrt(s[1] / (1 - std::pow(0.999, t))) + epsilon);
         },
         {}});
  all.back().refused = {
      {[] { NAdam{{.beta1 = 1}}; }, "[nadam] beta1 must be in [0, 1), got 1"},
      {[] { NAdam{{.beta2 = 1}}; }, "[nadam] beta2 must be in [0, 1), got 1"},
      {[] { NAdam{{.epsilon = -1}}; }, "[nadam] epsilon must be finite and at least 0, got -1"},
      {[] { NAdam{{.momentum_decay = -1}}; },
       "[nadam] momentum_decay must be finite and at least 0, got -1"},
      {[] { NAdam{{.weight_decay = -1}}; },
       "[nadam] weight_decay must be finite and at least 0, got -1"}};
  for (const LAMB::Options& options : {LAMB::Options{.weight_decay = 0.1}, LAMB::paper()})
    all.push_back({"lamb",
                   make<LAMB>(options),
                   {"m", "v"},
                   {},
                   [options](int t, double a, Tensor& x) { lamb_step(options, t, a, x); },
                   {}});
  all.back().refused = {
      {[] { LAMB{{.beta1 = 1}}; }, "[lamb] beta1 must be in [0, 1), got 1"},
      {[] { LAMB{{.beta2 = 1}}; }, "[lamb] beta2 must be in [0, 1), got 1"},
      {[] { LAMB{{.epsilon = -1}}; }, "[lamb] epsilon must be finite and at least 0, got -1"},
      {[] { LAMB{{.weight_decay = -1}}; },
       "[lamb] weight_decay must be finite and at least 0, got -1"}};
  all.push_back(
      {"muon",
       make<Muon>({.rest_rate = 0.5}),
       {"m", "v"},
       {},
       [](int t, double a, Tensor& x) { muon_step(t, a, x); },
       {{[] { Muon{{.momentum = 1}}; }, "[muon] momentum must be in [0, 1), got 1"},
        {[] { Muon{{.weight_decay = -1}}; },
         "[muon] weight_decay must be finite and at least 0, got -1"},
        {[] { Muon{{.rest_rate = -1}}; }, "[muon] rest_rate must be finite and at least 0, got -1"},
        {[] { Muon{{.beta1 = 1}}; }, "[muon] beta1 must be in [0, 1), got 1"},
        {[] { Muon{{.beta2 = 1}}; }, "[muon] beta2 must be in [0, 1), got 1"},
        {[] { Muon{{.epsilon = -1}}; }, "[muon] epsilon must be finite and at least 0, got -1"}},
       true});
  return all;
}

}  // namespace

const std::vector<Case>& cases() {
  static const std::vector<Case> all = all_cases();
  return all;
}

}  // namespace test

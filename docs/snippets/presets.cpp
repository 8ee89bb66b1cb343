// SPDX-License-Identifier: MIT
// Prints the presets of the optimizers as tables, which the pages include.
#include <xtape/xtape.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

using namespace xtape;

namespace {

std::string text(double number) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%g", number);
  return buffer;
}
std::string text(bool value) { return value ? "true" : "false"; }
std::string text(EpsilonForm form) {
  return form == EpsilonForm::inside_sqrt ? "inside_sqrt"
         : form == EpsilonForm::hat       ? "hat"
                                          : "outside_sqrt";
}
std::string text(MomentumForm form) {
  return form == MomentumForm::rate_inside ? "rate_inside" : "rate_outside";
}
std::string text(StepCount count) {
  return count == StepCount::per_pass ? "per_pass" : "per_parameter";
}
std::string text(AdamW::DecayForm form) {
  return form == AdamW::DecayForm::times_learning_rate ? "times_learning_rate" : "times_schedule";
}

void print_row(const std::string& name, const std::vector<std::string>& cells) {
  std::printf("| %s |", name.c_str());
  for (const std::string& cell : cells) std::printf(" %s |", cell.c_str());
  std::printf("\n");
}

// A row of the table: one member of the options, in each preset.
template <class Options, class Member>
void print_member(const char* name, Member Options::*member, const std::vector<Options>& presets) {
  std::vector<std::string> cells;
  for (const Options& options : presets) cells.push_back(text(options.*member));
  print_row('`' + std::string{name} + '`', cells);
}

template <class Options, class... Members>
void print_table(const char* name, const std::vector<std::pair<const char*, Options>>& presets,
                 std::pair<const char*, Members Options::*>... members) {
  std::vector<std::string> titles;
  std::vector<Options> options;
  for (const auto& [title, preset] : presets) titles.push_back(title), options.push_back(preset);
  std::printf("<!-- [%s] -->\n", name);
  print_row("option", titles);
  print_row("---", std::vector<std::string>(titles.size(), "---"));
  (print_member(members.first, members.second, options), ...);
  std::printf("<!-- [%s] -->\n\n", name);
}

template <class Optimizer>
std::vector<std::pair<const char*, typename Optimizer::Options>> presets() {
  return {{"`keras()`", Optimizer::keras()},
          {"`torch()`", Optimizer::torch()},
          {"`paper()`", Optimizer::paper()}};
}

#define MEMBER(type, name) \
  std::pair { #name, &type::Options::name }

}  // namespace

int main() {
  print_table("sgd", presets<SGD>(), MEMBER(SGD, learning_rate), MEMBER(SGD, momentum),
              MEMBER(SGD, nesterov), MEMBER(SGD, momentum_form), MEMBER(SGD, weight_decay));
  print_table("adagrad", presets<Adagrad>(), MEMBER(Adagrad, learning_rate),
              MEMBER(Adagrad, initial_accumulator), MEMBER(Adagrad, epsilon),
              MEMBER(Adagrad, epsilon_form), MEMBER(Adagrad, learning_rate_decay),
              MEMBER(Adagrad, step_count), MEMBER(Adagrad, weight_decay));
  print_table("adadelta", presets<Adadelta>(), MEMBER(Adadelta, learning_rate),
              MEMBER(Adadelta, rho), MEMBER(Adadelta, epsilon), MEMBER(Adadelta, weight_decay));
  print_table("rmsprop", presets<RMSprop>(), MEMBER(RMSprop, learning_rate), MEMBER(RMSprop, rho),
              MEMBER(RMSprop, momentum), MEMBER(RMSprop, momentum_form), MEMBER(RMSprop, centered),
              MEMBER(RMSprop, epsilon), MEMBER(RMSprop, epsilon_form),
              MEMBER(RMSprop, weight_decay));
  auto adam = presets<Adam>();
  adam.push_back({"`paper_amsgrad()`", Adam::paper_amsgrad()});
  print_table("adam", adam, MEMBER(Adam, learning_rate), MEMBER(Adam, beta1), MEMBER(Adam, beta2),
              MEMBER(Adam, epsilon), MEMBER(Adam, epsilon_form), MEMBER(Adam, bias_correction),
              MEMBER(Adam, step_count), MEMBER(Adam, amsgrad), MEMBER(Adam, weight_decay));
  print_table("adamw", presets<AdamW>(), MEMBER(AdamW, learning_rate), MEMBER(AdamW, beta1),
              MEMBER(AdamW, beta2), MEMBER(AdamW, epsilon), MEMBER(AdamW, epsilon_form),
              MEMBER(AdamW, step_count), MEMBER(AdamW, weight_decay), MEMBER(AdamW, decay_form),
              MEMBER(AdamW, amsgrad));
}

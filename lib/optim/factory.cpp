// SPDX-License-Identifier: MIT
#include <xtape/optim/factory.hpp>

#include "text.hpp"

#include <xtape/optim.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

constexpr Preset all_presets[] = {Preset::keras, Preset::torch, Preset::paper};

// The options of a preset, or nothing for one that the optimizer does not have.
template <class O>
std::optional<typename O::Options> options_of(Preset preset) {
  if constexpr (requires { O::keras(); })
    if (preset == Preset::keras) return O::keras();
  if constexpr (requires { O::torch(); })
    if (preset == Preset::torch) return O::torch();
  if constexpr (requires { O::paper(); })
    if (preset == Preset::paper) return O::paper();
  return {};
}

std::string_view word(EpsilonForm form) {
  switch (form) {
    case EpsilonForm::inside_sqrt: return "inside_sqrt";
    case EpsilonForm::outside_sqrt: return "outside_sqrt";
    case EpsilonForm::hat: break;
  }
  return "hat";
}
std::string_view word(MomentumForm form) {
  return form == MomentumForm::rate_inside ? "rate_inside" : "rate_outside";
}
std::string_view word(StepCount count) {
  return count == StepCount::per_pass ? "per_pass" : "per_parameter";
}
std::string_view word(AdamW::DecayForm form) {
  return form == AdamW::DecayForm::times_schedule ? "times_schedule" : "times_learning_rate";
}
std::string_view word(Muon::Scale scale) {
  return scale == Muon::Scale::spectral ? "spectral" : "rms";
}
std::string_view word(bool value) { return value ? "true" : "false"; }
double word(double number) { return number; }

// How many members an aggregate has, and how many of them it lists.
struct Any {
  template <class T>
  operator T() const;
};
template <class T, class... Members>
constexpr std::size_t members_of() {
  if constexpr (requires { T{Members{}..., Any{}}; })
    return members_of<T, Members..., Any>();
  else
    return sizeof...(Members);
}
template <class Options>
constexpr std::size_t listed_by() {
  std::size_t count = 0;
  Options{}.each([&](const auto&...) { ++count; });
  return count;
}

// The row of an optimizer. `change` turns a preset's options into those of the name.
template <class O, class Change>
NamedOptimizer row(std::string_view name, std::string_view title, Change change) {
  static_assert(listed_by<typename O::Options>() == members_of<typename O::Options>(),
                "each option is listed by `each`, to be checked and shown");
  const auto options = [change](Preset preset) {
    typename O::Options chosen = *options_of<O>(preset);
    change(chosen, preset);
    return chosen;
  };
  std::vector<Preset> presets;
  std::ranges::copy_if(all_presets, std::back_inserter(presets),
                       [](Preset preset) { return options_of<O>(preset).has_value(); });
  const auto list = [options](Preset preset) {
    std::vector<std::pair<std::string, std::string>> all;
    options(preset).each([&](const char* option, const auto& value, auto...) {
      all.emplace_back(option, text(word(value)));
    });
    return all;
  };
  const auto make = [options, name](Preset preset, const OptimizerChanges& changes, Location at) {
    typename O::Options chosen = options(preset);
    if (changes.learning_rate) chosen.learning_rate = *changes.learning_rate;
    if constexpr (requires { chosen.weight_decay; })
      chosen.weight_decay = changes.weight_decay.value_or(chosen.weight_decay);
    else if (changes.weight_decay)
      throw ValueError({"make_optimizer", at}, text(name, " has no weight_decay"));
    return std::make_unique<O>(chosen, at);
  };
  return {name, title, std::move(presets), list, make};
}
template <class O>
NamedOptimizer row(std::string_view name, std::string_view title) {
  return row<O>(name, title, [](typename O::Options&, Preset) {});
}

// Each optimizer that programs, tests and pages know.
const std::vector<NamedOptimizer>& rows() {
  static const std::vector<NamedOptimizer> all{
      row<SGD>("sgd", "SGD", [](SGD::Options& o, Preset) { o.momentum = 0; }),
      row<SGD>("momentum", "SGD with momentum", [](SGD::Options& o, Preset) { o.momentum = 0.9; }),
      row<SGD>("nesterov", "SGD with Nesterov momentum",
               [](SGD::Options& o, Preset) { o.momentum = 0.9, o.nesterov = true; }),
      row<Adagrad>("adagrad", "Adagrad"),
      row<Adadelta>("adadelta", "Adadelta"),
      row<RMSprop>("rmsprop", "RMSprop"),
      row<Adam>("adam", "Adam"),
      row<Adam>("amsgrad", "AMSGrad",
                [](Adam::Options& o, Preset preset) {
                  if (preset == Preset::paper) o = Adam::paper_amsgrad();
                  o.amsgrad = true;
                }),
      row<AdamW>("adamw", "AdamW"),
      row<Adamax>("adamax", "Adamax"),
      row<NAdam>("nadam", "NAdam"),
      row<LAMB>("lamb", "LAMB"),
      row<Lion>("lion", "Lion"),
      row<Muon>("muon", "Muon"),
  };
  return all;
}

// The names of some things, for a message.
template <class All, class Name>
std::string list_of(const All& all, Name name) {
  std::string list;
  for (const auto& each : all) (list += list.empty() ? "" : ", ") += std::invoke(name, each);
  return list;
}

}  // namespace

std::string_view to_string(Preset preset) {
  switch (preset) {
    case Preset::keras: return "keras";
    case Preset::torch: return "torch";
    case Preset::paper: break;
  }
  return "paper";
}

std::span<const NamedOptimizer> named_optimizers() { return rows(); }

std::unique_ptr<Optimizer> make_optimizer(std::string_view name, Preset preset,
                                          std::optional<double> learning_rate, Location at) {
  return make_optimizer(name, preset, OptimizerChanges{.learning_rate = learning_rate}, at);
}

std::unique_ptr<Optimizer> make_optimizer(std::string_view name, Preset preset,
                                          const OptimizerChanges& changes, Location at) {
  const Op op{"make_optimizer", at};
  const auto found = std::ranges::find(rows(), name, &NamedOptimizer::name);
  if (found == rows().end())
    throw ValueError(op, text("there is no optimizer called ", name, ", expected one of ",
                              list_of(rows(), &NamedOptimizer::name)));
  if (std::ranges::find(found->presets, preset) == found->presets.end())
    throw ValueError(op, text(name, " has no preset ", to_string(preset), ", expected one of ",
                              list_of(found->presets, [](Preset p) { return to_string(p); })));
  return found->make(preset, changes, at);
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include <xtape/optim/factory.hpp>

#include "text.hpp"

#include <xtape/optim.hpp>

#include <array>

namespace xtape::inline XTAPE_ABI {
namespace {

using Make = std::unique_ptr<Optimizer> (*)(Preset, std::optional<double>, Location);

template <class O>
typename O::Options options_of(Preset preset) {
  switch (preset) {
    case Preset::keras: return O::keras();
    case Preset::torch: return O::torch();
    case Preset::paper: break;
  }
  return O::paper();
}

// `change` turns the preset's options into those of the name.
template <class O, auto change = [](typename O::Options&, Preset) {}>
std::unique_ptr<Optimizer> make(Preset preset, std::optional<double> learning_rate, Location at) {
  typename O::Options options = options_of<O>(preset);
  change(options, preset);
  if (learning_rate) options.learning_rate = *learning_rate;
  return std::make_unique<O>(options, at);
}

constexpr auto plain = [](SGD::Options& o, Preset) { o.momentum = 0; };
constexpr auto with_momentum = [](SGD::Options& o, Preset) { o.momentum = 0.9; };
constexpr auto with_nesterov = [](SGD::Options& o, Preset) {
  o.momentum = 0.9;
  o.nesterov = true;
};
constexpr auto amsgrad = [](Adam::Options& o, Preset preset) {
  if (preset == Preset::paper) o = Adam::paper_amsgrad();
  o.amsgrad = true;
};

constexpr std::array<std::string_view, 9> names = {
    "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "amsgrad", "adamw"};
constexpr std::array<Make, names.size()> makers = {
    make<SGD, plain>, make<SGD, with_momentum>, make<SGD, with_nesterov>,
    make<Adagrad>,    make<Adadelta>,           make<RMSprop>,
    make<Adam>,       make<Adam, amsgrad>,      make<AdamW>};

}  // namespace

std::span<const std::string_view> optimizer_names() { return names; }

std::unique_ptr<Optimizer> make_optimizer(std::string_view name, Preset preset,
                                          std::optional<double> learning_rate, Location at) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return makers[i](preset, learning_rate, at);
  std::string known;
  for (std::string_view each : names) (known += known.empty() ? "" : ", ") += each;
  throw ValueError({"make_optimizer", at},
                   text("there is no optimizer called ", name, ", expected one of ", known));
}

}  // namespace xtape::inline XTAPE_ABI

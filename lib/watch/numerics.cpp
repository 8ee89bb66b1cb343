// SPDX-License-Identifier: MIT
#include <xtape/watch/numerics.hpp>

#include "text.hpp"

#include <xtape/tape.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace xtape::inline XTAPE_ABI {
namespace {

// What a message says of an array.
struct Statistics {
  std::size_t nan = 0, infinite = 0, finite = 0;
  double least = std::numeric_limits<double>::infinity(), most = -least, sum = 0;

  explicit Statistics(const Array& array) {
    for (std::size_t i = 0; i < array.size(); ++i) {
      const auto x = static_cast<double>(array.data()[i]);
      nan += std::isnan(x);
      infinite += std::isinf(x);
      if (!std::isfinite(x)) continue;
      ++finite;
      least = std::min(least, x);
      most = std::max(most, x);
      sum += x;
    }
  }
  bool sound() const { return nan + infinite == 0; }
  // Such as `3 NaN and 1 infinity`.
  std::string faults() const {
    std::string infinities = text(infinite, infinite == 1 ? " infinity" : " infinities");
    if (nan == 0) return infinities;
    return infinite == 0 ? text(nan, " NaN") : text(nan, " NaN and ", infinities);
  }
  std::string all() const {
    if (finite == 0) return nan + infinite == 0 ? "empty" : faults();
    const std::string range =
        text("from ", least, " to ", most, ", mean ", sum / static_cast<double>(finite));
    return sound() ? range : text(range, ", ", faults());
  }
};

std::string describe(const Array& array) {
  return text(array.shape(), ": ", Statistics{array}.all());
}

// `input 1 (64, 3): from 0 to 1, mean 0.5; input 2 ...`
std::string describe(const std::vector<Value>& inputs) {
  std::string all;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    all += text(i == 0 ? "" : "; ", "input ", i + 1, ' ', describe(*inputs[i]));
  return all;
}

// What the numbers most often mean.
const char* hint(bool inputs_sound) {
  return inputs_sound ? "is the learning rate too high, or a logarithm, a root or a division at 0?"
                      : "does the data hold them, or a parameter since its update?";
}

}  // namespace

struct NumericsCheck::State {
  std::vector<NamedParameter> names;
  std::map<std::pair<const Tape*, std::uint32_t>, std::vector<Value>> inputs;  // of recorded ops
  std::string gradient;  // of the result of the op that is going backward

  std::string name_of(const Parameter& parameter) const {
    for (const auto& [name, known] : names)
      if (known == &parameter) return name;
    return "a parameter";
  }
};

NumericsCheck::NumericsCheck(std::vector<NamedParameter> names)
    : state_{std::make_unique<State>()} {
  state_->names = std::move(names);
}

NumericsCheck::~NumericsCheck() = default;

void NumericsCheck::begin(const Tape&) { state_->inputs.clear(); }

void NumericsCheck::forward(const Forward& call) {
  std::vector<Value> inputs;
  for (const Variable* input : call.inputs) inputs.push_back(input->shared_value());
  for (const Value& result : call.results) {
    if (all_finite(*result)) continue;
    const bool inputs_sound =
        std::ranges::all_of(inputs, [](const Value& input) { return all_finite(*input); });
    throw NumericsError(call.op,
                        text("the result ", result->shape(), " has ", Statistics{*result}.faults(),
                             "; ", describe(inputs)),
                        hint(inputs_sound));
  }
  state_->inputs[{&call.tape, static_cast<std::uint32_t>(call.tape.size())}] = std::move(inputs);
}

void NumericsCheck::backward(const Backward& call) { state_->gradient = describe(call.gradient); }

void NumericsCheck::input_gradient(const InputGradient& call) {
  if (all_finite(call.gradient)) return;
  const auto known = state_->inputs.find({&call.tape, call.node});
  const std::string inputs =
      known == state_->inputs.end() ? std::string{} : "; " + describe(known->second);
  NumericsError error{
      call.op,
      text("the gradient of an input ", call.input, " has ", Statistics{call.gradient}.faults(),
           "; gradient of the result ", state_->gradient, inputs),
      hint(true)};
  const std::string layer = call.tape.layer(call.node);
  if (!layer.empty()) error.within(layer, call.op.at);
  throw error;
}

void NumericsCheck::update(const Visitor& visitor, std::span<Parameter* const> parameters) {
  for (const Parameter* parameter : parameters)
    if (!all_finite(parameter->value()) || !all_finite(parameter->grad()))
      throw NumericsError(
          Op::nowhere(visitor.name()),
          text("after its pass ", state_->name_of(*parameter), ' ', describe(parameter->value()),
               "; gradient ", describe(parameter->grad())),
          hint(true));
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include <xtape/optim/lookahead.hpp>

#include "ranges.hpp"

#include <xtape/formula.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::detail {

SlowWeights::SlowWeights(const Op& op, const LookaheadOptions& options) : options_{options} {
  check_count(op, "interval", options.interval);
  check_share(op, "alpha", options.alpha);
}

void SlowWeights::begin(std::span<Parameter* const> parameters) {
  slow_.begin_pass();
  for (const Parameter* parameter : parameters)
    slow_.get(*parameter, [&] { return parameter->value(); });
  ++steps_;
}

void SlowWeights::follow(Parameter& parameter) {
  static const Formula nearer{
      [](Term slow, Term fast, Term alpha) { return slow + alpha * (fast - slow); }};
  if (steps_ % options_.interval != 0) return;
  Array& w = parameter.value();
  Array& slow = slow_.get(parameter, [&] { return w; });
  if (slow.shape() != w.shape())
    throw ShapeError(Op::nowhere("lookahead"),
                     text("expected slow weights of shape ", w.shape(), ", got ", slow.shape()),
                     "was the parameter's value replaced?");
  nearer.into(slow, slow, w, full({}, static_cast<Scalar>(options_.alpha)));
  std::copy_n(slow.data(), slow.size(), w.data());
}

void SlowWeights::state(StateList& list) {
  list("steps", steps_, StateList::most_steps);
  for (const auto& [name, parameter] : list.parameters())
    list(name + ".slow", slow_.get(*parameter, [&p = *parameter] { return p.value(); }));
}

}  // namespace xtape::inline XTAPE_ABI::detail

// SPDX-License-Identifier: MIT
#include <xtape/observer.hpp>
#include <xtape/visitor.hpp>

#include "text.hpp"

#include <algorithm>
#include <iterator>

namespace xtape::inline XTAPE_ABI {

void walk(std::span<Parameter* const> parameters, Visitor& visitor) {
  Observer::each([](Observer& o) { o.start(); });
  const std::span<Parameter* const> selected = visitor.select(parameters);
  if (selected.empty()) return;
  visitor.begin(selected);
  for (Parameter* parameter : selected) visitor.visit(*parameter);
  visitor.end();
  Observer::each([&](Observer& o) { o.update(visitor, selected); });
}

void walk(std::span<Parameter* const> parameters, std::initializer_list<Visitor*> visitors) {
  for (Visitor* const visitor : visitors) {
    walk(parameters, *visitor);
    if (!visitor->complete()) return;
  }
}

namespace detail {

Selection::Selection(std::span<const NamedParameter> parameters, Location at) {
  for (const auto& [name, parameter] : parameters) ids_.insert(parameter->id());
  if (ids_.empty())
    throw ValueError({"only", at}, "expected some parameters, got none",
                     "does each of the model's layers list its parameters?");
}

std::span<Parameter* const> Selection::of(std::span<Parameter* const> pass) {
  if (pass.data() == chosen_.data()) return pass;  // chosen already
  chosen_.clear();
  std::ranges::copy_if(pass, std::back_inserter(chosen_),
                       [this](const Parameter* parameter) { return contains(*parameter); });
  return chosen_;
}

std::vector<NamedParameter> Selection::of(std::span<const NamedParameter> model) const {
  std::vector<NamedParameter> some;
  std::unordered_set<std::uint64_t> found;
  for (const NamedParameter& named : model)
    if (contains(*named.parameter)) {
      some.push_back(named);
      found.insert(named.parameter->id());
    }
  if (found.size() < ids_.size())
    throw ValueError(
        Op::nowhere("only"),
        text("of ", ids_.size(), " parameters with state the checkpoint has ", found.size()),
        "its model must list all that are trained");
  return some;
}

}  // namespace detail

void ZeroGrad::visit(Parameter& parameter) { parameter.grad() = zeros(parameter.shape()); }

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include <xtape/observer.hpp>
#include <xtape/visitor.hpp>

namespace xtape::inline XTAPE_ABI {

void walk(std::span<Parameter* const> parameters, Visitor& visitor) {
  Observer::each([](Observer& o) { o.start(); });
  visitor.begin(parameters);
  for (Parameter* parameter : parameters) visitor.visit(*parameter);
  visitor.end();
  Observer::each([&](Observer& o) { o.update(visitor, parameters); });
}

void ZeroGrad::visit(Parameter& parameter) { parameter.grad() = zeros(parameter.shape()); }

}  // namespace xtape::inline XTAPE_ABI

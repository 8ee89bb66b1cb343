// SPDX-License-Identifier: MIT
#include <xtape/visitor.hpp>

namespace xtape::inline XTAPE_ABI {

void walk(std::span<Parameter* const> parameters, Visitor& visitor) {
  visitor.begin(parameters);
  for (Parameter* parameter : parameters) visitor.visit(*parameter);
  visitor.end();
}

void ZeroGrad::visit(Parameter& parameter) { parameter.grad() = zeros(parameter.shape()); }

}  // namespace xtape::inline XTAPE_ABI

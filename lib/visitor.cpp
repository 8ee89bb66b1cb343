// SPDX-License-Identifier: MIT
#include <xtape/profile.hpp>
#include <xtape/visitor.hpp>

namespace xtape::inline XTAPE_ABI {

void walk(std::span<Parameter* const> parameters, Visitor& visitor) {
  Profiler* const profiler = Profiler::current();
  if (profiler != nullptr) profiler->start();
  visitor.begin(parameters);
  std::size_t elements = 0;
  for (Parameter* parameter : parameters) {
    visitor.visit(*parameter);
    elements += parameter->size();
  }
  visitor.end();
  if (profiler != nullptr)
    profiler->finish(visitor.name(), Profiler::Phase::update, 0,
                     static_cast<double>(elements * visitor.bytes_per_element()));
}

void ZeroGrad::visit(Parameter& parameter) { parameter.grad() = zeros(parameter.shape()); }

}  // namespace xtape::inline XTAPE_ABI

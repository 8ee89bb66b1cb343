// SPDX-License-Identifier: MIT
#include <xtape/precision.hpp>

#include "kernels/half_unit.hpp"

namespace xtape::inline XTAPE_ABI {
namespace {

const kernels::HalfUnit* best_half_unit() {
  const auto units = kernels::half_units();
  return units.empty() ? nullptr : &units.back();
}

}  // namespace

struct Precision::Scope {
  kernels::HalfScope unit;
};

Precision::Precision(Kind kind)
    : scope_{new Scope{kernels::HalfScope{kind == bf16 ? best_half_unit() : nullptr}}} {}
Precision::~Precision() = default;

std::string_view bf16_unit() {
  const kernels::HalfUnit* const unit = best_half_unit();
  return unit == nullptr ? "" : unit->name;
}

}  // namespace xtape::inline XTAPE_ABI

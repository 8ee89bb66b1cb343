// SPDX-License-Identifier: MIT
// What the rules of the built-in optimizers have in common.
#pragma once

#include <xtape/optim/optimizer.hpp>

#include "kernels/dispatch.hpp"
#include "kernels/optim.hpp"
#include "ranges.hpp"

#include <cmath>

namespace xtape::inline XTAPE_ABI {

/// The update rules, as loops over arrays.
inline const kernels::OptimKernels& rules() { return kernels::best<kernels::OptimKernels>(); }

inline kernels::Target target(Parameter& parameter, double weight_decay) {
  return {parameter.value().data(), parameter.grad().data(), parameter.size(),
          static_cast<Scalar>(weight_decay)};
}

/// The average that keeps `beta` of itself. In double until here: 1 - 0.999f is 0.05 % off.
inline kernels::Average average(double beta) {
  return {static_cast<Scalar>(beta), static_cast<Scalar>(1 - beta)};
}

/// The root of scale * v with epsilon where `form` says; `hat` leaves v as it is.
inline kernels::Root root(EpsilonForm form, double epsilon, double scale = 1) {
  const bool inside = form == EpsilonForm::inside_sqrt;
  return {static_cast<Scalar>(form == EpsilonForm::hat ? 1 : scale),
          static_cast<Scalar>(inside ? epsilon : 0), static_cast<Scalar>(inside ? 0 : epsilon)};
}

inline kernels::Momentum momentum(MomentumForm form, double keep, double learning_rate) {
  const bool inside = form == MomentumForm::rate_inside;
  return {static_cast<Scalar>(keep), static_cast<Scalar>(inside ? learning_rate : 1),
          static_cast<Scalar>(inside ? 1 : learning_rate)};
}

}  // namespace xtape::inline XTAPE_ABI

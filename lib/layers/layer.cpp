// SPDX-License-Identifier: MIT
#include <xtape/layers/layer.hpp>

#include "ops/activation.hpp"
#include "ops/fused.hpp"

#include <xtape/ops/arithmetic.hpp>

namespace xtape::inline XTAPE_ABI {

Variable detail::added(const Variable& around, const Variable& y, Activation activation,
                       Location at) {
  check_around({"add", at}, &around, y.shape());  // a sum would broadcast
  return activate(add({around, at}, {y, at}), activation, at);
}

}  // namespace xtape::inline XTAPE_ABI

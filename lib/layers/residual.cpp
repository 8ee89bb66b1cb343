// SPDX-License-Identifier: MIT
#include <xtape/layers/residual.hpp>

#include "ops/fused.hpp"
#include "text.hpp"

#include <xtape/ops/arithmetic.hpp>

namespace xtape::inline XTAPE_ABI {
namespace {

Variable around(Sequential& shortcut, const Variable& x, std::size_t number, Location at) {
  const LayerScope scope{x.tape({"residual", at}), number};  // behind the other layers
  try {
    return shortcut(x, at);
  } catch (Error& error) {
    error.within("shortcut", at);
    throw;
  }
}

}  // namespace

Variable detail::added(const Variable& around, const Variable& y, Activation activation,
                       Location at) {
  if (y.shape() != around.shape())  // a sum would broadcast
    throw ShapeError({"residual", at},
                     text("the layers return ", y.shape(), " and the shortcut ", around.shape()),
                     "give the Residual another shortcut?");
  const Variable sum = add({around, at}, {y, at});
  return activation == Activation::none ? sum : activated(sum, activation);
}

Variable Residual::operator()(const Variable& x, Location at) {
  const Variable shortcut = around(shortcut_, x, layers_.size(), at);
  return layers_.add_to(shortcut, x, activation_, at);
}

void Residual::parameters(ParameterList& list) {
  layers_.parameters(list);
  list("shortcut", shortcut_);
}

}  // namespace xtape::inline XTAPE_ABI

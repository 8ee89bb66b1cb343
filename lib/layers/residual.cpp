// SPDX-License-Identifier: MIT
#include <xtape/layers/residual.hpp>

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

Variable Residual::operator()(const Variable& x, Location at) {
  const Variable y = layers_(x, at), shortcut = around(shortcut_, x, layers_.size(), at);
  if (y.shape() != shortcut.shape())  // a sum would broadcast
    throw ShapeError({"residual", at},
                     text("the layers return ", y.shape(), " and the shortcut ", shortcut.shape()),
                     "give the Residual another shortcut?");
  return add({shortcut, at}, {y, at});
}

void Residual::parameters(ParameterList& list) {
  layers_.parameters(list);
  list("shortcut", shortcut_);
}

}  // namespace xtape::inline XTAPE_ABI

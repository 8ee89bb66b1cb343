// SPDX-License-Identifier: MIT
#include <xtape/layers/residual.hpp>

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
  const Variable y = layers_.all_but_last(x, at),
                 shortcut = around(shortcut_, x, layers_.size(), at);
  return layers_.end_skip(shortcut, y, activation_, at);
}

void Residual::parameters(ParameterList& list) {
  layers_.parameters(list);
  list("shortcut", shortcut_);
}

}  // namespace xtape::inline XTAPE_ABI

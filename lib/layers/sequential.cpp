// SPDX-License-Identifier: MIT
#include <xtape/layers/sequential.hpp>

namespace xtape::inline XTAPE_ABI {

Variable Sequential::operator()(const Variable& x, Location at) {
  Tape& tape = x.tape({"sequential", at});
  Variable y = x;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const LayerScope scope{tape, i};
    try {
      y = layers_[i]->call(y, at);
    } catch (Error& error) {
      error.within(std::to_string(i), at);
      throw;
    }
  }
  return y;
}

void Sequential::parameters(ParameterList& list) {
  for (std::size_t i = 0; i < layers_.size(); ++i) layers_[i]->parameters(std::to_string(i), list);
}

}  // namespace xtape::inline XTAPE_ABI

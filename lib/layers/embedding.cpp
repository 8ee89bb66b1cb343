// SPDX-License-Identifier: MIT
#include <xtape/layers/embedding.hpp>

#include "layers/affine.hpp"

namespace xtape::inline XTAPE_ABI {

Embedding::Embedding(const Options& o, Rng& rng, Location at)
    : weight_{make_parameter({"embedding", at}, {o.vocabulary, o.width}, {1, o.width},
                             o.weight_init, rng)} {
  weight_.table = true;
}

Variable Embedding::operator()(Tape& tape, const Ids& ids, Location at) {
  return gather(tape.parameter(weight_, at), ids, {}, at);
}

void Embedding::parameters(ParameterList& list) { list("weight", weight_); }

}  // namespace xtape::inline XTAPE_ABI

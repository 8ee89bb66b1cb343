// SPDX-License-Identifier: MIT
#include <xtape/layers/embedding.hpp>

#include "layers/affine.hpp"

#include <xtape/ops/shape.hpp>

namespace xtape::inline XTAPE_ABI {

Embedding::Embedding(const Options& o, Rng& rng, Location at)
    : weight_{make_parameter({"embedding", at}, {o.vocabulary, o.width}, {1, o.width},
                             o.weight_init, rng)} {
  weight_.table = true;
}

Variable Embedding::operator()(Tape& tape, const Ids& ids, Location at) {
  if (element_count(ids.shape) != ids.elements.size())
    throw ShapeError({"embedding", at},
                     text("expected ids of shape ", ids.shape, ", got ", ids.elements.size()));
  const Variable rows = gather(tape.parameter(weight_, at), ids.elements, {}, at);
  Axes shape(ids.shape.begin(), ids.shape.end());
  shape.push_back(static_cast<std::ptrdiff_t>(weight_.shape().back()));
  return reshape(rows, shape, at);
}

void Embedding::parameters(ParameterList& list) { list("weight", weight_); }

}  // namespace xtape::inline XTAPE_ABI

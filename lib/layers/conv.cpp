// SPDX-License-Identifier: MIT
#include <xtape/layers/conv.hpp>

#include "layers/affine.hpp"

namespace xtape::inline XTAPE_ABI {

Conv2D::Conv2D(const Options& o, Rng& rng, Location at)
    : weight_{make_weight({"conv2d", at}, {o.kernel.height, o.kernel.width, o.in, o.out},
                          o.weight_init, rng)},
      bias_{make_bias({"conv2d", at}, o.bias, weight_.shape(), o.bias_init, rng)},
      options_{.stride = o.stride,
               .padding = o.padding,
               .dilation = o.dilation,
               .activation = o.activation,
               .max_pool = o.max_pool} {}

Variable Conv2D::operator()(const Variable& x, Location at) {
  Tape& tape = x.tape({"conv2d", at});
  const Variable w = tape.parameter(weight_, at);
  if (!bias_) return conv2d(x, w, options_, at);
  return conv2d(x, w, tape.parameter(*bias_, at), options_, at);
}

void Conv2D::parameters(ParameterList& list) { list_both(list, weight_, bias_); }

}  // namespace xtape::inline XTAPE_ABI

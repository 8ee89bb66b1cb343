// SPDX-License-Identifier: MIT
#include <xtape/layers/dense.hpp>

#include "layers/affine.hpp"

#include <xtape/layers/layer.hpp>

namespace xtape::inline XTAPE_ABI {

Dense::Dense(const Options& o, Rng& rng, Location at)
    : weight_{make_weight({"dense", at}, {o.in, o.out}, o.weight_init, rng)},
      bias_{make_bias({"dense", at}, o.bias, o.out, fans_of(weight_.shape()), o.bias_init, rng)},
      options_{.activation = o.activation} {}

Variable Dense::operator()(const Variable& x, Location at) {
  return apply_both({"dense", at}, x, weight_, bias_,
                    [&](const auto&... both) { return dense(x, both..., options_, at); });
}

Variable Dense::add_to(const Variable& around, const Variable& x, Activation activation,
                       Location at) {
  if (options_.activation != Activation::none)
    return detail::added(around, (*this)(x, at), activation, at);
  const DenseOptions options{.activation = activation};
  return apply_both({"dense", at}, x, weight_, bias_, [&](const auto&... both) {
    return add_dense(around, x, both..., options, at);
  });
}

void Dense::parameters(ParameterList& list) { list_both(list, weight_, bias_); }

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include <xtape/layers.hpp>

#include "text.hpp"

namespace xtape::inline XTAPE_ABI {
namespace {

// The weight of a layer with `taps` products per pair of in and out.
Parameter make_weight(const Op& op, const Shape& shape, const Initializer& initializer, Rng& rng) {
  std::size_t taps = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0) throw ValueError(op, text("expected sizes of at least 1, got ", shape));
    if (i + 2 < shape.size()) taps *= shape[i];
  }
  const std::size_t in = shape[shape.size() - 2], out = shape.back();
  Array initial = initializer(shape, {taps * in, taps * out}, rng);
  if (initial.shape() != shape)
    throw ShapeError(op, text("the initialiser returned ", initial.shape(), " for ", shape));
  return Parameter{std::move(initial)};
}

std::optional<Parameter> make_bias(const Op& op, bool wanted, std::size_t out,
                                   const Initializer& initializer, Rng& rng) {
  if (!wanted) return std::nullopt;
  Array initial = initializer({out}, {out, out}, rng);
  if (initial.shape() != Shape{out})
    throw ShapeError(
        op, text("the initialiser returned ", initial.shape(), " for a bias (", out, ",)"));
  return Parameter{std::move(initial)};
}

void list_both(ParameterList& list, Parameter& weight, std::optional<Parameter>& bias) {
  list("weight", weight);
  if (bias) list("bias", *bias);
}

}  // namespace

Dense::Dense(const Options& o, Rng& rng, Location at)
    : weight_{make_weight({"dense", at}, {o.in, o.out}, o.weight_init, rng)},
      bias_{make_bias({"dense", at}, o.bias, o.out, o.bias_init, rng)},
      options_{.activation = o.activation} {}

Variable Dense::operator()(const Variable& x, Location at) {
  const Variable w = x.tape().parameter(weight_, at);
  if (!bias_) return dense(x, w, options_, at);
  return dense(x, w, x.tape().parameter(*bias_, at), options_, at);
}

void Dense::parameters(ParameterList& list) { list_both(list, weight_, bias_); }

Conv2D::Conv2D(const Options& o, Rng& rng, Location at)
    : weight_{make_weight({"conv2d", at}, {o.kernel.height, o.kernel.width, o.in, o.out},
                          o.weight_init, rng)},
      bias_{make_bias({"conv2d", at}, o.bias, o.out, o.bias_init, rng)},
      options_{o.stride, o.padding, o.dilation, o.activation} {}

Variable Conv2D::operator()(const Variable& x, Location at) {
  const Variable w = x.tape().parameter(weight_, at);
  if (!bias_) return conv2d(x, w, options_, at);
  return conv2d(x, w, x.tape().parameter(*bias_, at), options_, at);
}

void Conv2D::parameters(ParameterList& list) { list_both(list, weight_, bias_); }

Dropout::Dropout(double rate, Location at) : options_{.rate = rate} {
  if (!(rate >= 0 && rate < 1))
    throw ValueError({"dropout", at}, text("expected a rate in [0, 1), got ", rate));
}

}  // namespace xtape::inline XTAPE_ABI

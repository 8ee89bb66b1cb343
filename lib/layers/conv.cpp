// SPDX-License-Identifier: MIT
#include <xtape/layers/conv.hpp>

#include "layers/affine.hpp"
#include "ranges.hpp"

namespace xtape::inline XTAPE_ABI {
namespace {

// The channels that each group of a layer reads.
std::size_t in_group(const Op& op, std::size_t in, std::size_t out, std::size_t groups) {
  if (groups == 0 || in % groups != 0 || out % groups != 0)
    throw ValueError(op, text("expected groups that divide the ", in, " channels in and the ", out,
                              " out, got ", groups));
  return in / groups;
}

// The bias of a layer with that weight, if there is to be one.
template <class Options>
std::optional<Parameter> conv_bias(const Op& op, const Parameter& weight, const Options& o,
                                   Rng& rng) {
  return make_bias(op, o.bias, o.out, fans_of(weight.shape(), o.groups), o.bias_init, rng);
}

// What the op of a layer is called with, over sequences or images.
template <class OpOptions, class Options>
OpOptions conv_options(const Options& o) {
  return {.stride = o.stride,
          .padding = o.padding,
          .dilation = o.dilation,
          .groups = o.groups,
          .activation = o.activation,
          .max_pool = o.max_pool};
}

Conv2D::Options depthwise(const DepthwiseConv2D::Options& o, Location at) {
  const Op op{"depthwise_conv2d", at};
  check_count(op, "channels", o.channels);
  check_count(op, "multiplier", o.multiplier);
  return {.in = o.channels,
          .out = o.channels * o.multiplier,
          .kernel = o.kernel,
          .stride = o.stride,
          .padding = o.padding,
          .dilation = o.dilation,
          .groups = o.channels,
          .activation = o.activation,
          .bias = o.bias,
          .weight_init = o.weight_init,
          .bias_init = o.bias_init};
}

}  // namespace

Conv1D::Conv1D(const Options& o, Rng& rng, Location at)
    : weight_{make_weight({"conv1d", at},
                          {o.kernel, in_group({"conv1d", at}, o.in, o.out, o.groups), o.out},
                          o.weight_init, rng, o.groups)},
      bias_{conv_bias({"conv1d", at}, weight_, o, rng)},
      options_{conv_options<Conv1DOptions>(o)} {}

Variable Conv1D::operator()(const Variable& x, Location at) {
  return apply_both({"conv1d", at}, x, weight_, bias_,
                    [&](const auto&... both) { return conv1d(x, both..., options_, at); });
}

void Conv1D::parameters(ParameterList& list) { list_both(list, weight_, bias_); }

Conv2D::Conv2D(const Options& o, Rng& rng, Location at)
    : weight_{make_weight(
          {"conv2d", at},
          {o.kernel.height, o.kernel.width, in_group({"conv2d", at}, o.in, o.out, o.groups), o.out},
          o.weight_init, rng, o.groups)},
      bias_{conv_bias({"conv2d", at}, weight_, o, rng)},
      options_{conv_options<Conv2DOptions>(o)} {
  options_.winograd = o.winograd;
}

Variable Conv2D::operator()(const Variable& x, Location at) {
  return apply_both({"conv2d", at}, x, weight_, bias_,
                    [&](const auto&... both) { return conv2d(x, both..., options_, at); });
}

void Conv2D::parameters(ParameterList& list) { list_both(list, weight_, bias_); }

ConvTranspose2D::ConvTranspose2D(const Options& o, Rng& rng, Location at)
    : weight_{make_weight({"conv_transpose2d", at},
                          {o.kernel.height, o.kernel.width,
                           in_group({"conv_transpose2d", at}, o.out, o.in, o.groups), o.in},
                          o.weight_init, rng, o.groups)},
      bias_{conv_bias({"conv_transpose2d", at}, weight_, o, rng)},
      options_{.stride = o.stride,
               .padding = o.padding,
               .dilation = o.dilation,
               .groups = o.groups,
               .output_padding = o.output_padding,
               .activation = o.activation,
               .winograd = o.winograd} {}

Variable ConvTranspose2D::operator()(const Variable& x, Location at) {
  return apply_both({"conv_transpose2d", at}, x, weight_, bias_, [&](const auto&... both) {
    return conv_transpose2d(x, both..., options_, at);
  });
}

void ConvTranspose2D::parameters(ParameterList& list) { list_both(list, weight_, bias_); }

DepthwiseConv2D::DepthwiseConv2D(const Options& o, Rng& rng, Location at)
    : layer_{depthwise(o, at), rng, at} {}

SeparableConv2D::SeparableConv2D(const Options& o, Rng& rng, Location at)
    : depthwise_{{.channels = o.in,
                  .multiplier = o.multiplier,
                  .kernel = o.kernel,
                  .stride = o.stride,
                  .padding = o.padding,
                  .dilation = o.dilation,
                  .bias = false,
                  .weight_init = o.weight_init},
                 rng,
                 at},
      pointwise_{{.in = o.in * o.multiplier,
                  .out = o.out,
                  .kernel = 1,
                  .activation = o.activation,
                  .bias = o.bias,
                  .weight_init = o.weight_init,
                  .bias_init = o.bias_init},
                 rng,
                 at} {}

Variable SeparableConv2D::operator()(const Variable& x, Location at) {
  return pointwise_(depthwise_(x, at), at);
}

void SeparableConv2D::parameters(ParameterList& list) {
  list("depthwise", depthwise_);
  list("pointwise", pointwise_);
}

}  // namespace xtape::inline XTAPE_ABI

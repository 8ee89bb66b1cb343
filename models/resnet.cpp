// SPDX-License-Identifier: MIT
#include "models.hpp"

#include <xtape/ops/shape.hpp>

namespace xtape::inline XTAPE_ABI::models {
namespace {

//! [shortcut]
// The shortcut of type A, which learns nothing: every second pixel, with channels of zeros on both sides, as many in
// all as x has.
Variable halved(const Variable& x, Location at) {
  const Variable rows = slice(x, {.axis = 1, .step = 2}, at);
  const Variable y = slice(rows, {.axis = 2, .step = 2}, at);
  const std::size_t half = y.shape().back() / 2;
  return pad(y, {{}, {}, {}, {half, half}}, {}, at);
}
//! [shortcut]

// 3 x 3 taps on an image that stays as large or, with a stride of 2, is halved.
Conv2D plain_convolution(std::size_t in, std::size_t out, std::size_t stride, Rng& rng) {
  return Conv2D{{.in = in,
                 .out = out,
                 .stride = stride,
                 .padding = 1,
                 .bias = false,
                 .weight_init = init::he_normal},
                rng};
}

//! [block]
Sequential block(std::size_t in, std::size_t out, Rng& rng) {
  const bool halves = in != out;
  Sequential layers{plain_convolution(in, out, halves ? 2 : 1, rng),
                    BatchNorm{BatchNorm::torch(out, Activation::relu)},
                    plain_convolution(out, out, 1, rng), BatchNorm{BatchNorm::torch(out)}};
  Sequential shortcut = halves ? Sequential{halved} : Sequential{};
  // In a Sequential of its own, so that parameters keep their names in files, such as 2.0.0.weight.
  return Sequential{Residual{std::move(layers), std::move(shortcut), Activation::relu}};
}
//! [block]

// Three stages of so many blocks.
Sequential resnet(std::size_t blocks, Rng& rng) {
  Sequential net{plain_convolution(3, 16, 1, rng),
                 BatchNorm{BatchNorm::torch(16, Activation::relu)}};
  std::size_t in = 16;
  for (const std::size_t out : {16, 32, 64})
    for (std::size_t i = 0; i < blocks; ++i) {
      net.add(block(in, out, rng));
      in = out;
    }
  net.add(GlobalAvgPool{});
  net.add(Dense{{.in = 64, .out = 10, .weight_init = init::he_normal}, rng});
  return net;
}

}  // namespace

Sequential resnet20(Rng& rng) { return resnet(3, rng); }
Sequential resnet56(Rng& rng) { return resnet(9, rng); }

}  // namespace xtape::inline XTAPE_ABI::models

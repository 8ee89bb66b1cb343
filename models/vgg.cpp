// SPDX-License-Identifier: MIT
#include "models.hpp"

namespace xtape::inline XTAPE_ABI::models {
namespace {

// 3 x 3, the result as large as the image.
Conv2D convolution(std::size_t in, std::size_t out, Size2D max_pool, Rng& rng) {
  return Conv2D{{.in = in,
                 .out = out,
                 .padding = Padding::same,
                 .activation = Activation::relu,
                 .max_pool = max_pool},
                rng};
}

}  // namespace

Sequential vgg(Rng& rng) {
  return Sequential{
      convolution(3, 32, 1, rng),
      convolution(32, 32, 2, rng),
      convolution(32, 64, 1, rng),
      convolution(64, 64, 2, rng),
      convolution(64, 128, 1, rng),
      convolution(128, 128, 2, rng),
      Flatten{},
      Dropout{0.25},
      Dense{{.in = 4 * 4 * 128, .out = 128, .activation = Activation::relu}, rng},
      Dropout{0.5},
      Dense{{.in = 128, .out = 10}, rng},
  };
}

}  // namespace xtape::inline XTAPE_ABI::models

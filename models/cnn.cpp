// SPDX-License-Identifier: MIT
#include "models.hpp"

namespace xtape::inline XTAPE_ABI::models {

Sequential cnn(Rng& rng) { return cnn(rng, {28, 28, 1}); }

Sequential cnn(Rng& rng, const Shape& image) {
  const std::size_t pixels = (image[0] - 2) / 2 * ((image[1] - 2) / 2);  // that the pooling leaves
  return Sequential{
      Conv2D{{.in = image[2], .out = 32, .activation = Activation::relu, .max_pool = 2}, rng},
      Dropout{0.25},
      Flatten{},
      Dense{{.in = pixels * 32, .out = 256, .activation = Activation::relu}, rng},
      Dropout{0.5},
      Dense{{.in = 256, .out = 10}, rng},
  };
}

}  // namespace xtape::inline XTAPE_ABI::models

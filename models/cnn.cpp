// SPDX-License-Identifier: MIT
#include "models.hpp"

namespace xtape::inline XTAPE_ABI::models {

Sequential cnn(Rng& rng) {
  return Sequential{
      Conv2D{{.in = 1, .out = 32, .kernel = 3, .activation = Activation::relu, .max_pool = 2}, rng},
      Dropout{0.25},
      Flatten{},
      Dense{{.in = 13 * 13 * 32, .out = 256, .activation = Activation::relu}, rng},
      Dropout{0.5},
      Dense{{.in = 256, .out = 10}, rng},
  };
}

}  // namespace xtape::inline XTAPE_ABI::models

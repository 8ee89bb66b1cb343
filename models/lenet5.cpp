// SPDX-License-Identifier: MIT
#include "models.hpp"

namespace xtape::inline XTAPE_ABI::models {

Sequential lenet5(Rng& rng) {
  constexpr auto relu = Activation::relu;
  return Sequential{
      Conv2D{{.in = 1,
              .out = 6,
              .kernel = 5,
              .padding = Padding::same,
              .activation = relu,
              .max_pool = 2},
             rng},
      Conv2D{{.in = 6, .out = 16, .kernel = 5, .activation = relu, .max_pool = 2}, rng},
      Flatten{},
      Dense{{.in = 5 * 5 * 16, .out = 120, .activation = relu}, rng},
      Dense{{.in = 120, .out = 84, .activation = relu}, rng},
      Dense{{.in = 84, .out = 10}, rng},
  };
}

}  // namespace xtape::inline XTAPE_ABI::models

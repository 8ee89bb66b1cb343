// SPDX-License-Identifier: MIT
#include "models.hpp"

namespace xtape::inline XTAPE_ABI::models {

Sequential mlp(Rng& rng) {
  return Sequential{
      Flatten{},
      Dense{{.in = 28 * 28, .out = 256, .activation = Activation::relu}, rng},
      Dense{{.in = 256, .out = 128, .activation = Activation::relu}, rng},
      Dense{{.in = 128, .out = 10}, rng},
  };
}

}  // namespace xtape::inline XTAPE_ABI::models

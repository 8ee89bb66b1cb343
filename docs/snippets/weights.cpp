// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

int main() {
  //! [weights]
  Rng rng{1};
  Sequential net{{"conv", Conv2D{{.in = 3, .out = 4, .bias = false}, rng}},
                 {"norm", BatchNorm{BatchNorm::torch(4)}},
                 {"relu", relu},
                 {"pool", MaxPool2D{2}},
                 {"flatten", flatten},
                 {"out", Dense{{.in = 3 * 3 * 4, .out = 2}, rng}}};
  const WeightsOptions torch{.layout = Layout::torch,
                             .flattened = flattened_images(net, {8, 8, 3})};
  save_npz("net.npz", net, torch);
  //! [weights]

  //! [back]
  load_npz("net.npz", net, torch);
  //! [back]

  Array image = zeros({1, 8, 8, 3});
  for (std::size_t y = 0; y < 8; ++y)
    for (std::size_t x = 0; x < 8; ++x)
      for (std::size_t c = 0; c < 3; ++c) image(0, y, x, c) = Scalar((y + 2 * x + 3 * c) % 5) / 5;
  const Array logits = predict(net, image);
  std::printf("logits %.4f %.4f\n", double(logits(0, 0)), double(logits(0, 1)));
}

// SPDX-License-Identifier: MIT
// What each op makes of images, between a convolution and a dense layer.
#pragma once

#include <xtape/tape.hpp>

#include <functional>
#include <string>
#include <vector>

namespace test {

/// (N, 4, 5, 3) images in, of which something is made that is flattened, if need be, and read by a dense layer.
struct ImageRow {
  std::string op;
  std::function<xtape::Variable(const xtape::Variable&)> make;
  std::size_t channels;  ///< that are listed for the weight; 0: it is in PyTorch's order
  std::string error = {};
};

std::vector<ImageRow> image_rows();

}  // namespace test

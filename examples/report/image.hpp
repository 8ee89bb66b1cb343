// SPDX-License-Identifier: MIT
// Small images inside a page.
#pragma once

#include "results.hpp"

#include <span>
#include <string>

namespace report {

struct Image {
  std::size_t height, width;
  std::size_t channels;              // 1 for grey, 3 for red, green, blue
  std::vector<std::uint8_t> pixels;  // height * width * channels
};

std::vector<std::uint8_t> encode_png(const Image& image);
// As in RFC 4648.
std::string base64(std::span<const std::uint8_t> bytes);
// A PNG as a data: URI.
std::string data_uri(const Image& image);

// In colour, or dark on light, as ink.
Image picture(const Mistake& mistake, std::size_t height, std::size_t width);
// Blue for -limit, white for 0, red for limit. NaN is grey.
Image diverging(std::span<const double> values, std::size_t height, std::size_t width,
                double limit);

}  // namespace report

// SPDX-License-Identifier: MIT
#include "image.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include <png.h>

namespace report {
namespace {

using Colour = std::array<double, 3>;
// The ends of ColorBrewer's RdBu, which the colour-blind can tell apart.
constexpr Colour blue = {33, 102, 172}, red = {178, 24, 43}, grey = {128, 128, 128};

Colour diverging_colour(double share) {
  if (std::isnan(share)) return grey;
  const Colour& end = share < 0 ? blue : red;
  const double strength = std::min(std::abs(share), 1.0);
  Colour colour;
  for (std::size_t i = 0; i < 3; ++i) colour[i] = 255 + strength * (end[i] - 255);
  return colour;
}

}  // namespace

std::vector<std::uint8_t> encode_png(const Image& image) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  std::vector<std::uint8_t> bytes(PNG_IMAGE_PNG_SIZE_MAX(png));
  png_alloc_size_t size = bytes.size();
  if (!png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr))
    throw std::runtime_error{std::string{"cannot write a PNG: "} + png.message};
  bytes.resize(size);
  return bytes;
}

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) bits = bits << 8 | (j < count ? bytes[i + j] : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      result += j <= count ? digits[bits >> (18 - 6 * j) & 63] : '=';
  }
  return result;
}

std::string data_uri(const Image& image) {
  return "data:image/png;base64," + base64(encode_png(image));
}

Image picture(const Mistake& mistake, std::size_t height, std::size_t width) {
  if (mistake.pixels.size() == 3 * height * width) return {height, width, 3, mistake.pixels};
  Image image{height, width, 1, mistake.pixels};
  for (std::uint8_t& pixel : image.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  return image;
}

Image diverging(std::span<const double> values, std::size_t height, std::size_t width,
                double limit) {
  Image image{height, width, 3, {}};
  for (double value : values)
    for (double channel : diverging_colour(limit > 0 ? value / limit : 0 * value))
      image.pixels.push_back(static_cast<std::uint8_t>(std::lround(channel)));
  return image;
}

}  // namespace report

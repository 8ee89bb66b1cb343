// SPDX-License-Identifier: MIT
// Everything is computed in double precision and rounded to bytes at the end, as for digits.
#include <xtape/data/synthetic.hpp>

#include "data/drawing.hpp"
#include "ranges.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace xtape::inline XTAPE_ABI::data {
namespace {

constexpr std::size_t picture_side = 32, colors = 3;
constexpr double half_turn = std::numbers::pi;

using Color = std::array<double, colors>;  // each from 0 to 1

// How far inside a figure of about radius 1 a point is; negative outside.
using Figure = double (*)(double x, double y);

double half_planes(double x, double y, std::initializer_list<double> degrees, double distance) {
  double depth = 1;
  for (const double angle : degrees)
    depth = std::min(depth, distance - x * std::cos(angle * half_turn / 180) -
                                y * std::sin(angle * half_turn / 180));
  return depth;
}
double bar(double x, double y) { return std::min(0.3 - std::abs(x), 1 - std::abs(y)); }
double disc(double x, double y) { return 1 - std::hypot(x, y); }

constexpr Figure figures[] = {
    disc,
    [](double x, double y) { return 0.25 - std::abs(std::hypot(x, y) - 0.75); },  // ring
    [](double x, double y) {
      return half_planes(x, y, {0, 90, 180, 270}, 0.8);
    },
    [](double x, double y) {
      return half_planes(x, y, {90, 210, 330}, 0.55);
    },
    [](double x, double y) { return std::max(bar(x, y), bar(y, x)); },  // cross
    bar,
    [](double x, double y) { return std::min(disc(x, y), y + 0.1); },  // half disc
    [](double x, double y) {
      return 0.7 + 0.3 * std::cos(5 * std::atan2(y, x)) - std::hypot(x, y);
    },
    [](double x, double y) { return std::min(disc(x, y), -disc((x - 0.5) / 0.9, y / 0.9)); },
    [](double x, double y) {
      return std::max(disc(2.2 * x - 1.3, 2.2 * y), disc(2.2 * x + 1.3, 2.2 * y)) / 2.2;
    }};
constexpr std::size_t figure_count = std::size(figures);

// Hue, saturation and value (Smith, "Color gamut transform pairs", 1978); all from 0 to 1.
struct Hsv {
  double hue, saturation, value;
};

// Braces around the parts have them drawn in their order, by every compiler.
Color from_hsv(const Hsv& parts) {
  const auto [hue, saturation, value] = parts;
  Color color;
  for (std::size_t i = 0; i < colors; ++i) {
    const double sixth = std::fmod(6 * hue + 5 - 2 * static_cast<double>(i), 6);
    color[i] = value * (1 - saturation * std::clamp(std::min(sixth, 4 - sixth), 0.0, 1.0));
  }
  return color;
}

Color blend(const Color& from, const Color& to, double share) {
  Color color;
  for (std::size_t i = 0; i < colors; ++i) color[i] = from[i] + share * (to[i] - from[i]);
  return color;
}

struct Background {
  explicit Background(Rng& rng)
      : one{from_hsv({rng.uniform(), 0.6 * rng.uniform(), 0.15 + 0.7 * rng.uniform()})},
        other{from_hsv({rng.uniform(), 0.6 * rng.uniform(), 0.15 + 0.7 * rng.uniform()})},
        waves{0.1 + 0.5 * rng.uniform()},
        phase{2 * half_turn * rng.uniform()} {
    const double angle = 2 * half_turn * rng.uniform();
    right = waves * std::cos(angle), down = waves * std::sin(angle);
  }
  Color at(double x, double y) const {
    return blend(one, other, 0.5 + 0.5 * std::sin(right * x + down * y + phase));
  }
  Color one, other;
  double waves, phase, right, down;  // radians per pixel, but for the phase
};

struct Painter {
  std::size_t hues;  // 1: any

  void paint(std::int32_t label, Rng& rng, std::uint8_t* pixels) const {
    const auto of_class = static_cast<std::size_t>(label);
    const std::size_t hue_of_class = of_class / figure_count;
    const Figure figure = figures[of_class % figure_count];
    const double hue = hues == 1 ? rng.uniform()
                                 : (static_cast<double>(hue_of_class) + 0.5 + 0.1 * spread(rng)) /
                                       static_cast<double>(hues);
    const Color ink = from_hsv({hue, 0.7 + 0.3 * rng.uniform(), 0.6 + 0.4 * rng.uniform()});
    const Background background{rng};
    const double radius = 8 + 4 * rng.uniform(), angle = 2 * half_turn * rng.uniform();
    const double left = picture_side / 2.0 + 1.5 * spread(rng),
                 top = picture_side / 2.0 + 1.5 * spread(rng);
    const double cos = std::cos(angle) / radius, sin = std::sin(angle) / radius;
    for (std::size_t row = 0; row < picture_side; ++row)
      for (std::size_t column = 0; column < picture_side; ++column) {
        const double x = static_cast<double>(column) + 0.5 - left;
        const double y = static_cast<double>(row) + 0.5 - top;
        const double depth = radius * figure(cos * x + sin * y, cos * y - sin * x);
        const Color color = blend(background.at(x, y), ink, std::clamp(0.5 + depth, 0.0, 1.0));
        // Uniform noise of a deviation of 0.06, 16 bits of a draw for each colour.
        std::uint64_t bits = rng();
        for (const double part : color) {
          const double noise = 0.06 * 3.4641016151377544 *
                               ((static_cast<double>(bits & 0xffff) + 0.5) / 65536 - 0.5);
          bits >>= 16;
          *pixels++ =
              static_cast<std::uint8_t>(std::lround(255 * std::clamp(part + noise, 0.0, 1.0)));
        }
      }
  }
};

}  // namespace

ImageDataset synthetic_pictures(const PictureOptions& options) {
  check_option({"synthetic_pictures", Location{}}, "classes", options.classes,
               options.classes >= 1 && options.classes <= figure_count * figure_count,
               "from 1 to 100");
  return paint_images({.height = picture_side,
                       .width = picture_side,
                       .channels = colors,
                       .classes = options.classes,
                       .name = "synthetic pictures"},
                      options.seed, options.count,
                      Painter{(options.classes + figure_count - 1) / figure_count});
}

}  // namespace xtape::inline XTAPE_ABI::data

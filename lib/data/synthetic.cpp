// SPDX-License-Identifier: MIT
#include <xtape/data/synthetic.hpp>

#include "data/drawing.hpp"
#include "data/glyphs.hpp"

#include <algorithm>
#include <cmath>

// Everything is computed in double precision, whatever Scalar is, and rounded to bytes at the end:
// so the last bit of a sine or of a fused multiplication does not show.

namespace xtape::inline XTAPE_ABI::data {
namespace {

constexpr std::size_t side = 28;       // pixels
constexpr double box = 20;             // the digit's larger extent, pixels
constexpr double middle = side / 2.0;  // where its centre of mass goes
constexpr double margin = 1;           // what stays black all around, pixels
constexpr double max_softness = 1.75;  // of an edge: from black to full ink, pixels
constexpr unsigned steps = 6;          // straight pieces between two control points

// A smooth random field over the digit: what the hand does not control. Values at the knots of a
// grid are blended by quadratic B-splines.
class Wobble {
 public:
  explicit Wobble(Rng& rng) {
    for (double& value : knots_) value = spread(rng);
  }
  double operator()(Point p) const {
    const double x = cell(p.x), y = cell(p.y);
    const auto column = static_cast<std::size_t>(x), row = static_cast<std::size_t>(y);
    const auto wx = weights(x - std::floor(x)), wy = weights(y - std::floor(y));
    double sum = 0;
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t i = 0; i < 3; ++i)
        sum += wy[j] * wx[i] * knots_[(row + j) * size + column + i];
    return sum;
  }

 private:
  static constexpr std::size_t size = 6;
  // From -20..120 to a cell of the grid and the place in it.
  static double cell(double coordinate) {
    return std::clamp((coordinate + 20) / 140 * (size - 2), 0.0, size - 2 - 1e-9);
  }
  static std::array<double, 3> weights(double t) {
    return {0.5 * (1 - t) * (1 - t), 0.5 + t - t * t, 0.5 * t * t};
  }
  std::array<double, size * size> knots_;
};

struct Dot {
  Point at;
  double radius;  // of the pen
};
using Trace = std::vector<Dot>;  // a stroke in straight pieces

// The point at t in [0, 1] between b and c on the Catmull-Rom spline through a, b, c, d.
Point spline(Point a, Point b, Point c, Point d, double t) {
  const auto at = [t](double a, double b, double c, double d) {
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  };
  return {at(a.x, b.x, c.x, d.x), at(a.y, b.y, c.y, d.y)};
}

const Style& choose(const std::vector<Style>& styles, Rng& rng) {
  std::size_t total = 0;
  for (const Style& style : styles) total += style.frequency;
  std::size_t ticket = rng.below(total);
  for (const Style& style : styles) {
    if (ticket < style.frequency) return style;
    ticket -= style.frequency;
  }
  return styles.back();
}

// How one writer forms a digit.
class Hand {
 public:
  explicit Hand(Rng& rng)
      : haste_{std::clamp(1 + 0.3 * spread(rng), 0.5, 2.0)},
        slant_{0.16 + 0.22 * spread(rng)},
        angle_{std::clamp(0.08 * spread(rng), -0.21, 0.21)},
        width_{1 + 0.18 * spread(rng)},
        pen_{std::clamp(1.25 + 0.33 * spread(rng), 0.7, 2.2)},
        dx_{rng},
        dy_{rng},
        pressure_{rng} {}

  double pen() const { return pen_; }  // its radius, pixels

  // Where the control points of a stroke come to be.
  void misplace(const Stroke& stroke, Rng& rng, std::vector<Point>& points) const {
    const double jitter = 3.4 * haste_;
    const double x = jitter * spread(rng), y = jitter * spread(rng);
    points.clear();
    for (std::size_t i = 0; i < stroke.size(); ++i) {
      const auto [px, py] = stroke[i];
      if (i > 0 && px == stroke[i - 1].x && py == stroke[i - 1].y)
        points.push_back(points.back());  // a corner stays one
      else
        points.push_back({px + x + jitter * spread(rng), py + y + jitter * spread(rng)});
    }
  }

  // Where the pen is that should be at p, relative to the digit's middle.
  Dot put(Point p, Rng& rng) const {
    const double bend = 7 * haste_;
    const double x = width_ * (p.x - 50) + bend * dx_(p), y = p.y - 50 + bend * dy_(p);
    const double slanted = x - slant_ * y;
    return {{cos_ * slanted - sin_ * y, sin_ * slanted + cos_ * y},
            pen_ * (1 + 0.15 * pressure_(p) + 0.08 * spread(rng))};
  }

 private:
  double haste_, slant_, angle_, width_, pen_;
  double cos_ = std::cos(angle_), sin_ = std::sin(angle_);
  Wobble dx_, dy_, pressure_;
};

// Draws digits; it is kept from one to the next for its memory.
class Writer {
 public:
  void paint(std::int32_t digit, Rng& rng, std::uint8_t* pixels) {
    const Style& style = choose(digit_styles()[static_cast<std::size_t>(digit)], rng);
    const Hand hand{rng};
    traces_.resize(style.strokes.size());
    for (std::size_t i = 0; i < traces_.size(); ++i) trace(style.strokes[i], hand, rng, traces_[i]);
    place(hand.pen(), rng);
    draw();
    const double gain = 255 * std::clamp(1.02 + 0.06 * spread(rng), 0.8, 1.0);
    const double softness = std::min(1.2 + 0.15 * spread(rng), max_softness);
    for (std::size_t i = 0; i < side * side; ++i)
      pixels[i] = static_cast<std::uint8_t>(
          std::lround(gain * std::clamp(0.5 + depth_[i] / softness, 0.0, 1.0)));
  }

 private:
  void trace(const Stroke& stroke, const Hand& hand, Rng& rng, Trace& trace) {
    hand.misplace(stroke, rng, points_);
    trace.clear();
    const std::size_t last = points_.size() - 1;
    for (std::size_t i = 0; i < last; ++i)
      for (unsigned step = 0; step < steps; ++step)
        trace.push_back(hand.put(spline(points_[i == 0 ? 0 : i - 1], points_[i], points_[i + 1],
                                        points_[std::min(i + 2, last)], step / double{steps}),
                                 rng));
    trace.push_back(hand.put(points_[last], rng));
  }

  // Scales the digit to the box and moves its centre of mass to the middle.
  void place(double pen, Rng& rng) {
    Point low{1e9, 1e9}, high{-1e9, -1e9}, moment{0, 0};
    double mass = 0;
    for (const Trace& trace : traces_)
      for (std::size_t i = 0; i < trace.size(); ++i) {
        const Point p = trace[i].at;
        low = {std::min(low.x, p.x), std::min(low.y, p.y)};
        high = {std::max(high.x, p.x), std::max(high.y, p.y)};
        if (i == 0) continue;
        const Point q = trace[i - 1].at;
        const double piece = std::hypot(p.x - q.x, p.y - q.y);
        mass += piece;
        moment = {moment.x + piece * (p.x + q.x) / 2, moment.y + piece * (p.y + q.y) / 2};
      }
    const double size = box * std::clamp(0.97 + 0.03 * spread(rng), 0.85, 1.05);
    const double scale = (size - 2 * pen) / std::max(high.x - low.x, high.y - low.y);
    const auto shift = [&](double low, double high, double centre) {
      const double edge = margin + pen;
      return std::clamp(middle + 0.6 * spread(rng) - scale * centre, edge - scale * low,
                        side - edge - scale * high);
    };
    const double x = shift(low.x, high.x, moment.x / mass),
                 y = shift(low.y, high.y, moment.y / mass);
    for (Trace& trace : traces_)
      for (Dot& dot : trace) dot.at = {scale * dot.at.x + x, scale * dot.at.y + y};
  }

  // How deep in the ink the centre of each pixel is, in pixels; negative outside.
  void draw() {
    depth_.fill(-100);
    for (const Trace& trace : traces_)
      for (std::size_t i = 1; i < trace.size(); ++i) draw(trace[i - 1], trace[i]);
  }
  void draw(const Dot& from, const Dot& to) {
    const double reach = std::max(from.radius, to.radius) + max_softness / 2;
    const auto [left, right] = range(from.at.x, to.at.x, reach);
    const auto [top, bottom] = range(from.at.y, to.at.y, reach);
    const double ex = to.at.x - from.at.x, ey = to.at.y - from.at.y;
    const double length2 = std::max(ex * ex + ey * ey, 1e-12);
    for (std::size_t row = top; row < bottom; ++row)
      for (std::size_t column = left; column < right; ++column) {
        const double px = static_cast<double>(column) + 0.5 - from.at.x;
        const double py = static_cast<double>(row) + 0.5 - from.at.y;
        const double t = std::clamp((px * ex + py * ey) / length2, 0.0, 1.0);
        const double ox = px - t * ex, oy = py - t * ey;
        const double depth =
            from.radius + t * (to.radius - from.radius) - std::sqrt(ox * ox + oy * oy);
        double& deepest = depth_[row * side + column];
        deepest = std::max(deepest, depth);
      }
  }
  // The pixels whose centres are within reach of what is between a and b.
  static std::pair<std::size_t, std::size_t> range(double a, double b, double reach) {
    const auto pixel = [](double at) {
      return static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(side)));
    };
    return {pixel(std::min(a, b) - reach + 0.5), pixel(std::max(a, b) + reach + 0.5)};
  }

  std::vector<Point> points_;                // of the stroke in hand
  std::vector<Trace> traces_;                // of the whole digit
  std::array<double, side * side> depth_{};  // of each pixel
};

}  // namespace

ImageDataset synthetic_digits(const SyntheticOptions& options) {
  return paint_images({.height = side, .width = side, .name = "synthetic digits"}, options.seed,
                      options.count, Writer{});
}

}  // namespace xtape::inline XTAPE_ABI::data

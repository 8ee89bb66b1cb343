// SPDX-License-Identifier: MIT
#include "bars.hpp"

#include "html.hpp"
#include "svg.hpp"

#include <algorithm>
#include <cmath>

namespace report {
namespace {

std::string seconds_text(const Group& group) {
  return brief(mean_total(group, total_seconds)) + " s";
}

// As wide as a phone, so that its text is legible there.
constexpr int width = 400, row = 26, bar = 16, top = 34;

void put_key(std::string& out) {
  double x = 0;
  for (std::size_t i = 0; i < std::size(phases); ++i) {
    put(out, "<rect class=\"bar p{}\" x=\"{:.1f}\" y=\"6\" width=\"12\" height=\"12\"/>", i, x);
    put(out, "<text class=\"name\" x=\"{:.1f}\" y=\"16\">{}</text>\n", x + 17, phases[i].name);
    x += 17 + text_width(phases[i].name);
  }
}

// A bar from `left` on, `scale` long for each second.
void put_bar(std::string& out, const Group& group, double left, int y, double scale) {
  put(out, "<text class=\"name end\" x=\"{}\" y=\"{}\">{}</text>", left - 6, y + 12,
      escape(shortened(group.name)));
  double x = left;
  for (std::size_t i = 0; i < std::size(phases); ++i) {
    const double seconds = mean_total(group, phases[i].seconds);
    if (!(seconds > 0) || !std::isfinite(seconds)) continue;
    put(out, "<rect class=\"bar p{}\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\">", i, x,
        y, seconds * scale, bar);
    put(out, "<title>{}, {}: {} s</title></rect>", escape(group.name), phases[i].name,
        brief(seconds));
    x += seconds * scale;
  }
  put(out, "<text class=\"tick\" x=\"{:.1f}\" y=\"{}\">{}</text>\n", x + 6, y + 12,
      seconds_text(group));
}

}  // namespace

std::string time_figure(std::span<const Group> groups) {
  double longest = 0, left = 0, right = width;
  std::string description = "A bar per optimizer, in parts for";
  for (const Phase& phase : phases) put(description, " {}", phase.name);
  description += ". The summary table has the numbers.";
  for (const Group& group : groups) {
    const double seconds = mean_total(group, total_seconds);
    if (std::isfinite(seconds)) longest = std::max(longest, seconds);
    left = std::max(left, text_width(shortened(group.name)) + 6);
    right = std::min(right, width - text_width(seconds_text(group)));
    put(description, " {}: {}.", group.name, seconds_text(group));
  }
  std::string out =
      "<figure class=\"bars\"><figcaption><strong>Seconds per run</strong> by what they were "
      "spent on</figcaption>\n";
  const int height = top + row * static_cast<int>(groups.size());
  out += svg_begin("time", width, height, "Time", description);
  put_key(out);
  int y = top;
  for (const Group& group : groups) {
    put_bar(out, group, left, y, longest > 0 ? (right - left) / longest : 0);
    y += row;
  }
  return out + "</svg>\n</figure>\n";
}

}  // namespace report

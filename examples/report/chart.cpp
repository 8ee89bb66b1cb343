// SPDX-License-Identifier: MIT
#include "chart.hpp"

#include "html.hpp"
#include "svg.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ranges>

namespace report {
namespace {

// In units of the drawing, which are pixels where three charts stand side by side.
constexpr int width = 380, height = 286;
constexpr double top = 10, bottom = 250;
constexpr double line_height = 15;
constexpr double key_width = 36;  // of a piece of line before its name

// The space between axes, and where values stand in it.
struct Frame {
  const Chart& chart;
  double left = 0, right = width;
  explicit Frame(const Chart& of) : chart{of} {
    for (const Tick& tick : chart.y.ticks) left = std::max(left, text_width(tick.label) + 1);
    for (const Series& series : chart.series)
      right = std::min(right, width - key_width - text_width(shortened(series.name)));
  }
  double x(double value) const { return left + chart.x.at(value) * (right - left); }
  double y(double value) const { return bottom - chart.y.at(value) * (bottom - top); }
  bool shows(const Point& p) const { return std::isfinite(x(p.x)) && std::isfinite(y(p.y)); }
};

std::string marker(std::size_t style, double x, double y) {
  switch (style % 5) {
    case 0:
      return fmt::format("M{:.1f} {:.1f}m-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0z", x, y);
    case 1: return fmt::format("M{:.1f} {:.1f}m-2.8-2.8h5.6v5.6h-5.6z", x, y);
    case 2: return fmt::format("M{:.1f} {:.1f}m0-3.9l3.7 6.4h-7.4z", x, y);
    case 3: return fmt::format("M{:.1f} {:.1f}m0-4.1l4.1 4.1l-4.1 4.1l-4.1-4.1z", x, y);
    default: return fmt::format("M{:.1f} {:.1f}m0 3.9l3.7-6.4h-7.4z", x, y);
  }
}

void put_axes(std::string& out, const Frame& f) {
  for (const Tick& tick : f.chart.y.ticks) {
    const double y = f.y(tick.value);
    put(out, "<path class=\"grid\" d=\"M{} {:.1f}H{}\"/>", f.left, y, f.right);
    put(out, "<text class=\"tick end\" x=\"{}\" y=\"{:.1f}\">{}</text>\n", f.left - 7, y + 4,
        tick.label);
  }
  put(out, "<path class=\"axis\" d=\"M{} {}H{}\"/>", f.left, bottom, f.right);
  double free = width;  // labels from the right, those that have space
  for (const Tick& tick : f.chart.x.ticks | std::views::reverse) {
    const double x = f.x(tick.value), half = text_width(tick.label) / 2;
    put(out, "<path class=\"axis\" d=\"M{:.1f} {}v4\"/>", x, bottom);
    if (x + half > free) continue;
    put(out, "<text class=\"tick middle\" x=\"{:.1f}\" y=\"{}\">{}</text>\n", x, bottom + 18,
        tick.label);
    free = x - half + 6;
  }
  put(out, "<text class=\"tick end\" x=\"{}\" y=\"{}\">{}</text>\n", f.right, bottom + 33,
      escape(f.chart.x_name));
}

// Calls draw(first, last) for each stretch of points that all have their place.
template <class Draw>
void for_each_stretch(const Frame& f, const std::vector<Point>& points, Draw draw) {
  const auto shown = [&](const Point& p) { return f.shows(p); };
  for (auto first = std::ranges::find_if(points, shown); first != points.end();) {
    const auto last = std::find_if_not(first, points.end(), shown);
    draw(first, last);
    first = std::find_if(last, points.end(), shown);
  }
}

void put_band(std::string& out, const Frame& f, const Series& series) {
  const bool none = std::ranges::none_of(series.points, [](auto& p) { return p.low < p.high; });
  if (none) return;
  for_each_stretch(f, series.points, [&](auto first, auto last) {
    put(out, "<path class=\"band s{}\" d=\"", series.style % styles);
    for (auto p = first; p != last; ++p)
      put(out, "{}{:.1f} {:.1f}", p == first ? 'M' : 'L', f.x(p->x), f.y(p->high));
    for (auto p = last; p != first;) {
      --p;
      put(out, "L{:.1f} {:.1f}", f.x(p->x), f.y(p->low));
    }
    out += "z\"/>\n";
  });
}

void put_line(std::string& out, const Frame& f, const Series& series) {
  put(out, "<path class=\"line s{}\" d=\"", series.style % styles);
  for_each_stretch(f, series.points, [&](auto first, auto last) {
    for (auto p = first; p != last; ++p)
      put(out, "{}{:.1f} {:.1f}", p == first ? 'M' : 'L', f.x(p->x), f.y(p->y));
  });
  out += "\"/>\n";
  // Markers tell lines apart where colours do not; among many points they would hide the line.
  const std::size_t stride = series.points.size() <= 20 ? 1 : series.points.size() / 8;
  for (std::size_t i = 0; i < series.points.size(); i += stride)
    if (const Point& p = series.points[i]; f.shows(p))
      put(out, "<path class=\"mark s{}\" d=\"{}\"><title>{}, {} {}: {}</title></path>\n",
          series.style % styles, marker(series.style, f.x(p.x), f.y(p.y)), escape(series.name),
          escape(f.chart.x_name), p.x, f.chart.number(p.y));
}

// Moves places apart until they are `line_height` or more from each other and above `lowest`.
std::vector<double> spread_out(std::vector<double> places, double lowest) {
  std::vector<std::size_t> order(places.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t i) { return places[i]; });
  for (std::size_t i = 1; i < order.size(); ++i)
    places[order[i]] = std::max(places[order[i]], places[order[i - 1]] + line_height);
  for (std::size_t i = order.size(); i-- > 0;) {
    places[order[i]] = std::min(places[order[i]], lowest);
    lowest = places[order[i]] - line_height;
  }
  return places;
}

// Each line's name beside its end, with a piece of the line.
void put_names(std::string& out, const Frame& f) {
  std::vector<Point> ends;  // in units of the drawing
  std::vector<double> places;
  for (const Series& series : f.chart.series) {
    ends.push_back({f.right, bottom});
    for (const Point& p : series.points)
      if (f.shows(p)) ends.back() = {f.x(p.x), f.y(p.y)};
    places.push_back(ends.back().y);
  }
  places = spread_out(places, bottom);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Series& series = f.chart.series[i];
    const double x = f.right + 12;
    put(out, "<path class=\"leader\" d=\"M{:.1f} {:.1f}L{} {:.1f}\"/>", ends[i].x + 5, ends[i].y, x,
        places[i]);
    put(out, "<path class=\"line s{}\" d=\"M{} {:.1f}h20\"/>", series.style % styles, x, places[i]);
    put(out, "<path class=\"mark s{}\" d=\"{}\"/>", series.style % styles,
        marker(series.style, x + 10, places[i]));
    put(out, "<text class=\"name\" x=\"{}\" y=\"{:.1f}\">{}</text>\n", f.right + key_width,
        places[i] + 4, escape(shortened(series.name)));
  }
}

std::string cell(const Chart& chart, const Point& p) {
  std::string mean = chart.number(p.y);
  if (!(p.low < p.high)) return mean;
  return fmt::format("{} <small>{}–{}</small>", mean, chart.number(p.low), chart.number(p.high));
}

std::string description(const Chart& chart) {
  std::string text = fmt::format("A line chart of {} over the {}.", chart.unit, chart.x_name);
  for (const Series& series : chart.series)
    if (!series.points.empty())
      put(text, " {}: {} at first, {} at last.", series.name, chart.number(series.points.front().y),
          chart.number(series.points.back().y));
  return text + " The table below has the numbers.";
}

void put_table(std::string& out, const Chart& chart) {
  const auto longest =
      std::ranges::max_element(chart.series, {}, [](const Series& s) { return s.points.size(); });
  if (longest == chart.series.end()) return;
  // Of many points, a dozen and the last.
  const std::size_t count = longest->points.size();
  const std::size_t stride = count <= 60 ? 1 : count / 12;
  put(out, "<details><summary>The numbers</summary>{}<thead><tr><th scope=\"col\">{}</th>",
      table_begin(chart.id + "-numbers", "numbers", chart.title + ", " + chart.unit),
      escape(chart.x_name));
  for (const Series& series : chart.series)
    put(out, "<th scope=\"col\">{}</th>", escape(series.name));
  out += "</tr></thead>\n<tbody>";
  for (std::size_t i = 0; i < count; ++i) {
    if (i % stride != 0 && i + 1 != count) continue;
    put(out, "<tr><th scope=\"row\">{}</th>", longest->points[i].x);
    for (const Series& s : chart.series)
      put(out, "<td>{}</td>", i < s.points.size() ? cell(chart, s.points[i]) : "");
    out += "</tr>\n";
  }
  out += "</tbody></table></div></details>\n";
}

}  // namespace

std::string figure(const Chart& chart) {
  const Frame f{chart};
  std::string out =
      fmt::format("<figure class=\"chart\"><figcaption><strong>{}</strong> {}</figcaption>\n",
                  escape(chart.title), escape(chart.unit));
  out += svg_begin(chart.id, width, height, chart.title, description(chart));
  put_axes(out, f);
  for (const Series& series : chart.series) put_band(out, f, series);
  for (const Series& series : chart.series) put_line(out, f, series);
  put_names(out, f);
  out += "</svg>\n";
  if (!chart.note.empty()) put(out, "<p class=\"note\">{}</p>\n", chart.note);
  put_table(out, chart);
  return out + "</figure>\n";
}

}  // namespace report

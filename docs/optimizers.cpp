// SPDX-License-Identifier: MIT
// What the pages on optimizers show of all that have a name: tables, and their paths over two functions.
//   optimizers TABLES FOLDER     writes FOLDER/sgd-rosenbrock.svg, FOLDER/sgd-beale.svg, ...
#include <xtape/xtape.hpp>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>

using namespace xtape;

namespace {

constexpr double width = 480, height = 320;  // of the map, in pixels
constexpr std::size_t columns = 128, rows = 80;
constexpr int steps = 500;

struct Point {
  double x, y;
};

// A function of two variables with one minimum, of value 0, and the part of the plane to draw.
struct Surface {
  const char* name;
  const char* file;
  Point from, to, start, minimum;
  double lowest;  // the logarithm of the lowest line to draw
  Variable (*f)(const Variable& x, const Variable& y);
};

Variable rosenbrock(const Variable& x, const Variable& y) {
  return square(1 - x) + 100 * square(y - square(x));
}

Variable beale(const Variable& x, const Variable& y) {
  return square(1.5 - x + x * y) + square(2.25 - x + x * square(y)) +
         square(2.625 - x + x * y * square(y));
}

const Surface surfaces[] = {
    {"Rosenbrock", "rosenbrock", {-2, -0.75}, {2, 2.25}, {-1.2, 1}, {1, 1}, 0, rosenbrock},
    {"Beale", "beale", {-0.5, -1.5}, {4.5, 1.75}, {1, 1.5}, {3, 0.5}, -1, beale}};

double value(const Surface& surface, Point p) {
  Tape tape{Mode::eval};
  return surface.f(tape.input({static_cast<Scalar>(p.x)}), tape.input({static_cast<Scalar>(p.y)}))
      .item();
}

// The points that the optimizer goes through.
std::vector<Point> path(const Surface& surface, Optimizer& optimizer) {
  Parameter x{Array{static_cast<Scalar>(surface.start.x)}},
      y{Array{static_cast<Scalar>(surface.start.y)}};
  std::vector<Point> points{surface.start};
  for (int step = 0; step < steps; ++step) {
    Tape tape;
    tape.backward(surface.f(tape.parameter(x), tape.parameter(y)), optimizer);
    points.push_back({x.value()(0), y.value()(0)});
  }
  return points;
}

Point on_map(const Surface& surface, Point p) {
  return {(p.x - surface.from.x) / (surface.to.x - surface.from.x) * width,
          (surface.to.y - p.y) / (surface.to.y - surface.from.y) * height};
}

std::ostream& operator<<(std::ostream& out, Point p) {
  char text[48];
  std::snprintf(text, sizeof text, "%.1f %.1f", p.x, p.y);
  return out << text;
}

// The values of a surface at the corners of a grid, and where they are on the map.
struct Grid {
  explicit Grid(const Surface& surface) {
    for (std::size_t row = 0; row <= rows; ++row)
      for (std::size_t column = 0; column <= columns; ++column) {
        const Point at{surface.from.x + (surface.to.x - surface.from.x) * double(column) / columns,
                       surface.from.y + (surface.to.y - surface.from.y) * double(row) / rows};
        values.push_back(std::log10(value(surface, at) + 1e-12));
        places.push_back(on_map(surface, at));
      }
  }
  std::vector<double> values;  // the logarithms
  std::vector<Point> places;
};

// Where the surface has a value: in each half of each cell, a line between two of its sides.
std::string contour(const Grid& grid, double level) {
  std::ostringstream out;
  const auto triangle = [&](std::initializer_list<std::size_t> corners) {
    const std::size_t* const corner = corners.begin();
    int cuts = 0;
    for (int side = 0; side < 3; ++side) {
      const std::size_t a = corner[side], b = corner[(side + 1) % 3];
      if ((grid.values[a] < level) == (grid.values[b] < level)) continue;
      const double share = (level - grid.values[a]) / (grid.values[b] - grid.values[a]);
      const Point p = grid.places[a], q = grid.places[b];
      out << (cuts++ == 0 ? 'M' : 'L')
          << Point{p.x + share * (q.x - p.x), p.y + share * (q.y - p.y)};
    }
  };
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t a = row * (columns + 1) + column, b = a + 1, c = a + columns + 1, d = c + 1;
      triangle({a, b, d});
      triangle({a, d, c});
    }
  return out.str();
}

// An optimizer in a drawing.
struct Run {
  std::string label;
  std::unique_ptr<Optimizer> optimizer;
};

const char* const style = R"(<style>
text { font: 14px sans-serif; fill: #222 }
.map { fill: #fff; stroke: #999 }
.contour { fill: none; stroke: #b4bec8 }
.path { fill: none; stroke-width: 1.8; stroke-linejoin: round }
.c0 { stroke: #b3261e }
.c1 { stroke: #1a5fb4; stroke-dasharray: 8 3 }
.c2 { stroke: #26734d; stroke-dasharray: 3 3 }
.mark { fill: none; stroke: #222; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd }
  .map { fill: #1c1f22; stroke: #666 }
  .contour { stroke: #4a5259 }
  .c0 { stroke: #ff8a80 } .c1 { stroke: #82b1ff } .c2 { stroke: #7ed6a5 }
  .mark { stroke: #ddd }
}
</style>
)";

void draw_path(std::ostream& svg, const Surface& surface, const std::vector<Point>& points,
               std::size_t colour) {
  svg << "<path class=\"path c" << colour << "\" clip-path=\"url(#map)\" d=\"M";
  for (const Point& p : points) svg << on_map(surface, p) << ' ';
  svg << "\"/>\n";
}

// The line, what it is, and where it ends.
void draw_legend(std::ostream& svg, const Surface& surface, const Run& run, Point end,
                 std::size_t number) {
  const double y = height + 22 + 42 * double(number);
  char where[96];
  std::snprintf(where, sizeof where, "ends at (%.2f, %.2f), where f = %.2g", end.x, end.y,
                value(surface, end));
  svg << "<path class=\"path c" << number << "\" d=\"M8 " << y - 5 << "h24\"/>\n<text x=\"40\" y=\""
      << y << "\">" << run.label << "</text>\n<text x=\"40\" y=\"" << y + 19 << "\">" << where
      << "</text>\n";
}

void draw(std::ostream& svg, const Surface& surface, std::vector<Run> runs) {
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"600\" viewBox=\"-1 -1 " << width + 2
      << ' ' << height + 10 + 42 * double(runs.size()) << "\">\n"
      << style << "<clipPath id=\"map\"><rect width=\"" << width << "\" height=\"" << height
      << "\"/></clipPath>\n<rect class=\"map\" width=\"" << width << "\" height=\"" << height
      << "\"/>\n";
  const Grid grid{surface};
  for (double level = surface.lowest; level <= 3; level += 0.5)
    svg << "<path class=\"contour\" d=\"" << contour(grid, level) << "\"/>\n";
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::vector<Point> points = path(surface, *runs[i].optimizer);
    draw_path(svg, surface, points, i);
    draw_legend(svg, surface, runs[i], points.back(), i);
  }
  const Point start = on_map(surface, surface.start), minimum = on_map(surface, surface.minimum);
  svg << "<circle class=\"mark\" r=\"5\" cx=\"" << start.x << "\" cy=\"" << start.y << "\"/>\n"
      << "<path class=\"mark\" d=\"M" << minimum << "m-6 -6l12 12m0 -12l-12 12\"/>\n"
      << "<text x=\"8\" y=\"20\">" << surface.name << ", " << steps << " steps</text>\n</svg>\n";
}

template <class... Runs>
std::vector<Run> runs(Runs... all) {
  std::vector<Run> list;
  (list.push_back(std::move(all)), ...);
  return list;
}

template <class O>
Run run(const char* label, const typename O::Options& options) {
  return {label, std::make_unique<O>(options)};
}

// At the rate, of some, with which it ends where the surface is lowest.
Run best_run(const NamedOptimizer& named, const Surface& surface) {
  double lowest = INFINITY, best = 0;
  for (const double rate : {0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003}) {
    const auto optimizer = make_optimizer(named.name, named.presets[0], rate);
    const double end = value(surface, path(surface, *optimizer).back());
    if (end < lowest) lowest = end, best = rate;
  }
  std::ostringstream label;
  label << named.title << ", " << best;
  return {label.str(), make_optimizer(named.name, named.presets[0], best)};
}

// What a page shows. Most rates are high, to show the way: this is no network.
std::vector<Run> runs_of(const NamedOptimizer& named, const Surface& surface) {
  const std::string_view page = named.name;
  if (page == "sgd")
    return runs(run<SGD>("SGD, 0.001", {.learning_rate = 1e-3}),
                run<SGD>("momentum 0.9, 0.001", {.learning_rate = 1e-3, .momentum = 0.9}),
                run<SGD>("Nesterov 0.9, 0.001",
                         {.learning_rate = 1e-3, .momentum = 0.9, .nesterov = true}));
  if (page == "adagrad") return runs(run<Adagrad>("Adagrad, 0.3", {.learning_rate = 0.3}));
  if (page == "adadelta")
    return runs(run<Adadelta>("paper(), 1", Adadelta::paper()),
                run<Adadelta>("keras(), 0.001", Adadelta::keras()));
  if (page == "rmsprop")
    return runs(run<RMSprop>("RMSprop, 0.01", {.learning_rate = 0.01}),
                run<RMSprop>("centered, 0.01", {.learning_rate = 0.01, .centered = true}));
  if (page == "adam")
    return runs(run<Adam>("Adam, 0.05", {.learning_rate = 0.05}),
                run<Adam>("AMSGrad, 0.05", {.learning_rate = 0.05, .amsgrad = true}));
  if (page == "adamw")
    return runs(run<AdamW>("AdamW, 0.05, decay 0.004", {.learning_rate = 0.05}),
                run<AdamW>("AdamW, 0.05, decay 0.5", {.learning_rate = 0.05, .weight_decay = 0.5}));
  return runs(best_run(named, surface));
}

template <class Cells>
void write_row(std::ostream& out, std::string_view head, const Cells& cells) {
  out << "| " << head << " |";
  for (const auto& cell : cells) out << ' ' << cell << " |";
  out << '\n';
}

// The options in each preset.
void write_presets(std::ostream& out, const NamedOptimizer& named) {
  std::vector<std::string> titles;
  std::vector<std::vector<std::pair<std::string, std::string>>> presets;
  for (const Preset preset : named.presets) {
    titles.push_back('`' + std::string{to_string(preset)} + "()`");
    presets.push_back(named.options(preset));
  }
  out << "<!-- [" << named.name << "] -->\n";
  write_row(out, "option", titles);
  write_row(out, "---", std::vector<std::string>(titles.size(), "---"));
  for (std::size_t i = 0; i < presets[0].size(); ++i) {
    std::vector<std::string> values;
    for (const auto& options : presets) values.push_back(options[i].second);
    write_row(out, '`' + presets[0][i].first + '`', values);
  }
  out << "<!-- [" << named.name << "] -->\n\n";
}

// All names, and what they keep for each parameter.
void write_names(std::ostream& out) {
  out << "<!-- [names] -->\n| name | is | keeps |\n| --- | --- | --- |\n";
  for (const NamedOptimizer& named : named_optimizers()) {
    std::string slots;
    const auto optimizer = named.make(named.presets[0], {}, Location::current());
    for (const Optimizer::Slot& slot : optimizer->slots())
      slots += (slots.empty() ? "`" : ", `") + std::string{slot.name} + '`';
    out << "| `" << named.name << "` | " << named.title << " | " << slots << " |\n";
  }
  out << "<!-- [names] -->\n\n";
}

// Whether it could be written.
bool write(const std::string& path, const std::function<void(std::ostream&)>& content) {
  std::ofstream file{path};
  content(file);
  if (!file.flush()) std::cerr << "optimizers: " << path << " cannot be written\n";
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "optimizers TABLES FOLDER\n";
    return 2;
  }
  bool good = write(argv[1], [](std::ostream& out) {
    write_names(out);
    for (const NamedOptimizer& named : named_optimizers()) write_presets(out, named);
  });
  for (const NamedOptimizer& named : named_optimizers())
    for (const Surface& surface : surfaces)
      good &= write(argv[2] + ('/' + std::string{named.name} + '-' + surface.file + ".svg"),
                    [&](std::ostream& svg) { draw(svg, surface, runs_of(named, surface)); });
  return good ? 0 : 1;
}

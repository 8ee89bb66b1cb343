// SPDX-License-Identifier: MIT
#include "bars.hpp"
#include "chart.hpp"
#include "html.hpp"
#include "sections.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace report {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Series series(const Group& group, std::size_t style, const Measure& measure) {
  Series result{group.name, style, {}};
  double epoch = 0;
  for (const Spread& s : curve(group, measure))
    result.points.push_back({++epoch, s.mean, s.low, s.high});
  return result;
}

std::vector<double> heights(const std::vector<Series>& all) {
  std::vector<double> values;
  for (const Series& s : all)
    for (const Point& p : s.points) values.insert(values.end(), {p.y, p.low, p.high});
  return values;
}

std::string four_decimals(double x) { return fixed(x, 4); }

std::string scale_name(const Scale& y) {
  switch (y.kind) {
    case Scale::Kind::logarithmic: return ", logarithmic scale";
    case Scale::Kind::error: return ", logarithmic in the error";
    case Scale::Kind::linear: break;
  }
  return "";
}

// A chart of a measure of all groups.
void put_curve(std::string& out, const Results& results, std::span<const Group> groups, Chart chart,
               Scale (*scale)(std::span<const double>), const Measure& measure) {
  std::size_t epochs = results.epochs;
  for (const Group& group : groups) {
    if (group.epochs == 0) continue;
    chart.series.push_back(series(group, chart.series.size(), measure));
    epochs = std::max(epochs, group.epochs);
  }
  chart.x = count_scale(epochs);
  chart.y = scale(heights(chart.series));
  chart.unit += scale_name(chart.y);
  out += figure(chart);
}

std::string curves_note(const Results& results, std::span<const Group> groups) {
  std::string note;
  if (std::ranges::any_of(groups, [](const Group& group) { return group.counted.size() > 1; }))
    note = "Lines are means over seeds, bands reach from the lowest to the highest of them.";
  if (std::ranges::any_of(groups, [&](const Group& g) { return !caveat(g, results).empty(); }))
    note.append(note.empty() ? "" : " ")
        .append(
            "A line that ends early is of runs that diverged or are in progress; the summary says "
            "which.");
  return note;
}

// The gradients and updates of parameters, as many lines as there are styles.
void put_update_chart(std::string& out, const Run& run, std::size_t first, Chart chart,
                      std::vector<double> UpdateSample::*values) {
  constexpr std::size_t most_points = 400;
  const std::size_t stride = (run.updates.size() + most_points - 1) / most_points;
  const std::size_t end = std::min(first + styles, run.parameters.size());
  std::vector<double> steps;
  for (std::size_t p = first; p < end; ++p) {
    chart.series.push_back({run.parameters[p], p - first, {}});
    for (std::size_t i = 0; i < run.updates.size(); i += stride) {
      const auto step = static_cast<double>(run.updates[i].step);
      steps.push_back(step);
      const double y = (run.updates[i].*values)[p];
      chart.series.back().points.push_back({step, y > 0 || std::isnan(y) ? y : not_a_number});
    }
  }
  chart.x = positive_scale(steps);
  chart.y = positive_scale(heights(chart.series));
  if (stride > 1)
    chart.note = fmt::format("One of {} samples is drawn; results.json has all.", stride);
  out += figure(chart);
}

}  // namespace

void put_curves(std::string& out, const Results& results, std::span<const Group> groups) {
  out += "<section>\n<h2>Over the epochs</h2>\n<div class=\"charts\">\n";
  if (results.accuracies)
    put_curve(out, results, groups, {"accuracy", "Test accuracy", "%", "epoch", {}, {}, percent},
              share_scale, [](const Epoch& e) { return e.test_accuracy; });
  put_curve(out, results, groups,
            {"test-loss", "Test loss", results.loss, "epoch", {}, {}, four_decimals},
            positive_scale, [](const Epoch& e) { return e.test_loss; });
  put_curve(out, results, groups,
            {"train-loss", "Training loss", results.loss, "epoch", {}, {}, four_decimals},
            positive_scale, [](const Epoch& e) { return e.train_loss; });
  put(out, "</div>\n<p class=\"note\">{}</p>\n</section>\n", curves_note(results, groups));
  out += "<section>\n<h2>Time</h2>\n" + time_figure(groups) + "</section>\n";
}

void put_updates(std::string& out, const Run& run, const std::string& id) {
  if (run.updates.empty()) return;
  out += "<h4>Gradients and updates</h4>\n<div class=\"charts pairs\">\n";
  for (std::size_t first = 0; first < run.parameters.size(); first += styles) {
    put_update_chart(out, run, first,
                     {fmt::format("{}-gradients-{}", id, first),
                      "Gradient",
                      "its norm, ‖g‖",
                      "step",
                      {},
                      {},
                      brief},
                     &UpdateSample::gradient_norms);
    put_update_chart(out, run, first,
                     {fmt::format("{}-updates-{}", id, first),
                      "Update to weight",
                      "‖Δw‖ / ‖w‖ of one step",
                      "step",
                      {},
                      {},
                      brief},
                     &UpdateSample::update_ratios);
  }
  out += "</div>\n";
}

}  // namespace report

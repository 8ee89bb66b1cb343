// SPDX-License-Identifier: MIT
#include "html.hpp"
#include "image.hpp"
#include "sections.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace report {
namespace {

void put_confusion_row(std::string& out, const Results& results, const Run& run, std::size_t label,
                       int most_wrong) {
  const std::vector<int>& row = run.confusion[label];
  const std::int64_t total = std::accumulate(row.begin(), row.end(), std::int64_t{0});
  put(out, "<tr><th scope=\"row\">{}</th>", escape(results.classes[label]));
  for (std::size_t predicted = 0; predicted < row.size(); ++predicted) {
    if (predicted == label)
      put(out, "<td class=\"right\">{}</td>", row[predicted]);
    else if (row[predicted] == 0)
      out += "<td class=\"none\">0</td>";
    else  // the square root tells small counts apart
      put(out, "<td style=\"background:rgba(213,94,0,{:.2f})\">{}</td>",
          0.1 + 0.5 * std::sqrt(row[predicted] / static_cast<double>(most_wrong)), row[predicted]);
  }
  const double right = row[label] / static_cast<double>(total);
  put(out, "<td>{}</td><td>{}</td></tr>\n", total, total == 0 ? "–" : percent(right));
}

void put_confusion(std::string& out, const Results& results, const Run& run,
                   const std::string& id) {
  if (run.confusion.empty()) return;
  int most_wrong = 1;
  for (std::size_t i = 0; i < run.confusion.size(); ++i)
    for (std::size_t j = 0; j < run.confusion.size(); ++j)
      if (i != j) most_wrong = std::max(most_wrong, run.confusion[i][j]);
  out += "<h4>Confusion matrix</h4>\n";
  out +=
      table_begin(id + "-confusion", "confusion",
                  "Test images by what they are (rows) and by what the model predicted (columns)");
  out += "<thead><tr><th scope=\"col\">is</th>";
  for (const std::string& name : results.classes)
    put(out, "<th scope=\"col\">{}</th>", escape(name));
  out += "<th scope=\"col\">images</th><th scope=\"col\">right, %</th></tr></thead>\n<tbody>";
  for (std::size_t label = 0; label < run.confusion.size(); ++label)
    put_confusion_row(out, results, run, label, most_wrong);
  out += "</tbody></table></div>\n";
}

void put_mistakes(std::string& out, const Results& results, const Run& run) {
  if (run.mistakes.empty()) return;
  constexpr std::size_t most = 40;
  const std::size_t shown = std::min(most, run.mistakes.size());
  put(out,
      "<h4>What it got wrong</h4>\n<p>{} of {}, the most confident first: what it is → what "
      "the model predicted, and the probability that it gave to that.</p>\n<ul "
      "class=\"mistakes\">\n",
      shown, counted(run.mistake_count, "mistake"));
  for (const Mistake& mistake : std::span{run.mistakes}.first(shown)) {
    const std::string is = escape(results.classes[static_cast<std::size_t>(mistake.label)]);
    const std::string predicted =
        escape(results.classes[static_cast<std::size_t>(mistake.predicted)]);
    out += "<li>";
    if (!mistake.pixels.empty()) {
      const Image image = picture(mistake, results.image_height, results.image_width);
      put(out,
          "<img{} width=\"{}\" height=\"{}\" alt=\"Test image {}: {}, predicted {}\" src=\"{}\"/>",
          image.channels == 1 ? " class=\"ink\"" : "", image.width, image.height, mistake.index, is,
          predicted, data_uri(image));
    }
    put(out, "<span>{} → <b>{}</b></span> <small>{}&#160;%</small></li>\n", is, predicted,
        percent(mistake.probability));
  }
  out += "</ul>\n";
}

void put_filters(std::string& out, const Run& run) {
  const Filters& f = run.filters;
  if (f.weights.empty()) return;
  double limit = 0;
  for (double w : f.weights)
    if (std::isfinite(w)) limit = std::max(limit, std::abs(w));
  put(out,
      "<h4>The filters of the first layer</h4>\n<p class=\"key-line\">{} of {} × {}, on one scale: "
      "<span>−{}&#160;<i class=\"ramp\"></i>&#160;{}</span>, white is 0.</p>\n<ul "
      "class=\"filters\">\n",
      counted(f.count, "filter"), f.height, f.width, brief(limit), brief(limit));
  for (std::size_t k = 0; k < f.count; ++k) {
    std::vector<double> weights;
    for (std::size_t i = k; i < f.weights.size(); i += f.count) weights.push_back(f.weights[i]);
    const auto [low, high] = std::ranges::minmax(weights);
    put(out,
        "<li><img width=\"{}\" height=\"{}\" alt=\"Filter {}, weights from {} to {}\" "
        "src=\"{}\"/></li>\n",
        f.width, f.height, k + 1, brief(low), brief(high),
        data_uri(diverging(weights, f.height, f.width, limit)));
  }
  out += "</ul>\n";
}

void put_texts(std::string& out, const Run& run) {
  if (run.texts.empty()) return;
  out += "<h4>What it writes</h4>\n";
  for (const auto& [title, text] : run.texts)
    put(out,
        "<figure><figcaption>{}</figcaption><pre class=\"scroll\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"{}\">{}</pre></figure>\n",
        escape(title), escape(title), escape(text));
}

void put_pictures(std::string& out, const Run& run) {
  if (run.pictures.empty()) return;
  out += "<h4>What it draws</h4>\n";
  for (const Picture& p : run.pictures)
    put(out,
        "<figure><figcaption>{}</figcaption><img class=\"drawn\" width=\"{}\" height=\"{}\" "
        "alt=\"{}\" src=\"{}\"/></figure>\n",
        escape(p.title), p.width, p.height, escape(p.title),
        data_uri({p.height, p.width, 1, p.pixels}));
}

void put_model(std::string& out, const Results& results, const Run& run, const std::string& id) {
  put_confusion(out, results, run, id);
  put_mistakes(out, results, run);
  put_filters(out, run);
  put_texts(out, run);
  put_pictures(out, run);
  put_updates(out, run, id);
}

bool has_details(const Run* run) {
  return run != nullptr &&
         !(run->confusion.empty() && run->mistakes.empty() && run->filters.weights.empty() &&
           run->texts.empty() && run->pictures.empty() && run->updates.empty());
}

}  // namespace

void put_models(std::string& out, const Results& results, std::span<const Group> groups) {
  struct Shown {
    const Group* group;
    const Run* run;
    double score;  // after the last epoch; NaN if it diverged
  };
  const Score score{results};
  std::vector<Shown> all;
  for (const Group& group : groups)
    if (const Run* run = best_run(group, score); has_details(run)) {
      const double value = score(run->epochs.back());
      all.push_back(
          {&group, run, std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN()});
    }
  if (all.empty()) return;
  std::ranges::stable_sort(
      all, [&](double a, double b) { return score.better(a, b); }, &Shown::score);
  put(out,
      "<section>\n<h2>What the models learned</h2>\n<p>The run of each optimizer with the {} after "
      "its last epoch, the best first.</p>\n",
      score.is_accuracy() ? "highest test accuracy" : "lowest test loss");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [group, run, value] = all[i];
    const std::string heading =
        fmt::format("<h3>{}, seed {} <small>{}</small></h3>", escape(group->name), run->seed,
                    std::isnan(value) ? "diverged" : shown(score, value));
    if (i == 0)
      put(out, "{}\n", heading);
    else
      put(out, "<details class=\"model\"><summary>{}</summary>\n", heading);
    put_model(out, results, *run, fmt::format("model-{}", i + 1));
    if (i > 0) out += "</details>\n";
  }
  out += "</section>\n";
}

}  // namespace report

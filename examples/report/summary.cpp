// SPDX-License-Identifier: MIT
#include "bars.hpp"
#include "html.hpp"
#include "sections.hpp"

#include <algorithm>
#include <cmath>

namespace report {
namespace {

// Digits for seconds of which `longest` are the most.
int decimals_for(double longest) { return longest < 10 ? 2 : longest < 100 ? 1 : 0; }

// The epoch after which the mean score was the best.
std::string best_epoch(const Group& group, const Score& score) {
  const auto means = curve(group, score);
  const auto best = std::ranges::min_element(
      means, [&](double a, double b) { return score.better(a, b); }, &Spread::mean);
  if (best == means.end() || std::isnan(best->mean)) return "<td>–</td><td>–</td>";
  return fmt::format("<td>{}</td><td>{}</td>", best - means.begin() + 1,
                     score.is_accuracy() ? percent(best->mean) : fixed(best->mean, 4));
}

std::string name_cell(const Group& group, const Results& results) {
  std::string mark;
  if (group.state == State::diverged) mark = " <small>diverged</small>";
  if (group.state == State::waiting) mark = " <small>no epoch yet</small>";
  if (group.state == State::running)
    mark = fmt::format(" <small>so far: {} of {}</small>", group.epochs,
                       counted(results.epochs, "epoch"));
  return fmt::format("<th scope=\"row\">{}{}</th>", escape(group.name), mark);
}

void put_row(std::string& out, const Group& group, const Results& results, int decimals) {
  const Spread accuracy = last(group, [](const Epoch& e) { return e.test_accuracy; });
  const Spread loss = last(group, [](const Epoch& e) { return e.test_loss; });
  put(out, "<tr>{}<td>{}</td>", name_cell(group, results),
      group.epochs == 0 ? 0 : group.counted.size());
  if (results.accuracies)
    put(out, "<td class=\"key\">{}</td><td>{}</td>", percent(accuracy.mean),
        fixed(100 * accuracy.deviation, 2));
  put(out, "<td{}>{}</td><td>{}</td>{}", results.accuracies ? "" : " class=\"key\"",
      fixed(loss.mean, 4), fixed(loss.deviation, 4), best_epoch(group, Score{results}));
  put(out, "<td class=\"key\">{}</td>", fixed(mean_total(group, total_seconds), decimals));
  for (const Phase& phase : phases)
    put(out, "<td>{}</td>", fixed(mean_total(group, phase.seconds), decimals));
  const auto images = [](const Epoch& e) { return e.images_per_second * train_seconds(e); };
  const double seconds = mean_total(group, train_seconds);
  put(out, "<td>{}</td></tr>\n", seconds > 0 ? grouped(mean_total(group, images) / seconds) : "–");
}

void put_table(std::string& out, const Results& results, std::span<const Group> groups) {
  double longest = 0;
  for (const Group& group : groups) longest = std::max(longest, mean_total(group, total_seconds));
  out += table_begin("summary", "summary",
                     "After the last epoch, and over the whole run: means over seeds");
  const std::string_view pair = "<colgroup span=\"2\"></colgroup>",
                         spread = "<th scope=\"col\">mean</th><th scope=\"col\">±&#160;sd</th>";
  const bool both = results.accuracies;
  put(out,
      R"(<colgroup><col/><col/></colgroup>{}{}{}<colgroup span="6"></colgroup><colgroup><col/></colgroup>
<thead><tr><th scope="col" rowspan="2">Optimizer</th><th scope="col" rowspan="2">Seeds</th>
{}<th scope="colgroup" colspan="2">Test loss</th>
<th scope="colgroup" colspan="2">Best epoch</th><th scope="colgroup" colspan="6">Seconds per run</th>
<th scope="col" rowspan="2">Samples per&#160;s</th></tr>
<tr>{}{}<th scope="col">number</th><th scope="col">{}</th><th scope="col">total</th>)",
      both ? pair : "", pair, pair,
      both ? "<th scope=\"colgroup\" colspan=\"2\">Test accuracy, %</th>" : "", both ? spread : "",
      spread, both ? "%" : "loss");
  for (const Phase& phase : phases) put(out, "<th scope=\"col\">{}</th>", phase.name);
  out += "</tr></thead>\n<tbody>";
  for (const Group& group : groups) put_row(out, group, results, decimals_for(longest));
  out += "</tbody></table></div>\n";
}

void put_notes(std::string& out, const Results& results, std::span<const Group> groups) {
  double p = 0;
  for (const Group& group : groups)
    p = std::max(p, last(group, [](const Epoch& e) { return e.test_accuracy; }).mean);
  const bool seeds = std::ranges::any_of(groups, [](auto& g) { return g.counted.size() > 1; });
  out +=
      "<p class=\"note\">sd: sample standard deviation over seeds, “–” with one seed. Samples per "
      "second: of the training alone.";
  if (p > 0 && p <= 1 && results.test_samples > 0) {
    put(out,
        " The standard error of an accuracy p on n test samples is √(p(1 − p)/n), here {} points "
        "for "
        "{} % of {}{}.",
        fixed(100 * binomial_error(p, results.test_samples), 2), percent(p),
        grouped(static_cast<double>(results.test_samples)),
        seeds ? ", or sd&#160;/&#160;√seeds if that is larger" : "");
    if (groups.size() > 1)
      out +=
          " A difference of two accuracies below 2√(e₁² + e₂²), e being their standard errors, may "
          "be "
          "chance.";
  }
  out += "</p>\n";
  for (const Group& group : groups)
    if (const std::string text = caveat(group, results); !text.empty())
      put(out, "<p class=\"note warn\">{}</p>\n", escape(text));
}

void put_references(std::string& out, const Results& results, std::span<const Group> groups) {
  if (results.references.empty()) return;
  out += table_begin("references", "references", "Beside " + results.reference_source);
  out += R"(<colgroup><col/></colgroup><colgroup span="2"></colgroup><colgroup span="2"></colgroup>
<colgroup span="3"></colgroup>
<thead><tr><th scope="col" rowspan="2">Optimizer</th><th scope="colgroup" colspan="2">Test accuracy, %</th>
<th scope="colgroup" colspan="2">Test loss</th><th scope="colgroup" colspan="3">Seconds</th></tr>
<tr><th scope="col">here</th><th scope="col">there</th><th scope="col">here</th><th scope="col">there</th>
<th scope="col">here</th><th scope="col">there</th><th scope="col">there / here</th></tr></thead>
<tbody>)";
  for (const Reference& reference : results.references) {
    for (const Group& group : groups) {
      if (group.optimizer != reference.optimizer) continue;
      const double seconds = mean_total(group, total_seconds);
      put(out, "<tr>{}<td class=\"key\">{}</td><td>{}</td>", name_cell(group, results),
          percent(last(group, [](const Epoch& e) { return e.test_accuracy; }).mean),
          percent(reference.accuracy));
      put(out, "<td class=\"key\">{}</td><td>{}</td>",
          fixed(last(group, [](const Epoch& e) { return e.test_loss; }).mean, 4),
          fixed(reference.loss, 4));
      put(out, "<td class=\"key\">{}</td><td>{}</td><td>{}</td></tr>\n", brief(seconds),
          brief(reference.seconds), fixed(reference.seconds / seconds, 1));
    }
  }
  out += "</tbody></table></div>\n";
}

}  // namespace

void put_summary(std::string& out, const Results& results, std::span<const Group> groups) {
  out += "<section>\n<h2>Summary</h2>\n";
  put_table(out, results, groups);
  put_notes(out, results, groups);
  put_references(out, results, groups);
  out += "</section>\n";
}

}  // namespace report

// SPDX-License-Identifier: MIT
#include "formats.hpp"
#include "html.hpp"
#include "sections.hpp"

#include <algorithm>

namespace report {
namespace {

using Names = std::map<std::string, std::string>;

void put_names(std::string& out, const Names& names) {
  if (names.empty()) return;
  out += "<dl>\n";
  for (const auto& [name, text] : names)
    put(out, "<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(text));
  out += "</dl>\n";
}

void put_head(std::string& out, const Results& results) {
  put(out, R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>{}</title>
<style>{}</style>
</head>
)",
      escape(results.title), style());
}

void put_repeat(std::string& out, const Results& results) {
  out += "<section>\n<h2>How to repeat it</h2>\n";
  if (!results.command.empty())
    put(out,
        "<pre class=\"scroll\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"Command\"><code>{}</code></pre>\n",
        escape(results.command));
  std::string seeds;
  std::vector<std::uint64_t> known;
  for (const Run& run : results.runs) {
    if (std::find(known.begin(), known.end(), run.seed) != known.end()) continue;
    known.push_back(run.seed);
    put(seeds, "{}{}", seeds.empty() ? "" : ", ", run.seed);
  }
  Names names = results.versions;
  names.emplace(known.size() == 1 ? "seed" : "seeds", seeds);
  put_names(out, names);
  out +=
      "<p>The settings are at the top. Beside this page, <a href=\"results.csv\">results.csv</a> "
      "has a "
      "line per run and epoch, and <a href=\"results.json\">results.json</a> all that the page "
      "shows.</p>\n"
      "</section>\n";
}

}  // namespace

std::vector<Group> titled_groups(const Results& results) {
  std::vector<Group> all = groups(results);
  for (Group& group : all)  // a learning rate may follow
    if (const auto title = results.titles.find(group.optimizer); title != results.titles.end())
      group.name.replace(0, group.optimizer.size(), title->second);
  return all;
}

std::string to_html(const Results& results) {
  const std::vector<Group> all = titled_groups(results);
  std::string out;
  put_head(out, results);
  put(out, "<body>\n<main>\n<header>\n<h1>{}</h1>\n<p class=\"finding\">{}</p>\n",
      escape(results.title), escape(finding(results, all)));
  put_names(out, results.settings);
  out += "</header>\n";
  if (!all.empty()) {
    put_summary(out, results, all);
    put_curves(out, results, all);
    put_models(out, results, all);
  }
  put_repeat(out, results);
  out += "</main>\n</body>\n</html>\n";
  return out;
}

}  // namespace report

// SPDX-License-Identifier: MIT
#include "fields.hpp"
#include "formats.hpp"

#include <fmt/format.h>

#include <iterator>

namespace report {
namespace {

// As in RFC 4180.
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (char c : text) result.append(c == '"' ? 2 : 1, c);
  return result + '"';
}

}  // namespace

std::string to_csv(const Results& results) {
  std::string csv = "run,optimizer,seed,initial_learning_rate,complete,epoch";
  const Epoch any;
  fields(any, [&](const char* name, double) { csv.append(1, ',').append(name); });
  csv += '\n';
  for (std::size_t r = 0; r < results.runs.size(); ++r) {
    const Run& run = results.runs[r];
    for (std::size_t e = 0; e < run.epochs.size(); ++e) {
      fmt::format_to(std::back_inserter(csv), "{},{},{},{},{:d},{}", r + 1, quoted(run.optimizer),
                     run.seed, run.learning_rate, run.complete, e + 1);
      fields(run.epochs[e], [&](const char*, double value) {
        fmt::format_to(std::back_inserter(csv), ",{}", value);
      });
      csv += '\n';
    }
  }
  return csv;
}

}  // namespace report

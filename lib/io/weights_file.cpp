// SPDX-License-Identifier: MIT
#include "io/weights_file.hpp"

#include "io/incoming.hpp"
#include "text.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace xtape::inline XTAPE_ABI {
namespace {

// An array of a model, or nothing where a part is asked for and the file has none of that shape.
std::optional<Array> read(const WeightsFile& file, const FileLayout& layout, const Shape& shape,
                          bool partial) {
  const std::string& name = layout.name;
  if (!file.has(name)) {
    if (partial) return {};
    file.fail(" has no array called " + name,
              "rename says what the file calls it, and partial leaves it out");
  }
  const Shape found = file.shape(name), expected = layout.shape(shape);
  if (found != expected && !partial)
    file.fail(text(": the array ", name, " has the shape ", found, ", expected ", expected),
              "partial leaves it out");
  if (found != expected) return {};
  return layout.from_file(file.read(name, expected));
}

// What PyTorch's normalisation has beside its statistics, from which nothing is computed.
bool counts_batches(const std::string& name) {
  return name == "num_batches_tracked" || name.ends_with(".num_batches_tracked");
}

}  // namespace

LoadReport load_arrays(const WeightsFile& file, const std::vector<NamedArray>& arrays,
                       const std::vector<FileLayout>& layouts, bool partial) {
  LoadReport report;
  Incoming incoming;
  const std::vector<std::string> names = file.names();
  std::multiset<std::string> unread{names.begin(), names.end()};
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const std::string& name = arrays[i].name;
    const FileLayout& layout = layouts[i];
    std::optional<Array> array = read(file, layout, arrays[i].value()->shape(), partial);
    if (!array) {
      report.missing.push_back(name);
      continue;
    }
    const std::string wrong = incoming.add(layout.name, arrays[i], *std::move(array));
    if (!wrong.empty()) file.fail(wrong);
    if (const auto read = unread.find(layout.name); read != unread.end()) unread.erase(read);
    report.loaded.push_back(name);
  }
  const auto unknown = std::ranges::find_if_not(unread, counts_batches);
  if (unknown != unread.end() && !partial)
    file.fail(text(" has ", file.shown(*unknown), ", which the model does not have"),
              "partial leaves it out");
  if (report.loaded.empty())
    file.fail(" has nothing of the names and shapes that the model has",
              "rename says what the file calls them");
  report.unused.assign(unread.begin(), unread.end());
  incoming.exchange();
  return report;
}

}  // namespace xtape::inline XTAPE_ABI

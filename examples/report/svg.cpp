// SPDX-License-Identifier: MIT
#include "svg.hpp"

#include "html.hpp"

#include <algorithm>
#include <vector>

namespace report {
namespace {

bool begins_letter(char byte) { return (byte & 0xc0) != 0x80; }

}  // namespace

std::string svg_begin(const std::string& id, int width, int height, const std::string& title,
                      const std::string& description) {
  return fmt::format(
      "<svg role=\"img\" viewBox=\"0 0 {1} {2}\" aria-labelledby=\"{0}-title {0}-text\">"
      "<title id=\"{0}-title\">{3}</title><desc id=\"{0}-text\">{4}</desc>\n",
      id, width, height, escape(title), escape(description));
}

double text_width(std::string_view text) {
  return 8 + 7.9 * static_cast<double>(std::ranges::count_if(text, begins_letter));
}

std::string shortened(const std::string& name) {
  constexpr std::size_t longest = 18, kept_before = 8, kept_after = 9;
  std::vector<std::size_t> letters;  // where each begins
  for (std::size_t i = 0; i < name.size(); ++i)
    if (begins_letter(name[i])) letters.push_back(i);
  if (letters.size() <= longest) return name;
  return name.substr(0, letters[kept_before]) + "…" +
         name.substr(letters[letters.size() - kept_after]);
}

}  // namespace report

// SPDX-License-Identifier: MIT
// Pieces of HTML that is well-formed XML too, put together as text.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace report {

// Appends. What formats is compiled once, as it is large.
void append(std::string& out, fmt::string_view format, fmt::format_args values);
template <class... T>
void put(std::string& out, fmt::format_string<T...> format, const T&... values) {
  append(out, format, fmt::make_format_args(values...));
}

// Text for an element or a quoted attribute. Bytes that are no UTF-8, and control characters, which XML
// does not allow, become U+FFFD.
std::string escape(std::string_view text);

// A number with so many decimals, or – if it is NaN.
std::string fixed(double x, int decimals);
// A share in per cent without the sign: two decimals, which is one image of 10,000.
std::string percent(double share);
// Three significant digits, powers of ten for what is very small or large: 0.0351, 2.1·10⁻⁵.
std::string brief(double x);
// 10⁻⁵.
std::string power_of_ten(int exponent);
// The shortest, for the ticks of an axis: 0.02, 100, 10⁻⁵.
std::string tick_label(double x);
// 12,345.
std::string grouped(double x);
// For one: "1 image"; else "3 images".
std::string counted(std::size_t count, std::string_view noun);

// The begin of a table that scrolls, with the keyboard too, where it is wider than the screen. `id` is
// unique in the page. Ends with </table></div>.
std::string table_begin(const std::string& id, const char* kind, const std::string& caption);

}  // namespace report

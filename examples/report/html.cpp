// SPDX-License-Identifier: MIT
#include "html.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

namespace report {
namespace {

// The JSON library knows what UTF-8 is.
std::string valid_utf8(std::string_view text) {
  using nlohmann::json;
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

void append(std::string& out, fmt::string_view format, fmt::format_args values) {
  fmt::vformat_to(std::back_inserter(out), format, values);
}

std::string escape(std::string_view text) {
  std::string result;
  for (char c : valid_utf8(text)) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      case '\'': result += "&#39;"; break;
      default:
        if (static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t')
          result += "\uFFFD";
        else
          result += c;
    }
  }
  return result;
}

std::string fixed(double x, int decimals) {
  if (std::isnan(x)) return "–";
  if (std::isinf(x)) return x > 0 ? "∞" : "−∞";
  return fmt::format("{:.{}f}", x, decimals);
}

std::string percent(double share) { return fixed(100 * share, 2); }

std::string power_of_ten(int exponent) {
  constexpr const char* digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string result = exponent < 0 ? "10⁻" : "10";
  for (char c : std::to_string(std::abs(exponent))) result += digits[c - '0'];
  return result;
}

std::string brief(double x) {
  if (!std::isfinite(x)) return fixed(x, 0);
  if (x == 0) return "0";
  const std::string digits = fmt::format("{:.2e}", x);  // rounded, such as 9.99e-05
  const std::size_t e = digits.find('e');
  const int exponent = std::stoi(digits.substr(e + 1));
  if (exponent >= -4 && exponent < 5) return fmt::format("{:.{}f}", x, std::max(0, 2 - exponent));
  const std::string mantissa = digits.substr(0, e);
  return (mantissa == "1.00" ? "" : mantissa + "·") + power_of_ten(exponent);
}

std::string tick_label(double x) {
  if (x == 0) return "0";
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(x)) + 1e-9));
  if (exponent >= -4 && exponent < 4) return fmt::format("{:.6g}", x);
  if (exponent == 4) return grouped(x);
  const std::string mantissa = fmt::format("{:.3g}", x / std::pow(10, exponent));
  return (mantissa == "1" ? "" : mantissa + "·") + power_of_ten(exponent);
}

std::string grouped(double x) {
  std::string digits = fixed(x, 0);
  if (!std::isfinite(x)) return digits;
  const std::size_t sign = digits.starts_with('-');
  for (std::size_t i = digits.size(); i > sign + 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(static_cast<double>(count)), noun, count == 1 ? "" : "s");
}

std::string table_begin(const std::string& id, const char* kind, const std::string& caption) {
  return fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{0}\">"
      "<table class=\"{1}\"><caption id=\"{0}\">{2}</caption>\n",
      id, kind, escape(caption));
}

}  // namespace report

// SPDX-License-Identifier: MIT
#include "fields.hpp"
#include "formats.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace report {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* format = "xtape report";
constexpr int version = 1;

// JSON has no such numbers: they are written as strings.
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::array<std::pair<const char*, double>, 3> not_finite = {
    {{"nan", std::numeric_limits<double>::quiet_NaN()}, {"inf", infinity}, {"-inf", -infinity}}};

template <class T>
constexpr bool is_vector = false;
template <class T>
constexpr bool is_vector<std::vector<T>> = true;
using Names = std::map<std::string, std::string>;

Json write_number(double x) {
  if (std::isfinite(x)) return x;
  return not_finite[std::isnan(x) ? 0 : x > 0 ? 1 : 2].first;
}

template <class T>
Json write_value(const T& value) {
  if constexpr (std::same_as<T, double>) {
    return write_number(value);
  } else if constexpr (std::integral<T> || std::same_as<T, std::string>) {
    return value;
  } else if constexpr (std::same_as<T, Names>) {
    Json object = Json::object();
    for (const auto& [name, text] : value) object[name] = text;
    return object;
  } else if constexpr (is_vector<T>) {
    Json array = Json::array();
    for (const auto& element : value) array.push_back(write_value(element));
    return array;
  } else {
    Json object = Json::object();
    fields(value,
           [&](const char* name, const auto& member) { object[name] = write_value(member); });
    return object;
  }
}

// Where a value stands, such as runs[2].epochs[0].test_loss; spelled only for an error.
struct Place {
  const Place* outer = nullptr;
  const char* name = nullptr;  // or, if null, the index
  std::size_t index = 0;

  std::string text() const {
    if (outer == nullptr) return {};
    const std::string before = outer->text();
    if (name == nullptr) return before + "[" + std::to_string(index) + "]";
    return before + (before.empty() ? "" : ".") + name;
  }
};

[[noreturn]] void fail(const Place& place, const std::string& expected, const Json* found) {
  constexpr std::size_t longest = 40;
  std::string what = found == nullptr     ? "nothing"
                     : found->is_object() ? "an object"
                     : found->is_array()  ? "an array"
                                          : found->dump();
  if (what.size() > longest) what = what.substr(0, longest) + "...";
  const std::string where = place.text();
  throw std::runtime_error{(where.empty() ? "" : where + ": ") + "expected " + expected +
                           ", found " + what};
}

double read_number(const Json& from, const Place& place) {
  if (from.is_number()) return from.get<double>();
  for (const auto& [name, value] : not_finite)
    if (from == name) return value;
  fail(place, "a number", &from);
}

template <std::integral T>
T read_integer(const Json& from, const Place& place) {
  if (from.is_number_unsigned() && std::in_range<T>(from.get<std::uint64_t>()))
    return static_cast<T>(from.get<std::uint64_t>());
  if (from.is_number_integer() && !from.is_number_unsigned() &&
      std::in_range<T>(from.get<std::int64_t>()))
    return static_cast<T>(from.get<std::int64_t>());
  using Limits = std::numeric_limits<T>;
  fail(place,
       "an integer from " + std::to_string(Limits::min()) + " to " + std::to_string(Limits::max()),
       &from);
}

const Json& member(const Json& object, const char* name, const Place& place) {
  const auto found = object.find(name);
  if (found == object.end()) fail({&place, name}, "a value", nullptr);
  return *found;
}

template <class T>
void read_value(const Json& from, const Place& place, T& value) {
  if constexpr (std::same_as<T, double>) {
    value = read_number(from, place);
  } else if constexpr (std::same_as<T, bool>) {
    if (!from.is_boolean()) fail(place, "true or false", &from);
    value = from.get<bool>();
  } else if constexpr (std::integral<T>) {
    value = read_integer<T>(from, place);
  } else if constexpr (std::same_as<T, std::string>) {
    if (!from.is_string()) fail(place, "a string", &from);
    value = from.get<std::string>();
  } else if constexpr (std::same_as<T, Names>) {
    if (!from.is_object()) fail(place, "an object", &from);
    for (const auto& [name, text] : from.items())
      read_value(text, {&place, name.c_str()}, value[name]);
  } else if constexpr (is_vector<T>) {
    if (!from.is_array()) fail(place, "an array", &from);
    value.resize(from.size());
    for (std::size_t i = 0; i < value.size(); ++i)
      read_value(from[i], {&place, nullptr, i}, value[i]);
  } else {
    if (!from.is_object()) fail(place, "an object", &from);
    fields(value, [&](const char* name, auto& into) {
      read_value(member(from, name, place), {&place, name}, into);
    });
  }
}

Json parse(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw std::runtime_error{std::string{"expected JSON: "} + error.what()};
  }
}

}  // namespace

std::string to_json(const Results& results) {
  Json document = {{"format", format}, {"version", version}};
  document.update(write_value(results));
  // A name or command may hold bytes that are no UTF-8; JSON may not.
  return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Results from_json(std::string_view text) {
  const Json document = parse(text);
  const Place root;
  if (!document.is_object()) fail(root, "an object", &document);
  const Json& kind = member(document, "format", root);
  if (kind != format) fail({&root, "format"}, Json(format).dump(), &kind);
  const Json& given = member(document, "version", root);
  if (given != version) fail({&root, "version"}, std::to_string(version), &given);
  Results results;
  read_value(document, root, results);
  check(results);
  return results;
}

}  // namespace report

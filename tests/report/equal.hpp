// SPDX-License-Identifier: MIT
// Whether results are the same, member by member and bit by bit. A binding names all members of a struct:
// it stops compiling when one is added, so that none is forgotten in results.json.
#pragma once

#include <results.hpp>

#include <bit>
#include <cmath>
#include <concepts>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace test {

template <class T>
requires(std::integral<T> || std::same_as<T, std::string>) bool equal(const T& a, const T& b) {
  return a == b;
}
inline bool equal(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}
inline bool equal(const std::map<std::string, std::string>& a,
                  const std::map<std::string, std::string>& b) {
  return a == b;
}

inline auto members(const report::Epoch& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k] = x;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k);
}
inline auto members(const report::UpdateSample& x) {
  const auto& [a, b, c] = x;
  return std::tie(a, b, c);
}
inline auto members(const report::Mistake& x) {
  const auto& [a, b, c, d, e] = x;
  return std::tie(a, b, c, d, e);
}
inline auto members(const report::Filters& x) {
  const auto& [a, b, c, d] = x;
  return std::tie(a, b, c, d);
}
inline auto members(const report::Text& x) {
  const auto& [a, b] = x;
  return std::tie(a, b);
}
inline auto members(const report::Picture& x) {
  const auto& [a, b, c, d] = x;
  return std::tie(a, b, c, d);
}
inline auto members(const report::Run& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = x;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m);
}
inline auto members(const report::Reference& x) {
  const auto& [a, b, c, d] = x;
  return std::tie(a, b, c, d);
}
inline auto members(const report::Results& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = x;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}

template <class T>
requires requires(const T& x) { members(x); }
bool equal(const T& a, const T& b);

template <class T>
bool equal(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!equal(a[i], b[i])) return false;
  return true;
}

template <class T>
requires requires(const T& x) { members(x); }
bool equal(const T& a, const T& b) {
  return std::apply(
      [&](const auto&... of_a) {
        return std::apply([&](const auto&... of_b) { return (equal(of_a, of_b) && ...); },
                          members(b));
      },
      members(a));
}

}  // namespace test

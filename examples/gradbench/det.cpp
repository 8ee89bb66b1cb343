// SPDX-License-Identifier: MIT
#include "evaluations.hpp"

#include <bit>
#include <stdexcept>

using namespace xtape;

namespace gradbench {
namespace {

// The determinant by minors: of the last rows with each choice of as many columns, row by row from below. So each is
// computed once, where a recursion would do so again for each order of the rows above.
Variable determinant(std::size_t size, const Variable& elements) {
  if (size > 20) throw std::invalid_argument{"minors are too many for more than 20 rows"};
  const auto rows = split(elements, {.parts = size});
  std::vector<std::int32_t> place(std::size_t{1} << size, 0);  // of a set of columns
  Variable minors = elements.tape().input(full({1}, 1));
  for (std::size_t height = 1; height <= size; ++height) {
    std::vector<std::int32_t> columns, rest;
    std::int32_t sets = 0;
    for (std::size_t set = 0; set < place.size(); ++set) {
      if (std::popcount(set) != static_cast<int>(height)) continue;
      place[set] = sets++;
      for (std::size_t column = 0; column < size; ++column) {
        const std::size_t without = set & ~(std::size_t{1} << column);
        if (without == set) continue;
        columns.push_back(static_cast<std::int32_t>(column));
        rest.push_back(place[without]);
      }
    }
    Array signs = full({height}, 1);
    for (std::size_t i = 1; i < height; i += 2) signs(i) = -1;
    const Shape shape{static_cast<std::size_t>(sets), height};
    minors = sum(elements.tape().input(signs) * gather(rows[size - height], Ids{columns, shape}) *
                     gather(minors, Ids{rest, shape}),
                 {.axes = {1}});
  }
  return reshape(minors, {});
}

}  // namespace

Module det() {
  const auto of = [](const Input& in) { return std::bind_front(determinant, in.count("ell")); };
  return {{"primal", [=](const Input& in) { return value(of(in), in("A", 1)); }},
          {"gradient", [=](const Input& in) { return gradients(of(in), in("A", 1))[0]; }}};
}

}  // namespace gradbench

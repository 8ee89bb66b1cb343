// SPDX-License-Identifier: MIT
#include <xtape/ops/einsum.hpp>

#include "text.hpp"

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/linear.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/shape.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace xtape::inline XTAPE_ABI {
namespace {

using Letters = std::string;

bool has(const Letters& letters, char letter) { return letters.find(letter) != Letters::npos; }

// Those of the letters that satisfy a condition.
template <class Condition>
Letters those(const Letters& letters, Condition condition) {
  Letters some;
  std::ranges::copy_if(letters, std::back_inserter(some), condition);
  return some;
}

// What a text says of operands of some shapes.
class Spec {
 public:
  Spec(Op op, std::string_view given, std::initializer_list<const Variable*> inputs)
      : op_{op}, given_{given} {
    Letters letters = those(Letters{given}, [](char c) { return c != ' '; });
    const std::size_t arrow = letters.find("->");
    const bool says_result = arrow != Letters::npos;
    if (says_result) {
      result = letters.substr(arrow + 2);
      letters.resize(arrow);
    }
    for (std::size_t begin = 0, end = 0; end != Letters::npos; begin = end + 1) {
      end = letters.find(',', begin);
      operands.push_back(letters.substr(begin, end - begin));
    }
    if (operands.size() != inputs.size())
      fail<ValueError>("it has ", operands.size(), " operands, expected ", inputs.size());
    std::size_t i = 0;
    for (const Variable* const input : inputs) check(operands[i++], input->shape());
    if (!says_result) result = implied();
    check_letters(result);
    for (const char c : result)
      if (!sizes_.contains(c)) fail<ValueError>("no operand has the ", c, " of the result");
  }

  // x, whose axes have `letters`, with those of `order` alone, in that order.
  Variable arranged(const Variable& x, const Letters& letters, const Letters& order) const {
    Variable y = x;
    Axes gone;
    for (std::size_t i = 0; i < letters.size(); ++i)
      if (!has(order, letters[i])) gone.push_back(static_cast<std::ptrdiff_t>(i));
    if (!gone.empty()) y = sum(y, {.axes = gone}, op_.at);
    const Letters left = those(letters, [&](char c) { return has(order, c); });
    if (left == order) return y;
    Axes axes;
    for (const char c : order) axes.push_back(static_cast<std::ptrdiff_t>(left.find(c)));
    return transpose(y, {.axes = axes}, op_.at);
  }

  // How many elements axes of these letters have.
  std::ptrdiff_t size(const Letters& letters) const {
    std::size_t count = 1;
    for (const char c : letters) count *= sizes_.at(c);
    return static_cast<std::ptrdiff_t>(count);
  }

  Axes shape(const Letters& letters) const {
    Axes axes;
    for (const char c : letters) axes.push_back(static_cast<std::ptrdiff_t>(sizes_.at(c)));
    return axes;
  }

  const Location& at() const { return op_.at; }

  std::vector<Letters> operands;
  Letters result;

 private:
  template <class E, class... Parts>
  [[noreturn]] void fail(const Parts&... what) const {
    throw E(op_, text('"', given_, "\": ", what...));
  }

  void check_letters(const Letters& letters) const {
    for (const char c : letters) {
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
        fail<ValueError>("expected letters, as in ij,jk->ik, got ", std::string_view{&c, 1});
      if (std::ranges::count(letters, c) > 1) fail<ValueError>(c, " is twice in ", letters);
    }
  }

  void check(const Letters& letters, const Shape& shape) {
    check_letters(letters);
    if (letters.size() != shape.size())
      fail<ShapeError>("expected ", letters.size(), " axes for ", letters, ", got ", shape);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const auto [known, added] = sizes_.emplace(letters[i], shape[i]);
      if (!added && known->second != shape[i])
        fail<ShapeError>(letters[i], " is of size ", known->second, " and, in ", shape, ", of ",
                         shape[i]);
    }
  }

  // The letters that there are once, by the alphabet.
  Letters implied() const {
    Letters all, once;
    for (const Letters& letters : operands) all += letters;
    once = those(all, [&](char c) { return std::ranges::count(all, c) == 1; });
    std::ranges::sort(once);
    return once;
  }

  Op op_;
  std::string given_;
  std::map<char, std::size_t> sizes_;
};

// An operand as matrices (shared letters, rows, columns), or transposed where its axes are in that order.
struct Matrices {
  Matrices(const Spec& spec, const Variable& x, const Letters& letters, const Letters& shared,
           const Letters& rows, const Letters& columns)
      : value{x} {
    const Letters order = shared + rows + columns, other = shared + columns + rows;
    transposed = those(letters, [&](char c) { return has(order, c); }) == other;
    const Letters &first = transposed ? columns : rows, &second = transposed ? rows : columns;
    value = reshape(spec.arranged(x, letters, transposed ? other : order),
                    {spec.size(shared), spec.size(first), spec.size(second)}, spec.at());
  }
  Variable value;
  bool transposed;
};

}  // namespace

Variable einsum(std::string_view letters, const Variable& a, const Variable& b, Location at) {
  const Spec spec{{"einsum", at}, letters, {&a, &b}};
  const Letters &of_a = spec.operands[0], &of_b = spec.operands[1], &of_y = spec.result;
  const Letters both = those(of_a, [&](char c) { return has(of_b, c); });
  const Letters shared = those(both, [&](char c) { return has(of_y, c); }),
                inner = those(both, [&](char c) { return !has(of_y, c); }),
                rows = those(of_a, [&](char c) { return has(of_y, c) && !has(both, c); }),
                columns = those(of_b, [&](char c) { return has(of_y, c) && !has(both, c); });
  const Matrices x{spec, a, of_a, shared, rows, inner}, y{spec, b, of_b, shared, inner, columns};
  const Variable product =
      inner.empty() ? mul({reshape(x.value, {spec.size(shared), spec.size(rows), 1}, at), at},
                          {reshape(y.value, {spec.size(shared), 1, spec.size(columns)}, at), at})
                    : matmul(x.value, y.value,
                             {.transpose_a = x.transposed, .transpose_b = y.transposed}, at);
  const Letters order = shared + rows + columns;
  return spec.arranged(reshape(product, spec.shape(order), at), order, of_y);
}

Variable einsum(std::string_view letters, const Variable& x, Location at) {
  const Spec spec{{"einsum", at}, letters, {&x}};
  return spec.arranged(x, spec.operands[0], spec.result);
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
// Sums of products by the names of axes, beside plain loops over all letters.
#include "errors.hpp"
#include "reference.hpp"

#include <xtape/ops.hpp>

#include <map>

using namespace test;

BOOST_AUTO_TEST_SUITE(einstein)

namespace {

// Of a letter, in alphabetical order of those that there are.
using Sizes = std::map<char, std::size_t>;
const Sizes all_sizes{{'a', 2}, {'b', 3}, {'c', 4}, {'d', 5}, {'Z', 1}};

Shape shape_of(const std::string& letters) {
  Shape shape;
  for (const char c : letters) shape.push_back(all_sizes.at(c));
  return shape;
}

// The sum over all indices of all letters, added where the result has it.
std::vector<double> by_loops(const std::vector<std::string>& operands,
                             const std::vector<Array>& arrays, const std::string& result) {
  std::string letters;
  for (const auto& [c, size] : all_sizes)
    for (const std::string& operand : operands)
      if (operand.find(c) != std::string::npos && letters.find(c) == std::string::npos)
        letters += c;
  const auto index_of = [&](const Shape& i, const std::string& of) {
    Shape index;
    for (const char c : of) index.push_back(i[letters.find(c)]);
    return index;
  };
  const Array y = zeros(shape_of(result));
  std::vector<double> sums(y.size());
  for_each_index(shape_of(letters), [&](const Shape& i) {
    double product = 1;
    for (std::size_t k = 0; k < operands.size(); ++k)
      product *= at(arrays[k], index_of(i, operands[k]));
    sums[place(y, index_of(i, result))] += product;
  });
  return sums;
}

}  // namespace

BOOST_AUTO_TEST_CASE(two_operands) {
  struct Row {
    std::string spec, a, b, result;
  };
  for (const Row& row : {
           Row{"ab,bc->ac", "ab", "bc", "ac"},
           Row{"ab,cb->ac", "ab", "cb", "ac"},
           Row{"ba,bc->ca", "ba", "bc", "ca"},
           Row{"abc,acd->abd", "abc", "acd", "abd"},
           Row{"abc,dac->bda", "abc", "dac", "bda"},
           Row{"acbd,adcb->acd", "acbd", "adcb", "acd"},
           Row{"abc,abc->", "abc", "abc", ""},
           Row{"abc,abc->b", "abc", "abc", "b"},
           Row{"ab,cd->acbd", "ab", "cd", "acbd"},
           Row{"ab,ab->ba", "ab", "ab", "ba"},
           Row{"abc,d->d", "abc", "d", "d"},
           Row{"aZ,Zb->ab", "aZ", "Zb", "ab"},
           Row{" b a , b c ", "ba", "bc", "ac"},
           Row{",ab->ba", "", "ab", "ba"},
       }) {
    const Array a = random(shape_of(row.a), -1, 1, 1), b = random(shape_of(row.b), -1, 1, 2);
    Tape tape;
    check_value(row.spec, einsum(row.spec, tape.input(a), tape.input(b)), shape_of(row.result),
                by_loops({row.a, row.b}, {a, b}, row.result), 64 * epsilon);
  }
}

BOOST_AUTO_TEST_CASE(one_operand) {
  const Array x = random(shape_of("abc"));
  Tape tape;
  for (const std::string result : {"abc", "cab", "b", "ca", ""})
    check_value(result, einsum("abc->" + result, tape.input(x)), shape_of(result),
                by_loops({"abc"}, {x}, result), 64 * epsilon);
}

BOOST_AUTO_TEST_CASE(what_it_refuses) {
  Tape tape;
  const Variable x = tape.input(zeros({2, 3})), y = tape.input(zeros({3, 4}));
  check_failures<ValueError>({
      {"[einsum] \"ab,bc->ad\": no operand has the d of the result @",
       XTAPE_CALL(einsum("ab,bc->ad", x, y))},
      {"[einsum] \"aa,bc\": a is twice in aa @", XTAPE_CALL(einsum("aa,bc", x, y))},
      {"[einsum] \"ab,bc->aa\": a is twice in aa @", XTAPE_CALL(einsum("ab,bc->aa", x, y))},
      {"[einsum] \"a.,bc\": expected letters, as in ij,jk->ik, got . @",
       XTAPE_CALL(einsum("a.,bc", x, y))},
      {"[einsum] \"ab->a\": it has 1 operands, expected 2 @", XTAPE_CALL(einsum("ab->a", x, y))},
      {"[einsum] \"ab,bc\": it has 2 operands, expected 1 @", XTAPE_CALL(einsum("ab,bc", x))},
  });
  check_failures<ShapeError>({
      {"[einsum] \"ab,ac->bc\": a is of size 2 and, in (3, 4), of 3 @",
       XTAPE_CALL(einsum("ab,ac->bc", x, y))},
      {"[einsum] \"abc,bc->a\": expected 3 axes for abc, got (2, 3) @",
       XTAPE_CALL(einsum("abc,bc->a", x, y))},
  });
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Rows of gradient_test for ops that reduce axes or move elements.
#include "gradient_rows.hpp"

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/index.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/shape.hpp>
#include <xtape/ops/unary.hpp>

namespace test {

namespace {

// Of four rows, one of them twice.
const std::vector<std::int32_t> ids{3, 0, 3, 1, 2, 3};

}  // namespace

std::vector<Row> reduction_rows() {
  return {
      {"sum", "all", {numbers({2, 3, 4})}, [](In x) { return sum(x[0]); }},
      {"sum", "middle", {numbers({2, 3, 4})}, [](In x) { return sum(x[0], {.axes = {1}}); }},
      {"sum",
       "ends, kept",
       {numbers({2, 3, 4})},
       [](In x) {
         return sum(x[0], {.axes = {0, -1}, .keep_dims = true});
       }},
      {"mean", "all", {numbers({2, 3, 4})}, [](In x) { return mean(x[0]); }},
      {"mean",
       "two",
       {numbers({2, 3, 4})},
       [](In x) {
         return mean(x[0], {.axes = {0, 1}});
       }},
      {"max", "all", {apart({2, 3, 4})}, [](In x) { return max(x[0]); }},
      {"max", "last", {apart({2, 3, 4})}, [](In x) { return max(x[0], {.axes = {-1}}); }},
      {"min", "all", {apart({2, 3, 4})}, [](In x) { return min(x[0]); }},
      {"min", "middle", {apart({2, 3, 4})}, [](In x) { return min(x[0], {.axes = {1}}); }},
      {"prod", "all", {numbers({2, 3})}, [](In x) { return prod(x[0]); }},
      {"prod",
       "ends, kept",
       {numbers({2, 3, 2})},
       [](In x) {
         return prod(x[0], {.axes = {2, 0}, .keep_dims = true});
       }},
      {"prod",
       "zeros",
       {Array{{0, 2, 3}, {0, 0, 4}}},
       [](In x) { return prod(x[0], {.axes = {1}}); }},
      {"logsumexp", "all", {numbers({2, 3, 4})}, [](In x) { return logsumexp(x[0]); }},
      {"logsumexp",
       "middle, kept",
       {numbers({2, 3, 4})},
       [](In x) { return logsumexp(x[0], {.axes = {1}, .keep_dims = true}); }},
      {"norm", "all", {numbers({2, 3, 4})}, [](In x) { return norm(x[0]); }},
      {"norm", "last", {numbers({2, 3, 4})}, [](In x) { return norm(x[0], {.axes = {-1}}); }},
      {"variance", "all", {numbers({2, 3, 4})}, [](In x) { return variance(x[0]); }},
      {"variance",
       "first, corrected",
       {numbers({4, 3})},
       [](In x) { return variance(x[0], {.axes = {0}, .correction = 1}); }},
      {"stddev", "all", {numbers({2, 3, 4})}, [](In x) { return stddev(x[0]); }},
      {"stddev",
       "ends, kept, corrected",
       {numbers({2, 3, 4})},
       [](In x) {
         return stddev(x[0], {.axes = {0, 2}, .keep_dims = true, .correction = 1});
       }},
      {"cumsum", "first", {numbers({4, 3})}, [](In x) { return cumsum(x[0]); }},
      {"cumsum", "last", {numbers({2, 5})}, [](In x) { return cumsum(x[0], {.axis = -1}); }},
  };
}

std::vector<Row> shape_rows() {
  return {
      {"reshape",
       "",
       {numbers({2, 3, 4})},
       [](In x) {
         return reshape(x[0], {4, -1});
       }},
      {"flatten", "", {numbers({2, 3, 4})}, [](In x) { return flatten(x[0]); }},
      {"transpose", "reverse", {numbers({2, 3, 4})}, [](In x) { return transpose(x[0]); }},
      {"transpose",
       "given",
       {numbers({2, 3, 4})},
       [](In x) {
         return transpose(x[0], {.axes = {1, 2, 0}});
       }},
      {"squeeze", "", {numbers({1, 3, 1})}, [](In x) { return squeeze(x[0]); }},
      {"expand_dims", "", {numbers({2, 3})}, [](In x) { return expand_dims(x[0], 1); }},
      {"broadcast_to",
       "",
       {numbers({2, 1})},
       [](In x) {
         return broadcast_to(x[0], {4, 2, 3});
       }},
      {"tile",
       "",
       {numbers({2, 3})},
       [](In x) {
         return tile(x[0], {3, 2});
       }},
      {"flip", "all", {numbers({2, 3})}, [](In x) { return flip(x[0]); }},
      {"flip", "one", {numbers({2, 3, 2})}, [](In x) { return flip(x[0], {.axes = {1}}); }},
      {"pad",
       "constant",
       {numbers({2, 3})},
       [](In x) {
         return pad(x[0], {{1, 2}, {0, 1}}, {.value = 3});
       }},
      {"pad",
       "reflect",
       {numbers({3, 4})},
       [](In x) {
         return pad(x[0], {{2, 1}, {0, 3}}, {.mode = PadMode::reflect});
       }},
      {"stack",
       "",
       {numbers({2, 3}), numbers({2, 3})},
       [](In x) {
         return stack({x[0], x[1], x[0]}, {.axis = -1});
       }},
      {"scatter_add",
       "",
       {numbers({3, 2}), numbers({4, 2})},
       [](In x) {
         const std::vector<std::int32_t> ids{2, 0, 2, 2};
         return scatter_add(square(x[0]), ids, x[1]);
       }},
      {"scatter_add",
       "last",
       {numbers({2, 3})},
       [](In x) {
         const std::vector<std::int32_t> ids{1, 1, 0};
         return scatter_add(x[0], ids, square(x[0]), {.axis = -1});
       }},
      {"top_k", "", {apart({3, 7})}, [](In x) { return top_k(x[0], 3).values; }},
      {"top_k",
       "middle",
       {apart({2, 5, 3})},
       [](In x) { return top_k(x[0], 2, {.axis = 1}).values; }},
      {"gather", "rows", {numbers({4, 3})}, [](In x) { return gather(x[0], ids); }},
      {"gather",
       "in a shape",
       {numbers({2, 4, 3})},
       [](In x) {
         return gather(x[0], {ids, {2, 3}}, {.axis = 1});
       }},
      {"gather",
       "columns, beside other uses",
       {numbers({2, 4, 3})},
       [](In x) {
         return gather(x[0] * x[0], ids, {.axis = 1}) + sum(gather(x[0], labels, {.axis = -2}));
       }},
      {"concatenate",
       "",
       {numbers({2, 3}), numbers({2, 1}), numbers({2, 2})},
       [](In x) { return concatenate(x, {.axis = 1}); }},
      {"concatenate",
       "repeated",
       {numbers({2, 3})},
       [](In x) {
         return concatenate({x[0], x[0]});
       }},
      {"slice",
       "steps",
       {numbers({5, 3})},
       [](In x) { return slice(x[0], {.axis = 0, .begin = 1, .step = 2}); }},
      {"slice",
       "from the end",
       {numbers({2, 5})},
       [](In x) { return slice(x[0], {.axis = -1, .begin = -3, .end = -1}); }},
      {"slice",
       "repeated, beside other uses",
       {numbers({4, 3})},
       [](In x) {
         const Variable rows = slice(x[0], {.begin = 1}),
                        columns = slice(x[0], {.axis = 1, .end = 2});
         return sum(x[0] * x[0]) * slice(rows, {.end = 2}) + slice(x[0], {.begin = 2}) +
                mean(columns);
       }},
      {"split",
       "equal parts",
       {numbers({3, 6})},
       [](In x) {
         const auto parts = split(x[0], {.parts = 3, .axis = -1});
         return parts[0] * parts[1] + square(parts[2]);
       }},
      {"split",
       "sizes, a part unused",
       {numbers({6, 2})},
       [](In x) {
         const auto parts = split(x[0] * x[0], {.sizes = {1, 3, 2}});
         return sum(parts[0]) * parts[2];
       }},
  };
}

}  // namespace test

// SPDX-License-Identifier: MIT
#include "gradient_rows.hpp"

#include <xtape/ops/normalization.hpp>
#include <xtape/ops/reduce.hpp>

namespace test {
namespace {

std::vector<Row> added_rows() {
  const Array images = numbers({2, 3, 4, 17}), channels = numbers({17});
  const auto own = [](Activation activation) {
    return [=](In x) {
      return add_batch_norm(x[0], x[1], x[2], x[3], {.epsilon = 0.1, .activation = activation});
    };
  };
  const auto row = [&](const char* what, Activation activation) {
    return Row{"add_batch_norm", what, {images, images, channels, channels}, own(activation)};
  };
  return {
      row("a sum", Activation::none),
      row("relu", Activation::relu),
      row("gelu", Activation::gelu),
      {"add_batch_norm",
       "around itself",
       {numbers({5, 3}), numbers({3}), numbers({3})},
       [](In x) {
         return add_batch_norm(x[0], x[0], x[1], x[2],
                               {.epsilon = 0.1, .activation = Activation::relu});
       }},
      {"add_batch_norm",
       "around itself, gelu, given",
       {numbers({5, 3}), numbers({3}), positive({3})},
       [](In x) {
         return add_batch_norm(x[0], x[0], x[1], x[1], x[1], x[2],
                               {.epsilon = 0.1, .activation = Activation::gelu});
       }},
      {"add_batch_norm",
       "around a constant",
       {numbers({5, 3}), numbers({3}), numbers({3})},
       [c = numbers({5, 3})](In x) {
         return add_batch_norm(x[0].tape().input(c), x[0], x[1], x[2],
                               {.epsilon = 0.1, .activation = Activation::relu});
       }},
      {"add_batch_norm",
       "a constant",
       {numbers({5, 3}), numbers({3}), numbers({3})},
       [c = numbers({5, 3})](In x) {
         return add_batch_norm(x[0], x[0].tape().input(c), x[1], x[2], {.epsilon = 0.1});
       }},
      {"add_batch_norm",
       "given, relu",
       {numbers({4, 3}), numbers({4, 3}), numbers({3}), numbers({3}), numbers({3}), positive({3})},
       [](In x) {
         return add_batch_norm(x[0], x[1], x[2], x[3], x[4], x[5],
                               {.epsilon = 0.1, .activation = Activation::relu});
       }},
  };
}

std::vector<Row> batch_rows() {
  const auto own = [](In x) { return batch_norm(x[0], x[1], x[2], {.epsilon = 0.1}); };
  const auto given = [](In x) {
    return batch_norm(x[0], x[1], x[2], x[3], x[4], {.epsilon = 0.1});
  };
  return {
      {"batch_norm", "rows", {numbers({5, 3}), numbers({3}), numbers({3})}, own},
      {"batch_norm", "images", {numbers({2, 3, 4, 17}), numbers({17}), numbers({17})}, own},
      {"batch_norm", "two values, one channel", {numbers({2, 1}), numbers({1}), numbers({1})}, own},
      {"batch_norm",
       "relu",
       {numbers({2, 3, 4, 17}), numbers({17}), numbers({17})},
       [](In x) {
         return batch_norm(x[0], x[1], x[2], {.epsilon = 0.1, .activation = Activation::relu});
       }},
      {"batch_norm",
       "tanh",
       {numbers({5, 3}), numbers({3}), numbers({3})},
       [](In x) {
         return batch_norm(x[0], x[1], x[2], {.epsilon = 0.1, .activation = Activation::tanh});
       }},
      {"batch_norm",
       "gelu",
       {numbers({5, 3}), numbers({3}), numbers({3})},
       [](In x) {
         return batch_norm(x[0], x[1], x[2], {.epsilon = 0.1, .activation = Activation::gelu});
       }},
      {"batch_norm",
       "given, relu",
       {numbers({2, 3, 5}), numbers({5}), numbers({5}), numbers({5}), positive({5})},
       [](In x) {
         return batch_norm(x[0], x[1], x[2], x[3], x[4],
                           {.epsilon = 0.1, .activation = Activation::relu});
       }},
      {"batch_norm",
       "repeated",
       {numbers({4, 4})},
       [](In x) {
         const Variable row = mean(x[0], {.axes = {0}});
         return batch_norm(x[0], row, row);
       }},
      {"batch_norm",
       "given",
       {numbers({2, 3, 5}), numbers({5}), numbers({5}), numbers({5}), positive({5})},
       given},
      {"batch_norm",
       "given, one value",
       {numbers({1, 1}), numbers({1}), numbers({1}), numbers({1}), positive({1})},
       given},
  };
}

}  // namespace

std::vector<Row> normalization_rows() {
  std::vector<Row> rows = batch_rows();
  for (Row& row : added_rows()) rows.push_back(std::move(row));
  const auto add = [&rows](const char* op, const char* what, const Shape& shape, auto function,
                           bool shifts = true) {
    const Shape channels{shape.back()};
    Row row{op, what, {numbers(shape), numbers(channels)}, function};
    if (shifts) row.inputs.push_back(numbers(channels));
    rows.push_back(std::move(row));
  };
  const auto layer = [](In x) { return layer_norm(x[0], x[1], x[2]); };
  const auto groups = [](std::size_t count) {
    return
        [count](In x) { return group_norm(x[0], x[1], x[2], {.groups = count, .epsilon = 0.1}); };
  };
  const auto rms = [](In x) { return rms_norm(x[0], x[1]); };
  add("layer_norm", "short rows", {3, 4}, layer);
  add("layer_norm", "long rows", {2, 2, 19}, layer);
  add("layer_norm", "a vector", {7}, layer);
  add("group_norm", "images", {2, 2, 3, 6}, groups(2));
  add("group_norm", "as a layer", {2, 5}, groups(1));
  add("group_norm", "of each channel", {2, 5, 3}, groups(3));
  add("group_norm", "rows", {3, 8}, groups(2));
  add("rms_norm", "short rows", {3, 4}, rms, false);
  add("rms_norm", "long rows", {2, 2, 19}, rms, false);
  add("rms_norm", "one channel", {3, 1}, rms, false);
  return rows;
}

}  // namespace test

// SPDX-License-Identifier: MIT
// Ops that move elements: each element of the result is looked up where it came from.
#include "reference.hpp"

#include <xtape/ops.hpp>

#include <algorithm>

using namespace test;

BOOST_AUTO_TEST_SUITE(moves)

BOOST_AUTO_TEST_CASE(reshapes_keep_the_order) {
  struct Row {
    Shape from;
    Axes to;
    Shape result;
  };
  const Row rows[] = {
      {{2, 3}, {6}, {6}},
      {{2, 3}, {-1}, {6}},
      {{2, 3}, {3, -1}, {3, 2}},
      {{2, 3}, {-1, 1}, {6, 1}},
      {{1}, {}, {}},
      {{}, {1, 1}, {1, 1}},
      {{}, {-1}, {1}},
      {{2, 3, 4}, {2, 2, -1, 2}, {2, 2, 3, 2}},
      {{0, 3}, {0}, {0}},
      {{0, 3}, {3, -1}, {3, 0}},
      {{2, 3}, {2, 3}, {2, 3}},
      {{4}, {2, 1, 1, 1, 2}, {2, 1, 1, 1, 2}},
  };
  for (const auto& [from, to, result] : rows) {
    const Array x = counting(from);
    Tape tape;
    check_value("reshape", reshape(tape.input(x), to), result, elements(x), 0);
  }
}

BOOST_AUTO_TEST_CASE(flatten_keeps_the_first_axis) {
  struct Row {
    Shape from, result;
  };
  for (const auto& [from, result] : {Row{{4}, {4, 1}}, Row{{4, 3}, {4, 3}}, Row{{2, 3, 4}, {2, 12}},
                                     Row{{2, 3, 4, 5}, {2, 60}}}) {
    const Array x = counting(from);
    Tape tape;
    check_value("flatten", flatten(tape.input(x)), result, elements(x), 0);
  }
}

BOOST_AUTO_TEST_CASE(every_order_of_four_axes) {
  const Shape shape{2, 3, 4, 5};
  const Array x = counting(shape);
  Axes order{0, 1, 2, 3};
  int orders = 0;
  do {
    Shape result;
    for (std::ptrdiff_t axis : order) result.push_back(shape[static_cast<std::size_t>(axis)]);
    const auto expected = tabulate(result, [&](const Shape& index) {
      Shape from(4);
      for (std::size_t i = 0; i < 4; ++i) from[static_cast<std::size_t>(order[i])] = index[i];
      return at(x, from);
    });
    Tape tape;
    check_value("transpose", transpose(tape.input(x), {.axes = order}), result, expected, 0);
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  BOOST_TEST(orders == 24);
}

BOOST_AUTO_TEST_CASE(transpose_by_default_and_from_the_end) {
  Tape tape;
  const Variable x = tape.input(counting({2, 3}));
  const std::vector<double> expected{0, 3, 1, 4, 2, 5};
  check_value("default", transpose(x), {3, 2}, expected, 0);
  check_value("negative", transpose(x, {.axes = {-1, -2}}), {3, 2}, expected, 0);
  check_value("scalar", transpose(tape.input(full({}, 7))), {}, std::vector<double>{7}, 0);
  check_value("five axes", transpose(tape.input(counting({1, 2, 1, 3, 1}))), {1, 3, 1, 2, 1},
              expected, 0);
}

BOOST_AUTO_TEST_CASE(concatenate_along_each_axis) {
  for (std::ptrdiff_t axis = -3; axis < 3; ++axis) {
    const auto a = static_cast<std::size_t>(axis < 0 ? axis + 3 : axis);
    Tape tape;
    std::vector<Variable> parts;
    std::vector<Array> arrays;
    std::size_t total = 0;
    for (std::size_t size : {2, 1, 0, 3}) {
      Shape shape{2, 3, 4};
      shape[a] = size;
      arrays.push_back(random(shape, -1, 1, size));
      parts.push_back(tape.input(arrays.back()));
      total += size;
    }
    Shape result{2, 3, 4};
    result[a] = total;
    const auto expected = tabulate(result, [&](Shape index) {
      std::size_t part = 0;
      for (; index[a] >= arrays[part].shape()[a]; ++part) index[a] -= arrays[part].shape()[a];
      std::size_t offset = 0;
      for (std::size_t i = 0; i < 3; ++i) offset = offset * arrays[part].shape()[i] + index[i];
      return static_cast<double>(arrays[part].data()[offset]);
    });
    check_value("concatenate", concatenate(parts, {.axis = axis}), result, expected, 0);
  }
  Tape tape;
  const Variable one = tape.input(counting({2}));
  check_value("of one", concatenate({one}), {2}, std::vector<double>{0, 1}, 0);
  check_value("repeated", concatenate({one, one}), {4}, std::vector<double>{0, 1, 0, 1}, 0);
}

// As in Python: a[begin:end:step].
BOOST_AUTO_TEST_CASE(slices_are_those_of_python) {
  constexpr std::ptrdiff_t size = 5;
  for (std::ptrdiff_t begin = -7; begin <= 7; ++begin)
    for (std::ptrdiff_t end = -7; end <= 7; ++end)
      for (std::ptrdiff_t step : {1, 2, 3, 9}) {
        const auto bound = [&](std::ptrdiff_t i) {
          return std::min(std::max<std::ptrdiff_t>(i < 0 ? i + size : i, 0), size);
        };
        std::vector<double> expected;
        for (std::ptrdiff_t i = bound(begin); i < bound(end); i += step)
          expected.push_back(static_cast<double>(i));
        Tape tape;
        const SliceOptions options{.axis = 0, .begin = begin, .end = end, .step = step};
        check_value("slice", slice(tape.input(counting({size})), options), {expected.size()},
                    expected, 0);
      }
}

BOOST_AUTO_TEST_CASE(slices_along_each_axis) {
  const Shape shape{4, 5, 6};
  const Array x = counting(shape);
  for (std::ptrdiff_t axis : {0, 1, 2, -1, -2, -3}) {
    const auto a = static_cast<std::size_t>(axis < 0 ? axis + 3 : axis);
    Shape result = shape;
    result[a] = shape[a] / 2;  // 1, 3, ... before the end
    const auto expected = tabulate(result, [&](Shape index) {
      index[a] = 1 + 2 * index[a];
      return at(x, index);
    });
    Tape tape;
    check_value("slice", slice(tape.input(x), {.axis = axis, .begin = 1, .step = 2}), result,
                expected, 0);
  }
}

BOOST_AUTO_TEST_CASE(splits_are_slices_that_concatenate_joins) {
  const Array x = random({4, 6, 5});
  Tape tape;
  const Variable v = tape.input(x);
  for (const SplitOptions& options :
       {SplitOptions{}, SplitOptions{.parts = 3, .axis = -2}, SplitOptions{.parts = 1, .axis = 2},
        SplitOptions{.axis = 1, .sizes = {1, 0, 5}}, SplitOptions{.axis = -1, .sizes = {5}}}) {
    const auto parts = split(v, options);
    BOOST_TEST(parts.size() == (options.sizes.empty() ? options.parts : options.sizes.size()));
    std::ptrdiff_t begin = 0;
    for (const Variable& part : parts) {
      const auto axis = static_cast<std::size_t>(options.axis + (options.axis < 0 ? 3 : 0));
      const std::ptrdiff_t end = begin + static_cast<std::ptrdiff_t>(part.shape()[axis]);
      BOOST_TEST(same_bits(part.value(),
                           slice(v, {.axis = options.axis, .begin = begin, .end = end}).value()));
      begin = end;
    }
    BOOST_TEST(same_bits(concatenate(parts, {.axis = options.axis}).value(), x));
  }
}

BOOST_AUTO_TEST_CASE(axes_of_one_element) {
  Tape tape;
  const Variable x = tape.input(counting({1, 3, 1, 2}));
  const auto check = [&](const Variable& y, const Shape& shape) {
    check_value("axes", y, shape, elements(x.value()), 0);
  };
  check(squeeze(x), {3, 2});
  check(squeeze(x, {.axes = {0}}), {3, 1, 2});
  check(squeeze(x, {.axes = {-2, 0}}), {3, 2});
  check(expand_dims(x, 0), {1, 1, 3, 1, 2});
  check(expand_dims(x, 4), {1, 3, 1, 2, 1});
  check(expand_dims(x, -1), {1, 3, 1, 2, 1});
  check(expand_dims(x, -5), {1, 1, 3, 1, 2});
  check_value("a scalar", expand_dims(tape.input(full({}, 3)), 0), {1}, std::vector<double>{3}, 0);
}

BOOST_AUTO_TEST_CASE(repetitions) {
  Tape tape;
  const Array x = counting({2, 1, 3});
  const Shape wide{4, 2, 5, 3}, repeats{2, 3, 2}, tiled{4, 3, 6};
  check_value("broadcast_to", broadcast_to(tape.input(x), wide), wide,
              tabulate(wide, [&](const Shape& index) { return at(x, index); }), 0);
  check_value("tile", tile(tape.input(x), repeats), tiled,
              tabulate(tiled,
                       [&](Shape index) {
                         for (std::size_t i = 0; i < 3; ++i) index[i] %= x.shape()[i];
                         return at(x, index);
                       }),
              0);
  check_value("columns", tile(tape.input(counting({3, 1})), {1, 2}), {3, 2},
              std::vector<double>{0, 0, 1, 1, 2, 2}, 0);
  BOOST_TEST((tile(tape.input(x), {2, 0, 1}).shape() == Shape{4, 0, 3}));
}

BOOST_AUTO_TEST_CASE(opposite_orders) {
  const Shape shape{2, 3, 4};
  const Array x = counting(shape);
  Tape tape;
  for (const Axes& axes : {Axes{}, Axes{0}, Axes{1}, Axes{-1}, Axes{0, 2}, Axes{2, -2}}) {
    const auto expected = tabulate(shape, [&](Shape index) {
      for (std::ptrdiff_t i = 0; i < 3; ++i)
        if (axes.empty() || std::ranges::count(axes, i) + std::ranges::count(axes, i - 3) > 0)
          index[i] = shape[i] - 1 - index[i];
      return at(x, index);
    });
    check_value("flip", flip(tape.input(x), {.axes = axes}), shape, expected, 0);
  }
}

BOOST_AUTO_TEST_CASE(borders) {
  const Array x = counting({3, 4});
  const std::vector<PadWidth> widths{{2, 1}, {3, 2}};
  const Shape shape{6, 9};
  Tape tape;
  const auto place = [&](const Shape& index, std::size_t i) {
    return static_cast<std::ptrdiff_t>(index[i]) - static_cast<std::ptrdiff_t>(widths[i].before);
  };
  const auto constant = tabulate(shape, [&](const Shape& index) {
    const std::ptrdiff_t r = place(index, 0), c = place(index, 1);
    return r < 0 || r > 2 || c < 0 || c > 3 ? 7.5 : static_cast<double>(4 * r + c);
  });
  const auto reflected = tabulate(shape, [&](const Shape& index) {
    const auto mirror = [](std::ptrdiff_t i, std::ptrdiff_t last) {
      return last - std::abs(last - std::abs(i));
    };
    return static_cast<double>(4 * mirror(place(index, 0), 2) + mirror(place(index, 1), 3));
  });
  const Variable v = tape.input(x);
  check_value("pad", pad(v, widths, {.value = 7.5}), shape, constant, 0);
  check_value("pad", pad(v, widths, {.mode = PadMode::reflect}), shape, reflected, 0);
  check_value("pad", pad(v, {{}, {0, 1}}), {3, 5},
              std::vector<double>{0, 1, 2, 3, 0, 4, 5, 6, 7, 0, 8, 9, 10, 11, 0}, 0);
}

BOOST_AUTO_TEST_CASE(stacks_along_each_axis) {
  Tape tape;
  const Array a = random({2, 3}, -1, 1, 1), b = random({2, 3}, -1, 1, 2);
  for (std::ptrdiff_t axis = -3; axis < 3; ++axis) {
    const auto i = static_cast<std::size_t>(axis < 0 ? axis + 3 : axis);
    Shape shape{2, 3};
    shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(i), 2);
    const auto expected = tabulate(shape, [&](Shape index) {
      const Array& from = index[i] == 0 ? a : b;
      index.erase(index.begin() + static_cast<std::ptrdiff_t>(i));
      return at(from, index);
    });
    check_value("stack", stack({tape.input(a), tape.input(b)}, {.axis = axis}), shape, expected, 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()

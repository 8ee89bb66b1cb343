// SPDX-License-Identifier: MIT
// Ops by ids, against plain look-ups.
#include "reference.hpp"

#include <xtape/ops.hpp>
#include <xtape/threads.hpp>

#include <limits>

using namespace test;

BOOST_AUTO_TEST_SUITE(indices)

namespace {

using List = std::vector<std::int32_t>;

// Whether `replaces(x, y)` or the first NaN comes first, along one axis.
template <class Replaces>
List expected_ids(const Array& x, std::size_t axis, Replaces replaces) {
  Shape rest = x.shape();
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(axis));
  List ids;
  for_each_index(rest, [&](Shape index) {
    index.insert(index.begin() + static_cast<std::ptrdiff_t>(axis), 0);
    std::int32_t best = 0;
    double so_far = at(x, index);
    for (std::size_t i = 1; i < x.shape()[axis]; ++i) {
      index[axis] = i;
      const double v = at(x, index);
      if (std::isnan(so_far) || !(std::isnan(v) || replaces(v, so_far))) continue;
      best = static_cast<std::int32_t>(i);
      so_far = v;
    }
    ids.push_back(best);
  });
  return ids;
}

}  // namespace

BOOST_AUTO_TEST_CASE(gathered_along_each_axis) {
  const List ids{3, 0, 3, 1, 2, 2, 0};
  for (const Shape& shape : {Shape{4, 5, 6}, Shape{4, 600, 4}, Shape{7, 4, 300}})
    for (std::ptrdiff_t axis : {0, 1, 2, -1}) {
      const auto a = static_cast<std::size_t>(axis < 0 ? axis + 3 : axis);
      if (shape[a] < 4) continue;
      const Array x = random(shape);
      Shape result = shape;
      result[a] = ids.size();
      const auto expected = tabulate(result, [&](Shape index) {
        index[a] = static_cast<std::size_t>(ids[index[a]]);
        return at(x, index);
      });
      Tape tape;
      check_value("gather", gather(tape.input(x), ids, {.axis = axis}), result, expected, 0);
    }
  Tape tape;
  BOOST_TEST((gather(tape.input(counting({3, 2})), List{}).shape() == Shape{0, 2}));
}

// The axes of the ids stand where the axis was.
BOOST_AUTO_TEST_CASE(gathered_by_ids_in_a_shape) {
  const List ids{3, 0, 3, 1, 2, 2}, one{2};
  const Array x = random({3, 4, 2});
  Tape tape;
  const auto expected = tabulate({3, 2, 3, 2}, [&](const Shape& i) {
    return at(x, {i[0], static_cast<std::size_t>(ids[i[1] * 3 + i[2]]), i[3]});
  });
  check_value("gather", gather(tape.input(x), {ids, {2, 3}}, {.axis = 1}), {3, 2, 3, 2}, expected,
              0);
  check_value("gather", gather(tape.input(x), {one, {}}, {.axis = 1}), {3, 2},
              tabulate({3, 2},
                       [&](const Shape& i) {
                         return at(x, {i[0], 2, i[1]});
                       }),
              0);
}

BOOST_AUTO_TEST_CASE(scattered_along_each_axis) {
  const List ids{3, 0, 3, 1, 2, 2, 0};
  for (const Shape& shape : {Shape{4, 5, 6}, Shape{4, 600, 4}, Shape{7, 4, 300}})
    for (std::ptrdiff_t axis : {0, 1, 2}) {
      const auto a = static_cast<std::size_t>(axis);
      if (shape[a] < 4) continue;
      Shape of_source = shape;
      of_source[a] = ids.size();
      const Array x = random(shape, -1, 1, 1), source = random(of_source, -1, 1, 2);
      const auto expected = tabulate(shape, [&](Shape index) {
        const std::size_t place = index[a];
        double sum = at(x, index);
        for (index[a] = 0; index[a] < ids.size(); ++index[a])
          if (static_cast<std::size_t>(ids[index[a]]) == place) sum += at(source, index);
        return sum;
      });
      Tape tape;
      check_value("scatter_add",
                  scatter_add(tape.input(x), ids, tape.input(source), {.axis = axis}), shape,
                  expected);
    }
}

// By sorting.
BOOST_AUTO_TEST_CASE(the_largest_along_each_axis) {
  for (const Shape& shape : {Shape{4, 5, 6}, Shape{9}, Shape{2, 300}})
    for (std::size_t a = 0; a < shape.size(); ++a)
      for (const std::size_t k : {std::size_t{0}, std::size_t{2}, shape[a]}) {
        Array x = random(shape);
        for (Scalar& v : x.storage()) v = std::round(4 * v);  // equal ones
        x.data()[1] = x.data()[3] = not_a_number;
        Shape result = shape;
        result[a] = k;
        List ids;
        const auto expected = tabulate(result, [&](Shape index) {
          const std::size_t place = index[a];
          std::vector<std::pair<double, std::int32_t>> line;
          for (std::size_t i = 0; i < shape[a]; ++i) {
            index[a] = i;
            const double v = at(x, index);
            line.emplace_back(std::isnan(v) ? 100 : v, static_cast<std::int32_t>(i));
          }
          std::ranges::stable_sort(line, std::greater{}, [](const auto& p) { return p.first; });
          ids.push_back(line[place].second);
          index[a] = static_cast<std::size_t>(ids.back());
          return at(x, index);
        });
        Tape tape;
        const TopK found = top_k(tape.input(x), k, {.axis = static_cast<std::ptrdiff_t>(a)});
        check_value("top_k", found.values, result, expected, 0);
        BOOST_TEST(List(found.ids.begin(), found.ids.end()) == ids,
                   boost::test_tools::per_element());
      }
}

// As many as a batch of a text has; one of them has most.
BOOST_AUTO_TEST_CASE(rows_of_a_table_get_the_gradients_of_all_who_read_them) {
  constexpr std::size_t rows = 50, columns = 300;
  List ids;
  for (std::size_t i = 0; i < 2000; ++i)
    ids.push_back(static_cast<std::int32_t>(i % 3 ? 7 : i % rows));
  const Array g = random({ids.size(), columns});
  std::vector<double> expected(rows * columns);
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (std::size_t c = 0; c < columns; ++c)
      expected[static_cast<std::size_t>(ids[i]) * columns + c] += static_cast<double>(g(i, c));
  const auto gradient = [&] {
    Tape tape;
    const Variable table = tape.variable(random({rows, columns}));
    tape.backward(sum(gather(table, ids) * tape.input(g)));
    return table.grad();
  };
  const Array all = gradient();
  BOOST_TEST(difference(all, {rows, columns}, expected, 2000 * epsilon) == "");
  const ThreadLimit one{1};
  BOOST_TEST(same_bits(gradient(), all));
}

BOOST_AUTO_TEST_CASE(ids_of_the_largest_and_smallest) {
  for (const Shape& shape : {Shape{6}, Shape{5, 4}, Shape{3, 4, 5}, Shape{4, 600}, Shape{600, 3}})
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      Array x = random(shape, -3, 3);
      for (Scalar& v : x) v = std::round(v);  // with equal ones
      x.data()[x.size() / 2] = not_a_number;
      const auto i = static_cast<std::ptrdiff_t>(axis);
      const auto largest = argmax(x, {.axis = i}),
                 smallest = argmin(x, {.axis = i - static_cast<std::ptrdiff_t>(shape.size())});
      BOOST_TEST((List(largest.begin(), largest.end()) == expected_ids(x, axis, std::greater{})));
      BOOST_TEST((List(smallest.begin(), smallest.end()) == expected_ids(x, axis, std::less{})));
    }
  BOOST_TEST(argmax(zeros({0, 3})).empty());
}

BOOST_AUTO_TEST_CASE(ids_are_drawn_by_their_probabilities) {
  Array logits = uninitialized({2, 3});
  const double shares[2][3] = {{0.5, 0.3, 0.2}, {0.1, 0.1, 0.8}};
  for (std::size_t r = 0; r < 2; ++r)
    for (std::size_t c = 0; c < 3; ++c)
      logits(r, c) = static_cast<Scalar>(10 + std::log(shares[r][c]));
  for (const double temperature : {1.0, 0.5}) {
    Rng rng{1};
    constexpr int draws = 20'000;
    double counts[2][3] = {};
    for (int i = 0; i < draws; ++i) {
      const auto ids = sample(logits, rng, {.temperature = temperature});
      BOOST_REQUIRE(ids.size() == 2u);
      for (std::size_t r = 0; r < 2; ++r) ++counts[r][ids[r]];
    }
    for (std::size_t r = 0; r < 2; ++r) {
      double sum = 0;
      for (const double p : shares[r]) sum += std::pow(p, 1 / temperature);
      for (std::size_t c = 0; c < 3; ++c) {
        const double p = std::pow(shares[r][c], 1 / temperature) / sum;
        BOOST_TEST(std::abs(counts[r][c] / draws - p) < 4 * std::sqrt(p * (1 - p) / draws));
      }
    }
  }
  Rng rng{1};
  const auto first = sample(logits, rng, {.temperature = 0});
  BOOST_TEST((first == PooledVector<std::int32_t>{0, 2}));
  BOOST_TEST(rng.position() == 0u);
  check_failures<ValueError>({
      {"[sample] temperature must be finite and at least 0, got -1 @",
       XTAPE_CALL(sample(logits, rng, {.temperature = -1}))},
      {"[sample] the largest logit of row 0 is inf @",
       XTAPE_CALL(sample(full({1, 2}, std::numeric_limits<Scalar>::infinity()), rng))},
  });
  check_failures<ShapeError>({{"[sample] the axis -1 has size 0 in the shape (2, 0) @",
                               XTAPE_CALL(sample(zeros({2, 0}), rng))}});
}

BOOST_AUTO_TEST_CASE(rows_of_one_and_zeros) {
  const Array y = one_hot(List{2, 0, 2}, 3);
  BOOST_TEST(difference(y, {3, 3}, std::vector<double>{0, 0, 1, 1, 0, 0, 0, 0, 1}, 0) == "");
  BOOST_TEST((one_hot(List{}, 3).shape() == Shape{0, 3}));
  Array logits = random({40, 7});
  const auto ids = argmax(logits);
  const Array best = one_hot(ids, 7);
  for (std::size_t r = 0; r < 40; ++r)
    for (std::size_t c = 0; c < 7; ++c)
      BOOST_TEST((logits(r, c) <= logits(r, static_cast<std::size_t>(ids[r]))));
  BOOST_TEST(sum_of(best) == 40);
}

BOOST_AUTO_TEST_SUITE_END()

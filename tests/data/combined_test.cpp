// SPDX-License-Identifier: MIT
// Datasets made of others: mapped, one behind the other, several times over.
#include "counting.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

using namespace test;

BOOST_AUTO_TEST_SUITE(combined)

namespace {

std::vector<double> numbers(const data::Column& column) {
  return {column.array().begin(), column.array().end()};
}
std::vector<int> ids(const data::Column& column) {
  return {column.ids().begin(), column.ids().end()};
}

data::Batch gathered(const data::Dataset& dataset, const std::vector<std::uint32_t>& indices) {
  data::Batch batch = dataset.make_batch(indices.size());
  Rng rng{0};
  dataset.gather(indices, batch, rng);
  return batch;
}

}  // namespace

BOOST_AUTO_TEST_CASE(map_changes_batches_or_makes_others) {
  const Counting whole{10};
  const auto doubled = data::map(whole, [](data::Batch batch, Rng&) {
    for (Scalar& x : batch.inputs[0].numbers()) x *= 2;
    return batch;
  });
  BOOST_TEST(doubled.size() == 10u);
  BOOST_TEST((numbers(gathered(doubled, {4, 1}).input()) == std::vector<double>{8, -8, 2, -2}));
  const auto wider = data::map(doubled, [](const data::Batch& batch, Rng&) {
    Array sums = zeros({batch.size(), 1});
    for (std::size_t i = 0; i < batch.size(); ++i) sums(i, 0) = 1 + batch.input().array()(i, 0);
    return data::Batch{.inputs = {sums}, .targets = batch.targets};
  });
  std::size_t number = 0;
  for (const data::Batch& batch : data::batches(wider, 4)) {
    BOOST_TEST(batch.number == number);
    for (std::size_t i = 0; i < batch.size(); ++i)
      BOOST_TEST(batch.input().array()(i, 0) == static_cast<double>(2 * (4 * number + i) + 1));
    ++number;
  }
  BOOST_TEST(number == 3u);
}

BOOST_AUTO_TEST_CASE(map_refuses_other_numbers_of_samples) {
  const Counting whole{10};
  const auto wrong = data::map(whole, [](const data::Batch&, Rng&) {
    return data::Batch{.inputs = {zeros({3, 1})}};
  });
  BOOST_TEST(error_of<ShapeError>([&] {
               gathered(wrong, {1, 2});
             }) == "[map] the function made a column (3, 1) for a batch of 2 samples");
  BOOST_TEST(without_place(error_of<ValueError>([&] { data::map(whole, {}); })) ==
             "[map] expected a function, got none");
}

BOOST_AUTO_TEST_CASE(concat_puts_one_behind_the_other) {
  const Counting three{3}, five{5};
  const auto negative = data::map(five, [](data::Batch batch, Rng&) {
    for (Scalar& x : batch.inputs[0].numbers()) x = -x - 10;
    return batch;
  });
  const data::Concatenated all = data::concat({three, negative, three});
  BOOST_TEST(all.size() == 11u);
  const data::Batch batch = gathered(all, {10, 3, 0, 7, 2});
  BOOST_TEST(
      (numbers(batch.input()) == std::vector<double>{2, -2, -10, -10, 0, 0, -14, -6, 2, -2}));
  BOOST_TEST((ids(batch.target()) == std::vector<int>{2, 0, 0, 1, 2}));
  std::size_t count = 0;
  for (const data::Batch& each : data::batches(all, 4)) count += each.size();
  BOOST_TEST(count == 11u);
}

BOOST_AUTO_TEST_CASE(concat_keeps_weights_and_refuses_what_differs) {
  const Counting two{2};
  const data::Weighted light{two, {1, 2}}, heavy{two, {3, 4}};
  const data::Concatenated both = data::concat({light, heavy});
  const auto weights = gathered(both, {3, 0}).weights;
  BOOST_TEST((std::vector<double>(weights.begin(), weights.end()) == std::vector<double>{4, 1}));
  const auto error = [&](const data::Dataset& other) {
    const data::Concatenated pair = data::concat({two, other});
    return error_of<ShapeError>([&] { gathered(pair, {0, 2}); });
  };
  BOOST_TEST(error(light) == "[concat] expected weights in all parts or in none");
  const data::ArrayDataset wide{zeros({2, 3}), std::vector<std::int32_t>{0, 1}};
  BOOST_TEST(error(wide) == "[concat] expected samples such as numbers (1, 2), got numbers (1, 3)");
  const data::ArrayDataset numeric{zeros({2, 2}), zeros({2})};
  BOOST_TEST(error(numeric) == "[concat] expected samples such as ids (1,), got numbers (1,)");
  const data::ArrayDataset more{{.inputs = {zeros({2, 2}), zeros({2})}}};
  BOOST_TEST(error(more) == "[concat] expected 1 inputs or targets as in the first part, got 2");
  BOOST_TEST(without_place(error_of<ValueError>([] { data::concat({}); })) ==
             "[concat] expected at least one dataset, got none");
  BOOST_TEST(error_of<ValueError>([&] { gathered(both, {4}); }) ==
             "[gather] expected an index less than 4, got 4");
}

BOOST_AUTO_TEST_CASE(repeat_has_all_samples_each_time) {
  const Counting three{3};
  const data::Subset twice = data::repeat(three, 2);
  BOOST_TEST(
      (ids(gathered(twice, {0, 1, 2, 3, 4, 5}).target()) == std::vector<int>{0, 1, 2, 0, 1, 2}));
  BOOST_TEST(twice.size() == 6u);
  BOOST_TEST(without_place(error_of<ValueError>([&] { data::repeat(three, 0); })) ==
             "[repeat] times must be at least 1, got 0");
}

BOOST_AUTO_TEST_CASE(oversample_makes_classes_equal) {
  const Counting nine{9};
  const std::vector<std::int32_t> labels{4, 4, 0, 4, 2, 4, 2, 4, 4};
  const data::Subset balanced = data::oversample(nine, labels);
  std::map<std::int32_t, int> counts;
  std::map<std::uint32_t, int> uses;
  for (const std::uint32_t i : balanced.indices()) ++counts[labels[i]], ++uses[i];
  BOOST_TEST((counts == std::map<std::int32_t, int>{{0, 6}, {2, 6}, {4, 6}}));
  BOOST_TEST(uses.size() == 9u);
  BOOST_TEST(uses[2] == 6);
  BOOST_TEST(uses[4] == 3);
  BOOST_TEST(uses[6] == 3);
  const std::vector<std::int32_t> few(8);
  BOOST_TEST(without_place(error_of<ValueError>([&] { data::oversample(nine, few); })) ==
             "[oversample] expected 9 labels, one for each sample, got 8");
  std::vector<std::int32_t> negative(9);
  negative[5] = -1;
  BOOST_TEST(without_place(error_of<ValueError>([&] { data::oversample(nine, negative); })) ==
             "[oversample] expected labels of at least 0, got -1 for sample 5");
}

BOOST_AUTO_TEST_CASE(split_by_position_takes_the_end) {
  const Counting ten{10};
  const auto [most, last] = data::split(ten, 0.3);
  BOOST_TEST((std::vector<int>(last.indices().begin(), last.indices().end()) ==
              std::vector<int>{7, 8, 9}));
  BOOST_TEST(most.size() == 7u);
  BOOST_TEST(most.indices()[6] == 6u);
  BOOST_TEST(without_place(error_of<ValueError>([&] { data::split(ten, 1); })) ==
             "[split] a share of 1 of 10 samples leaves one of the parts empty");
}

BOOST_AUTO_TEST_SUITE_END()

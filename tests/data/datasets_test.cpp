// SPDX-License-Identifier: MIT
// Columns, batches, and datasets that are arrays in memory or made of others.
#include "counting.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>
#include <set>

using namespace test;

BOOST_AUTO_TEST_SUITE(datasets)

namespace {

// What a dataset draws for a batch depends on the generator before the order was drawn and on the batch's number.
struct Drawing : Counting {
  using Counting::Counting;
  void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng& rng) const override {
    for (Scalar& x : batch.inputs[0].numbers()) x = static_cast<Scalar>(rng.uniform());
    Counting::gather(indices.first(0), batch, rng);
  }
};

std::vector<std::vector<Scalar>> drawn(data::Batches batches) {
  std::vector<std::vector<Scalar>> all;
  for (const data::Batch& batch : batches)
    all.emplace_back(batch.input().array().begin(), batch.input().array().end());
  return all;
}

// All samples of a dataset.
data::Batch all_of(const data::Dataset& dataset, std::vector<std::uint32_t> indices = {}) {
  if (indices.empty()) {
    indices.resize(dataset.size());
    std::iota(indices.begin(), indices.end(), 0u);
  }
  data::Batch all = dataset.make_batch(indices.size());
  Rng rng{0};
  dataset.gather(indices, all, rng);
  return all;
}

std::vector<double> numbers(const data::Column& column) {
  return {column.array().begin(), column.array().end()};
}
std::vector<int> ids(const data::Column& column) {
  return {column.ids().begin(), column.ids().end()};
}

// The text of an error of this file, without its line.
template <class E, class F>
std::string text_of(F run) {
  std::string text = error_of<E>(run);
  const std::size_t place = text.find(" at datasets_test.cpp:");
  if (place != std::string::npos)
    text.erase(place, text.find_first_not_of("0123456789", place + 22) - place);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_has_a_generator_of_its_own) {
  const Drawing dataset{40};
  Rng rng{5}, again{5}, other{6};
  const auto first = drawn(data::batches(dataset, 10, rng));
  const auto second = drawn(data::batches(dataset, 10, rng));
  std::set<Scalar> numbers;
  for (const auto* epoch : {&first, &second})
    for (const auto& batch : *epoch) numbers.insert(batch.begin(), batch.end());
  BOOST_TEST(numbers.size() == 2 * 40 * 2u);  // no two are the same
  BOOST_TEST(first == drawn(data::batches(dataset, 10, again)));
  BOOST_TEST(first != drawn(data::batches(dataset, 10, other)));
  data::Batches part = data::batches(dataset, 10, again);
  part.skip(2);  // as a training that is resumed
  const auto rest = drawn(std::move(part));
  BOOST_REQUIRE(rest.size() == 2u);
  BOOST_TEST(rest[0] == second[2]);
  BOOST_TEST(rest[1] == second[3]);
  const auto in_order = drawn(data::batches(dataset, 10));
  BOOST_TEST(in_order == drawn(data::batches(dataset, 10)));
  BOOST_TEST(in_order[0] != in_order[1]);
}

BOOST_AUTO_TEST_CASE(refuse_what_has_not_a_row_for_each_sample) {
  struct Wrong : Counting {
    using Counting::Counting;
    data::Batch make_batch(std::size_t count) const override {
      return {.inputs = {zeros({count, 2})}, .targets = {data::ids({targets})}, .weights = weights};
    }
    std::size_t targets = 5;
    PooledVector<Scalar> weights;
  };
  Wrong dataset{20};
  const auto error = [&] {
    return error_of<ShapeError>([&] { data::batches(dataset, 5).begin(); });
  };
  BOOST_TEST(error() == "no error");
  dataset.weights.resize(4);
  BOOST_TEST(error().starts_with(
      "[batches] the dataset made 4 weights for a batch of 5 samples at datasets_test.cpp:"));
  dataset.targets = 6;
  BOOST_TEST(error().starts_with(
      "[batches] the dataset made a column (6,) for a batch of 5 samples at datasets_test.cpp:"));
}

BOOST_AUTO_TEST_CASE(a_column_is_of_numbers_or_of_ids) {
  const data::Column numbers{Array{{1, 2}, {3, 4}}}, classes{std::vector<std::int32_t>{5, 6, 7}},
      tokens = data::ids({2, 3});
  BOOST_TEST(!numbers.has_ids());
  BOOST_TEST((numbers.shape() == Shape{2, 2}));
  BOOST_TEST(numbers.size() == 4u);
  const Array& array = numbers;
  BOOST_TEST(array(1, 0) == 3);
  const Value& value = numbers;
  BOOST_TEST(&*value == &array);
  BOOST_TEST(classes.has_ids());
  BOOST_TEST((classes.shape() == Shape{3}));
  const std::span<const std::int32_t> of_classes = classes;
  BOOST_TEST(of_classes[2] == 7);
  BOOST_TEST((tokens.shape() == Shape{2, 3}));
  BOOST_TEST(ids(tokens) == std::vector<int>(6, 0));
  BOOST_TEST(error_of<ValueError>([&] { numbers.ids(); }) ==
             "[column] expected ids, got numbers (2, 2)");
  BOOST_TEST(error_of<ValueError>([&] { tokens.array(); }) ==
             "[column] expected numbers, got ids (2, 3)");
  data::Column mutable_numbers{zeros({2})}, mutable_ids = data::ids({2});
  mutable_numbers.numbers()[1] = 8;
  mutable_ids.ids()[1] = 9;
  BOOST_TEST(mutable_numbers.array()(1) == 8);
  BOOST_TEST(std::as_const(mutable_ids).ids()[1] == 9);
  BOOST_CHECK_THROW(mutable_numbers.ids(), ValueError);
  BOOST_CHECK_THROW(mutable_ids.numbers(), ValueError);
}

BOOST_AUTO_TEST_CASE(a_batch_has_parts) {
  const data::Batch pair{.inputs = {zeros({3, 2})}, .targets = {data::ids({3})}};
  const auto& [x, y] = pair;
  BOOST_TEST(&x == &pair.inputs[0]);
  BOOST_TEST(&y == &pair.targets[0]);
  BOOST_TEST(pair.size() == 3u);
  BOOST_TEST(data::Batch{}.size() == 0u);
  const data::Batch more{.inputs = {}, .targets = {zeros({4, 1}), zeros({4, 2})}};
  BOOST_TEST(more.size() == 4u);
  BOOST_TEST(text_of<ValueError>([&] { more.input(); }) ==
             "[batch] expected one input, there are 0; say which: batch.inputs[0]");
  BOOST_TEST(text_of<ValueError>([&] { more.target(); }) ==
             "[batch] expected one target, there are 2; say which: batch.targets[0]");
}

BOOST_AUTO_TEST_CASE(arrays_are_gathered_by_rows) {
  const Array x{{1, 2}, {3, 4}, {5, 6}}, image = zeros({3, 2, 2});
  const data::ArrayDataset two{x, std::vector<std::int32_t>{7, 8, 9}};
  BOOST_TEST(two.size() == 3u);
  const data::Batch some = all_of(two, {2, 0, 2, 1});
  BOOST_TEST((some.input().shape() == Shape{4, 2}));
  BOOST_TEST(numbers(some.input()) == (std::vector<double>{5, 6, 1, 2, 5, 6, 3, 4}));
  BOOST_TEST(ids(some.target()) == (std::vector<int>{9, 7, 9, 8}));
  BOOST_TEST(some.weights.empty());
  data::Column tokens = data::ids({3, 2});
  std::iota(tokens.ids().begin(), tokens.ids().end(), 10);
  const data::ArrayDataset many{
      {.inputs = {x, tokens, image}, .targets = {x}, .weights = {1, 0.5, 0}}};
  const data::Batch others = all_of(many, {1, 2});
  BOOST_TEST(numbers(others.inputs[0]) == (std::vector<double>{3, 4, 5, 6}));
  BOOST_TEST(ids(others.inputs[1]) == (std::vector<int>{12, 13, 14, 15}));
  BOOST_TEST((others.inputs[1].shape() == Shape{2, 2}));
  BOOST_TEST((others.inputs[2].shape() == Shape{2, 2, 2}));
  BOOST_TEST((others.weights == PooledVector<Scalar>{0.5, 0}));
  BOOST_TEST(error_of<ValueError>([&] {
               all_of(two, {1, 3});
             }) == "[gather] expected an index less than 3, got 3");
}

BOOST_AUTO_TEST_CASE(arrays_that_do_not_fit) {
  const Array x = zeros({3, 2});
  const auto error = [&]<class E>(std::type_identity<E>, const data::Batch& samples) {
    return text_of<E>([&] { data::ArrayDataset{samples}; });
  };
  const std::type_identity<ShapeError> shape;
  const std::type_identity<ValueError> value;
  BOOST_TEST(error(shape, {}) == "[dataset] expected at least one array, got none");
  BOOST_TEST(error(shape, {.inputs = {x}, .targets = {data::ids({4})}}) ==
             "[dataset] expected (3, ...), a row for each sample, got (4,)");
  BOOST_TEST(error(shape, {.inputs = {x, zeros({})}}) ==
             "[dataset] expected (3, ...), a row for each sample, got ()");
  BOOST_TEST(error(value, {.inputs = {x}, .weights = {1, 1}}) ==
             "[dataset] expected 3 weights, one for each sample, got 2");
  BOOST_TEST(error(value, {.inputs = {x}, .weights = {1, 1, -1}}) ==
             "[dataset] a weight must be finite and at least 0, got -1");
}

BOOST_AUTO_TEST_CASE(a_subset_has_some_samples_in_an_order_of_its_own) {
  const Counting whole{10};
  const data::Subset some{whole, {7, 2, 7}};
  BOOST_TEST(some.size() == 3u);
  BOOST_TEST(numbers(all_of(some).input()) == (std::vector<double>{7, -7, 2, -2, 7, -7}));
  BOOST_TEST(ids(all_of(some, {1}).target()) == std::vector<int>{2});
  BOOST_TEST(text_of<ValueError>([&] {
               data::Subset{whole, {3, 10}};
             }) == "[subset] expected an index less than 10, got 10");
  BOOST_TEST(error_of<ValueError>([&] { all_of(some, {3}); }) ==
             "[gather] expected an index less than 3, got 3");
}

BOOST_AUTO_TEST_CASE(a_split_has_each_sample_once) {
  const Counting whole{101};
  Rng rng{1};
  const auto [train, validation] = data::split(whole, 0.2, rng);
  BOOST_TEST(train.size() == 81u);
  BOOST_TEST(validation.size() == 20u);
  std::vector<std::uint32_t> all(train.indices().begin(), train.indices().end());
  all.insert(all.end(), validation.indices().begin(), validation.indices().end());
  BOOST_TEST(!std::ranges::is_sorted(all));
  std::ranges::sort(all);
  for (std::uint32_t i = 0; i < 101; ++i) BOOST_TEST(all[i] == i);
  Rng again{1};
  BOOST_TEST(
      std::ranges::equal(data::split(whole, 0.2, again).second.indices(), validation.indices()));
  for (const double share : {0.0, 1.0, -1.0, 2.0, 0.001, std::nan("")})
    BOOST_CHECK_THROW(data::split(whole, share, rng), ValueError);
  BOOST_TEST(text_of<ValueError>([&] { data::split(whole, 0.001, rng); }) ==
             "[split] a share of 0.001 of 101 samples leaves one of the parts empty");
}

BOOST_AUTO_TEST_CASE(a_weighted_dataset_says_how_much_samples_count) {
  const Counting whole{4};
  const data::Weighted weighted{whole, {0, 1, 2, 3}};
  const data::Batch batch = all_of(weighted, {3, 1});
  BOOST_TEST(numbers(batch.input()) == (std::vector<double>{3, -3, 1, -1}));
  BOOST_TEST((batch.weights == PooledVector<Scalar>{3, 1}));
  BOOST_TEST(text_of<ValueError>([&] {
               data::Weighted{whole, {1, 1}};
             }) == "[weighted] expected 4 weights, one for each sample, got 2");
  BOOST_TEST(text_of<ValueError>([&] {
               data::Weighted{whole, {1, 1, INFINITY, 1}};
             }) == "[weighted] a weight must be finite and at least 0, got inf");
  const data::Subset part{weighted, {2}};  // one of another
  BOOST_TEST((all_of(part).weights == PooledVector<Scalar>{2}));
}

BOOST_AUTO_TEST_SUITE_END()

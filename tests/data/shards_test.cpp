// SPDX-License-Identifier: MIT
// Batches of which a process has a part: the parts of all are the batch, whoever has them.
#include "counting.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>
#include <set>

using namespace test;

BOOST_AUTO_TEST_SUITE(shards)

namespace {

using Samples = std::vector<std::size_t>;

// A dataset whose second column is drawn.
struct Drawing : Counting {
  using Counting::Counting;
  void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng& rng) const override {
    Counting::gather(indices, batch, rng);
    Scalar* at = batch.inputs[0].numbers().data() + 1;
    for (std::size_t i = 0; i < indices.size(); ++i) at[2 * i] = static_cast<Scalar>(rng.uniform());
  }
};

// What is in shards: samples, what was drawn for them, the key.
struct Seen {
  Samples samples = {};
  std::vector<Scalar> drawn = {};
  std::uint64_t key = 0;
  double share = 0;
  bool operator==(const Seen&) const = default;
};

// By batch and shard.
std::map<std::pair<std::size_t, std::size_t>, Seen> seen(const data::Shards& shards,
                                                         std::size_t skipped = 0) {
  const Drawing dataset{45};
  Rng rng{4};
  auto batches = data::batches(dataset, 10, rng);
  batches.shards(shards);
  batches.skip(skipped);
  std::map<std::pair<std::size_t, std::size_t>, Seen> all;
  for (const data::Batch& batch : batches) {
    Seen& own = all[{batch.number, batch.shard}];
    for (std::size_t i = 0; i < batch.size(); ++i) {
      own.samples.push_back(static_cast<std::size_t>(batch.input().array()(i, 0)));
      own.drawn.push_back(batch.input().array()(i, 1));
    }
    own.key = batch.key;
    own.share = batch.share;
  }
  BOOST_TEST(all.size() == (batches.size() - skipped) * shards.own);
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(shards_one_after_the_other_are_the_batch) {
  const auto whole = seen({}), parts = seen({4, 0, 4});
  for (std::size_t k = 0; k < 5; ++k) {
    Samples joined;
    double shares = 0;
    for (std::size_t s = 0; s < 4; ++s) {
      const Samples& own = parts.at({k, s}).samples;
      BOOST_TEST((own.size() == (k < 4 ? (s % 2 == 0 ? 2u : 3u) : (s < 3 ? 1u : 2u))));
      joined.insert(joined.end(), own.begin(), own.end());
      shares += parts.at({k, s}).share;
    }
    BOOST_TEST(std::abs(shares - 1) < 1e-12);
    BOOST_TEST(whole.at({k, 0}).share == 1);
    BOOST_TEST(joined == whole.at({k, 0}).samples, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_shard_is_the_same_whoever_has_it) {
  const auto all = seen({4, 0, 4});
  std::set<std::uint64_t> keys;
  for (const auto& [place, shard] : all) keys.insert(shard.key);
  BOOST_TEST(keys.size() == all.size());
  for (const data::Shards& own : {data::Shards{4, 0, 2}, {4, 2, 2}, {4, 3, 1}})
    for (const std::size_t skipped : {0, 3})
      for (const auto& [place, shard] : seen(own, skipped)) BOOST_TEST((shard == all.at(place)));
}

BOOST_AUTO_TEST_CASE(some_batches_can_be_taken) {
  const Counting dataset{45};
  auto batches = data::batches(dataset, 10);
  batches.skip(2);
  batches.take(2);
  std::vector<std::size_t> numbers;
  for (const data::Batch& batch : batches) numbers.push_back(batch.number);
  BOOST_TEST((numbers == std::vector<std::size_t>{2, 3}));
  batches.skip(4);
  BOOST_TEST(batches.begin()->size() == 5u);
  batches.skip(9);
  BOOST_TEST((batches.begin() == batches.end()));
}

BOOST_AUTO_TEST_CASE(shards_that_cannot_be_are_refused) {
  const Counting dataset{45};
  auto batches = data::batches(dataset, 10);
  BOOST_CHECK_THROW(batches.shards({.count = 0}), ValueError);
  BOOST_CHECK_THROW(batches.shards({.count = 2, .first = 1, .own = 2}), ValueError);
  BOOST_CHECK_THROW(batches.shards({.count = 2, .first = 2, .own = 1}), ValueError);
  batches.shards({.count = 8});
  BOOST_CHECK_EXCEPTION(batches.begin(), ValueError, [](const ValueError& error) {
    return error.message() == "a batch of 5 samples cannot be cut into 8 shards" &&
           error.hint() == "drop_last, or another batch size";
  });
  batches.drop_last();
  BOOST_TEST(batches.begin()->size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

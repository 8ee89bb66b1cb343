// SPDX-License-Identifier: MIT
#include "../allocations.hpp"
#include "counting.hpp"

#include <xtape/tape.hpp>

#include <boost/test/unit_test.hpp>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <numeric>
#include <ranges>
#include <set>
#include <thread>

#include <malloc.h>

using namespace test;

BOOST_AUTO_TEST_SUITE(batches)

static_assert(std::ranges::input_range<data::Batches>);
static_assert(std::movable<data::Batches> && !std::copyable<data::Batches>);
template <class D>
concept CanBatch = requires(D&& dataset) {
  data::batches(std::forward<D>(dataset), 1);
};
static_assert(CanBatch<const data::ImageDataset&> && !CanBatch<data::ImageDataset>);

namespace {

// The samples' numbers, in the order of the batches; checks what is in each batch.
std::vector<std::size_t> order(data::Batches batches, std::size_t batch_size) {
  std::vector<std::size_t> order;
  std::size_t count = 0;
  for (const auto& [numbers, ids] : batches) {
    const std::size_t n = std::min(batch_size, batches.samples() - order.size());
    const Array& images = numbers;
    const std::span<const std::int32_t> labels = ids;
    BOOST_TEST((images.shape() == Shape{n, 2}));
    BOOST_TEST(labels.size() == n);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto sample = static_cast<std::size_t>(images(i, 0));
      BOOST_TEST(images(i, 1) == -images(i, 0));
      BOOST_TEST(labels[i] == static_cast<std::int32_t>(sample % 3));
      order.push_back(sample);
    }
    ++count;
  }
  BOOST_TEST(count == batches.size());
  return order;
}

std::vector<std::size_t> iota(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

struct Unlucky : std::runtime_error {
  using runtime_error::runtime_error;
};

// Throws in one gather.
struct Throwing : Counting {
  Throwing(std::size_t size, int gather) : Counting{size}, left{gather} {}
  void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng& rng) const override {
    if (left-- == 0) throw Unlucky{"out of luck"};
    Counting::gather(indices, batch, rng);
  }
  mutable std::atomic<int> left;
};

}  // namespace

BOOST_AUTO_TEST_CASE(cover_each_sample_once_whatever_the_sizes) {
  for (const std::size_t size : {1, 2, 7, 64, 100})
    for (const std::size_t batch_size : {1, 2, 7, 50, 64, 1000}) {
      const Counting dataset{size};
      Rng rng{size};
      const data::Batches batches = data::batches(dataset, batch_size);
      BOOST_TEST(batches.size() == (size + batch_size - 1) / batch_size);
      BOOST_TEST(batches.samples() == size);
      BOOST_TEST(order(data::batches(dataset, batch_size), batch_size) == iota(size));
      std::vector<std::size_t> shuffled =
          order(data::batches(dataset, batch_size, rng), batch_size);
      if (size >= 64) BOOST_TEST(shuffled != iota(size));
      std::ranges::sort(shuffled);
      BOOST_TEST(shuffled == iota(size));
      data::Batches whole = data::batches(dataset, batch_size);
      whole.drop_last();
      BOOST_TEST(order(std::move(whole), batch_size) == iota(size - size % batch_size));
    }
}

BOOST_AUTO_TEST_CASE(an_empty_dataset_has_none) {
  const Counting dataset{0};
  Rng rng{1};
  data::Batches batches = data::batches(dataset, 8, rng);
  BOOST_TEST(batches.size() == 0u);
  for (const data::Batch& batch : batches) BOOST_ERROR("a batch of " << batch.size());
}

BOOST_AUTO_TEST_CASE(refuse_a_size_of_zero) {
  const Counting dataset{10};
  Rng rng{1};
  const std::string start = "[batches] batch_size must be at least 1, got 0 at batches_test.cpp:";
  BOOST_TEST(error_of<ValueError>([&] { data::batches(dataset, 0); }).starts_with(start));
  BOOST_TEST(error_of<ValueError>([&] { data::batches(dataset, 0, rng); }).starts_with(start));
}

BOOST_AUTO_TEST_CASE(refuse_a_dataset_too_large_to_index) {
  const Counting dataset{std::size_t{1} << 32};
  BOOST_TEST(
      error_of<ValueError>([&] { data::batches(dataset, 64); })
          .starts_with(
              "[batches] expected fewer than 2^32 samples, got 4294967296 at batches_test.cpp:"));
}

BOOST_AUTO_TEST_CASE(the_order_is_drawn_at_the_call_from_the_generator_alone) {
  const Counting dataset{100};
  Rng a{5}, b{5}, c{6};
  data::Batches early = data::batches(dataset, 9, a);
  BOOST_TEST(a.position() >= 99u);
  const std::uint64_t position = a.position();
  const auto first = order(std::move(early), 9);
  BOOST_TEST(a.position() == position);
  BOOST_TEST(first == order(data::batches(dataset, 9, b), 9));
  BOOST_TEST(first != order(data::batches(dataset, 9, c), 9));
  const auto second = order(data::batches(dataset, 9, a), 9);
  BOOST_TEST(first != second);
  // It does not depend on the batch size, and can be had again from the generator's state.
  Rng again{5, position};
  BOOST_TEST(second == order(data::batches(dataset, 100, again), 100));
}

BOOST_AUTO_TEST_CASE(no_two_batches_draw_the_same) {
  struct Drawing : Counting {
    using Counting::Counting;
    void gather(std::span<const std::uint32_t> indices, data::Batch& batch,
                Rng& rng) const override {
      drawn.insert(rng());
      Counting::gather(indices, batch, rng);
    }
    mutable std::set<std::uint64_t> drawn;
  };
  for (const std::size_t samples : {1, 2, 5}) {
    const Drawing dataset{samples};
    Rng rng{5};
    for (int loop = 0; loop < 4; ++loop) order(data::batches(dataset, 1, rng), 1);
    BOOST_TEST(dataset.drawn.size() == 4 * samples);
  }
}

BOOST_AUTO_TEST_CASE(all_orders_are_equally_likely) {
  const Counting dataset{4};
  Rng rng{7};
  std::map<std::vector<std::size_t>, int> counts;
  for (int i = 0; i < 4800; ++i) ++counts[order(data::batches(dataset, 4, rng), 4)];
  BOOST_TEST(counts.size() == 24u);
  for (const auto& [order, count] : counts) BOOST_TEST(std::abs(count - 200) < 70);  // 5 sigma
}

BOOST_AUTO_TEST_CASE(can_be_looped_over_again) {
  const Counting dataset{20};
  Rng rng{3};
  data::Batches batches = data::batches(dataset, 6, rng);
  const auto first_samples = [&] {
    std::vector<Scalar> samples;
    for (const auto& [images, labels] : batches) samples.push_back(images.array()(0, 0));
    return samples;
  };
  const std::vector<Scalar> once = first_samples();
  BOOST_TEST(once.size() == 4u);
  for (const data::Batch& batch : batches) {  // left in the middle
    BOOST_TEST(batch.input().array()(0, 0) == once[0]);
    break;
  }
  BOOST_TEST(first_samples() == once);
}

BOOST_AUTO_TEST_CASE(can_be_moved_in_the_middle) {
  const Counting dataset{20};
  data::Batches batches = data::batches(dataset, 5);
  auto iterator = batches.begin();
  data::Batches moved = std::move(batches);
  ++iterator;
  BOOST_TEST(iterator->input().array()(0, 0) == 5);
  iterator++;
  BOOST_TEST((*iterator).input().array()(4, 0) == 14);
  BOOST_TEST((iterator != moved.end()));
  ++iterator;
  ++iterator;
  BOOST_TEST((iterator == moved.end()));
}

BOOST_AUTO_TEST_CASE(take_the_memory_that_nobody_uses_any_more) {
  const auto digits = data::synthetic_digits({.count = 130});
  for (const std::size_t depth : {0, 1, 3}) {
    data::Batches batches = data::batches(digits, 10);
    batches.prefetch(depth);
    std::set<const void*> images_at;
    std::size_t allocations = 0, in_use = 0;
    for (const auto& [images, labels] : batches) {
      if (images_at.empty()) {
        allocations = memory_stats().system_allocations;
        in_use = memory_stats().in_use;
      }
      images_at.insert(images.array().data());
    }
    if (SEES_ALLOCATIONS) {
      BOOST_TEST(images_at.size() == depth + 1);
      BOOST_TEST(memory_stats().system_allocations == allocations);
    }
    BOOST_TEST(memory_stats().in_use <= in_use);
  }
}

BOOST_AUTO_TEST_CASE(a_batch_goes_onto_a_tape_and_stays_there_without_a_copy) {
  const Counting dataset{20};
  std::vector<Variable> kept;
  Tape tape;
  for (const data::Batch& batch : data::batches(dataset, 5)) {
    kept.push_back(tape.input(batch.input()));
    BOOST_TEST(&kept.back().value() == &batch.input().array());
  }
  for (std::size_t i = 0; i < kept.size(); ++i)  // what was gathered since is elsewhere
    BOOST_TEST(kept[i].value()(4, 0) == static_cast<Scalar>(5 * i + 4));
}

BOOST_AUTO_TEST_CASE(pass_on_what_gather_throws) {
  for (const auto& [gather, depth] : std::vector<std::pair<int, std::size_t>>{
           {0, 1}, {1, 1}, {2, 1}, {3, 1}, {2, 0}, {0, 3}, {2, 3}, {3, 9}}) {
    const Throwing dataset{20, gather};
    data::Batches batches = data::batches(dataset, 5);
    batches.prefetch(depth);
    int seen = 0;
    BOOST_CHECK_EXCEPTION(
        for ([[maybe_unused]] const data::Batch& batch
             : batches)++ seen,
        Unlucky, [](const Unlucky& error) { return error.what() == std::string{"out of luck"}; });
    BOOST_TEST(seen == gather);
    seen = 0;  // it threw only once
    for ([[maybe_unused]] const data::Batch& batch : batches) ++seen;
    BOOST_TEST(seen == 4);
  }
}

BOOST_AUTO_TEST_CASE(end_after_an_exception) {
  const Throwing dataset{20, 2};
  data::Batches batches = data::batches(dataset, 5);
  auto iterator = batches.begin();
  ++iterator;
  BOOST_CHECK_THROW(++iterator, Unlucky);
  BOOST_TEST((iterator == batches.end()));
}

BOOST_AUTO_TEST_CASE(drop_an_exception_nobody_waits_for) {
  const Throwing dataset{20, 1};
  for (const data::Batch& batch : data::batches(dataset, 5)) {
    BOOST_TEST(batch.size() == 5u);
    break;
  }
}

BOOST_AUTO_TEST_CASE(wait_for_a_gather_under_way) {
  struct Slow : Counting {
    using Counting::Counting;
    void gather(std::span<const std::uint32_t> indices, data::Batch& batch,
                Rng& rng) const override {
      ++running;
      if (indices[0] > 0) std::this_thread::sleep_for(std::chrono::milliseconds{20});
      Counting::gather(indices, batch, rng);
      --running;
    }
    mutable std::atomic<int> running = 0;
  };
  const Slow dataset{20};
  for (int i = 0; i < 5; ++i) {
    for ([[maybe_unused]] const data::Batch& batch : data::batches(dataset, 5)) {
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
      break;
    }
    BOOST_TEST(dataset.running == 0);
  }
}

// What is registered to be called at exit is taken back with the loop.
BOOST_AUTO_TEST_CASE(leave_nothing_behind) {
  const Counting dataset{20};
  const auto loop = [&] { order(data::batches(dataset, 5), 5); };
  loop();
  const auto before = mallinfo2().uordblks;
  for (int i = 0; i < 2000; ++i) loop();
  BOOST_TEST(mallinfo2().uordblks < before + 20'000);
}

BOOST_AUTO_TEST_CASE(do_not_depend_on_the_number_of_threads) {
  const Counting dataset{1000};
  const tbb::global_control one_thread{tbb::global_control::max_allowed_parallelism, 1};
  BOOST_TEST(order(data::batches(dataset, 7), 7) == iota(1000));
}

BOOST_AUTO_TEST_CASE(do_not_depend_on_work_around_them) {
  const Counting dataset{1000};
  tbb::task_group group;
  group.run_and_wait([&] {
    group.cancel();
    BOOST_TEST(order(data::batches(dataset, 7), 7) == iota(1000));
  });
}

boost::test_tools::assertion_result has_two_threads(boost::unit_test::test_unit_id) {
  return tbb::this_task_arena::max_concurrency() > 1;
}

// Counts gathers, and where they were.
struct Watched : Counting {
  using Counting::Counting;
  void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng& rng) const override {
    Counting::gather(indices, batch, rng);
    drawn.push_back(rng());
    here += std::this_thread::get_id() == loop;
    ++gathers;
  }
  const std::thread::id loop = std::this_thread::get_id();
  mutable std::vector<std::uint64_t> drawn;
  mutable std::atomic<int> here = 0, gathers = 0;
};

BOOST_AUTO_TEST_CASE(gather_in_the_background, *boost::unit_test::precondition(has_two_threads)) {
  for (const int depth : {1, 3}) {
    const Watched dataset{40};
    int seen = 0;
    data::Batches batches = data::batches(dataset, 5);
    batches.prefetch(static_cast<std::size_t>(depth));
    for ([[maybe_unused]] const data::Batch& batch : batches) {
      const int expected = std::min(++seen + depth, 8);
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
      while (dataset.gathers < expected && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
      BOOST_TEST(dataset.gathers == expected);  // the next, and no further
    }
  }
}

BOOST_AUTO_TEST_CASE(gather_when_asked_for_without_prefetching) {
  const Watched dataset{20};
  data::Batches batches = data::batches(dataset, 5);
  batches.prefetch(0);
  int seen = 0;
  for ([[maybe_unused]] const data::Batch& batch : batches) {
    ++seen;
    BOOST_TEST(dataset.gathers == seen);
    BOOST_TEST(dataset.here == seen);
  }
  BOOST_TEST(seen == 4);
}

BOOST_AUTO_TEST_CASE(are_the_same_for_any_depth) {
  const auto seen = [](std::size_t depth, std::size_t skipped, int threads) {
    const tbb::global_control limit{tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(threads)};
    const Watched dataset{1001};
    Rng rng{3};
    data::Batches batches = data::batches(dataset, 7, rng);
    batches.prefetch(depth);
    batches.skip(skipped);
    std::vector<Scalar> numbers;
    for (const data::Batch& batch : batches)
      numbers.insert(numbers.end(), batch.input().array().begin(), batch.input().array().end());
    return std::pair{numbers, dataset.drawn};
  };
  for (const std::size_t skipped : {0, 50, 143, 200}) {
    const auto expected = seen(1, skipped, 2);
    for (const std::size_t depth : {0, 2, 5, 1000})
      for (const int threads : {1, 2}) BOOST_TEST((seen(depth, skipped, threads) == expected));
  }
}

// A queue that nobody empties ends with the loop.
BOOST_AUTO_TEST_CASE(leave_a_queue_behind) {
  const Counting dataset{1000};
  data::Batches batches = data::batches(dataset, 5);
  for (const std::size_t depth : {100, 2, 0, 7}) {
    batches.prefetch(depth);
    for (const data::Batch& batch : batches) {
      BOOST_TEST(batch.input().array()(0, 0) == 0);
      break;
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

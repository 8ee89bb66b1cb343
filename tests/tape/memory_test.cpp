// SPDX-License-Identifier: MIT
// A training step in its steady state asks the system for no memory.
#include "../allocations.hpp"
#include "../support.hpp"

#include <models/models.hpp>
#include <models/text.hpp>
#include <xtape/xtape.hpp>

#include <boost/test/unit_test.hpp>

namespace {

using namespace test;

using MakeModel = Sequential (*)(Rng&);

struct Trainer {
  explicit Trainer(MakeModel make) : net{make(rng)} {}
  void step(const Value& images, std::span<const std::int32_t> labels) {
    Tape tape{Mode::train, rng};
    tape.backward(softmax_cross_entropy(net(tape.input(images)), labels), clip, adam);
  }

  Rng rng{1};
  Sequential net;
  ClipNorm clip{1};
  Adam adam;
};

Shape images_of(std::size_t count, const Shape& image) {
  Shape shape{count};
  shape.insert(shape.end(), image.begin(), image.end());
  return shape;
}

struct Samples {
  explicit Samples(std::size_t count, const Shape& image = {28, 28, 1})
      : images{random(images_of(count, image), 0, 1)} {
    for (std::size_t i = 0; i < count; ++i) labels.push_back(static_cast<std::int32_t>(i % 10));
  }
  Value images;
  std::vector<std::int32_t> labels;
};

// One full batch and a partial one.
struct TwoSizes {
  explicit TwoSizes(const Shape& image = {28, 28, 1}) : full{64, image}, partial{32, image} {}
  Samples full, partial;
  const Samples& batch(int step) const { return step % 4 == 3 ? partial : full; }
};

// Images made from their index.
struct Stripes : data::Dataset {
  std::size_t size() const override { return 64 * 12 + 32; }
  data::Batch make_batch(std::size_t count) const override {
    return {.inputs = {uninitialized({count, 28, 28, 1})}, .targets = {data::ids({count})}};
  }
  void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng&) const override {
    auto images = batch.inputs[0].numbers().begin();
    auto labels = batch.targets[0].ids().begin();
    for (std::uint32_t i : indices) {
      for (std::uint32_t p = 0; p < 784; ++p) *images++ = p % 10 == i % 10 ? Scalar{1} : Scalar{0};
      *labels++ = static_cast<std::int32_t>(i % 10);
    }
  }
};

std::size_t held() {
  const MemoryStats stats = memory_stats();
  return stats.in_use + stats.cached;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_large_block_begins_at_a_huge_page) {
  constexpr std::size_t huge_page = std::size_t{2} << 20;
  for (const std::size_t bytes : {huge_page, 3 * huge_page / 2 + 1, 5 * huge_page}) {
    void* const block = detail::allocate(bytes);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % huge_page == 0u);
    std::memset(block, 1, bytes);
    detail::deallocate(block, bytes);
  }
  release_cached_memory();
  BOOST_TEST(memory_stats().cached == 0u);
}

BOOST_AUTO_TEST_CASE(the_counter_sees_allocations) {
  if (!SEES_ALLOCATIONS) return;
  const std::size_t before = allocations;
  delete[] new std::vector<int>[ 3 ];
  std::vector<double>(100).resize(1000);
  std::free(std::aligned_alloc(64, 128));
  release_cached_memory();
  const Array fresh = zeros({1000});
  BOOST_TEST(allocations - before >= 5u);
}

BOOST_AUTO_TEST_CASE(training_steps_allocate_nothing) {
  if (!SEES_ALLOCATIONS) {
    BOOST_TEST_MESSAGE("notice: skipped, a sanitizer owns malloc");
    return;
  }
  for (const auto& [name, architecture] : models::by_name()) {
    const TwoSizes samples{architecture.input};
    Trainer trainer{architecture.make};
    const auto run = [&](int steps) {
      for (int step = 0; step < steps; ++step) {
        const Samples& batch = samples.batch(step);
        trainer.step(batch.images, batch.labels);
      }
    };
    run(12);
    const std::size_t before = allocations;
    run(16);
    BOOST_TEST(allocations - before == 0u, name << ": " << allocations - before << " allocations");
  }
}

BOOST_AUTO_TEST_CASE(steps_of_models_of_text_allocate_nothing) {
  if (!SEES_ALLOCATIONS) return;
  std::vector<std::int32_t> ids(12 * 64);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(i * i % 65);
  for (const auto& [name, make] : models::text_models()) {
    Rng rng{1};
    const auto net = make(65, 64, rng);
    Adam adam;
    const auto run = [&net = *net, &adam, &ids, &rng](int steps) {
      for (int step = 0; step < steps; ++step) {
        const std::size_t count = step % 4 == 3 ? 5 : 12;
        const std::span<const std::int32_t> some = std::span{ids}.first(count * 64);
        Tape tape{Mode::train, rng};
        const Variable logits = reshape(net(tape, {some, {count, 64}}), {-1, 65});
        tape.backward(softmax_cross_entropy(logits, some), adam);
      }
    };
    run(12);
    const std::size_t before = allocations;
    run(20);
    BOOST_TEST(allocations - before == 0u, name << ": " << allocations - before << " allocations");
  }
}

BOOST_AUTO_TEST_CASE(an_epoch_of_batches_allocates_nothing) {
  if (!SEES_ALLOCATIONS) return;
  const Stripes stripes;
  Trainer trainer{models::mlp};
  std::size_t last_epoch = 0, steps = 0;
  for (int epoch = 0; epoch < 3; ++epoch) {
    data::Batches batches = data::batches(stripes, 64, trainer.rng);
    auto batch = batches.begin();
    const std::size_t before = allocations;
    for (; batch != batches.end(); ++batch, ++steps) trainer.step(batch->input(), batch->target());
    last_epoch = allocations - before;
  }
  BOOST_TEST(steps == 3 * 13u);
  BOOST_TEST(last_epoch == 0u);
}

// With a metric, but without a log, which asks for memory where it is drawn.
BOOST_AUTO_TEST_CASE(the_steps_of_fit_allocate_nothing) {
  if (!SEES_ALLOCATIONS) return;
  const Stripes stripes;
  Trainer trainer{models::mlp};
  std::vector<std::size_t> seen(3 * 13 + 1);
  std::size_t steps = 0;
  FitOptions options{.epochs = 3, .log = nullptr};
  options.on_step = [&](const StepReport&) {
    seen[steps++] = allocations;
    return true;
  };
  const Task task = classification(trainer.net, {.class_weights = std::vector<Scalar>(10, 1),
                                                 .metrics = {accuracy(), top_k(3)}});
  fit(task, stripes, stripes, options, trainer.rng, trainer.clip, trainer.adam);
  BOOST_TEST(steps == 3 * 13u);
  BOOST_TEST(seen[3 * 13 - 1] - seen[2 * 13] == 0u);  // in the last epoch
}

// Whatever the number of threads: what one has asked for is enough for several.
BOOST_AUTO_TEST_CASE(scratch_memory_is_asked_for_before_slices_start) {
  if (!SEES_ALLOCATIONS) return;
  const Value x{random({64, 40, 4096}, -1, 1)};
  const auto run = [&] {
    Tape tape;
    const Variable v = tape.variable(x);
    tape.backward(sum(mean(v, {.axes = {1}})) + sum(max(v, {.axes = {1}})));
  };
  {
    const ThreadLimit one{1};
    for (int i = 0; i < 3; ++i) run();
  }
  const std::size_t asked = memory_stats().system_allocations;
  for (int i = 0; i < 20; ++i) run();
  BOOST_TEST(memory_stats().system_allocations == asked);
}

BOOST_AUTO_TEST_CASE(memory_does_not_grow) {
  const TwoSizes samples;
  Trainer trainer{models::mlp};
  const auto run = [&](int steps) {
    for (int step = 0; step < steps; ++step) {
      const Samples& batch = samples.batch(step);
      trainer.step(batch.images, batch.labels);
    }
  };
  run(8);
  const std::size_t before = held(), in_use = memory_stats().in_use;
  const std::size_t asked = memory_stats().system_allocations;
  run(400);
  BOOST_TEST(held() == before);
  BOOST_TEST(memory_stats().in_use == in_use);
  BOOST_TEST(((memory_stats().system_allocations == asked) || !SEES_ALLOCATIONS));
}

// A pass in Mode::eval keeps only what is in use: two arrays at a time, not one per layer.
BOOST_AUTO_TEST_CASE(evaluation_frees_as_it_goes) {
  const Samples samples{64};
  const std::size_t layer = 64 * 256 * sizeof(Scalar);
  Rng rng{1};
  Sequential net;
  std::size_t most = 0;
  for (int i = 0; i < 12; ++i) {
    net.add([](const Variable& x) { return tanh(x); });
    net.add([&most](const Variable& x) {
      most = std::max(most, memory_stats().in_use);
      return x;
    });
  }
  const auto peak = [&](Mode mode) {
    const std::size_t before = memory_stats().in_use;
    most = 0;
    Tape tape{mode, rng};
    const Variable x = tape.variable(random({64, 256}));
    net(x);
    return most - before;
  };
  BOOST_TEST(peak(Mode::train) >= 13 * layer);
  BOOST_TEST(peak(Mode::eval) <= 4 * layer);
}

BOOST_AUTO_TEST_CASE(the_cache_can_be_given_back) {
  const std::size_t in_use = memory_stats().in_use;
  {
    const Array large = zeros({1000, 1000});
    BOOST_TEST(memory_stats().in_use >= in_use + 1000000 * sizeof(Scalar));
  }
  BOOST_TEST(memory_stats().in_use == in_use);
  if (SEES_ALLOCATIONS) BOOST_TEST(memory_stats().cached >= 1000000 * sizeof(Scalar));
  release_cached_memory();
  BOOST_TEST(memory_stats().cached == 0u);
  BOOST_TEST(memory_stats().in_use == in_use);
}

BOOST_AUTO_TEST_CASE(a_freed_block_is_used_again) {
  if (!SEES_ALLOCATIONS) return;
  const Scalar* first = nullptr;
  {
    const Array a = zeros({12345});
    first = a.data();
  }
  const std::size_t asked = memory_stats().system_allocations;
  const Array b = zeros({12345});
  BOOST_TEST(b.data() == first);
  BOOST_TEST(memory_stats().system_allocations == asked);
}

BOOST_AUTO_TEST_CASE(blocks_are_aligned_and_large_enough) {
  for (std::size_t count = 0; count < 3000; count += 1 + count / 7) {
    PooledVector<std::uint8_t> bytes(count, 255);
    const Array array = full({count}, 3);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(array.data()) % 64 == 0u, "size " << count);
    if (count > 0) BOOST_TEST(reinterpret_cast<std::uintptr_t>(bytes.data()) % 64 == 0u);
    BOOST_TEST(sum_of(array) == 3.0 * static_cast<double>(count));
  }
}

BOOST_AUTO_TEST_CASE(too_much_memory_is_refused) {
  BOOST_CHECK_THROW(CachingAllocator<double>{}.allocate(std::size_t{1} << 62), std::bad_alloc);
  BOOST_CHECK_THROW(CachingAllocator<double>{}.allocate(~std::size_t{0} / 8), std::bad_alloc);
  BOOST_CHECK_THROW(zeros({std::size_t{1} << 40, std::size_t{1} << 40}), ShapeError);
}

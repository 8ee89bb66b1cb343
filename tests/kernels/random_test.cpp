// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include <xtape/random.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(random_numbers)

using Kernels = Table<kernels::RandomKernels>;

namespace {

struct Dropped {
  Guarded<Scalar> y;
  Guarded<std::uint8_t> mask;
  bool operator==(const Dropped&) const = default;
};

Dropped drop(const Kernels& table, std::size_t size, double probability, std::uint64_t key = 1,
             std::uint64_t stream = 2) {
  auto x = numbers(size, 3, 1, 2);
  Dropped d{Guarded<Scalar>{size, not_a_number}, Guarded<std::uint8_t>{size, 9}};
  table.dropout(key, stream, probability, Scalar{1.25}, x.data(), d.y.data(), d.mask.data(), size);
  BOOST_TEST((d.y.intact() && d.mask.intact()), "wrote outside of its result");
  for (std::size_t i = 0; i < size; ++i)
    BOOST_REQUIRE((d.mask[i] <= 1 && d.y[i] == (d.mask[i] == 1 ? x[i] * Scalar{1.25} : Scalar{0})));
  return d;
}

double share(const Dropped& d) {
  double kept = 0;
  for (std::uint8_t m : d.mask.elements()) kept += m;
  return kept / static_cast<double>(d.mask.size());
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_mask_is_that_of_every_instruction_set) {
  for (std::size_t size : {1, 3, 255, 256, 257, 1000, 32768, 100'001}) {
    const Dropped first = drop(Kernels{0}, size, 0.6);
    for_each_set<Kernels>(
        [&](const Kernels& table) { BOOST_TEST((drop(table, size, 0.6) == first)); });
  }
}

BOOST_AUTO_TEST_CASE(an_element_does_not_depend_on_the_size_or_the_threads) {
  for_each_set<Kernels>([](const Kernels& table) {
    const Dropped all = drop(table, 100'001, 0.5);
    for (std::size_t size : {1, 63, 64, 300, 32767, 32769, 65536}) {
      const Dropped part = drop(table, size, 0.5);
      for (std::size_t i = 0; i < size; ++i) BOOST_REQUIRE(part.mask[i] == all.mask[i]);
    }
    check_threads("dropout", [&] { return drop(table, 100'001, 0.5); });
  });
}

BOOST_AUTO_TEST_CASE(the_probability_is_right) {
  constexpr std::size_t size = 400'000;
  for_each_set<Kernels>([](const Kernels& table) {
    for (double p : {0.001, 0.1, 0.5, 0.75, 0.99}) {
      const double deviation = std::sqrt(p * (1 - p) / static_cast<double>(size));
      const double got = share(drop(table, size, p));
      BOOST_TEST(std::abs(got - p) < 4 * deviation, "expected " << p << ", got " << got);
    }
    BOOST_TEST(share(drop(table, 10'000, 0)) == 0.0);
    BOOST_TEST(share(drop(table, 10'000, 1)) == 1.0);
  });
}

BOOST_AUTO_TEST_CASE(streams_differ_in_every_bit_of_their_names) {
  const Kernels table;
  const Dropped first = drop(table, 1000, 0.5, 0, 0);
  for (int bit = 0; bit < 64; ++bit) {
    BOOST_TEST(!(drop(table, 1000, 0.5, std::uint64_t{1} << bit, 0) == first));
    BOOST_TEST(!(drop(table, 1000, 0.5, 0, std::uint64_t{1} << bit) == first));
  }
}

BOOST_AUTO_TEST_CASE(the_gradient_has_the_mask) {
  for_each_set<Kernels>([](const Kernels& table) {
    for (std::size_t size : {1, 17, 1000, 40'000}) {
      Dropped d = drop(table, size, 0.5);
      auto g = numbers(size, 5);
      std::vector<double> expected;
      for (std::size_t i = 0; i < size; ++i)
        expected.push_back(d.mask[i] * static_cast<double>(g[i]) * 3);
      Guarded<Scalar> dx{size};
      table.dropout_grad(d.mask.data(), 3, g.data(), dx.data(), size);
      check_close(dx, expected, 2 * epsilon, "dropout_grad");
      table.dropout_grad(d.mask.data(), 3, g.data(), g.data(), size);
      BOOST_TEST((g == dx), "in place");
    }
  });
}

BOOST_AUTO_TEST_CASE(generators) {
  Rng a{7}, b{7}, later{7, 3};
  const std::uint64_t first[] = {a(), a(), a(), a()};
  BOOST_TEST(a.position() == 4u);
  BOOST_TEST(a.seed() == 7u);
  for (std::uint64_t x : first) BOOST_TEST(b() == x);
  BOOST_TEST(later() == first[3]);
  BOOST_TEST(Rng{8}() != first[0]);
  BOOST_TEST(Rng{7 + (std::uint64_t{1} << 32)}() != first[0]);
}

// Philox4x32-10 of counter 0 and key 0, a published test vector of the Random123 library.
BOOST_AUTO_TEST_CASE(the_generator_is_philox) { BOOST_TEST(Rng{0}() == 0x6627e8d5e169c58du); }

BOOST_AUTO_TEST_CASE(arrays_are_numbers_one_after_the_other) {
  Rng a{7}, b{7};
  const Array uniform = a.uniform({3, 2}), normal = a.normal({2, 2});
  BOOST_TEST((uniform.shape() == Shape{3, 2}));
  BOOST_TEST((normal.shape() == Shape{2, 2}));
  for (const Scalar x : uniform) BOOST_TEST(x == static_cast<Scalar>(b.uniform()));
  for (const Scalar x : normal) BOOST_TEST(x == static_cast<Scalar>(b.normal()));
  BOOST_TEST(a.position() == b.position());
}

BOOST_AUTO_TEST_CASE(distributions) {
  constexpr int count = 100'000;
  Rng rng{1};
  double mean = 0, square = 0, normal = 0, normal_square = 0, fourth = 0;
  int below[7] = {};
  for (int i = 0; i < count; ++i) {
    const double u = rng.uniform(), z = rng.normal();
    BOOST_REQUIRE((u >= 0 && u < 1));
    mean += u / count, square += u * u / count;
    normal += z / count, normal_square += z * z / count, fourth += z * z * z * z / count;
    ++below[rng.below(7)];
  }
  BOOST_TEST(std::abs(mean - 0.5) < 0.004);
  BOOST_TEST(std::abs(square - 1 / 3.0) < 0.004);
  BOOST_TEST(std::abs(normal) < 0.013);
  BOOST_TEST(std::abs(normal_square - 1) < 0.018);
  BOOST_TEST(std::abs(fourth - 3) < 0.13);
  for (int n : below) BOOST_TEST(std::abs(n - count / 7.0) < 4 * std::sqrt(count / 7.0));
  for (int i = 0; i < 100; ++i) BOOST_TEST(rng.below(1) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "kernels/parallel.hpp"

#include <limits>

using namespace test;

BOOST_AUTO_TEST_SUITE(parallel_loops)

namespace {

constexpr Scalar smallest = std::numeric_limits<Scalar>::min();

// What a slice makes of a number below the smallest normal one, and of two normal ones with such a quotient;
// the compiler knows none of them.
struct Tiny {
  Scalar doubled, halved;
};
Tiny tiny() {
  const volatile Scalar half = smallest / 2, whole = smallest, two = 2;
  return {half * two, whole / two};
}

void check(const Tiny& t, bool flushed) {
  BOOST_TEST(t.doubled == (flushed ? 0 : smallest));
  BOOST_TEST(t.halved == (flushed ? 0 : smallest / 2));
}

}  // namespace

#if defined(__x86_64__) || defined(__aarch64__)
BOOST_AUTO_TEST_CASE(take_tiny_numbers_for_zero_unless_told_otherwise) {
  for (const std::size_t slices : {1, 64})
    for (const auto denormals : {kernels::Denormals::flushed, kernels::Denormals::kept}) {
      std::vector<Tiny> found(slices);
      kernels::parallel(
          slices, [&](std::size_t slice) { found[slice] = tiny(); }, denormals);
      for (const Tiny& t : found) check(t, denormals == kernels::Denormals::flushed);
      check(tiny(), false);  // the caller's setting is as it was
    }
}

BOOST_AUTO_TEST_CASE(give_the_setting_back_after_an_exception) {
  for (const std::size_t slices : {1, 64}) {
    BOOST_CHECK_THROW(kernels::parallel(slices, [](std::size_t) { throw 1; }), int);
    check(tiny(), false);
  }
}
#endif

BOOST_AUTO_TEST_SUITE_END()

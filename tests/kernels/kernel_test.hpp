// SPDX-License-Identifier: MIT
// What the tests of kernels share: unaligned arrays between guards, and each instruction set in
// turn.
#pragma once

#include "../support.hpp"

#include "kernels/conv.hpp"
#include "kernels/dense.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/functions.hpp"
#include "kernels/random.hpp"
#include "kernels/reduce.hpp"
#include "kernels/rows.hpp"

#include <xtape/threads.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>

namespace test {

/// Elements that begin one element off any alignment, between guards that show writes beyond them.
template <class T>
class Guarded {
 public:
  explicit Guarded(std::size_t size, T start = T{})
      : storage_(size + 2 * margin, guard), size_{size} {
    for (std::size_t i = 0; i < size; ++i) storage_[margin + i] = start;
  }
  explicit Guarded(const Array& a) : Guarded{a.size()} { std::copy_n(a.data(), a.size(), data()); }

  T* data() { return storage_.data() + margin; }
  T operator[](std::size_t i) const { return storage_[margin + i]; }
  std::size_t size() const { return size_; }
  std::span<const T> elements() const { return {storage_.data() + margin, size_}; }
  bool operator==(const Guarded& other) const {
    return std::memcmp(storage_.data(), other.storage_.data(), storage_.size() * sizeof(T)) == 0;
  }

  /// Whether nothing was written beside the elements.
  bool intact() const {
    for (std::size_t i = 0; i < margin; ++i)
      if (storage_[i] != guard || storage_[margin + size_ + i] != guard) return false;
    return true;
  }

 private:
  static constexpr std::size_t margin = 65;  // odd, and more than the widest vector has
  static constexpr T guard = static_cast<T>(113);
  std::vector<T, CachingAllocator<T>> storage_;
  std::size_t size_;
};

/// Numbers in [low, high) for a kernel to read.
inline Guarded<Scalar> numbers(std::size_t size, std::uint64_t seed = 1, double low = -1,
                               double high = 1) {
  return Guarded<Scalar>{random({size}, low, high, seed)};
}

/// The kernels of several families for one instruction set.
template <class... Families>
struct Table : Families... {
  explicit Table(std::size_t set) : Families(kernels::all<Families>()[set])... {}
  Table() : Table{kernels::instruction_sets().size() - 1} {}
};

/// Runs `test(table)` for each instruction set of this machine.
template <class Kernels, class F>
void for_each_set(F test) {
  const auto sets = kernels::instruction_sets();
  for (std::size_t i = 0; i < sets.size(); ++i)
    BOOST_TEST_CONTEXT("instruction set " << sets[i]) test(Kernels{i});
}

/// Checks what a kernel wrote against plain loops in double.
inline void check_close(const Guarded<Scalar>& got, std::span<const double> expected,
                        double tolerance, const std::string& what) {
  BOOST_TEST(got.intact(), what << ": wrote outside of its result");
  BOOST_REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    if (!close(static_cast<double>(got[i]), expected[i], tolerance)) {
      BOOST_ERROR(what << ": element " << i << " is " << got[i] << ", expected " << expected[i]);
      return;
    }
}

/// Whether `run`, which returns what a kernel wrote, gives the same bits on one thread as on two.
template <class F>
void check_threads(const std::string& what, F run) {
  const auto parallel = run();
  const ThreadLimit one{1};
  BOOST_TEST((run() == parallel), what << " depends on the number of threads");
}

/// Numbers of elements around the widths of vectors.
inline constexpr std::size_t odd_sizes[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48};

}  // namespace test

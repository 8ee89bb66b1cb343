// SPDX-License-Identifier: MIT
// The one pool of threads. Work is cut into slices that the problem alone decides, so that results
// have the same bits for any number of threads.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// What numbers below the smallest normal one are while a slice runs: zero, as they cost some processors a hundred
/// times as much, or themselves.
enum class Denormals { flushed, kept };

namespace detail {
void parallel(std::size_t slices, void (*run)(void* context, std::size_t slice), void* context,
              Denormals denormals);
}

/// Calls run(slice) for each slice in [0, slices), in any order, on any thread of the pool.
template <class Run>
void parallel(std::size_t slices, Run run, Denormals denormals = Denormals::flushed) {
  if (slices == 0) return;
  detail::parallel(
      slices, [](void* context, std::size_t slice) { (*static_cast<Run*>(context))(slice); }, &run,
      denormals);
}

/// Cuts [0, count) into pieces of `grain` (the last may be shorter): calls run(begin, end) for each.
template <class Run>
void parallel_ranges(std::size_t count, std::size_t grain, Run run,
                     Denormals denormals = Denormals::flushed) {
  if (count == 0) return;
  parallel((count + grain - 1) / grain,
           [&](std::size_t slice) {
             const std::size_t begin = slice * grain;
             run(begin, count - begin < grain ? count : begin + grain);
           },
           denormals);
}

/// How many of `count` pieces of work, each of so many multiplications, make a slice: enough to be worth a
/// task, some microseconds, but no more than leave some dozens of slices.
[[gnu::always_inline]] inline std::size_t slice_grain(std::size_t count, std::size_t cost) {
  constexpr std::size_t least = 400'000, slices = 64;
  const std::size_t worth = least / (cost + 1) + 1, even = (count + slices - 1) / slices;
  return worth > even ? worth : even;
}

/// Elements per slice of a loop that does little per element: a slice takes some 10 microseconds.
inline constexpr std::size_t elementwise_grain = 32768;
/// Rows of so many elements per slice of such a loop.
[[gnu::always_inline]] inline std::size_t row_grain(std::size_t columns) {
  return columns < elementwise_grain ? elementwise_grain / (columns + 1) + 1 : 1;
}

}  // namespace xtape::inline XTAPE_ABI::kernels

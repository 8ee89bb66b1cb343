// SPDX-License-Identifier: MIT
/// \file
/// The most memory that something takes, measured or foretold.
#pragma once

#include <xtape/error.hpp>
#include <xtape/memory.hpp>

#include <cstddef>
#include <functional>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Measures the most that its thread has in use at once while it lives, in bytes of blocks of the pool:
/// ```
/// const PeakMemory memory;
/// tape.backward(loss(net(tape.input(images)), labels), adam);
/// std::printf("%zu\n", memory.bytes());
/// ```
/// One may be inside another. It must die on the thread that made it.
class PeakMemory {
 public:
  PeakMemory() noexcept;  ///< Begins.
  PeakMemory(const PeakMemory&) = delete;
  PeakMemory& operator=(const PeakMemory&) = delete;
  ~PeakMemory();
  /// The most since it was made, or since it began again, beyond what was in use when it was made.
  std::size_t bytes() const noexcept;
  /// Begins again, from what is in use now.
  void restart() noexcept;

 private:
  std::ptrdiff_t before_, outer_;
};

/// Foretells the most memory, in bytes, that a training step with a batch of so many samples has in use at once, from
/// steps with at most 32 and 64: `estimate_peak_memory([&](std::size_t samples) { ... }, 512)`. Between each two things
/// that it does, as an op's value or gradient, a part of what a step needs is as large for any batch and the rest in
/// proportion to it, so the peak may be elsewhere with more samples. `step` makes a pass with the number of samples
/// that it is given, of data it likes; it is called once before it is measured, so what it makes to stay, as gradients
/// of parameters and moments of an optimizer, is there and not counted. Nor is what other threads take, such as batches
/// that are gathered ahead. Where the number of ops depends on the batch, only peaks of whole steps are compared.
/// Throws ValueError for a batch of 0, and what `step` throws.
std::size_t estimate_peak_memory(const std::function<void(std::size_t samples)>& step,
                                 std::size_t batch, Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

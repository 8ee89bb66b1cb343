// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/config.hpp>

#include <atomic>
#include <cstdint>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

class Tape;

namespace detail {

/// How long a tape lives, told by memory that is never freed, so that who holds on to a tape can ask
/// whether it is still there. A slot serves one tape after the other; each has a generation of its own.
class Lifetime {
 public:
  /// Where a tape is, and the number of the tape that is there now.
  struct Slot {
    std::atomic<std::uint32_t> generation{0};  // of its tape, or of the next one if it is free
    Tape* tape = nullptr;
    Slot* next = nullptr;  // in the list of free slots
  };

  /// Begins the life of a tape.
  explicit Lifetime(Tape& tape);
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;
  ~Lifetime();  ///< Ends it: the next generation begins.

  Slot* slot() const noexcept { return slot_; }
  std::uint32_t generation() const noexcept { return generation_; }

 private:
  Slot* slot_;
  std::uint32_t generation_;
};

}  // namespace detail
}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

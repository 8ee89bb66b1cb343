// SPDX-License-Identifier: MIT
// The kernels of a family for the instruction sets of this machine. Where they are used, the header of that
// family is included, and no other.
#pragma once

#include "kernels/family.hpp"

#include <array>
#include <span>

namespace xtape::inline XTAPE_ABI::kernels {

/// The names of the instruction sets that this machine has, the best one last.
std::span<const char* const> instruction_sets();

/// The kernels of a family for each of `instruction_sets()`.
template <class Family>
std::span<const Family> all() {
  static const std::size_t count = instruction_sets().size();
  static const std::array<Family, 3> families = [] {
    std::array<Family, 3> f{};
    fill(f[0], baseline::Set{});
#ifdef __x86_64__  // a `fill` has instructions of its set itself
    if (count > 1) fill(f[1], x86_64_v3::Set{});
    if (count > 2) fill(f[2], x86_64_v4::Set{});
#endif
    return f;
  }();
  return std::span{families}.first(count);
}

/// Those for the best one.
template <class Family>
const Family& best() {
  static const Family& best = all<Family>().back();
  return best;
}

}  // namespace xtape::inline XTAPE_ABI::kernels

// SPDX-License-Identifier: MIT
// The numeric loops are pure functions on arrays, which know no tape. A family of them is a struct of function
// pointers in a header, and a source file that defines the functions and fills the struct. That is compiled
// once per instruction set, in a namespace of its own (XTAPE_ISA), so one binary is fast everywhere. Its sources
// include few headers, and xsimd and Random123, whose functions are always inlined or carry the instruction
// set in their names: an inline function compiled there for AVX-512 could otherwise be the copy that the
// linker keeps for everybody.
//
// dispatch.hpp has the kernels of a family for the machine at hand.
#pragma once

#include <xtape/config.hpp>

namespace xtape::inline XTAPE_ABI::kernels {

// The instruction sets, as arguments that choose between functions.
namespace baseline {
struct Set {};
}  // namespace baseline
namespace x86_64_v3 {
struct Set {};
}  // namespace x86_64_v3
namespace x86_64_v4 {
struct Set {};
}  // namespace x86_64_v4

}  // namespace xtape::inline XTAPE_ABI::kernels

/// Says in namespace kernels that each instruction set has a `void fill(Family&, Set)`.
#define XTAPE_KERNEL_FAMILY(Family) \
  namespace baseline {              \
  void fill(Family&, Set);          \
  }                                 \
  namespace x86_64_v3 {             \
  void fill(Family&, Set);          \
  }                                 \
  namespace x86_64_v4 {             \
  void fill(Family&, Set);          \
  }

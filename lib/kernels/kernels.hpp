// SPDX-License-Identifier: MIT
// The numeric loops: pure functions on arrays, which know no tape. They are compiled once per
// instruction set, each in a namespace of its own (XTAPE_ISA), and chosen when the program starts, so
// one binary is fast everywhere. Their sources include few headers, and xsimd and Random123, whose functions
// are always inlined or carry the instruction set in their names: an inline function compiled there for
// AVX-512 could otherwise be the copy that the linker keeps for everybody.
//
// A family of kernels is a struct of function pointers in a header, and a source file that defines the
// kernels and fills the struct.
#pragma once

#include "kernels/conv.hpp"
#include "kernels/dense.hpp"
#include "kernels/map.hpp"
#include "kernels/optim.hpp"
#include "kernels/pool.hpp"
#include "kernels/random.hpp"
#include "kernels/rows.hpp"

#include <span>

namespace xtape::inline XTAPE_ABI::kernels {

/// All kernels for one instruction set.
struct Table : MapKernels,
               RowKernels,
               DenseKernels,
               ConvKernels,
               ConvGradKernels,
               Col2imKernels,
               PoolKernels,
               RandomKernels,
               OptimKernels {
  const char* isa = "";  ///< its name, such as `x86_64_v3`
};

/// The kernels for the best instruction set of this machine.
const Table& table();
/// Those for every instruction set that this machine has, the best one last.
std::span<const Table> tables();

}  // namespace xtape::inline XTAPE_ABI::kernels

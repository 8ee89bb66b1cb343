// SPDX-License-Identifier: MIT
// AMX: tiles of Intel's processors since Sapphire Rapids.
#include "kernels/half_tiles.hpp"
#include "kernels/half_units.hpp"

#include <immintrin.h>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// In assembler, as g++'s macros want the numbers of tiles as digits, and do not tell that memory is read.
struct Amx {
  static void configure(const TileConfiguration& c) { _tile_loadconfig(&c); }
  static void release() { _tile_release(); }
  template <int Tile>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(Tile));
  }
  template <int Tile>
  static void load(const void* from, std::size_t row_bytes) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(row_bytes), "i"(Tile) : "memory");
  }
  template <int Tile>
  static void store(float* to, std::size_t row_bytes) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(row_bytes), "i"(Tile) : "memory");
  }
  template <int Sums, int Left, int Right>
  static void multiply_add() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(Sums), "i"(Left), "i"(Right));
  }
};

}  // namespace

HalfUnit amx_unit() { return unit_of_tiles<Amx>("AMX"); }

}  // namespace xtape::inline XTAPE_ABI::kernels

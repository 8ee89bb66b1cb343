// SPDX-License-Identifier: MIT
#include "kernels/half_units.hpp"

#include <array>

#ifdef XTAPE_WITH_HALF_UNITS
#include "kernels/dispatch.hpp"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

struct Units {
  std::array<HalfUnit, 2> units = {};
  std::size_t count = 0;
};

#ifdef XTAPE_WITH_HALF_UNITS
bool has_bit(unsigned word, unsigned bit) { return (word >> bit & 1) != 0; }

// Linux lets a process use tiles when it has asked, as they enlarge what is kept of each thread.
bool may_use_tiles() {
  constexpr long request_permission = 0x1023,
                 tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

Units find_units() {
  Units found;
  const bool has_avx512 = instruction_sets().size() == 3;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (has_avx512 && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && has_bit(a, 5))
    found.units[found.count++] = avx512_unit();
  if (has_avx512 && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && has_bit(d, 22) &&
      has_bit(d, 24) && may_use_tiles())
    found.units[found.count++] = amx_unit();
  return found;
}
#else
Units find_units() { return {}; }
#endif

thread_local const HalfUnit* in_scope = nullptr;

}  // namespace

std::span<const HalfUnit> half_units() {
  static const Units found = find_units();
  return std::span{found.units}.first(found.count);
}

const HalfUnit* half_unit() { return in_scope; }

HalfScope::HalfScope(const HalfUnit* unit) : before_{in_scope} { in_scope = unit; }
HalfScope::~HalfScope() { in_scope = before_; }

}  // namespace xtape::inline XTAPE_ABI::kernels

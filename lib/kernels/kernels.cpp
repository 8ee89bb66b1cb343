// SPDX-License-Identifier: MIT
#include "kernels/kernels.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

namespace baseline {
void fill(Table&);
}
namespace x86_64_v3 {
void fill(Table&);
}
namespace x86_64_v4 {
void fill(Table&);
}

namespace {

struct Tables {
  Table table[3];
  std::size_t count = 0;

  Tables() {
    baseline::fill(table[count++]);
#ifdef __x86_64__
    // clang 16 does not know the levels by their names.
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    if (v3) x86_64_v3::fill(table[count++]);
    if (v4) x86_64_v4::fill(table[count++]);
#endif
  }
};

}  // namespace

std::span<const Table> tables() {
  static const Tables tables;
  return {tables.table, tables.count};
}

const Table& table() {
  static const Table& best = tables().back();
  return best;
}

}  // namespace xtape::inline XTAPE_ABI::kernels

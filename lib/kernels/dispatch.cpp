// SPDX-License-Identifier: MIT
#include "kernels/dispatch.hpp"

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

std::size_t available() {
#ifdef __x86_64__
  // clang 16 does not know the levels by their names.
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  return v4 ? 3 : v3 ? 2 : 1;
#else
  return 1;
#endif
}

}  // namespace

std::span<const char* const> instruction_sets() {
  static constexpr const char* names[] = {"baseline", "x86_64_v3", "x86_64_v4"};
  static const std::size_t count = available();
  return {names, count};
}

}  // namespace xtape::inline XTAPE_ABI::kernels

// SPDX-License-Identifier: MIT
// Replaces the functions that every allocation of a program ends in by some that keep how many there were,
// and the largest size. One source of a program includes it.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define SEES_ALLOCATIONS 0  // sanitizers replace these functions themselves
#else
#define SEES_ALLOCATIONS 1
#endif

namespace test {

inline std::atomic<std::size_t> allocations{0}, largest{0};

inline std::size_t see(std::size_t size) {
  ++allocations;
  for (std::size_t old = largest; size > old && !largest.compare_exchange_weak(old, size);) {
  }
  return size;
}

}  // namespace test

#if SEES_ALLOCATIONS
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept { return __libc_malloc(test::see(size)); }
void* calloc(std::size_t n, std::size_t size) noexcept {
  return test::see(n * size), __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t size) noexcept { return __libc_realloc(p, test::see(size)); }
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return __libc_memalign(alignment, test::see(size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}
int posix_memalign(void** p, std::size_t alignment, std::size_t size) noexcept {
  *p = memalign(alignment, size);
  return *p == nullptr ? ENOMEM : 0;
}
}
#endif

// SPDX-License-Identifier: MIT
/// \file
/// The pool that arrays come from. A freed block is kept and handed out again, so a training step in
/// its steady state asks the system for no memory.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// What the pool holds, in bytes.
struct MemoryStats {
  std::size_t in_use = 0;              ///< in blocks that are handed out
  std::size_t cached = 0;              ///< in blocks that wait to be handed out again
  std::size_t system_allocations = 0;  ///< how often the pool asked the system for a block
};

/// Reads the pool's counters. Safe to call from any thread.
MemoryStats memory_stats() noexcept;

/// Gives the cached blocks back to the system, but for a few small ones of other threads.
void release_cached_memory() noexcept;

namespace detail {
/// Every block begins on a boundary of this many bytes: a cache line, and the widest SIMD register.
inline constexpr std::size_t block_alignment = 64;
void* allocate(std::size_t bytes);
void deallocate(void* block, std::size_t bytes) noexcept;

/// Lives in a block from the pool.
struct Pooled {
  static void* operator new(std::size_t size) { return allocate(size); }
  static void operator delete(void* block, std::size_t size) { deallocate(block, size); }
};
}  // namespace detail

/// A standard allocator over the pool: stateless, thread-safe, blocks aligned to 64 bytes.
/// Throws std::bad_alloc where the system has no memory left.
template <class T>
struct CachingAllocator {
  using value_type = T;                    ///< what it allocates
  using is_always_equal = std::true_type;  ///< all instances are alike

  CachingAllocator() noexcept = default;
  /// The same for another type.
  template <class U>
  CachingAllocator(const CachingAllocator<U>&) noexcept {}

  /// A block for `count` elements, not initialised.
  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T))
      throw std::bad_array_new_length();
    return static_cast<T*>(detail::allocate(count * sizeof(T)));
  }
  /// Takes back a block that `allocate(count)` returned.
  void deallocate(T* block, std::size_t count) noexcept {
    detail::deallocate(block, count * sizeof(T));
  }
  /// All instances are alike.
  template <class U>
  bool operator==(const CachingAllocator<U>&) const noexcept {
    return true;
  }
};

/// A std::vector with its elements in the pool.
template <class T>
using PooledVector = std::vector<T, CachingAllocator<T>>;

/// A block of uninitialised elements from the pool, with one owner.
template <class T>
class PooledBuffer {
  static_assert(std::is_trivial_v<T>);

 public:
  /// A block of `size` elements.
  explicit PooledBuffer(std::size_t size)
      : size_{size}, data_{CachingAllocator<T>{}.allocate(size)} {}
  /// Takes over another's block.
  PooledBuffer(PooledBuffer&& other) noexcept
      : size_{other.size_}, data_{std::exchange(other.data_, nullptr)} {}
  PooledBuffer& operator=(PooledBuffer&&) = delete;
  ~PooledBuffer() { CachingAllocator<T>{}.deallocate(data_, size_); }

  T* data() noexcept { return data_; }                 ///< the first element
  const T* data() const noexcept { return data_; }     ///< the first element
  std::size_t size() const noexcept { return size_; }  ///< the number of elements

 private:
  std::size_t size_;
  T* data_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

// SPDX-License-Identifier: MIT
#include <xtape/memory.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <mutex>
#include <utility>

// A sanitizer must see every block's end of life; a cache would hide a use after free.
#if defined(__SANITIZE_ADDRESS__)
#define XTAPE_CACHE_BLOCKS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define XTAPE_CACHE_BLOCKS 0
#endif
#endif
#ifndef XTAPE_CACHE_BLOCKS
#define XTAPE_CACHE_BLOCKS 1
#endif

namespace xtape::inline XTAPE_ABI {
namespace {

using detail::block_alignment;

struct Block {
  Block* next;
};

class Spinlock {
 public:
  void lock() noexcept {
    while (flag_.test_and_set(std::memory_order_acquire))
      while (flag_.test(std::memory_order_relaxed)) {
      }
  }
  void unlock() noexcept { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag flag_;
};

// The free blocks of one size. Critical sections are a few instructions long.
struct SizeClass {
  Spinlock lock;
  Block* free = nullptr;
  std::size_t used = 0, cached = 0, system = 0;
};

// Four sizes per power of two, so at most a quarter of a block is lost to rounding.
constexpr std::size_t steps = 4;
constexpr std::size_t class_count = steps * 42;

constexpr std::size_t class_of(std::size_t bytes) noexcept {
  const std::size_t lines = (bytes + block_alignment - 1) / block_alignment;
  if (lines <= steps) return lines == 0 ? 0 : lines - 1;
  const std::size_t octave = std::bit_width(lines - 1) - 3;  // lines in (4 << octave, 8 << octave]
  return steps + octave * steps + ((lines - 1) >> octave) - steps;
}

constexpr std::size_t bytes_of(std::size_t size_class) noexcept {
  if (size_class < steps) return (size_class + 1) * block_alignment;
  const std::size_t octave = size_class / steps - 1;
  return ((size_class % steps + steps + 1) << octave) * block_alignment;
}
static_assert(bytes_of(class_of(1)) == 64 && bytes_of(class_of(257)) == 320);
static_assert(bytes_of(class_of(1 << 20)) == 1 << 20 && bytes_of(class_of(5 << 20)) == 5 << 20);

// Constant-initialised and never destroyed: arrays of static storage may outlive everything else.
constinit std::array<SizeClass, class_count> pool{};

}  // namespace

namespace detail {

// If memory is short, what is cached for other sizes may be just what is missing.
static void* system_block(std::size_t bytes) {
  const std::align_val_t alignment{block_alignment};
  if (void* block = ::operator new(bytes, alignment, std::nothrow)) return block;
  release_cached_memory();
  return ::operator new(bytes, alignment);
}

void* allocate(std::size_t bytes) {
  const std::size_t index = class_of(bytes);
  if (index >= class_count) throw std::bad_alloc();
  SizeClass& size_class = pool[index];
  {
    std::lock_guard guard{size_class.lock};
    if (Block* block = size_class.free) {
      size_class.free = block->next;
      --size_class.cached;
      ++size_class.used;
      return block;
    }
  }
  void* block = system_block(bytes_of(index));
  std::lock_guard guard{size_class.lock};
  ++size_class.used;
  ++size_class.system;
  return block;
}

void deallocate(void* pointer, std::size_t bytes) noexcept {
  if (pointer == nullptr) return;
  SizeClass& size_class = pool[class_of(bytes)];
  std::unique_lock guard{size_class.lock};
  --size_class.used;
  if constexpr (XTAPE_CACHE_BLOCKS) {
    size_class.free = ::new (pointer) Block{size_class.free};
    ++size_class.cached;
  } else {
    guard.unlock();
    ::operator delete (pointer, std::align_val_t{block_alignment});
  }
}

}  // namespace detail

MemoryStats memory_stats() noexcept {
  MemoryStats stats;
  for (std::size_t i = 0; i < class_count; ++i) {
    std::lock_guard guard{pool[i].lock};
    stats.in_use += pool[i].used * bytes_of(i);
    stats.cached += pool[i].cached * bytes_of(i);
    stats.system_allocations += pool[i].system;
  }
  return stats;
}

void release_cached_memory() noexcept {
  for (SizeClass& size_class : pool) {
    Block* block = nullptr;
    {
      std::lock_guard guard{size_class.lock};
      block = std::exchange(size_class.free, nullptr);
      size_class.cached = 0;
    }
    while (block != nullptr)
      ::operator delete (std::exchange(block, block->next), std::align_val_t{block_alignment});
  }
}

}  // namespace xtape::inline XTAPE_ABI

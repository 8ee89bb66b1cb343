// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <utility>

#ifdef __linux__
#include <sys/mman.h>
#endif

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

// The free blocks of one size. Critical sections are short: a few instructions, or a walk along some
// dozens of blocks.
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

void give_blocks(std::size_t index, Block* first, Block* last, std::size_t count) noexcept;

// Small blocks that a thread has freed and will soon want again, without a lock. They count as used in
// their size class. A thread's cache is one of a fixed number; threads beyond that have none.
struct alignas(64) ThreadCache {
  static constexpr std::size_t classes = 2 * steps;  // blocks of up to 512 bytes

  Block* free[classes];
  std::atomic<std::uint32_t> count[classes];  // written by its thread alone

  // The number of blocks of a size: as many as a tape of some hundred small ops holds.
  static constexpr std::uint32_t most(std::size_t index) noexcept {
    return static_cast<std::uint32_t>(32768 / bytes_of(index));
  }
  std::uint32_t size(std::size_t index) const noexcept {
    return count[index].load(std::memory_order_relaxed);
  }
  void add(std::size_t index, int blocks) noexcept {
    count[index].store(size(index) + static_cast<std::uint32_t>(blocks), std::memory_order_relaxed);
  }
  // Gives that many blocks back to the pool.
  void give(std::size_t index, std::uint32_t blocks) noexcept {
    if (blocks == 0) return;
    Block* const first = free[index];
    Block* last = first;
    for (std::uint32_t i = 1; i < blocks; ++i) last = last->next;
    free[index] = last->next;
    add(index, -static_cast<int>(blocks));
    give_blocks(index, first, last, blocks);
  }
};
constexpr std::size_t most_threads = 64;
constinit std::array<ThreadCache, most_threads> thread_caches{};
constinit std::atomic<std::size_t> next_thread{0};

// With the initial-exec model this is one instruction; it takes a few bytes of what is set aside for it.
[[gnu::tls_model("initial-exec")]] constinit thread_local ThreadCache* own_cache = nullptr;
[[gnu::tls_model("initial-exec")]] constinit thread_local bool has_asked = false;
[[gnu::tls_model("initial-exec")]] constinit thread_local Taken own_taken{};

ThreadCache* cache_of_this_thread() noexcept {
  if (!has_asked) {
    has_asked = true;
    const std::size_t index = next_thread.fetch_add(1, std::memory_order_relaxed);
    if (XTAPE_CACHE_BLOCKS && index < most_threads) own_cache = &thread_caches[index];
  }
  return own_cache;
}

// A large block begins at the boundary of a huge page, so that Linux can map 2 MB of it by one entry where it would need
// 512.
constexpr std::size_t huge_page = std::size_t{2} << 20;

// Null if there is none.
void* new_block(std::size_t bytes) noexcept {
  if (bytes < huge_page)
    return ::operator new (bytes, std::align_val_t{block_alignment}, std::nothrow);
  void* block = nullptr;
  if (::posix_memalign(&block, huge_page, bytes) != 0) return nullptr;
#ifdef __linux__
  ::madvise(block, bytes, MADV_HUGEPAGE);  // it may refuse
#endif
  return block;
}
void delete_block(void* block, std::size_t bytes) noexcept {
  if (bytes < huge_page)
    ::operator delete (block, std::align_val_t{block_alignment});
  else
    std::free(block);
}

// If memory is short, what is cached for other sizes may be just what is missing.
void* system_block(std::size_t bytes) {
  if (void* const block = new_block(bytes)) return block;
  release_cached_memory();
  if (void* const block = new_block(bytes)) return block;
  throw std::bad_alloc();
}

// Takes a block from the pool, and with it a chain of up to `more` others, if they are at hand.
void* take_blocks(std::size_t index, std::size_t more, Block*& others, std::size_t& count) {
  SizeClass& size_class = pool[index];
  {
    std::lock_guard guard{size_class.lock};
    if (Block* const block = size_class.free) {
      Block* last = block;
      count = 0;
      while (count < more && last->next != nullptr) {
        last = last->next;
        ++count;
      }
      others = count == 0 ? nullptr : block->next;
      size_class.free = std::exchange(last->next, nullptr);
      size_class.cached -= count + 1;
      size_class.used += count + 1;
      return block;
    }
  }
  void* block = system_block(bytes_of(index));
  std::lock_guard guard{size_class.lock};
  ++size_class.used;
  ++size_class.system;
  return block;
}

// Gives back a chain of blocks, from `first` to `last`.
void give_blocks(std::size_t index, Block* first, Block* last, std::size_t count) noexcept {
  SizeClass& size_class = pool[index];
  std::lock_guard guard{size_class.lock};
  last->next = size_class.free;
  size_class.free = first;
  size_class.cached += count;
  size_class.used -= count;
}

void give_block(std::size_t index, void* pointer) noexcept {
  if constexpr (XTAPE_CACHE_BLOCKS) {
    Block* const block = ::new (pointer) Block{nullptr};
    give_blocks(index, block, block, 1);
  } else {
    {
      std::lock_guard guard{pool[index].lock};
      --pool[index].used;
    }
    delete_block(pointer, bytes_of(index));
  }
}

void* take_block(std::size_t index) {
  Block* others = nullptr;
  std::size_t count = 0;
  ThreadCache* const cache = index < ThreadCache::classes ? cache_of_this_thread() : nullptr;
  if (cache == nullptr) return take_blocks(index, 0, others, count);
  if (Block* const block = cache->free[index]) {
    cache->free[index] = block->next;
    cache->add(index, -1);
    return block;
  }
  void* const block = take_blocks(index, ThreadCache::most(index) / 2, others, count);
  cache->free[index] = others;
  cache->add(index, static_cast<int>(count));
  return block;
}

}  // namespace

namespace detail {

void* allocate(std::size_t bytes) {
  const std::size_t index = class_of(bytes);
  if (index >= class_count) throw std::bad_alloc();
  void* const block = take_block(index);
  own_taken.now += static_cast<std::ptrdiff_t>(bytes_of(index));
  own_taken.most = std::max(own_taken.most, own_taken.now);
  return block;
}

void deallocate(void* block, std::size_t bytes) noexcept {
  if (block == nullptr) return;
  const std::size_t index = class_of(bytes);
  own_taken.now -= static_cast<std::ptrdiff_t>(bytes_of(index));
  ThreadCache* const cache = index < ThreadCache::classes ? cache_of_this_thread() : nullptr;
  if (cache == nullptr) return give_block(index, block);
  if (cache->size(index) == ThreadCache::most(index))
    cache->give(index, ThreadCache::most(index) / 2);
  cache->free[index] = ::new (block) Block{cache->free[index]};
  cache->add(index, 1);
}

}  // namespace detail

Taken& taken() noexcept { return own_taken; }

std::size_t block_size(std::size_t bytes) noexcept { return bytes_of(class_of(bytes)); }

MemoryStats memory_stats() noexcept {
  MemoryStats stats;
  for (std::size_t i = 0; i < class_count; ++i) {
    std::lock_guard guard{pool[i].lock};
    stats.in_use += pool[i].used * bytes_of(i);
    stats.cached += pool[i].cached * bytes_of(i);
    stats.system_allocations += pool[i].system;
  }
  for (const ThreadCache& cache : thread_caches)
    for (std::size_t i = 0; i < ThreadCache::classes; ++i) {
      const std::size_t bytes = cache.size(i) * bytes_of(i);
      stats.in_use -= std::min(bytes, stats.in_use);  // other threads go on meanwhile
      stats.cached += bytes;
    }
  return stats;
}

void release_cached_memory() noexcept {
  if (ThreadCache* const cache = cache_of_this_thread(); cache != nullptr)
    for (std::size_t i = 0; i < ThreadCache::classes; ++i) cache->give(i, cache->size(i));
  for (std::size_t index = 0; index < class_count; ++index) {
    SizeClass& size_class = pool[index];
    Block* block = nullptr;
    {
      std::lock_guard guard{size_class.lock};
      block = std::exchange(size_class.free, nullptr);
      size_class.cached = 0;
    }
    while (block != nullptr) delete_block(std::exchange(block, block->next), bytes_of(index));
  }
}

}  // namespace xtape::inline XTAPE_ABI

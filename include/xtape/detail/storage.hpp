// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/memory.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <utility>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

class Value;

namespace detail {

/// The elements of an Array: a block from the pool, which xtensor sees as a container. A copy is of the elements. A
/// Value alone makes a second storage of the same block, for the same elements in another shape; the last of them
/// frees it. They can be used and can die on different threads.
class Storage {
 public:
  using allocator_type = CachingAllocator<Scalar>;
  using value_type = Scalar;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = Scalar&;
  using const_reference = const Scalar&;
  using pointer = Scalar*;
  using const_pointer = const Scalar*;
  using iterator = Scalar*;
  using const_iterator = const Scalar*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  Storage() noexcept = default;
  /// Elements that are not initialised.
  explicit Storage(size_type size)
      : begin_{size == 0 ? nullptr : allocator_type{}.allocate(size)}, size_{size} {}
  /// Elements that all are `value`.
  Storage(size_type size, Scalar value) : Storage{size} { std::fill(begin(), end(), value); }
  /// A copy of elements.
  template <std::forward_iterator It>
  Storage(It first, It last) : Storage{static_cast<size_type>(std::distance(first, last))} {
    std::copy(first, last, begin());
  }
  Storage(const Storage& other) : Storage{other.begin(), other.end()} {}
  Storage(Storage&& other) noexcept { swap(other); }
  /// Into its own memory, where that is as large and nobody else's.
  Storage& operator=(const Storage& other) {
    if (this == &other) return *this;
    if (size_ != other.size_ || is_shared()) Storage{other.size_}.swap(*this);
    std::copy(other.begin(), other.end(), begin());
    return *this;
  }
  Storage& operator=(Storage&& other) noexcept {
    Storage{std::move(other)}.swap(*this);
    return *this;
  }
  ~Storage() {
    if (begin_ != nullptr) release();
  }

  allocator_type get_allocator() const noexcept { return {}; }
  bool empty() const noexcept { return size_ == 0; }
  size_type size() const noexcept { return size_; }
  /// Another size loses the elements.
  void resize(size_type size) {
    if (size != size_) Storage{size}.swap(*this);
  }

  reference operator[](size_type i) noexcept { return begin_[i]; }
  const_reference operator[](size_type i) const noexcept { return begin_[i]; }
  reference front() noexcept { return *begin_; }
  const_reference front() const noexcept { return *begin_; }
  reference back() noexcept { return begin_[size_ - 1]; }
  const_reference back() const noexcept { return begin_[size_ - 1]; }
  pointer data() noexcept { return begin_; }
  const_pointer data() const noexcept { return begin_; }
  iterator begin() noexcept { return begin_; }
  const_iterator begin() const noexcept { return begin_; }
  const_iterator cbegin() const noexcept { return begin_; }
  iterator end() noexcept { return begin_ + size_; }
  const_iterator end() const noexcept { return begin_ + size_; }
  const_iterator cend() const noexcept { return begin_ + size_; }
  reverse_iterator rbegin() noexcept { return reverse_iterator{end()}; }
  const_reverse_iterator rbegin() const noexcept { return const_reverse_iterator{end()}; }
  const_reverse_iterator crbegin() const noexcept { return rbegin(); }
  reverse_iterator rend() noexcept { return reverse_iterator{begin()}; }
  const_reverse_iterator rend() const noexcept { return const_reverse_iterator{begin()}; }
  const_reverse_iterator crend() const noexcept { return rend(); }

  void swap(Storage& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(size_, other.size_);
    Owners* const owners = owners_.load(std::memory_order_relaxed);
    owners_.store(other.owners_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    other.owners_.store(owners, std::memory_order_relaxed);
  }
  friend void swap(Storage& a, Storage& b) noexcept { a.swap(b); }
  friend bool operator==(const Storage& a, const Storage& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  friend class xtape::Value;
  // How many storages have the block. It is made for the second one.
  struct Owners : Pooled {
    std::atomic<std::size_t> count{1};
  };

  Storage share() const;
  bool is_shared() const noexcept;
  void release() noexcept;

  Scalar* begin_ = nullptr;
  size_type size_ = 0;
  mutable std::atomic<Owners*> owners_{nullptr};  // null: it is the only one
};

}  // namespace detail
}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

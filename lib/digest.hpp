// SPDX-License-Identifier: MIT
// What tells contents apart that differ by mistake, not by intent.
#pragma once

#include <xtape/array.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace xtape::inline XTAPE_ABI {

/// A hash after FNV-1a (Fowler, Noll and Vo), by words.
class Digest {
 public:
  void add(std::span<const std::byte> bytes) {
    constexpr std::size_t word = sizeof(std::uint64_t);
    for (; bytes.size() >= word; bytes = bytes.subspan(word)) add_word(bytes.data(), word);
    if (!bytes.empty()) add_word(bytes.data(), bytes.size());
  }
  template <class T>
  void add(const T* numbers, std::size_t count) {
    add(std::as_bytes(std::span{numbers, count}));
  }
  std::uint64_t value() const noexcept { return hash_; }

 private:
  void add_word(const std::byte* bytes, std::size_t count) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, count);
    hash_ = (hash_ ^ word) * 0x100000001b3;
    hash_ ^= hash_ >> 32;
  }

  std::uint64_t hash_ = 0xcbf29ce484222325;
};

/// That of an array's elements.
inline std::uint64_t digest_of(const Value& value) {
  Digest digest;
  digest.add(value->data(), value->size());
  return digest.value();
}

}  // namespace xtape::inline XTAPE_ABI

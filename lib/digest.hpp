// SPDX-License-Identifier: MIT
// What tells contents apart that differ by mistake, not by intent.
#pragma once

#include <xtape/array.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace xtape::inline XTAPE_ABI {

/// A hash after FNV-1a (Fowler, Noll and Vo), by words, in lanes that do not wait for each other.
class Digest {
 public:
  void add(std::span<const std::byte> bytes) {
    for (; bytes.size() >= sizeof lanes_; bytes = bytes.subspan(sizeof lanes_))
      for (std::size_t k = 0; k < lanes_.size(); ++k)
        mix(lanes_[k], word_of(bytes.subspan(k * sizeof(Word), sizeof(Word))));
    for (std::size_t k = 0; !bytes.empty(); ++k) {
      const std::size_t count = std::min(bytes.size(), sizeof(Word));
      mix(lanes_[k], word_of(bytes.first(count)));
      bytes = bytes.subspan(count);
    }
  }
  template <class T>
  void add(const T* numbers, std::size_t count) {
    add(std::as_bytes(std::span{numbers, count}));
  }
  std::uint64_t value() const noexcept {
    Word all = begin;
    for (const Word lane : lanes_) mix(all, lane);
    return all;
  }

 private:
  using Word = std::uint64_t;
  static constexpr Word begin = 0xcbf29ce484222325;

  static Word word_of(std::span<const std::byte> bytes) noexcept {
    Word word = 0;
    std::memcpy(&word, bytes.data(), bytes.size());
    return word;
  }
  static void mix(Word& hash, Word word) noexcept {
    hash = (hash ^ word) * 0x100000001b3;
    hash ^= hash >> 32;
  }

  std::array<Word, 4> lanes_{begin, begin, begin, begin};
};

/// That of an array's elements.
inline std::uint64_t digest_of(const Value& value) {
  Digest digest;
  digest.add(value->data(), value->size());
  return digest.value();
}

}  // namespace xtape::inline XTAPE_ABI

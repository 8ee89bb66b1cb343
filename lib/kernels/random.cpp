// SPDX-License-Identifier: MIT
#include "kernels/random.hpp"

#include "kernels/parallel.hpp"
#include "kernels/simd.hpp"

#include <Random123/threefry.h>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Threefry4x32-20 (Salmon et al., 2011): additions, rotations and xors only, so a loop over counters
// becomes vector code. Words of 64 counters are drawn at a time.
using Generator = r123::Threefry4x32;
constexpr std::size_t counters = 64;
constexpr std::size_t words_per_counter = 4;
constexpr std::size_t chunk = counters * words_per_counter;
static_assert(elementwise_grain % chunk == 0);

using WordVec [[gnu::vector_size(lanes * sizeof(std::uint32_t))]] = std::uint32_t;

struct Stream {
  Generator::key_type key;

  Stream(std::uint64_t seed, std::uint64_t stream) {
    key[0] = static_cast<std::uint32_t>(seed);
    key[1] = static_cast<std::uint32_t>(seed >> 32);
    key[2] = static_cast<std::uint32_t>(stream);
    key[3] = static_cast<std::uint32_t>(stream >> 32);
  }

  // The words of the chunk that begins at word `first`, a multiple of `chunk`.
  void draw(std::size_t first, std::uint32_t* words) const {
    const std::uint64_t base = first / words_per_counter;
    for (std::size_t j = 0; j < counters; ++j) {
      const std::uint64_t index = base + j;
      Generator::ctr_type counter{};
      counter[0] = static_cast<std::uint32_t>(index);
      counter[1] = static_cast<std::uint32_t>(index >> 32);
      const auto block = Generator{}(counter, key);
      for (std::size_t i = 0; i < words_per_counter; ++i) words[i * counters + j] = block.v[i];
    }
  }
};

void dropout(std::uint64_t key, std::uint64_t stream, double probability, Scalar scale,
             const Scalar* x, Scalar* y, std::uint8_t* mask, std::size_t size) {
  const Stream random{key, stream};
  // A word w counts as drawn if w < probability * 2^32; at most 2^32 - 1, so one of 2^32 is lost at 1.
  const double limit = probability * 0x1p32;
  const std::uint32_t threshold =
      limit >= 0xffffffff ? 0xffffffff : static_cast<std::uint32_t>(limit);
  parallel_ranges(size, elementwise_grain, [=](std::size_t begin, std::size_t end) {
    std::uint32_t words[chunk];
    for (std::size_t first = begin; first < end; first += chunk) {
      random.draw(first, words);
      const std::size_t n = end - first < chunk ? end - first : chunk;
      for_each_vector(n, [&](std::size_t i, auto part) {
        WordVec word;
        std::memcpy(&word, words + i, sizeof word);
        const IntVec keep = -__builtin_convertvector(word < threshold, IntVec);
        store_bytes(mask + first + i, keep, part);
        store(y + first + i, keep != 0 ? load(x + first + i, part) * scale : Vec{}, part);
      });
    }
  });
}

void dropout_grad(const std::uint8_t* mask, Scalar scale, const Scalar* g, Scalar* dx,
                  std::size_t size) {
  parallel_ranges(size, elementwise_grain, [=](std::size_t begin, std::size_t end) {
    for_each_vector(end - begin, [=](std::size_t k, auto part) {
      const std::size_t i = begin + k;
      store(dx + i, load_bytes(mask + i, part) != 0 ? load(g + i, part) * scale : Vec{}, part);
    });
  });
}

}  // namespace

void fill(RandomKernels& k, Set) {
  k.dropout = dropout;
  k.dropout_grad = dropout_grad;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA

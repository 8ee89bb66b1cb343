// SPDX-License-Identifier: MIT
#include "kernels/random.hpp"

#include "kernels/parallel.hpp"
#include "kernels/stream.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Words of 64 counters are drawn at a time.
constexpr std::size_t counters = 64;
constexpr std::size_t chunk = counters * Stream::words_per_counter;
static_assert(elementwise_grain % chunk == 0);

void dropout(std::uint64_t key, std::uint64_t stream, double probability, Scalar scale,
             const Scalar* x, Scalar* y, std::uint8_t* mask, std::size_t size) {
  const Stream random{key, stream};
  const std::uint32_t threshold = word_threshold(probability);
  parallel_ranges(size, elementwise_grain, [=](std::size_t begin, std::size_t end) {
    std::uint32_t words[chunk];
    for (std::size_t first = begin; first < end; first += chunk) {
      random.draw<counters>(first / Stream::words_per_counter, words);
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

// SPDX-License-Identifier: MIT
#include "kernels/parallel.hpp"

#include "kernels/handover.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <cstdint>

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

namespace xtape::inline XTAPE_ABI::kernels::detail {
namespace {

// The register that says how a processor computes, and the bits by which operands and results below the smallest normal
// number count as zero.
#if defined(__SSE2__)
using Control = unsigned;
constexpr Control flushing = 0x8040;  // flush to zero, denormals are zero
Control control() { return _mm_getcsr(); }
void set(Control c) { _mm_setcsr(c); }
#elif defined(__aarch64__)
using Control = std::uint64_t;
constexpr Control flushing = Control{1} << 24;  // FZ, which is both
Control control() {
  Control c;
  asm volatile("mrs %0, fpcr" : "=r"(c));
  return c;
}
void set(Control c) { asm volatile("msr fpcr, %0" : : "r"(c)); }
#else
using Control = unsigned;
constexpr Control flushing = 0;
Control control() { return 0; }
void set(Control) {}
#endif

// Lets the processor take numbers below the smallest normal one (1e-38) for zero: they cost it a hundred
// times as much as others, and the moments of parameters that no longer get gradients decay into that
// range. The caller's setting returns at the end.
class FlushDenormals {
 public:
  explicit FlushDenormals(Denormals denormals) : before_{control()} {
    if (denormals == Denormals::flushed) set(before_ | flushing);
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
  ~FlushDenormals() { set(before_); }

 private:
  Control before_;
};

}  // namespace

void parallel(std::size_t slices, void (*run)(void* context, std::size_t slice), void* context,
              Denormals denormals) {
  if (slices == 1) {
    const FlushDenormals flush{denormals};
    return run(context, 0);
  }
  Handover handover;
  handover.give();
  const Handover::Waiter waiter{handover};
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>{0, slices, 1},
      [=, &handover](const tbb::blocked_range<std::size_t>& range) {
        const Handover::Worker worker{handover};
        const FlushDenormals flush{denormals};
        for (std::size_t slice = range.begin(); slice != range.end(); ++slice) run(context, slice);
      },
      tbb::simple_partitioner{});
}

}  // namespace xtape::inline XTAPE_ABI::kernels::detail

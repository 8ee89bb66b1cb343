// SPDX-License-Identifier: MIT
#include "kernels/parallel.hpp"

#include "kernels/handover.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

namespace xtape::inline XTAPE_ABI::kernels::detail {
namespace {

// Lets the processor take numbers below the smallest normal one (1e-38) for zero: they cost it a hundred
// times as much as others, and the moments of parameters that no longer get gradients decay into that
// range. The caller's setting returns at the end.
#ifdef __SSE2__
class FlushDenormals {
 public:
  explicit FlushDenormals(Denormals denormals) : before_{_mm_getcsr()} {
    if (denormals == Denormals::flushed) _mm_setcsr(before_ | flush_to_zero | denormals_are_zero);
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
  ~FlushDenormals() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned flush_to_zero = 0x8000, denormals_are_zero = 0x0040;
  unsigned before_;
};
#else
struct FlushDenormals {
  explicit FlushDenormals(Denormals) {}
};
#endif

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

// SPDX-License-Identifier: MIT
#include "distributed/buckets.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/optim.hpp"
#include "kernels/parallel.hpp"

#include <algorithm>
#include <utility>

namespace xtape::inline XTAPE_ABI::distributed {
namespace {

// sum += x. As between ranks, numbers below the smallest normal one are what they are.
void add_to(Array& sum, const Array& x) {
  Scalar* const s = sum.data();
  const Scalar* const a = x.data();
  kernels::parallel_ranges(
      x.size(), kernels::elementwise_grain,
      [=](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) s[i] += a[i];
      },
      kernels::Denormals::kept);
}

}  // namespace

void Subtotals::add(Array& x, bool last) {
  std::size_t level = 0;
  for (; (count_ >> level & 1) != 0; ++level) {
    add_to(waiting_[level], x);
    std::swap(x, waiting_[level]);
    waiting_[level] = Array{};
  }
  count_ = last ? 0 : count_ + 1;
  if (last) return;
  if (level == waiting_.size()) waiting_.emplace_back();
  std::swap(x, waiting_[level]);
}

void Buckets::add(Array& array) {
  const std::size_t bytes = sent_.empty() ? first_ : bytes_;
  if (array.size() * sizeof(Scalar) >= bytes) {  // it needs no company
    Bucket& bucket = sent_.emplace_back();
    bucket.arrays.push_back(&array);
    bucket.sum = world_.start_sum(std::span{array.data(), array.size()});
    return;
  }
  waiting_.push_back(&array);
  waiting_size_ += array.size();
  if (waiting_size_ * sizeof(Scalar) >= bytes) flush();
}

void Buckets::flush() {
  if (waiting_.empty()) return;
  Bucket& bucket = sent_.emplace_back();
  bucket.arrays = std::exchange(waiting_, {});
  Array& packed = bucket.packed.emplace(uninitialized({std::exchange(waiting_size_, 0)}));
  Scalar* to = packed.data();
  for (const Array* array : bucket.arrays) to = std::copy_n(array->data(), array->size(), to);
  bucket.sum = world_.start_sum(std::span{packed.data(), packed.size()});
}

void Buckets::finish(double by) {
  flush();
  for (Bucket& bucket : sent_) {
    bucket.sum.wait();
    Array& sum = bucket.packed ? *bucket.packed : *bucket.arrays[0];
    if (by != 1)
      kernels::best<kernels::OptimKernels>().divide(sum.data(), sum.size(),
                                                    static_cast<Scalar>(by));
    if (!bucket.packed) continue;
    const Scalar* from = sum.data();
    for (Array* array : bucket.arrays) {
      std::copy_n(from, array->size(), array->data());
      from += array->size();
    }
  }
  sent_.clear();
}

}  // namespace xtape::inline XTAPE_ABI::distributed

// SPDX-License-Identifier: MIT
#include <xtape/watch/peak_memory.hpp>

#include "memory.hpp"

#include <xtape/observer.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace xtape::inline XTAPE_ABI {
namespace {

constexpr std::size_t few_samples = 32;

// The peaks between one thing that a step does and the next.
class Peaks : public Observer {
 public:
  void start() override { next(); }
  void forward(const Forward&) override { next(); }
  void backward(const Backward&) override { next(); }
  void input_gradient(const InputGradient&) override { next(); }
  std::vector<double> all() && {
    next();
    return std::move(peaks_);
  }

 private:
  void next() {
    peaks_.push_back(static_cast<double>(memory_.bytes()));
    memory_.restart();
  }

  PeakMemory memory_;
  std::vector<double> peaks_;
};

}  // namespace

PeakMemory::PeakMemory() noexcept
    : before_{taken().now}, outer_{std::exchange(taken().most, before_)} {}

PeakMemory::~PeakMemory() { taken().most = std::max(taken().most, outer_); }

std::size_t PeakMemory::bytes() const noexcept {
  return static_cast<std::size_t>(std::max<std::ptrdiff_t>(taken().most - before_, 0));
}

void PeakMemory::restart() noexcept {
  outer_ = std::max(outer_, std::exchange(taken().most, taken().now));
}

std::size_t estimate_peak_memory(const std::function<void(std::size_t)>& step, std::size_t batch,
                                 Location at) {
  if (batch == 0)
    throw ValueError(Op{"estimate_peak_memory", at}, "expected a batch of 1 sample or more");
  const auto peaks = [&](std::size_t samples) {
    Peaks observed;
    step(samples);
    return std::move(observed).all();
  };
  // Halved, so that blocks of the pool, whose sizes are rounded, are as large a part of those of the batch.
  std::size_t few = batch;
  double times = 1;
  for (; few > few_samples; few = (few + 1) / 2) times *= 2;
  step(few);
  std::vector<double> once = peaks(few), twice = times > 1 ? peaks(2 * few) : once;
  if (once.size() != twice.size())
    for (auto* all : {&once, &twice}) *all = {*std::ranges::max_element(*all)};
  double most = 0;
  for (std::size_t i = 0; i < once.size(); ++i)
    most = std::max(most, once[i] + (times - 1) * (twice[i] - once[i]));
  return static_cast<std::size_t>(most);
}

}  // namespace xtape::inline XTAPE_ABI

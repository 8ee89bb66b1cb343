// SPDX-License-Identifier: MIT
#include "train/progress.hpp"

#include <algorithm>
#include <string>

#include <unistd.h>

namespace xtape::inline XTAPE_ABI {
namespace {

constexpr double redraw_seconds = 0.1;

// As h:mm:ss or m:ss.
std::string duration(double seconds) {
  const auto total = static_cast<long>(seconds + 0.5);
  char text[32];
  if (total >= 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", total / 3600, total / 60 % 60, total % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld", total / 60, total % 60);
  return text;
}

}  // namespace

Progress::Progress(std::FILE* log, int epochs, std::size_t samples)
    : log_{log},
      terminal_{log != nullptr && isatty(fileno(log)) == 1},
      epochs_{epochs},
      samples_{samples} {}

void Progress::step(int epoch, const Metrics& so_far, double seconds) {
  if (!terminal_ || (drawn_ && since_drawn_.seconds() < redraw_seconds)) return;
  constexpr int width = 24;
  const double rate = static_cast<double>(so_far.samples) / std::max(seconds, 1e-9);
  const auto filled = static_cast<int>(width * so_far.samples / samples_);
  const double left = static_cast<double>(samples_ - so_far.samples) / std::max(rate, 1e-9);
  std::fprintf(log_, "\r\033[Kepoch %d/%d [%s%s] %.0f images/s, %s left, loss %.4f accuracy %.4f",
               epoch, epochs_, std::string(filled, '=').c_str(),
               std::string(width - filled, ' ').c_str(), rate, duration(left).c_str(), so_far.loss,
               so_far.accuracy);
  std::fflush(log_);
  drawn_ = true;
  since_drawn_ = {};
}

void Progress::epoch(const EpochReport& r) {
  if (log_ == nullptr) return;
  clear();
  std::fprintf(log_,
               "epoch %d/%d  train loss %.4f accuracy %.4f  test loss %.4f accuracy %.4f  "
               "%.0f images/s, %.1f s\n",
               r.epoch, epochs_, r.train.loss, r.train.accuracy, r.test.loss, r.test.accuracy,
               r.images_per_second(), r.seconds.train() + r.seconds.test);
  std::fflush(log_);
}

void Progress::note(const std::string& text) {
  if (log_ == nullptr) return;
  clear();
  std::fprintf(log_, "%s\n", text.c_str());
  std::fflush(log_);
}

void Progress::clear() {
  if (drawn_) std::fputs("\r\033[K", log_);
  drawn_ = false;
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include "train/progress.hpp"

#include "text.hpp"
#include "train/terminal.hpp"

#include <algorithm>
#include <string>

namespace xtape::inline XTAPE_ABI {
namespace {

constexpr double redraw_seconds = 0.1;
constexpr std::size_t widest_bar = 24, narrowest_bar = 4;

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

// A bar as wide as there is room for; where there is little, the words around it matter more.
std::string bar(double share, std::size_t room) {
  constexpr std::size_t frame = 4;  // brackets and the spaces around them
  if (room < narrowest_bar + frame) return " ";
  const std::size_t width = std::min(widest_bar, room - frame);
  const auto filled = static_cast<std::size_t>(static_cast<double>(width) * share);
  return text(" [", std::string(filled, '='), std::string(width - filled, ' '), "] ");
}

std::string words_of(const Metrics& metrics) {
  std::string words = "loss " + fixed(metrics.loss, 4);
  for (const Metrics::Number& number : metrics.numbers)
    words += text(' ', number.name, ' ', fixed(number.value, 4));
  return words;
}

}  // namespace

Progress::Progress(std::FILE* log, int epochs)
    : log_{log}, terminal_{log != nullptr && can_redraw(log)}, epochs_{epochs} {}

void Progress::step(const StepReport& step, const Totals& so_far, double seconds) {
  if (!terminal_ || (drawn_ && since_drawn_.seconds() < redraw_seconds)) return;
  const double rate = static_cast<double>(so_far.samples()) / std::max(seconds, 1e-9);
  const double share = static_cast<double>(step.step) / static_cast<double>(step.steps);
  const double left = seconds * (1 / share - 1);
  const std::string before = text("epoch ", step.epoch, '/', epochs_);
  const std::string after =
      text(fixed(rate, 0), " samples/s, ", duration(left), " left, ", words_of(so_far.metrics()));
  const std::size_t width = line_width(log_), words = before.size() + after.size();
  const std::string line = before + bar(share, width - std::min(width, words)) + after;
  std::fprintf(log_, "\r\033[K%s", line.substr(0, width).c_str());
  std::fflush(log_);
  drawn_ = true;
  since_drawn_ = {};
}

void Progress::epoch(const EpochReport& r) {
  note(text("epoch ", r.epoch, '/', epochs_, "  train ", words_of(r.train),
            r.test ? "  test " + words_of(*r.test) : std::string{}, "  ",
            fixed(r.samples_per_second(), 0), " samples/s, ",
            fixed(r.seconds.train() + r.seconds.test, 1), " s"));
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

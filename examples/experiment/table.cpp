// SPDX-License-Identifier: MIT
#include "table.hpp"

#include "../report/statistics.hpp"
#include "print.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace experiment {
namespace {

constexpr std::chrono::milliseconds redraw_time{100};

std::string number(double x, int digits) {
  return std::isnan(x) ? "-" : fmt::format("{:.{}f}", x, digits);
}

// Mean and, of several, standard deviation.
std::string with_deviation(const report::Spread& spread) {
  if (std::isnan(spread.mean)) return "-";
  return std::isnan(spread.deviation)
             ? number(spread.mean, 4)
             : fmt::format("{:.4f} ± {:.4f}", spread.mean, spread.deviation);
}

// Whether lines can be written over: a terminal that knows control sequences.
bool can_redraw(std::FILE* out) {
  const char* const kind = std::getenv("TERM");
  return ::isatty(::fileno(out)) == 1 && kind != nullptr && *kind != 0 &&
         std::string_view{kind} != "dumb";
}

// Lines and columns of a terminal, asked anew as windows change.
struct winsize size_of(std::FILE* out) {
  struct winsize size = {};
  ::ioctl(::fileno(out), TIOCGWINSZ, &size);
  if (const char* const columns = std::getenv("COLUMNS"); size.ws_col == 0 && columns != nullptr)
    std::from_chars(columns, columns + std::strlen(columns), size.ws_col);
  if (size.ws_col == 0) size.ws_col = 80;
  if (size.ws_row == 0) size.ws_row = 24;
  return size;
}

// A line that wraps would be two, and some terminals wrap after the last column.
std::string cut(const std::string& line, std::size_t columns) {
  std::size_t bytes = 0, characters = 0;
  for (; bytes < line.size(); ++bytes)
    if ((line[bytes] & 0xC0) != 0x80 && ++characters >= columns) break;
  return line.substr(0, bytes);
}

// Padded by characters, not bytes: `±` is two of these.
std::string padded(const std::string& text, std::size_t width) {
  const auto length = static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
  return std::string(width - std::min(width, length), ' ') + text;
}

const char* name_of(report::State state) {
  switch (state) {
    case report::State::waiting: return "waiting";
    case report::State::running: return "running";
    case report::State::diverged: return "diverged";
    case report::State::complete: break;
  }
  return "done";
}

std::string reference(const report::Results& results, const report::Group& group) {
  const auto found =
      std::ranges::find(results.references, group.optimizer, &report::Reference::optimizer);
  if (found == results.references.end()) return {};
  return fmt::format("   {} / {} / {} s", number(found->accuracy, 4), number(found->loss, 4),
                     number(found->seconds, 0));
}

std::string line_of(const report::Results& results, const report::Group& group) {
  using report::Epoch;
  const std::size_t done = group.number_of(report::State::complete);
  const std::string state = group.runs.size() > 1
                                ? fmt::format("{}/{} {}", done, group.runs.size(), "done")
                                : name_of(group.state);
  const auto of_last = [&](double Epoch::*field) {
    return report::last(group, [field](const Epoch& epoch) { return epoch.*field; });
  };
  return fmt::format("{:<12} {:>9} {:>6} {} {} {} {:>9} {:>9}{}", group.name, state,
                     fmt::format("{}/{}", group.epochs, results.epochs),
                     padded(with_deviation(of_last(&Epoch::test_accuracy)), 17),
                     padded(with_deviation(of_last(&Epoch::test_loss)), 17),
                     padded(number(of_last(&Epoch::train_loss).mean, 4), 10),
                     number(report::mean_total(group, report::total_seconds), 1),
                     number(of_last(&Epoch::images_per_second).mean, 0), reference(results, group));
}

}  // namespace

std::vector<std::string> table_lines(const report::Results& results) {
  std::vector<std::string> lines;
  lines.push_back(
      fmt::format("{:<12} {:>9} {:>6} {:>17} {:>17} {:>10} {:>9} {:>9}{}", "optimizer", "runs",
                  "epoch", "test accuracy", "test loss", "train loss", "seconds", "images/s",
                  results.references.empty() ? "" : "   the article's accuracy / loss / time"));
  for (const report::Group& group : report::groups(results))
    lines.push_back(line_of(results, group));
  return lines;
}

Table::Table(std::FILE* out, const report::Results& results)
    : out_{out}, results_{results}, terminal_{out != nullptr && can_redraw(out)} {}

void Table::step(const report::Run& run, const xtape::StepReport& r) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - last_ < redraw_time) return;
  last_ = now;
  constexpr std::size_t width = 24;
  const std::size_t filled = width * r.step / r.steps;
  draw_again(fmt::format("{} seed {} epoch {}/{} [{}{}] loss {:.4f}", run.optimizer, run.seed,
                         r.epoch, results_.epochs, std::string(filled, '='),
                         std::string(width - filled, ' '), r.loss));
}

void Table::epoch(const report::Run& run) {
  if (terminal_) return draw_again({});
  if (out_ == nullptr || run.epochs.empty()) return;
  const report::Epoch& e = run.epochs.back();
  print(out_,
        "{} seed {} epoch {}/{}  train loss {:.4f}  test loss {:.4f} accuracy {:.4f}  "
        "{:.0f} images/s, {:.1f} s\n",
        run.optimizer, run.seed, run.epochs.size(), results_.epochs, e.train_loss, e.test_loss,
        e.test_accuracy, e.images_per_second, report::total_seconds(e));
  std::fflush(out_);
}

void Table::finish() {
  if (out_ == nullptr) return;
  if (terminal_) return draw(table_lines(results_));
  for (const std::string& line : table_lines(results_)) print(out_, "{}\n", line);
  std::fflush(out_);
}

// What has scrolled away cannot be drawn over.
void Table::draw_again(const std::string& below) {
  std::vector<std::string> lines = table_lines(results_);
  if (!below.empty()) lines.push_back(below);
  const auto most = std::max<std::ptrdiff_t>(2, size_of(out_).ws_row) - 1;
  if (std::ssize(lines) > most) lines.erase(lines.begin(), lines.end() - most);
  draw(lines);
}

void Table::draw(const std::vector<std::string>& lines) {
  const std::size_t columns = size_of(out_).ws_col;
  if (drawn_ > 0) print(out_, "\033[{}A", drawn_);
  for (const std::string& line : lines) print(out_, "\r\033[K{}\n", cut(line, columns));
  print(out_, "\033[J");
  drawn_ = lines.size();
  std::fflush(out_);
}

}  // namespace experiment

// SPDX-License-Identifier: MIT
#include "screen.hpp"

#include <algorithm>
#include <cstdlib>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// Knows what the programs use, and all that a line may do at the last column.
class Screen {
 public:
  explicit Screen(const Terminal& size) : size_{size} {}

  void write(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\r')
        column_ = 0;
      else if (text[i] == '\n')
        down();
      else if (text[i] == '\033')
        i = control(text, i + 2);
      else
        put(text[i]);
    }
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& cells : lines_) {
      std::string line;
      for (const std::string& cell : cells) line += cell;
      all.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
    }
    while (!all.empty() && all.back().empty()) all.pop_back();
    return all;
  }

 private:
  void down() {
    if (++row_ == lines_.size()) lines_.emplace_back();
  }
  void put(char byte) {
    if ((byte & 0xC0) == 0x80) {  // more of the character before
      lines_[row_][column_ - 1] += byte;
      return;
    }
    if (column_ == size_.columns) {
      down();
      column_ = 0;
    }
    auto& cells = lines_[row_];
    cells.resize(std::max(cells.size(), column_ + 1), " ");
    cells[column_++] = byte;
  }
  // After ESC [: a number and a letter. Returns where the letter is.
  std::size_t control(const std::string& text, std::size_t begin) {
    const std::size_t end = text.find_first_not_of("0123456789", begin);
    const std::string number = text.substr(begin, end - begin);
    const std::size_t count = number.empty() ? 1 : std::stoul(number);
    const std::size_t top = lines_.size() - std::min<std::size_t>(lines_.size(), size_.rows);
    if (text[end] == 'A') row_ -= std::min(count, row_ - top);
    if (text[end] == 'J') lines_.resize(row_ + 1);
    if (text[end] == 'J' || text[end] == 'K')
      lines_[row_].resize(std::min(lines_[row_].size(), column_));
    return end;
  }

  Terminal size_;
  std::vector<std::vector<std::string>> lines_{1};
  std::size_t row_ = 0, column_ = 0;
};

}  // namespace

Outcome run_on(const Terminal& terminal, const std::string& command) {
  BOOST_TEST_CHECKPOINT(command);
  const struct winsize size = {
      .ws_row = terminal.rows, .ws_col = terminal.columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int master = -1;
  const pid_t child = ::forkpty(&master, nullptr, nullptr, &size);
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    ::setenv("TERM", terminal.kind.c_str(), 1);
    ::unsetenv("COLUMNS");
    ::execl("/bin/sh", "sh", "-c", ("cd \"$WORK\" && " + command).c_str(), nullptr);
    ::_exit(127);
  }
  Outcome outcome;
  char part[4096];
  for (ssize_t n; (n = ::read(master, part, sizeof part)) > 0;)
    outcome.out.append(part, static_cast<std::size_t>(n));
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  ::close(master);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

std::vector<std::string> shown(const Terminal& terminal, const std::string& written) {
  Screen screen{terminal};
  screen.write(written);
  return screen.lines();
}

// SPDX-License-Identifier: MIT
// What a person sees of a training: plain lines in a file, a bar on a terminal.
#include "../environment.hpp"
#include "../pattern.hpp"
#include "dataset.hpp"

#include <array>
#include <thread>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

using namespace test;

BOOST_AUTO_TEST_SUITE(logs)

namespace {

const Circle train_set{100}, test_set{37, 0.3};

void run_fit(std::FILE* log, int epochs = 3, const OutputLoss& loss = {}) {
  Rng rng{1};
  Sequential net = small_net(rng);
  const Task task = loss ? supervised(net, loss) : classification(net);
  fit(task, train_set, test_set, {.epochs = epochs, .batch_size = 16, .log = log}, rng, SGD{});
}

// What is in a file that `run` wrote to.
template <class F>
std::string seen_in_file(F run) {
  std::FILE* const file = std::tmpfile();
  BOOST_REQUIRE(file != nullptr);
  run(file);
  std::rewind(file);
  std::string text(5000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

struct Terminal {
  unsigned short columns = 120;                              // 0: it does not tell
  std::optional<std::string> kind = "xterm", variable = {};  // TERM and COLUMNS
};

void set_columns(std::FILE* terminal, unsigned short columns) {
  const struct winsize size = {.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  BOOST_REQUIRE(::ioctl(::fileno(terminal), TIOCSWINSZ, &size) == 0);
}

// What a terminal gets to see while `run` writes to it.
template <class F>
std::string seen_on_terminal(F run, const Terminal& how = {}) {
  const Environment kind{"TERM", how.kind}, variable{"COLUMNS", how.variable};
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  BOOST_REQUIRE((master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0));
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  BOOST_REQUIRE(slave >= 0);
  struct termios settings;
  ::tcgetattr(slave, &settings);
  ::cfmakeraw(&settings);  // so that what is written arrives as it is
  ::tcsetattr(slave, TCSANOW, &settings);

  std::string text;
  std::thread reader{[&] {
    char part[4096];
    for (ssize_t n; (n = ::read(master, part, sizeof part)) > 0;)
      text.append(part, static_cast<std::size_t>(n));
  }};
  std::FILE* const terminal = ::fdopen(slave, "w");
  set_columns(terminal, how.columns);
  run(terminal);
  std::fclose(terminal);  // the last one open: the reader comes to its end
  reader.join();
  ::close(master);
  return text;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++n;
  return n;
}

const std::string number = "[0-9]+\\.[0-9]{4}";
const std::string line = "epoch ([0-9]+)/([0-9]+)  train loss " + number + " accuracy " + number +
                         "  test loss " + number + " accuracy " + number +
                         "  [0-9]+ samples/s, [0-9]+\\.[0-9] s\n";

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_gets_a_line_per_epoch) {
  const std::string text = seen_in_file([](std::FILE* file) { run_fit(file); });
  BOOST_TEST(test::fits(text, line + line + line), text);
  for (const char* epoch : {"epoch 1/3", "epoch 2/3", "epoch 3/3"})
    BOOST_TEST(count(text, epoch) == 1u);
  BOOST_TEST(count(text, "\033") == 0u);
  BOOST_TEST(count(text, "\r") == 0u);
}

BOOST_AUTO_TEST_CASE(without_a_test_set_a_line_has_the_training_alone) {
  const std::string text = seen_in_file([](std::FILE* file) {
    Rng rng{1};
    Sequential net = small_net(rng);
    fit(net, train_set, {.epochs = 1, .log = file}, rng, SGD{});
  });
  BOOST_TEST(test::fits(text, "epoch 1/1  train loss " + number + " accuracy " + number +
                                  "  [0-9]+ samples/s, [0-9]+\\.[0-9] s\n"),
             text);
}

BOOST_AUTO_TEST_CASE(the_end_by_a_callback_is_told) {
  const std::string text = seen_in_file([](std::FILE* file) {
    Rng rng{1};
    Sequential net = small_net(rng);
    FitOptions options{.epochs = 3, .batch_size = 16, .log = file};
    options.on_epoch = {[](const History& history) { return history.epochs.size() < 2; }};
    fit(net, train_set, test_set, options, rng, SGD{});
  });
  const std::string told = line + line + "[^\n]*a callback ended the training after epoch 2\n";
  BOOST_TEST(test::fits(text, told), text);
}

// Lines are there when the epoch is over, not when the program is.
BOOST_AUTO_TEST_CASE(lines_are_flushed) {
  int ends[2];
  BOOST_REQUIRE(::pipe2(ends, O_NONBLOCK) == 0);
  std::FILE* const log = ::fdopen(ends[1], "w");
  std::vector<ssize_t> arrived;
  Rng rng{1};
  Sequential net = small_net(rng);
  FitOptions options{.epochs = 2, .log = log};
  const auto read = [&] {
    char part[1000];
    arrived.push_back(::read(ends[0], part, sizeof part));
  };
  options.on_step = [&](const StepReport& report) {  // the first after the line
    if (report.epoch == 2 && report.step == 1) read();
    return true;
  };
  fit(net, train_set, test_set, options, rng, SGD{});
  read();
  std::fclose(log);
  ::close(ends[0]);
  BOOST_REQUIRE(arrived.size() == 2u);
  for (ssize_t n : arrived) BOOST_TEST(n > 50);
}

BOOST_AUTO_TEST_CASE(a_terminal_gets_a_bar) {
  const std::string text = seen_on_terminal([](std::FILE* terminal) { run_fit(terminal, 2); });
  const std::string clear = "\r\033[K";
  const auto bar = test::search(
      text, "\r\033\\[Kepoch 1/2 \\[(=*)( *)\\] [0-9]+ samples/s, [0-9]+:[0-9]{2} left, loss " +
                number + " accuracy " + number);
  BOOST_REQUIRE_MESSAGE(!bar.empty(), text);
  BOOST_TEST(text.starts_with(bar[0]));
  BOOST_TEST(bar[1].size() + bar[2].size() == 24u);
  BOOST_TEST(bar[1].size() == 24u * 16 / 100);  // after the first batch
  BOOST_TEST(count(text, "\n") == 2u);
  // Each line is written where the bar was, and nothing is left after the last.
  BOOST_TEST(test::has(text, "\r\033\\[K" + line), text);
  const std::string last = text.substr(text.rfind(clear) + clear.size());
  BOOST_TEST(test::fits(last, line), last);
}

// The bars that a terminal showed, without what clears the line.
std::vector<std::string> bars(const std::string& seen) {
  return test::matches(seen, "\r\033\\[K(epoch [0-9]+/[0-9]+[^\r\n\033]*)(?=\r)", 1);
}

BOOST_AUTO_TEST_CASE(the_bar_is_one_line_of_any_terminal) {
  const auto run = [](std::FILE* terminal) { run_fit(terminal, 2); };
  const auto longest = [&](const Terminal& how) {
    std::size_t most = 0;
    const auto all = bars(seen_on_terminal(run, how));
    BOOST_TEST(all.size() >= 2u);  // one at least in each epoch
    for (const std::string& bar : all) most = std::max(most, bar.size());
    return most;
  };
  for (const unsigned short columns :
       std::array<unsigned short, 8>{10, 20, 40, 60, 72, 80, 90, 100})
    BOOST_TEST(longest({.columns = columns}) < columns, "of " << columns << " columns");
  BOOST_TEST(longest({.columns = 80}) > 60u);
  BOOST_TEST(longest({.columns = 200}) < 110u);
  // A terminal that does not tell.
  BOOST_TEST(longest({.columns = 0, .variable = "30"}) == 29u);
  BOOST_TEST(longest({.columns = 0}) < 80u);
  BOOST_TEST(longest({.columns = 0, .variable = "wide"}) < 80u);
  BOOST_TEST(longest({.columns = 40, .variable = "100"}) < 40u);
}

// What is measured is more than the bar that shows how much is done.
BOOST_AUTO_TEST_CASE(a_narrow_terminal_gets_a_short_bar) {
  const auto seen = bars(seen_on_terminal([](std::FILE* t) { run_fit(t, 1); }, {.columns = 80}));
  BOOST_REQUIRE(!seen.empty());
  const auto whole =
      test::match(seen[0], "epoch 1/1 \\[(=*)( *)\\] .*, loss " + number + " accuracy " + number);
  BOOST_REQUIRE_MESSAGE(!whole.empty(), seen[0]);
  const auto width = whole[1].size() + whole[2].size();
  BOOST_TEST((width >= 4 && width < 24));
  BOOST_TEST(whole[1].size() == width * 16 / 100);
}

BOOST_AUTO_TEST_CASE(the_bar_follows_the_window) {
  const auto all = bars(seen_on_terminal([](std::FILE* terminal) {
    Rng rng{1};
    Sequential net = small_net(rng);
    FitOptions options{.epochs = 3, .log = terminal};
    options.on_epoch = {[&](const History& history) {
      set_columns(terminal, history.epochs.size() == 1 ? 50 : 120);
      return true;
    }};
    fit(net, train_set, test_set, options, rng, SGD{});
  }));
  for (const std::string& bar : all)
    BOOST_TEST((bar.size() < 50) == bar.starts_with("epoch 2/3"), bar);
}

BOOST_AUTO_TEST_CASE(a_terminal_that_cannot_redraw_gets_lines) {
  for (const std::optional<std::string>& kind :
       {std::optional<std::string>{"dumb"}, std::optional<std::string>{""}, {}}) {
    const auto run = [](std::FILE* terminal) { run_fit(terminal, 2); };
    const std::string text = seen_on_terminal(run, {.kind = kind});
    BOOST_TEST(test::fits(text, line + line), text);
  }
}

BOOST_AUTO_TEST_CASE(the_bar_is_cleared_when_training_fails) {
  const OutputLoss bad = [](const Variable& logits, const data::Batch&) {
    static int step = 0;
    return sum(logits) * (++step == 3 ? NAN : 1.0);
  };
  const std::string text = seen_on_terminal(
      [&](std::FILE* terminal) { BOOST_CHECK_THROW(run_fit(terminal, 2, bad), NumericsError); });
  BOOST_TEST(count(text, "epoch 1/2 [") >= 1u);
  BOOST_TEST(text.ends_with("\r\033[K"));
  BOOST_TEST(count(text, "\n") == 0u);
}

BOOST_AUTO_TEST_CASE(no_log_is_silent) {
  // Standard output and error lead into a file while fit runs.
  std::FILE* const file = std::tmpfile();
  std::fflush(stdout);
  std::fflush(stderr);
  const int out = ::dup(1), err = ::dup(2);
  ::dup2(::fileno(file), 1);
  ::dup2(::fileno(file), 2);
  run_fit(nullptr);
  std::fflush(stdout);
  std::fflush(stderr);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::close(out);
  ::close(err);
  std::fseek(file, 0, SEEK_END);
  BOOST_TEST(std::ftell(file) == 0);
  std::fclose(file);
}

BOOST_AUTO_TEST_SUITE_END()

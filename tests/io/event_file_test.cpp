// SPDX-License-Identifier: MIT
// Event files, read by read_events.py.
#include "files.hpp"

#include <paths.hpp>

#include <csignal>
#include <cstdio>
#include <sstream>

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

using namespace test;

BOOST_AUTO_TEST_SUITE(event_file)

namespace {

struct Output {
  int status;
  std::string text;
};

Output run(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  BOOST_REQUIRE(pipe != nullptr);
  std::string text(100000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), pipe));
  return {::pclose(pipe), text};
}

Output read_events(const std::string& path) {
  return run("python3 '" XTAPE_INCLUDE "/../tests/io/read_events.py' '" + path + "'");
}

bool python_is_missing() {
  static const bool missing = run("python3 --version").status != 0;
  if (missing) std::fputs("skipped: there is no python3 to read event files\n", stderr);
  return missing;
}

struct Event {
  double time;
  std::string rest;  // the step, the value and the tag
};

std::vector<Event> events_of(const std::string& path) {
  const Output output = read_events(path);
  BOOST_TEST(output.status == 0, output.text);
  std::vector<Event> events;
  std::istringstream lines{output.text};
  for (Event event; lines >> event.time && std::getline(lines >> std::ws, event.rest);)
    events.push_back(event);
  return events;
}

double now() { return static_cast<double>(::time(nullptr)); }

template <class E, class F>
std::string error_text(F run) {
  try {
    run();
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

BOOST_AUTO_TEST_CASE(another_reader_finds_what_was_written) {
  if (python_is_missing()) return;
  const Directory directory;
  const double before = now();
  EventFile events{directory / "runs/adam"};
  const std::string long_tag(300, 'x');  // its length takes two bytes
  events.scalar("test/accuracy", 1, 0.5);
  events.scalar("loss", 0, -1e-40);  // a denormal
  events.scalar("Verlust/Übung", 127, 1e30);
  events.scalar("", 128, 0.1);  // not a float
  events.scalar(long_tag, 1234567890123456789, std::nan(""));
  events.scalar("a b", 1u << 31, infinity);
  const std::vector<Event> read = events_of(events.path());
  const std::string expected[] = {"version brain.Event:2",
                                  "1 0.5 test/accuracy",
                                  "0 -9.99994610111476e-41 loss",
                                  "127 1.0000000150474662e+30 Verlust/Übung",
                                  "128 0.10000000149011612 ",
                                  "1234567890123456789 nan " + long_tag,
                                  "2147483648 inf a b"};
  BOOST_REQUIRE(read.size() == std::size(expected));
  for (std::size_t i = 0; i < read.size(); ++i) {
    BOOST_TEST(read[i].rest == expected[i]);
    BOOST_TEST((read[i].time >= before && read[i].time <= now() + 1));
  }
}

BOOST_AUTO_TEST_CASE(the_reader_notices_any_damage) {
  if (python_is_missing()) return;
  const Directory directory;
  EventFile events{directory / "run"};
  events.scalar("loss", 3, 0.25);
  const std::string whole = read_bytes(events.path());
  BOOST_TEST(read_events(events.path()).status == 0);
  for (std::size_t i :
       {std::size_t{0}, std::size_t{9}, std::size_t{14}, whole.size() / 2, whole.size() - 1}) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    write_bytes(directory / "damaged", damaged);
    BOOST_TEST(read_events(directory / "damaged").status != 0, "byte " << i);
  }
  write_bytes(directory / "damaged", whole.substr(0, whole.size() - 1));
  BOOST_TEST(read_events(directory / "damaged").status != 0);
}

BOOST_AUTO_TEST_CASE(an_event_is_in_the_file_at_once) {
  const Directory directory;
  EventFile events{directory / "run"};
  std::size_t size = read_bytes(events.path()).size();
  BOOST_TEST(size > 0u);
  for (std::uint64_t step = 1; step <= 3; ++step) {
    events.scalar("loss", step, 1);
    const std::size_t more = read_bytes(events.path()).size();
    // 16 bytes of the frame, 9 of the time, 2 of the step, 2 and 2 of messages, 6 of the tag, 5 of the value
    BOOST_TEST(more - size == 42u);
    size = more;
  }
}

BOOST_AUTO_TEST_CASE(each_has_a_file_of_its_own_that_tensorboard_finds) {
  const Directory directory;
  const double before = now();
  const EventFile first{directory / "run"}, second{directory / "run"}, third{directory / "run"};
  BOOST_TEST(first.path() != second.path());
  BOOST_TEST(second.path() != third.path());
  char host[256] = {};
  BOOST_REQUIRE(::gethostname(host, sizeof host - 1) == 0);
  const std::string name = std::filesystem::path{second.path()}.filename().string();
  const std::string start = "events.out.tfevents.";
  BOOST_TEST(name.starts_with(start));
  const double seconds = std::stod(name.substr(start.size(), 10));
  BOOST_TEST((seconds >= before && seconds <= now()));
  BOOST_TEST(name.substr(start.size() + 10)
                 .starts_with('.' + std::string{host} + '.' + std::to_string(::getpid()) + '.'));
}

// A limit stands for a disk that is full for a while.
BOOST_AUTO_TEST_CASE(a_failed_write_leaves_no_half_event) {
  if (python_is_missing()) return;
  const Directory directory;
  EventFile events{directory / "run"};
  events.scalar("loss", 1, 1);
  const std::string before = read_bytes(events.path());
  struct rlimit old;
  ::getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { before.size() + 20, old.rlim_max };
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string error = error_text<DataError>([&] { events.scalar("loss", 2, 2); });
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  BOOST_TEST(error == "[event_file] cannot write " + events.path() + ": File too large");
  BOOST_TEST(read_bytes(events.path()) == before);
  events.scalar("loss", 3, 3);
  const std::vector<Event> read = events_of(events.path());
  BOOST_REQUIRE(read.size() == 3u);
  BOOST_TEST(read[2].rest == "3 3.0 loss");
}

BOOST_AUTO_TEST_CASE(a_tag_that_is_no_text) {
  const Directory directory;
  EventFile events{directory / "run"};
  const std::string before = read_bytes(events.path());
  BOOST_TEST(error_text<ValueError>([&] { events.scalar("\xff", 1, 1); }) ==
             "[event_file] the tag is no UTF-8 text");
  BOOST_TEST(read_bytes(events.path()) == before);
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be) {
  const Directory directory;
  write_bytes(directory / "file", "");
  const std::string path = directory / "file/run";
  BOOST_TEST(error_text<DataError>([&] { EventFile{path}; }) ==
             "[event_file] cannot make the directory " + path + ": Not a directory");
  BOOST_TEST(error_text<DataError>([&] {
               EventFile{"/proc"};
             }).starts_with("[event_file] cannot write /proc/events.out.tfevents."));
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "../root.hpp"
#include "equal.hpp"
#include "support.hpp"

#include <formats.hpp>

#include <nlohmann/json.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <limits>
#include <sstream>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace report;
using namespace test;

BOOST_AUTO_TEST_SUITE(files)

namespace {

using Limits = std::numeric_limits<double>;

// Lines of cells, read by a reader of our own.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> lines(1, std::vector<std::string>(1));
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"')
      lines.back().back() += text[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      lines.back().emplace_back();
    else if (c == '\n' && !quoted)
      lines.emplace_back(1);
    else
      lines.back().back() += c;
  }
  lines.pop_back();  // after the last line's end
  return lines;
}

double number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  BOOST_TEST_REQUIRE((error == std::errc{} && end == text.data() + text.size()), text);
  return value;
}

const std::vector<std::string> three_files = {"report.html", "results.csv", "results.json"};

std::vector<std::string> names_in(const std::filesystem::path& path) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{path})
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// Starts a process that runs a function.
template <class F>
pid_t start(F run) {
  const pid_t process = ::fork();
  BOOST_REQUIRE(process >= 0);
  if (process != 0) return process;
  try {
    run();
    ::_exit(0);
  } catch (...) {
    ::_exit(1);
  }
}

// While it lives, files of this process end at so many bytes, as if the disk were full.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) : handler_{std::signal(SIGXFSZ, SIG_IGN)} {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;
  ~SizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

BOOST_AUTO_TEST_CASE(all_results_come_back_as_they_were) {
  for (const Results& results : {sample(), interrupted_sample(), small_sample(), crowded_sample(),
                                 drawn_sample(), Results{}}) {
    const Directory directory;
    write(directory.path(), results);
    BOOST_TEST(equal(read(directory.path()), results), results.title);
    BOOST_TEST(equal(read(directory.path() / "results.json"), results), results.title);
  }
}

BOOST_AUTO_TEST_CASE(numbers_come_back_to_the_last_bit) {
  Results results = small_sample();
  Epoch& e = results.runs[0].epochs[0];
  e.train_loss = Limits::quiet_NaN();
  e.train_accuracy = Limits::infinity();
  e.test_loss = -Limits::infinity();
  e.test_accuracy = -0.0;
  e.data_seconds = Limits::denorm_min();
  e.forward_seconds = Limits::max();
  e.backward_seconds = 0.1 + 0.2;
  e.update_seconds = 1.0 / 3;
  e.test_seconds = 9007199254740993.0;
  results.runs[0].seed = std::numeric_limits<std::uint64_t>::max();
  results.runs[0].mistakes[0].index = std::numeric_limits<std::size_t>::max();
  BOOST_TEST(equal(from_json(to_json(results)), results));
}

BOOST_AUTO_TEST_CASE(one_bit_is_a_difference) {  // or the tests above would be worth nothing
  const Results results = sample();
  Results other = results;
  other.runs[4].updates[9].update_ratios[2] =
      std::nextafter(other.runs[4].updates[9].update_ratios[2], 1.0);
  BOOST_TEST(!equal(results, other));
}

BOOST_AUTO_TEST_CASE(json_says_what_it_is) {
  const auto document = nlohmann::json::parse(to_json(interrupted_sample()));
  BOOST_TEST(document.at("format") == "xtape report");
  BOOST_TEST(document.at("version") == 1);
  BOOST_TEST(document.at("settings").at("batch size") == "64");
  BOOST_TEST(document.at("runs").size() == 18u);
  BOOST_TEST(document.at("runs")[7].at("epochs")[3].at("test_loss") == "nan");
  BOOST_TEST(document.at("runs")[2].at("epochs")[4].at("test_loss") == "inf");
  BOOST_TEST(document.at("runs")[0].at("mistakes")[0].at("pixels").size() == 784u);
}

BOOST_AUTO_TEST_CASE(strings_come_back_and_bytes_that_are_no_utf8_are_replaced) {
  Results results;
  results.title = "\"é\\\n\t</script>\x01 λ";
  results.command = "train \xff.idx";
  const Results back = from_json(to_json(results));
  BOOST_TEST(back.title == results.title);
  BOOST_TEST(back.command == "train \uFFFD.idx");
}

BOOST_AUTO_TEST_CASE(csv_has_a_line_per_run_and_epoch) {
  Results results = interrupted_sample();
  results.runs[0].optimizer = "adam, \"fast\"\nand wide";
  const auto lines = parse_csv(to_csv(results));
  const std::vector<std::string> header = {"run",
                                           "optimizer",
                                           "seed",
                                           "initial_learning_rate",
                                           "complete",
                                           "epoch",
                                           "train_loss",
                                           "train_accuracy",
                                           "test_loss",
                                           "test_accuracy",
                                           "data_seconds",
                                           "forward_seconds",
                                           "backward_seconds",
                                           "update_seconds",
                                           "test_seconds",
                                           "learning_rate",
                                           "images_per_second"};
  BOOST_TEST(lines[0] == header, boost::test_tools::per_element());
  std::size_t line = 1;
  for (std::size_t r = 0; r < results.runs.size(); ++r)
    for (std::size_t e = 0; e < results.runs[r].epochs.size(); ++e, ++line) {
      BOOST_TEST_REQUIRE(line < lines.size());
      const auto& cells = lines[line];
      const Run& run = results.runs[r];
      const Epoch& epoch = run.epochs[e];
      BOOST_TEST_REQUIRE(cells.size() == header.size());
      BOOST_REQUIRE_EQUAL(cells[0], std::to_string(r + 1));
      BOOST_REQUIRE_EQUAL(cells[1], run.optimizer);
      BOOST_REQUIRE_EQUAL(cells[2], std::to_string(run.seed));
      BOOST_REQUIRE_EQUAL(number(cells[3]), run.learning_rate);
      BOOST_REQUIRE_EQUAL(cells[4], run.complete ? "1" : "0");
      BOOST_REQUIRE_EQUAL(cells[5], std::to_string(e + 1));
      const double values[] = {
          epoch.train_loss,   epoch.train_accuracy,  epoch.test_loss,        epoch.test_accuracy,
          epoch.data_seconds, epoch.forward_seconds, epoch.backward_seconds, epoch.update_seconds,
          epoch.test_seconds, epoch.learning_rate,   epoch.images_per_second};
      for (std::size_t i = 0; i < std::size(values); ++i)
        BOOST_TEST_REQUIRE(equal(number(cells[6 + i]), values[i]));
    }
  BOOST_TEST(line == lines.size());
}

BOOST_AUTO_TEST_CASE(a_directory_is_created_and_holds_three_files) {
  const Directory directory;
  const auto path = directory.path() / "new" / "report";
  write(path, small_sample());
  write(path, sample());  // again: nothing of the first stays
  BOOST_TEST(names_in(path) == three_files, boost::test_tools::per_element());
  BOOST_TEST(read(path).title == "Six optimizers on MNIST");
  BOOST_TEST(content(path / "report.html") == to_html(sample()));
}

BOOST_AUTO_TEST_CASE(a_reader_of_the_old_file_keeps_it_whole) {
  const Directory directory;
  write(directory.path(), small_sample());
  const std::string before = content(directory.path() / "results.json");
  std::ifstream old{directory.path() / "results.json", std::ios::binary};
  write(directory.path(), sample());
  const std::string seen{std::istreambuf_iterator<char>{old}, {}};
  BOOST_TEST((seen == before));
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_told_and_leaves_the_old_file) {
  const Directory directory;
  write(directory.path(), small_sample());
  const std::string before = content(directory.path() / "results.json");
  const auto path = directory.path() / "results.json";
  std::string error = "none";
  {
    const SizeLimit limit{before.size() / 2};
    try {
      write(directory.path(), sample());
    } catch (const std::runtime_error& thrown) {
      error = thrown.what();
    }
  }
  BOOST_TEST(error == path.string() + ": cannot write: File too large");
  BOOST_TEST((content(path) == before));
  BOOST_TEST(names_in(directory.path()) == three_files, boost::test_tools::per_element());
  write(directory.path(), sample());
  BOOST_TEST(read(directory.path()).title == sample().title);
}

// Whenever a process that writes all the time is killed, each file is one of those it wrote.
BOOST_AUTO_TEST_CASE(a_kill_leaves_whole_files) {
  const Directory directory;
  write(directory.path(), small_sample());
  for (int i = 0; i < 10; ++i) {
    const pid_t writer = start([&] {
      for (;;)
        write(directory.path(), interrupted_sample()), write(directory.path(), small_sample());
    });
    ::usleep(static_cast<useconds_t>(1000 + 3000 * i));
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
    const std::string found = content(directory.path() / "results.json");
    BOOST_TEST((found == to_json(small_sample()) || found == to_json(interrupted_sample())));
  }
}

// Two processes that write one directory at once do not get into each other's way.
BOOST_AUTO_TEST_CASE(two_writers_of_one_directory) {
  const Directory directory;
  std::vector<pid_t> writers;
  for (int i = 0; i < 3; ++i)
    writers.push_back(start([&] {
      for (int k = 0; k < 15; ++k) write(directory.path(), small_sample());
    }));
  for (const pid_t writer : writers) {
    int status = -1;
    BOOST_TEST(::waitpid(writer, &status, 0) == writer);
    BOOST_TEST(status == 0);
  }
  BOOST_TEST(names_in(directory.path()) == three_files, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_process_claims_a_directory) {
  const Directory directory;
  const auto path = directory.path() / "report";
  const std::string refused =
      path.string() + ": another process writes a report there; choose another directory";
  const auto error = [&]() -> std::string {
    try {
      const Claim claim{path};
      return "none";
    } catch (const std::runtime_error& thrown) {
      return thrown.what();
    }
  };
  {
    const Claim claim{path};
    write(path, small_sample());
    BOOST_TEST(error() == refused);
    const pid_t other = start([&] { ::_exit(error() == refused ? 7 : 8); });
    int status = -1;
    BOOST_TEST(::waitpid(other, &status, 0) == other);
    BOOST_TEST(WEXITSTATUS(status) == 7);
  }
  BOOST_TEST(error() == "none");
  // And a kill ends the claim.
  const pid_t other = start([&] {
    const Claim claim{path};
    ::raise(SIGSTOP);
  });
  ::waitpid(other, nullptr, WUNTRACED);
  BOOST_TEST(error() == refused);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  BOOST_TEST(error() == "none");
  BOOST_TEST(names_in(path) == three_files, boost::test_tools::per_element());
}

// What another user has put there does not lend its permissions, and its links are not followed.
BOOST_AUTO_TEST_CASE(what_another_user_has_planted, *as_root) {
  constexpr uid_t nobody = 65534;
  const Directory directory, own;
  ::chmod(directory.path().c_str(), 01777);
  const auto planted = directory.path() / "results.csv", link = directory.path() / "results.json",
             victim = own.path() / "victim";
  put(planted, "old");
  put(victim, "old");
  BOOST_TEST(
      (::chown(planted.c_str(), nobody, nobody) == 0 && ::chmod(planted.c_str(), 06777) == 0));
  std::filesystem::create_symlink(victim, link);
  BOOST_TEST(::lchown(link.c_str(), nobody, nobody) == 0);
  BOOST_CHECK_EXCEPTION(write(directory.path(), small_sample()), std::runtime_error,
                        [&](const auto& error) {
                          return error.what() == link.string() +
                                                     ": cannot write: it leads through a link that "
                                                     "another user made";
                        });
  BOOST_TEST(content(victim) == "old");
  std::filesystem::remove(link);
  write(directory.path(), small_sample());
  struct stat status = {};
  BOOST_TEST(::stat(planted.c_str(), &status) == 0);
  BOOST_TEST(status.st_uid == 0u);
  BOOST_TEST((status.st_mode & 07022) == 0u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_named_and_leaves_nothing_behind) {
  const Directory directory;
  put(directory.path() / "file", "");
  BOOST_CHECK_EXCEPTION(
      write(directory.path() / "file" / "report", small_sample()), std::runtime_error,
      [&](const auto& error) {
        return std::string{error.what()}.starts_with(
            (directory.path() / "file" / "report").string() + ": cannot create: ");
      });
  const auto path = directory.path() / "report";
  std::filesystem::create_directories(path / "results.json" / "in the way");
  BOOST_CHECK_EXCEPTION(write(path, small_sample()), std::runtime_error, [&](const auto& error) {
    return std::string{error.what()}.starts_with((path / "results.json").string() +
                                                 ": cannot write: ");
  });
  BOOST_TEST(std::distance(std::filesystem::directory_iterator{path}, {}) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// No number depends on the locale: neither on C++'s global one nor on that of C.
#include "../environment.hpp"
#include "../pattern.hpp"
#include "dataset.hpp"

#include <xtape/io.hpp>
#include <xtape/watch/numerics.hpp>
#include <xtape/watch/profile.hpp>
#include <xtape/watch/summary.hpp>

#include <algorithm>
#include <clocale>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <locale>

#include <unistd.h>

using namespace test;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(locales)

namespace {

// 1.234,5 as in Germany.
struct German : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

// C++'s global locale while it lives.
class Cpp {
 public:
  Cpp() : before_{std::locale::global({std::locale::classic(), new German})} {}
  ~Cpp() { std::locale::global(before_); }
  Cpp(const Cpp&) = delete;
  Cpp& operator=(const Cpp&) = delete;

 private:
  std::locale before_;
};

struct Folder {
  fs::path path = fs::temp_directory_path() / ("xtape-locale-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

// C's locale while it lives, made here as few systems have it installed; not `there` where it cannot be.
class C {
 public:
  C() {
    const std::string made = (folder_.path / "de_DE.UTF-8").string();
    there =
        std::system(("localedef -i de_DE -f UTF-8 '" + made + "' >/dev/null 2>&1").c_str()) == 0 &&
        std::setlocale(LC_ALL, "de_DE.UTF-8") != nullptr;
  }
  ~C() { std::setlocale(LC_ALL, "C"); }
  C(const C&) = delete;
  C& operator=(const C&) = delete;

  bool there = false;

 private:
  Folder folder_;
  Environment path_{"LOCPATH", folder_.path.string()};
};

template <class F>
std::string error_of(F run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string content(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

template <class F>
std::string printed(F print) {
  std::FILE* const file = std::tmpfile();
  print(file);
  std::rewind(file);
  std::string text(20000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

// What the library says and writes of numbers. It is the same each time, but for times and rates.
struct Texts {
  std::vector<std::string> errors;
  std::string summary, log, profile, csv, name_of_events, checkpoint;
};

Texts all_texts() {
  const Folder folder;
  Texts all;
  Rng rng{1};
  Sequential net = small_net(rng), wide{Dense{{.in = 40, .out = 50}, rng}};
  const Circle large{std::size_t{1} << 32};
  Tape tape;
  const Variable x = tape.input(zeros({1, 2}));
  const auto fails = [&](auto run) { all.errors.push_back(error_of(run)); };
  fails([&] { softmax_cross_entropy(net(x), std::vector{1500}); });
  fails([&] { net(tape.input(zeros({1000, 4000}))); });
  fails([] { Adam{{.beta1 = 1.5}}; });
  fails([] { early_stopping({.min_delta = -0.25}); });
  fails([&] { data::batches(large, 4096); });
  all.summary = summary(wide, {40}).text();

  const Circle set{2000};
  Profiler profiler;
  FitOptions options{.epochs = 1, .batch_size = 1000};
  options.on_epoch = {csv_log(folder.path / "log.csv")};
  options.checkpoint.path = folder.path / "run";
  all.log = printed([&](std::FILE* out) {
    options.log = out;
    fit(net, set, set, options, rng, SGD{{.learning_rate = 0.125}});
  });
  all.profile = printed([&](std::FILE* out) { profiler.print(out); });
  all.csv = content(folder.path / "log.csv");
  all.checkpoint = content(folder.path / "run");
  const EventFile events{folder.path};
  all.name_of_events = fs::path{events.path()}.filename();
  return all;
}

// Numbers are replaced by what they look like, as times differ.
std::string forms(const std::string& text) { return test::replaced(text, "[0-9]+", "0"); }

void check_texts(const Texts& expected) {
  const Texts texts = all_texts();
  BOOST_TEST(texts.errors == expected.errors, boost::test_tools::per_element());
  BOOST_TEST(texts.summary == expected.summary);
  BOOST_TEST(forms(texts.log) == forms(expected.log));
  BOOST_TEST(texts.profile.find(',') == std::string::npos, texts.profile);
  BOOST_TEST(std::count(texts.csv.begin(), texts.csv.end(), ',') ==
             std::count(expected.csv.begin(), expected.csv.end(), ','));
  BOOST_TEST(test::fits(texts.name_of_events, R"(events\.out\.tfevents\.\d{10,}\..*\.\d+\.0)"),
             texts.name_of_events);
  BOOST_TEST(texts.checkpoint.size() == expected.checkpoint.size());
}

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_do_not_depend_on_that_of_cpp) {
  const Texts expected = all_texts();
  const Cpp german;
  BOOST_TEST((std::ostringstream{} << 1234).str() == "1.234");  // it is in force
  check_texts(expected);
}

BOOST_AUTO_TEST_CASE(numbers_do_not_depend_on_that_of_c) {
  const Texts expected = all_texts();
  const C german;
  if (!german.there) {
    BOOST_TEST_MESSAGE("localedef cannot make a German locale here");
    return;
  }
  char text[10];
  std::snprintf(text, sizeof text, "%.1f", 0.5);
  BOOST_TEST(text == std::string{"0,5"});  // it is in force
  check_texts(expected);
}

BOOST_AUTO_TEST_SUITE_END()

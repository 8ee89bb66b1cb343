// SPDX-License-Identifier: MIT
// The table of a history and its events, on histories made by hand and in a training.
#include "../io/files.hpp"
#include "dataset.hpp"
#include "histories.hpp"

#include <cstring>
#include <sstream>

#include <sys/stat.h>

using namespace test;

BOOST_AUTO_TEST_SUITE(tables)

namespace {

std::vector<std::vector<std::string>> cells_of(const std::string& table) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines{table};
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream cells{line};
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

const Circle train{100}, validation{37, 0.3};

}  // namespace

BOOST_AUTO_TEST_CASE(the_table_has_the_very_numbers_of_the_history) {
  const Directory directory;
  Rng rng{1};
  Sequential net = small_net(rng);
  FitOptions options{.epochs = 3, .log = nullptr};
  options.on_epoch = {csv_log(directory / "log.csv")};
  const History h = fit(net, train, validation, options, rng, SGD{});
  const auto cells = cells_of(read_bytes(directory / "log.csv"));
  BOOST_TEST(directory.files() == 1u);
  BOOST_REQUIRE(cells.size() == 4u);
  const std::vector<std::string> names{"epoch",           "train_loss",        "train_accuracy",
                                       "test_loss",       "test_accuracy",     "data_seconds",
                                       "forward_seconds", "backward_seconds",  "update_seconds",
                                       "test_seconds",    "samples_per_second"};
  BOOST_TEST(cells[0] == names);
  for (std::size_t i = 0; i < 3; ++i) {
    const EpochReport& e = h.epochs[i];
    const double expected[] = {1.0 * e.epoch,     e.train.loss,          e.train["accuracy"],
                               e.test->loss,      e["accuracy"],         e.seconds.data,
                               e.seconds.forward, e.seconds.backward,    e.seconds.update,
                               e.seconds.test,    e.samples_per_second()};
    BOOST_REQUIRE(cells[i + 1].size() == 11u);
    for (std::size_t k = 0; k < 11; ++k) BOOST_TEST(std::stod(cells[i + 1][k]) == expected[k]);
  }
}

BOOST_AUTO_TEST_CASE(a_resumed_training_leaves_the_table_of_a_whole_one) {
  const Directory directory;
  const History h = history_of({3, NAN, 0.1, 1e-300});
  const EpochCallback whole = csv_log(directory / "whole.csv");
  for (std::size_t n = 1; n <= 4; ++n) BOOST_TEST(whole(first(h, n)));
  const EpochCallback begun = csv_log(directory / "parts.csv");
  for (std::size_t n = 1; n <= 3; ++n) begun(first(h, n));
  const std::string before = read_bytes(directory / "parts.csv");
  const EpochCallback resumed = csv_log(directory / "parts.csv");
  BOOST_TEST(read_bytes(directory / "parts.csv") == before);  // until there is more to tell
  for (std::size_t n = 3; n <= 4; ++n) resumed(first(h, n));  // from the checkpoint of epoch 2
  BOOST_TEST(read_bytes(directory / "parts.csv") == read_bytes(directory / "whole.csv"));
  BOOST_TEST(cells_of(read_bytes(directory / "whole.csv")).size() == 5u);
}

// The file is what it would be if each epoch had made it anew, whatever happened to it in between.
BOOST_AUTO_TEST_CASE(a_table_grows_by_a_line_or_is_made_anew) {
  const Directory directory;
  const History h = history_of({3, 2, 1, 4}), other = history_of({5, 6, 7, 8});
  const auto number_of = [](const std::string& path) {
    struct stat status = {};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_ino;
  };
  const auto whole = [&](const History& history) {
    csv_log(directory / "whole")(history);
    return read_bytes(directory / "whole");
  };
  const std::string path = directory / "log";
  const EpochCallback log = csv_log(path);
  log(first(h, 1));
  const auto file = number_of(path);
  for (std::size_t n = 2; n <= 4; ++n) {
    log(first(h, n));
    BOOST_TEST(number_of(path) == file);
    BOOST_TEST(read_bytes(path) == whole(first(h, n)));
  }
  log(first(h, 2));  // back to a checkpoint
  BOOST_TEST(read_bytes(path) == whole(first(h, 2)));
  log(first(other, 3));  // another training
  BOOST_TEST(read_bytes(path) == whole(first(other, 3)));
  std::ofstream{path, std::ios::app} << "a note\n";
  log(other);
  BOOST_TEST(read_bytes(path) == whole(other));
  std::filesystem::remove(path);
  log(history_of({5, 6, 7, 8, 9}));
  BOOST_TEST(read_bytes(path) == whole(history_of({5, 6, 7, 8, 9})));
}

// As on a disk that is full for an epoch.
BOOST_AUTO_TEST_CASE(a_line_that_cannot_be_added_is_not_there_by_half) {
  const Directory directory;
  const History h = history_of({3, 2, 1});
  const std::string path = directory / "log";
  const EpochCallback log = csv_log(path);
  log(first(h, 1));
  const std::string before = read_bytes(path);
  const std::string error = data_error([&] {
    const SizeLimit limit{before.size() + 5};
    log(first(h, 2));
  });
  BOOST_TEST(error == "[csv_log] cannot write " + path + ": File too large");
  BOOST_TEST(read_bytes(path) == before);
  log(h);
  csv_log(directory / "whole")(h);
  BOOST_TEST(read_bytes(path) == read_bytes(directory / "whole"));
}

BOOST_AUTO_TEST_CASE(a_path_that_can_no_longer_be_written_ends_the_training) {
  const Directory directory;
  std::filesystem::create_directory(directory / "gone");
  const std::string path = directory / "gone/log.csv";
  Rng rng{1};
  Sequential net = small_net(rng);
  FitOptions options{.epochs = 3, .log = nullptr};
  options.on_epoch = {csv_log(path), [&](const History&) {
                        std::filesystem::remove_all(directory / "gone");
                        return true;
                      }};
  BOOST_TEST(data_error([&] { fit(net, train, validation, options, rng, SGD{}); }) ==
             "[csv_log] cannot write " + path + ": No such file or directory");
}

// A value in the file is its tag and then, after the mark of a field that is a float, its four bytes.
BOOST_AUTO_TEST_CASE(an_event_file_has_the_numbers_under_their_names) {
  const Directory directory;
  const History h = history_of({3, 2});
  const EpochCallback log = event_log(directory / "run");
  BOOST_TEST(log({}));
  for (std::size_t n = 1; n <= 2; ++n) BOOST_TEST(log(first(h, n)));
  std::string bytes;
  for (const auto& entry : std::filesystem::directory_iterator{directory / "run"})
    bytes += read_bytes(entry.path());
  for (const EpochReport& report : h.epochs)
    for (const auto& [tag, value] : {std::pair{"train/loss", report.train.loss},
                                     {"train/accuracy", report["train.accuracy"]},
                                     {"test/loss", report.test->loss},
                                     {"test/accuracy", report["accuracy"]},
                                     {"samples_per_second", report.samples_per_second()}}) {
      const auto number = static_cast<float>(value);
      std::string expected = std::string{tag} + '\x15' + std::string(sizeof number, '\0');
      std::memcpy(expected.data() + expected.size() - sizeof number, &number, sizeof number);
      BOOST_TEST(bytes.find(expected) != std::string::npos, tag << " of " << report.epoch);
    }
}

BOOST_AUTO_TEST_SUITE_END()

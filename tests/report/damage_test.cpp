// SPDX-License-Identifier: MIT
#include "support.hpp"

#include <formats.hpp>

#include <nlohmann/json.hpp>

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

using namespace report;
using namespace test;

BOOST_AUTO_TEST_SUITE(damage)

namespace {

using Json = nlohmann::json;

const std::string& written() {
  static const std::string text = to_json(small_sample());
  return text;
}

std::string error_of(const std::string& text) {
  try {
    from_json(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

// The error after a change at a place such as /runs/0/seed.
std::string error_with(const std::string& place, const Json& value) {
  Json document = Json::parse(written());
  document.at(Json::json_pointer{place}) = value;
  return error_of(document.dump());
}

std::string error_without(const std::string& object, const std::string& name) {
  Json document = Json::parse(written());
  BOOST_TEST(document.at(Json::json_pointer{object}).erase(name) == 1u);
  return error_of(document.dump());
}

std::string write_error(const Results& results) {
  const Directory directory;
  try {
    write(directory.path() / "report", results);
  } catch (const std::runtime_error& error) {
    BOOST_TEST(!std::filesystem::exists(directory.path() / "report"));
    return error.what();
  }
  return "none";
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_error_names_the_file_and_the_field) {
  const Directory directory;
  const auto path = directory.path() / "results.json";
  write(directory.path(), small_sample());
  Json document = Json::parse(content(path));
  document["runs"][0]["epochs"][0]["test_loss"] = "low";
  put(path, document.dump());
  BOOST_CHECK_EXCEPTION(read(directory.path()), std::runtime_error, [&](const auto& error) {
    return error.what() ==
           path.string() + ": runs[0].epochs[0].test_loss: expected a number, found \"low\"";
  });
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there) {
  const Directory directory;
  for (const auto& path : {directory.path() / "none", directory.path() / "results.json"})
    BOOST_CHECK_EXCEPTION(read(path), std::runtime_error, [&](const auto& error) {
      return error.what() == path.string() + ": cannot read: No such file or directory";
    });
}

BOOST_AUTO_TEST_CASE(what_is_no_file) {
  const Directory directory;
  const auto pipe = directory.path() / "results.json";
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);  // to be waited at for who writes, for ever
  for (const auto& path : {directory.path(), pipe, std::filesystem::path{"/dev/zero"}})
    BOOST_CHECK_EXCEPTION(read(path), std::runtime_error, [&](const auto& error) {
      const auto file = path == directory.path() ? pipe : path;
      return error.what() == file.string() + ": cannot read: it is not a regular file";
    });
}

BOOST_AUTO_TEST_CASE(a_file_cut_short_anywhere_is_refused) {
  const std::string text = written();
  const std::size_t end = text.size() - 1;  // its last character but the line's end
  for (std::size_t size = 0; size < end; size += 1 + size / 7)
    BOOST_TEST(error_of(text.substr(0, size)).starts_with("expected JSON: "));
  BOOST_TEST(error_of(text.substr(0, end - 1)).starts_with("expected JSON: "));
  BOOST_TEST(error_of(text) == "none");
}

BOOST_AUTO_TEST_CASE(files_of_another_kind) {
  BOOST_TEST(error_of("hello").starts_with("expected JSON: "));
  BOOST_TEST(error_of("[1, 2]") == "expected an object, found an array");
  BOOST_TEST(error_of("3") == "expected an object, found 3");
  BOOST_TEST(error_of("{}") == "format: expected a value, found nothing");
  BOOST_TEST(error_with("/format", "weights") ==
             "format: expected \"xtape report\", found \"weights\"");
  BOOST_TEST(error_with("/version", 2) == "version: expected 1, found 2");
  BOOST_TEST(error_of(std::string(100000, '[')).starts_with("expected JSON: "));
}

BOOST_AUTO_TEST_CASE(values_that_are_missing) {
  BOOST_TEST(error_without("", "version") == "version: expected a value, found nothing");
  BOOST_TEST(error_without("", "runs") == "runs: expected a value, found nothing");
  BOOST_TEST(error_without("/runs/0", "seed") == "runs[0].seed: expected a value, found nothing");
  BOOST_TEST(error_without("/runs/0/updates/1", "step") ==
             "runs[0].updates[1].step: expected a value, found nothing");
}

BOOST_AUTO_TEST_CASE(values_of_another_type) {
  BOOST_TEST(error_with("/title", 3) == "title: expected a string, found 3");
  BOOST_TEST(error_with("/settings", "a") == "settings: expected an object, found \"a\"");
  BOOST_TEST(error_with("/settings/model", Json::array()) ==
             "settings.model: expected a string, found an array");
  BOOST_TEST(error_with("/runs", Json::object()) == "runs: expected an array, found an object");
  BOOST_TEST(error_with("/runs/0", nullptr) == "runs[0]: expected an object, found null");
  BOOST_TEST(error_with("/runs/0/complete", 1) ==
             "runs[0].complete: expected true or false, found 1");
  BOOST_TEST(error_with("/runs/0/learning_rate", "0.1") ==
             "runs[0].learning_rate: expected a number, found \"0.1\"");
  BOOST_TEST(error_with("/title", Json::array({1})) == "title: expected a string, found an array");
  BOOST_TEST(error_with("/runs/0/seed", std::string(60, 'x')) ==
             "runs[0].seed: expected an integer from 0 to 18446744073709551615, found \"" +
                 std::string(39, 'x') + "...");
}

BOOST_AUTO_TEST_CASE(integers_out_of_their_range) {
  const std::string pixel =
      "runs[0].mistakes[0].pixels[5]: expected an integer from 0 to 255, found ";
  BOOST_TEST(error_with("/runs/0/mistakes/0/pixels/5", 256) == pixel + "256");
  BOOST_TEST(error_with("/runs/0/mistakes/0/pixels/5", -1) == pixel + "-1");
  BOOST_TEST(error_with("/runs/0/mistakes/0/pixels/5", 1.5) == pixel + "1.5");
  BOOST_TEST(error_with("/runs/0/confusion/1/2", 3000000000u) ==
             "runs[0].confusion[1][2]: expected an integer from -2147483648 to 2147483647, found "
             "3000000000");
}

BOOST_AUTO_TEST_CASE(values_that_contradict_each_other) {
  BOOST_TEST(error_with("/runs/0/epochs/0/test_accuracy", 7.5) ==
             "runs[0].epochs[0]: expected an accuracy from 0 to 1, found 7.5");
  Results twice = small_sample();
  twice.runs = {twice.runs.front(), twice.runs.front()};
  BOOST_TEST(write_error(twice).find("runs[1]: there is another run of ") != std::string::npos);
  BOOST_TEST(error_with("/runs/0/mistakes/0/label", 10) ==
             "runs[0].mistakes[0].label: expected one of 10 classes, found 10");
  BOOST_TEST(error_with("/runs/0/mistakes/3/predicted", -1) ==
             "runs[0].mistakes[3].predicted: expected one of 10 classes, found -1");
  BOOST_TEST(error_with("/runs/0/mistakes/2/pixels", Json::array({1, 2})) ==
             "runs[0].mistakes[2].pixels: expected 784 pixels, found 2");
  BOOST_TEST(error_with("/runs/0/mistake_count", 39) ==
             "runs[0].mistake_count: expected at least 40, found 39");
  BOOST_TEST(error_with("/runs/0/confusion", Json::array({Json::array()})) ==
             "runs[0].confusion: expected 10 rows, one per class, found 1");
  BOOST_TEST(error_with("/runs/0/confusion/9", Json::array({1})) ==
             "runs[0].confusion[9]: expected 10 counts, one per class, found 1");
  BOOST_TEST(error_with("/runs/0/confusion/9/1", -4) ==
             "runs[0].confusion[9]: expected counts of at least 0");
  BOOST_TEST(error_with("/runs/0/updates/7/gradient_norms", Json::array({1})) ==
             "runs[0].updates[7].gradient_norms: expected 6 numbers, one per parameter, found 1");
  BOOST_TEST(error_with("/runs/0/updates/7/update_ratios", Json::array()) ==
             "runs[0].updates[7].update_ratios: expected 6 numbers, one per parameter, found 0");
  BOOST_TEST(error_with("/runs/0/filters/count", 2) == "none");  // 0 x 0 x 2 weights are none
  BOOST_TEST(error_with("/runs/0/filters/weights", Json::array({1.5})) ==
             "runs[0].filters.weights: expected 0 weights, found 1");
  BOOST_TEST(error_with("/runs/0/filters/height", std::uint64_t{1} << 63) ==
             "runs[0].filters.height: expected at most 1048576, found 9223372036854775808");
  BOOST_TEST(error_with("/image_width", std::uint64_t{1} << 62) ==
             "image_width: expected at most 1048576, found 4611686018427387904");
}

BOOST_AUTO_TEST_CASE(contradictions_are_not_written) {
  Results results = sample();
  results.runs[5].mistakes[1].predicted = 11;
  BOOST_TEST(write_error(results) ==
             "runs[5].mistakes[1].predicted: expected one of 10 classes, found 11");
  results = sample();
  results.runs[2].filters.weights.pop_back();
  BOOST_TEST(write_error(results) == "runs[2].filters.weights: expected 288 weights, found 287");
  results = drawn_sample();
  results.runs[0].pictures[0].pixels.pop_back();
  BOOST_TEST(write_error(results) == "runs[0].pictures[0].pixels: expected 6 pixels, found 5");
  results = small_sample();
  results.image_height = results.image_width = 0;
  BOOST_TEST(write_error(results) == "runs[0].mistakes[0].pixels: expected 0 pixels, found 784");
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
#include "support.hpp"

#include "data/download.hpp"
#include "data/mnist.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>
#include <numeric>
#include <sstream>

using namespace test;
using data::file_names;

namespace {

// The four files of a dataset of made-up digits, 30 to train with and 20 to test with.
std::array<Bytes, 4> small_files(std::uint64_t seed = 1) {
  std::array<Bytes, 4> files;
  for (const std::size_t part : {0, 1}) {
    const std::uint32_t count = part == 0 ? 30 : 20;
    const auto digits = data::synthetic_digits({.count = count, .seed = seed + part});
    files[2 * part] = header({count, 28, 28});
    for (std::size_t i = 0; i < count; ++i) {
      const auto pixels = digits.pixels(i);
      files[2 * part].insert(files[2 * part].end(), pixels.begin(), pixels.end());
    }
    files[2 * part + 1] = header({count}) + Bytes(digits.labels().begin(), digits.labels().end());
  }
  return files;
}

void write_files(const fs::path& directory, const std::array<Bytes, 4>& files) {
  for (std::size_t i = 0; i < 4; ++i) write(directory / file_names[i], files[i]);
}

// No file of the user, no variable of the environment and no network gets into these tests.
struct Sandbox {
  TemporaryDirectory directory;
  Environment data_variable{"XTAPE_DATA", {}};
  Environment cache_variable{"XDG_CACHE_HOME", directory / "cache"};
  Environment home_variable{"HOME", directory / "home"};
  std::vector<std::string> notices;

  fs::path cache() const { return directory / "cache/xtape/mnist"; }

  data::MnistOptions options(data::MnistOptions options = {.download = false,
                                                           .substitute = false}) {
    options.notice = [this](std::string_view line) { notices.emplace_back(named(line)); };
    return options;
  }
  // With the sandbox's path as DIR.
  std::string named(std::string_view text) const {
    std::string result{text};
    for (std::size_t at; (at = result.find(directory.string())) != std::string::npos;)
      result.replace(at, directory.string().size(), "DIR");
    return result;
  }
  std::string error(const data::MnistOptions& options) const {
    return named(error_of<DataError>([&] { data::mnist(options); }));
  }
};

const std::string all_names =
    "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, "
    "t10k-labels-idx1-ubyte";
const std::string other_names = " (nor with .idx for -idx, nor with .gz)";
const std::string hint = "set XTAPE_DATA to a directory that has the files";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mnist, Sandbox)

BOOST_AUTO_TEST_CASE(reads_all_spellings) {
  const std::array<Bytes, 4> files = small_files();
  write(directory / "train-images-idx3-ubyte", files[0]);
  write(directory / "train-labels.idx1-ubyte", files[1]);
  write(directory / "t10k-images-idx3-ubyte.gz", gzip(files[2]));
  write(directory / "t10k-labels.idx1-ubyte.gz", gzip(files[3]));
  const auto [train, test] = data::mnist(options({.directory = directory}));
  BOOST_TEST(train.size() == 30u);
  BOOST_TEST(test.size() == 20u);
  BOOST_TEST(train.classes() == 10u);
  BOOST_TEST((train.sample_shape() == Shape{28, 28, 1}));
  BOOST_TEST(train.name() == "MNIST");
  BOOST_TEST(train.source() == directory.string());
  BOOST_TEST(!train.synthetic());
  BOOST_TEST((Bytes(test.labels().begin(), test.labels().end()) ==
              Bytes(files[3].begin() + 8, files[3].end())));
  BOOST_TEST(notices.empty());
}

BOOST_AUTO_TEST_CASE(a_given_directory_must_have_the_files) {
  write_files(cache(), small_files());
  BOOST_TEST(error(options({.directory = directory / "none"})) ==
             "[mnist] expected the files of MNIST, found no " + all_names + " in DIR/none" +
                 other_names);
  write_files(directory / "part", small_files());
  fs::remove(directory / "part/t10k-labels-idx1-ubyte");
  BOOST_TEST(error(options({.directory = directory / "part"})) ==
             "[mnist] expected the files of MNIST, found no t10k-labels-idx1-ubyte in DIR/part" +
                 other_names);
  BOOST_TEST(notices.empty());
}

BOOST_AUTO_TEST_CASE(refuses_files_that_do_not_fit) {
  std::array<Bytes, 4> files = small_files();
  files[1] = header({29}) + Bytes(29);
  write_files(directory, files);
  BOOST_TEST(error(options({.directory = directory})) ==
             "[idx] DIR/train-labels-idx1-ubyte: expected 30 labels for the images in "
             "DIR/train-images-idx3-ubyte, found 29");
  files[1] = header({30}) + Bytes(29) + Bytes{10};
  write_files(directory, files);
  BOOST_TEST(
      error(options({.directory = directory})) ==
      "[idx] DIR/train-labels-idx1-ubyte: expected labels less than 10, found 10 at index 29");
  files = small_files();
  files[2] = header({20, 14, 56}) + Bytes(20 * 784);
  write_files(directory, files);
  BOOST_TEST(error(options({.directory = directory})) ==
             "[mnist] DIR: expected images of one shape, found (28, 28, 1) to train with and "
             "(14, 56, 1) to test with");
}

BOOST_AUTO_TEST_CASE(looks_into_xtape_data) {
  const Environment variable{"XTAPE_DATA", directory / "data"};
  write_files(directory / "data", small_files());
  BOOST_TEST(named(data::mnist(options()).train.source()) == "DIR/data");
  write_files(directory / "data/mnist", small_files());
  BOOST_TEST(named(data::mnist(options()).train.source()) == "DIR/data/mnist");
  write_files(directory / "data/fashion-mnist", small_files());
  const auto fashion = data::fashion_mnist(options());
  BOOST_TEST(named(fashion.test.source()) == "DIR/data/fashion-mnist");
  BOOST_TEST(fashion.test.name() == "Fashion-MNIST");
  BOOST_TEST(notices.empty());
}

BOOST_AUTO_TEST_CASE(goes_on_with_a_notice_from_an_empty_xtape_data) {
  const Environment variable{"XTAPE_DATA", directory / "data"};
  write_files(cache(), small_files());
  BOOST_TEST(named(data::mnist(options()).train.source()) == "DIR/cache/xtape/mnist");
  BOOST_TEST(
      notices == std::vector<std::string>{"[mnist] XTAPE_DATA is DIR/data, but the files of MNIST "
                                          "are not there, nor in its folder mnist"},
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(looks_into_the_cache) {
  write_files(cache(), small_files());
  write_files(directory / "home/.cache/xtape/mnist", small_files());
  write_files(directory / "other/mnist", small_files());
  const auto source = [&](const data::MnistOptions& options) {
    return named(data::mnist(options).train.source());
  };
  BOOST_TEST(source(options()) == "DIR/cache/xtape/mnist");
  BOOST_TEST(source(options({.download = false, .cache = directory / "other"})) ==
             "DIR/other/mnist");
  {
    const Environment relative{"XDG_CACHE_HOME", "cache"};
    BOOST_TEST(source(options()) == "DIR/home/.cache/xtape/mnist");
    const Environment homeless{"HOME", {}};
    BOOST_TEST(error(options()) ==
               "[mnist] there is no cache directory, as HOME is not set; " + hint);
  }
  BOOST_TEST(notices.empty());
}

BOOST_AUTO_TEST_CASE(says_which_cached_file_is_damaged) {
  std::array<Bytes, 4> files = small_files();
  files[0].pop_back();
  write_files(cache(), files);
  BOOST_TEST(
      error(options({.download = true})) ==
      "[mnist] DIR/cache/xtape/mnist/train-images-idx3-ubyte: expected 23520 bytes for (30, 28, "
      "28), found 23519; delete it, to have it downloaded again");
  files = small_files();
  files[3] = {};
  write_files(cache(), files);
  BOOST_TEST(
      error(options({.download = true})) ==
      "[mnist] DIR/cache/xtape/mnist/t10k-labels-idx1-ubyte: expected 4 bytes of magic, found 0; "
      "delete it, to have it downloaded again");
}

BOOST_AUTO_TEST_CASE(does_not_take_one_dataset_for_the_other) {
  std::array<Bytes, 4> files = small_files();
  const Bytes of_mnist{7, 2, 1, 0, 4, 1, 4, 9, 5, 9}, of_fashion{9, 2, 1, 1, 6, 1, 4, 6, 5, 7};
  files[3] = header({20}) + of_mnist + Bytes(10);
  write_files(directory / "digits", files);
  files[3] = header({20}) + of_fashion + Bytes(10);
  write_files(directory / "clothes", files);

  BOOST_TEST(data::mnist(options({.directory = directory / "digits"})).test.labels()[0] == 7);
  BOOST_TEST(data::fashion_mnist(options({.directory = directory / "clothes"})).test.labels()[0] ==
             9);
  BOOST_TEST(error(options({.directory = directory / "clothes"})) ==
             "[mnist] DIR/clothes: expected MNIST, found Fashion-MNIST");
  BOOST_TEST(named(error_of<DataError>([&] {
               data::fashion_mnist(options({.directory = directory / "digits"}));
             })) == "[fashion_mnist] DIR/digits: expected Fashion-MNIST, found MNIST");

  const Environment variable{"XTAPE_DATA", directory / "digits"};
  write_files(directory / "cache/xtape/fashion-mnist", small_files());
  BOOST_TEST(named(data::fashion_mnist(options()).train.source()) ==
             "DIR/cache/xtape/fashion-mnist");
  BOOST_TEST(notices.size() == 1u);
}

BOOST_AUTO_TEST_CASE(without_files_there_is_an_error_or_a_substitute) {
  BOOST_TEST(error(options()) == "[mnist] there is no " + all_names + " in DIR/cache/xtape/mnist" +
                                     other_names + "; " + hint);
  BOOST_TEST(notices.empty());

  const auto [train, test] = data::mnist(options({.download = false}));
  BOOST_TEST(train.size() == 60000u);
  BOOST_TEST(test.size() == 10000u);
  BOOST_TEST(train.synthetic());
  BOOST_TEST(test.synthetic());
  BOOST_TEST(test.source() == "built-in substitute");
  BOOST_TEST(!std::ranges::equal(train.pixels(0), test.pixels(0)));
  BOOST_TEST(notices == std::vector<std::string>{"[mnist] there is no " + all_names +
                                                 " in DIR/cache/xtape/mnist" + other_names +
                                                 ". Made-up digits stand in, so results are not "
                                                 "comparable; " +
                                                 hint},
             boost::test_tools::per_element());
  BOOST_TEST(!fs::exists(directory / "cache"));
}

BOOST_AUTO_TEST_CASE(notices_go_to_cerr) {
  const Environment variable{"XTAPE_DATA", directory / "data"};
  write_files(cache(), small_files());
  std::ostringstream text;
  std::streambuf* const old = std::cerr.rdbuf(text.rdbuf());
  data::mnist({.download = false, .substitute = false});
  std::cerr.rdbuf(old);
  BOOST_TEST(
      named(text.str()) ==
      "[mnist] XTAPE_DATA is DIR/data, but the files of MNIST are not there, nor in its folder "
      "mnist\n");
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

boost::test_tools::assertion_result builds_with_curl(boost::unit_test::test_unit_id) {
  return data::can_download();
}
boost::test_tools::assertion_result builds_without_curl(boost::unit_test::test_unit_id) {
  return !data::can_download();
}

// A small dataset on three mirrors: the first is empty, the second has other files, the third is
// right.
struct Mirrors : Sandbox {
  const std::array<Bytes, 4> files = small_files();
  data::Source source{.op = "mnist",
                      .name = "MNIST",
                      .folder = "mnist",
                      .sha256 = {},
                      .first_labels = {},
                      .mirrors = {url("empty"), url("wrong"), url("right")}};

  Mirrors() {
    const std::array<Bytes, 4> wrong = small_files(11);
    for (std::size_t i = 0; i < 4; ++i) {
      if (data::can_download()) source.sha256[i] = data::sha256({files[i]});
      write(served("wrong", i), gzip(wrong[i]));
      write(served("right", i), gzip(files[i]));
    }
  }
  std::string url(const std::string& mirror) const {
    return "file://" + (directory / "served" / mirror).string();
  }
  fs::path served(const std::string& mirror, std::size_t file) const {
    return directory / "served" / mirror / (std::string{file_names[file]} + ".gz");
  }
  std::string error(const data::MnistOptions& options) const {
    return named(error_of<DataError>([&] { data::load(source, options); }));
  }
  std::vector<std::string> cached() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{cache()})
      names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }
};

const auto with_curl = boost::unit_test::precondition(builds_with_curl);

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mirrors, Mirrors)

BOOST_AUTO_TEST_CASE(downloads_from_the_first_mirror_that_is_right, *with_curl) {
  const auto [train, test] = data::load(source, options({.substitute = false}));
  BOOST_TEST(train.size() == 30u);
  BOOST_TEST(test.size() == 20u);
  BOOST_TEST(named(train.source()) == "downloaded from file://DIR/served/right/");
  BOOST_TEST(!train.synthetic());
  BOOST_TEST(notices == std::vector<std::string>{"[mnist] downloading into DIR/cache/xtape/mnist"},
             boost::test_tools::per_element());
  BOOST_TEST(cached() == (std::vector<std::string>{
                             "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
                             "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"}),
             boost::test_tools::per_element());

  fs::remove_all(directory / "served");
  const auto again = data::load(source, options({.substitute = false}));
  BOOST_TEST(named(again.train.source()) == "DIR/cache/xtape/mnist");
  BOOST_TEST(std::ranges::equal(again.train.pixels(29), train.pixels(29)));
  BOOST_TEST(notices.size() == 1u);
}

BOOST_AUTO_TEST_CASE(downloads_only_what_is_missing, *with_curl) {
  for (const std::size_t i : {0, 1, 3}) write(cache() / file_names[i], files[i]);
  for (const std::size_t i : {0, 1, 3}) fs::remove(served("right", i));
  BOOST_TEST(data::load(source, options({.substitute = false})).test.size() == 20u);
  BOOST_TEST(cached().size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_beside_a_missing_one_is_an_error, *with_curl) {
  for (const std::size_t i : {0, 1}) write(cache() / file_names[i], files[i]);
  write(cache() / file_names[2], header({20, 28, 28}));
  BOOST_TEST(error(options({.substitute = true})) ==
             "[mnist] DIR/cache/xtape/mnist/t10k-images-idx3-ubyte: expected 15680 bytes for (20, "
             "28, 28), found 0; delete it, to have it downloaded again");
}

BOOST_AUTO_TEST_CASE(files_may_come_from_several_mirrors, *with_curl) {
  fs::rename(served("right", 2), write(served("empty", 2), {}));
  const data::Split split = data::load(source, options({.substitute = false}));
  BOOST_TEST(split.test.size() == 20u);
}

BOOST_AUTO_TEST_CASE(other_mirrors_can_be_given, *with_curl) {
  const data::Split split =
      data::load(source, options({.substitute = false, .mirrors = {url("right") + "/"}}));
  BOOST_TEST(named(split.train.source()) == "downloaded from file://DIR/served/right/");
}

BOOST_AUTO_TEST_CASE(tells_why_each_mirror_failed, *with_curl) {
  const std::string text =
      error(options({.substitute = false, .mirrors = {url("empty"), url("wrong")}}));
  const std::string expected =
      "[mnist] there is no " + all_names + " in DIR/cache/xtape/mnist" + other_names +
      ", and the download failed: file://DIR/served/empty/train-images-idx3-ubyte.gz: Couldn't "
      "open file "
      "DIR/served/empty/train-images-idx3-ubyte.gz; "
      "file://DIR/served/wrong/train-images-idx3-ubyte.gz: expected the SHA-256 digest " +
      source.sha256[0] + ", found ";
  BOOST_TEST(text.substr(0, expected.size()) == expected);
  BOOST_TEST(text.ends_with("; " + hint));
  BOOST_TEST((!fs::exists(cache()) || fs::is_empty(cache())));
}

BOOST_AUTO_TEST_CASE(refuses_damaged_files, *with_curl) {
  write(served("right", 0), {0x1f, 0x8b, 8});
  const std::string text = error(options({.substitute = false, .mirrors = {url("right")}}));
  BOOST_TEST(
      text.find("file://DIR/served/right/train-images-idx3-ubyte.gz: expected intact gzip data, "
                "found its end too early") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(needs_a_cache_that_can_be_written, *with_curl) {
  write(directory / "cache", {});
  const std::string text = error(options({.substitute = false, .mirrors = {url("right")}}));
  BOOST_TEST(text.find("DIR/cache/xtape/mnist/train-images-idx3-ubyte.gz: cannot be written: Not a "
                       "directory") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(fetches_with_a_limit_and_from_known_protocols, *with_curl) {
  const Bytes bytes(1000, 7);
  const std::string address = "file://" + write(directory / "bytes", bytes).string();
  BOOST_TEST((data::fetch(address, 1000) == bytes));
  BOOST_TEST(named(error_of<DataError>([&] { data::fetch(address, 999); })) ==
             "[download] file://DIR/bytes: expected at most 999 bytes, got more");
  for (const std::string protocol : {"ftp", "gopher", "dict", "telnet", "scp"}) {
    const std::string text =
        error_of<DataError>([&] { data::fetch(protocol + "://127.0.0.1:9/", 1000); });
    BOOST_TEST(
        text.starts_with("[download] " + protocol + "://127.0.0.1:9/: Protocol \"" + protocol));
  }
}

BOOST_AUTO_TEST_CASE(sha256_is_that_of_the_standard, *with_curl) {
  const Bytes a{'a'}, bc{'b', 'c'};
  BOOST_TEST(
      data::sha256({a, bc}) ==
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2, B.1
  BOOST_TEST(data::sha256({}) ==
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_CASE(says_if_the_build_cannot_download,
                     *boost::unit_test::precondition(builds_without_curl)) {
  BOOST_TEST(error(options({.substitute = false})) ==
             "[mnist] there is no " + all_names + " in DIR/cache/xtape/mnist" + other_names +
                 ", and this build cannot download, as it has no libcurl; " + hint);
  BOOST_TEST(notices.empty());
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

boost::test_tools::assertion_result has_real_mnist(boost::unit_test::test_unit_id) {
  return getenv("XTAPE_DATA") != nullptr;
}

// Independent of the loader: computed with numpy.
struct Sums {
  std::uint64_t all = 0, by_index = 0;  // of all pixels; each image's times its number from 1
};
Sums sums(const data::ImageDataset& dataset) {
  Sums sums;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const auto pixels = dataset.pixels(i);
    const std::uint64_t sum = std::accumulate(pixels.begin(), pixels.end(), std::uint64_t{0});
    sums.all += sum;
    sums.by_index += (i + 1) * sum;
  }
  return sums;
}

}  // namespace

BOOST_AUTO_TEST_CASE(real_mnist, *boost::unit_test::precondition(has_real_mnist)) {
  const auto [train, test] = data::mnist({.download = false, .substitute = false});
  BOOST_TEST(train.size() == 60000u);
  BOOST_TEST(test.size() == 10000u);
  BOOST_TEST(train.labels()[0] == 5);
  BOOST_TEST(train.labels()[59999] == 8);
  BOOST_TEST(test.labels()[0] == 7);
  BOOST_TEST(std::accumulate(train.labels().begin(), train.labels().end(), 0) == 267236);
  BOOST_TEST(std::accumulate(test.labels().begin(), test.labels().end(), 0) == 44434);
  BOOST_TEST(sums(train).all == 1567298545u);
  BOOST_TEST(sums(train).by_index == 46843240943966u);
  BOOST_TEST(sums(test).all == 264923200u);
  BOOST_TEST(sums(test).by_index == 1377285899477u);
}

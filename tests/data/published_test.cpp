// SPDX-License-Identifier: MIT
#include "sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iostream>
#include <numeric>
#include <sstream>

using namespace test;
using namespace std::string_literals;

BOOST_FIXTURE_TEST_SUITE(published, Sandbox)

BOOST_AUTO_TEST_CASE(reads_all_spellings) {
  const std::array<Bytes, 4> files = small_files();
  write(directory / "train-images-idx3-ubyte", files[0]);
  write(directory / "train-labels.idx1-ubyte", files[1]);
  write(directory / "t10k-images-idx3-ubyte.gz", gzip(files[2]));
  write(directory / "t10k-labels.idx1-ubyte.gz", gzip(files[3]));
  const auto [train, test] = data::mnist(options({.directory = directory.path()}));
  BOOST_TEST(train.size() == 30u);
  BOOST_TEST(test.size() == 20u);
  BOOST_TEST(train.classes() == 10u);
  BOOST_TEST((train.sample_shape() == Shape{28, 28, 1}));
  BOOST_TEST(train.name() == "MNIST");
  BOOST_TEST(train.source() == directory.path().string());
  BOOST_TEST(!train.synthetic());
  BOOST_TEST((Bytes(test.labels().begin(), test.labels().end()) ==
              Bytes(files[3].begin() + 8, files[3].end())));
  BOOST_TEST(notices.empty());
}

BOOST_AUTO_TEST_CASE(a_given_directory_must_have_the_files) {
  write_files(cache(), small_files());
  BOOST_TEST(error(options({.directory = directory / "none"})) ==
             "[mnist] expected a directory with the files of MNIST, found nothing: DIR/none");
  std::ofstream{directory / "file"} << "x";
  BOOST_TEST(error(options({.directory = directory / "file"})) ==
             "[mnist] expected a directory with the files of MNIST, found a file: DIR/file");
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
  write_files(directory.path(), files);
  BOOST_TEST(error(options({.directory = directory.path()})) ==
             "[idx] DIR/train-labels-idx1-ubyte: expected 30 labels for the images in "
             "DIR/train-images-idx3-ubyte, found 29");
  files[1] = header({30}) + Bytes(29) + Bytes{10};
  write_files(directory.path(), files);
  BOOST_TEST(
      error(options({.directory = directory.path()})) ==
      "[idx] DIR/train-labels-idx1-ubyte: expected labels less than 10, found 10 at index 29");
  files = small_files();
  files[2] = header({20, 14, 56}) + Bytes(20 * 784);
  write_files(directory.path(), files);
  BOOST_TEST(error(options({.directory = directory.path()})) ==
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
  write_files(directory / "data/kmnist", small_files());
  const auto characters = data::kmnist(options());
  BOOST_TEST(named(characters.train.source()) == "DIR/data/kmnist");
  BOOST_TEST(characters.train.name() == "KMNIST");
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
  const auto source = [&](const data::SourceOptions& options) {
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

  BOOST_TEST(named(error_of<DataError>([&] {
               data::kmnist(options({.directory = directory / "digits"}));
             })) == "[kmnist] DIR/digits: expected KMNIST, found MNIST");

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
  BOOST_TEST(notices == std::vector<std::string>{"[mnist] Made-up digits stand in for MNIST, so "
                                                 "results are not comparable: there is no " +
                                                 all_names + " in DIR/cache/xtape/mnist" +
                                                 other_names + "; " + hint},
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

boost::test_tools::assertion_result has_real_mnist(boost::unit_test::test_unit_id) {
  const char* const root = getenv("XTAPE_DATA");
  if (root == nullptr) return false;
  for (const fs::path& folder : {fs::path{root} / "mnist", fs::path{root}})
    for (const char* const end : {"", ".gz"})
      if (fs::exists(folder / ("t10k-images-idx3-ubyte"s + end))) return true;
  return false;
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

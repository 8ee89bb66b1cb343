// SPDX-License-Identifier: MIT
// CIFAR's files: found, unpacked from their archive, read.
#include "sandbox.hpp"

#include "data/download.hpp"
#include "data/tar.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>

using namespace test;

namespace {

// A record by the letter of the format: labels, then each colour's plane. Pixel (row, column) has the colour
// (row, column, first).
Bytes record(const Bytes& labels, std::uint8_t first) {
  Bytes bytes = labels;
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t row = 0; row < 32; ++row)
      for (std::size_t column = 0; column < 32; ++column)
        bytes.push_back(channel == 0   ? static_cast<std::uint8_t>(row)
                        : channel == 1 ? static_cast<std::uint8_t>(column)
                                       : first);
  return bytes;
}

// Files of two records to a batch; those of batch b have the classes b and 9 - b.
std::map<std::string, Bytes> cifar10_files() {
  std::map<std::string, Bytes> files;
  for (std::uint8_t b = 1; b <= 5; ++b)
    files["data_batch_" + std::to_string(b) + ".bin"] =
        record({b}, static_cast<std::uint8_t>(10 * b)) +
        record({static_cast<std::uint8_t>(9 - b)}, static_cast<std::uint8_t>(10 * b + 1));
  files["test_batch.bin"] = record({7}, 200);
  return files;
}

void write_all(const fs::path& directory, const std::map<std::string, Bytes>& files) {
  for (const auto& [name, bytes] : files) write(directory / name, bytes);
}

// A file in a tar archive, by the letter of POSIX.
Bytes tar_entry(const std::string& path, const Bytes& bytes, char type = '0') {
  char header[512] = "";
  std::copy(path.begin(), path.end(), header);
  std::snprintf(header + 100, 8, "%07o", 0644u);
  std::snprintf(header + 124, 12, "%011zo", bytes.size());
  header[156] = type;
  std::memcpy(header + 257, "ustar\00000", 8);
  std::memset(header + 148, ' ', 8);
  unsigned sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  std::snprintf(header + 148, 8, "%06o", sum);
  return Bytes(header, header + 512) + bytes + Bytes((512 - bytes.size() % 512) % 512);
}

Bytes archive_of(const std::string& folder, const std::map<std::string, Bytes>& files) {
  Bytes tar =
      tar_entry(folder + "/", {}, '5') + tar_entry(folder + "/readme.html", Bytes(700, 'x'));
  for (const auto& [name, bytes] : files) tar = tar + tar_entry(folder + "/" + name, bytes);
  return gzip(tar + Bytes(1024));
}

struct Cifar : Sandbox {
  const std::map<std::string, Bytes> files = cifar10_files();

  // The row of CIFAR-10, for these files.
  data::Source served(const Bytes& archive) {
    data::Source source = *std::ranges::find(data::sources(), std::string_view{"cifar10"},
                                             [](auto& row) { return std::string_view{row.op}; });
    for (auto& [name, sha256] : source.files) sha256 = data::sha256({files.at(name)});
    source.archive->file.sha256 = data::sha256({archive});
    write(directory / "served/cifar-10-binary.tar.gz", archive);
    source.mirrors = {"file://" + directory / "served"};
    return source;
  }
  std::string failure(const data::Source& source) {
    return named(error_of<DataError>(
        [&] { data::load(source, options({.download = true, .substitute = false})); }));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cifar, Cifar)

BOOST_AUTO_TEST_CASE(reads_records_of_planes) {
  write_all(directory.path(), files);
  const auto [train, test] = data::cifar10(options({.directory = directory.path()}));
  BOOST_TEST((train.sample_shape() == Shape{32, 32, 3}));
  BOOST_TEST(train.classes() == 10u);
  BOOST_TEST(train.name() == "CIFAR-10");
  BOOST_TEST(named(train.source()) == "DIR");
  const std::vector<int> labels(train.labels().begin(), train.labels().end());
  BOOST_TEST((labels == std::vector<int>{1, 8, 2, 7, 3, 6, 4, 5, 5, 4}));
  BOOST_TEST(test.size() == 1u);
  BOOST_TEST(test.labels()[0] == 7);
  const auto pixels = train.pixels(3);  // the second record of the second file
  for (const std::size_t at : {0u, 33u, 1023u}) {
    BOOST_TEST(pixels[3 * at] == at / 32);
    BOOST_TEST(pixels[3 * at + 1] == at % 32);
    BOOST_TEST(pixels[3 * at + 2] == 21);
  }
}

BOOST_AUTO_TEST_CASE(cifar100_has_the_finer_class) {
  write(directory / "cifar-100-binary/train.bin", record({19, 99}, 1) + record({0, 3}, 2));
  write(directory / "cifar-100-binary/test.bin", record({5, 42}, 3));
  const auto [train, test] = data::cifar100(options({.directory = directory.path()}));
  BOOST_TEST(train.classes() == 100u);
  BOOST_TEST(train.labels()[0] == 99);
  BOOST_TEST(train.labels()[1] == 3);
  BOOST_TEST(test.labels()[0] == 42);
  BOOST_TEST(test.pixels(0)[2] == 3);
}

BOOST_AUTO_TEST_CASE(is_looked_for_in_folders_and_as_the_archive_has_it) {
  const Environment variable{"XTAPE_DATA", directory / "data"};
  write_all(directory / "data/cifar-10/cifar-10-batches-bin", files);
  BOOST_TEST(named(data::cifar10(options()).train.source()) == "DIR/data/cifar-10");
  BOOST_TEST(notices.empty());
  fs::remove(directory / "data/cifar-10/cifar-10-batches-bin/data_batch_4.bin");
  BOOST_TEST(named(error_of<DataError>(
                 [&] { data::cifar10(options({.directory = directory / "data/cifar-10"})); })) ==
             "[cifar10] expected the files of CIFAR-10, found no data_batch_4.bin in "
             "DIR/data/cifar-10 (nor in its folder cifar-10-batches-bin)");
}

BOOST_AUTO_TEST_CASE(damaged_files_are_refused) {
  const auto error = [&](const Bytes& bytes) {
    write_all(directory.path(), files);
    write(directory / "data_batch_2.bin", bytes);
    return named(
        error_of<DataError>([&] { data::cifar10(options({.directory = directory.path()})); }));
  };
  const Bytes good = record({1}, 0) + record({2}, 0);
  BOOST_TEST(
      error(Bytes(good.begin(), good.end() - 1)) ==
      "[cifar10] DIR/data_batch_2.bin: expected records of 3073 bytes, found 6145 bytes; the "
      "file is cut short");
  BOOST_TEST(error({}) ==
             "[cifar10] DIR/data_batch_2.bin: expected records of 3073 bytes, found 0 bytes; the "
             "file is empty");
  BOOST_TEST(error(good + record({10}, 0)) ==
             "[cifar10] DIR/data_batch_2.bin: expected labels less than 10, found 10 in record 2");
}

BOOST_AUTO_TEST_CASE(unpacks_the_archive_that_is_right, *with_curl) {
  const data::Source source = served(archive_of("cifar-10-batches-bin", files));
  const auto load = [&] {
    return data::load(source, options({.download = true, .substitute = false}));
  };
  BOOST_TEST(named(load().train.source()) == "downloaded from file://DIR/served/");
  for (const auto& [name, bytes] : files)
    BOOST_TEST(fs::file_size(directory / ("cache/xtape/cifar-10/" + name)) == bytes.size());
  BOOST_TEST(!fs::exists(directory / "cache/xtape/cifar-10/readme.html"));
  fs::remove_all(directory / "served");
  BOOST_TEST(named(load().train.source()) == "DIR/cache/xtape/cifar-10");
  BOOST_TEST(load().test.labels()[0] == 7);
}

BOOST_AUTO_TEST_CASE(an_archive_that_is_wrong_is_refused, *with_curl) {
  const std::string start = "[cifar10] there is no data_batch_1.bin, ";
  const Bytes good = archive_of("cifar-10-batches-bin", files);
  data::Source source = served(good);
  source.archive->file.sha256 = std::string(64, '0');
  BOOST_TEST(failure(source).starts_with(start));
  BOOST_TEST(failure(source).find("the download failed: file://DIR/served/cifar-10-binary.tar.gz: "
                                  "expected the SHA-256 digest 0000") != std::string::npos);
  source = served(good);
  source.files[3].sha256 = std::string(64, '0');
  BOOST_TEST(
      failure(source).find("data_batch_4.bin in cifar-10-binary.tar.gz: expected the SHA-256 "
                           "digest 0000") != std::string::npos);
  fs::remove_all(directory / "cache");
  std::map<std::string, Bytes> fewer = files;
  fewer.erase("data_batch_5.bin");
  BOOST_TEST(failure(served(archive_of("cifar-10-batches-bin", fewer)))
                 .find("cifar-10-binary.tar.gz: expected data_batch_5.bin in it") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(made_up_pictures_stand_in) {
  const auto [train, test] = data::cifar10(options({.download = false}));
  BOOST_TEST(train.size() == 50000u);
  BOOST_TEST(test.size() == 10000u);
  BOOST_TEST((train.sample_shape() == Shape{32, 32, 3}));
  BOOST_TEST(train.synthetic());
  BOOST_REQUIRE(notices.size() == 1u);
  BOOST_TEST(
      notices[0].starts_with("[cifar10] Made-up pictures stand in for CIFAR-10, so results are not "
                             "comparable: there is no "
                             "data_batch_1.bin, "));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tar)

BOOST_AUTO_TEST_CASE(damage_is_an_error) {
  const auto read = [](const Bytes& archive, std::uint64_t most = 1000) {
    return error_of<DataError>([&] {
      data::read_tar(
          "a.tar.gz", archive, most, [](const std::string&) { return true; },
          [](const std::string&, const Bytes&) {});
    });
  };
  const Bytes entry = tar_entry("folder/file", Bytes(600, 7));
  const auto wrong = [](const std::string& what) {
    return "[tar] a.tar.gz: expected " + what + "; the file is damaged";
  };
  BOOST_TEST(read(gzip(entry + Bytes(1024))) == "no error");
  BOOST_TEST(read(gzip(entry)) == wrong("a whole archive, found its end too early"));
  BOOST_TEST(read(gzip(Bytes(entry.begin(), entry.end() - 513))) ==
             wrong("a whole archive, found its end too early"));
  Bytes changed = entry;
  changed[3] ^= 1;
  BOOST_TEST(read(gzip(changed)) == wrong("the header of a file, found something else"));
  BOOST_TEST(read(gzip(entry), 599) == wrong("at most 599 bytes in file, found 600"));
  BOOST_TEST(
      read({0x1f, 0x8b, 8}).starts_with("[tar] a.tar.gz: expected intact gzip data, found "));
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

boost::test_tools::assertion_result has_real_cifar10(boost::unit_test::test_unit_id) {
  const char* const root = getenv("XTAPE_DATA");
  return root != nullptr && (fs::exists(fs::path{root} / "cifar-10/test_batch.bin") ||
                             fs::exists(fs::path{root} / "test_batch.bin"));
}

}  // namespace

// The means and deviations are those that are published for it.
BOOST_AUTO_TEST_CASE(real_cifar10, *boost::unit_test::precondition(has_real_cifar10)) {
  const auto [train, test] = data::cifar10({.download = false, .substitute = false});
  BOOST_TEST(train.size() == 50000u);
  const std::vector<int> first(test.labels().begin(), test.labels().begin() + 5);
  BOOST_TEST((first == std::vector<int>{3, 8, 8, 0, 6}));
  const double means[] = {0.4914, 0.4822, 0.4465}, deviations[] = {0.2470, 0.2435, 0.2616};
  double sums[3] = {}, squares[3] = {};
  for (std::size_t i = 0; i < train.size(); ++i) {
    const auto pixels = train.pixels(i);
    for (std::size_t at = 0; at < pixels.size(); ++at) {
      const double x = pixels[at] / 255.0;
      sums[at % 3] += x;
      squares[at % 3] += x * x;
    }
  }
  for (std::size_t c = 0; c < 3; ++c) {
    const double mean = sums[c] / (50000 * 1024.0);
    BOOST_TEST(std::abs(mean - means[c]) < 6e-5);
    BOOST_TEST(std::abs(std::sqrt(squares[c] / (50000 * 1024.0) - mean * mean) - deviations[c]) <
               6e-5);
  }
}

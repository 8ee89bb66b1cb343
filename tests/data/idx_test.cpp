// SPDX-License-Identifier: MIT
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <numeric>

using namespace test;

namespace {

struct Files {
  Directory directory;
  fs::path file(const Bytes& bytes) const { return write(directory / "file", bytes); }

  // The error of reading a file of these bytes, with the file called FILE.
  std::string error(const Bytes& bytes) const {
    return error(bytes, [](const fs::path& path) { data::read_idx(path); });
  }
  template <class Read>
  std::string error(const Bytes& bytes, Read read) const {
    const fs::path path = file(bytes);
    return named(error_of<DataError>([&] { read(path); }));
  }
  std::string named(std::string text) const {
    for (std::size_t at; (at = text.find(directory.path().string() + "/")) != std::string::npos;)
      text.erase(at, directory.path().string().size() + 1);
    return text;
  }
};

const Bytes labels = header({5}) + Bytes{7, 2, 1, 0, 4};

long peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(idx, Files)

BOOST_AUTO_TEST_CASE(reads_plain_and_gzip_whatever_the_name) {
  Rng rng{1};
  const Bytes pixels = random_bytes(250 * 28 * 28, rng);  // several times the reader's buffer
  const Bytes whole = header({250, 28, 28}) + pixels;
  for (const Bytes& bytes : {whole, gzip(whole)})
    for (const char* const name : {"images", "images.gz"}) {
      const data::Idx idx = data::read_idx(write(directory / name, bytes));
      BOOST_TEST((idx.shape == Shape{250, 28, 28}));
      BOOST_TEST((idx.bytes == pixels));
    }
}

BOOST_AUTO_TEST_CASE(reads_gzip_members_that_follow_each_other) {
  const auto part = [](std::size_t from, std::size_t to) {
    return gzip({labels.begin() + static_cast<int>(from), labels.begin() + static_cast<int>(to)});
  };
  const data::Idx idx =
      data::read_idx(file(part(0, 3) + gzip({}) + part(3, 9) + part(9, 13) + gzip({})));
  BOOST_TEST((idx.bytes == Bytes{7, 2, 1, 0, 4}));
}

// As gunzip does: archives on tape are filled up with zeros.
BOOST_AUTO_TEST_CASE(reads_gzip_with_zeros_behind_it) {
  const Bytes good = gzip(labels);
  for (const std::size_t zeros : {1, 2, 7, 511, 200'000})
    BOOST_TEST((data::read_idx(file(good + Bytes(zeros))).bytes == Bytes{7, 2, 1, 0, 4}));
  BOOST_TEST((data::read_idx(file(good + gzip({}) + Bytes(100))).bytes == Bytes{7, 2, 1, 0, 4}));
  const std::string more =
      "[idx] file: expected intact gzip data, found more behind the zeros at its end; the file is "
      "damaged";
  BOOST_TEST(error(good + Bytes(100) + Bytes{1}) == more);
  BOOST_TEST(error(good + Bytes(100) + gzip({})) == more);
  BOOST_TEST(error(good + Bytes(100'000) + Bytes{0, 1}) == more);
}

BOOST_AUTO_TEST_CASE(reads_a_file_of_no_elements) {
  BOOST_TEST((data::read_idx(file(header({0, 28, 28}))).shape == Shape{0, 28, 28}));
  BOOST_TEST(data::read_labels(file(header({0}))).empty());
}

BOOST_AUTO_TEST_CASE(names_what_is_wrong_with_a_path) {
  const auto read = [](const fs::path& path) {
    return error_of<DataError>([&] { data::read_idx(path); });
  };
  BOOST_TEST(named(read(directory / "none")) ==
             "[idx] cannot read none: No such file or directory");
  BOOST_TEST(read(directory.path()) ==
             "[idx] cannot read " + directory.path().string() + ": it is not a regular file");
  const fs::path path = file(labels);
  BOOST_TEST(read(path / "deeper") ==
             "[idx] cannot read " + path.string() + "/deeper: Not a directory");
  fs::permissions(path, fs::perms::none);
  if (!std::ifstream{path})  // root may read everything
    BOOST_TEST(named(read(path)) == "[idx] cannot read file: Permission denied");
}

// Nobody writes into this pipe: to open it as other files are would wait for ever.
BOOST_AUTO_TEST_CASE(does_not_wait_for_what_is_no_file) {
  const fs::path pipe = directory / "pipe", listening = directory / "socket";
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  listening.string().copy(address.sun_path, sizeof address.sun_path - 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
  fs::create_symlink(pipe, directory / "link");
  const auto read = [&](const fs::path& path) {
    return named(error_of<DataError>([&] { data::read_idx(path); }));
  };
  for (const std::string name : {"pipe", "link"})
    BOOST_TEST(read(directory / name) ==
               "[idx] cannot read " + name + ": it is not a regular file");
  BOOST_TEST(read(listening) == "[idx] cannot read socket: No such device or address");
  BOOST_TEST(read("/dev/zero") == "[idx] cannot read /dev/zero: it is not a regular file");
  ::close(descriptor);
}

BOOST_AUTO_TEST_CASE(names_what_is_wrong_with_a_header) {
  BOOST_TEST(error({}) == "[idx] file: expected 4 bytes of magic, found 0; the file is empty");
  BOOST_TEST(error({0, 0, 8}) ==
             "[idx] file: expected 4 bytes of magic, found 3; the file is cut short");
  BOOST_TEST(
      error({'P', 'K', 3, 4, 0, 0}) ==
      "[idx] file: expected the magic 000008 and a number of axes, found 504b0304; this is no "
      "IDX file");
  BOOST_TEST(
      error({0, 1, 8, 1, 0, 0, 0, 0}) ==
      "[idx] file: expected the magic 000008 and a number of axes, found 00010801; this is no "
      "IDX file");
  BOOST_TEST(
      error({0, 0, 7, 1, 0, 0, 0, 0}) ==
      "[idx] file: expected the magic 000008 and a number of axes, found 00000701; this is no "
      "IDX file");
  BOOST_TEST(
      error(header({})) ==
      "[idx] file: expected the magic 000008 and a number of axes, found 00000800; this is no "
      "IDX file");
  BOOST_TEST(error(header({1}, 0x0d) + Bytes{0, 0, 0, 0}) ==
             "[idx] file: expected elements that are unsigned bytes, found floats");
  BOOST_TEST(error(header({1}, 0x09) + Bytes{0}) ==
             "[idx] file: expected elements that are unsigned bytes, found signed bytes");
  BOOST_TEST(error({0, 0, 8, 2, 0, 0, 0, 1, 0, 0}) ==
             "[idx] file: expected 4 bytes of an axis' size, found 2; the file is cut short");
  const std::uint32_t huge = 0xffffffff;
  BOOST_TEST(error(header({huge, huge, huge})) ==
             "[idx] file: expected a size that fits in memory, found (4294967295, 4294967295, "
             "4294967295)");
  BOOST_TEST(error(header({huge, huge})) ==
             "[idx] file: expected a size that fits in memory, found (4294967295, 4294967295)");
}

BOOST_AUTO_TEST_CASE(names_what_is_wrong_with_a_body) {
  BOOST_TEST(error(header({2, 3, 4}) + Bytes(23)) ==
             "[idx] file: expected 24 bytes for (2, 3, 4), found 23; the file is cut short");
  BOOST_TEST(error(header({2, 3, 4})) ==
             "[idx] file: expected 24 bytes for (2, 3, 4), found 0; the file is cut short");
  BOOST_TEST(error(header({2, 3, 4}) + Bytes(25)) ==
             "[idx] file: expected 24 bytes for (2, 3, 4), found more");
  BOOST_TEST(error(header({0}) + Bytes(1)) == "[idx] file: expected 0 bytes for (0,), found more");
  BOOST_TEST(error(gzip(header({2, 3, 4}) + Bytes(23))) ==
             "[idx] file: expected 24 bytes for (2, 3, 4), found 23; the file is cut short");
  BOOST_TEST(error(gzip(header({2, 3, 4}) + Bytes(25))) ==
             "[idx] file: expected 24 bytes for (2, 3, 4), found more");
}

BOOST_AUTO_TEST_CASE(names_what_is_wrong_with_gzip) {
  const Bytes good = gzip(labels);
  const std::string gzip_error = "[idx] file: expected intact gzip data, found ";
  Bytes bytes = good;
  bytes[bytes.size() - 6] ^= 1;  // the CRC-32
  BOOST_TEST(error(bytes) == gzip_error + "incorrect data check; the file is damaged");
  bytes = good;
  bytes.back() ^= 1;
  BOOST_TEST(error(bytes) == gzip_error + "incorrect length check; the file is damaged");
  bytes = good;
  bytes[2] = 9;
  BOOST_TEST(error(bytes) == gzip_error + "unknown compression method; the file is damaged");
  for (std::size_t size = 2; size < good.size(); ++size)
    BOOST_TEST(error({good.begin(), good.begin() + static_cast<int>(size)}) ==
               gzip_error + "its end too early; the file is damaged");
  BOOST_TEST(error(good + Bytes{1, 2, 3, 4}) ==
             gzip_error + "incorrect header check; the file is damaged");
}

BOOST_AUTO_TEST_CASE(allocates_no_more_than_the_file_justifies) {
  const long before = peak_megabytes();
  // Claims 4 GB and has 5 bytes.
  BOOST_TEST(error(header({0xffffffff}) + Bytes(5)).find("found 5; the file is cut short") !=
             std::string::npos);
  // Claims 10 bytes and has 256 MB, in 256 kB.
  const Bytes bomb_end = gzip(Bytes(std::size_t{1} << 24));
  Bytes bomb = gzip(header({10}));
  for (int i = 0; i < 16; ++i) bomb = bomb + bomb_end;
  const long with_bomb = peak_megabytes();
  BOOST_TEST(error(bomb) == "[idx] file: expected 10 bytes for (10,), found more");
  BOOST_TEST(peak_megabytes() - with_bomb < 8);
#ifndef __SANITIZE_THREAD__  // which has some bytes beside each that was written
  BOOST_TEST(peak_megabytes() - before < 128);
#endif
}

// 1 GB in 1 MB, which the header asks for. What is refused by its header is not unfolded.
BOOST_AUTO_TEST_CASE(unfolds_only_what_may_be_there) {
  const Bytes zeros = gzip(Bytes(std::size_t{1} << 24));
  const auto bomb = [&](std::initializer_list<std::uint32_t> sizes) {
    Bytes bytes = gzip(header(sizes));
    for (int i = 0; i < 64; ++i) bytes = bytes + zeros;
    return bytes;
  };
  const auto labels_error = [&](std::uint32_t count) {
    return error(bomb({count}), [](const fs::path& path) { data::read_labels(path); });
  };
  const std::uint32_t huge = 0xffffffff;
  const std::string hint = "; if the file is to be as large, decompress it first";
  const std::string start = "[idx] file: expected at most ";
  const long before = peak_megabytes();
  BOOST_TEST(error(bomb({huge})) ==
             start + "1073741824 bytes when decompressed, found (4294967295,)" + hint);
  BOOST_TEST(error(bomb({1 << 21, 28, 28})) ==
             start + "1073741824 bytes when decompressed, found (2097152, 28, 28)" + hint);
  BOOST_TEST(labels_error(300'000'000) ==
             start + "268435456 bytes when decompressed, found (300000000,)" + hint);
  BOOST_TEST(labels_error(0) == "[idx] file: expected 0 bytes for (0,), found more");
  const fs::path images = write(directory / "images", header({2, 1, 2}) + Bytes(4));
  const fs::path many = write(directory / "many", bomb({200'000'000}));
  BOOST_TEST(named(error_of<DataError>([&] { data::load_images_and_labels(images, many); })) ==
             "[idx] many: expected 2 labels for the images in images, found 200000000");
  BOOST_TEST(
      error(bomb({1 << 20, 28, 28}), [](const fs::path& path) { data::read_labels(path); }) ==
      "[idx] file: expected labels of shape (N,), found (1048576, 28, 28); these are images");
  BOOST_TEST(peak_megabytes() - before < 32);
}

// The sanitizers' allocators end the process where there is no memory.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
BOOST_AUTO_TEST_CASE(names_what_does_not_fit_in_memory) {
  const fs::path path = file(header({1 << 20, 32, 32}));
  fs::resize_file(path, 16 + (std::uintmax_t{1} << 30));  // without blocks on the disk
  rlimit before{};
  getrlimit(RLIMIT_AS, &before);
  std::size_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  const rlimit limit{pages * 4096 + (64 << 20), before.rlim_max};
  setrlimit(RLIMIT_AS, &limit);
  const std::string images = named(error_of<DataError>([&] { data::read_idx(path); }));
  setrlimit(RLIMIT_AS, &before);
  BOOST_TEST(images == "[idx] file: expected a size that fits in memory, found (1048576, 32, 32)");
}
#endif

BOOST_AUTO_TEST_CASE(random_damage_loads_or_throws) {
  Rng rng{2};
  const Bytes images = header({6, 5, 4}) + random_bytes(120, rng);
  const std::vector<Bytes> originals{labels,
                                     images,
                                     gzip(labels),
                                     gzip(images),
                                     gzip(labels) + gzip({}),
                                     gzip(header({3})) + gzip({1, 2, 3})};
  std::size_t loaded = 0, thrown = 0;
  for (int round = 0; round < 6000; ++round) {
    Bytes bytes = originals[rng.below(originals.size())];
    for (std::size_t change = rng.below(4); change-- > 0 && !bytes.empty();) {
      // Half of the damage is done to the header, where it matters most.
      const std::size_t at =
          rng.below(rng.below(2) == 0 ? std::min<std::size_t>(bytes.size(), 24) : bytes.size());
      const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
      switch (rng.below(5)) {
        case 0: *place ^= static_cast<std::uint8_t>(1u << rng.below(8)); break;
        case 1: *place = static_cast<std::uint8_t>(rng()); break;
        case 2: bytes.insert(place, static_cast<std::uint8_t>(rng())); break;
        case 3: bytes.erase(place); break;
        default: bytes.resize(at); break;
      }
    }
    const fs::path path = file(bytes);
    try {
      const data::Idx idx = data::read_idx(path);
      const std::size_t count =
          std::accumulate(idx.shape.begin(), idx.shape.end(), std::size_t{1}, std::multiplies<>{});
      BOOST_TEST(idx.bytes.size() == count);
      ++loaded;
    } catch (const DataError& error) {
      BOOST_TEST(error.message().find(path.string()) == 0u);
      ++thrown;
    }
  }
  BOOST_TEST(loaded > 1000u);
  BOOST_TEST(thrown > 1000u);
}

BOOST_AUTO_TEST_CASE(tells_images_from_labels) {
  BOOST_TEST((data::read_images(file(header({2, 3, 4}) + Bytes(24))).shape == Shape{2, 3, 4}));
  BOOST_TEST(
      (data::read_images(file(header({2, 1, 3, 4}) + Bytes(24))).shape == Shape{2, 1, 3, 4}));
  BOOST_TEST((data::read_labels(file(labels)) == std::vector<std::int32_t>{7, 2, 1, 0, 4}));
  BOOST_TEST(error(labels, [](const fs::path& path) { data::read_images(path); }) ==
             "[idx] file: expected images of shape (N, H, W), found (5,); these are labels");
  BOOST_TEST(error(header({2, 3}) + Bytes(6), [](const fs::path& path) {
               data::read_images(path);
             }) == "[idx] file: expected images of shape (N, H, W), found (2, 3)");
  BOOST_TEST(error(header({1, 3, 4}) + Bytes(12), [](const fs::path& path) {
               data::read_labels(path);
             }) == "[idx] file: expected labels of shape (N,), found (1, 3, 4); these are images");
}

BOOST_AUTO_TEST_CASE(makes_a_dataset_of_a_pair) {
  const fs::path images = write(directory / "images", header({2, 1, 2}) + Bytes{0, 51, 102, 255});
  const fs::path two = write(directory / "two", header({2}) + Bytes{1, 3});
  const data::ImageDataset plain = data::load_images_and_labels(images, two);
  BOOST_TEST(plain.size() == 2u);
  BOOST_TEST((plain.sample_shape() == Shape{1, 2, 1}));
  BOOST_TEST(plain.classes() == 4u);
  BOOST_TEST(plain.name() == "images");
  BOOST_TEST(plain.source() == directory.path().string());
  BOOST_TEST(!plain.synthetic());
  const data::ImageDataset named_one =
      data::load_images_and_labels(images, two, {.classes = 10, .name = "pair", .source = "here"});
  BOOST_TEST(named_one.classes() == 10u);
  BOOST_TEST(named_one.name() == "pair");
  BOOST_TEST(named_one.source() == "here");

  const fs::path colours = write(directory / "colours", header({2, 1, 2, 3}) + Bytes(12));
  BOOST_TEST((data::load_images_and_labels(colours, two).sample_shape() == Shape{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(names_what_is_wrong_with_a_pair) {
  const fs::path images = write(directory / "images", header({2, 1, 2}) + Bytes(4));
  const fs::path empty = write(directory / "empty", header({2, 0, 2}));
  const fs::path two = write(directory / "two", header({2}) + Bytes{1, 3});
  const auto load = [&](const fs::path& images_path, const fs::path& labels_path,
                        std::size_t classes) {
    return named(error_of<DataError>(
        [&] { data::load_images_and_labels(images_path, labels_path, {.classes = classes}); }));
  };
  BOOST_TEST(load(images, file(labels), 0) ==
             "[idx] file: expected 2 labels for the images in images, found 5");
  BOOST_TEST(load(images, two, 3) == "[idx] two: expected labels less than 3, found 3 at index 1");
  BOOST_TEST(load(empty, two, 0) ==
             "[idx] empty: expected images of at least one pixel, found (2, 0, 2)");
}

BOOST_AUTO_TEST_SUITE_END()

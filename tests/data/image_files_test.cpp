// SPDX-License-Identifier: MIT
// Images that stay in their files: the same batches as from memory, hardly any memory, and an error where a file is
// wrong or becomes so.
#include "sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

using namespace test;

namespace {

struct ImageFilesFixture : Sandbox {
  Rng rng{1};

  // A file of CIFAR's records, with labels less than 10, or than 20 and 100.
  std::string records(const std::string& name, std::size_t count, std::size_t label_bytes = 1) {
    Bytes bytes;
    for (std::size_t i = 0; i < count; ++i) {
      if (label_bytes == 2) bytes.push_back(static_cast<std::uint8_t>(rng.below(20)));
      bytes.push_back(static_cast<std::uint8_t>(rng.below(label_bytes == 2 ? 100 : 10)));
      bytes = bytes + random_bytes(3072, rng);
    }
    return write(directory / name, bytes);
  }
  std::string images(std::initializer_list<std::uint32_t> shape,
                     const std::string& name = "images") {
    std::size_t count = 1;
    for (const std::uint32_t size : shape) count *= size;
    return write(directory / name, header(shape) + random_bytes(count, rng));
  }
  std::string labels(std::uint32_t count, const std::string& name = "labels") {
    Bytes bytes(count);
    for (std::uint8_t& label : bytes) label = static_cast<std::uint8_t>(rng.below(7));
    return write(directory / name, header({count}) + bytes);
  }
  std::string idx_error(const std::string& images, const std::string& labels,
                        std::size_t classes = 0) const {
    return named(
        error_of<DataError>([&] { data::open_images_and_labels(images, labels, classes); }));
  }
  std::string cifar_error(const std::string& path) const {
    return named(error_of<DataError>([&] { data::open_cifar({path}); }));
  }
};

// Each batch of two epochs in an order that is drawn, bit by bit.
void check_same_batches(const data::Dataset& expected, const data::Dataset& given) {
  BOOST_REQUIRE(given.size() == expected.size());
  Rng one{3}, other{3};
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::vector<data::Batch> all;
    for (const data::Batch& batch : data::batches(expected, 8, one)) all.push_back(batch);
    std::size_t next = 0;
    for (const data::Batch& batch : data::batches(given, 8, other)) {
      const data::Batch& same = all.at(next++);
      BOOST_TEST((batch.input().array() == same.input().array()));
      BOOST_TEST(std::ranges::equal(batch.target().ids(), same.target().ids()));
    }
    BOOST_TEST(next == all.size());
  }
}

std::string error_of_all_batches(const data::Dataset& dataset) {
  return error_of<DataError>([&] {
    for (const data::Batch& batch : data::batches(dataset, 4)) (void)batch;
  });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(image_files, ImageFilesFixture)

BOOST_AUTO_TEST_CASE(idx_files_give_the_batches_that_memory_gives) {
  for (const auto& shape : {std::initializer_list<std::uint32_t>{37, 5, 4, 3}, {37, 6, 2}}) {
    const std::string pixels = images(shape), classes = labels(37);
    const auto memory = data::load_images_and_labels(pixels, classes);
    const auto files = data::open_images_and_labels(pixels, classes);
    BOOST_TEST((files.sample_shape() == memory.sample_shape()));
    BOOST_TEST(files.classes() == memory.classes());
    check_same_batches(memory, files);
  }
  write(directory / "labels.gz", gzip(header({37}) + Bytes(37, 3)));
  const auto files = data::open_images_and_labels(directory / "images", directory / "labels.gz", 9);
  BOOST_TEST(files.classes() == 9u);
}

BOOST_AUTO_TEST_CASE(cifar_files_give_the_batches_that_memory_gives) {
  std::vector<std::string> paths;
  for (std::size_t i = 1; i <= 5; ++i)
    paths.push_back(records("data_batch_" + std::to_string(i) + ".bin", i));
  const std::string test = records("test_batch.bin", 3);
  const auto ten = data::cifar10(options({.directory = directory.path()}));
  check_same_batches(ten.train, data::open_cifar(paths));
  check_same_batches(ten.test, data::open_cifar({test}));
  const std::string train = records("train.bin", 11, 2);
  records("test.bin", 1, 2);
  const auto hundred = data::cifar100(options({.directory = directory.path()}));
  check_same_batches(hundred.train, data::open_cifar({train}, {.classes = 100, .label_bytes = 2}));
}

BOOST_AUTO_TEST_CASE(they_compose_as_other_datasets_do) {
  const std::string one = images({10, 8, 8, 3}, "one"), two = images({7, 8, 8, 3}, "two");
  const std::string ten = labels(10, "ten"), seven = labels(7, "seven");
  const auto a = data::load_images_and_labels(one, ten),
             b = data::load_images_and_labels(two, seven);
  const auto c = data::open_images_and_labels(one, ten),
             d = data::open_images_and_labels(two, seven);
  const auto memory = data::concat({a, b}), files = data::concat({c, d});
  check_same_batches(memory, files);
  const auto statistics = data::channel_statistics(files);
  BOOST_TEST((statistics.mean == data::channel_statistics(memory).mean));
  const std::vector<data::Augmentation> steps{data::flip(), data::crop({.padding = 2}),
                                              data::normalize(statistics)};
  check_same_batches(data::augment(memory, steps), data::augment(files, steps));
}

// 8 GiB that are not on the disk but for the last image.
BOOST_AUTO_TEST_CASE(a_dataset_larger_than_memory_takes_none) {
  constexpr std::uint32_t side = 64, count = (std::uint32_t{8} << 20) / 12;
  constexpr std::size_t image = std::size_t{3} * side * side, batch_size = 32;
  const fs::path pixels = write(directory / "images", header({count, side, side, 3}));
  fs::resize_file(pixels, 20 + (std::uintmax_t{count} - 1) * image);
  std::ofstream{pixels, std::ios::binary | std::ios::app} << std::string(image, '\xff');
  Bytes classes(count);
  classes.back() = 9;
  const fs::path path = write(directory / "labels", header({count}) + classes);
  const auto resident = [] {
    std::size_t pages = 0, resident = 0;
    std::ifstream{"/proc/self/statm"} >> pages >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) >> 20;
  };
  const auto was_read = [] {
    std::string name;
    std::size_t bytes = 0;
    std::ifstream{"/proc/self/io"} >> name >> bytes;  // rchar
    return bytes;
  };
  const std::size_t before = resident(), read_before = was_read();
  rusage peak{}, peak_before{};
  ::getrusage(RUSAGE_SELF, &peak_before);
  const auto files = data::open_images_and_labels(pixels, path);
  BOOST_TEST(files.size() == count);
  std::size_t batches = 0;
  for (const data::Batch& batch : data::batches(files, batch_size, rng)) {
    BOOST_TEST(batch.input().shape()[0] == batch_size);
    if (++batches == 20) break;
  }
  BOOST_TEST(resident() < before + 64);
  ::getrusage(RUSAGE_SELF, &peak);
#ifndef __SANITIZE_THREAD__  // which has some bytes beside each that was written
  BOOST_TEST(peak.ru_maxrss - peak_before.ru_maxrss < 64 << 10);
#endif
  // The labels, and the images of 20 batches and of those that were gathered ahead.
  BOOST_TEST(was_read() - read_before < count + 24 * batch_size * image);
  data::Batch last = files.make_batch(2);
  files.gather(std::vector<std::uint32_t>{count - 1, count - 2}, last, rng);
  BOOST_TEST(last.target().ids()[0] == 9);
  const Array& both = last.input().array();
  BOOST_TEST(std::count(both.begin(), both.end(), 1) == static_cast<std::ptrdiff_t>(image));
  BOOST_TEST(both(0, side - 1, side - 1, 2) == 1);
  BOOST_TEST(both(1, side - 1, side - 1, 2) == 0);
}

BOOST_AUTO_TEST_CASE(idx_files_that_are_wrong_are_refused) {
  const Bytes good = header({2, 1, 3}) + Bytes(6);
  const fs::path pixels = write(directory / "images", good);
  const std::string two = labels(2);
  BOOST_TEST(idx_error(directory / "none", two) ==
             "[idx] cannot read DIR/none: No such file or directory");
  BOOST_TEST(idx_error(write(directory / "images.gz", gzip(good)), two) ==
             "[idx] DIR/images.gz: expected a file that is not compressed, found gzip; unpack it "
             "first");
  BOOST_TEST(idx_error(write(directory / "zip", {'P', 'K', 3, 4}), two) ==
             "[idx] DIR/zip: expected the magic 000008 and a number of axes, found 504b0304; this "
             "is no IDX file");
  BOOST_TEST(idx_error(write(directory / "short", {good.begin(), good.end() - 1}), two) ==
             "[idx] DIR/short: expected 6 bytes for (2, 1, 3), found 5; the file is cut short");
  BOOST_TEST(idx_error(write(directory / "long", good + Bytes(2)), two) ==
             "[idx] DIR/long: expected 6 bytes for (2, 1, 3), found 8");
  BOOST_TEST(idx_error(two, two) ==
             "[idx] DIR/labels: expected images of shape (N, H, W), found (2,); these are labels");
  BOOST_TEST(idx_error(pixels, labels(3, "three")) ==
             "[idx] DIR/three: expected 2 labels for the images in DIR/images, found 3");
  BOOST_TEST(idx_error(pixels, write(directory / "large", header({2}) + Bytes{0, 4}), 4) ==
             "[idx] DIR/large: expected labels less than 4, found 4 at index 1");
  BOOST_TEST(idx_error(images({2, 0, 3}), two) ==
             "[idx] DIR/images: expected images of at least one pixel, found (2, 0, 3)");
}

BOOST_AUTO_TEST_CASE(cifar_files_that_are_wrong_are_refused) {
  const std::string good = records("good", 2);
  BOOST_TEST(cifar_error(directory / "none") ==
             "[cifar] cannot read DIR/none: No such file or directory");
  fs::copy_file(good, directory / "short");
  fs::resize_file(directory / "short", 6145);
  BOOST_TEST(cifar_error(directory / "short") ==
             "[cifar] DIR/short: expected records of 3073 bytes, found 6145 bytes; the file is cut "
             "short");
  BOOST_TEST(
      cifar_error(records("hundred", 1, 2)) ==
      "[cifar] DIR/hundred: expected records of 3073 bytes, found 3074 bytes; has it 2 label "
      "bytes (CifarOptions::label_bytes)?");
  const Bytes packed = gzip(Bytes(3073));
  BOOST_TEST(cifar_error(write(directory / "packed", packed)) ==
             "[cifar] DIR/packed: expected records of 3073 bytes, found " +
                 std::to_string(packed.size()) + " bytes; it is compressed: unpack it first");
  const auto many = data::open_cifar({good, write(directory / "large", Bytes(2 * 3073, 10))});
  BOOST_TEST(named(error_of_all_batches(many)) ==
             "[cifar] DIR/large: expected labels less than 10, found 10 in record 0");
  BOOST_TEST(without_place(error_of<ValueError>([] { data::open_cifar({}); })) ==
             "[open_cifar] expected at least one file, got none");
  BOOST_TEST(without_place(error_of<ValueError>([&] {
               data::open_cifar({good}, {.label_bytes = 0});
             })) == "[open_cifar] label_bytes must be from 1 to 255, got 0");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_short_later_is_an_error) {
  const std::string pixels = images({20, 4, 4}), pictures = records("pictures", 20);
  const auto idx = data::open_images_and_labels(pixels, labels(20));
  const auto cifar = data::open_cifar({pictures});
  BOOST_TEST(error_of_all_batches(idx) == "no error");
  for (const std::string& path : {pixels, pictures}) fs::resize_file(path, fs::file_size(path) / 2);
  BOOST_TEST(named(error_of_all_batches(idx)) ==
             "[idx] cannot read DIR/images: the file became shorter");
  BOOST_TEST(named(error_of_all_batches(cifar)) ==
             "[cifar] cannot read DIR/pictures: the file became shorter");
}

BOOST_AUTO_TEST_CASE(a_function_reads_files_of_other_formats) {
  const auto read = [](std::size_t index, std::span<std::uint8_t> pixels) {
    std::ranges::fill(pixels, static_cast<std::uint8_t>(index));
    return static_cast<std::int32_t>(index % 2);
  };
  const data::ImageFiles files{255, {2, 3, 1}, 2, read};
  data::Batch batch = files.make_batch(2);
  files.gather(std::vector<std::uint32_t>{51, 254}, batch, rng);
  BOOST_TEST((batch.input().shape() == Shape{2, 2, 3, 1}));
  BOOST_TEST(batch.input().array()(0, 1, 2, 0) == static_cast<Scalar>(51) / 255);
  BOOST_TEST(std::ranges::equal(batch.target().ids(), std::vector{1, 0}));
  BOOST_TEST(error_of<ValueError>([&] {
               files.gather(std::vector<std::uint32_t>{0, 255}, batch, rng);
             }) == "[gather] expected an index less than 255, got 255");
  BOOST_TEST(without_place(error_of<ValueError>([&] {
               data::ImageFiles{1, {2, 0, 1}, 2, read};
             })) ==
             "[dataset] expected sizes of at least 1, got images of (2, 0, 1) and 2 classes");
  BOOST_TEST(without_place(error_of<ValueError>([] {
               data::ImageFiles{1, {2, 2, 1}, 2, {}};
             })) == "[dataset] expected a function that reads an image, got none");
}

BOOST_AUTO_TEST_SUITE_END()

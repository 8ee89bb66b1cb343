// SPDX-License-Identifier: MIT
// Files that cannot be written, read or trusted: what is said of them, and that nothing changes.
#include "files.hpp"

#include <csignal>

#include <sys/resource.h>

using namespace test;

namespace {

const std::string good_header = R"({"weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
                                R"("bias":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}})";
const std::string good_data = bytes_of({10.f, 20.f, 30.f, 40.f, 50.f, 60.f});

// The header with one part replaced.
std::string with(const std::string& part, const std::string& by) {
  std::string header = good_header;
  return header.replace(header.find(part), part.size(), by);
}

// Checks that loading a file of these bytes throws `[load] <path>text`, or what begins so.
void check_refused(const std::string& bytes, const std::string& text, bool begins = false) {
  const Directory directory;
  const std::string path = directory / "file";
  write_bytes(path, bytes);
  Small model;
  const auto right = [&](const DataError& error) {
    const std::string expected = "[load] " + path + text, what = error.what();
    BOOST_TEST((begins ? what.starts_with(expected) : what == expected), what);
    return true;
  };
  BOOST_CHECK_EXCEPTION(load(path, model), DataError, right);
  BOOST_TEST(model.unchanged());
}

// Checks that saving throws `[save] text`.
void check_not_saved(const std::string& path, const std::string& text) {
  Small model;
  BOOST_CHECK_EXCEPTION(save(path, model), DataError, [&](const DataError& error) {
    BOOST_TEST(error.what() == "[save] " + text);
    return true;
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(damage)

BOOST_AUTO_TEST_CASE(the_file_by_hand_is_good) {
  const Directory directory;
  write_bytes(directory / "file", safetensors(good_header, good_data));
  Small model;
  load(directory / "file", model);
  BOOST_TEST(same_bits(model.weight.value(), array({2, 2}, {10, 20, 30, 40})));
  BOOST_TEST(same_bits(model.bias.value(), array({2}, {50, 60})));
}

BOOST_AUTO_TEST_CASE(files_that_are_no_safetensors) {
  const std::string none = " is no safetensors file: ", good = safetensors(good_header, good_data);
  check_refused("", none + "it has less than 8 bytes");
  check_refused("1234567", none + "it has less than 8 bytes");
  check_refused(good.substr(0, 40), none + "its header is longer than the file");
  check_refused(std::string(100, '\xff'), none + "its header is longer than the file");
  check_refused("a text that is long enough to be a file\n",
                none + "its header is longer than the file");
  check_refused(safetensors("", good_data), none, true);
  check_refused(safetensors("{\"weight\":", good_data), none, true);
  check_refused(safetensors(std::string(1000, '['), good_data), none, true);
  check_refused(safetensors(good_header + "}", good_data), none, true);
  check_refused(safetensors("{\"\xff\":1}", good_data), none, true);
}

BOOST_AUTO_TEST_CASE(headers_that_make_no_sense) {
  const auto check = [](const std::string& header, const std::string& text, bool begins = false) {
    check_refused(safetensors(header, good_data), text, begins);
  };
  const std::string none = " is no safetensors file: ", bias = ": the array bias ";
  const std::string outside = "lies outside the file or has not the length of its shape";
  check("[]", " has no array called weight");
  check("7", " has no array called weight");
  check("{}", " has no array called weight");
  check(with("\"bias\"", "\"BIAS\""), " has no array called bias");
  check(with("\"F32\",\"shape\":[2],", "\"I32\",\"shape\":[2],"),
        bias + "has elements of type I32, expected F32 or F64");
  check(with("[2],", "[3],"), bias + "has the shape (3,), the model's is (2,)");
  check(with("[2,2]", "[4]"), ": the array weight has the shape (4,), the model's is (2, 2)");
  check(with("[16,24]", "[16,32]"), bias + outside);
  check(with("[16,24]", "[24,16]"), bias + outside);
  check(with("[16,24]", "[20,28]"), bias + outside);
  check(with("[16,24]", "[-8,0]"), bias + outside);
  check(with("[16,24]", "[18446744073709551608,0]"), bias + outside);
  check(with("[16,24]", "[16]"), bias + outside);
  check(with("[16,24]", "[16,24,32]"), bias + outside);
  check(with("[16,24]", "7"), none, true);
  check(with("[2],", "\"two\","), none, true);
  check(with(",\"data_offsets\":[16,24]", ""), none, true);
  check(with("{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}", "null"), none, true);
}

BOOST_AUTO_TEST_CASE(files_of_other_models) {
  const std::string more = R"(,"extra":{"dtype":"F32","shape":[1],"data_offsets":[24,28]}})";
  std::string header = good_header;
  header.pop_back();
  check_refused(safetensors(header + more, good_data + "1234"),
                " has the array extra, which the model does not have");
  check_refused(safetensors(with("\"bias\"", "\"weight2\""), good_data),
                " has no array called bias");
}

// The arrays at the end of a truncated file are named.
BOOST_AUTO_TEST_CASE(truncated_files) {
  const std::string good = safetensors(good_header, good_data);
  for (std::size_t cut = 1; cut <= good.size(); ++cut)
    check_refused(good.substr(0, good.size() - cut), "", true);
  check_refused(good.substr(0, good.size() - 1),
                ": the array bias lies outside the file or has not the length of its shape");
  check_refused(good.substr(0, good.size() - 9),
                ": the array weight lies outside the file or has not the length of its shape");
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read) {
  const Directory directory;
  Small model;
  for (const std::string& path :
       {directory / "missing", directory / "no/such/folder", directory / ""}) {
    BOOST_CHECK_EXCEPTION(load(path, model), DataError, [&](const DataError& error) {
      return error.what() == "[load] cannot read " + path;
    });
  }
  BOOST_TEST(model.unchanged());
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_written) {
  const Directory directory;
  write_bytes(directory / "file", "what was there before");
  std::filesystem::create_directory(directory / "folder");
  check_not_saved(directory / "no/file",
                  "cannot write " + directory / "no/file" + ": No such file or directory");
  check_not_saved(directory / "file/x",
                  "cannot write " + directory / "file/x" + ": Not a directory");
  check_not_saved(directory / "folder",
                  "cannot write " + directory / "folder" + ": it is not a regular file");
  BOOST_TEST(read_bytes(directory / "file") == "what was there before");
  BOOST_TEST(directory.files() == 2u);
}

// As on a full disk: the system takes the first bytes of the file and no more.
BOOST_AUTO_TEST_CASE(a_disk_that_is_full) {
  const Directory directory;
  write_bytes(directory / "file", "before");
  struct rlimit limit;
  BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const auto signal = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = limit;
  small.rlim_cur = 100;
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  check_not_saved(directory / "file", "cannot write " + directory / "file" + ": File too large");
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, signal);
  BOOST_TEST(read_bytes(directory / "file") == "before");
  BOOST_TEST(directory.files() == 1u);
}

// JSON has no way to write it.
BOOST_AUTO_TEST_CASE(a_name_that_is_no_text) {
  const Directory directory;
  Parameter p{zeros({1})};
  BOOST_CHECK_THROW(save_weights(directory / "file", {{"\xff\xfe", &p}}), DataError);
  BOOST_TEST(directory.files() == 0u);
}

// Thousands of damaged files: each either loads or is refused, in whole.
BOOST_AUTO_TEST_CASE(mutations) {
  const Directory directory;
  const std::string path = directory / "file", good = safetensors(good_header, good_data);
  write_bytes(path, good);
  Rng rng{2024};
  int loaded = 0, refused = 0;
  for (int i = 0; i < 6000; ++i) {
    std::string bytes = good;
    for (std::size_t changes = 1 + rng.below(3); changes-- > 0;) {
      const std::size_t at = rng.below(bytes.size());
      switch (rng.below(5)) {
        case 0: bytes[at] = static_cast<char>(rng.below(256)); break;
        case 1: bytes[at] = static_cast<char>(bytes[at] ^ 1 << rng.below(8)); break;
        case 2: bytes.erase(at, 1 + rng.below(4)); break;
        case 3: bytes.insert(at, 1, "0123456789[]{},:\"-.e"[rng.below(20)]); break;
        case 4: bytes.insert(at, bytes.substr(rng.below(bytes.size()), rng.below(9))); break;
      }
    }
    write_bytes(path, bytes);
    Small model;
    try {
      load(path, model);
      ++loaded;
    } catch (const DataError& error) {
      ++refused;
      BOOST_REQUIRE_MESSAGE(model.unchanged(), "changed in spite of " << error.what());
      BOOST_REQUIRE(std::string{error.what()}.starts_with("[load] " + path));
    }
  }
  BOOST_TEST(loaded > 100);
  BOOST_TEST(refused > 3000);
  BOOST_TEST(directory.files() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

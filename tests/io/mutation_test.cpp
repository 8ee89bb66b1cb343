// SPDX-License-Identifier: MIT
// Thousands of damaged files: each either loads or is refused as a whole, and none makes the library ask
// for more memory than the file has bytes, and a megabyte.
#include "../allocations.hpp"
#include "training.hpp"

BOOST_AUTO_TEST_SUITE(mutations)

namespace {

using namespace test;

constexpr std::size_t megabyte = 1 << 20;

// Changes a file at a few places.
std::string mutated(std::string bytes, Rng& rng) {
  static const char* const numbers[] = {"0",          "1",          "7",
                                        "2147483648", "4294967296", "9223372036854775807",
                                        "-1",         "1e9",        "18446744073709551615"};
  for (std::size_t changes = 1 + rng.below(3); changes-- > 0 && bytes.size() >= 8;) {
    const std::size_t at = rng.below(bytes.size());
    switch (rng.below(8)) {
      case 0: bytes[at] = static_cast<char>(rng.below(256)); break;
      case 1: bytes[at] = static_cast<char>(bytes[at] ^ 1 << rng.below(8)); break;
      case 2: bytes.erase(at, 1 + rng.below(4)); break;
      case 3: bytes.insert(at, 1, "0123456789[]{},:\"-.e"[rng.below(20)]); break;
      case 4: bytes.insert(at, bytes.substr(rng.below(bytes.size()), rng.below(200))); break;
      case 5: bytes.resize(at); break;
      case 6:  // the length of the header
        bytes[at % 8] = static_cast<char>(bytes[at % 8] ^ 1 << rng.below(8));
        break;
      case 7:  // another number in the header
        if (const std::size_t digit = bytes.find_first_of("0123456789", at); digit != bytes.npos) {
          const std::size_t end = bytes.find_first_not_of("0123456789", digit);
          bytes.replace(digit, std::min(end, bytes.size()) - digit, numbers[rng.below(9)]);
        }
        break;
    }
  }
  return bytes;
}

// Runs 10,000 mutations of a file; `load` reads one, `unchanged` tells whether that changed nothing.
template <class Load, class Unchanged>
void check_mutations(const std::string& good, Load load, Unchanged unchanged) {
  const Directory directory;
  const std::string path = directory / "file";
  Rng rng{2024};
  int loaded = 0, refused = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string bytes = mutated(good, rng);
    write_bytes(path, bytes);
    largest = 0;
    try {
      load(path);
      ++loaded;
    } catch (const DataError& error) {
      ++refused;
      BOOST_REQUIRE_MESSAGE(unchanged(), "changed in spite of " << error.what());
      BOOST_REQUIRE(std::string{error.what()}.starts_with("[load] " + path));
    }
    BOOST_REQUIRE(largest <= bytes.size() + megabyte);
  }
  BOOST_TEST(loaded > 100);
  BOOST_TEST(refused > 5000);
  BOOST_TEST(directory.files() == 1u);
}

}  // namespace

BOOST_AUTO_TEST_CASE(allocations_are_seen) {
  if (!SEES_ALLOCATIONS) return;
  largest = 0;
  const std::vector<char> bytes(3 * megabyte);
  BOOST_TEST(largest == bytes.size());
  release_cached_memory();
  const Array array = zeros({5, megabyte});
  BOOST_TEST(largest >= array.size() * sizeof(Scalar));
}

BOOST_AUTO_TEST_CASE(of_weights) {
  const Directory directory;
  Small saved;
  save(directory / "file", saved);
  Small model;
  check_mutations(
      read_bytes(directory / "file"),
      [&](const std::string& path) {
        load(path, model);
        load_weights(directory / "file", named_arrays(model));
      },
      [&] { return model.unchanged(); });
}

BOOST_AUTO_TEST_CASE(of_npz) {
  const Directory directory;
  Small saved;
  save_npz(directory / "file", saved);
  Small model;
  check_mutations(
      read_bytes(directory / "file"),
      [&](const std::string& path) {
        load_npz(path, model);
        load_npz(directory / "file", model);
      },
      [&] { return model.unchanged(); });
}

BOOST_AUTO_TEST_CASE(of_checkpoints) {
  const Directory directory;
  Training saved{1}, before{2}, training{2};
  saved.checkpoint.save(directory / "saved");
  before.checkpoint.save(directory / "before");
  check_mutations(
      read_bytes(directory / "saved"),
      [&](const std::string& path) {
        training.checkpoint.load(path);
        training.checkpoint.load(directory / "before");
      },
      [&] { return training.same(before); });
}

// Headers of some megabytes, made to be kept in many times that.
BOOST_AUTO_TEST_CASE(headers_that_ask_for_memory) {
  const auto repeated = [](const std::string& part, std::size_t length) {
    std::string all;
    while (all.size() < length) all += part;
    return all;
  };
  const std::size_t length = 3 * megabyte + 17;
  std::string many, texts;
  for (std::size_t i = 0; many.size() < length; ++i)
    many += '"' + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)";
  for (std::size_t i = 0; texts.size() < length; ++i) texts += '"' + std::to_string(i) + "\":\"\",";
  many.back() = '}';
  texts.back() = '}';
  const std::string entry = R"({"a":{"dtype":"U8","shape":)";
  const std::string headers[] = {
      '{' + many,
      R"({"__metadata__":{)" + texts + '}',
      "{\"" + repeated("a", length),
      "{\"" + repeated("\\\"", length),
      "{\"" + repeated("\\u0001", length) + "\":7}",
      "{\"" + repeated("a", 500'000) + "\":{\"dtype\":\"" + repeated("\\u0001", 500'000) + "\"}}",
      '{' + repeated("\n", length) + '}',
      '{' + repeated("\n", 65'000) + "1}",
      "{\"a\":" + repeated("[", length),
      "{\"a\":" + repeated("{\"a\":", length),
      entry + '[' + repeated("1,", length) + "1]}}",
      entry + repeated("1", length) + "}}",
      entry + repeated("[", length) + "}}",
      R"({"__metadata__":{"a":")" + repeated("b", length) + "\"}}",
  };
  const Directory directory;
  Small model;
  for (const std::string& header : headers) {
    const std::string bytes = safetensors(header, "");
    write_bytes(directory / "file", bytes);
    largest = 0;
    BOOST_CHECK_THROW(load(directory / "file", model), DataError);
    BOOST_TEST(largest <= bytes.size() + megabyte, "for " << header.substr(0, 40));
  }
  BOOST_TEST(model.unchanged());
}

// As other writers keep the description of a training.
BOOST_AUTO_TEST_CASE(a_long_text_in_the_metadata) {
  const Directory directory;
  write_bytes(directory / "file",
              safetensors(R"({"__metadata__":{"a":")" + std::string(500'000, 'b') +
                              R"("},"p":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                          bytes_of({2.f})));
  Parameter p{zeros({1})};
  load_weights(directory / "file", {{"p", &p}});
  BOOST_TEST(p.value()(0) == 2);
}

BOOST_AUTO_TEST_SUITE_END()

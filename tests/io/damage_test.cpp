// SPDX-License-Identifier: MIT
// Files that cannot be written, read or trusted: what is said of them, and that nothing changes.
#include "files.hpp"

#include <sys/stat.h>

using namespace test;

BOOST_AUTO_TEST_SUITE(damage)

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

void check_header(const std::string& header, const std::string& text) {
  check_refused(safetensors(header, good_data), text);
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
  check_refused(safetensors("", good_data), none + "its header does not begin with {");
  check_refused(safetensors(" " + good_header, good_data),
                none + "its header does not begin with {");
  check_refused(safetensors("{\"weight\":", good_data), none + "[json.exception.parse_error", true);
  check_refused(safetensors(std::string(1000, '['), good_data),
                none + "its header does not begin with {");
  check_refused(safetensors("{\"weight\":" + std::string(1000, '['), good_data),
                none + "weight is no object");
  check_refused(safetensors(good_header + "}", good_data), none + "[json.exception.parse_error",
                true);
  check_refused(safetensors("{\"\xff\":1}", good_data), none + "[json.exception.parse_error", true);
  check_refused(safetensors(good_header + std::string(1, '\0'), good_data),
                none + "its header has a zero byte");
  check_refused(safetensors("{\"" + std::string(600'000, 'a') + "\":1}", good_data),
                none + "its header has a text that is too long");
  check_refused(safetensors("{" + std::string(70'000, ' ') + "}", good_data),
                none + "its header has a text that is too long");
}

BOOST_AUTO_TEST_CASE(spaces_after_a_header) {
  const Directory directory;
  write_bytes(directory / "file", safetensors(good_header + std::string(100'000, ' '), good_data));
  Small model;
  load(directory / "file", model);
  BOOST_TEST(same_bits(model.bias.value(), array({2}, {50, 60})));
}

BOOST_AUTO_TEST_CASE(headers_that_make_no_sense) {
  const std::string none = " is no safetensors file: ", bias = ": the array bias ";
  const std::string bias_entry = R"({"dtype":"F32","shape":[2],"data_offsets":[16,24]})";
  check_header("[]", none + "its header does not begin with {");
  check_header("{}", none + "expected 0 bytes after its header, got 24");
  check_header(with("\"bias\"", "\"BIAS\""), " has no array called bias" + or_rename);
  check_header(with("\"bias\"", "\"weight\""), none + "two things are called weight");
  check_header(with(bias_entry, "null"), none + "bias is no object");
  check_header(with(bias_entry, "7"), none + "bias is no object");
  check_header(with(bias_entry, "[1]"), none + "bias is no object");
  check_header(with("\"shape\":[2],", ""), bias + "has no shape");
  check_header(with(",\"data_offsets\":[16,24]", ""), bias + "has no data_offsets");
  check_header(with("[16,24]", "[16,24],\"strides\":[1]"), bias + "has the unknown field strides");
  check_header(with("[16,24]", "[16,24],\"dtype\":\"F32\""), bias + "has two of the field dtype");
}

BOOST_AUTO_TEST_CASE(types_and_shapes_that_make_no_sense) {
  const std::string bias = ": the array bias ", bias_type = R"("F32","shape":[2],)";
  check_header(with(bias_type, R"("F31","shape":[2],)"),
               bias + "has elements of the unknown type F31");
  check_header(with(bias_type, R"(32,"shape":[2],)"), bias + "has a dtype that is no text");
  check_header(with(bias_type, R"(["F32"],"shape":[2],)"), bias + "has a dtype that is no text");
  check_header(with(bias_type, R"("I32","shape":[2],)"),
               bias + "has elements of type I32, expected F32 or F64 or F16 or BF16");
  check_header(with("[2,2]", "[4]"),
               ": the array weight has the shape (4,), expected (2, 2)" + or_leave);
  for (const char* const shape : {"\"two\"", "[-2]", "[2.0]", "[[2]]", "2", "[\"2\"]", "null", "{}",
                                  "[true]", "[18446744073709551616]"})
    check_header(with("[2],", shape + std::string{","}),
                 bias + "has a shape that is no list of sizes");
  // The last three would be right if their product had only 64 bits.
  const std::pair<const char*, const char*> rows[] = {
      {"[3]", "(3,)"},
      {"[]", "()"},
      {"[0]", "(0,)"},
      {"[2,2]", "(2, 2)"},
      {"[4294967296,4294967296]", "(4294967296, 4294967296)"},
      {"[576460752303423490]", "(576460752303423490,)"},
      {"[288230376151711745,2]", "(288230376151711745, 2)"},
      {"[2,1152921504606846977]", "(2, 1152921504606846977)"}};
  for (const auto& [shape, named] : rows)
    check_header(with("[2],", shape + std::string{","}),
                 bias + "has 8 bytes, not what F32 and the shape " + named + " need");
  std::string ones = "[2";
  for (int i = 0; i < 64; ++i) ones += ",1";
  check_header(with("[2],", ones + "],"), bias + "has more than 64 axes");
}

BOOST_AUTO_TEST_CASE(offsets_that_make_no_sense) {
  const std::string bias = ": the array bias ";
  for (const char* const offsets :
       {"7", "[16]", "[16,24,32]", "[-8,0]", "[16,2.4e1]", "\"16\"", "{}"})
    check_header(with("[16,24]", offsets), bias + "has a data_offsets that is no pair of offsets");
  const std::pair<const char*, const char*> outside[] = {
      {"[16,32]", "16 to 32"},
      {"[24,16]", "24 to 16"},
      {"[20,28]", "20 to 28"},
      {"[18446744073709551608,0]", "18446744073709551608 to 0"}};
  for (const auto& [offsets, named] : outside)
    check_header(with("[16,24]", offsets),
                 bias + "lies outside the file: expected bytes of 0 to 24, got " + named);
  check_header(with("[16,24]", "[8,16]"),
               bias + "begins at byte 8, expected 16, where the one before it ends");
  check_refused(safetensors(with("[16,24]", "[17,25]"), good_data + '1'),
                bias + "begins at byte 17, expected 16, where the one before it ends");
  check_refused(safetensors(good_header, good_data + '1'),
                " is no safetensors file: expected 24 bytes after its header, got 25");
}

BOOST_AUTO_TEST_CASE(metadata) {
  const auto with_metadata = [](const std::string& metadata) {
    return "{\"__metadata__\":" + metadata + ',' + good_header.substr(1);
  };
  const std::string none = " is no safetensors file: ";
  check_header(with_metadata("7"), none + "__metadata__ is no object");
  check_header(with_metadata("{\"a\":7}"), none + "its metadata are not only texts");
  check_header(with_metadata("{\"a\":{}}"), none + "its metadata are not only texts");
  check_header(with_metadata("{\"a\":\"\",\"a\":\"\"}"), none + "two things are called a");
  check_header(with_metadata("{},\"__metadata__\":{}"),
               none + "two things are called __metadata__");
}

// What a terminal would obey, or show in another order than it is, in names of a file's own.
BOOST_AUTO_TEST_CASE(names_that_are_no_text_to_show) {
  const auto refused = [](const std::string& name, const std::string& shown) {
    check_header(with("\"bias\"", '"' + name + '"'), " has no array called bias" + or_rename);
    std::string more = good_header;
    more.back() = ',';
    check_refused(
        safetensors(more + '"' + name + R"(":{"dtype":"U8","shape":[],"data_offsets":[24,25]}})",
                    good_data + '1'),
        " has the array " + shown + ", which the model does not have" + or_leave);
  };
  refused("\\u001b]0;owned\\u0007\\u001b[2J", R"(\x1b]0;owned\x07\x1b[2J)");
  refused("\x7f", R"(\x7f)");
  refused("a\\nb\\tc\\r", R"(a\x0ab\x09c\x0d)");
  refused("\u0085\u009b31m", R"(\xc2\x85\xc2\x9b31m)");              // the same in one character
  refused("x\u202etxt.\u2066", R"(x\xe2\x80\xaetxt.\xe2\x81\xa6)");  // from right to left
  refused("\\u2028\\u0000", R"(\xe2\x80\xa8\x00)");
  const std::string letters = "\u00e9\u03b1\u4e2d\uffef\U0001f600 a\\\\b";  // as they are
  refused(letters, "\u00e9\u03b1\u4e2d\uffef\U0001f600 a\\b");
}

// Nor does a long one fill the screen.
BOOST_AUTO_TEST_CASE(a_name_that_is_too_long_to_show) {
  const Directory directory;
  const std::string name(100'000, 'a');
  write_bytes(directory / "file",
              safetensors(with("\"bias\"", '"' + name + "\":0,\"bias\""), good_data));
  Small model;
  BOOST_CHECK_EXCEPTION(load(directory / "file", model), DataError, [](const DataError& error) {
    const std::string what = error.what();
    return what.ends_with("aaa...") && what.size() < 20'000;
  });
}

// A path can be any bytes.
BOOST_AUTO_TEST_CASE(paths_that_are_no_text_to_show) {
  Small model;
  const auto shown = [&](const std::string& name) {
    try {
      load(name, model);
    } catch (const DataError& error) {
      return error.message();
    }
    return std::string{};
  };
  const std::string why = ": No such file or directory", cannot = "cannot read /none/";
  BOOST_TEST(shown("/none/\x1b[31m") == cannot + R"(\x1b[31m)" + why);
  for (const char* const bytes : {"\xff", "\x80", "\xc0\xaf", "\xc3", "\xe2\x80", "\xe0\x80\xaf",
                                  "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80"}) {
    std::string escaped;
    for (const char* byte = bytes; *byte != 0; ++byte) {
      char text[8];
      std::snprintf(text, sizeof text, "\\x%02x", static_cast<unsigned>(*byte) & 0xff);
      escaped += text;
    }
    BOOST_TEST(shown(std::string{"/none/"} + bytes) == cannot + escaped + why);
  }
}

BOOST_AUTO_TEST_CASE(files_of_other_models) {
  const std::string more = R"(,"extra":{"dtype":"F4","shape":[2,4],"data_offsets":[24,28]}})";
  std::string header = good_header;
  header.pop_back();
  check_refused(safetensors(header + more, good_data + "1234"),
                " has the array extra, which the model does not have" + or_leave);
  check_header(with("\"bias\"", "\"weight2\""), " has no array called bias" + or_rename);
}

// The array at the end of a truncated file is named.
BOOST_AUTO_TEST_CASE(truncated_files) {
  const std::string good = safetensors(good_header, good_data);
  for (std::size_t cut = 1; cut <= good.size(); ++cut)
    check_refused(good.substr(0, good.size() - cut), "", true);
  check_refused(good.substr(0, good.size() - 1),
                ": the array bias lies outside the file: expected bytes of 0 to 23, got 16 to 24");
  check_refused(good.substr(0, good.size() - 9),
                ": the array weight lies outside the file: expected bytes of 0 to 15, got 0 to 16");
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read) {
  const Directory directory;
  Small model;
  write_bytes(directory / "file", "");
  BOOST_REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  const std::pair<const char*, const char*> rows[] = {
      {"missing", "No such file or directory"},
      {"no/such/folder", "No such file or directory"},
      {"file/x", "Not a directory"},
      {"", "it is not a regular file"},
      {"pipe", "it is not a regular file"}};
  for (const auto& [name, why] : rows) {
    const std::string path = directory / name;
    BOOST_CHECK_EXCEPTION(load(path, model), DataError, [&](const DataError& error) {
      BOOST_TEST(error.what() == "[load] cannot read " + path + ": " + why);
      return true;
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

BOOST_AUTO_TEST_CASE(names_that_cannot_be) {
  const Directory directory;
  Parameter p{zeros({1})};
  const auto check = [&](const std::vector<NamedArray>& parameters, const std::string& text) {
    BOOST_CHECK_EXCEPTION(save_weights(directory / "file", parameters), DataError,
                          [&](const DataError& error) { return error.what() == "[save] " + text; });
  };
  check({{"\xff\xfe", &p}}, "a name or setting is no UTF-8 text");
  check({{"a", &p}, {"a", &p}}, "two arrays are called a");
  check({{"__metadata__", &p}}, "no array can be called __metadata__");
  BOOST_TEST(directory.files() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

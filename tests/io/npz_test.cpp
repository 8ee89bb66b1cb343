// SPDX-License-Identifier: MIT
// Files for numpy, read and written by it, and what is said of damaged ones.
#include "files.hpp"
#include "io/npy.hpp"
#include "io/zip.hpp"

#include <models/models.hpp>
#include <paths.hpp>
#include <xtape/layers.hpp>

#include <algorithm>
#include <sstream>

using namespace test;

BOOST_AUTO_TEST_SUITE(npz)

namespace {

bool run(const std::string& command) { return std::system(command.c_str()) == 0; }

bool has_numpy() {
  static const bool has = run("/usr/bin/python3 -c 'import numpy' 2>/dev/null");
  if (!has) notice("there is no /usr/bin/python3 with numpy");
  return has;
}

bool run_script(const std::string& arguments) {
  return run("/usr/bin/python3 \"" XTAPE_INCLUDE "/../tests/io/read_npz.py\" " + arguments);
}

// Checks that loading a file throws `[load] <path>what`, and that nothing changes.
void check_refused(const std::string& bytes, const std::string& what) {
  const Directory directory;
  const std::string path = directory / "file";
  write_bytes(path, bytes);
  Small model;
  BOOST_CHECK_EXCEPTION(load_npz(path, model), DataError, [&](const DataError& error) {
    BOOST_TEST(error.what() == "[load] " + path + what);
    return true;
  });
  BOOST_TEST(model.unchanged());
}

// The bytes of a good file, whose elements are not the model's of its own.
std::string good() {
  const Directory directory;
  Small model;
  model.weight.value() = array({2, 2}, {10, 20, 30, 40});
  save_npz(directory / "file", model);
  return read_bytes(directory / "file");
}

std::string replaced(std::string bytes, const std::string& part, const std::string& by) {
  const std::size_t at = bytes.find(part);
  BOOST_REQUIRE(at != bytes.npos);
  return bytes.replace(at, part.size(), by);
}

std::string with_byte(std::string bytes, std::size_t at, char by) {
  bytes[at] = by;
  return bytes;
}

std::string reversed(std::string bytes) {
  std::ranges::reverse(bytes);
  return bytes;
}

// A header as numpy may have written it.
std::string dictionary(const std::string& type, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }   \n";
}

// An archive with these as `weight`, and a good `bias`.
std::string by_hand(const std::string& dictionary, const std::string& elements, char version = 1) {
  const Directory directory;
  std::string start = "\x93NUMPY";
  start += version, start += '\0';
  for (std::size_t i = 0; i < (version == 1 ? 2u : 4u); ++i)
    start += static_cast<char>(dictionary.size() >> 8 * i & 0xff);
  const std::string bias = npy::header({2}) + std::string(2 * sizeof(Scalar), '\0');
  zip::write(directory / "file",
             {{"bias.npy", {bias}}, {"weight.npy", {start, dictionary, elements}}});
  return read_bytes(directory / "file");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_model_comes_back_bit_by_bit) {
  const Directory directory;
  Rng a{1}, b{2};
  Sequential saved = models::lenet5(a), loaded = models::lenet5(b);
  for (const Layout layout : {Layout::keras, Layout::torch}) {
    const WeightsOptions options{.layout = layout, .flattened = FlattenedImages{{"3.weight", 16}}};
    for (const auto& [name, p] : parameters(saved)) p->value() = random(p->shape());
    save_npz(directory / "npz", saved, options);
    load_npz(directory / "npz", loaded, options);
    const auto from = parameters(saved), to = parameters(loaded);
    for (std::size_t i = 0; i < from.size(); ++i)
      BOOST_TEST(same_bits(from[i].parameter->value(), to[i].parameter->value()), from[i].name);
    for (const auto& [name, p] : parameters(saved)) p->value().fill(1);
    save(directory / "safetensors", loaded, options);
    load(directory / "safetensors", saved, options);
    for (std::size_t i = 0; i < from.size(); ++i)
      BOOST_TEST(same_bits(from[i].parameter->value(), to[i].parameter->value()), from[i].name);
  }
  BOOST_TEST(directory.files() == 2u);
}

BOOST_AUTO_TEST_CASE(equal_arrays_give_equal_bytes) { BOOST_TEST(good() == good()); }

// Each element is where PyTorch has it.
BOOST_AUTO_TEST_CASE(the_layout_of_torch) {
  const Directory directory;
  struct Net {
    Parameter kernel{counting({2, 3, 4, 5})}, weight{counting({12, 2})}, plain{counting({3, 2})},
        bias{counting({5})};
    void parameters(ParameterList& list) {
      list("kernel", kernel), list("weight", weight), list("plain", plain), list("bias", bias);
    }
  } net;
  save_npz(directory / "npz", net,
           {.layout = Layout::torch, .flattened = FlattenedImages{{"weight", 3}}});
  Parameter kernel{zeros({5, 4, 2, 3})}, weight{zeros({2, 12})}, plain{zeros({2, 3})},
      bias{zeros({5})};
  load_npz_weights(directory / "npz",
                   {{"kernel", &kernel}, {"weight", &weight}, {"plain", &plain}, {"bias", &bias}});
  for (std::size_t o = 0; o < 5; ++o)
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t y = 0; y < 2; ++y)
        for (std::size_t x = 0; x < 3; ++x)
          BOOST_TEST(kernel.value()(o, i, y, x) == net.kernel.value()(y, x, i, o));
  for (std::size_t o = 0; o < 2; ++o)
    for (std::size_t pixel = 0; pixel < 4; ++pixel)
      for (std::size_t c = 0; c < 3; ++c)
        BOOST_TEST(weight.value()(o, c * 4 + pixel) == net.weight.value()(pixel * 3 + c, o));
  for (std::size_t o = 0; o < 2; ++o)
    for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(plain.value()(o, i) == net.plain.value()(i, o));
  BOOST_TEST(same_bits(bias.value(), net.bias.value()));
}

BOOST_AUTO_TEST_CASE(options_that_do_not_fit) {
  const Directory directory;
  Rng rng{1};
  Sequential net = models::lenet5(rng);
  const auto refuse = [&](const WeightsOptions& options, const std::string& what) {
    const auto right = [&](const char* op) {
      return [&, op](const ValueError& error) {
        BOOST_TEST(error.what() == std::string{"["} + op + "] " + what);
        return true;
      };
    };
    BOOST_CHECK_EXCEPTION(save_npz(directory / "net", net, options), ValueError, right("save"));
    BOOST_CHECK_EXCEPTION(save(directory / "net", net, options), ValueError, right("save"));
    BOOST_CHECK_EXCEPTION(load_npz(directory / "net", net, options), ValueError, right("load"));
    BOOST_CHECK_EXCEPTION(load(directory / "net", net, options), ValueError, right("load"));
  };
  refuse(
      {.layout = Layout::torch},
      "the rows of a dense weight depend on whether its input is a flattened image; say .flattened "
      "= flattened_images(net, sample)");
  refuse({.layout = Layout::torch, .flattened = FlattenedImages{{"9.weight", 16}}},
         "there is no parameter 9.weight to read images");
  refuse({.layout = Layout::torch, .flattened = FlattenedImages{{"3.weight", 7}}},
         "3.weight (400, 120) does not read flattened images of 7 channels");
  refuse({.layout = Layout::torch, .flattened = FlattenedImages{{"3.bias", 1}}},
         "3.bias (120,) does not read flattened images of 1 channels");
  BOOST_TEST(directory.files() == 0u);
}

BOOST_AUTO_TEST_CASE(numpy_reads_it) {
  if (!has_numpy()) return;
  const Directory directory;
  struct Odd {
    Parameter scalar{full({}, 0.5)}, none{zeros({0, 3})}, one{array({1}, {-2})},
        matrix{array({2, 3}, {1, 2, 3, 4, 5, 6})};
    void parameters(ParameterList& list) {
      list("scalar", scalar), list("none", none), list("\u03b1.one", one), list("matrix", matrix);
    }
  } odd;
  save_npz(directory / "file.npz", odd);
  BOOST_REQUIRE(run_script("show " + directory / "file.npz" + " >" + directory / "shown"));
  const std::string type = is_double ? "<f8" : "<f4";
  BOOST_TEST(read_bytes(directory / "shown") ==
             "matrix " + type +
                 " [2, 3] 0x1.0000000000000p+0 0x1.0000000000000p+1 0x1.8000000000000p+1 "
                 "0x1.0000000000000p+2 0x1.4000000000000p+2 0x1.8000000000000p+2\n"
                 "none " +
                 type + " [0, 3]\nscalar " + type + " [] 0x1.0000000000000p-1\n\u03b1.one " + type +
                 " [1] -0x1.0000000000000p+1\n");
}

BOOST_AUTO_TEST_CASE(what_numpy_writes_is_read) {
  if (!has_numpy()) return;
  const Directory directory;
  for (const std::string kind : {"f2", "f4", "f8", "compressed", "fortran"}) {
    const std::string path = directory / (kind + ".npz");
    BOOST_REQUIRE(run_script("write " + kind + ' ' + path));
    Small model;
    model.weight.value().fill(0);
    model.bias.value().fill(0);
    load_npz(path, model);
    BOOST_TEST(model.unchanged(), kind);
  }
  BOOST_REQUIRE(run_script("write i4 " + directory / "i4.npz"));
  Small model;
  BOOST_CHECK_EXCEPTION(load_npz(directory / "i4.npz", model), DataError, [](const auto& error) {
    return error.message().ends_with(
        "the array weight has elements of type <i4, expected <f2, <f4 or <f8");
  });
}

// What numpy's own reader takes, Python 2's long integers among it.
BOOST_AUTO_TEST_CASE(headers_in_all_forms) {
  const std::string little = bytes_of({10.f, 20.f, 30.f, 40.f}),
                    big = reversed(bytes_of({40.f, 30.f, 20.f, 10.f}));
  const auto check = [](const std::string& bytes) {
    const Directory directory;
    Small model;
    write_bytes(directory / "file", bytes);
    load_npz(directory / "file", model);
    BOOST_TEST(same_bits(model.weight.value(), array({2, 2}, {10, 20, 30, 40})));
    if (!has_numpy()) return;
    BOOST_REQUIRE(run_script("show " + directory / "file" + " >" + directory / "shown"));
    BOOST_TEST(read_bytes(directory / "shown")
                   .ends_with(" [2, 2] 0x1.4000000000000p+3 0x1.4000000000000p+4 "
                              "0x1.e000000000000p+4 0x1.4000000000000p+5\n"));
  };
  const std::string usual = dictionary("<f4", "(2, 2)");
  for (const char version : {'\1', '\2', '\3'}) check(by_hand(usual, little, version));
  for (const char* const shape : {"(2L, 2L)", "(2L,2,)", "( 2 ,\t2\n)", "(2,\r\n2L , )"})
    check(by_hand(dictionary("<f4", shape), little));
  check(by_hand(R"({"shape":(2,2),"descr":"<f4","fortran_order":False})", little));
  check(by_hand("\t{ 'fortran_order' :False, 'descr': '<f4' , 'shape': (2, 2,)\n}\n", little));
  check(by_hand(dictionary(">f4", "(2, 2)"), big));
  check(by_hand(dictionary("=f4", "(2, 2)"), little));
  check(by_hand(dictionary(">f8", "(2, 2)"), reversed(bytes_of({40., 30., 20., 10.}))));
  check(by_hand(dictionary("<f8", "(2, 2)"), bytes_of({10., 20., 30., 40.})));
  check(by_hand(dictionary(">f2", "(2, 2)"), std::string{"\x49\0\x4d\0\x4f\x80\x51\0", 8}));
  const std::string bad = ": the array weight has a header that is no npy file's";
  for (const char* const shape :
       {"(4)", "(2LL, 2)", "(2l, 2)", "(2 2)", "(2, 2", "[2, 2]", "(,)", "(-2, -2)"})
    check_refused(by_hand(dictionary("<f4", shape), little), bad);
  for (const char* const type : {"f4>", "<f16", ">i4", "|O", "", "<"})
    check_refused(by_hand(dictionary(type, "(2, 2)"), little),
                  std::string{": the array weight has elements of type "} + type +
                      ", expected <f2, <f4 or <f8");
}

BOOST_AUTO_TEST_CASE(files_that_do_not_fit_the_model) {
  const std::string bytes = good();
  const Directory directory;
  Parameter a{zeros({2})};
  save_npz_weights(directory / "a", {{"bias", &a}});
  check_refused(read_bytes(directory / "a"), " has no array called weight" + or_rename);
  Small small;
  save_npz_weights(directory / "b", {{"bias", &a}, {"more", &a}, {"weight", &small.weight}});
  check_refused(read_bytes(directory / "b"),
                " has the file more.npy, which the model does not have" + or_leave);
  save_npz_weights(directory / "c", {{"weight", &a}, {"bias", &a}});
  check_refused(read_bytes(directory / "c"),
                ": the array weight has the shape (2,), expected (2, 2)" + or_leave);
  BOOST_CHECK_EXCEPTION(save_npz_weights(directory / "d", {{"a", &a}, {"a", &a}}), DataError,
                        [](const DataError& error) {
                          return error.what() == std::string{"[save] two arrays are called a.npy"};
                        });
  check_refused(replaced(bytes, "'shape': (2, 2), ", "'shape': (4,1e), "),
                ": the array weight has a header that is no npy file's");
  check_refused(replaced(bytes, "'fortran_order'", "'fortran_ordeR'"),
                ": the array weight has a header that is no npy file's");
  check_refused(replaced(bytes, "NUMPY", "MUMPY"), ": the array weight is no npy file");
  check_refused(replaced(bytes, "NUMPY\1", "NUMPY\7"), ": the array weight has the npy version 7");
}

BOOST_AUTO_TEST_CASE(damaged_archives) {
  const std::string bytes = good(), none = " is no npz file: it does not end as a ZIP archive does";
  check_refused("", none);
  check_refused("no archive", none);
  check_refused(bytes.substr(0, bytes.size() - 1), none);
  const std::size_t directory = bytes.find("PK\1\2");
  const auto damaged = [&](std::size_t at, char by) {
    return with_byte(bytes, directory + at, by);
  };
  check_refused(damaged(0, 'Q'), ": its directory is damaged");
  check_refused(damaged(28, '\xff'), ": its directory is damaged");
  check_refused(damaged(8, 1), ": the file weight.npy is encrypted");
  check_refused(damaged(10, 9),
                ": the file weight.npy is compressed by the method 9, expected 0 "
                "(stored) or 8 (deflated)");
  check_refused(damaged(10, 8), ": the array weight ends too early");
  check_refused(damaged(16, 99), ": the array weight is damaged: its checksum is wrong");
  check_refused(damaged(20, 99), ": the file weight.npy has two sizes");
  check_refused(damaged(42, 1), ": the file weight.npy does not begin where the directory says");
  check_refused(damaged(45, 1), ": the file weight.npy lies outside the archive");
}

// Whatever byte is damaged, the file loads as a whole or is refused as a whole.
BOOST_AUTO_TEST_CASE(every_byte_is_checked) {
  const Directory directory;
  const std::string bytes = good();
  std::size_t refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (const int change : {1, 0x80, 0xff}) {
      write_bytes(directory / "file", with_byte(bytes, at, static_cast<char>(bytes[at] ^ change)));
      Small model;
      try {
        load_npz(directory / "file", model);
        // It was a byte that says nothing of the arrays, such as that of a date.
        BOOST_TEST(same_bits(model.weight.value(), array({2, 2}, {10, 20, 30, 40})), at);
        BOOST_TEST(same_bits(model.bias.value(), array({2}, {5, 6})), at);
      } catch (const DataError&) {
        ++refused;
        BOOST_TEST(model.unchanged(), at);
      }
    }
  BOOST_TEST(refused > bytes.size());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    write_bytes(directory / "file", bytes.substr(0, length));
    Small model;
    BOOST_CHECK_THROW(load_npz(directory / "file", model), DataError);
  }
}

BOOST_AUTO_TEST_SUITE_END()

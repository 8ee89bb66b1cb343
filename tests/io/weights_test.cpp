// SPDX-License-Identifier: MIT
// Saving and loading: the bits of every element, and the bytes of the file as the format says.
#include "files.hpp"

#include <models/models.hpp>
#include <xtape/layers.hpp>

#include <nlohmann/json.hpp>

#include <sys/stat.h>

using namespace test;

BOOST_AUTO_TEST_SUITE(weights)

BOOST_AUTO_TEST_CASE(a_model_comes_back_bit_by_bit) {
  const Directory directory;
  Rng a{1}, b{2};
  Sequential saved = models::lenet5(a), loaded = models::lenet5(b);
  save(directory / "net.safetensors", saved);
  load(directory / "net.safetensors", loaded);
  const auto from = parameters(saved), to = parameters(loaded);
  for (std::size_t i = 0; i < from.size(); ++i)
    BOOST_TEST(same_bits(from[i].parameter->value(), to[i].parameter->value()), from[i].name);
  BOOST_TEST(directory.files() == 1u);
}

BOOST_AUTO_TEST_CASE(so_do_numbers_of_all_kinds_and_shapes) {
  using limits = std::numeric_limits<Scalar>;
  struct Odd {
    Parameter numbers{zeros({8})}, scalar{zeros({})}, none{zeros({0, 3})},
        deep{random({2, 1, 3, 2, 2})};
    void parameters(ParameterList& list) {
      list("numbers", numbers), list("scalar", scalar), list("none", none), list("deep", deep);
    }
  } saved, loaded;
  const Scalar numbers[] = {limits::quiet_NaN(), limits::infinity(),   -limits::infinity(),
                            Scalar{-0.0},        limits::denorm_min(), limits::max(),
                            limits::lowest(),    limits::min()};
  std::copy(std::begin(numbers), std::end(numbers), saved.numbers.value().data());
  saved.scalar.value() = full({}, Scalar{0.1f});
  saved.deep.value() = random({2, 1, 3, 2, 2}, -1, 1, 77);
  const Directory directory;
  save(directory / "odd", saved);
  load(directory / "odd", loaded);
  for (std::size_t i = 0; i < 4; ++i)
    BOOST_TEST(same_bits(parameters(saved)[i].parameter->value(),
                         parameters(loaded)[i].parameter->value()));
}

BOOST_AUTO_TEST_CASE(equal_arrays_give_equal_bytes) {
  const Directory directory;
  Small one, two;
  save(directory / "one", one);
  save(directory / "two", two);
  BOOST_TEST(read_bytes(directory / "one") == read_bytes(directory / "two"));
  const std::string before = read_bytes(directory / "one");
  save(directory / "one", one);  // over itself
  BOOST_TEST(read_bytes(directory / "one") == before);
  BOOST_TEST(directory.files() == 2u);
}

// Read here as the format's page says: eight bytes of length, JSON, elements without gaps.
BOOST_AUTO_TEST_CASE(others_can_read_the_file) {
  const Directory directory;
  Rng rng{1};
  Sequential net = models::mlp(rng);
  save(directory / "net", net);
  const std::string bytes = read_bytes(directory / "net");
  std::size_t length = 0;
  for (std::size_t i = 0; i < 8; ++i)
    length |= std::size_t{static_cast<unsigned char>(bytes[i])} << 8 * i;
  BOOST_TEST(length % 8 == 0u);  // so that the elements are aligned
  BOOST_TEST(bytes[8] == '{');
  const auto header = nlohmann::json::parse(bytes.substr(8, length));
  const std::string data = bytes.substr(8 + length);
  std::size_t end = 0;
  const auto list = parameters(net);
  BOOST_TEST(header.size() == list.size());
  for (const auto& [name, parameter] : list) {
    const auto& entry = header.at(name);
    BOOST_TEST(entry.at("dtype") == (is_double ? "F64" : "F32"));
    const auto shape = entry.at("shape").get<std::vector<std::size_t>>();
    BOOST_TEST((Shape(shape.begin(), shape.end()) == parameter->shape()));
    const auto offsets = entry.at("data_offsets").get<std::vector<std::size_t>>();
    BOOST_TEST(offsets.size() == 2u);
    BOOST_TEST(offsets[0] == end);
    end = offsets[1];
    BOOST_TEST(end - offsets[0] == parameter->size() * sizeof(Scalar));
    BOOST_TEST(std::memcmp(data.data() + offsets[0], parameter->value().data(), end - offsets[0]) ==
               0);
  }
  BOOST_TEST(end == data.size());
}

BOOST_AUTO_TEST_CASE(files_of_either_precision_are_read) {
  const Directory directory;
  const std::string floats = R"({"bias":{"dtype":"F32","shape":[2],"data_offsets":[16,24]},)"
                             R"("__metadata__":{"by":"hand"},)"
                             R"("weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})";
  const std::string mixed = R"({"weight":{"dtype":"F64","shape":[2,2],"data_offsets":[8,40]},)"
                            R"("bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}     )";
  const auto third = static_cast<Scalar>(1 / 3.0);
  Small model;
  write_bytes(directory / "floats",
              safetensors(floats, bytes_of({1.5f, -2.f, 1 / 3.f, 4.f, 8.f, 9.f})));
  load(directory / "floats", model);
  BOOST_TEST(
      same_bits(model.weight.value(), array({2, 2}, {1.5, -2, static_cast<double>(1 / 3.f), 4})));
  BOOST_TEST(same_bits(model.bias.value(), array({2}, {8, 9})));
  write_bytes(directory / "mixed",
              safetensors(mixed, bytes_of({7.f, 8.f}) + bytes_of({0.5, 1 / 3.0, -1e300, 1e-320})));
  load(directory / "mixed", model);
  BOOST_TEST(same_bits(model.bias.value(), array({2}, {7, 8})));
  BOOST_TEST(model.weight.value()(0, 1) == third);
  BOOST_TEST(model.weight.value()(1, 0) == (is_double ? Scalar(-1e300) : -infinity));
  BOOST_TEST(model.weight.value()(1, 1) == Scalar(1e-320));
}

BOOST_AUTO_TEST_CASE(frozen_parameters_are_saved_and_gradients_stay) {
  const Directory directory;
  Small saved, loaded;
  saved.bias.trainable = false;
  saved.bias.value() = array({2}, {-1, -2});
  loaded.weight.grad() = full({2, 2}, 3);
  const std::uint64_t id = loaded.weight.id();
  save(directory / "a", saved);
  load(directory / "a", loaded);
  BOOST_TEST(same_bits(loaded.bias.value(), array({2}, {-1, -2})));
  BOOST_TEST(same_bits(loaded.weight.grad(), full({2, 2}, 3)));
  BOOST_TEST(loaded.weight.id() == id);
}

BOOST_AUTO_TEST_CASE(names_of_any_letters) {
  const Directory directory;
  Parameter a{full({1}, 1)}, b{full({1}, 2)}, c{zeros({1})}, d{zeros({1})};
  const std::string quoted = "\"quoted\" \\ \n", greek = "\u03b1.\u03b2";
  save_weights(directory / "names", {{quoted, &a}, {greek, &b}});
  load_weights(directory / "names", {{greek, &d}, {quoted, &c}});  // the order does not matter
  BOOST_TEST(c.value()(0) == Scalar{1});
  BOOST_TEST(d.value()(0) == Scalar{2});
}

BOOST_AUTO_TEST_CASE(a_link_is_followed_and_a_pipe_is_left_alone) {
  const Directory directory;
  Rng rng{1};
  Sequential net = models::lenet5(rng);
  const std::string file = directory / "file", link = directory / "link", pipe = directory / "pipe";
  save(file, net);
  std::filesystem::create_symlink("file", link);
  parameters(net)[0].parameter->value().fill(7);
  save(link, net);
  BOOST_TEST(std::filesystem::is_symlink(link));
  Sequential loaded = models::lenet5(rng);
  load(file, loaded);
  BOOST_TEST(*parameters(loaded)[0].parameter->value().data() == 7);

  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  BOOST_CHECK_EXCEPTION(save(pipe, net), DataError, [&](const DataError& e) {
    return e.what() == "[save] cannot write " + pipe + ": it is not a regular file";
  });
  BOOST_TEST(std::filesystem::is_fifo(pipe));
  BOOST_TEST(directory.files() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

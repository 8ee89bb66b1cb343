// SPDX-License-Identifier: MIT
// Checkpoints: a training goes on with the same bits, and a file that does not fit changes nothing.
#include "training.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <nlohmann/json.hpp>

#include <sstream>

using namespace test;

BOOST_AUTO_TEST_SUITE(checkpoints)

namespace {

// Checks that loading a file of these bytes into a training throws `[load] <path>text`.
void check_refused(const std::string& bytes, Training& training, const std::string& text) {
  const Directory directory;
  const std::string path = directory / "file";
  write_bytes(path, bytes);
  Training before{5};
  BOOST_REQUIRE(training.same(before));
  BOOST_CHECK_EXCEPTION(training.checkpoint.load(path), DataError, [&](const DataError& error) {
    BOOST_TEST(error.what() == "[load] " + path + text);
    return true;
  });
  BOOST_TEST(training.same(before));
}
void check_refused(const std::string& bytes, const std::string& text) {
  Training training{5};
  check_refused(bytes, training, text);
}

// The file of a training, after `change` has seen the header.
template <class Change>
std::string file_with(Change change) {
  const Directory directory;
  Training{1}.checkpoint.save(directory / "file");
  const std::string bytes = read_bytes(directory / "file");
  std::size_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  auto header = nlohmann::ordered_json::parse(bytes.substr(8, length));
  change(header);
  return safetensors(header.dump(), bytes.substr(8 + length));
}
std::string file() {
  return file_with([](auto&) {});
}
// The file with one array under another name.
std::string file_with_renamed(const std::string& from, const std::string& to) {
  return file_with([&](auto& header) {
    header[to] = header.at(from);
    header.erase(from);
  });
}

std::string shown(double number) {
  std::ostringstream out;
  out << number;
  return out.str();
}

// A training by hand: a network with dropout, batches drawn at random, Adam.
struct Loop {
  void run(std::uint64_t epochs) {
    for (; epoch < epochs; ++epoch) {
      Array x = uninitialized({8, 4});
      for (Scalar& value : x.storage()) value = static_cast<Scalar>(rng.normal());
      std::vector<std::int32_t> labels(8);
      for (std::size_t i = 0; i < 8; ++i) labels[i] = x(i, 0) > 0;
      Tape tape{Mode::train, rng};
      const Variable loss = softmax_cross_entropy(net(tape.input(x)), labels);
      tape.backward(loss, adam);
      losses.push_back(static_cast<double>(loss.item()));
    }
  }
  Checkpoint checkpoint() {
    Checkpoint checkpoint{net};
    checkpoint.add("adam", adam).add("rng", rng).add("epoch", epoch).add("losses", losses);
    return checkpoint;
  }

  Rng rng{3};
  Sequential net{Dense{{.in = 4, .out = 16}, rng}, relu, Dropout{0.25},
                 Dense{{.in = 16, .out = 2}, rng}};
  Adam adam{{.learning_rate = 1e-2}};
  std::uint64_t epoch = 0;
  std::vector<double> losses;
};

}  // namespace

BOOST_AUTO_TEST_CASE(everything_comes_back_bit_by_bit) {
  const Directory directory;
  Training saved{1}, loaded{2};
  BOOST_TEST(!saved.same(loaded));
  saved.checkpoint.save(directory / "run");
  loaded.checkpoint.load(directory / "run");
  BOOST_TEST(saved.same(loaded));
  loaded.checkpoint.save(directory / "again");
  BOOST_TEST(read_bytes(directory / "run") == read_bytes(directory / "again"));
  BOOST_TEST(directory.files() == 2u);
}

BOOST_AUTO_TEST_CASE(a_training_goes_on_as_if_it_had_never_stopped) {
  const Directory directory;
  Loop whole, first, second;
  whole.run(20);
  first.run(11);
  first.checkpoint().save(directory / "run");
  second.checkpoint().load(directory / "run");
  BOOST_TEST(second.epoch == 11u);
  second.run(20);
  BOOST_TEST(second.losses == whole.losses);
  const auto expected = parameters(whole.net), found = parameters(second.net);
  for (std::size_t i = 0; i < expected.size(); ++i)
    BOOST_TEST(same_bits(found[i].parameter->value(), expected[i].parameter->value()),
               expected[i].name);
}

// Numbers that a decimal notation would lose.
BOOST_AUTO_TEST_CASE(numbers_of_all_kinds) {
  using limits = std::numeric_limits<double>;
  const Directory directory;
  double a = -0.0, b = limits::quiet_NaN();
  std::uint64_t c = ~std::uint64_t{0};
  std::vector<double> d{limits::infinity(), limits::denorm_min(), 1 / 3.0}, e;
  Small model;
  Checkpoint checkpoint{model};
  checkpoint.add("a", a).add("b", b).add("c", c).add("d", d).add("e", e);
  checkpoint.save(directory / "numbers");
  const std::vector<double> expected = d;
  a = 1, b = 2, c = 3, d = {}, e = {4, 5};
  checkpoint.load(directory / "numbers");
  BOOST_TEST((a == 0 && std::signbit(a)));
  BOOST_TEST(std::isnan(b));
  BOOST_TEST(c == ~std::uint64_t{0});
  BOOST_TEST(d == expected);
  BOOST_TEST(e.empty());
}

// As the documentation says, for those who read it with other tools.
BOOST_AUTO_TEST_CASE(names_types_and_alignment_in_the_file) {
  file_with([](const nlohmann::ordered_json& header) {
    const char* const scalar = is_double ? "F64" : "F32";
    BOOST_TEST(
        header.at("__metadata__") ==
        (nlohmann::ordered_json{
            {"format", "xtape checkpoint 1"}, {"scalar", scalar}, {"setting.model", "small"}}));
    const std::map<std::string, std::string> types{{"weight", scalar},
                                                   {"bias", scalar},
                                                   {"training.adam.steps", "U64"},
                                                   {"training.adam.learning_rate", "F64"},
                                                   {"training.adam.weight.m", scalar},
                                                   {"training.adam.weight.v", scalar},
                                                   {"training.adam.bias.m", scalar},
                                                   {"training.adam.bias.v", scalar},
                                                   {"training.rng.seed", "U64"},
                                                   {"training.rng.position", "U64"},
                                                   {"training.best", "F64"},
                                                   {"training.epoch", "U64"},
                                                   {"training.losses", "F64"},
                                                   {"training.average", scalar}};
    BOOST_TEST(header.size() == types.size() + 1);
    for (const auto& [name, type] : types) {
      BOOST_TEST(header.at(name).at("dtype") == type, name);
      const std::size_t begin = header.at(name).at("data_offsets").at(0);
      BOOST_TEST(begin % (type == "F32" ? 4 : 8) == 0u, name);
    }
  });
}

BOOST_AUTO_TEST_CASE(weights_are_read_from_a_checkpoint) {
  const Directory directory;
  Training saved{1};
  saved.checkpoint.save(directory / "run");
  Small model;
  load(directory / "run", model);
  BOOST_TEST(same_bits(model.weight.value(), saved.model.weight.value()));
  BOOST_TEST(same_bits(model.bias.value(), saved.model.bias.value()));

  // In a file that is no checkpoint the prefix means nothing.
  write_bytes(directory / "other", file_with([](auto& header) { header.erase("__metadata__"); }));
  BOOST_CHECK_EXCEPTION(load(directory / "other", model), DataError, [&](const DataError& error) {
    BOOST_TEST(error.what() ==
               "[load] " + directory / "other" +
                   " has the array training.adam.bias.m, which the model does not have" + or_leave);
    return true;
  });
}

BOOST_AUTO_TEST_CASE(a_file_of_weights_is_no_checkpoint) {
  const Directory directory;
  Small model;
  save(directory / "weights", model);
  check_refused(read_bytes(directory / "weights"),
                " is no checkpoint, it has weights only; load(path, net) reads them");
}

BOOST_AUTO_TEST_CASE(files_of_other_formats) {
  const std::string other = is_double ? "F32" : "F64", own = is_double ? "F64" : "F32";
  check_refused(file_with([](auto& h) { h["__metadata__"]["format"] = "xtape checkpoint 2"; }),
                " has the format xtape checkpoint 2, expected xtape checkpoint 1");
  check_refused(file_with([&](auto& h) { h["__metadata__"]["scalar"] = other; }),
                " was written by a build for " + other + ", this one is for " + own +
                    " and could not go on with the same bits; load(path, net) reads the weights");
}

BOOST_AUTO_TEST_CASE(other_settings) {
  check_refused(file_with([](auto& h) { h["__metadata__"]["setting.model"] = "large"; }),
                ": it was written with model = large, not small");
  check_refused(file_with([](auto& h) { h["__metadata__"].erase("setting.model"); }),
                ": it was written without model, not with model = small");
  check_refused(file_with([](auto& h) { h["__metadata__"]["setting.batch"] = "64"; }),
                ": it was written with batch = 64, which is not set here");
}

BOOST_AUTO_TEST_CASE(missing_and_superfluous_parts) {
  check_refused(file_with_renamed("weight", "other"), " has no array called weight");
  check_refused(file_with_renamed("training.rng.seed", "training.rng.salt"),
                " has no array called training.rng.seed");
  Training training{5};
  double more = 7;
  training.checkpoint.add("more", more);
  check_refused(file(), training, " has no array called training.more");
  BOOST_TEST(more == 7);

  const Directory directory;
  Training saved{1};
  saved.checkpoint.add("more", more);
  saved.checkpoint.save(directory / "file");
  check_refused(read_bytes(directory / "file"),
                " has the array training.more, which nothing here asks for");
}

// What comes last in the order of reading must not fail after something has changed.
BOOST_AUTO_TEST_CASE(parts_of_other_types_and_shapes) {
  const auto field = [](const char* name, const char* key, const nlohmann::ordered_json& value) {
    return file_with([&](auto& header) { header[name][key] = value; });
  };
  check_refused(field("training.epoch", "dtype", "I64"),
                ": the array training.epoch has elements of type I64, expected U64");
  check_refused(field("training.best", "dtype", "U64"),
                ": the array training.best has elements of type U64, expected F64");
  check_refused(field("training.rng.seed", "shape", {1}),
                ": the array training.rng.seed has the shape (1,), expected ()");
  check_refused(field("training.losses", "shape", {2, 1}),
                ": the array training.losses has the shape (2, 1), expected one axis");
  check_refused(field("training.average", "shape", {3, 1}),
                ": the array training.average has the shape (3, 1), expected (3,)");
  check_refused(field("training.adam.weight.m", "shape", {4}),
                ": the array training.adam.weight.m has the shape (4,), expected (2, 2)");
  check_refused(field("weight", "dtype", is_double ? "I64" : "I32"),
                std::string{": the array weight has elements of type "} +
                    (is_double ? "I64, expected F64" : "I32, expected F32"));
}

// What a part says of its state is asked when all has been read, and then nothing has changed.
BOOST_AUTO_TEST_CASE(states_that_cannot_be) {
  const std::string rate = "training.adam.learning_rate", steps = "training.adam.steps";
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               inf = std::numeric_limits<double>::infinity();
  for (const double wrong : {nan, inf, -inf, -0.5})
    check_refused(with_first(file(), rate, wrong),
                  ": " + rate + " is " + shown(wrong) + ", expected a finite number of at least 0");
  for (const std::uint64_t wrong : {~std::uint64_t{0}, (std::uint64_t{1} << 53) + 1})
    check_refused(with_first(file(), steps, wrong), ": " + steps + " is " + std::to_string(wrong) +
                                                        ", expected at most 9007199254740992");
  struct Even {
    std::uint64_t count = 2;
    double low = -1;
    void state(StateList& list) {
      list("count", count), list("low", low, std::numeric_limits<double>::lowest());
      list.check([this] { return count % 2 == 0 ? "" : "count is odd"; });
    }
  } even;
  Training training{5};
  training.checkpoint.add("even", even);
  const Directory directory;
  training.checkpoint.save(directory / "file");
  const std::string good = read_bytes(directory / "file");
  check_refused(with_first(good, "training.even.count", std::uint64_t{3}), training,
                ": training.even.count is odd");
  check_refused(with_first(good, "training.even.low", -inf), training,
                ": training.even.low is -inf, expected a finite number");
  BOOST_TEST(even.count == 2u);
  BOOST_TEST(even.low == -1);
  write_bytes(directory / "file", with_first(good, "training.even.count", std::uint64_t{4}));
  training.checkpoint.load(directory / "file");
  BOOST_TEST(even.count == 4u);
}

BOOST_AUTO_TEST_CASE(names_that_are_taken) {
  Small model;
  Checkpoint checkpoint{model};
  double a = 0;
  std::uint64_t b = 0;
  checkpoint.add("a", a);
  BOOST_CHECK_EXCEPTION(checkpoint.add("a", b), ValueError, [](const ValueError& error) {
    return std::string{error.what()}.starts_with("[checkpoint] two things are called a at ");
  });
  Parameter p{zeros({1})};
  BOOST_CHECK_EXCEPTION(
      (Checkpoint{std::vector<NamedArray>{{"training.p", &p}}}), ValueError,
      [](const ValueError& error) {
        BOOST_TEST(error.what() ==
                   std::string{"[checkpoint] an array is called training.p: what begins with "
                               "training. is for the state of the training"});
        return true;
      });
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// What loading makes of a file that is not all of a model, or calls it otherwise: the same for both formats.
#include "files.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(loading)

namespace {

using Listed = std::vector<NamedArray>;
using Names = std::vector<std::string>;

struct Format {
  const char* name;
  void (*save)(const std::string&, const Listed&, const WeightsOptions&);
  LoadReport (*load)(const std::string&, const Listed&, const WeightsOptions&);
};
constexpr Format formats[] = {{"safetensors", save_weights, load_weights},
                              {"npz", save_npz_weights, load_npz_weights}};

// Checks that loading throws an E, `[load] what`, and changes nothing.
template <class E>
void check_refused(const Format& format, const std::string& path, Small& model,
                   const WeightsOptions& options, const std::string& what) {
  BOOST_CHECK_EXCEPTION(format.load(path, named_arrays(model), options), E, [&](const E& error) {
    BOOST_TEST(error.what() == "[load] " + what);
    return true;
  });
  BOOST_TEST(model.unchanged());
}

// A parameter with two names, as weights that an encoder and a decoder share.
struct Tied {
  Parameter weight{array({2}, {7, 8})};
  void parameters(ParameterList& list) { list("encoder", weight), list("decoder", weight); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_parameter_of_two_names_has_one_value) {
  Parameter a{array({2}, {1, 2})}, b{array({2}, {1, 3})}, c{array({2}, {not_a_number, -0.0})};
  for (const Format& format : formats) {
    const Directory directory;
    const std::string path = directory / "file";
    Tied tied;
    format.save(path, {{"encoder", &a}, {"decoder", &b}}, {});
    BOOST_CHECK_EXCEPTION(format.load(path, named_arrays(tied), {}), DataError,
                          [&](const DataError& error) {
                            BOOST_TEST(error.what() == "[load] " + path +
                                                           ": the arrays encoder and decoder "
                                                           "differ, and are one here");
                            return true;
                          });
    BOOST_TEST(same_bits(tied.weight.value(), array({2}, {7, 8})));
    for (Parameter* equal : {&a, &c}) {
      format.save(path, {{"encoder", equal}, {"decoder", equal}}, {});
      format.load(path, named_arrays(tied), {});
      BOOST_TEST(same_bits(tied.weight.value(), equal->value()), format.name);
      tied.weight.value() = array({2}, {7, 8});
    }
  }
}

BOOST_AUTO_TEST_CASE(so_it_has_in_a_checkpoint) {
  const Directory directory;
  const std::string path = directory / "file";
  Tied tied;
  Checkpoint{tied}.save(path);
  Checkpoint{tied}.load(path);
  struct Apart {
    Parameter encoder{array({2}, {1, 2})}, decoder{array({2}, {1, 3})};
    void parameters(ParameterList& list) { list("encoder", encoder), list("decoder", decoder); }
  } apart;
  Checkpoint{apart}.save(path);
  BOOST_CHECK_EXCEPTION(Checkpoint{tied}.load(path), DataError, [&](const DataError& error) {
    BOOST_TEST(error.what() ==
               "[load] " + path + ": the arrays encoder and decoder differ, and are one here");
    return true;
  });
  BOOST_TEST(same_bits(tied.weight.value(), array({2}, {7, 8})));
}

// As layers behind a std::function do not list what is in them.
BOOST_AUTO_TEST_CASE(a_model_that_lists_nothing_is_an_error) {
  const Directory directory;
  const std::string path = directory / "file";
  Rng rng{1};
  std::vector<std::function<Variable(const Variable&)>> layers;
  auto dense = std::make_shared<Dense>(Dense::Options{.in = 2, .out = 2}, rng);
  layers.emplace_back([dense](const Variable& x) { return (*dense)(x); });
  struct Hidden {
    std::vector<std::function<Variable(const Variable&)>>& layers;
    void parameters(ParameterList& list) { list("layers", layers); }
  } hidden{layers};
  Sequential none{relu, Flatten{}};
  const auto check = [](const std::string& op, auto action) {
    BOOST_CHECK_EXCEPTION(action(), ValueError, [&](const ValueError& error) {
      BOOST_TEST(error.what() ==
                 "[" + op +
                     "] the model lists no parameters; does each of its layers have a public "
                     "parameters(ParameterList&)?");
      return true;
    });
  };
  check("save", [&] { save(path, hidden); });
  check("save", [&] { save_npz(path, hidden); });
  check("save", [&] { save(path, none); });
  check("checkpoint", [&] { Checkpoint{hidden}; });
  BOOST_TEST(directory.files() == 0u);
  write_bytes(path, safetensors("{}      ", ""));
  check("load", [&] { load(path, hidden); });
  check("load", [&] { load_npz(path, hidden); });
  check("load", [&] { load_weights(path, {}, {.partial = true}); });
}

BOOST_AUTO_TEST_CASE(a_part_is_what_both_have) {
  Parameter bias{array({2}, {-5, -6})}, head{array({2, 3}, {1, 2, 3, 4, 5, 6})}, more{full({1}, 9)};
  for (const Format& format : formats) BOOST_TEST_CONTEXT(format.name) {
      const Directory directory;
      const std::string path = directory / "file";
      format.save(path, {{"more", &more}, {"weight", &head}, {"bias", &bias}}, {});
      Small model;
      check_refused<DataError>(
          format, path, model, {},
          path + ": the array weight has the shape (2, 3), expected (2, 2)" + or_leave);
      const LoadReport report = format.load(path, named_arrays(model), {.partial = true});
      BOOST_TEST(report.loaded == Names{"bias"}, boost::test_tools::per_element());
      BOOST_TEST(report.missing == Names{"weight"}, boost::test_tools::per_element());
      BOOST_TEST(report.unused == (Names{"more", "weight"}), boost::test_tools::per_element());
      BOOST_TEST(same_bits(model.bias.value(), array({2}, {-5, -6})));
      BOOST_TEST(same_bits(model.weight.value(), array({2, 2}, {1, 2, 3, 4})));
    }
}

BOOST_AUTO_TEST_CASE(all_is_reported_as_well) {
  for (const Format& format : formats) {
    const Directory directory;
    Small saved, loaded;
    format.save(directory / "file", named_arrays(saved), {});
    for (const bool partial : {false, true}) {
      const LoadReport report =
          format.load(directory / "file", named_arrays(loaded), {.partial = partial});
      BOOST_TEST(report.loaded == (Names{"weight", "bias"}), boost::test_tools::per_element());
      BOOST_TEST(report.missing.empty());
      BOOST_TEST(report.unused.empty());
    }
  }
}

// The batches that a normalisation of PyTorch's has seen.
BOOST_AUTO_TEST_CASE(what_torch_counts_is_left) {
  const Directory directory;
  Parameter weight{array({2}, {1, 2})}, count{array({1}, {7})};
  for (const Format& format : formats) {
    const std::string path = directory / "file";
    format.save(path, {{"0.weight", &weight}, {"0.num_batches_tracked", &count}}, {});
    const LoadReport report = format.load(path, {{"0.weight", &weight}}, {});
    BOOST_TEST(report.unused == Names{"0.num_batches_tracked"}, boost::test_tools::per_element());
    BOOST_CHECK_THROW(format.load(path, {{"0.num_batches_tracked", &count}}, {}), DataError);
  }
}

// Where the names are all others, a part would be nothing.
BOOST_AUTO_TEST_CASE(a_part_that_is_nothing_is_an_error) {
  Parameter other{zeros({2})};
  for (const Format& format : formats) {
    const Directory directory;
    const std::string path = directory / "file";
    format.save(path, {{"fc.bias", &other}}, {});
    Small model;
    check_refused<DataError>(format, path, model, {.partial = true},
                             path +
                                 " has nothing of the names and shapes that the model has; "
                                 "rename says what the file calls them");
  }
}

BOOST_AUTO_TEST_CASE(a_part_of_a_damaged_file_is_not_read) {
  const Directory directory;
  const std::string path = directory / "file";
  Small saved, model;
  saved.bias.value().fill(1);
  save_npz(path, saved);
  std::string bytes = read_bytes(path);
  const std::size_t element = bytes.find('\n', bytes.find("weight.npy")) + 1;
  bytes[element] = static_cast<char>(bytes[element] ^ 1);
  write_bytes(path, bytes);
  check_refused<DataError>(formats[1], path, model, {.partial = true},
                           path + ": the array weight is damaged: its checksum is wrong");
}

BOOST_AUTO_TEST_CASE(of_a_checkpoint_the_state_of_the_training_is_not_left) {
  const Directory directory;
  Small model, loaded;
  Rng rng{1};
  Checkpoint checkpoint{model};
  checkpoint.add("rng", rng);
  checkpoint.save(directory / "file");
  BOOST_TEST(load(directory / "file", loaded, {.partial = true}).unused.empty());
}

BOOST_AUTO_TEST_CASE(files_can_have_other_names) {
  struct Net {
    Parameter scale{array({1}, {3})};
    Small first, last;
    void parameters(ParameterList& list) {
      list("scale", scale), list("0", first), list("10", last);
    }
  };
  const std::pair<Renames, Names> cases[] = {
      {{}, {"scale", "0.weight", "0.bias", "10.weight", "10.bias"}},
      {{{"0", "conv1"}}, {"scale", "conv1.weight", "conv1.bias", "10.weight", "10.bias"}},
      {{{"0", "features.0"}, {"10.bias", "b"}},
       {"scale", "features.0.weight", "features.0.bias", "10.weight", "b"}},
      {{{"", "model"}, {"10", "head"}, {"10.bias", "head.b"}},
       {"model.scale", "model.0.weight", "model.0.bias", "head.weight", "head.b"}},
      {{{"0", ""}}, {"scale", "weight", "bias", "10.weight", "10.bias"}},
  };
  for (const Format& format : formats)
    for (const auto& [rename, names] : cases) {
      const Directory directory;
      Net saved, loaded;
      for (const auto& [name, p] : parameters(saved)) p->value() = random(p->shape());
      format.save(directory / "ours", named_arrays(saved), {.rename = rename});
      format.load(directory / "ours", named_arrays(loaded), {.rename = rename});
      Listed renamed;  // in a model that calls them so itself
      Net other;
      for (std::size_t i = 0; i < names.size(); ++i)
        renamed.push_back({names[i], parameters(other)[i].parameter});
      format.load(directory / "ours", renamed, {});
      for (std::size_t i = 0; i < names.size(); ++i) {
        const Array& expected = parameters(saved)[i].parameter->value();
        BOOST_TEST(same_bits(parameters(loaded)[i].parameter->value(), expected), names[i]);
        BOOST_TEST(same_bits(parameters(other)[i].parameter->value(), expected), names[i]);
      }
    }
}

BOOST_AUTO_TEST_CASE(names_that_nothing_has) {
  const Directory directory;
  const std::string path = directory / "file";
  Small model;
  for (const Format& format : formats) {
    format.save(path, named_arrays(model), {});
    for (const char* const none : {"weigh", "weight.", "0", "weights"})
      check_refused<ValueError>(
          format, path, model, {.rename = {{none, "x"}}},
          std::string{"there is nothing called "} + none +
              " in the model to rename; the model's name comes first, then the file's");
    check_refused<DataError>(format, path, model, {.rename = {{"bias", "b"}}},
                             path + " has no array called b" + or_rename);
  }
}

BOOST_AUTO_TEST_SUITE_END()

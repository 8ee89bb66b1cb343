// SPDX-License-Identifier: MIT
// Buffers in files: beside the parameters, under their names.
#include "files.hpp"

#include <xtape/ops.hpp>
#include <xtape/optim.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(buffers_in_files)

namespace {

struct Normal {
  explicit Normal(double start)
      : scale{full({3}, Scalar(start))}, mean{full({3}, Scalar(-start))} {}
  Parameter scale;
  Buffer mean;
  void parameters(ParameterList& list) { list("scale", scale), list("mean", mean); }
};

// The same without the buffer.
struct Plain {
  Parameter scale{zeros({3})};
  void parameters(ParameterList& list) { list("scale", scale); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(are_saved_and_loaded) {
  const Directory directory;
  const Normal saved{2};
  for (const bool npz : {false, true}) {
    Normal writer{2}, reader{7};
    const Value shared = reader.mean.value;
    if (npz)
      save_npz(directory / "net", writer), load_npz(directory / "net", reader);
    else
      save(directory / "net", writer), load(directory / "net", reader);
    BOOST_TEST(same_bits(reader.scale.value(), saved.scale.value()));
    BOOST_TEST(same_bits(*reader.mean.value, *saved.mean.value));
    BOOST_TEST((*shared)(0) == -7);  // who shares the old one keeps it
  }
}

BOOST_AUTO_TEST_CASE(are_asked_for_and_may_be_missing_in_a_part) {
  const Directory directory;
  Plain plain;
  Normal normal{4};
  save(directory / "plain", plain);
  BOOST_CHECK_EXCEPTION(load(directory / "plain", normal), DataError, [](const DataError& error) {
    return error.message().find("has no array called mean") != std::string::npos;
  });
  BOOST_TEST(normal.scale.value()(0) == 4);
  const LoadReport report = load(directory / "plain", normal, {.partial = true});
  BOOST_TEST((report.loaded == std::vector<std::string>{"scale"}));
  BOOST_TEST((report.missing == std::vector<std::string>{"mean"}));
  BOOST_TEST(normal.scale.value()(0) == 0);
  BOOST_TEST((*normal.mean.value)(0) == -4);
  save(directory / "normal", normal);
  BOOST_TEST((load(directory / "normal", plain, {.partial = true}).unused ==
              std::vector<std::string>{"mean"}));
}

BOOST_AUTO_TEST_CASE(may_have_two_names_but_one_value) {
  const Directory directory;
  struct Tied {
    Buffer& mean;
    void parameters(ParameterList& list) { list("a", mean), list("b", mean); }
  };
  Buffer mean{zeros({2})}, first{full({2}, 1)}, second{full({2}, 2)};
  Tied tied{mean};
  save_weights(directory / "same", {{"a", &first}, {"b", &first}});
  load(directory / "same", tied);
  BOOST_TEST((*mean.value)(1) == 1);
  save_weights(directory / "apart", {{"a", &first}, {"b", &second}});
  BOOST_CHECK_EXCEPTION(load(directory / "apart", tied), DataError, [](const DataError& error) {
    return error.message().find("the arrays a and b differ, and are one here") != std::string::npos;
  });
  BOOST_TEST((*mean.value)(1) == 1);
}

// As a layer that keeps statistics is called in PyTorch; a buffer of two axes is no dense weight.
BOOST_AUTO_TEST_CASE(have_the_names_and_axes_of_others) {
  struct Ours {
    Parameter weight{random({2, 3}, -1, 1, 1)};
    Buffer mean{random({3}, -1, 1, 2)}, mask{random({2, 3}, -1, 1, 3)};
    Buffer kernel{random({1, 2, 1, 2}, -1, 1, 4)};
    void parameters(ParameterList& list) {
      list("weight", weight), list("mean", mean), list("mask", mask), list("kernel", kernel);
    }
  } ours, again;
  struct Theirs {
    Parameter weight{zeros({3, 2})};
    Buffer running_mean{zeros({3})}, mask{zeros({2, 3})}, kernel{zeros({1, 2, 1, 2})};
    void parameters(ParameterList& list) {
      list("weight", weight), list("running_mean", running_mean), list("mask", mask);
      list("kernel", kernel);
    }
  } theirs;
  const Directory directory;
  const WeightsOptions options{.layout = Layout::torch, .rename = {{"mean", "running_mean"}}};
  for (const bool npz : {false, true}) {
    if (npz)
      save_npz(directory / "net", ours, options), load_npz(directory / "net", theirs);
    else
      save(directory / "net", ours, options), load(directory / "net", theirs);
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        BOOST_TEST(theirs.weight.value()(j, i) == ours.weight.value()(i, j));
    BOOST_TEST(same_bits(*theirs.running_mean.value, *ours.mean.value));
    BOOST_TEST(same_bits(*theirs.mask.value, *ours.mask.value));
    BOOST_TEST(same_bits(*theirs.kernel.value, *ours.kernel.value));
    for (const NamedBuffer& named : buffers(again))
      named.buffer->value = zeros(named.buffer->value->shape());
    if (npz)
      load_npz(directory / "net", again, options);
    else
      load(directory / "net", again, options);
    for (std::size_t i = 0; i < 4; ++i)
      BOOST_TEST(same_bits(*named_arrays(again)[i].value(), *named_arrays(ours)[i].value()));
  }
  BOOST_CHECK_THROW(
      save(directory / "net", ours, {.layout = Layout::torch, .flattened = {{{"mask", 1}}}}),
      ValueError);
}

BOOST_AUTO_TEST_CASE(are_in_checkpoints) {
  const Directory directory;
  Normal writer{2}, reader{7};
  Adam adam;
  Checkpoint{writer}.add("adam", adam).save(directory / "run");
  Checkpoint{reader}.add("adam", adam).load(directory / "run");
  BOOST_TEST(same_bits(*reader.mean.value, *writer.mean.value));
  BOOST_TEST(same_bits(reader.scale.value(), writer.scale.value()));
  // A checkpoint is a file of weights, too; and what is damaged changes nothing.
  Normal weights{5};
  load(directory / "run", weights);
  BOOST_TEST(same_bits(*weights.mean.value, *writer.mean.value));
  struct Larger : Normal {
    using Normal::Normal;
    Buffer more{zeros({1})};
    void parameters(ParameterList& list) { Normal::parameters(list), list("more", more); }
  } larger{3};
  BOOST_CHECK_THROW(Checkpoint{larger}.add("adam", adam).load(directory / "run"), DataError);
  BOOST_TEST((*larger.mean.value)(0) == -3);
}

BOOST_AUTO_TEST_CASE(have_no_state_of_an_optimizer) {
  const Directory directory;
  Normal model{2};
  Adam adam;
  Tape tape;
  tape.backward(sum(tape.parameter(model.scale) * tape.input(model.mean.value)), adam);
  const auto listed = parameters(model);
  StateList list{listed};
  adam.state(list);
  for (const auto& [name, place] : list.items()) BOOST_TEST(name.find("mean") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

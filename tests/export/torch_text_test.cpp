// SPDX-License-Identifier: MIT
// The models of text, beside the same of PyTorch's layers, with our weights and with its: in PyTorch, from npz, and where
// there is numpy alone by its formulas, from safetensors.
#include "torch.hpp"

#include <models/text.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(torch_text)

namespace {

constexpr std::size_t count = 3, context = 9, vocabulary = 11;

const std::vector<std::int32_t>& some_ids() {
  static const std::vector<std::int32_t> ids = [] {
    Rng rng{5};
    std::vector<std::int32_t> all(count * context);
    for (std::int32_t& id : all) id = static_cast<std::int32_t>(rng.below(vocabulary));
    return all;
  }();
  return ids;
}

template <class Model>
Model with_random_weights(const typename Model::Options& options) {
  Rng rng{1};
  Model model{options, rng};
  std::uint64_t seed = 0;
  for (const auto& [path, parameter] : parameters(model))
    parameter->value() = random(parameter->shape(), -0.3, 0.3, ++seed);
  return model;
}

models::TextTransformer transformer() {
  return with_random_weights<models::TextTransformer>(
      {.vocabulary = vocabulary, .context = context, .layers = 2, .heads = 2, .channels = 12});
}
models::TextLSTM lstm() {
  return with_random_weights<models::TextLSTM>(
      {.vocabulary = vocabulary, .embedding = 6, .width = 8, .layers = 2});
}

Array logits(models::TextModel& model) {
  Tape tape{Mode::eval};
  return model(tape, {some_ids(), {count, context}}).value();
}

// A model and its name in run_torch.py.
void check_both_ways(models::TextModel& model, const std::string& name) {
  const Directory directory;
  save_npz(directory / "ours.npz", model, {.layout = Layout::torch});
  const std::string ids = bytes_of_all(some_ids());
  const Shape shape{count, context, vocabulary};
  const std::vector<Array> theirs = run_torch({{false, name, directory / "ours.npz", ids, shape},
                                               {true, name, directory / "theirs.npz", ids, shape}});
  check_same(logits(model), theirs[0]);
  load_npz(directory / "theirs.npz", model, {.layout = Layout::torch});
  check_same(logits(model), theirs[1]);
}

// The same in numpy, which writes others in the place of the weights that it has read.
void check_in_numpy(models::TextModel& model, const std::string& name) {
  const Directory directory;
  const std::string file = directory / "weights.safetensors", ids = bytes_of_all(some_ids());
  save(file, model, {.layout = Layout::torch});
  const Array before = logits(model);
  const Shape shape{count, context, vocabulary};
  const std::vector<Array> theirs =
      run_script("run_numpy.py", {{false, name, file, ids, shape}, {true, name, file, ids, shape}});
  check_same(before, theirs[0]);
  load(file, model, {.layout = Layout::torch});
  check_same(logits(model), theirs[1]);
  BOOST_TEST(difference(before, shape, elements(logits(model)), 1e-2) != "");
}

double deviation(const Array& a) {
  double squares = 0;
  for (const double x : elements(a)) squares += x * x;
  return std::sqrt(squares / static_cast<double>(a.size()));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_transformer_starts_as_it_says) {
  Rng rng{1};
  models::TextTransformer model{{.vocabulary = 65}, rng};
  BOOST_TEST(parameter_count(model) == 818'176u);
  for (const auto& [name, parameter] : parameters(model)) {
    if (parameter->shape().size() != 2) continue;
    const bool ends = name.ends_with("out_proj.weight") || name.ends_with("linear2.weight");
    const double expected = ends ? 0.02 / std::sqrt(8) : 0.02;
    BOOST_TEST(std::abs(deviation(parameter->value()) / expected - 1) < 0.05, name);
  }
  Tape tape{Mode::eval};
  const std::vector<std::int32_t> ids(65);
  BOOST_CHECK_EXCEPTION(
      model(tape, {ids, {1, ids.size()}}), ShapeError, [](const ShapeError& error) {
        return error.message() == "expected at most 64 steps, got 65 in (1, 65, 128)";
      });
}

BOOST_AUTO_TEST_CASE(torch_has_the_transformer_with_the_same_weights, *with_torch) {
  models::TextTransformer model = transformer();
  check_both_ways(model, "transformer,11,9,2,2,12");
}

BOOST_AUTO_TEST_CASE(torch_has_the_lstm_with_the_same_weights, *with_torch) {
  models::TextLSTM model = lstm();
  check_both_ways(model, "lstm,11,9,2,6,8");
}

BOOST_AUTO_TEST_CASE(numpy_has_both_with_the_same_weights) {
  if (!run("/usr/bin/python3 -c 'import numpy' 2>/dev/null"))
    return notice("there is no python3 with numpy");
  models::TextTransformer first = transformer();
  check_in_numpy(first, "transformer,11,9,2,2,12");
  models::TextLSTM second = lstm();
  check_in_numpy(second, "lstm,11,9,2,6,8");
}

BOOST_AUTO_TEST_CASE(onnxruntime_has_them_from_ids, *with_onnxruntime) {
  Models models;
  models::TextTransformer first = transformer();
  models::TextLSTM second = lstm();
  models.add_ids("transformer", first, {count, context}, some_ids());
  models.add_ids("lstm", second, {count, context}, some_ids());
  models.compare();
  const std::vector<std::string> checked = models.checked();
  for (const std::string& shown : checked)
    BOOST_TEST(shown.starts_with("8 17 input[N,9] output[N,9,11] Gather "), shown);
}

BOOST_AUTO_TEST_SUITE_END()

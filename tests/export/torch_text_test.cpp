// SPDX-License-Identifier: MIT
// The transformer of text, beside the same of PyTorch's layers with its weights.
#include "runtime.hpp"

#include <models/text.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(torch_text)

namespace {

constexpr std::size_t count = 3, context = 64, vocabulary = 65;

std::vector<std::int32_t> some_ids() {
  Rng rng{5};
  std::vector<std::int32_t> ids(count * context);
  for (std::int32_t& id : ids) id = static_cast<std::int32_t>(rng() % vocabulary);
  return ids;
}

double deviation(const Array& a) {
  double squares = 0;
  for (const double x : elements(a)) squares += x * x;
  return std::sqrt(squares / static_cast<double>(a.size()));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_transformer_starts_as_it_says) {
  Rng rng{1};
  models::TextTransformer model{{.vocabulary = vocabulary, .context = context}, rng};
  BOOST_TEST(parameter_count(model) == 818'176u);
  for (const auto& [name, parameter] : parameters(model)) {
    if (parameter->shape().size() != 2) continue;
    const bool ends = name.ends_with("out_proj.weight") || name.ends_with("linear2.weight");
    const double expected = ends ? 0.02 / std::sqrt(8) : 0.02;
    BOOST_TEST(std::abs(deviation(parameter->value()) / expected - 1) < 0.05, name);
  }
  Tape tape{Mode::eval};
  const std::vector<std::int32_t> ids(context + 1);
  BOOST_CHECK_EXCEPTION(
      model(tape, {ids, {1, ids.size()}}), ShapeError, [](const ShapeError& error) {
        return error.message() == "expected at most 64 steps, got 65 in (1, 65, 128)";
      });
}

BOOST_AUTO_TEST_CASE(torch_gives_the_same_logits_with_our_weights, *with_torch) {
  const Directory directory;
  Rng rng{1};
  models::TextTransformer model{{.vocabulary = vocabulary, .context = context}, rng};
  std::uint64_t seed = 0;
  for (const auto& [name, parameter] : parameters(model))
    parameter->value() = random(parameter->shape(), -0.3, 0.3, ++seed);
  save_npz(directory / "net.npz", model, {.layout = Layout::torch});
  const std::vector<std::int32_t> ids = some_ids();
  write_bytes(directory / "ids", {reinterpret_cast<const char*>(ids.data()), ids.size() * 4});
  BOOST_REQUIRE(run("/usr/bin/python3 " + scripts + "run_torch_text.py " +
                    (is_double ? "f8 " : "f4 ") + directory / "net.npz" + ' ' + directory / "ids" +
                    ' ' + directory / "logits" + " 4 4"));
  const std::string bytes = read_bytes(directory / "logits");
  std::vector<Scalar> theirs(count * context * vocabulary);
  BOOST_REQUIRE(bytes.size() == theirs.size() * sizeof(Scalar));
  std::memcpy(theirs.data(), bytes.data(), bytes.size());
  Tape tape{Mode::eval};
  const Array ours = model(tape, {ids, {count, context}}).value();
  const std::vector<double> expected(theirs.begin(), theirs.end());
  BOOST_TEST(difference(ours, {count, context, vocabulary}, expected, is_double ? 1e-10 : 1e-5) ==
             "");
}

BOOST_AUTO_TEST_SUITE_END()

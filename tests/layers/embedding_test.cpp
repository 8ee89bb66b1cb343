// SPDX-License-Identifier: MIT
// The embedding: what it looks up, its gradient, its table in files, and what it refuses.
#include "../directory.hpp"
#include "../ops/errors.hpp"

#include <xtape/data.hpp>
#include <xtape/io.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/threads.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(embeddings)

namespace {

using List = std::vector<std::int32_t>;

Array table_of(Embedding& layer) { return parameters(layer)[0].parameter->value(); }

}  // namespace

BOOST_AUTO_TEST_CASE(rows_in_the_shape_of_the_ids) {
  Rng rng{1};
  Embedding layer{{.vocabulary = 5, .width = 3}, rng};
  const List ids{4, 0, 4, 2, 1, 0};
  const Array table = table_of(layer);
  data::Column column = data::ids({2, 3});
  std::copy(ids.begin(), ids.end(), column.ids().begin());
  Tape tape;
  for (const Variable& y : {layer(tape, column), layer(tape, {ids, {2, 3}})}) {
    BOOST_TEST((y.shape() == Shape{2, 3, 3}));
    for (std::size_t i = 0; i < y.size(); ++i)
      BOOST_TEST(y.value().data()[i] ==
                 table.data()[static_cast<std::size_t>(ids[i / 3]) * 3 + i % 3]);
  }
  BOOST_TEST((layer(tape, List{1}).shape() == Shape{1, 3}));
  BOOST_TEST((layer(tape, List{}).shape() == Shape{0, 3}));
}

// N(0, 1), as PyTorch's.
BOOST_AUTO_TEST_CASE(where_it_starts) {
  Rng rng{2};
  Embedding layer{{.vocabulary = 100, .width = 100}, rng};
  double sum = 0, squares = 0;
  for (const double x : elements(table_of(layer))) sum += x, squares += x * x;
  BOOST_TEST(std::abs(sum / 1e4) < 0.04);
  BOOST_TEST(std::abs(squares / 1e4 - 1) < 0.06);
  BOOST_TEST(parameters(layer)[0].name == "weight");
}

// As many ids as are cut into slices, of a narrow table.
BOOST_AUTO_TEST_CASE(the_gradient_of_a_row_is_the_sum_of_its_places) {
  Rng rng{3};
  Embedding layer{{.vocabulary = 7, .width = 40}, rng};
  List ids(6000);
  for (auto& id : ids) id = static_cast<std::int32_t>(rng.below(7));
  const Array factors = random({6000, 40});
  std::vector<double> expected(7 * 40);
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (std::size_t c = 0; c < 40; ++c)
      expected[static_cast<std::size_t>(ids[i]) * 40 + c] +=
          static_cast<double>(factors.data()[i * 40 + c]);
  const auto gradient = [&] {
    Tape tape;
    tape.backward(sum(layer(tape, ids) * tape.input(factors)));
    return parameters(layer)[0].parameter->grad();
  };
  const ThreadLimit two{2};
  const Array several = gradient();
  BOOST_TEST(difference(several, {7, 40}, expected, 1000 * epsilon) == "");
  const ThreadLimit one{1};
  BOOST_TEST(same_bits(gradient(), several));
}

// PyTorch has it in the same order, but dense weights in another.
BOOST_AUTO_TEST_CASE(no_layout_turns_the_table_around) {
  struct Model {
    Embedding table;
    Dense dense;
    void parameters(ParameterList& list) { list("table", table), list("dense", dense); }
  };
  Rng rng{4};
  Model model{Embedding{{.vocabulary = 5, .width = 3}, rng}, Dense{{.in = 3, .out = 2}, rng}};
  const Directory directory;
  const WeightsOptions torch{.layout = Layout::torch, .rename = {{"dense.weight", "turned"}}};
  save_npz(directory / "all.npz", model, torch);
  Model other{Embedding{{.vocabulary = 5, .width = 3}, rng}, Dense{{.in = 3, .out = 2}, rng}};
  load_npz(directory / "all.npz", other, torch);
  BOOST_TEST(same_bits(table_of(other.table), table_of(model.table)));
  struct Plain {
    Parameter table{zeros({5, 3})}, turned{zeros({2, 3})}, bias{zeros({2})};
    void parameters(ParameterList& list) {
      list("table.weight", table), list("turned", turned), list("dense.bias", bias);
    }
  } plain;
  load_npz(directory / "all.npz", plain);
  BOOST_TEST(same_bits(plain.table.value(), table_of(model.table)));
  BOOST_TEST(plain.turned.value()(1, 0) == parameters(model.dense)[0].parameter->value()(0, 1));
}

BOOST_AUTO_TEST_CASE(what_it_refuses) {
  Rng rng{5};
  Embedding layer{{.vocabulary = 5, .width = 3}, rng};
  Tape tape;
  const List over{0, 4, 5}, under{0, -1}, two{0, 1};
  check_failures<ValueError>({
      {"[gather] id 2 is 5, expected 0 to 4 @", XTAPE_CALL(layer(tape, over))},
      {"[gather] id 1 is -1, expected 0 to 4 @", XTAPE_CALL(layer(tape, under))},
      {"[embedding] expected sizes of at least 1, got (0, 3) @",
       XTAPE_CALL(Embedding({.vocabulary = 0, .width = 3}, rng))},
  });
  check_failures<ShapeError>(
      {{"[gather] expected ids of shape (2, 3), got 2 @", XTAPE_CALL(layer(tape, {two, {2, 3}}))}});
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// Attention and what is made of it, exported and run by onnxruntime.
#include "runtime.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(onnx_attention)

BOOST_AUTO_TEST_CASE(attention_computes_the_same, *with_onnxruntime) {
  Models models;
  Rng rng{1};
  Sequential transformer{PositionEmbedding{{.channels = 6, .length = 9}, rng},
                         TransformerLayer{{.channels = 6, .heads = 2, .causal = true}, rng},
                         TransformerLayer{{.channels = 6, .heads = 3, .norm_first = false}, rng}};
  shake(transformer);
  models.add("transformer", transformer, {5, 6});
  Sequential by_heads{PositionalEncoding{{.channels = 6}}, [](const Variable& x) {
                        const Variable y = slice(x, {.axis = 2, .end = 4});
                        return scaled_dot_product_attention(y, 2 * y, x,
                                                            {.heads = 2, .scale = 0.3});
                      }};
  models.add("by-heads", by_heads, {5, 6});
  // Of the first mask the last step sees nothing.
  Sequential masked{[](const Variable& x) {
    Array later = zeros({5, 5}), by_head = full({2, 1, 5}, 2);
    for (std::size_t i = 0; i < 5; ++i)
      for (std::size_t j = i + 1; j < 5; ++j) later(i, j) = 1;
    by_head(0, 0, 0) = by_head(1, 0, 3) = 0;
    const Variable y =
        scaled_dot_product_attention(x, x, x, {.heads = 2, .mask = Value{std::move(later)}});
    return scaled_dot_product_attention(
        x, x, y, {.heads = 2, .causal = true, .mask = Value{std::move(by_head)}});
  }};
  models.add("masked", masked, {5, 6});
  models.compare();
  models.checked();
}

// What texts are filled up with, the id 0, is not seen: which ids are, a table tells.
BOOST_AUTO_TEST_CASE(masks_may_depend_on_the_input, *with_onnxruntime) {
  struct Filled {
    Embedding embedding;
    Parameter seen{Array{0, 1, 1, 1}};
    Variable operator()(Tape& tape, const Ids& ids) {
      const Variable x = embedding(tape, ids);
      const Variable mask = reshape(gather(tape.parameter(seen), ids), {-1, 1, 1, 5});
      return scaled_dot_product_attention(x, x, x, {.heads = 2, .mask = mask.shared_value()});
    }
    void parameters(ParameterList& list) { list("embedding", embedding), list("seen", seen); }
  };
  Rng rng{1};
  Filled model{Embedding{{.vocabulary = 4, .width = 6}, rng}};
  Models models;
  const std::vector<std::int32_t> ids{3, 1, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  models.add_ids("filled", model, {3, 5}, ids);
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_SUITE_END()

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
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
// The table of a model's layers, beside numbers worked out by hand.
#include "../support.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/matmul.hpp"

#include <models/models.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/watch/summary.hpp>

#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace test;

BOOST_AUTO_TEST_SUITE(summaries)

BOOST_AUTO_TEST_CASE(the_articles_network) {
  Rng rng{1};
  Sequential net = models::cnn(rng);
  const ModelSummary s = summary(net, {28, 28, 1});
  const std::vector<std::string> ops = {"conv2d", "dropout", "flatten",
                                        "dense",  "dropout", "dense"};
  const std::vector<Shape> outputs = {{13, 13, 32}, {13, 13, 32}, {5408}, {256}, {256}, {10}};
  const std::vector<std::size_t> parameters = {320, 0, 0, 1'384'704, 0, 2'570};
  BOOST_REQUIRE(s.layers.size() == 6u);
  std::size_t elements = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    BOOST_TEST(s.layers[i].layer == std::to_string(i));
    BOOST_TEST(s.layers[i].ops == ops[i]);
    BOOST_TEST((s.layers[i].output == outputs[i]));
    BOOST_TEST(s.layers[i].parameters == parameters[i]);
    if (ops[i] != "flatten") elements += element_count(outputs[i]);  // which computes nothing
  }
  BOOST_TEST(s.parameters == 1'387'594u);
  BOOST_TEST(s.trainable == s.parameters);
  BOOST_TEST(s.bytes == elements * sizeof(Scalar));
  BOOST_TEST(s.layers[0].flops == 26 * 26 * 32 * 9 * 2.0);
  BOOST_TEST(s.flops == 26 * 26 * 32 * 9 * 2.0 + 5408 * 256 * 2.0 + 256 * 10 * 2.0);
}

BOOST_AUTO_TEST_CASE(shared_and_frozen_parameters) {
  Rng rng{1};
  struct Twice {
    explicit Twice(Rng& rng) : dense{{.in = 4, .out = 4}, rng} {}
    Variable operator()(const Variable& x, Location at) { return dense(relu(dense(x, at)), at); }
    void parameters(ParameterList& list) { list("dense", dense); }
    Dense dense;
  };
  Twice net{rng};
  parameters(net)[1].parameter->trainable = false;
  const ModelSummary s = summary(net, {4});
  BOOST_REQUIRE(s.layers.size() == 3u);  // outside a Sequential, a line per op
  BOOST_TEST(s.layers[0].parameters == 20u);
  BOOST_TEST(s.layers[2].parameters == 0u);
  BOOST_TEST(s.parameters == 20u);
  BOOST_TEST(s.trainable == 16u);
  BOOST_TEST(s.text().find("4 of them are frozen") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(it_prints_a_table) {
  Rng rng{1};
  Sequential net{Dense{{.in = 1000, .out = 10}, rng},
                 [](const Variable& x) { return relu(square(x)); }};
  std::ostringstream out;
  out << summary(net, {1000});
  const std::string size = is_double ? "80" : "40", both = is_double ? "160" : "80";
  BOOST_TEST(out.str() ==
             "layer  ops           output  parameters    FLOP  bytes\n"
             "0      dense         (10,)       10,010  20.0 k     " +
                 size +
                 "\n"
                 "1      square, relu  (10,)            0       0" +
                 (is_double ? "    " : "     ") + both +
                 "\n"
                 "       total                     10,010  20.0 k    " +
                 (is_double ? "240" : "120") +
                 "\ninput (1000,); per sample and forward pass; parameters take " +
                 (is_double ? "80.1" : "40.0") + " kB\n");
}

// With one sample most of it are parameters with two gradients, beside a copy of the weights in panels, wider than they
// are; with many what is normalised.
BOOST_AUTO_TEST_CASE(the_memory_of_a_step_is_foretold) {
  Rng rng{1};
  Sequential net{BatchNorm{{.channels = 500}}, flatten, Dense{{.in = 1000, .out = 10}, rng}};
  for (const auto& [name, parameter] : parameters(net))
    parameter->grad() = full(parameter->shape(), 3);
  const Array mean = *buffers(net)[0].buffer->value;
  BOOST_TEST(summary(net, {2, 500}).peak_memory == 0u);
  const ModelSummary few = summary(net, {2, 500}, {.batch = 1}),
                     many = summary(net, {2, 500}, {.batch = 6400});
  BOOST_TEST(few.peak_memory >= 3 * 10'000 * sizeof(Scalar));
  const std::size_t panels =
      kernels::panel_elements(kernels::best<kernels::DenseKernels>(), 1000, 10);
  BOOST_TEST(few.peak_memory < (34'000 + panels) * sizeof(Scalar));
  BOOST_TEST(many.peak_memory > 12'800'000 * sizeof(Scalar));
  BOOST_TEST(many.peak_memory < 26'000'000 * sizeof(Scalar));
  BOOST_TEST(many.text().find("a training step with 6,400 samples takes ") != std::string::npos);
  for (const auto& [name, parameter] : parameters(net))
    BOOST_TEST(same_bits(parameter->grad(), full(parameter->shape(), 3)), name);
  BOOST_TEST(same_bits(*buffers(net)[0].buffer->value, mean));
}

BOOST_AUTO_TEST_CASE(of_a_model_of_ids) {
  Rng rng{1};
  Embedding embedding{{.vocabulary = 5, .width = 3}, rng};
  const ModelSummary s = summary(embedding, {7});
  BOOST_REQUIRE(s.layers.size() == 1u);
  BOOST_TEST((s.layers[0].output == Shape{7, 3}));
  BOOST_TEST(s.layers[0].parameters == 15u);
}

BOOST_AUTO_TEST_CASE(a_sample_that_does_not_fit_is_an_error) {
  Rng rng{1};
  Sequential net = models::mlp(rng);
  BOOST_CHECK_THROW(summary(net, {27, 27, 1}), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()

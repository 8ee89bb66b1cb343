// SPDX-License-Identifier: MIT
// The gradient of every op and layer against finite differences, in double. One without a row fails the last test.
#include "../declared.hpp"
#include "gradient_rows.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

#include <set>

using namespace test;

namespace {

std::vector<Row> elementwise_rows() {
  return {
      {"add", "equal shapes", {numbers({2, 3}), numbers({2, 3})}, [](In x) { return x[0] + x[1]; }},
      {"add", "rows", {numbers({2, 3}), numbers({3})}, [](In x) { return x[0] + x[1]; }},
      {"add", "outer", {numbers({4, 1}), numbers({3})}, [](In x) { return x[0] + x[1]; }},
      {"add", "scalar", {numbers({}), numbers({2, 3})}, [](In x) { return x[0] + x[1]; }},
      {"add", "number", {numbers({2, 3})}, [](In x) { return 3 + x[0]; }},
      {"add", "repeated", {numbers({2, 3})}, [](In x) { return x[0] + x[0]; }},
      {"sub", "columns", {numbers({2, 3}), numbers({2, 1})}, [](In x) { return x[0] - x[1]; }},
      {"sub", "to a larger", {numbers({3}), numbers({2, 3})}, [](In x) { return x[0] - x[1]; }},
      {"sub", "repeated", {numbers({3}), numbers({3})}, [](In x) { return x[0] - x[1] - x[0]; }},
      {"mul",
       "rank 4",
       {numbers({2, 1, 3, 1}), numbers({4, 1, 2})},
       [](In x) { return x[0] * x[1]; }},
      {"mul", "repeated", {numbers({2, 3})}, [](In x) { return x[0] * x[0] * x[0]; }},
      {"mul", "number", {numbers({2, 3})}, [](In x) { return x[0] * 2.5; }},
      {"div", "rows", {numbers({2, 3}), numbers({3})}, [](In x) { return x[0] / x[1]; }},
      {"div", "columns", {numbers({2, 1}), numbers({2, 3})}, [](In x) { return x[0] / x[1]; }},
      {"div", "number", {numbers({2, 3})}, [](In x) { return 1 / x[0]; }},
      {"div", "repeated", {numbers({2, 3})}, [](In x) { return x[0] / (x[0] * x[0]); }},
      {"pow", "both", {positive({2, 3}), numbers({2, 3})}, [](In x) { return pow(x[0], x[1]); }},
      {"pow", "broadcast", {positive({2, 1}), numbers({3})}, [](In x) { return pow(x[0], x[1]); }},
      {"pow", "number", {numbers({2, 3})}, [](In x) { return pow(x[0], 3); }},
      {"pow", "of a number", {numbers({2, 3})}, [](In x) { return pow(2, x[0]); }},
      {"maximum",
       "columns",
       {numbers({2, 3}), numbers({2, 1})},
       [](In x) { return maximum(x[0], x[1]); }},
      {"maximum", "number", {numbers({2, 3})}, [](In x) { return maximum(0.1, x[0]); }},
      {"minimum",
       "rows",
       {numbers({2, 3}), numbers({3})},
       [](In x) { return minimum(x[0], x[1]); }},
      {"less", "", {numbers({4, 3}), numbers({3})}, [](In x) { return (x[0] < x[1]) * x[0]; }},
      {"less_equal",
       "",
       {numbers({4, 3}), numbers({3})},
       [](In x) { return (x[0] <= x[1]) * x[0]; }},
      {"greater", "", {numbers({4, 3}), numbers({3})}, [](In x) { return (x[0] > x[1]) * x[0]; }},
      {"greater_equal",
       "",
       {numbers({4, 3}), numbers({3})},
       [](In x) { return (x[0] >= x[1]) * x[0]; }},
      {"equal", "", {numbers({3}), numbers({3})}, [](In x) { return equal(x[0], x[0]) * x[1]; }},
      {"not_equal", "", {numbers({4, 3})}, [](In x) { return not_equal(x[0], 0.5) * x[0]; }},
      {"where",
       "",
       {numbers({4, 1}), numbers({4, 3}), numbers({3})},
       [](In x) { return where(x[0] > 0, x[1], x[2] * x[0]); }},
      {"where", "number", {numbers({4, 3})}, [](In x) { return where(x[0] > 0, x[0], 0.5); }},
      {"neg", "", {numbers({2, 3})}, [](In x) { return -x[0]; }},
      {"exp", "", {numbers({5, 7})}, [](In x) { return exp(x[0]); }},
      {"expm1", "", {numbers({5, 7})}, [](In x) { return expm1(x[0]); }},
      {"log", "", {positive({5, 7})}, [](In x) { return log(x[0]); }},
      {"sqrt", "", {positive({5, 7})}, [](In x) { return sqrt(x[0]); }},
      {"rsqrt", "", {positive({5, 7})}, [](In x) { return rsqrt(x[0]); }},
      {"square", "", {numbers({5, 7})}, [](In x) { return square(x[0]); }},
      {"abs", "", {numbers({5, 7})}, [](In x) { return abs(x[0]); }},
      {"sign", "", {numbers({5, 7})}, [](In x) { return x[0] * sign(x[0]); }},
      {"floor", "", {apart({5, 7})}, [](In x) { return x[0] * floor(x[0]); }},
      {"round", "", {apart({5, 7})}, [](In x) { return x[0] * round(x[0]); }},
      {"log1p", "", {positive({5, 7})}, [](In x) { return log1p(x[0]); }},
      {"sin", "", {numbers({5, 7})}, [](In x) { return sin(x[0]); }},
      {"cos", "", {numbers({5, 7})}, [](In x) { return cos(x[0]); }},
      {"erf", "", {numbers({5, 7})}, [](In x) { return erf(x[0]); }},
      {"tanh", "", {numbers({5, 7})}, [](In x) { return tanh(x[0]); }},
      {"sigmoid", "", {numbers({5, 7})}, [](In x) { return sigmoid(x[0]); }},
      {"relu", "", {numbers({5, 7})}, [](In x) { return relu(x[0]); }},
      {"softplus", "", {numbers({5, 7})}, [](In x) { return softplus(x[0]); }},
      {"silu", "", {numbers({5, 7})}, [](In x) { return silu(x[0]); }},
      {"mish", "", {numbers({5, 7})}, [](In x) { return mish(x[0]); }},
      {"softsign", "", {numbers({5, 7})}, [](In x) { return softsign(x[0]); }},
      {"hard_sigmoid",
       "on both sides of its ends",
       {numbers({5, 7})},
       [](In x) { return hard_sigmoid(3 * x[0]); }},
      {"elu", "", {numbers({5, 7})}, [](In x) { return elu(x[0]); }},
      {"elu", "alpha", {numbers({5, 7})}, [](In x) { return elu(x[0], {.alpha = 0.3}); }},
      {"selu", "", {numbers({5, 7})}, [](In x) { return selu(x[0]); }},
      {"gelu", "", {numbers({5, 7})}, [](In x) { return gelu(x[0]); }},
      {"gelu", "by tanh", {numbers({5, 7})}, [](In x) { return gelu(x[0], {.tanh = true}); }},
      {"leaky_relu", "", {numbers({5, 7})}, [](In x) { return leaky_relu(x[0], {.slope = 0.1}); }},
      {"clip", "", {numbers({5, 7})}, [](In x) { return clip(x[0], {.min = -0.7, .max = 0.9}); }},
      {"dropout", "", {numbers({5, 7})}, [](In x) { return dropout(x[0], {.rate = 0.4}); }},
  };
}

// Public functions that return a Variable, and classes that are layers, as the headers declare them.
std::set<std::string> declared_names() {
  std::set<std::string> names = declared("ops", op_pattern);
  names.merge(declared("layers", "^(?:class|struct) (\\w+) (?:: public \\w+ )?\\{"));
  for (const char* const other :
       {"AnyLayer", "Fans", "KeyValues", "LayerKey", "LayerScope", "NamedLayer", "RecurrentLayer"})
    names.erase(other);  // no layers
  return names;
}

// The rows of a table beside x.
struct Looked {
  Embedding table;
  Variable operator()(const Variable& x) { return table(x.tape(), {labels, {3}}) * x; }
  void parameters(ParameterList& list) { list("table", table); }
};

}  // namespace

const std::vector<Row>& test::op_rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> rows;
    for (auto* make : {elementwise_rows, reduction_rows, shape_rows, linear_rows, attention_rows,
                       recurrent_rows, image_rows, loss_rows, normalization_rows})
      for (Row& row : make()) rows.push_back(std::move(row));
    return rows;
  }();
  return all;
}

std::vector<LayerRow> test::layer_rows() {
  static Rng rng{5};
  const auto row = [](std::string name, auto layer, Array x) {
    auto shared = std::make_shared<decltype(layer)>(std::move(layer));
    return LayerRow{std::move(name), [shared, x](const testing::GradientOptions& options) {
                      return testing::model_gradient_error(*shared, x, options);
                    }};
  };
  using Act = Activation;
  std::vector<LayerRow> rows;
  rows.push_back(
      row("Dense", Dense{{.in = 4, .out = 3, .activation = Act::tanh}, rng}, numbers({3, 4})));
  rows.push_back(row("Dense", Dense{{.in = 4, .out = 3, .bias = false}, rng}, numbers({3, 4})));
  rows.push_back(row("Conv2D",
                     Conv2D{{.in = 2,
                             .out = 3,
                             .stride = 2,
                             .padding = Padding::same,
                             .activation = Act::sigmoid,
                             .bias_init = init::constant(0.1)},
                            rng},
                     numbers({1, 5, 5, 2})));
  rows.push_back(row("Conv2D", Conv2D{{.in = 4, .out = 6, .padding = 1, .groups = 2}, rng},
                     numbers({1, 4, 5, 4})));
  rows.push_back(row("Conv1D",
                     Conv1D{{.in = 2, .out = 3, .padding = Padding1D::causal, .max_pool = 2}, rng},
                     numbers({2, 6, 2})));
  rows.push_back(row("ConvTranspose2D",
                     ConvTranspose2D{{.in = 4, .out = 2, .stride = 2, .groups = 2}, rng},
                     numbers({1, 3, 3, 4})));
  rows.push_back(
      row("DepthwiseConv2D",
          DepthwiseConv2D{{.channels = 3, .multiplier = 2, .activation = Act::tanh}, rng},
          numbers({1, 4, 5, 3})));
  rows.push_back(row("SeparableConv2D",
                     SeparableConv2D{{.in = 3, .out = 2, .padding = Padding::same}, rng},
                     numbers({1, 4, 5, 3})));
  rows.push_back(row("MaxPool1D", MaxPool1D{2}, numbers({2, 6, 3})));
  rows.push_back(row("AvgPool1D", AvgPool1D{{.window = 3, .stride = 1}}, numbers({2, 6, 3})));
  rows.push_back(row("MaxPool2D", MaxPool2D{2}, numbers({1, 4, 4, 2})));
  rows.push_back(row("AvgPool2D", AvgPool2D{{.window = 3, .stride = 1}}, numbers({1, 4, 4, 2})));
  rows.push_back(row("GlobalAvgPool", GlobalAvgPool{}, numbers({2, 3, 4, 2})));
  rows.push_back(row("GlobalMaxPool", GlobalMaxPool{}, apart({2, 3, 4, 2})));
  rows.push_back(row("AdaptiveAvgPool2D", AdaptiveAvgPool2D{{2, 3}}, numbers({2, 5, 4, 2})));
  rows.push_back(row("Upsample", Upsample{Size2D{2, 1}}, numbers({2, 3, 4, 2})));
  rows.push_back(row("BatchNorm", BatchNorm{{.channels = 3}}, numbers({2, 2, 3, 3})));
  for (const bool invert : {false, true})
    rows.push_back(row("Normalization",
                       Normalization{{.mean = {1, -2}, .deviation = {0.5, 3}, .invert = invert}},
                       numbers({3, 2})));
  rows.push_back(row("LayerNorm", LayerNorm{{.channels = 5}}, numbers({2, 3, 5})));
  rows.push_back(row("GroupNorm", GroupNorm{{.channels = 6, .groups = 2}}, numbers({2, 3, 6})));
  rows.push_back(row("RMSNorm", RMSNorm{{.channels = 5}}, numbers({4, 5})));
  rows.push_back(row("MultiHeadAttention", MultiHeadAttention{{.channels = 6, .heads = 2}, rng},
                     numbers({2, 3, 6})));
  for (const bool first : {true, false})
    rows.push_back(row("TransformerLayer",
                       TransformerLayer{{.channels = 4,
                                         .heads = 2,
                                         .hidden = 5,
                                         .causal = first,
                                         .dropout = 0.2,
                                         .norm_first = first},
                                        rng},
                       numbers({2, 3, 4})));
  rows.push_back(row("PositionalEncoding", PositionalEncoding{{.channels = 3, .length = 9}},
                     numbers({2, 4, 3})));
  rows.push_back(row("PositionEmbedding", PositionEmbedding{{.channels = 3, .length = 9}, rng},
                     numbers({2, 4, 3})));
  rows.push_back(row("Residual",
                     Residual{Sequential{Dense{{.in = 4, .out = 3}, rng}, Tanh{}},
                              Sequential{Dense{{.in = 4, .out = 3}, rng}}},
                     numbers({2, 4})));
  rows.push_back(
      row("Residual",
          Residual{Sequential{Dense{{.in = 3, .out = 3}, rng}, BatchNorm{{.channels = 3}}},
                   Sequential{}, Activation::relu},
          numbers({4, 3})));
  rows.push_back(
      row("Embedding", Looked{Embedding{{.vocabulary = 4, .width = 5}, rng}}, numbers({3, 5})));
  rows.push_back(row("LSTM", LSTM{{.in = 3, .width = 4, .layers = 2, .bidirectional = true}, rng},
                     numbers({2, 3, 3})));
  rows.push_back(
      row("GRU", GRU{{.in = 3, .width = 4, .bidirectional = true}, rng}, numbers({2, 3, 3})));
  rows.push_back(
      row("RNN", RNN{{.in = 3, .width = 4, .layers = 2, .bias = false}, rng}, numbers({2, 3, 3})));
  rows.push_back(row(
      "Checkpointed",
      checkpoint(Sequential{Dense{{.in = 3, .out = 3}, rng}, BatchNorm{{.channels = 3}}, Tanh{},
                            checkpoint(Sequential{Dropout{0.2}, Dense{{.in = 3, .out = 2}, rng}})}),
      numbers({4, 3})));
  rows.push_back(row("CheckpointedRuns",
                     every_sqrt(Sequential{Dense{{.in = 3, .out = 3}, rng}, Tanh{}, Dropout{0.2},
                                           Dense{{.in = 3, .out = 3}, rng}, Tanh{}}),
                     numbers({4, 3})));
  rows.push_back(row("Dropout", Dropout{0.3}, numbers({5, 5})));
  rows.push_back(row("ReLU", ReLU{}, numbers({5, 5})));
  rows.push_back(row("LeakyReLU", LeakyReLU{0.1}, numbers({5, 5})));
  rows.push_back(row("Tanh", Tanh{}, numbers({5, 5})));
  rows.push_back(row("Sigmoid", Sigmoid{}, numbers({5, 5})));
  rows.push_back(row("Softmax", Softmax{.axis = 0}, numbers({5, 5})));
  rows.push_back(row("Flatten", Flatten{}, numbers({2, 3, 2})));
  rows.push_back(row("Sequential",
                     Sequential{Conv2D{{.in = 1, .out = 2, .kernel = 2}, rng}, Tanh{}, MaxPool2D{2},
                                Flatten{}, Dropout{0.2}, Dense{{.in = 8, .out = 3}, rng}},
                     numbers({2, 5, 5, 1})));
  return rows;
}

BOOST_AUTO_TEST_CASE(ops_against_finite_differences) {
  for (const Row& row : op_rows()) {
    const double error = testing::gradient_error(row.function, row.inputs);
    BOOST_TEST(error <= 1e-6, row.name << " (" << row.what << "): relative error " << error);
  }
}

BOOST_AUTO_TEST_CASE(layers_against_finite_differences) {
  for (const LayerRow& row : layer_rows()) {
    const double error = row.error({});
    BOOST_TEST(error <= 1e-6, row.name << ": relative error " << error);
  }
}

BOOST_AUTO_TEST_CASE(each_op_and_layer_has_a_row) {
  std::set<std::string> rows;
  for (const Row& row : op_rows()) rows.insert(row.name);
  for (const LayerRow& row : layer_rows()) rows.insert(row.name);
  const std::set<std::string> declared = declared_names();
  BOOST_TEST(declared.size() > 40u);
  for (const std::string& name : declared)
    BOOST_TEST(rows.count(name) == 1u, name << " has no row in the table of gradients");
  for (const std::string& name : rows)
    BOOST_TEST(declared.count(name) == 1u, name << " has a row but is not declared");
}

// What is exported goes by it, as what keeps images in order does.
BOOST_AUTO_TEST_CASE(ops_of_elements_tell_their_formulas) {
  struct Watch : Observer {
    void forward(const Forward& call) override {
      if (call.formula != nullptr) told.insert(call.op.name);
    }
    std::set<std::string_view> told;
  } watch;
  Rng rng{1};
  for (const Row& row : elementwise_rows()) {
    Tape tape{Mode::train, rng};
    std::vector<Variable> inputs;
    for (const Array& input : row.inputs) inputs.push_back(tape.input(input));
    row.function(inputs);
  }
  for (const char* const header : elementwise_headers) {
    const std::set<std::string> ops = declared_in(header, op_pattern);
    BOOST_TEST(ops.size() >= 6u);
    for (const std::string& op : ops) BOOST_TEST(watch.told.count(op) == 1u, op);
  }
}

// The check itself must see a wrong gradient.
BOOST_AUTO_TEST_CASE(the_check_finds_a_wrong_gradient) {
  const auto wrong = [](In x) {
    Array y = x[0].value();
    for (Scalar& v : y) v = v * v;
    return record("wrong", std::move(y), wrt(x[0], [x = x[0]](Array g) {
                    for (std::size_t i = 0; i < g.size(); ++i)
                      g.data()[i] *= Scalar{2.001} * x.value().data()[i];
                    return g;
                  }));
  };
  BOOST_TEST(testing::gradient_error(wrong, {numbers({3, 3})}) > 1e-4);
  const auto missing = [](In x) { return x[0].detach() + 0 * x[1]; };
  BOOST_TEST(testing::gradient_error(missing, {numbers({3}), numbers({3})}) > 0.01);
}

// SPDX-License-Identifier: MIT
// Layers: their parameters and options, the containers, and the models made of them.
#include "../support.hpp"

#include <models/models.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(layers)

namespace {

template <class Model>
std::vector<std::string> names(Model& model) {
  std::vector<std::string> all;
  for (const auto& [name, parameter] : parameters(model))
    all.push_back(name + ' ' + to_string(parameter->shape()));
  return all;
}

void check_names(const std::vector<std::string>& got, const std::vector<std::string>& expected) {
  BOOST_TEST(got == expected, boost::test_tools::per_element());
}

// What a layer makes of x, and the gradients of its parameters and of x, one after the other.
template <class Layer>
std::vector<Array> pass(Layer& layer, const Array& x) {
  Tape tape;
  const Variable in = tape.variable(x), y = layer(in);
  tape.backward(sum(y * tape.input(random(y.shape(), -1, 1, 99))));
  std::vector<Array> all{y.value(), in.grad()};
  if constexpr (requires(ParameterList & list) { layer.parameters(list); })
    for (const auto& [name, parameter] : parameters(layer)) all.push_back(parameter->grad());
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(models_have_the_sizes_they_say) {
  Rng rng{1};
  Sequential cnn = models::cnn(rng), lenet5 = models::lenet5(rng), mlp = models::mlp(rng);
  BOOST_TEST(parameter_count(cnn) == 1'387'594u);
  BOOST_TEST(parameter_count(lenet5) == 61'706u);
  BOOST_TEST(parameter_count(mlp) == 235'146u);
  Sequential vgg = models::vgg(rng);
  BOOST_TEST(parameter_count(vgg) == 550'570u);
  check_names(names(cnn), {"0.weight (3, 3, 1, 32)", "0.bias (32,)", "3.weight (5408, 256)",
                           "3.bias (256,)", "5.weight (256, 10)", "5.bias (10,)"});
  for (const auto& [name, architecture] : models::by_name())
    for (std::size_t count : {1, 5})
      for (Mode mode : {Mode::train, Mode::eval}) {
        Sequential net = architecture.make(rng);
        Shape shape{count};
        shape.insert(shape.end(), architecture.input.begin(), architecture.input.end());
        Tape tape{mode, rng};
        const Variable logits = net(tape.input(random(shape)));
        BOOST_TEST((logits.shape() == Shape{count, 10}), name);
        BOOST_TEST(std::isfinite(sum_of(logits.value())), name);
      }
}

BOOST_AUTO_TEST_CASE(the_seed_decides_where_a_model_starts) {
  Rng a{1}, b{1}, c{2};
  Sequential first = models::lenet5(a), same = models::lenet5(b), other = models::lenet5(c);
  for (std::size_t i = 0; i < parameters(first).size(); i += 2) {
    const Array& weight = parameters(first)[i].parameter->value();
    BOOST_TEST(same_bits(weight, parameters(same)[i].parameter->value()));
    BOOST_TEST(!same_bits(weight, parameters(other)[i].parameter->value()));
  }
}

BOOST_AUTO_TEST_CASE(options) {
  Rng rng{1};
  Dense plain{{.in = 3, .out = 2}, rng}, dense_without{{.in = 3, .out = 2, .bias = false}, rng};
  Conv2D conv{{.in = 3, .out = 2, .kernel = {5, 1}}, rng},
      conv_without{{.in = 3, .out = 2, .bias = false}, rng};
  check_names(names(plain), {"weight (3, 2)", "bias (2,)"});
  check_names(names(dense_without), {"weight (3, 2)"});
  check_names(names(conv), {"weight (5, 1, 3, 2)", "bias (2,)"});
  check_names(names(conv_without), {"weight (3, 3, 3, 2)"});
  Conv1D along{{.in = 4, .out = 6, .kernel = 5, .groups = 2}, rng};
  ConvTranspose2D larger{{.in = 4, .out = 6, .groups = 2}, rng};
  DepthwiseConv2D each{{.channels = 4, .multiplier = 2}, rng};
  SeparableConv2D both{{.in = 4, .out = 6, .multiplier = 2, .kernel = {1, 3}}, rng};
  check_names(names(along), {"weight (5, 2, 6)", "bias (6,)"});
  check_names(names(larger), {"weight (3, 3, 3, 4)", "bias (6,)"});
  check_names(names(each), {"weight (3, 3, 1, 8)", "bias (8,)"});
  check_names(names(both), {"depthwise.weight (1, 3, 1, 8)", "pointwise.weight (1, 1, 8, 6)",
                            "pointwise.bias (6,)"});
}

BOOST_AUTO_TEST_CASE(layers_are_their_ops) {
  Rng rng{1};
  const Array rows = random({4, 3}), images = random({2, 6, 7, 3});
  Dense dense{{.in = 3, .out = 2, .bias_init = init::constant(0.5)}, rng};
  Conv2D conv{
      {.in = 3, .out = 2, .kernel = {3, 2}, .stride = {1, 2}, .padding = 1, .dilation = {2, 1}},
      rng};
  const auto list = parameters(dense), conv_list = parameters(conv);
  Tape tape;
  const Variable x = tape.input(rows), v = tape.input(images);
  const auto p = [&tape](const NamedParameter& named) { return tape.parameter(*named.parameter); };
  BOOST_TEST(same_bits(dense(x).value(), xtape::dense(x, p(list[0]), p(list[1])).value()));
  const Conv2DOptions options{.stride = {1, 2}, .padding = 1, .dilation = {2, 1}};
  BOOST_TEST(
      same_bits(conv(v).value(), conv2d(v, p(conv_list[0]), p(conv_list[1]), options).value()));
  const Pool2DOptions pool{.window = {3, 2}, .stride = 1, .padding = 1};
  BOOST_TEST(same_bits(MaxPool2D{pool}(v).value(), max_pool2d(v, pool).value()));
  BOOST_TEST(same_bits(AvgPool2D{pool}(v).value(), avg_pool2d(v, pool).value()));
  BOOST_TEST(
      same_bits(MaxPool2D{Size2D{3, 2}}(v).value(), max_pool2d(v, {.window = {3, 2}}).value()));
  BOOST_TEST(same_bits(AvgPool2D{2}(v).value(), avg_pool2d(v, {.window = 2}).value()));
  BOOST_TEST(same_bits(Flatten{}(v).value(), flatten(v).value()));
}

// To rounding: the fused activation sees the sum before it is stored.
BOOST_AUTO_TEST_CASE(a_fused_activation_is_the_op_after_the_layer) {
  struct Row {
    Activation activation;
    Variable (*op)(const Variable&, Location);
  };
  for (const auto& [activation, op] : {Row{Activation::relu, relu}, Row{Activation::tanh, tanh},
                                       Row{Activation::sigmoid, sigmoid}}) {
    const auto check = [op](auto fused, auto plain, const Array& x) {
      auto composed = Sequential{std::move(plain), op};
      const auto a = pass(fused, x), b = pass(composed, x);
      BOOST_REQUIRE(a.size() == b.size());
      for (std::size_t i = 0; i < a.size(); ++i)
        BOOST_TEST(difference(a[i], b[i].shape(), elements(b[i]), 64 * epsilon) == "");
    };
    Rng a{7}, b{7};
    Dense::Options dense{.in = 30, .out = 19, .bias_init = init::constant(0.1)};
    Conv2D::Options conv{
        .in = 3, .out = 19, .padding = Padding::same, .bias_init = init::constant(0.1)};
    Dense plain_dense{dense, a};
    Conv2D plain_conv{conv, a};
    dense.activation = conv.activation = activation;
    check(Dense{dense, b}, std::move(plain_dense), random({12, 30}));
    check(Conv2D{conv, b}, std::move(plain_conv), random({2, 7, 5, 3}));
  }
}

BOOST_AUTO_TEST_CASE(sequences_of_anything_callable) {
  struct Scale {
    Parameter factor{full({1}, 2)};
    Variable operator()(const Variable& x) { return x * x.tape().parameter(factor); }
    void parameters(ParameterList& list) { list("factor", factor); }
  };
  Rng rng{1};
  int calls = 0;
  Sequential net{
      relu, [](const Variable& x) { return x + 1; }, Scale{},
      Sequential{Scale{}, flatten, [&calls](const Variable& x, Location) { return ++calls, x; }},
      Dense{{.in = 4, .out = 1, .weight_init = init::constant(1)}, rng}};
  net.add(Scale{});
  BOOST_TEST(net.size() == 6u);
  check_names(names(net), {"2.factor (1,)", "3.0.factor (1,)", "4.weight (4, 1)", "4.bias (1,)",
                           "5.factor (1,)"});
  Tape tape;
  const Variable y = net(tape.input(array({1, 2, 2}, {-1, 0, 1, 2})));
  BOOST_TEST(y.item() == Scalar{2 * 4 * (1 + 1 + 2 + 3)});
  BOOST_TEST(calls == 1);
  Sequential moved = std::move(net);
  BOOST_TEST(moved.size() == 6u);
  BOOST_TEST(parameter_count(moved) == 8u);
}

BOOST_AUTO_TEST_CASE(an_empty_sequence_is_the_identity) {
  Sequential none;
  Tape tape;
  const Variable x = tape.input(random({3}));
  BOOST_TEST(&*none(x).shared_value() == &x.value());
  BOOST_TEST(parameter_count(none) == 0u);
}

BOOST_AUTO_TEST_CASE(dropout_layers_follow_the_mode_of_the_tape) {
  Rng rng{1};
  const Dropout layer{0.5};
  const Array x = full({1000}, 1);
  Tape train{Mode::train, rng}, eval{Mode::eval, rng};
  BOOST_TEST(same_bits(layer(eval.input(x)).value(), x));
  const Array dropped = layer(train.input(x)).value();
  const auto zeros_in = std::count(dropped.begin(), dropped.end(), Scalar{0});
  BOOST_TEST((zeros_in > 400 && zeros_in < 600));
}

BOOST_AUTO_TEST_CASE(layers_keep_their_identity_when_moved) {
  Rng rng{1};
  Dense first{{.in = 2, .out = 2}, rng};
  const std::uint64_t id = parameters(first)[0].parameter->id();
  std::vector<Dense> several;
  several.push_back(std::move(first));
  for (int i = 0; i < 10; ++i) several.push_back(Dense{{.in = 2, .out = 2}, rng});
  BOOST_TEST(parameters(several[0])[0].parameter->id() == id);
}

BOOST_AUTO_TEST_SUITE_END()

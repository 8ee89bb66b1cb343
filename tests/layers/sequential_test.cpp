// SPDX-License-Identifier: MIT
// Sequences whose layers have names, and what is done with some of their layers.
#include "../support.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/optim.hpp>
#include <xtape/watch.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(sequential)

namespace {

Sequential make(Rng& rng) {
  return {{"hidden", Dense{{.in = 3, .out = 4}, rng}},
          {"relu", relu},
          {"block", Sequential{Dense{{.in = 4, .out = 4}, rng}, BatchNorm{{.channels = 4}}}},
          {"out", Dense{{.in = 4, .out = 2}, rng}}};
}

template <class Model>
std::vector<std::string> names(Model& model) {
  std::vector<std::string> all;
  for (const NamedArray& array : named_arrays(model)) all.push_back(array.name);
  return all;
}

auto says(const std::string& what) {
  return [what](const Error& error) {
    BOOST_TEST(std::string{error.what()}.starts_with(what), error.what());
    return true;
  };
}

}  // namespace

BOOST_AUTO_TEST_CASE(parameters_are_listed_under_the_names) {
  Rng rng{1};
  Sequential net = make(rng);
  net.add(Dense{{.in = 2, .out = 2, .bias = false}, rng});
  net.add("last", Dense{{.in = 2, .out = 2, .bias = false}, rng});
  const std::vector<std::string> expected{"hidden.weight",
                                          "hidden.bias",
                                          "block.0.weight",
                                          "block.0.bias",
                                          "block.1.weight",
                                          "block.1.bias",
                                          "block.1.running_mean",
                                          "block.1.running_var",
                                          "out.weight",
                                          "out.bias",
                                          "4.weight",
                                          "last.weight"};
  BOOST_TEST(names(net) == expected, boost::test_tools::per_element());
  Sequential single{{"only", Dense{{.in = 2, .out = 2, .bias = false}, rng}}};
  BOOST_TEST(names(single) == std::vector<std::string>{"only.weight"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(errors_and_tables_have_the_names) {
  Rng rng{1};
  Sequential net = make(rng);
  Tape tape;
  BOOST_CHECK_EXCEPTION(net(tape.input(zeros({2, 5}))), ShapeError,
                        says("[dense] layer hidden: expected (N, 3), got (2, 5) at "));
  Sequential deep{{"stem", relu}, {"net", std::move(net)}};
  BOOST_CHECK_EXCEPTION(deep(tape.input(zeros({2, 5}))), ShapeError,
                        says("[dense] layer net.hidden: expected"));
  Sequential nested{
      {"stem", relu},
      {"head", Sequential{{"fc", Dense{{.in = 3, .out = 2}, rng}}, {"tanh", Tanh{}}}}};
  BOOST_TEST(summary(nested, {3}).layers[1].layer == "head.fc");
}

BOOST_AUTO_TEST_CASE(layers_are_found_by_number_and_name) {
  Rng rng{1};
  Sequential net = make(rng);
  net.add(Tanh{});
  BOOST_TEST(&net["hidden"] == &net[0]);
  BOOST_TEST(&net[std::string{"out"}] == &net[-2]);
  BOOST_TEST(&net["4"] == &net[4u]);
  BOOST_TEST(names(net["out"]) == (std::vector<std::string>{"weight", "bias"}),
             boost::test_tools::per_element());
  Dense& hidden = net.get<Dense>("hidden");
  BOOST_TEST(parameters(hidden)[0].parameter == parameters(net)[0].parameter);
  BOOST_TEST(parameters(net.get<Sequential>(2).get<Dense>(0)).size() == 2u);
  Tape tape;
  const Variable x = tape.input(random({5, 3}));
  const Array y = net(x).value();
  BOOST_TEST(same_bits(net[4](net[3](net[2](net[1](net[0](x))))).value(), y));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_an_error) {
  Rng rng{1};
  Sequential net = make(rng), none;
  const std::string are = "; they are hidden, relu, block, out";
  const auto check = [&](auto call, const std::string& text) {
    const unsigned line = __LINE__ + 0;
    BOOST_CHECK_EXCEPTION(call(), ValueError, [&](const ValueError& error) {
      BOOST_TEST(std::string{error.what()}.starts_with("[sequential] " + text), error.what());
      return line > 0;
    });
  };
  check([&] { net["hiden"]; }, "there is no layer called hiden at sequential_test.cpp:");
  check([&] { net[4]; }, "there is no layer 4 of 4 at sequential_test.cpp:");
  check([&] { net[-5]; }, "there is no layer -5 of 4 at ");
  check([&] { none[0]; }, "there is no layer 0 of 0 at ");
  check([&] { net.get<Conv2D>("hidden"); },
        "layer hidden is of another class at sequential_test.cpp:");
  check([&] { net.get<Dense>(9); }, "there is no layer 9 of 4 at sequential_test.cpp:");
  check([&] { net.add("out", relu); }, "there are two layers called out at sequential_test.cpp:");
  check([&] { net.add("a.b", relu); }, "expected a name without dots, got \"a.b\" at ");
  check([&] { Sequential{{"", relu}}; }, "expected a name without dots, got \"\" at ");
  check([&] { Sequential({{"a", relu}, {"a", relu}}); }, "there are two layers called a at ");
  try {
    net["x"];
  } catch (const ValueError& error) {
    BOOST_TEST(std::string{error.what()}.ends_with(are), error.what());
  }
}

BOOST_AUTO_TEST_CASE(frozen_layers_do_not_learn) {
  Rng rng{1};
  Sequential net = make(rng);
  freeze(net["block"]);
  const Array before = parameters(net["block"])[0].parameter->value(),
              hidden = parameters(net["hidden"])[0].parameter->value();
  SGD sgd{{.learning_rate = 0.1}};
  const auto step = [&] {
    Tape tape;
    tape.backward(sum(square(net(tape.input(random({5, 3}))))), sgd);
  };
  step();
  BOOST_TEST(same_bits(before, parameters(net["block"])[0].parameter->value()));
  BOOST_TEST(!same_bits(hidden, parameters(net["hidden"])[0].parameter->value()));
  unfreeze(net);
  step();
  BOOST_TEST(!same_bits(before, parameters(net["block"])[0].parameter->value()));
}

BOOST_AUTO_TEST_CASE(copied_weights_are_of_their_own) {
  Rng rng{1};
  Sequential net = make(rng), copy = make(rng);
  const Array x = random({5, 3});
  const auto results = [&](Sequential& model) {
    Tape tape{Mode::eval};
    return model(tape.input(x)).value();
  };
  SGD sgd{{.learning_rate = 0.1}};
  const auto train = [&](Sequential& model) {
    Tape tape;
    tape.backward(sum(square(model(tape.input(x)))), sgd);
  };
  train(net);  // moves the running statistics, too
  copy_weights(net, copy);
  const Array same = results(net);
  BOOST_TEST(same_bits(results(copy), same));
  train(net);
  BOOST_TEST(!same_bits(results(net), same));
  BOOST_TEST(same_bits(results(copy), same));
}

BOOST_AUTO_TEST_CASE(weights_of_other_models_are_not_copied) {
  Rng rng{1};
  Sequential net = make(rng), wide{{"hidden", Dense{{.in = 3, .out = 5}, rng}}},
             shorter{{"hidden", Dense{{.in = 3, .out = 4}, rng}}}, other{Tanh{}};
  BOOST_CHECK_EXCEPTION(
      copy_weights(net, wide), ShapeError,
      says("[copy_weights] hidden.weight is (3, 4) in the first model and (3, 5) in "
           "the second at sequential_test.cpp:"));
  BOOST_CHECK_EXCEPTION(copy_weights(shorter, net), ValueError,
                        says("[copy_weights] the first model has no block.0.weight at "));
  BOOST_CHECK_EXCEPTION(
      copy_weights(net, shorter), ValueError,
      says("[copy_weights] the first model lists 10 arrays and the second 2 at "));
}

// As MobileNet has it (Howard et al., 2017; Sandler et al., 2018): a convolution of each channel, then one of each
// pixel.
BOOST_AUTO_TEST_CASE(blocks_of_mobilenet_are_short) {
  Rng rng{1};
  const auto pointwise = [&](std::size_t in, std::size_t out) {
    return Conv2D{{.in = in, .out = out, .kernel = 1, .bias = false}, rng};
  };
  const auto depthwise = [&](std::size_t channels, std::size_t stride) {
    return DepthwiseConv2D{
        {.channels = channels, .stride = stride, .padding = Padding::same, .bias = false}, rng};
  };
  const auto inverted = [&](std::size_t channels, std::size_t wide) {
    return Residual{Sequential{pointwise(channels, wide), BatchNorm{{.channels = wide}}, relu,
                               depthwise(wide, 1), BatchNorm{{.channels = wide}}, relu,
                               pointwise(wide, channels), BatchNorm{{.channels = channels}}}};
  };
  Sequential net{{"stem", Conv2D{{.in = 3, .out = 8, .stride = 2, .padding = Padding::same}, rng}},
                 {"block1", inverted(8, 24)},
                 {"down", Sequential{depthwise(8, 2), BatchNorm{{.channels = 8}}, relu,
                                     pointwise(8, 16), BatchNorm{{.channels = 16}}, relu}},
                 {"block2", inverted(16, 48)},
                 {"pool", GlobalAvgPool{}},
                 {"head", Dense{{.in = 16, .out = 10}, rng}}};
  SGD sgd{{.learning_rate = 0.05, .momentum = 0.9}};
  const Array x = random({16, 16, 16, 3});
  const std::vector<std::int32_t> labels{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5};
  double first = 0, last = 0;
  for (int step = 0; step < 30; ++step) {
    Tape tape;
    const Variable loss = softmax_cross_entropy(net(tape.input(x)), labels);
    last = static_cast<double>(loss.item());
    if (step == 0) first = last;
    tape.backward(loss, sgd);
  }
  BOOST_TEST(last < 0.5 * first, "the loss went from " << first << " to " << last);
}

BOOST_AUTO_TEST_SUITE_END()

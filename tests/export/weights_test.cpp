// SPDX-License-Identifier: MIT
// Weights that PyTorch reads and writes, and what must be known of a model for that.
#include "torch.hpp"

#include <models/models.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(torch_weights)

namespace {

Array applied(Sequential& net, const Array& images) {
  Tape tape{Mode::eval};
  return net(tape.input(images)).value();
}

// Paths of our ResNet-20, and what PyTorch calls them.
Renames names_of_resnet20() {
  Renames names{{"0", "conv1"}, {"1", "bn1"}, {"12", "fc"}};
  for (int i = 0; i < 9; ++i) {
    const std::string ours = std::to_string(2 + i) + ".0.",
                      theirs = "layer" + std::to_string(1 + i / 3) + '.' + std::to_string(i % 3);
    names[ours + '0'] = theirs + ".conv1";
    names[ours + '1'] = theirs + ".bn1";
    names[ours + '2'] = theirs + ".conv2";
    names[ours + '3'] = theirs + ".bn2";
  }
  return names;
}

}  // namespace

BOOST_AUTO_TEST_CASE(torch_has_models_of_images_with_the_same_weights, *with_torch) {
  for (const std::string name : {"lenet5", "resnet20"}) {
    const Directory directory;
    const models::Architecture& architecture = models::by_name().at(name);
    Rng rng{1};
    Sequential net = architecture.make(rng);
    shake(net);
    WeightsOptions options{.layout = Layout::torch,
                           .flattened = flattened_images(net, architecture.input)};
    if (name == "resnet20") options.rename = names_of_resnet20();
    Shape shape = architecture.input;
    shape.insert(shape.begin(), 5);
    const Array images = random(shape, 0, 1, 5);
    const std::string input = bytes_of_all(channels_first(images));
    save_npz(directory / "ours", net, options);
    const auto theirs = run_torch({{false, name, directory / "ours", input, {5, 10}},
                                   {true, name, directory / "theirs.npz", input, {5, 10}}});
    BOOST_TEST_CONTEXT(name) {
      check_same(applied(net, images), theirs[0]);
      load_npz(directory / "theirs.npz", net, options);
      check_same(applied(net, images), theirs[1]);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_order_of_the_rows_matters, *with_torch) {
  const Directory directory;
  Rng rng{1};
  Sequential net = models::lenet5(rng);
  const Array images = random({7, 28, 28, 1}, 0, 1, 5);
  save_npz(directory / "net", net, {.layout = Layout::torch, .flattened = FlattenedImages{}});
  const auto theirs =
      run_torch({{false, "lenet5", directory / "net", bytes_of_all(images), {7, 10}}});
  BOOST_TEST(difference(theirs[0], {7, 10}, elements(applied(net, images)), 1e-2) != "");
}

// (k, in / groups, out) is (out, in / groups, k) there, and a depthwise kernel (kh, kw, 1, out) is (out, 1, kh, kw).
BOOST_AUTO_TEST_CASE(kernels_of_sequences_and_groups_have_the_axes_of_torch) {
  const Directory directory;
  Rng rng{1};
  Sequential net{{"along", Conv1D{{.in = 4, .out = 6, .kernel = 5, .groups = 2}, rng}},
                 {"each", DepthwiseConv2D{{.channels = 3, .kernel = {2, 4}}, rng}},
                 {"larger", ConvTranspose2D{{.in = 4, .out = 6, .groups = 2}, rng}}};
  const std::string path = directory / "net.npz";
  save_npz(path, net, {.layout = Layout::torch});
  Parameter along{zeros({6, 2, 5})}, each{zeros({3, 1, 2, 4})}, larger{zeros({4, 3, 3, 3})};
  std::vector<Parameter> biases;
  for (std::size_t size : {6, 3, 6}) biases.emplace_back(zeros({size}));
  load_npz_weights(path, {{"along.weight", &along},
                          {"along.bias", biases.data()},
                          {"each.weight", &each},
                          {"each.bias", &biases[1]},
                          {"larger.weight", &larger},
                          {"larger.bias", &biases[2]}});
  const auto ours = [&](const char* layer) { return parameters(net[layer])[0].parameter->value(); };
  const auto turned = [](const Array& a, const Axes& axes) {
    Tape tape{Mode::eval};
    return transpose(tape.input(a), {.axes = axes}).value();
  };
  BOOST_TEST(same_bits(along.value(), turned(ours("along"), {2, 1, 0})));
  BOOST_TEST(same_bits(each.value(), turned(ours("each"), {3, 2, 0, 1})));
  BOOST_TEST(same_bits(larger.value(), turned(ours("larger"), {3, 2, 0, 1})));
  const Array before = ours("along");
  for (const auto& [name, parameter] : parameters(net)) parameter->value().fill(0);
  load_npz(path, net, {.layout = Layout::torch});
  BOOST_TEST(same_bits(ours("along"), before));
}

BOOST_AUTO_TEST_CASE(flattened_images_are_found) {
  Rng rng{1};
  const auto of = [&](const char* name) {
    const models::Architecture& architecture = models::by_name().at(name);
    Sequential net = architecture.make(rng);
    return flattened_images(net, architecture.input);
  };
  BOOST_TEST((of("cnn") == FlattenedImages{{"3.weight", 32}}));
  BOOST_TEST((of("lenet5") == FlattenedImages{{"3.weight", 16}}));
  BOOST_TEST((of("mlp") == FlattenedImages{{"1.weight", 1}}));
  BOOST_TEST(of("resnet20").empty());
  BOOST_TEST((of("vgg") == FlattenedImages{{"8.weight", 128}}));  // behind a dropout
}

BOOST_AUTO_TEST_CASE(they_are_followed_to_the_weights_that_read_them) {
  Rng rng{1};
  Sequential pooled{[](const Variable& x) {
                      return mean(x, {.axes = {1, 2}});
                    },
                    Dense{{.in = 3, .out = 2}, rng}};
  BOOST_TEST(flattened_images(pooled, {4, 4, 3}).empty());
  Sequential deep{
      [](const Variable& x) {
        return reshape(x, {-1, 48});
      },
      relu,
      [](const Variable& x) { return 1 - 2 * x * 2; },
      [](const Variable& x) { return square(x) - max(x, {.axes = {1}, .keep_dims = true}); },
      Dense{{.in = 48, .out = 48}, rng},
      relu,
      Dense{{.in = 48, .out = 2}, rng}};
  BOOST_TEST((flattened_images(deep, {4, 4, 3}) == FlattenedImages{{"4.weight", 3}}));
}

BOOST_AUTO_TEST_CASE(what_torch_has_no_order_for_is_an_error) {
  Rng rng{1};
  Sequential decoder{Dense{{.in = 2, .out = 12}, rng}, [](const Variable& x) {
                       return reshape(x, {-1, 2, 2, 3});
                     }};
  BOOST_CHECK_EXCEPTION(flattened_images(decoder, {2}), ValueError, [](const ValueError& error) {
    return std::string{error.what()}.starts_with(
        "[flattened_images] layer 1: the op reshape makes images (N, H, W, C) of (1, 12), which "
        "PyTorch would make (N, C, H, W)");
  });
  struct Twice {
    explicit Twice(Rng& rng) : dense{{.in = 12, .out = 2}, rng} {}
    Variable operator()(const Variable& x) {
      const Variable above = slice(x, {.axis = 1, .end = 1}),
                     below = slice(x, {.axis = 1, .begin = 1});
      const Variable first = dense(flatten(x));
      return first + dense(flatten(concatenate({above, below}, {.axis = 3})));
    }
    void parameters(ParameterList& list) { list("dense", dense); }
    Dense dense;
  } twice{rng};
  BOOST_CHECK_EXCEPTION(
      flattened_images(twice, {2, 2, 3}), ValueError, [](const ValueError& error) {
        return error.message() == "dense.weight reads flattened images of 3 and of 6 channels";
      });
}

BOOST_AUTO_TEST_CASE(flattened_images_are_not_lost) {
  const auto flat_transposed = [](const Variable& x) {
    return flatten(relu(transpose(x, {.axes = {0, 3, 1, 2}})));
  };
  const auto flat_in_steps = [](const Variable& x) {
    return reshape(reshape(x, {1, 4, 3}), {1, 12});
  };
  const std::string apart = "takes flattened images apart",
                    joined = "joins flattened images with what is none",
                    moved = "flattens images whose axes were changed";
  Parameter scale{full({12}, 1)}, weight{full({12, 2}, 1)};
  const std::tuple<std::string, std::function<Variable(const Variable&)>, std::string> cases[] = {
      {"concatenate",
       [](const Variable& x) {
         return concatenate({flatten(x), flatten(x)}, {.axis = 1});
       },
       apart},
      {"slice", [](const Variable& x) { return slice(flatten(x), {.axis = 1, .begin = 6}); },
       apart},
      {"transpose", [](const Variable& x) { return transpose(flatten(x)); }, apart},
      {"reshape",
       [](const Variable& x) {
         return reshape(flatten(x), {1, 3, 4});
       },
       apart},
      {"mul", [&](const Variable& x) { return flatten(x) * x.tape().parameter(scale); }, joined},
      {"mul", [&](const Variable& x) { return x.tape().parameter(scale) * flatten(x); }, joined},
      {"matmul",
       [&](const Variable& x) { return matmul(flatten(x), 2 * x.tape().parameter(weight)); },
       "reads flattened images with what is no parameter"},
      {"flatten", flat_transposed, moved},
      {"reshape", flat_in_steps, moved},
  };
  for (const auto& [op, make, what] : cases) {
    Sequential model{make};
    BOOST_TEST_CONTEXT(op << ", " << what)
    BOOST_CHECK_EXCEPTION(
        flattened_images(model, {2, 2, 3}), ValueError, [&](const ValueError& error) {
          return error.message() ==
                 "the op " + op + ' ' + what + ": their order in PyTorch is not known";
        });
  }
}

BOOST_AUTO_TEST_SUITE_END()

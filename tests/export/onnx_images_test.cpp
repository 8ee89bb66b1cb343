// SPDX-License-Identifier: MIT
// Exported convolutions, pools and resampling of images and sequences give the same results in another runtime.
#include "runtime.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(onnx_images)

namespace {

// With the channels first and last.
void add_both(Models& models, const std::string& name, auto layer, const Shape& sample) {
  Sequential net{std::move(layer)};
  shake(net);
  models.add(name, net, sample);
  models.add(name + "-channels-last", net, sample, Layout::keras);
}

}  // namespace

BOOST_AUTO_TEST_CASE(convolutions_with_odd_options, *with_onnxruntime) {
  Models models;
  Rng rng{1};
  const auto add = [&](const std::string& name, const Conv2D::Options& options) {
    Sequential net{Conv2D{options, rng}};
    shake(net);
    models.add(name, net, {9, 12, 3});
  };
  add("stride", {.in = 3, .out = 5, .stride = 2, .padding = Padding::same});
  add("strides", {.in = 3, .out = 5, .kernel = {2, 4}, .stride = {3, 2}, .padding = Padding::same});
  add("dilation", {.in = 3, .out = 4, .dilation = 2});
  add("padding", {.in = 3, .out = 4, .padding = {2, 0, 1, 3}, .dilation = {2, 1}, .bias = false});
  add("tanh", {.in = 3, .out = 4, .activation = Activation::tanh, .max_pool = 2});
  add("sigmoid", {.in = 3, .out = 4, .activation = Activation::sigmoid, .max_pool = {2, 3}});
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_CASE(pooling, *with_onnxruntime) {
  Models models;
  const auto add = [&](const std::string& name, auto layer) {
    Sequential net{std::move(layer)};
    models.add(name, net, {9, 12, 3});
  };
  add("max", MaxPool2D{2});
  add("max-same", MaxPool2D{{.window = 3, .stride = 2, .padding = Padding::same}});
  add("max-odd", MaxPool2D{{.window = {2, 3}, .stride = {3, 1}, .padding = {1, 0, 2, 1}}});
  add("average", AvgPool2D{2});
  add("average-same", AvgPool2D{{.window = {3, 2}, .stride = 2, .padding = Padding::same}});
  add("average-odd", AvgPool2D{{.window = 3, .stride = {2, 1}, .padding = 1}});
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_CASE(convolutions_in_groups, *with_onnxruntime) {
  Models models;
  Rng rng{1};
  const auto add = [&](const std::string& name, auto layer) {
    add_both(models, name, std::move(layer), {9, 12, 4});
  };
  add("groups", Conv2D{{.in = 4, .out = 6, .stride = 2, .padding = 1, .groups = 2}, rng});
  add("pooled", Conv2D{{.in = 4, .out = 8, .dilation = 2, .groups = 4, .max_pool = 2}, rng});
  add("depthwise", DepthwiseConv2D{{.channels = 4, .padding = Padding::same}, rng});
  add("twice", DepthwiseConv2D{{.channels = 4, .multiplier = 2, .stride = 2, .bias = false}, rng});
  add("separable",
      SeparableConv2D{{.in = 4, .out = 5, .padding = 1, .activation = Activation::tanh}, rng});
  add("transposed",
      ConvTranspose2D{{.in = 4, .out = 6, .stride = 2, .groups = 2, .output_padding = 1}, rng});
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_CASE(sequences, *with_onnxruntime) {
  Models models;
  Rng rng{1};
  const auto add = [&](const std::string& name, auto layer) {
    add_both(models, name, std::move(layer), {11, 4});
  };
  add("plain", Conv1D{{.in = 4, .out = 3}, rng});
  add("causal", Conv1D{{.in = 4, .out = 3, .padding = Padding1D::causal, .dilation = 2}, rng});
  add("odd",
      Conv1D{{.in = 4, .out = 6, .stride = 2, .padding = {2, 1}, .groups = 2, .max_pool = 2}, rng});
  add("depthwise", Conv1D{{.in = 4, .out = 4, .groups = 4, .bias = false}, rng});
  add("max", MaxPool1D{{.window = 3, .stride = 2, .padding = {1, 0}}});
  add("average", AvgPool1D{{.window = 3, .stride = 2, .padding = Padding1D::same}});
  models.compare();
  const std::vector<std::string> checked = models.checked();
  if (!checked.empty())
    BOOST_TEST(sorted(operators(checked[0])) == sorted("Transpose Conv Transpose"));
}

BOOST_AUTO_TEST_CASE(resampling, *with_onnxruntime) {
  Models models;
  const auto add = [&](const std::string& name, auto layer) {
    add_both(models, name, std::move(layer), {5, 7, 3});
  };
  const auto sized = [](Size2D size, bool align_corners) {
    return Upsample{
        {.size = size, .mode = Interpolation::bilinear, .align_corners = align_corners}};
  };
  add("nearest", Upsample{2});
  add("nearest-size", Upsample{{.size = {12, 9}}});
  add("smaller", Upsample{{.size = {3, 4}}});
  add("bilinear", Upsample{{.factor = {2, 3}, .mode = Interpolation::bilinear}});
  add("bilinear-size", sized({9, 4}, false));
  add("aligned", sized({9, 11}, true));
  add("aligned-row", sized({1, 4}, true));
  add("adaptive", AdaptiveAvgPool2D{{3, 4}});
  add("adaptive-larger", AdaptiveAvgPool2D{{7, 2}});
  add("global", GlobalMaxPool{});
  models.compare();
  const std::vector<std::string> checked = models.checked();
  if (!checked.empty()) BOOST_TEST(operators(checked[0]) == "Resize");
}

BOOST_AUTO_TEST_SUITE_END()

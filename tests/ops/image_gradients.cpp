// SPDX-License-Identifier: MIT
#include "gradient_rows.hpp"

#include <xtape/ops/conv.hpp>
#include <xtape/ops/pool.hpp>
#include <xtape/ops/resample.hpp>

namespace test {

std::vector<Row> image_rows() {
  const auto conv = [](Conv2DOptions o) {
    return
        [o](In x) { return x.size() == 3 ? conv2d(x[0], x[1], x[2], o) : conv2d(x[0], x[1], o); };
  };
  const auto along = [](Conv1DOptions o) {
    return
        [o](In x) { return x.size() == 3 ? conv1d(x[0], x[1], x[2], o) : conv1d(x[0], x[1], o); };
  };
  const auto transposed = [](ConvTranspose2DOptions o) {
    return [o](In x) {
      return x.size() == 3 ? conv_transpose2d(x[0], x[1], x[2], o)
                           : conv_transpose2d(x[0], x[1], o);
    };
  };
  const auto grad_kernel = [](Conv2DGradKernelOptions o) {
    return [o](In x) { return conv2d_grad_kernel(x[0], x[1], o); };
  };
  const auto max = [](Pool2DOptions o) { return [o](In x) { return max_pool2d(x[0], o); }; };
  const auto avg = [](Pool2DOptions o) { return [o](In x) { return avg_pool2d(x[0], o); }; };
  return {
      {"conv2d",
       "pooled",
       {numbers({2, 5, 7, 2}), numbers({2, 2, 2, 3}), numbers({3})},
       conv({.activation = Activation::tanh, .max_pool = 2})},
      {"conv2d",
       "pooled, of padded images with a stride",
       {numbers({2, 6, 5, 2}), numbers({3, 2, 2, 3}), numbers({3})},
       conv({.stride = {1, 2}, .padding = Padding::same, .max_pool = {3, 1}})},
      {"conv2d",
       "many channels",
       {numbers({2, 4, 5, 8}), numbers({3, 2, 8, 3}), numbers({3})},
       conv({.padding = {1, 0, 2, 1}})},
      {"conv2d",
       "many channels, dilation, pooled",
       {numbers({1, 6, 6, 9}), numbers({2, 2, 9, 2})},
       conv({.padding = 1, .dilation = 2, .max_pool = 2})},
      {"conv2d",
       "by Winograd's filtering",
       {numbers({1, 12, 11, 16}), numbers({3, 3, 16, 16})},
       conv({.padding = 1})},
      {"conv2d", "plain", {numbers({2, 5, 6, 2}), numbers({3, 2, 2, 3})}, conv({})},
      {"conv2d",
       "bias, relu",
       {numbers({2, 5, 6, 1}), numbers({3, 3, 1, 19}), numbers({19})},
       conv({.activation = Activation::relu})},
      {"conv2d",
       "tanh",
       {numbers({1, 4, 4, 2}), numbers({2, 2, 2, 3}), numbers({3})},
       conv({.activation = Activation::tanh})},
      {"conv2d",
       "stride",
       {numbers({2, 7, 8, 2}), numbers({3, 3, 2, 3}), numbers({3})},
       conv({.stride = {2, 3}})},
      {"conv2d",
       "same",
       {numbers({1, 5, 6, 2}), numbers({3, 4, 2, 2})},
       conv({.padding = Padding::same})},
      {"conv2d",
       "same, stride",
       {numbers({1, 6, 5, 2}), numbers({3, 3, 2, 2})},
       conv({.stride = 2, .padding = Padding::same})},
      {"conv2d",
       "padding by side",
       {numbers({1, 4, 5, 1}), numbers({3, 3, 1, 2}), numbers({2})},
       conv({.padding = {1, 0, 2, 1}})},
      {"conv2d",
       "dilation",
       {numbers({1, 7, 8, 2}), numbers({3, 2, 2, 2})},
       conv({.padding = 1, .dilation = {2, 3}})},
      {"conv2d",
       "all",
       {numbers({1, 9, 8, 2}), numbers({2, 3, 2, 2}), numbers({2})},
       conv({.stride = {3, 2}, .padding = 2, .dilation = {3, 2}})},
      {"conv2d",
       "groups",
       {numbers({2, 5, 6, 4}), numbers({3, 2, 2, 6}), numbers({6})},
       conv({.stride = {2, 1}, .padding = 1, .groups = 2, .activation = Activation::tanh})},
      {"conv2d",
       "groups of one channel, pooled",
       {numbers({1, 6, 7, 3}), numbers({2, 3, 1, 6}), numbers({6})},
       conv({.padding = Padding::same,
             .groups = 3,
             .activation = Activation::relu,
             .max_pool = {2, 3}})},
      {"conv2d",
       "depthwise",
       {numbers({2, 5, 9, 19}), numbers({3, 3, 1, 19}), numbers({19})},
       conv({.padding = Padding::same, .groups = 19, .activation = Activation::tanh})},
      {"conv2d",
       "depthwise, stride, dilation",
       {numbers({1, 9, 8, 3}), numbers({2, 3, 1, 3})},
       conv({.stride = {3, 2}, .padding = 2, .dilation = {3, 2}, .groups = 3})},
      {"conv2d",
       "depthwise, pooled",
       {numbers({2, 7, 6, 2}), numbers({3, 2, 1, 2}), numbers({2})},
       conv({.padding = {1, 0, 2, 1}, .groups = 2, .max_pool = 2})},
      {"conv1d",
       "plain",
       {numbers({2, 7, 3}), numbers({3, 3, 4}), numbers({4})},
       along({.activation = Activation::sigmoid})},
      {"conv1d",
       "causal, dilation, many channels",
       {numbers({2, 6, 9}), numbers({2, 9, 3})},
       along({.padding = Padding1D::causal, .dilation = 2})},
      {"conv1d",
       "stride, groups, pooled",
       {numbers({2, 9, 4}), numbers({3, 2, 2}), numbers({2})},
       along({.stride = 2, .padding = {2, 1}, .groups = 2, .max_pool = 2})},
      {"conv1d",
       "depthwise, same",
       {numbers({2, 5, 3}), numbers({4, 1, 3})},
       along({.padding = Padding1D::same, .groups = 3})},
      {"conv_transpose2d",
       "groups",
       {numbers({1, 3, 4, 4}), numbers({3, 2, 3, 4}), numbers({6})},
       transposed({.stride = {2, 1}, .padding = {1, 0}, .groups = 2, .output_padding = {1, 0}})},
      {"conv_transpose2d",
       "depthwise",
       {numbers({2, 3, 4, 3}), numbers({3, 3, 1, 3}), numbers({3})},
       transposed({.stride = 2, .padding = Padding::same, .groups = 3})},
      {"conv_transpose2d", "plain", {numbers({2, 3, 4, 3}), numbers({3, 2, 2, 3})}, transposed({})},
      {"conv_transpose2d",
       "bias, tanh",
       {numbers({1, 3, 3, 2}), numbers({2, 2, 3, 2}), numbers({3})},
       transposed({.activation = Activation::tanh})},
      {"conv_transpose2d",
       "stride, padding, more rows",
       {numbers({2, 3, 4, 2}), numbers({4, 3, 3, 2}), numbers({3})},
       transposed({.stride = {3, 2}, .padding = 1, .output_padding = {2, 0}})},
      {"conv_transpose2d",
       "same, stride",
       {numbers({1, 3, 2, 2}), numbers({3, 2, 2, 2})},
       transposed({.stride = {2, 3}, .padding = Padding::same})},
      {"conv_transpose2d",
       "many channels, padding by side, dilation",
       {numbers({1, 4, 5, 3}), numbers({3, 2, 9, 3})},
       transposed({.padding = {1, 0, 2, 1}, .dilation = {2, 1}})},
      {"conv2d_grad_kernel",
       "plain",
       {numbers({2, 5, 6, 2}), numbers({2, 3, 5, 3})},
       grad_kernel({.kernel = {3, 2}})},
      {"conv2d_grad_kernel",
       "many channels, same",
       {numbers({1, 4, 5, 9}), numbers({1, 4, 5, 2})},
       grad_kernel({.padding = Padding::same})},
      {"conv2d_grad_kernel",
       "stride, padding, dilation",
       {numbers({1, 9, 8, 2}), numbers({1, 4, 4, 2})},
       grad_kernel({.kernel = {2, 3}, .stride = {3, 2}, .padding = 2, .dilation = {3, 2}})},
      {"conv2d_grad_kernel",
       "groups",
       {numbers({2, 5, 6, 4}), numbers({2, 4, 5, 2})},
       grad_kernel({.kernel = 2, .groups = 2})},
      {"conv2d_grad_kernel",
       "depthwise",
       {numbers({2, 5, 6, 3}), numbers({2, 3, 3, 3})},
       grad_kernel({.stride = 2, .padding = Padding::same, .groups = 3})},
      {"max_pool2d", "2", {apart({2, 4, 6, 3})}, max({.window = 2})},
      {"max_pool2d", "rest left over", {apart({1, 5, 7, 2})}, max({.window = {2, 3}})},
      {"max_pool2d", "overlapping", {apart({1, 5, 6, 17})}, max({.window = 3, .stride = 1})},
      {"max_pool2d",
       "padding",
       {apart({1, 5, 5, 2})},
       max({.window = 3, .stride = 2, .padding = 1})},
      {"max_pool2d",
       "padding, no overlap",
       {apart({1, 6, 6, 2})},
       max({.window = 3, .padding = 1})},
      {"max_pool2d",
       "same",
       {apart({1, 5, 6, 2})},
       max({.window = 3, .stride = 2, .padding = Padding::same})},
      {"avg_pool2d", "2", {numbers({2, 4, 6, 3})}, avg({.window = 2})},
      {"avg_pool2d",
       "overlapping, padding",
       {numbers({1, 5, 6, 2})},
       avg({.window = 3, .stride = 1, .padding = {1, 0, 1, 2}})},
      {"upsample2d", "nearest", {numbers({2, 2, 3, 3})}, [](In x) { return upsample2d(x[0]); }},
      {"upsample2d",
       "bilinear, to a size",
       {numbers({2, 3, 4, 2})},
       [](In x) {
         return upsample2d(x[0], {.size = {5, 3}, .mode = Interpolation::bilinear});
       }},
      {"upsample2d",
       "aligned corners",
       {numbers({1, 3, 4, 2})},
       [](In x) {
         return upsample2d(
             x[0], {.factor = {2, 3}, .mode = Interpolation::bilinear, .align_corners = true});
       }},
      {"adaptive_avg_pool2d",
       "overlapping",
       {numbers({2, 5, 7, 2})},
       [](In x) {
         return adaptive_avg_pool2d(x[0], {.size = {3, 4}});
       }},
      {"max_pool1d",
       "overlapping",
       {apart({2, 7, 3})},
       [](In x) {
         return max_pool1d(x[0], {.window = 3, .stride = 2, .padding = {1, 0}});
       }},
      {"avg_pool1d",
       "same",
       {numbers({2, 7, 3})},
       [](In x) {
         return avg_pool1d(x[0], {.window = 3, .stride = 2, .padding = Padding1D::same});
       }},
  };
}

}  // namespace test

// SPDX-License-Identifier: MIT
#include "flattened_rows.hpp"

#include "../support.hpp"

#include <xtape/ops.hpp>
#include <xtape/parameter.hpp>

#include <map>

using namespace test;

namespace {

using V = const Variable&;

Parameter& parameter(const Shape& shape) {
  static std::map<std::vector<std::size_t>, Parameter> all;
  return all.try_emplace({shape.begin(), shape.end()}, full(shape, 1)).first->second;
}
Variable weight(V x, const Shape& shape) { return x.tape().parameter(parameter(shape)); }
Variable turned(V x) { return transpose(x, {.axes = {0, 3, 1, 2}}); }

const std::vector<std::int32_t> ids{0, 2, 2, 1};

const std::string changed = "flattens images whose axes were changed",
                  joined = "reads axes of images that were joined";

// Ops that leave each element where it is: some of those that are computed element by element, and dropout.
std::vector<ImageRow> elementwise_rows() {
  return {
      {"exp", [](V x) { return exp(x); }, 3},
      {"leaky_relu", [](V x) { return leaky_relu(mean(x, {.axes = {1}})); }, 3},
      {"clip", [](V x) { return clip(mean(x, {.axes = {3}}), {.min = 0}); }, 0},
      {"dropout", [](V x) { return dropout(x, {.rate = 0.5}); }, 3},
      {"pow", [](V x) { return pow(x, 2); }, 3},
      {"add", [](V x) { return x + weight(x, {3}); }, 3},
      {"add",
       [](V x) {
         return x + mean(x, {.axes = {1, 2}, .keep_dims = true});
       },
       3},
      {"sub", [](V x) { return mean(x, {.axes = {1}}) - weight(x, {3}); }, 3},
      {"sub", [](V x) { return 1 - flatten(x); }, 3},
      {"mul", [](V x) { return mean(x, {.axes = {2}}) * max(x, {.axes = {2}}); }, 3},
      {"mul",
       [](V x) {
         const Variable square =
             slice(x, {.axis = 2, .end = 4});  // of 4 x 4, and its rows as columns
         return square * transpose(square, {.axes = {0, 2, 1, 3}});
       },
       0, "joins images of different axes"},
      {"div", [](V x) { return x / (1 + x); }, 3},
  };
}

// Ops that drop, join, cut or move axes.
std::vector<ImageRow> axis_rows() {
  return {
      {"sum", [](V x) { return sum(x, {.axes = {1}}); }, 3},
      {"sum", [](V x) { return sum(x, {.axes = {-1}}); }, 0},
      {"mean", [](V x) { return mean(x, {.axes = {1}}); }, 3},
      {"mean", [](V x) { return mean(x, {.axes = {2}}); }, 3},
      {"mean", [](V x) { return mean(x, {.axes = {3}}); }, 0},
      {"mean",
       [](V x) {
         return mean(x, {.axes = {1, 2}});
       },
       0},
      {"mean",
       [](V x) {
         return mean(x, {.axes = {3, 1}});
       },
       0},
      {"mean", [](V x) { return mean(x, {.axes = {1}, .keep_dims = true}); }, 3},
      {"mean", [](V x) { return mean(x, {.axes = {3}, .keep_dims = true}); }, 1},
      {"mean", [](V x) { return mean(mean(x, {.axes = {1}}), {.axes = {1}}); }, 0},
      {"mean", [](V x) { return mean(turned(x), {.axes = {1}}); }, 0},
      {"mean", [](V x) { return mean(turned(x), {.axes = {2}}); }, 0, changed},
      {"max", [](V x) { return max(x, {.axes = {-2}}); }, 3},
      {"min", [](V x) { return min(x, {.axes = {-2}}); }, 3},
      {"prod", [](V x) { return prod(x, {.axes = {3}}); }, 0},
      {"logsumexp", [](V x) { return logsumexp(x, {.axes = {1}}); }, 3},
      {"norm", [](V x) { return norm(x, {.axes = {3}, .keep_dims = true}); }, 1},
      {"cosine_similarity", [](V x) { return cosine_similarity(x, x, {.axis = 1}); }, 3},
      {"variance", [](V x) { return variance(x, {.axes = {1}}); }, 3},
      {"stddev", [](V x) { return stddev(x, {.axes = {3}}); }, 0},
      {"cumsum", [](V x) { return cumsum(x, {.axis = 3}); }, 3},
      {"gather", [](V x) { return gather(x, ids, {.axis = 1}); }, 3},
      {"gather", [](V x) { return gather(x, ids, {.axis = 3}); }, 4},
      {"scatter_add",
       [](V x) { return scatter_add(x, ids, gather(x, ids, {.axis = 1}), {.axis = 1}); }, 3},
      {"top_k", [](V x) { return top_k(x, 2, {.axis = 1}).values; }, 3},
      {"glu", [](V x) { return glu(x, {.axis = 1}); }, 3},
      {"flip", [](V x) { return flip(x, {.axes = {1}}); }, 3},
      {"flip", [](V x) { return flip(flatten(x)); }, 0, "takes flattened images apart"},
      {"cumsum", [](V x) { return cumsum(flatten(x), {.axis = 1}); }, 0,
       "takes flattened images apart"},
      {"pad",
       [](V x) {
         return pad(x, {{}, {1, 1}, {}, {0, 2}});
       },
       5},
      {"tile",
       [](V x) {
         return tile(x, {1, 1, 1, 2});
       },
       6},
      {"broadcast_to",
       [](V x) {
         return broadcast_to(mean(x, {.axes = {1}, .keep_dims = true}), {x.shape()[0], 6, 5, 3});
       },
       0, changed},
      {"stack",
       [](V x) {
         return mean(stack({x, x}, {.axis = 1}), {.axes = {1}});
       },
       0, changed},
      {"expand_dims", [](V x) { return mean(expand_dims(x, 1), {.axes = {1}}); }, 0, changed},
      {"squeeze",
       [](V x) { return squeeze(mean(x, {.axes = {1}, .keep_dims = true}), {.axes = {1}}); }, 0,
       changed},
      {"slice", [](V x) { return slice(x, {.axis = 1, .end = 2}); }, 3},
      {"slice", [](V x) { return slice(x, {.axis = 3, .begin = 1}); }, 2},
      {"slice", [](V x) { return slice(mean(x, {.axes = {1}}), {.axis = 1, .end = 2}); }, 3},
      {"slice", [](V x) { return slice(flatten(x), {.axis = 1, .end = 30}); }, 0,
       "takes flattened images apart"},
      {"split",
       [](V x) {
         return split(x, {.axis = 3, .sizes = {1, 2}})[1];
       },
       2},
      {"split", [](V x) { return split(flatten(x), {.axis = 1})[0]; }, 0,
       "takes flattened images apart"},
      {"concatenate",
       [](V x) {
         return concatenate({x, relu(x)}, {.axis = 3});
       },
       6},
      {"concatenate",
       [](V x) {
         return concatenate({x, relu(x)}, {.axis = 1});
       },
       3},
      {"concatenate",
       [](V x) {
         const Variable rows = mean(x, {.axes = {1}});
         return concatenate({rows, rows}, {.axis = 2});
       },
       6},
      {"concatenate",
       [](V x) {
         return concatenate({flatten(x), flatten(x)}, {.axis = 1});
       },
       0, "takes flattened images apart"},
      {"transpose", [](V x) { return turned(x); }, 0, changed},
      {"transpose",
       [](V x) {
         return transpose(x, {.axes = {0, 2, 1, 3}});
       },
       0, changed},
      {"transpose",
       [](V x) {
         return transpose(turned(x), {.axes = {0, 2, 3, 1}});
       },
       3},
      {"transpose",
       [](V x) {
         return transpose(mean(x, {.axes = {1}}), {.axes = {0, 2, 1}});
       },
       0, changed},
      {"flatten", [](V x) { return flatten(flatten(x)); }, 3},
      {"flatten", [](V x) { return flatten(mean(x, {.axes = {2}})); }, 3},
      {"reshape",
       [](V x) {
         return reshape(x, {-1, 60});
       },
       3},
      {"reshape",
       [](V x) {
         return reshape(mean(x, {.axes = {1}}), {-1, 15});
       },
       3},
      {"reshape",
       [](V x) {
         return reshape(x, {-1, 20, 3});
       },
       0, changed},
      {"reshape",
       [](V x) {
         return reshape(x, {-1, 4, 15});
       },
       0, changed},
      {"reshape",
       [](V x) {
         return mean(reshape(x, {-1, 20, 3}), {.axes = {1}});
       },
       0},
      {"reshape",
       [](V x) {
         return mean(reshape(x, {-1, 20, 3}), {.axes = {2}});
       },
       0},
      {"reshape",
       [](V x) {
         return mean(reshape(x, {-1, 4, 15}), {.axes = {1}});
       },
       0, joined},
      {"reshape",
       [](V x) {
         return reshape(x, {-1, 15});
       },
       0, joined},
      {"reshape",
       [](V x) {
         return reshape(x, {-1, 3});
       },
       0},
  };
}

// Ops that compute something new of images.
std::vector<ImageRow> other_rows() {
  return {
      {"conv2d",
       [](V x) {
         return conv2d(x, weight(x, {2, 2, 3, 7}));
       },
       7},
      {"conv2d",
       [](V x) {
         return mean(conv2d(x, weight(x, {2, 2, 3, 7})), {.axes = {1}});
       },
       7},
      {"conv2d",
       [](V x) {
         return conv2d(turned(x), weight(x, {2, 2, 5, 7}));
       },
       7},
      {"conv_transpose2d",
       [](V x) {
         return conv_transpose2d(x, weight(x, {2, 2, 7, 3}));
       },
       7},
      {"conv2d_grad_kernel",
       [](V x) {
         return conv2d_grad_kernel(x, weight(x, {x.shape()[0], 3, 4, 7}), {.kernel = 2});
       },
       0, joined},
      {"conv1d",
       [](V x) {
         return conv1d(mean(x, {.axes = {1}}), weight(x, {2, 3, 7}));
       },
       7},
      {"max_pool1d", [](V x) { return max_pool1d(mean(x, {.axes = {2}})); }, 3},
      {"avg_pool1d",
       [](V x) {
         return avg_pool1d(reshape(x, {-1, 20, 3}));
       },
       3},
      {"adaptive_avg_pool2d", [](V x) { return adaptive_avg_pool2d(x, {.size = 2}); }, 3},
      {"upsample2d", [](V x) { return upsample2d(x); }, 3},
      {"max_pool2d", [](V x) { return max_pool2d(x); }, 3},
      {"avg_pool2d", [](V x) { return avg_pool2d(x); }, 3},
      {"batch_norm", [](V x) { return batch_norm(x, weight(x, {3}), weight(x, {3})); }, 3},
      {"batch_norm",
       [](V x) {
         return batch_norm(flatten(x), weight(x, {60}), weight(x, {60}), weight(x, {60}),
                           weight(x, {60}));
       },
       0, "joins flattened images with what is none"},
      {"add_batch_norm",
       [](V x) {
         return add_batch_norm(x, x, weight(x, {3}), weight(x, {3}), weight(x, {3}), weight(x, {3}),
                               {.activation = Activation::relu});
       },
       3},
      {"layer_norm", [](V x) { return layer_norm(x, weight(x, {3}), weight(x, {3})); }, 3},
      {"group_norm",
       [](V x) { return group_norm(x, weight(x, {3}), weight(x, {3}), {.groups = 3}); }, 3},
      {"rms_norm", [](V x) { return rms_norm(x, weight(x, {3})); }, 3},
      {"softmax", [](V x) { return softmax(x); }, 3},
      {"softmax", [](V x) { return softmax(x, {.axis = 1}); }, 3},
      {"softmax", [](V x) { return softmax(flatten(x)); }, 3},
      {"log_softmax", [](V x) { return log_softmax(mean(x, {.axes = {1}}), {.axis = 1}); }, 3},
      {"matmul",
       [](V x) {
         return matmul(x, weight(x, {3, 2}));
       },
       0, changed},
      {"matmul",
       [](V x) {
         return mean(matmul(reshape(x, {-1, 20, 3}), weight(x, {3, 2})), {.axes = {1}});
       },
       0},
      {"matmul",
       [](V x) {
         return matmul(reshape(x, {-1, 4, 15}), weight(x, {15, 2}));
       },
       0, joined},
      {"matmul",
       [](V x) {
         return matmul(mean(x, {.axes = {1}}), weight(x, {5, 2}), {.transpose_a = true});
       },
       0, changed},
      {"matmul",
       [](V x) {
         return matmul(flatten(x), weight(x, {2, 60}), {.transpose_b = true});
       },
       0, "takes flattened images apart"},
      {"dense",
       [](V x) {
         return dense(mean(x, {.axes = {1, 2}}), weight(x, {3, 2}));
       },
       0},
      {"add_dense",
       [](V x) {
         return add_dense(x, x, weight(x, {3, 3}));
       },
       0, changed},
      {"add_dense",
       [](V x) {
         const Variable pooled = mean(x, {.axes = {1, 2}});
         return add_dense(pooled, pooled, weight(x, {3, 3}));
       },
       0},
      {"add_dense",
       [](V x) {
         return add_dense(flatten(x), flatten(x), weight(x, {60, 60}));
       },
       0, "joins flattened images with what is none"},
      {"lstm",
       [](V x) {
         return lstm(mean(x, {.axes = {1}}), {weight(x, {3, 8}), weight(x, {2, 8})}).y;
       },
       0, changed},
      {"gru",
       [](V x) {
         return gru(reshape(x, {-1, 4, 15}), {weight(x, {15, 6}), weight(x, {2, 6})}).y;
       },
       0, joined},
      {"rnn",
       [](V x) {
         return rnn(mean(x, {.axes = {1}}), {weight(x, {3, 2}), weight(x, {2, 2})}).y;
       },
       0, changed},
      {"scaled_dot_product_attention",
       [](V x) {
         const Variable y = reshape(x, {-1, 20, 3});
         return mean(scaled_dot_product_attention(y, y, y), {.axes = {1}});
       },
       0},
      {"einsum", [](V x) { return einsum("abcd->abd", x); }, 3},
      {"mse", [](V x) { return flatten(x) * mse(x, x.value()); }, 3},
      {"softmax_cross_entropy",
       [](V x) {
         const std::vector<std::int32_t> labels(x.shape()[0], 7);
         return x * softmax_cross_entropy(flatten(x), labels);
       },
       3},
      {"of one's own",
       [](V x) {
         return record("mine", zeros({1, 5, 3}), wrt(x, [](Array& g) { g.fill(0); }));
       },
       0, changed},
      {"of one's own",
       [](V x) {
         return record("mine", zeros({1, 15}), wrt(x, [](Array& g) { g.fill(0); }));
       },
       0, joined},
  };
}

}  // namespace

std::vector<ImageRow> test::image_rows() {
  std::vector<ImageRow> all = elementwise_rows();
  for (const auto& more : {axis_rows(), other_rows()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

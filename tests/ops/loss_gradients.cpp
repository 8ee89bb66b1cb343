// SPDX-License-Identifier: MIT
// Rows of the table of gradients: losses.
#include "gradient_rows.hpp"

#include <xtape/ops.hpp>

namespace test {
namespace {

// Of two samples.
const std::vector<Scalar> weights{0.5, 2};
Array shares(const Shape& shape) { return numbers(shape, 0.1, 0.9, true); }

}  // namespace

std::vector<Row> loss_rows() {
  return {
      {"mse", "", {numbers({2, 3}), numbers({2, 3})}, [](In x) { return mse(x[0], x[1]); }},
      {"mse",
       "weighted",
       {numbers({2, 3}), numbers({2, 3})},
       [](In x) { return mse(x[0], x[1], {.reduction = Reduction::sum, .weights = weights}); }},
      {"mae", "", {numbers({2, 3}), numbers({2, 3})}, [](In x) { return 3 * mae(x[0], x[1]); }},
      {"huber_loss",
       "on both sides of its ends",
       {numbers({4, 3}), numbers({4, 3})},
       [](In x) { return huber_loss(x[0], x[1], {.delta = 0.8}); }},
      {"sigmoid_cross_entropy",
       "",
       {numbers({2, 3}), shares({2, 3})},
       [](In x) {
         return sigmoid_cross_entropy(x[0], x[1], {.positive_weight = 3, .weights = weights});
       }},
      {"focal_loss",
       "",
       {numbers({2, 3}), shares({2, 3})},
       [](In x) { return focal_loss(x[0], x[1], {.weights = weights}); }},
      {"focal_loss",
       "without focus",
       {numbers({2, 3}), shares({2, 3})},
       [](In x) { return focal_loss(x[0], x[1], {.gamma = 0, .alpha = 0.4}); }},
      {"hinge_loss",
       "",
       {numbers({4, 3}), numbers({4, 3})},
       [](In x) { return hinge_loss(x[0], x[1]); }},
      {"hinge_loss",
       "squared",
       {numbers({2, 3}), numbers({2, 3})},
       [](In x) { return hinge_loss(x[0], x[1], {.squared = true, .weights = weights}); }},
      {"kl_divergence",
       "",
       {numbers({2, 3}), shares({2, 3})},
       [](In x) { return kl_divergence(log_softmax(x[0]), x[1], {.weights = weights}); }},
      {"cosine_similarity",
       "",
       {numbers({2, 3}), numbers({2, 3})},
       [](In x) { return cosine_similarity(x[0], x[1], {.axis = 0}); }},
      {"cosine_embedding_loss",
       "",
       {numbers({2, 3}), numbers({2, 3})},
       [](In x) {
         return cosine_embedding_loss(x[0], x[1], Array{1, -1}, {.margin = -1, .weights = weights});
       }},
      {"triplet_loss",
       "",
       {numbers({2, 3}), numbers({2, 3}), numbers({2, 3})},
       [](In x) { return triplet_loss(x[0], x[1], x[2], {.margin = 4, .weights = weights}); }},
      {"softmax_cross_entropy",
       "labels",
       {numbers({3, 4})},
       [](In x) { return softmax_cross_entropy(x[0], labels); }},
      {"softmax_cross_entropy",
       "smoothed",
       {numbers({3, 4})},
       [](In x) { return softmax_cross_entropy(x[0], labels, {.label_smoothing = 0.1}); }},
      {"softmax_cross_entropy",
       "sequences",
       {numbers({3, 2, 4})},
       [](In x) {
         const std::vector<std::int32_t> ids{2, -1, 0, 3, 3, 1};
         const std::vector<Scalar> of_classes{1, 0.5, 2, 3}, of_samples{1, 0.5, 2};
         return softmax_cross_entropy(x[0], ids,
                                      {.label_smoothing = 0.1,
                                       .class_weights = of_classes,
                                       .weights = of_samples,
                                       .ignore = -1});
       }},
      {"softmax_cross_entropy",
       "probabilities",
       {numbers({2, 3})},
       [](In x) {
         const Array p{{0.2, 0.5, 0.3}, {0.9, 0.4, 0}};
         return 2 * softmax_cross_entropy(x[0], p, {.label_smoothing = 0.2, .weights = weights});
       }},
  };
}

}  // namespace test

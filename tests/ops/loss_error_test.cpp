// SPDX-License-Identifier: MIT
// What softmax and losses say of shapes and options that do not fit.
#include "errors.hpp"

#include <xtape/ops.hpp>

using namespace test;

namespace {

struct Predictions {
  Tape tape;
  std::vector<std::int32_t> labels{0, 2};
  Variable scalar = of({}), v3 = of({3}), m23 = of({2, 3}), m32 = of({3, 2}), m45 = of({4, 5}),
           empty = of({0, 3});

  Variable of(const Shape& shape) { return tape.variable(zeros(shape)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(errors_of_losses, Predictions)

BOOST_AUTO_TEST_CASE(softmax_and_losses) {
  const std::string rows =
      "[softmax_cross_entropy] expected logits (..., classes) with at least one row "
      "and class, got ";
  const Array p = full({2, 3}, Scalar{0.5});
  const std::vector<std::int32_t> above{0, 3}, below{-1, 2}, three{0, 1, 2};
  const std::string weights = "expected a weight for each sample of an array of shape ";
  const std::vector<Scalar> ones{1, 1, 1}, below_0{1, -1};
  check_failures<ShapeError>({
      {"[softmax] there is no axis 2 in the shape (2, 3) @", XTAPE_CALL(softmax(m23, {.axis = 2}))},
      {"[softmax] there is no axis -1 in the shape () @", XTAPE_CALL(softmax(scalar))},
      {"[softmax] the axis 0 has size 0 in the shape (0, 3) @",
       XTAPE_CALL(softmax(empty, {.axis = 0}))},
      {"[log_softmax] there is no axis -3 in the shape (2, 3) @",
       XTAPE_CALL(log_softmax(m23, {.axis = -3}))},
      {"[log_softmax] the axis -1 has size 0 in the shape (2, 0) @",
       XTAPE_CALL(log_softmax(of({2, 0})))},
      {rows + "(3,) @", XTAPE_CALL(softmax_cross_entropy(v3, labels))},
      {rows + "(0, 3) @", XTAPE_CALL(softmax_cross_entropy(empty, labels))},
      {rows + "(2, 0) @", XTAPE_CALL(softmax_cross_entropy(of({2, 0}), labels))},
      {"[softmax_cross_entropy] expected a label for each of the 2 rows of (2, 3), got 3 @",
       XTAPE_CALL(softmax_cross_entropy(m23, three))},
      {"[softmax_cross_entropy] expected probabilities of shape (4, 5), got (2, 3) @",
       XTAPE_CALL(softmax_cross_entropy(m45, p))},
      {"[mse] expected two arrays of one shape, got (2, 3) and (3, 2) @; reshape one of them?",
       XTAPE_CALL(mse(m23, m32))},
      {"[mse] expected two arrays of one shape, got (2, 3) and () @", XTAPE_CALL(mse(m23, scalar))},
      {"[mse] expected elements, got two empty arrays (0, 3) @", XTAPE_CALL(mse(empty, empty))},
      {"[kl_divergence] expected at least one row of probabilities, got () @",
       XTAPE_CALL(kl_divergence(scalar, scalar))},
      {"[cosine_similarity] expected two arrays of one shape, got (2, 3) and (3, 2) @",
       XTAPE_CALL(cosine_similarity(m23, m32))},
      {"[cosine_embedding_loss] expected two arrays of one shape, got (2,) and (2, 3) @",
       XTAPE_CALL(cosine_embedding_loss(m23, m23, m23))},
      {"[triplet_loss] expected two arrays of one shape, got (2, 3) and (3, 2) @; reshape one of "
       "them?",
       XTAPE_CALL(triplet_loss(m23, m23, m32))},
      {"[softmax_cross_entropy] " + weights + "(2, 3), got 3 @",
       XTAPE_CALL(softmax_cross_entropy(m23, labels, {.weights = ones}))},
      {"[mae] " + weights + "(2, 3), got 3 @", XTAPE_CALL(mae(m23, m23, {.weights = ones}))},
      {"[triplet_loss] " + weights + "(2,), got 3 @",
       XTAPE_CALL(triplet_loss(m23, m23, m23, {.weights = ones}))},
  });
  const Array negative = array({2, 3}, {0, 0, 0, 0, -0.5, 0}), open = full({2, 3}, infinity);
  const std::string smoothing = "[softmax_cross_entropy] label_smoothing must be in [0, 1], got ";
  const std::string number = ", expected a number of at least 0 @";
  check_failures<ValueError>({
      {"[softmax_cross_entropy] label 1 is 3, expected 0 to 2 @",
       XTAPE_CALL(softmax_cross_entropy(m23, above))},
      {"[softmax_cross_entropy] label 0 is -1, expected 0 to 2 @",
       XTAPE_CALL(softmax_cross_entropy(m23, below))},
      {smoothing + "1.5 @",
       XTAPE_CALL(softmax_cross_entropy(m23, labels, {.label_smoothing = 1.5}))},
      {smoothing + "-0.1 @", XTAPE_CALL(softmax_cross_entropy(m23, p, {.label_smoothing = -0.1}))},
      {smoothing + "nan @",
       XTAPE_CALL(softmax_cross_entropy(m23, labels, {.label_smoothing = not_a_number}))},
      {"[softmax_cross_entropy] probability 1 of row 1 is -0.5" + number,
       XTAPE_CALL(softmax_cross_entropy(m23, negative))},
      {"[softmax_cross_entropy] probability 0 of row 0 is inf" + number,
       XTAPE_CALL(softmax_cross_entropy(m23, open))},
      {"[softmax_cross_entropy] probability 0 of row 0 is nan" + number,
       XTAPE_CALL(softmax_cross_entropy(m23, full({2, 3}, not_a_number)))},
      {"[softmax_cross_entropy] expected 3 weights of classes, got 2 @",
       XTAPE_CALL(softmax_cross_entropy(m23, labels, {.class_weights = below_0}))},
      {"[softmax_cross_entropy] weights of classes and what is to be ignored are for labels, the "
       "targets are probabilities @",
       XTAPE_CALL(softmax_cross_entropy(m23, p, {.ignore = 0}))},
      {"[huber_loss] a sample's weight must be finite and at least 0, got -1 @",
       XTAPE_CALL(huber_loss(m23, m23, {.weights = below_0}))},
      {"[huber_loss] delta must be finite and above 0, got 0 @",
       XTAPE_CALL(huber_loss(m23, m23, {.delta = 0}))},
      {"[sigmoid_cross_entropy] positive_weight must be finite and at least 0, got -1 @",
       XTAPE_CALL(sigmoid_cross_entropy(m23, m23, {.positive_weight = -1}))},
      {"[focal_loss] gamma must be finite and at least 0, got -1 @",
       XTAPE_CALL(focal_loss(m23, m23, {.gamma = -1}))},
      {"[focal_loss] alpha must be in [0, 1], got 2 @",
       XTAPE_CALL(focal_loss(m23, m23, {.alpha = 2}))},
      {"[cosine_similarity] epsilon must be finite and above 0, got 0 @",
       XTAPE_CALL(cosine_similarity(m23, m23, {.epsilon = 0}))},
      {"[triplet_loss] margin must be finite, got inf @",
       XTAPE_CALL(triplet_loss(m23, m23, m23, {.margin = infinity}))},
  });
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: MIT
/// \file
/// Losses of predictions beside targets: scalars, the mean or the sum of terms. No loss broadcasts: the shapes are
/// equal, where it does not say otherwise. Each throws ShapeError unless they are and are not empty, and unless there is
/// one weight for each sample; ValueError for a weight that is negative or not finite.
#pragma once

#include <xtape/tape.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// What becomes of the terms l_i of a loss.
enum class Reduction {
  mean,  ///< sum_i(w_i l_i) / sum_i(w_i), w_i being the weights, 1 where there are none; 0 where all weights are
  sum,   ///< sum_i(w_i l_i)
};

/// What a prediction is compared with: a variable, or an array or a column of a batch, which then is a constant.
class Target {
 public:
  /// A variable, whose gradient is computed if it needs one.
  Target(const Variable& variable) : variable_{&variable} {}
  /// Numbers.
  template <class Numbers>
  requires std::is_convertible_v<const Numbers&, Value> Target(const Numbers& numbers)
      : value_{shared(numbers)} {}
  /// The target as a variable, on the tape of the prediction if it is none.
  Variable beside(const Variable& prediction, const Op& op) const;

 private:
  static Value shared(Value value) { return value; }
  const Variable* variable_ = nullptr;
  std::optional<Value> value_;
};

/// Options of losses that have no others.
struct LossOptions {
  Reduction reduction = Reduction::mean;  ///< of the terms
  std::span<const Scalar> weights = {};   ///< w of each sample, the first axis; empty: all alike
};
/// The squared error (y - t)^2 of each element of a prediction y. Derivatives: 2 (y - t), and its negative for t.
Variable mse(const Variable& prediction, const Target& target, const LossOptions& options = {},
             Location at = Location::current());
/// The absolute error |y - t| of each element. Derivatives: the sign of y - t, 0 where it is 0, and its negative.
Variable mae(const Variable& prediction, const Target& target, const LossOptions& options = {},
             Location at = Location::current());

/// Options of huber_loss.
struct HuberOptions {
  double delta = 1;                       ///< the largest slope, above 0
  Reduction reduction = Reduction::mean;  ///< of the terms
  std::span<const Scalar> weights = {};   ///< w of each sample, the first axis; empty: all alike
};
/// (y - t)^2 / 2 where |y - t| <= delta, else delta (|y - t| - delta / 2), for each element (Huber, 1964): outliers pull
/// no harder than delta. Derivatives: y - t, but at least -delta and at most delta, and its negative. PyTorch's
/// smooth_l1_loss with beta is the same divided by beta. Throws ValueError for a delta that is not above 0.
Variable huber_loss(const Variable& prediction, const Target& target,
                    const HuberOptions& options = {}, Location at = Location::current());

/// Options of sigmoid_cross_entropy.
struct SigmoidCrossEntropyOptions {
  double positive_weight = 1;  ///< c, how much a target of 1 counts beside one of 0; at least 0
  Reduction reduction = Reduction::mean;  ///< of the terms
  std::span<const Scalar> weights = {};   ///< w of each sample, the first axis; empty: all alike
};
/// The binary cross-entropy of logits x and targets t from 0 to 1, without overflow:
/// -c t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)), for each element. Derivatives:
/// (1 - t) sigmoid(x) - c t sigmoid(-x), and c log(1 + e^-x) - log(1 + e^x) for t. PyTorch calls it
/// binary_cross_entropy_with_logits, and c pos_weight.
Variable sigmoid_cross_entropy(const Variable& logits, const Target& target,
                               const SigmoidCrossEntropyOptions& options = {},
                               Location at = Location::current());

/// Options of focal_loss.
struct FocalOptions {
  double gamma = 2;     ///< how little what is told well counts, at least 0
  double alpha = 0.25;  ///< what a target of 1 is multiplied by, in [0, 1]; one of 0 by 1 - alpha
  Reduction reduction = Reduction::mean;  ///< of the terms
  std::span<const Scalar> weights = {};   ///< w of each sample, the first axis; empty: all alike
};
/// The binary cross-entropy of logits and targets from 0 to 1, times (1 - p)^gamma, where p is the probability of the
/// target, and times alpha or 1 - alpha (Lin et al., 2017). The defaults are those of the paper and torchvision's
/// sigmoid_focal_loss; Keras has no alpha unless it is asked. Derivatives: those of the product.
Variable focal_loss(const Variable& logits, const Target& target, const FocalOptions& options = {},
                    Location at = Location::current());

/// Options of hinge_loss.
struct HingeOptions {
  bool squared = false;                   ///< the squares of the terms
  Reduction reduction = Reduction::mean;  ///< of the terms
  std::span<const Scalar> weights = {};   ///< w of each sample, the first axis; empty: all alike
};
/// max(0, 1 - t y) for each element, t being 1 or -1, or its square. Derivatives: -t and -y where 1 - t y > 0, else 0;
/// of the square, 2 (1 - t y) times as much. Keras takes targets 0 and 1, too: `2 * t - 1`.
Variable hinge_loss(const Variable& prediction, const Target& target,
                    const HingeOptions& options = {}, Location at = Location::current());

/// sum(t (log(t) - y)) over the last axis, for predictions y that are logarithms of probabilities, as of log_softmax,
/// and probabilities t; 0 log(0) is 0. The mean is over the rows, as PyTorch's `batchmean` and Keras'. Derivatives: -t,
/// and log(t) + 1 - y for t, taken as 0 where t is 0.
Variable kl_divergence(const Variable& log_probabilities, const Target& target,
                       const LossOptions& options = {}, Location at = Location::current());

/// Options of cosine_embedding_loss and triplet_loss.
struct MarginOptions {
  double margin = 0;                      ///< how far apart is enough, finite
  Reduction reduction = Reduction::mean;  ///< of the terms
  std::span<const Scalar> weights = {};   ///< w of each sample, the first axis; empty: all alike
};
/// For vectors along the last axis of a and b, and a target of 1 or -1 for each pair: 1 - cos(a, b) where the two are to
/// be alike, else max(0, cos(a, b) - margin). The targets have the shape of a without its last axis.
Variable cosine_embedding_loss(const Variable& a, const Target& b, const Target& target,
                               const MarginOptions& options = {},
                               Location at = Location::current());
/// max(0, |a - p| - |a - n| + margin) for vectors along the last axis of an anchor a, of what is to be nearer, p, and
/// of what is to be farther, n, by Euclidean distances (Schroff et al., 2015, whose distances are squared). PyTorch adds
/// 1e-6 to each difference.
Variable triplet_loss(const Variable& anchor, const Target& positive, const Target& negative,
                      const MarginOptions& options = {.margin = 1},
                      Location at = Location::current());

/// Options of softmax_cross_entropy.
struct CrossEntropyOptions {
  /// In [0, 1]: the targets become (1 - s) t + s / classes (Szegedy et al., 2016).
  double label_smoothing = 0;
  std::span<const Scalar> class_weights = {};  ///< of each class, for labels; empty: all alike
  std::span<const Scalar> weights = {};        ///< of each sample, the first axis; empty: all alike
  std::optional<std::int32_t> ignore = {};     ///< a label whose rows do not count, as of padding
  Reduction reduction = Reduction::mean;       ///< of the rows
};
/// -sum(t log(softmax(x))) of each row of logits x (..., classes), in nats; t is 1 at the row's label and 0 elsewhere.
/// The labels are row-major, one for each row. The weight w of a row is that of its sample times that of its label, and
/// 0 where that is to be ignored; what is in such a row does not matter. Derivative: w (softmax(x) - t), by the mean
/// divided by the sum of all w.
///
/// The mean is PyTorch's, which smooths before it weighs: there the share of each class has the weight of that class.
/// Keras divides by the number of rows, as the task `classification` does.
///
/// Throws ShapeError unless there are two axes, a row, a class, and a label for each row; ValueError for a label outside
/// [0, classes), for weights of another number than the classes, or a smoothing outside [0, 1].
Variable softmax_cross_entropy(const Variable& logits, std::span<const std::int32_t> labels,
                               const CrossEntropyOptions& options = {},
                               Location at = Location::current());
/// The same for targets given as probabilities t, of the shape of the logits. They are constants; their rows need not
/// add up to 1. Throws ShapeError if the shapes differ, ValueError for a target that is negative or not finite, or for
/// weights of classes or a label to ignore.
Variable softmax_cross_entropy(const Variable& logits, const Array& probabilities,
                               const CrossEntropyOptions& options = {},
                               Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

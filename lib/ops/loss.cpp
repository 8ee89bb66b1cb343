// SPDX-License-Identifier: MIT
#include <xtape/ops/loss.hpp>

#include "kernels/elementwise.hpp"
#include "ops/steps.hpp"
#include "ops/weights.hpp"

#include <xtape/formula.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/record.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace xtape::inline XTAPE_ABI {
namespace {

void check_shapes(const Op& op, const Variable& a, const Variable& b) {
  if (a.shape() != b.shape())
    throw ShapeError(op,
                     text("expected two arrays of one shape, got ", a.shape(), " and ", b.shape()),
                     a.size() == b.size() ? "reshape one of them?" : "");
  if (a.size() == 0)
    throw ShapeError(op, text("expected elements, got two empty arrays ", a.shape()));
}

// The weights of the samples of some terms, which broadcast to these, and what a reduction divides by.
struct TermWeights {
  template <class Options>
  TermWeights(const Op& op, const Shape& terms, double count, const Options& options)
      : each{full({}, 1)}, divisor{count} {
    const std::span<const Scalar> weights = options.weights;
    if (!weights.empty()) {
      check_sample_weights(op, weights, terms);
      Shape shape(terms.size(), 1);
      shape[0] = weights.size();
      Array copy = uninitialized(shape);
      std::ranges::copy(weights, copy.data());
      each = std::move(copy);
      differ = true;
      divisor *= std::accumulate(weights.begin(), weights.end(), 0.0) /
                 static_cast<double>(weights.size());
    }
    if (options.reduction == Reduction::sum || divisor == 0) divisor = 1;
  }
  Value each;
  bool differ = false;  // else all are 1
  double divisor;
};

// A loss of elements: what a term is, and its slopes by the prediction and the target. All are functions of these two
// and of at most two numbers.
class ElementLoss {
 public:
  template <class F, class P, class T>
  ElementLoss(F term, P by_prediction, T by_target)
      : term_{term},
        weighted_term_{
            [term](Term w, auto... of) -> decltype(w * term(of...)) { return w * term(of...); }},
        by_prediction_{by_prediction},
        by_target_{by_target} {}

  // The loss; a mean is over so many terms.
  template <class Options>
  Variable operator()(const Op& op, const Variable& prediction, const Target& target,
                      const Options& options, std::size_t count,
                      std::initializer_list<double> numbers) const {
    const Variable t = target.beside(prediction, op);
    check_shapes(op, prediction, t);
    const TermWeights weights{op, prediction.shape(), static_cast<double>(count), options};
    Pull pull{by_prediction_, weights, prediction.shared_value(), t.shared_value(), {}, 2};
    for (const double number : numbers)
      pull.numbers[pull.number_count++] = static_cast<Scalar>(number);
    const Array* const arrays[] = {&*weights.each, &prediction.value(), &t.value()};
    const std::span of = std::span{pull.numbers}.subspan(2, numbers.size());
    const Formula& term = weights.differ ? weighted_term_ : term_;
    const double sum = kernels::sum(
        term.program(), std::span{arrays}.subspan(weights.differ ? 0 : 1), of, prediction.shape());
    Pull other = pull;
    other.slope = by_target_;
    return record(op, full({}, static_cast<Scalar>(sum / weights.divisor)), given(options),
                  wrt(prediction, std::move(pull)), wrt(t, std::move(other)));
  }
  template <class Options>
  Variable operator()(const Op& op, const Variable& prediction, const Target& target,
                      const Options& options, std::initializer_list<double> numbers = {}) const {
    return (*this)(op, prediction, target, options, prediction.size(), numbers);
  }

 private:
  // A slope, times the gradient of the loss.
  struct Scaled {
    template <class F>
    explicit Scaled(F slope)
        : plain{[slope](Term p, Term t, Term factor,
                        auto... of) -> decltype(slope(p, t, of...) * factor) {
            return slope(p, t, of...) * factor;
          }},
          weighted{[slope](Term w, Term p, Term t, Term first, Term second,
                           auto... of) -> decltype(slope(p, t, of...) * w) {
            return slope(p, t, of...) * w * first * second;
          }} {}
    Formula plain;     // of the two, a factor and the numbers
    Formula weighted;  // of the weight, the two, two factors and the numbers
  };

  // The gradient of one of the two.
  struct Pull {
    Array operator()(const Array& g) {
      Array dx = uninitialized(prediction->shape());
      const Array* const arrays[] = {&*weights.each, &*prediction, &*target};
      const std::span all{numbers.data(), number_count};
      const auto whole = static_cast<double>(*g.data()) / weights.divisor;
      numbers[1] = static_cast<Scalar>(whole);
      if (!weights.differ && (std::isnormal(numbers[1]) || whole == 0)) {
        kernels::elementwise(slope.plain.program(), std::span{arrays}.subspan(1), all.subspan(1),
                             dx);
        return dx;
      }
      // The factor alone may be below the smallest normal number, so it is applied as two.
      int exponent = 0;
      const double digits = std::frexp(static_cast<double>(*g.data()), &exponent);
      numbers[0] = static_cast<Scalar>(std::ldexp(digits / weights.divisor, exponent / 2));
      numbers[1] = static_cast<Scalar>(std::ldexp(1.0, exponent - exponent / 2));
      kernels::elementwise(slope.weighted.program(), arrays, all, dx);
      return dx;
    }
    Variable again(const Variable& g, const Kept& of) const {
      PooledVector<Variable> terms{g.tape().input(weights.each), of.inputs[0], of.inputs[1],
                                   g / weights.divisor, number_beside(g, 1)};
      for (std::size_t i = 2; i < number_count; ++i)
        terms.push_back(number_beside(g, static_cast<double>(numbers[i])));
      return applied(slope.weighted, terms);
    }
    Scaled slope;
    TermWeights weights;
    Value prediction, target;
    std::array<Scalar, 4> numbers;  // the two factors, then those of the loss
    std::size_t number_count;
  };

  Formula term_, weighted_term_;
  Scaled by_prediction_, by_target_;
};

// The weight of each of some terms by which they are added.
Variable shares(const Op& op, const Variable& terms, const MarginOptions& options) {
  check_option(op, "margin", options.margin, std::isfinite(options.margin), "finite");
  const TermWeights weights{op, terms.shape(), static_cast<double>(terms.size()), options};
  static const Formula quotient{[](Term w, Term divisor) { return w / divisor; }};
  const Array divisor = full({}, static_cast<Scalar>(weights.divisor));
  return terms.tape(op).input(quotient(*weights.each, divisor));
}

// The Euclidean distances of vectors along the last axis.
Variable distance(const Op& op, const Variable& a, const Target& other) {
  const Variable b = other.beside(a, op);
  check_shapes(op, a, b);
  return norm(sub({a, op.at}, {b, op.at}), {.axes = {-1}}, op.at);
}

}  // namespace

Variable Target::beside(const Variable& prediction, const Op& op) const {
  return variable_ != nullptr ? *variable_ : prediction.tape(op).input(*value_);
}

Variable mse(const Variable& prediction, const Target& target, const LossOptions& options,
             Location at) {
  static const ElementLoss loss{[](Term p, Term t) { return square(p - t); },
                                [](Term p, Term t) { return 2 * (p - t); },
                                [](Term p, Term t) { return 2 * (t - p); }};
  return loss({"mse", at}, prediction, target, options);
}

Variable mae(const Variable& prediction, const Target& target, const LossOptions& options,
             Location at) {
  static const ElementLoss loss{[](Term p, Term t) { return abs(p - t); },
                                [](Term p, Term t) { return sign(p - t); },
                                [](Term p, Term t) { return sign(t - p); }};
  return loss({"mae", at}, prediction, target, options);
}

Variable huber_loss(const Variable& prediction, const Target& target, const HuberOptions& options,
                    Location at) {
  static const Formula slope{[](Term d, Term delta) { return maximum(minimum(d, delta), -delta); }};
  static const ElementLoss loss{[](Term p, Term t, Term delta) {
                                  const Term d = abs(p - t), near = minimum(d, delta);
                                  return near * (d - 0.5 * near);
                                },
                                [](Term p, Term t, Term delta) { return slope(p - t, delta); },
                                [](Term p, Term t, Term delta) { return slope(t - p, delta); }};
  const Op op{"huber_loss", at};
  check_positive(op, "delta", options.delta);
  return loss(op, prediction, target, options, {options.delta});
}

Variable sigmoid_cross_entropy(const Variable& logits, const Target& target,
                               const SigmoidCrossEntropyOptions& options, Location at) {
  static const ElementLoss loss{
      [](Term x, Term t, Term c) { return c * t * softplus(-x) + (1 - t) * softplus(x); },
      [](Term x, Term t, Term c) { return (1 - t) * sigmoid(x) - c * t * sigmoid(-x); },
      [](Term x, Term, Term c) { return c * softplus(-x) - softplus(x); }};
  const Op op{"sigmoid_cross_entropy", at};
  check_not_negative(op, "positive_weight", options.positive_weight);
  return loss(op, logits, target, options, {options.positive_weight});
}

Variable focal_loss(const Variable& logits, const Target& target, const FocalOptions& options,
                    Location at) {
  // Of a target between 0 and 1: what is mixed of what a target of 1 and of 0 has.
  static const Formula mix{[](Term t, Term one, Term zero) { return t * one + (1 - t) * zero; }};
  static const Formula entropy{[](Term x, Term t) { return mix(t, softplus(-x), softplus(x)); }},
      miss{[](Term x, Term t) { return mix(t, sigmoid(-x), sigmoid(x)); }},
      focused{[](Term x, Term t, Term gamma) { return pow(miss(x, t), gamma) * entropy(x, t); }},
      // The slope of `focused`, from those of the entropy and of the miss.
      slope{[](Term x, Term t, Term gamma, Term of_entropy, Term of_miss) {
        return pow(miss(x, t), gamma) * of_entropy +
               power_slope(entropy(x, t) * of_miss, miss(x, t), gamma);
      }};
  static const ElementLoss loss{
      [](Term x, Term t, Term gamma, Term alpha) {
        return mix(t, alpha, 1 - alpha) * focused(x, t, gamma);
      },
      [](Term x, Term t, Term gamma, Term alpha) {
        return mix(t, alpha, 1 - alpha) * slope(x, t, gamma, mix(t, -sigmoid(-x), sigmoid(x)),
                                                (1 - 2 * t) * sigmoid(x) * sigmoid(-x));
      },
      [](Term x, Term t, Term gamma, Term alpha) {
        return (2 * alpha - 1) * focused(x, t, gamma) +
               mix(t, alpha, 1 - alpha) * slope(x, t, gamma, -x, sigmoid(-x) - sigmoid(x));
      }};
  const Op op{"focal_loss", at};
  check_not_negative(op, "gamma", options.gamma);
  check_share(op, "alpha", options.alpha);
  return loss(op, logits, target, options, {options.gamma, options.alpha});
}

Variable hinge_loss(const Variable& prediction, const Target& target, const HingeOptions& options,
                    Location at) {
  static const Formula margin{[](Term y, Term t) { return maximum(1 - t * y, 0); }};
  static const ElementLoss plain{[](Term y, Term t) { return margin(y, t); },
                                 [](Term y, Term t) { return where(t * y < 1, -t, 0); },
                                 [](Term y, Term t) { return where(t * y < 1, -y, 0); }},
      squared{[](Term y, Term t) { return square(margin(y, t)); },
              [](Term y, Term t) { return -2 * t * margin(y, t); },
              [](Term y, Term t) { return -2 * y * margin(y, t); }};
  return (options.squared ? squared : plain)({"hinge_loss", at}, prediction, target, options);
}

Variable kl_divergence(const Variable& log_probabilities, const Target& target,
                       const LossOptions& options, Location at) {
  static const ElementLoss loss{[](Term y, Term t) { return where(t == 0, 0, t * (log(t) - y)); },
                                [](Term, Term t) { return -t; },
                                [](Term y, Term t) { return where(t == 0, 0, log(t) + 1 - y); }};
  const Op op{"kl_divergence", at};
  const Shape& shape = log_probabilities.shape();
  if (shape.empty() || log_probabilities.size() == 0)
    throw ShapeError(op, text("expected at least one row of probabilities, got ", shape));
  return loss(op, log_probabilities, target, options, log_probabilities.size() / shape.back(), {});
}

Variable cosine_embedding_loss(const Variable& a, const Target& b, const Target& target,
                               const MarginOptions& options, Location at) {
  static const Elementwise term{[](Term cosine, Term t, Term w, Term margin) {
                                  return w * where(t > 0, 1 - cosine, maximum(cosine - margin, 0));
                                },
                                [](Term g, Term cosine, Term t, Term w, Term, Term margin) {
                                  return g * w * where(t > 0, -1, cosine > margin);
                                },
                                [](Term, Term, Term, Term, Term, Term) { return 0; },
                                [](Term, Term, Term, Term, Term, Term) { return 0; }};
  const Op op{"cosine_embedding_loss", at};
  const Variable other = b.beside(a, op), t = target.beside(a, op);
  check_shapes(op, a, other);
  const Variable cosine = cosine_similarity(a, other, {}, at);
  check_shapes(op, cosine, t);
  return sum(term(op, cosine, t.detach(), shares(op, cosine, options), {options.margin}, options),
             {}, at);
}

Variable triplet_loss(const Variable& anchor, const Target& positive, const Target& negative,
                      const MarginOptions& options, Location at) {
  static const Elementwise term{
      [](Term near, Term far, Term w, Term margin) { return w * maximum(near - far + margin, 0); },
      [](Term g, Term near, Term far, Term w, Term, Term margin) {
        return where(near - far + margin > 0, g * w, 0);
      },
      [](Term g, Term near, Term far, Term w, Term, Term margin) {
        return where(near - far + margin > 0, -g * w, 0);
      },
      [](Term, Term, Term, Term, Term, Term) { return 0; }};
  const Op op{"triplet_loss", at};
  const Variable near = distance(op, anchor, positive), far = distance(op, anchor, negative);
  return sum(term(op, near, far, shares(op, near, options), {options.margin}, options), {}, at);
}

}  // namespace xtape::inline XTAPE_ABI

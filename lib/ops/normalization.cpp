// SPDX-License-Identifier: MIT
#include <xtape/ops/normalization.hpp>

#include "kernels/dispatch.hpp"
#include "kernels/normalization.hpp"
#include "ops/fused.hpp"
#include "ranges.hpp"

#include <xtape/formula.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/unary.hpp>
#include <xtape/record.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::best;
using kernels::Groups;
using kernels::NormKernels;
using kernels::RowNormKernels;

// What an op normalises, by statistics of x or by given ones.
struct Normalization {
  Groups groups;
  bool fixed;
  Value x, gamma;
  std::optional<Value> mean;  // none is 0
  Value inverse;              // 1 / sqrt(variance + epsilon)
  Activation activation = Activation::none;
  Peers* peers = nullptr;     // whose statistics these are, too
  std::size_t positions = 0;  // of all
  // What the gradient of an activation reads: of relu beta.
  std::optional<Value> beta = {};
  std::optional<Activated> activated = {};
  std::optional<Value> rectified = {};  // the result of relu, if something was added before

  kernels::Normalized with(const Scalar* shift) const {
    return {.x = x->data(),
            .mean = mean ? (*mean)->data() : nullptr,
            .inverse = inverse->data(),
            .gamma = gamma->data(),
            .beta = shift,
            .relu = activation == Activation::relu,
            .peers = peers,
            .positions = positions,
            .rectified = rectified ? (*rectified)->data() : nullptr};
  }
  // The gradient of the result to those of the inputs.
  void back(Array& g, const kernels::NormGradients& to) const {
    if (activated) activated->back(g);
    const auto in = with(beta ? (*beta)->data() : nullptr);
    if (groups.are_rows() && !fixed && peers == nullptr)
      best<RowNormKernels>().grad(groups.samples, groups.channels, in, g.data(), to);
    else
      best<NormKernels>().grad(groups, in, g.data(), fixed, to);
  }
};

Array inverse_of(const Array& variance, double epsilon) {
  static const Formula inverse{[](Term v, Term e) { return 1 / sqrt(v + e); }};
  return inverse(variance, full({}, static_cast<Scalar>(epsilon)));
}

// It all in simpler ops, of x, gamma and, as far as there are, beta, the mean, the variance and what is around.
struct InSteps {
  Groups groups;
  Activation activation;
  double epsilon;
  bool centred, adds;

  Variable operator()(std::span<const Variable> all) const {
    const std::span<const Variable> in = all.first(all.size() - (adds ? 1 : 0));
    const auto [samples, positions, count, channels] = groups;
    const auto of_channels = [&, count = count, channels = channels](const Variable& v) {
      return with_shape(v, {count, channels});
    };
    const ReduceOptions over{.axes = {1, 3}, .keep_dims = true};
    const bool fixed = in.size() > 3;
    Variable x = with_shape(in[0], {samples, positions, count, channels});
    if (centred) x = x - (fixed ? of_channels(in[3]) : mean(x, over));
    const Variable variance = fixed ? of_channels(in[4]) : mean(square(x), over);
    Variable y = x * rsqrt(variance + epsilon) * of_channels(in[1]);
    if (in.size() > 2) y = y + of_channels(in[2]);
    y = with_shape(y, in[0].shape());
    return activate(adds ? y + all.back() : y, activation);
  }
};

// All inputs as an argument of `record`. The gradients of all take the same two sums, so they are computed at once,
// that of x in the place of that of the result, before the result's is divided.
struct NormInputs {
  Normalization n;
  const Variable &x, &gamma;
  const Variable* beta = nullptr;
  const Variable* mean = nullptr;      // given
  const Variable* variance = nullptr;  // given
  const Variable* around = nullptr;
  double epsilon = 0;

  struct Sums {
    Array gamma, beta, around;
  };

  static constexpr bool suits(bool several) { return !several; }
  void inputs(auto visit) const {
    visit(x);
    visit(gamma);
    for (const Variable* other : {beta, mean, variance, around})
      if (other != nullptr) visit(*other);
  }
  void edges(detail::Recorder& to) const {
    if (n.peers == nullptr)
      to.define(
          [of = InSteps{n.groups, n.activation, epsilon, n.mean.has_value(), around != nullptr}](
              std::span<const Variable> in) { return PooledVector<Variable>{of(in)}; });
    const auto sums =
        std::allocate_shared<Sums>(CachingAllocator<Sums>{}, uninitialized(gamma.shape()),
                                   uninitialized(gamma.shape()), Array{});
    // A constant needs no gradient, but relu's is told by the sum with it.
    const bool adds = around != nullptr && (around->needs_grad() || n.rectified.has_value());
    to.through([n = n, sums, wanted = x.needs_grad(), adds](Array& g) {
      if (adds) sums->around = uninitialized(g.shape());
      n.back(g, {wanted ? g.data() : nullptr, sums->gamma.data(), sums->beta.data(),
                 adds ? sums->around.data() : nullptr});
    });
    if (around != nullptr)
      to.edge(*around, [sums](const Array&) -> Array { return std::move(sums->around); });
    to.edge(gamma, [sums](const Array&) -> Array { return sums->gamma; });
    if (beta != nullptr) to.edge(*beta, [sums](const Array&) -> Array { return sums->beta; });
    if (mean != nullptr) statistics_edges(to, sums);
    to.edge(x, [](Array&) {});  // last, as what is last gets the gradient itself
  }
  void statistics_edges(detail::Recorder& to, const std::shared_ptr<Sums>& sums) const {
    to.edge(*mean, [sums, gamma = n.gamma, inverse = n.inverse](const Array&) {
      static const Formula slope{[](Term s, Term w, Term k) { return -s * w * k; }};
      return slope(sums->beta, *gamma, *inverse);
    });
    to.edge(*variance, [sums, gamma = n.gamma, inverse = n.inverse](const Array&) {
      static const Formula slope{[](Term s, Term w, Term k) { return -0.5 * s * w * k * k; }};
      return slope(sums->gamma, *gamma, *inverse);
    });
  }
};

// By the statistics of the inputs.
template <class Options>
Variable normalized(const Op& op, NormInputs inputs, const Options& options,
                    Activation activation = Activation::none) {
  Normalization& n = inputs.n;
  n.activation = activation;
  inputs.epsilon = options.epsilon;
  Array result = uninitialized(inputs.x.shape());
  kernels::Normalized by = n.with(inputs.beta->value().data());
  if (inputs.around != nullptr) by.around = inputs.around->value().data();
  best<NormKernels>().normalize(n.groups, by, result.data());
  if (activation == Activation::none) return record(op, std::move(result), given(options), inputs);
  if (activation != Activation::relu) {
    n.activated = finish(std::move(result), nullptr, activation);
    return record(op, n.activated->y, given(options), inputs);
  }
  const Value y{std::move(result)};
  if (inputs.around != nullptr)
    n.rectified = y;
  else
    n.beta = inputs.beta->shared_value();
  return record(op, y, given(options), inputs);
}

// Rows by their own statistics, in one pass. Without a beta, what they are less is 0.
template <class Options>
Variable normalized_rows(const Op& op, const Groups& groups, const Variable& x,
                         const Variable& gamma, const Variable* beta, const Options& options) {
  Array result = uninitialized(x.shape()), inverse = uninitialized({groups.samples});
  std::optional<Array> mean;
  if (beta != nullptr) mean.emplace(uninitialized({groups.samples}));
  best<RowNormKernels>().normalize(
      groups.samples, groups.channels, static_cast<Scalar>(options.epsilon), x.value().data(),
      gamma.value().data(), beta != nullptr ? beta->value().data() : nullptr,
      mean ? mean->data() : nullptr, inverse.data(), result.data());
  Normalization n{groups, false, x.shared_value(), gamma.shared_value(), {}, std::move(inverse)};
  if (mean) n.mean.emplace(std::move(*mean));
  return record(
      op, std::move(result), given(options),
      NormInputs{
          .n = std::move(n), .x = x, .gamma = gamma, .beta = beta, .epsilon = options.epsilon});
}

// The number of channels. Throws ShapeError unless x has so many axes.
std::size_t checked_channels(const Op& op, const Variable& x, std::size_t axes,
                             const char* expected) {
  if (x.rank() < axes) throw ShapeError(op, text("expected ", expected, ", got ", x.shape()));
  return x.shape().back();
}

void check_channels(const Op& op, const char* what, const Variable& v, std::size_t channels) {
  if (v.shape() != Shape{channels})
    throw ShapeError(op, text("expected ", what, " of shape (", channels, ",), got ", v.shape()));
}

// The product of the sizes between the first `begin` axes and the last.
std::size_t positions_of(const Variable& x, std::size_t begin) {
  const auto first = x.shape().begin() + static_cast<std::ptrdiff_t>(begin);
  return std::accumulate(first, x.shape().end() - 1, std::size_t{1}, std::multiplies<>{});
}

Groups checked_batch(const Op& op, const Variable& x, const Variable& gamma, const Variable& beta,
                     double epsilon) {
  const std::size_t channels = checked_channels(op, x, 2, "(N, ..., channels)");
  check_channels(op, "gamma", gamma, channels);
  check_channels(op, "beta", beta, channels);
  check_positive(op, "epsilon", epsilon);
  return {1, positions_of(x, 0), channels, 1};
}

// That of rows along the last axis.
Groups checked_rows(const Op& op, const Variable& x, const Variable& gamma, double epsilon) {
  const std::size_t channels = checked_channels(op, x, 1, "(..., channels)");
  if (channels == 0) throw ShapeError(op, text("expected at least one channel, got ", x.shape()));
  check_channels(op, "gamma", gamma, channels);
  check_positive(op, "epsilon", epsilon);
  return {positions_of(x, 0), 1, 1, channels};
}

// Makes means and variances of `count` values those of all peers, and returns how many values they have. What they add
// up are differences from a centre, and squares of these: from 0, and where a mean is so much larger than its deviation
// that this would cost digits, once more from the mean.
std::size_t join(Peers& peers, std::size_t count, Array& mean, Array& variance) {
  constexpr double large = 32 * 32;
  const std::size_t channels = mean.size();
  const auto own = static_cast<double>(count);
  PooledVector<double> sums(2 * channels + 1), centres(channels), variances(channels);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t c = 0; c < channels; ++c) {
      const double d = static_cast<double>(mean.data()[c]) - centres[c];
      sums[c] = own * d;
      sums[channels + c] = own * (static_cast<double>(variance.data()[c]) + d * d);
    }
    sums.back() = own;
    peers.sum(sums);
    bool costs_digits = false;
    for (std::size_t c = 0; c < channels; ++c) {
      const double d = sums[c] / sums.back(), square = sums[channels + c] / sums.back() - d * d;
      centres[c] += d;
      variances[c] = square < 0 ? 0 : square;  // a NaN stays one
      costs_digits |= d * d > large * square;
    }
    if (!costs_digits) break;
  }
  std::ranges::transform(centres, mean.begin(), [](double x) { return static_cast<Scalar>(x); });
  std::ranges::transform(variances, variance.begin(),
                         [](double x) { return static_cast<Scalar>(x); });
  return static_cast<std::size_t>(sums.back());
}

// By the statistics of x, and of that of the peers if there are any.
Normalization by_its_own(const Groups& groups, const Variable& x, const Variable& gamma,
                         double epsilon, BatchStatistics* statistics = nullptr,
                         Peers* peers = nullptr) {
  const std::size_t count = groups.samples * groups.groups;
  Array mean = uninitialized({count}), variance = uninitialized({count});
  best<NormKernels>().moments(groups, x.value().data(), mean.data(), variance.data());
  const std::size_t positions =
      peers != nullptr ? join(*peers, groups.positions, mean, variance) : groups.positions;
  Array inverse = inverse_of(variance, epsilon);
  if (statistics != nullptr) *statistics = {mean, std::move(variance), positions};
  return {.groups = groups,
          .fixed = false,
          .x = x.shared_value(),
          .gamma = gamma.shared_value(),
          .mean = Value{std::move(mean)},
          .inverse = std::move(inverse),
          .peers = peers,
          .positions = positions};
}

// By the statistics of the batch, or, if there are, by given ones.
Variable batch_norm_op(const Op& op, const Variable* around, const Variable& x,
                       const Variable& gamma, const Variable& beta,
                       const BatchNormOptions& options) {
  const Groups groups = checked_batch(op, x, gamma, beta, options.epsilon);
  check_around(op, around, x.shape());
  Peers* const peers =
      options.peers != nullptr && options.peers->size() > 1 ? options.peers : nullptr;
  if (groups.positions < (peers != nullptr ? 1 : 2))
    throw ShapeError(
        op, text("expected more than one value per channel while training, got ", x.shape()),
        "a batch of one? evaluate with Mode::eval, or leave the last batch out");
  const Normalization n = by_its_own(groups, x, gamma, options.epsilon, options.statistics, peers);
  return normalized(op, {.n = n, .x = x, .gamma = gamma, .beta = &beta, .around = around}, options,
                    options.activation);
}
Variable batch_norm_op(const Op& op, const Variable* around, const Variable& x,
                       const Variable& gamma, const Variable& beta, const Variable& mean,
                       const Variable& variance, const BatchNormOptions& options) {
  const Groups groups = checked_batch(op, x, gamma, beta, options.epsilon);
  check_around(op, around, x.shape());
  check_channels(op, "mean", mean, groups.groups);
  check_channels(op, "variance", variance, groups.groups);
  const Normalization n{groups,
                        true,
                        x.shared_value(),
                        gamma.shared_value(),
                        mean.shared_value(),
                        inverse_of(variance.value(), options.epsilon)};
  return normalized(op, {n, x, gamma, &beta, &mean, &variance, around}, options,
                    options.activation);
}

}  // namespace

Variable batch_norm(const Variable& x, const Variable& gamma, const Variable& beta,
                    const BatchNormOptions& options, Location at) {
  return batch_norm_op({"batch_norm", at}, nullptr, x, gamma, beta, options);
}

Variable batch_norm(const Variable& x, const Variable& gamma, const Variable& beta,
                    const Variable& mean, const Variable& variance, const BatchNormOptions& options,
                    Location at) {
  return batch_norm_op({"batch_norm", at}, nullptr, x, gamma, beta, mean, variance, options);
}

Variable add_batch_norm(const Variable& around, const Variable& x, const Variable& gamma,
                        const Variable& beta, const BatchNormOptions& options, Location at) {
  return batch_norm_op({"add_batch_norm", at}, &around, x, gamma, beta, options);
}

Variable add_batch_norm(const Variable& around, const Variable& x, const Variable& gamma,
                        const Variable& beta, const Variable& mean, const Variable& variance,
                        const BatchNormOptions& options, Location at) {
  return batch_norm_op({"add_batch_norm", at}, &around, x, gamma, beta, mean, variance, options);
}

Variable layer_norm(const Variable& x, const Variable& gamma, const Variable& beta,
                    const LayerNormOptions& options, Location at) {
  const Op op{"layer_norm", at};
  const Groups groups = checked_rows(op, x, gamma, options.epsilon);
  check_channels(op, "beta", beta, groups.channels);
  return normalized_rows(op, groups, x, gamma, &beta, options);
}

Variable group_norm(const Variable& x, const Variable& gamma, const Variable& beta,
                    const GroupNormOptions& options, Location at) {
  const Op op{"group_norm", at};
  const std::size_t channels = checked_channels(op, x, 2, "(N, ..., channels)");
  check_count(op, "groups", options.groups);
  check_positive(op, "epsilon", options.epsilon);
  if (channels % options.groups != 0)
    throw ShapeError(
        op, text("expected channels in ", options.groups, " equal groups, got ", x.shape()));
  check_channels(op, "gamma", gamma, channels);
  check_channels(op, "beta", beta, channels);
  const Groups groups{x.shape()[0], positions_of(x, 1), options.groups, channels / options.groups};
  if (groups.positions * groups.channels == 0)
    throw ShapeError(op, text("there is nothing in a group of ", x.shape()));
  if (groups.are_rows()) return normalized_rows(op, groups, x, gamma, &beta, options);
  return normalized(op, {by_its_own(groups, x, gamma, options.epsilon), x, gamma, &beta}, options);
}

Variable rms_norm(const Variable& x, const Variable& gamma, const RMSNormOptions& options,
                  Location at) {
  const Op op{"rms_norm", at};
  const Groups groups = checked_rows(op, x, gamma, options.epsilon);
  return normalized_rows(op, groups, x, gamma, nullptr, options);
}

}  // namespace xtape::inline XTAPE_ABI

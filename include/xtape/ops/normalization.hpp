// SPDX-License-Identifier: MIT
/// \file
/// Normalisation: of a batch, of the last axis, of groups of channels.
#pragma once

#include <xtape/activation.hpp>
#include <xtape/tape.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The mean and the variance of each channel of a batch, with the parts of it that peers have: what running statistics
/// are made of.
struct BatchStatistics {
  Array mean;      ///< (C,)
  Array variance;  ///< (C,), the mean of the squared differences to `mean`: divided by the count
  std::size_t count = 0;  ///< of values of a channel
};

/// Options of batch_norm.
struct BatchNormOptions {
  double epsilon = 1e-3;                     ///< added to the variance, above 0; PyTorch's is 1e-5
  Activation activation = Activation::none;  ///< of y or of the sum, relu in the same pass
  BatchStatistics* statistics = nullptr;     ///< where those of the batch are written, if anywhere
  Peers* peers = nullptr;  ///< who have the other parts of the batch; null: this is all of it
};
/// Normalises each channel of x (N, ..., C) over all axes but the last, as while training (Ioffe and Szegedy, 2015):
/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta, where gamma and beta are (C,) and the variance is divided
/// by the count. With z = (x - mean) / sqrt(variance + epsilon), g the gradient of y, and means over the same axes:
/// dx = gamma / sqrt(variance + epsilon) (g - mean(g) - z mean(g z)), dgamma = sum(g z), dbeta = sum(g).
/// With peers all these means, and the variance, are over the values of all, by a sum in double of 2 C + 1 numbers
/// forward, the values, their squares and their count, and of 2 C back; dgamma and dbeta are sums over its own. Where a
/// mean is more than 32 deviations, there is a second sum forward, of differences to the means. There are no gradients
/// of gradients then.
/// Throws ShapeError unless x has two axes or more and the shapes fit, and for a single value per channel, which is
/// its own mean; ValueError for an epsilon that is not above 0.
Variable batch_norm(const Variable& x, const Variable& gamma, const Variable& beta,
                    const BatchNormOptions& options = {}, Location at = Location::current());
/// The same with statistics that are given, as in evaluation: mean and variance are (C,). A channel may have any
/// number of values, and peers are not asked. dx = gamma g / sqrt(variance + epsilon), dmean = -sum(dx),
/// dvariance = -gamma dgamma / (2 (variance + epsilon)).
Variable batch_norm(const Variable& x, const Variable& gamma, const Variable& beta,
                    const Variable& mean, const Variable& variance,
                    const BatchNormOptions& options = {}, Location at = Location::current());

/// activation(around + batch_norm(x)), for none and relu in one pass: the end of a skip connection (He et al., 2016).
/// Shapes are those of batch_norm, and `around` has that of x. With h the gradient of the result times the derivative of the
/// activation, that of `around` is h; the others are as for batch_norm, of h. Throws as batch_norm does, and ShapeError
/// for another shape of `around`.
Variable add_batch_norm(const Variable& around, const Variable& x, const Variable& gamma,
                        const Variable& beta, const BatchNormOptions& options = {},
                        Location at = Location::current());
/// The same with statistics that are given.
Variable add_batch_norm(const Variable& around, const Variable& x, const Variable& gamma,
                        const Variable& beta, const Variable& mean, const Variable& variance,
                        const BatchNormOptions& options = {}, Location at = Location::current());

/// Options of layer_norm.
struct LayerNormOptions {
  double epsilon = 1e-3;  ///< added to the variance, above 0; PyTorch's is 1e-5
};
/// Normalises x (..., C) over its last axis (Ba, Kiros and Hinton, 2016): the formulas are those of batch_norm, with
/// means over that axis; gamma and beta are (C,). Throws ShapeError unless the shapes fit and C is at least 1,
/// ValueError for an epsilon that is not above 0.
Variable layer_norm(const Variable& x, const Variable& gamma, const Variable& beta,
                    const LayerNormOptions& options = {}, Location at = Location::current());

/// Options of group_norm.
struct GroupNormOptions {
  std::size_t groups = 32;  ///< of neighbouring channels, at least 1; it divides C
  double epsilon = 1e-3;    ///< added to the variance, above 0; PyTorch's is 1e-5
};
/// Normalises each sample of x (N, ..., C) over all axes between and the channels of a group (Wu and He, 2018): the
/// formulas are those of batch_norm, with means over these; gamma and beta are (C,). As many groups as channels are
/// instance normalisation. Throws ShapeError unless x has two axes or more and the shapes fit, and for a group
/// without elements; ValueError for an option out of its range.
Variable group_norm(const Variable& x, const Variable& gamma, const Variable& beta,
                    const GroupNormOptions& options = {}, Location at = Location::current());

/// Options of rms_norm.
struct RMSNormOptions {
  double epsilon = 1e-6;  ///< added to the mean square, above 0
};
/// Divides x (..., C) by the root of its mean square over the last axis (Zhang and Sennrich, 2019):
/// y = gamma x / sqrt(mean(x^2) + epsilon), where gamma is (C,). With z = x / sqrt(mean(x^2) + epsilon) and g the
/// gradient of y: dx = (gamma g - z mean(gamma g z)) / sqrt(mean(x^2) + epsilon), dgamma = sum(g z). Throws as
/// layer_norm does.
Variable rms_norm(const Variable& x, const Variable& gamma, const RMSNormOptions& options = {},
                  Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

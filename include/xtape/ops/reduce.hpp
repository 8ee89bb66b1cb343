// SPDX-License-Identifier: MIT
/// \file
/// Reductions over axes, and sums along one.
#pragma once

#include <xtape/tape.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Which axes a reduction removes: `sum(x, {.axes = {0, 2}})`.
struct ReduceOptions {
  Axes axes = {};          ///< negative ones count from the last; none means all
  bool keep_dims = false;  ///< keep the reduced axes with size 1
};

/// The sum over axes. Derivative: 1. Throws ShapeError for an axis that x does not have or that is
/// given twice.
Variable sum(const Variable& x, const ReduceOptions& options = {},
             Location at = Location::current());
/// The mean over axes. Derivative: 1 / count. Throws ShapeError as sum does, and for a mean of nothing.
Variable mean(const Variable& x, const ReduceOptions& options = {},
              Location at = Location::current());
/// The maximum over axes. The gradient is divided equally among equal maxima, as in Keras and JAX.
/// Throws ShapeError as sum does, and for a maximum of nothing.
Variable max(const Variable& x, const ReduceOptions& options = {},
             Location at = Location::current());
/// The minimum over axes. The gradient is divided equally among equal minima. Throws ShapeError as max does.
Variable min(const Variable& x, const ReduceOptions& options = {},
             Location at = Location::current());
/// The product over axes, 1 of nothing. Derivative: the product of the others, whether some are 0 or not. Throws
/// ShapeError as sum does.
Variable prod(const Variable& x, const ReduceOptions& options = {},
              Location at = Location::current());
/// log(sum(e^x)) over axes, without overflow. Derivative: e^(x - y), where y is the result; 0 where that is -infinity.
/// Throws ShapeError as max does.
Variable logsumexp(const Variable& x, const ReduceOptions& options = {},
                   Location at = Location::current());
/// The Euclidean norm sqrt(sum(x^2)) over axes, whose squares may leave the range of Scalar. Derivative: x / y, where
/// y is the result; 0 where that is 0. Throws ShapeError as max does.
Variable norm(const Variable& x, const ReduceOptions& options = {},
              Location at = Location::current());

/// Options of cosine_similarity.
struct CosineOptions {
  std::ptrdiff_t axis = -1;  ///< of the vectors; negative ones count from the last
  double epsilon = 1e-8;     ///< what a norm counts as at least, above 0
};
/// The cosine of the angle between the vectors along an axis of a and b, sum(a b) / (|a| |b|), of the shape without it.
/// Derivatives: (b / |b| - y a / |a|) / |a|, where y is the result, and likewise. Throws ShapeError for different
/// shapes, an axis that they lack or of size 0, ValueError for an epsilon that is not above 0.
Variable cosine_similarity(const Variable& a, const Variable& b, const CosineOptions& options = {},
                           Location at = Location::current());

/// Which axes variance and stddev remove, and what they divide by.
struct VarianceOptions {
  Axes axes = {};          ///< negative ones count from the last; none means all
  bool keep_dims = false;  ///< keep the reduced axes with size 1
  std::size_t correction =
      0;  ///< what is divided by: count - correction. PyTorch has 1, numpy and Keras 0
};
/// sum((x - mean(x))^2) / (count - correction) over axes. Derivative: 2 (x - mean(x)) / (count - correction). Throws
/// ShapeError as sum does, and unless there are more elements than the correction.
Variable variance(const Variable& x, const VarianceOptions& options = {},
                  Location at = Location::current());
/// The standard deviation, the square root of the variance, which may leave the range of Scalar. Derivative:
/// (x - mean(x)) / ((count - correction) y), where y is the result; 0 where that is 0. Throws ShapeError as variance
/// does.
Variable stddev(const Variable& x, const VarianceOptions& options = {},
                Location at = Location::current());

/// The axis of cumsum.
struct CumsumOptions {
  std::ptrdiff_t axis = 0;  ///< negative ones count from the last
};
/// The sums of each element and all before it along an axis, of the shape of x; added in double. The gradient is the
/// same from the end: g summed over the element and all behind it. Throws ShapeError for an axis that x lacks.
Variable cumsum(const Variable& x, const CumsumOptions& options = {},
                Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

// SPDX-License-Identifier: MIT
/// \file
/// Matrix products.
#pragma once

#include <xtape/activation.hpp>
#include <xtape/tape.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The matrix product a b. Derivatives: g b^T and a^T g.
/// - (..., M, K) and (K, N) give (..., M, N);
/// - (..., M, K) and (..., K, N) with equal leading axes give (..., M, N), a product per matrix.
/// Throws ShapeError for other shapes.
Variable matmul(const Variable& a, const Variable& b, Location at = Location::current());

/// Options of dense.
struct DenseOptions {
  Activation activation = Activation::none;  ///< applied to the result while it is in the cache
};
/// activation(x w + bias), with x (N, in), w (in, out), bias (out,) and a result (N, out). With h the
/// gradient times the derivative of the activation: dx = h w^T, dw = x^T h, dbias = sum of h over N.
/// An x of more axes, (..., in), gives (..., out): each of its rows counts, as the steps of sequences
/// (N, steps, in) do. Throws ShapeError where the shapes do not fit.
Variable dense(const Variable& x, const Variable& w, const Variable& bias,
               const DenseOptions& options = {}, Location at = Location::current());
/// The same without a bias.
Variable dense(const Variable& x, const Variable& w, const DenseOptions& options = {},
               Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

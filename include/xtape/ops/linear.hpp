// SPDX-License-Identifier: MIT
/// \file
/// Matrix products.
#pragma once

#include <xtape/activation.hpp>
#include <xtape/compute.hpp>
#include <xtape/tape.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The matrix products a b of (..., M, K) and (..., K, N), or of operands that are transposed: (..., M, N). The leading
/// axes broadcast, as in numpy: one matrix (K, N) serves all, and (N, 1, M, K) each of several. Derivatives: g b^T and
/// a^T g, summed over the products that an operand is in. Throws ShapeError for other shapes.
/// ```
/// const Variable scores = matmul(queries, keys, {.transpose_b = true});  // q k^T of each head
/// ```
Variable matmul(const Variable& a, const Variable& b, const MatmulOptions& options = {},
                Location at = Location::current());

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

/// activation(around + x w + bias), in one pass: the end of a skip connection (He et al., 2016), as there are two in each
/// layer of a transformer. Shapes are those of dense, and `around` has that of the result. With h the gradient times the
/// derivative of the activation, that of `around` is h; the others are as for dense. Throws as dense does, and
/// ShapeError for another shape of `around`.
Variable add_dense(const Variable& around, const Variable& x, const Variable& w,
                   const Variable& bias, const DenseOptions& options = {},
                   Location at = Location::current());
/// The same without a bias.
Variable add_dense(const Variable& around, const Variable& x, const Variable& w,
                   const DenseOptions& options = {}, Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

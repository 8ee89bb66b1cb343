// SPDX-License-Identifier: MIT
// Normalisation by means and variances, and its gradient.
#pragma once

#include "kernels/family.hpp"

#include <xtape/peers.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// An array as (samples, positions, groups, channels). Each group of each sample has a mean and a variance, of its
/// channels at all positions. A batch is one sample of groups of one channel; a row is a sample of one group.
struct Groups {
  std::size_t samples, positions, groups, channels;

  /// The channels of all groups, of which each has a gamma and a beta.
  std::size_t columns() const { return groups * channels; }
  /// Whether each row of the array is a group.
  bool are_rows() const { return positions == 1 && groups == 1; }
};

/// What is normalised and by what: (x - mean) * inverse * gamma + beta + around, or the larger of that and 0.
struct Normalized {
  const Scalar* x;
  const Scalar* mean;              ///< of each group of each sample; null is 0
  const Scalar* inverse;           ///< 1 / sqrt(variance + epsilon), of each group of each sample
  const Scalar* gamma;             ///< of each column
  const Scalar* beta;              ///< of each column; null is 0
  bool relu = false;               ///< whether negative results are 0
  Peers* peers = nullptr;          ///< whose statistics these are, too; null: nobody's
  std::size_t positions = 0;       ///< of a sample, those of all peers
  const Scalar* around = nullptr;  ///< of each element; null is 0
  const Scalar* rectified = nullptr;  ///< what relu has made of the sum with `around`
};

/// Where its gradients go.
struct NormGradients {
  Scalar* x;      ///< null if it is not wanted; may be the gradient of the result
  Scalar* gamma;  ///< sum of g * (x - mean) * inverse
  Scalar* beta;   ///< sum of g
  /// Of what was added: g, or 0 where `rectified` is not above 0. Null if it is not wanted; where there is a `rectified`
  /// it always is.
  Scalar* around = nullptr;
};

/// Sums are taken in double, of differences to an element, so that a large mean takes nothing from a small variance.
struct NormKernels {
  /// The mean and the variance, by the count, of each group of each sample.
  void (*moments)(Groups, const Scalar* x, Scalar* mean, Scalar* variance);
  /// y = (x - mean) * inverse * gamma + beta + around, rectified if it says so
  void (*normalize)(Groups, const Normalized&, Scalar* y);
  /// The gradients for that of the result, g. The mean and the variance are those of x, and of that of the peers,
  /// or, if `fixed`, given.
  void (*grad)(Groups, const Normalized&, const Scalar* g, bool fixed, const NormGradients&);
};
XTAPE_KERNEL_FAMILY(NormKernels)

/// The same for rows, of which each is a group, by their own statistics.
struct RowNormKernels {
  /// In one pass, with means and inverses, which are set. A null mean is 0.
  void (*normalize)(std::size_t rows, std::size_t columns, Scalar epsilon, const Scalar* x,
                    const Scalar* gamma, const Scalar* beta, Scalar* mean, Scalar* inverse,
                    Scalar* y);
  void (*grad)(std::size_t rows, std::size_t columns, const Normalized&, const Scalar* g,
               const NormGradients&);
};
XTAPE_KERNEL_FAMILY(RowNormKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels

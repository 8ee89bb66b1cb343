// SPDX-License-Identifier: MIT
/// \file
/// Products and convolutions in half precision.
#pragma once

#include <xtape/config.hpp>

#include <memory>
#include <string_view>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The precision of products and convolutions that are recorded on this thread while it lives:
/// ```
/// Precision half{Precision::bf16};
/// fit(net, train, test, options, rng, adam);
/// ```
/// With `bf16` both factors are rounded to the nearest bf16, a float with 8 bits for 24 and the same range, which
/// needs no scaling of losses. Their products are added up in float. All else stays as it is: parameters, gradients,
/// what optimizers keep, files and every other op.
///
/// It holds for `dense`, `matmul`, `einsum`, the products of `lstm`, `gru` and `rnn`, and for convolutions,
/// where both sides of the matrix, or both numbers of channels, are large enough; the first layer of
/// an image of three colours and the last one of ten classes are computed as ever. Shapes alone decide, and never how
/// many samples there are. Gradients take the precision in which their op was recorded, wherever `backward` is called.
///
/// Numbers below the smallest normal one (1e-38) count as zero. Results have the same bits for any number of threads,
/// but not on all processors: each adds up in its own order. Where a processor has nothing for it, which `bf16_unit`
/// tells, all is computed as ever.
class Precision {
 public:
  /// What there is.
  enum Kind {
    full,  ///< that of Scalar, also inside of a scope of another
    bf16,  ///< factors of 8 bits, sums of float
  };
  /// Until it is gone. Scopes of a thread end in the reverse order of their beginnings.
  explicit Precision(Kind kind);
  Precision(const Precision&) = delete;
  Precision& operator=(const Precision&) = delete;
  ~Precision();

 private:
  struct Scope;
  std::unique_ptr<Scope> scope_;
};

/// What multiplies in bf16 on this machine, "AMX" or "AVX-512 BF16"; empty where nothing does.
std::string_view bf16_unit();

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

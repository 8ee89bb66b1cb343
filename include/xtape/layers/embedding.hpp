// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/layers/init.hpp>
#include <xtape/ops/index.hpp>
#include <xtape/parameter.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// A table of vectors, one for each id: ids (...) to (..., width). As it starts from ids, which are on no tape, it is
/// told the tape:
/// ```
/// const Variable x = embedding(tape, batch.input());  // (N, T, width) of ids (N, T)
/// ```
/// The gradient of a row is the sum of those of all places that show it. See `gather`.
class Embedding {
 public:
  /// What an embedding is made of.
  struct Options {
    std::size_t vocabulary = 0;  ///< how many ids there are, 0 to vocabulary - 1; at least 1
    std::size_t width = 0;       ///< of the vectors, at least 1
    /// For the weight (vocabulary, width), as a factor of ones and zeros: each sum has one term. This is N(0, 1), as
    /// in PyTorch.
    Initializer weight_init = init::lecun_normal;
  };

  /// Draws the initial weight from `rng`. Throws ValueError if `vocabulary` or `width` is 0.
  Embedding(const Options& options, Rng& rng, Location at = Location::current());

  /// The vectors of ids. Throws ValueError for an id outside [0, vocabulary), and names the first, ShapeError if there
  /// are not as many as their shape says.
  Variable operator()(Tape& tape, const Ids& ids, Location at = Location::current());
  /// Lists `weight`.
  void parameters(ParameterList& list);

 private:
  Parameter weight_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

// SPDX-License-Identifier: MIT
/// \file
/// Initialisers: how the parameters of a layer start.
#pragma once

#include <xtape/array.hpp>
#include <xtape/random.hpp>

#include <functional>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// How many values flow into and out of each unit: in and out for a dense layer, times the taps of the
/// kernel for a convolution.
struct Fans {
  std::size_t in;   ///< terms of the sum that makes one output
  std::size_t out;  ///< outputs that one input is a term of
};

/// Makes the initial value of a parameter.
using Initializer = std::function<Array(const Shape&, const Fans&, Rng&)>;

namespace init {

/// Zeros: the default for biases.
Array zeros(const Shape& shape, const Fans& fans, Rng& rng);
/// All elements equal to `value`.
Initializer constant(double value);

/// U(-a, a) with a = sqrt(6 / (in + out)) (Glorot and Bengio, 2010): the default for weights, as in
/// Keras.
Array glorot_uniform(const Shape& shape, const Fans& fans, Rng& rng);
/// N(0, 2 / (in + out)) (Glorot and Bengio, 2010). Not truncated, as in PyTorch.
Array glorot_normal(const Shape& shape, const Fans& fans, Rng& rng);
/// U(-a, a) with a = sqrt(6 / in) (He et al., 2015): for ReLU.
Array he_uniform(const Shape& shape, const Fans& fans, Rng& rng);
/// N(0, 2 / in) (He et al., 2015). Not truncated, as in PyTorch: in Keras it and the others are, at two deviations of
/// `truncated_normal(sqrt(2 / in) / 0.8796)`, whose variance is 2 / in.
Array he_normal(const Shape& shape, const Fans& fans, Rng& rng);
/// U(-a, a) with a = sqrt(3 / in) (LeCun et al., 1998).
Array lecun_uniform(const Shape& shape, const Fans& fans, Rng& rng);
/// N(0, 1 / in) (LeCun et al., 1998). Not truncated.
Array lecun_normal(const Shape& shape, const Fans& fans, Rng& rng);

/// U(-a, a) with a = 1 / sqrt(in): what PyTorch gives the weights and biases of its layers.
Array torch_uniform(const Shape& shape, const Fans& fans, Rng& rng);

/// N(0, deviation^2) without what is more than two deviations away, which is drawn again, as `TruncatedNormal` of
/// Keras: what is left deviates by 0.8796 deviations. Throws ValueError for a deviation that is negative or not finite.
Initializer truncated_normal(double deviation = 0.05, Location at = Location::current());

/// A random matrix of (taps * in, out) elements whose columns are orthogonal and of length `gain`, or its rows, if
/// these are fewer (Saxe et al., 2014), as in Keras and PyTorch: of numbers drawn from N(0, 1) the Q of a QR
/// decomposition whose R has a positive diagonal. For weights of two axes or more; throws ShapeError for others, and
/// ValueError for a gain that is not finite.
Initializer orthogonal(double gain = 1, Location at = Location::current());

/// What lets each input through: ones where output o of a group is input o, for kernels at the tap in the middle, and
/// zeros elsewhere, as `Identity` of Keras and `dirac_` of PyTorch. With Padding::same a layer then returns its input,
/// as far as it has as many outputs. For weights of two axes or more; throws ShapeError for others.
Array identity(const Shape& shape, const Fans& fans, Rng& rng);

}  // namespace init
}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

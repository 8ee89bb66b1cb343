// SPDX-License-Identifier: MIT
/// \file
/// Options of the ops that slide a window over images or sequences: convolution and pooling.
#pragma once

#include <xtape/activation.hpp>
#include <xtape/config.hpp>

#include <cstddef>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// A height and a width; a single number is both.
struct Size2D {
  /// Both are `size`.
  constexpr Size2D(std::size_t size) : height{size}, width{size} {}
  /// A height and a width.
  constexpr Size2D(std::size_t h, std::size_t w) : height{h}, width{w} {}
  bool operator==(const Size2D&) const = default;  ///< equal in both

  std::size_t height;  ///< rows
  std::size_t width;   ///< columns
};

/// What surrounds an image before a window slides over it: zeros for a convolution, nothing (elements
/// that do not count) for pooling.
struct Padding {
  /// How the amounts are found.
  enum class Kind {
    valid,  ///< no padding: the window stays in the image
    same,  ///< as much as makes the result ceil(size / stride), the odd one at the end, as in Keras
    explicit_  ///< the amounts given
  };

  /// `Padding::valid`, the default, or `Padding::same`.
  constexpr Padding(Kind which = Kind::valid) : kind{which} {}
  /// The same amount on each side.
  constexpr Padding(std::size_t all) : Padding{all, all, all, all} {}
  /// An amount above and below, and one to the left and right.
  constexpr Padding(std::size_t vertical, std::size_t horizontal)
      : Padding{vertical, vertical, horizontal, horizontal} {}
  /// An amount for each side: above, below, to the left and to the right.
  constexpr Padding(std::size_t t, std::size_t b, std::size_t l, std::size_t r)
      : kind{Kind::explicit_}, top{t}, bottom{b}, left{l}, right{r} {}

  static constexpr Kind valid = Kind::valid;  ///< no padding
  static constexpr Kind same = Kind::same;    ///< the result has size ceil(size / stride)

  Kind kind;               ///< how the amounts are found
  std::size_t top = 0;     ///< the amount above, where explicit
  std::size_t bottom = 0;  ///< the amount below, where explicit
  std::size_t left = 0;    ///< the amount to the left, where explicit
  std::size_t right = 0;   ///< the amount to the right, where explicit
};

/// What surrounds a sequence before a window slides over it: zeros for a convolution, nothing for pooling.
struct Padding1D {
  /// How the amounts are found.
  enum class Kind {
    valid,  ///< no padding: the window stays in the sequence
    same,  ///< as much as makes the result ceil(length / stride), the odd one at the end, as in Keras
    causal,     ///< all before: no result depends on what comes after it, as in Keras
    explicit_,  ///< the amounts given
  };

  /// `Padding1D::valid`, the default, `Padding1D::same` or `Padding1D::causal`.
  constexpr Padding1D(Kind which = Kind::valid) : kind{which} {}
  /// The same amount before and after.
  constexpr Padding1D(std::size_t both) : Padding1D{both, both} {}
  /// An amount before the sequence, and one after it.
  constexpr Padding1D(std::size_t b, std::size_t a) : kind{Kind::explicit_}, before{b}, after{a} {}

  static constexpr Kind valid = Kind::valid;    ///< no padding
  static constexpr Kind same = Kind::same;      ///< the result has length ceil(length / stride)
  static constexpr Kind causal = Kind::causal;  ///< as much before as the window reaches back

  Kind kind;               ///< how the amounts are found
  std::size_t before = 0;  ///< the amount before, where explicit
  std::size_t after = 0;   ///< the amount after, where explicit
};

/// Options of the pooling ops over images.
struct Pool2DOptions {
  Size2D window = 2;                 ///< at least 1, and larger than the padding
  Size2D stride = 0;                 ///< how far the window moves; 0 means by its own size
  Padding padding = Padding::valid;  ///< elements around the images that never count
};

/// Options of the pooling ops over sequences.
struct Pool1DOptions {
  std::size_t window = 2;                ///< at least 1, and larger than the padding
  std::size_t stride = 0;                ///< how far the window moves; 0 means by its own size
  Padding1D padding = Padding1D::valid;  ///< elements around the sequences that never count
};

/// Options of conv2d.
struct Conv2DOptions {
  Size2D stride = 1;                 ///< how far the window moves, at least 1
  Padding padding = Padding::valid;  ///< zeros around the images
  Size2D dilation = 1;               ///< distance of neighbouring taps, at least 1
  std::size_t groups = 1;            ///< parts of the channels, each with kernels of its own
  Activation activation = Activation::none;  ///< applied to the result while it is in the cache
  Size2D max_pool = 1;   ///< windows, side by side, of which only the maxima are kept; 1 keeps all
  bool winograd = true;  ///< fewer multiplications, rounded more, where it is faster: see conv2d
};

/// Options of conv1d.
struct Conv1DOptions {
  std::size_t stride = 1;                ///< how far the window moves, at least 1
  Padding1D padding = Padding1D::valid;  ///< zeros around the sequences
  std::size_t dilation = 1;              ///< distance of neighbouring taps, at least 1
  std::size_t groups = 1;                ///< parts of the channels, each with kernels of its own
  Activation activation = Activation::none;  ///< applied to the result while it is in the cache
  std::size_t max_pool =
      1;  ///< windows, side by side, of which only the maxima are kept; 1 keeps all
};

/// Options of conv_transpose2d. All but the last two are those of the convolution that it transposes.
struct ConvTranspose2DOptions {
  Size2D stride = 1;                 ///< distance of the pixels in the result, at least 1
  Padding padding = Padding::valid;  ///< what the result lacks at its edges
  Size2D dilation = 1;               ///< distance of neighbouring taps, at least 1
  std::size_t groups = 1;            ///< parts of the channels, each with kernels of its own
  Size2D output_padding = 0;  ///< more rows below and columns to the right, fewer than the stride
  Activation activation = Activation::none;  ///< applied to the result
  bool winograd = true;  ///< fewer multiplications, rounded more, where it is faster: see conv2d
};

/// Options of conv2d_grad_kernel: those of the convolution.
struct Conv2DGradKernelOptions {
  Size2D kernel = 3;  ///< the taps, at least 1: several numbers of them can give one size
  Size2D stride = 1;  ///< how far the window moves, at least 1
  Padding padding = Padding::valid;  ///< zeros around the images
  Size2D dilation = 1;               ///< distance of neighbouring taps, at least 1
  std::size_t groups = 1;            ///< parts of the channels, each with kernels of its own
  bool winograd = true;  ///< fewer multiplications, rounded more, where it is faster: see conv2d
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

// SPDX-License-Identifier: MIT
/// \file
/// Options of the ops that slide a window over images: convolution and pooling.
#pragma once

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

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

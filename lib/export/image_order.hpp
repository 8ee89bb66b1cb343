// SPDX-License-Identifier: MIT
// What the axes of a value are of images, which are (N, H, W, C) here and (N, C, H, W) in PyTorch. The batch is
// of one sample: what is joined with its axis is as it was.
#pragma once

#include <xtape/array.hpp>

#include <optional>
#include <vector>

namespace xtape::inline XTAPE_ABI {

/// What an axis is of an image.
enum class ImageAxis {
  none,  ///< not of an image, in PyTorch the same
  height,
  width,
  pixels,  ///< height and width in one
  channels,
  flattened,  ///< all that there are in one, the channels last here and first in PyTorch
  unknown,    ///< in PyTorch perhaps in another order
};

/// The axes of a value.
struct ImageOrder {
  std::vector<ImageAxis> axes;
  std::size_t channels = 1;  ///< how many a flattened axis has
  bool changed = false;      ///< in which order PyTorch would have the axes is not known

  bool operator==(const ImageOrder&) const = default;
};

/// Of an image.
inline ImageOrder image_order() {
  return {{ImageAxis::none, ImageAxis::height, ImageAxis::width, ImageAxis::channels}};
}
/// Of a sequence that is convolved or pooled, an image of one row.
inline ImageOrder sequence_order() {
  return {{ImageAxis::none, ImageAxis::width, ImageAxis::channels}};
}
/// Of a value of which nothing is known.
inline ImageOrder unknown_order(std::size_t rank) {
  return {std::vector(rank, ImageAxis::unknown), 1, true};
}
/// Whether one axis has a whole image.
bool is_flattened(const ImageOrder& order);
/// Whether a value of that shape could be in another order in PyTorch, or be taken for what it is not.
bool matters(const ImageOrder& order, const Shape& shape);

/// Of the value with all its axes in one; nothing where PyTorch's order would not be known.
std::optional<ImageOrder> flattened(const ImageOrder& order, const Shape& shape);
/// Of the value in another shape that has more than one axis of several elements.
ImageOrder regrouped(const ImageOrder& order, const Shape& from, const Shape& to);
/// Adds to the order of a result that of an array from which it is made elementwise, by broadcasting. Returns
/// false where their axes are of different kinds.
bool join(ImageOrder& result, const ImageOrder& order, const Shape& input);

}  // namespace xtape::inline XTAPE_ABI

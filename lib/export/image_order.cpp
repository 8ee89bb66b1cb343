// SPDX-License-Identifier: MIT
#include "export/image_order.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

// The next group of axes from `next` on that has as many elements as the other shape's group.
struct Group {
  std::vector<std::size_t> axes;  // those of more than one element
  std::size_t size = 1;

  void take(const Shape& shape, std::size_t& next) {
    if (shape[next] != 1) axes.push_back(next);
    size *= shape[next++];
  }
};

}  // namespace

bool is_flattened(const ImageOrder& order) {
  return std::ranges::find(order.axes, ImageAxis::flattened) != order.axes.end();
}

bool matters(const ImageOrder& order, const Shape& shape) {
  if (shape.size() == 4) return order != image_order();
  std::size_t large = 0, of_images = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const ImageAxis axis = order.axes[i];
    if (shape[i] == 1) continue;
    if (axis == ImageAxis::flattened || axis == ImageAxis::unknown) return true;
    ++large;
    of_images += axis != ImageAxis::none;
  }
  return large > 1 && of_images > 0;
}

std::optional<ImageOrder> flattened(const ImageOrder& order, const Shape& shape) {
  std::vector<ImageAxis> large;
  std::optional<std::size_t> channels;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (order.axes[i] == ImageAxis::channels) channels = shape[i];
    if (shape[i] != 1) large.push_back(order.axes[i]);
  }
  const bool several = large.size() > 1;
  if (several && (order.changed || !std::ranges::is_sorted(large) || large[0] == ImageAxis::none))
    return {};
  if (!large.empty() && large.back() == ImageAxis::unknown) return {};
  if (!channels) return ImageOrder{{ImageAxis::none, ImageAxis::none}};
  return ImageOrder{{ImageAxis::none, ImageAxis::flattened}, *channels};
}

ImageOrder regrouped(const ImageOrder& order, const Shape& from, const Shape& to) {
  ImageOrder result{std::vector(to.size(), ImageAxis::none), 1, true};
  for (std::size_t i = 0, j = 0; i < from.size() && j < to.size();) {
    Group before, after;
    before.take(from, i), after.take(to, j);
    while (before.size != after.size)
      before.size < after.size ? before.take(from, i) : after.take(to, j);
    const auto of = [&](std::size_t axis) { return order.axes[before.axes[axis]]; };
    for (const std::size_t axis : after.axes) {
      const bool pixels = after.axes.size() == 1 && before.axes.size() == 2 &&
                          of(0) == ImageAxis::height && of(1) == ImageAxis::width;
      const bool same = after.axes.size() == 1 && before.axes.size() == 1;
      result.axes[axis] = same ? of(0) : pixels ? ImageAxis::pixels : ImageAxis::unknown;
    }
  }
  return result;
}

bool join(ImageOrder& result, const ImageOrder& order, const Shape& input) {
  const std::size_t skipped = result.axes.size() - input.size();
  for (std::size_t i = 0; i < input.size(); ++i) {
    ImageAxis& axis = result.axes[skipped + i];
    if (input[i] == 1 || order.axes[i] == ImageAxis::none) continue;
    if (axis != ImageAxis::none && axis != order.axes[i]) return false;
    axis = order.axes[i];
  }
  result.channels = std::max(result.channels, order.channels);
  result.changed |= order.changed;
  return true;
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
// The classes of a target, and the rows of logits for them.
#pragma once

#include "text.hpp"

#include <xtape/data/batch.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI {

/// The class of each row of a target: its ids, or the place of the largest of its probabilities (..., classes). The
/// target must outlive it.
class Labels {
 public:
  explicit Labels(const data::Column& target) {
    if (target.has_ids()) {
      labels_ = target.ids();
      return;
    }
    const Array& rows = target.array();
    const std::size_t classes = rows.dimension() == 0 ? 1 : rows.shape().back();
    for (const Scalar* row = rows.data(); row != rows.data() + rows.size(); row += classes)
      largest_.push_back(static_cast<std::int32_t>(std::max_element(row, row + classes) - row));
    labels_ = largest_;
  }
  Labels(const Labels&) = delete;
  Labels& operator=(const Labels&) = delete;

  operator std::span<const std::int32_t>() const noexcept { return labels_; }

 private:
  PooledVector<std::int32_t> largest_;
  std::span<const std::int32_t> labels_;
};

/// Throws ShapeError unless the logits (..., classes) have so many rows.
inline void check_rows(const Op& op, const Array& logits, std::size_t rows) {
  const bool fits = logits.dimension() >= 2 && logits.size() == rows * logits.shape().back();
  if (!fits)
    throw ShapeError(op, text("expected logits (", rows, ", classes), got ", logits.shape()));
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
/// \file
/// Ops by ids, and ids of elements. Ids are integers beside the tape: no gradient flows through them.
#pragma once

#include <xtape/memory.hpp>
#include <xtape/tape.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <utility>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

namespace detail {
template <class C>
concept HasIds = requires(const C& column) {
  { column.ids() } -> std::same_as<std::span<const std::int32_t>>;
  { column.shape() } -> std::convertible_to<Shape>;
};
}  // namespace detail

/// Ids in the shape of an array, as a batch of texts has, (N, T). They are read where they are.
struct Ids {
  std::span<const std::int32_t> elements;  ///< row-major
  Shape shape;                             ///< of as many elements

  /// Ids one after the other, (n,), as a vector or a span has.
  template <std::convertible_to<std::span<const std::int32_t>> List>
  requires(!detail::HasIds<List>) Ids(const List& ids) : elements{ids}, shape{elements.size()} {}
  /// The same in a shape.
  Ids(std::span<const std::int32_t> ids, Shape of) : elements{ids}, shape{std::move(of)} {}
  /// Those of what has ids and a shape, as a column of a batch: `embedding(tape, batch.input())`.
  template <detail::HasIds Column>
  Ids(const Column& column) : elements{column.ids()}, shape{column.shape()} {}
};

/// The axis of gather.
struct GatherOptions {
  std::ptrdiff_t axis = 0;  ///< negative ones count from the last
};
/// The slices with the given ids along an axis, in the place of which are then the axes of the ids: the rows of a
/// table, say, by `gather(table, ids)`, as numpy's take, or of ids one after the other PyTorch's index_select. The
/// gradient of an element is the sum of those of all that show it. Throws ShapeError for an axis that x lacks, and unless
/// there are as many ids as their shape says; ValueError for an id out of range.
Variable gather(const Variable& x, const Ids& ids, const GatherOptions& options = {},
                Location at = Location::current());

/// The axis of scatter_add.
struct ScatterOptions {
  std::ptrdiff_t axis = 0;  ///< negative ones count from the last
};
/// What gather takes apart put together again: x, with the i-th slice of `source` along an axis added to that with the
/// i-th id, however often there is one; as PyTorch's index_add. Added in the order of the ids. Derivatives: 1, and for
/// the source g gathered by the ids. Throws ShapeError for an axis that x lacks, or unless the source has the shape of
/// x with a size of the number of ids there; ValueError for an id out of range.
Variable scatter_add(const Variable& x, std::span<const std::int32_t> ids, const Variable& source,
                     const ScatterOptions& options = {}, Location at = Location::current());

/// The axis of argmax and argmin.
struct ArgOptions {
  std::ptrdiff_t axis = -1;  ///< negative ones count from the last
};
/// The ids of the largest elements along an axis, row-major in the shape of x without it: of equal ones the first, and
/// a NaN counts as larger than all, as in numpy. Throws ShapeError for an axis that x lacks or of size 0.
PooledVector<std::int32_t> argmax(const Array& x, const ArgOptions& options = {},
                                  Location at = Location::current());
/// The ids of the smallest elements, likewise; a NaN counts as smaller than all.
PooledVector<std::int32_t> argmin(const Array& x, const ArgOptions& options = {},
                                  Location at = Location::current());

/// What top_k found.
struct TopK {
  Variable values;  ///< the largest first; of the shape of x with k elements along the axis
  PooledVector<std::int32_t> ids;  ///< where each was along the axis, in the same order
};
/// The axis of top_k.
struct TopKOptions {
  std::ptrdiff_t axis = -1;  ///< negative ones count from the last
};
/// The k largest elements along an axis, with their ids: of equal ones the first come first, and a NaN counts as
/// larger than all. The gradient flows to the elements that were taken. Throws ShapeError for an axis that x lacks,
/// ValueError for more elements than it has.
TopK top_k(const Variable& x, std::size_t k, const TopKOptions& options = {},
           Location at = Location::current());

/// A row for each id, (ids, classes): 1 at the id, else 0. Throws ValueError for an id outside [0, classes).
Array one_hot(std::span<const std::int32_t> ids, std::size_t classes,
              Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

// SPDX-License-Identifier: MIT
#include <xtape/ops/index.hpp>

#include "axis.hpp"
#include "ops/index.hpp"
#include "ops/lines.hpp"

#include <xtape/record.hpp>

#include <functional>

namespace xtape::inline XTAPE_ABI {
namespace {

void check_ids(const Op& op, std::span<const std::int32_t> ids, std::size_t count) {
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= count)
      throw ValueError(op, count == 0
                               ? text("id ", i, " is ", ids[i], ", where there are none")
                               : text("id ", i, " is ", ids[i], ", expected 0 to ", count - 1));
}

// Adds the gradients of what was gathered to those of the elements that it shows: each block of columns takes all ids
// in their order.
void add_gathered(const Lines& whole, std::span<const std::int32_t> ids, const Scalar* g,
                  Scalar* dx) {
  Lines lines = whole;
  lines.size = ids.size();
  lines.for_each_block([=](std::size_t outer, std::size_t begin, std::size_t columns) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::size_t row = outer * whole.size + static_cast<std::size_t>(ids[i]);
      const Scalar* const from = g + (outer * ids.size() + i) * whole.inner + begin;
      Scalar* const to = dx + row * whole.inner + begin;
      for (std::size_t c = 0; c < columns; ++c) to[c] += from[c];
    }
  });
}

template <class Replaces>
PooledVector<std::int32_t> best_ids(const Op& op, const Array& x, std::ptrdiff_t along,
                                    Replaces replaces) {
  const std::size_t axis = checked_axis(op, along, x.shape());
  if (x.shape()[axis] == 0)
    throw ShapeError(op, text("the axis ", along, " has size 0 in the shape ", x.shape()));
  const Lines lines{x.shape(), axis};
  PooledVector<std::int32_t> ids(lines.outer * lines.inner, 0);
  lines.for_each_block([=, x = x.data(), ids = ids.data()](std::size_t outer, std::size_t begin,
                                                           std::size_t columns) {
    const Scalar* const first = x + outer * lines.size * lines.inner + begin;
    std::int32_t* const best = ids + outer * lines.inner + begin;
    for (std::size_t i = 1; i < lines.size; ++i)
      for (std::size_t c = 0; c < columns; ++c) {
        const Scalar now = first[static_cast<std::size_t>(best[c]) * lines.inner + c],
                     next = first[i * lines.inner + c];
        if (now == now && (replaces(next, now) || next != next))
          best[c] = static_cast<std::int32_t>(i);
      }
  });
  return ids;
}

}  // namespace

Variable gather(const Variable& x, std::span<const std::int32_t> ids, const GatherOptions& options,
                Location at) {
  const Op op{"gather", at};
  const std::size_t axis = checked_axis(op, options.axis, x.shape());
  const Lines lines{x.shape(), axis};
  check_ids(op, ids, lines.size);
  Shape shape = x.shape();
  shape[axis] = ids.size();
  Array y = uninitialized(shape);
  for_each_row(lines.outer * ids.size(), lines.inner,
               [=, from = x.value().data(), to = y.data()](std::size_t r) {
                 const std::size_t row =
                     r / ids.size() * lines.size + static_cast<std::size_t>(ids[r % ids.size()]);
                 std::copy_n(from + row * lines.inner, lines.inner, to + r * lines.inner);
               });
  auto pull = [lines, ids = PooledVector<std::int32_t>(ids.begin(), ids.end())](
                  const Array& g, Array& dx) { add_gathered(lines, ids, g.data(), dx.data()); };
  return record(op, std::move(y), given(Gathered{axis, ids}), wrt(x, std::move(pull)));
}

PooledVector<std::int32_t> argmax(const Array& x, const ArgOptions& options, Location at) {
  return best_ids({"argmax", at}, x, options.axis, std::greater<Scalar>{});
}

PooledVector<std::int32_t> argmin(const Array& x, const ArgOptions& options, Location at) {
  return best_ids({"argmin", at}, x, options.axis, std::less<Scalar>{});
}

Array one_hot(std::span<const std::int32_t> ids, std::size_t classes, Location at) {
  check_ids({"one_hot", at}, ids, classes);
  Array y = zeros({ids.size(), classes});
  for (std::size_t i = 0; i < ids.size(); ++i)
    y.data()[i * classes + static_cast<std::size_t>(ids[i])] = 1;
  return y;
}

}  // namespace xtape::inline XTAPE_ABI

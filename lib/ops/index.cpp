// SPDX-License-Identifier: MIT
#include <xtape/ops/index.hpp>

#include "axis.hpp"
#include "ops/index.hpp"
#include "ops/lines.hpp"
#include "ops/multilinear.hpp"
#include "ranges.hpp"

#include <xtape/record.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>

namespace xtape::inline XTAPE_ABI {
namespace {

void check_ids(const Op& op, std::span<const std::int32_t> ids, std::size_t count) {
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= count)
      throw ValueError(op, count == 0
                               ? text("id ", i, " is ", ids[i], ", where there are none")
                               : text("id ", i, " is ", ids[i], ", expected 0 to ", count - 1));
}

// Ids for gradients.
std::shared_ptr<const PooledVector<std::int32_t>> kept(std::span<const std::int32_t> ids) {
  using List = PooledVector<std::int32_t>;
  return std::allocate_shared<List>(CachingAllocator<List>{}, ids.begin(), ids.end());
}

// A slice along an axis for each id.
Array gathered(const Array& x, std::size_t axis, const Ids& of) {
  const Lines lines{x.shape(), axis};
  const auto at = x.shape().begin() + static_cast<std::ptrdiff_t>(axis);
  Shape shape(x.shape().begin(), at);
  shape.insert(shape.end(), of.shape.begin(), of.shape.end());
  shape.insert(shape.end(), at + 1, x.shape().end());
  Array y = uninitialized(shape);
  for_each_row(lines.outer * of.elements.size(), lines.inner,
               [=, ids = of.elements, from = x.data(), to = y.data()](std::size_t r) {
                 const std::size_t row =
                     r / ids.size() * lines.size + static_cast<std::size_t>(ids[r % ids.size()]);
                 std::copy_n(from + row * lines.inner, lines.inner, to + r * lines.inner);
               });
  return y;
}

// Adds each slice to that with its id: each block of columns takes all ids in their order.
void add_gathered(const Lines& whole, std::span<const std::int32_t> ids, const Scalar* slices,
                  Scalar* sums) {
  Lines lines = whole;
  lines.size = ids.size();
  lines.for_each_block([=](std::size_t outer, std::size_t begin, std::size_t columns) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::size_t row = outer * whole.size + static_cast<std::size_t>(ids[i]);
      const Scalar* const from = slices + (outer * ids.size() + i) * whole.inner + begin;
      Scalar* const to = sums + row * whole.inner + begin;
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

// The places of the k largest numbers, `step` apart, the largest first.
void find_largest(const Scalar* x, std::size_t step, std::span<std::int32_t> best,
                  std::span<std::int32_t> all) {
  const auto before = [=](std::int32_t i, std::int32_t j) {
    const Scalar a = x[static_cast<std::size_t>(i) * step],
                 b = x[static_cast<std::size_t>(j) * step];
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && (!std::isnan(b) || i < j);
    return a > b || (a == b && i < j);
  };
  std::iota(all.begin(), all.end(), 0);
  std::partial_sort_copy(all.begin(), all.end(), best.begin(), best.end(), before);
}

// Calls run(element of x, element of what was found) for each that was found.
template <class Run>
void for_each_found(const Lines& x, std::size_t k, std::span<const std::int32_t> ids, Run run) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::size_t column = i % x.inner, outer = i / x.inner / k;
    run((outer * x.size + static_cast<std::size_t>(ids[i])) * x.inner + column, i);
  }
}

}  // namespace

Variable gather(const Variable& x, const Ids& ids, const GatherOptions& options, Location at) {
  const Op op{"gather", at};
  const std::size_t axis = checked_axis(op, options.axis, x.shape());
  const Lines lines{x.shape(), axis};
  if (element_count(ids.shape) != ids.elements.size())
    throw ShapeError(op, text("expected ids of shape ", ids.shape, ", got ", ids.elements.size()));
  check_ids(op, ids.elements, lines.size);
  Array y = gathered(x.value(), axis, ids);
  const auto list = kept(ids.elements);
  return record(op, std::move(y), given(Gathered{axis, ids}),
                wrt(x, TransposedInto{[axis, list, shape = ids.shape](const Array& a) {
                                        return gathered(a, axis, {*list, shape});
                                      },
                                      [lines, list](const Array& g, Array& dx) {
                                        add_gathered(lines, *list, g.data(), dx.data());
                                      },
                                      x.shape()}));
}

Variable scatter_add(const Variable& x, std::span<const std::int32_t> ids, const Variable& source,
                     const ScatterOptions& options, Location at) {
  const Op op{"scatter_add", at};
  const std::size_t axis = checked_axis(op, options.axis, x.shape());
  const Lines lines{x.shape(), axis};
  check_ids(op, ids, lines.size);
  Shape expected = x.shape();
  expected[axis] = ids.size();
  if (source.shape() != expected)
    throw ShapeError(op, text("expected a source of shape ", expected, ", got ", source.shape()));
  Array y = x.value();
  add_gathered(lines, ids, source.value().data(), y.data());
  const auto list = kept(ids);
  Transposed pull{[lines, list, shape = x.shape()](const Array& a) {
                    Array sums = zeros(shape);
                    add_gathered(lines, *list, a.data(), sums.data());
                    return sums;
                  },
                  [axis, list](const Array& g) { return gathered(g, axis, *list); }};
  return record(op, std::move(y), given(Gathered{axis, ids}),
                wrt(
                    x, [](Array&) {}, [](const Variable& g) { return g; }),
                wrt(source, std::move(pull)));
}

PooledVector<std::int32_t> argmax(const Array& x, const ArgOptions& options, Location at) {
  return best_ids({"argmax", at}, x, options.axis, std::greater<Scalar>{});
}

PooledVector<std::int32_t> argmin(const Array& x, const ArgOptions& options, Location at) {
  return best_ids({"argmin", at}, x, options.axis, std::less<Scalar>{});
}

PooledVector<std::int32_t> sample(const Array& logits, Rng& rng, const SampleOptions& options,
                                  Location at) {
  const Op op{"sample", at};
  check_not_negative(op, "temperature", options.temperature);
  PooledVector<std::int32_t> ids = best_ids(op, logits, -1, std::greater<Scalar>{});
  const std::size_t classes = logits.shape().back();
  const auto largest_of = [&](std::size_t row) {
    return static_cast<double>(logits.data()[row * classes + static_cast<std::size_t>(ids[row])]);
  };
  for (std::size_t row = 0; row < ids.size(); ++row)
    if (const double largest = largest_of(row); !std::isfinite(largest))
      throw ValueError(op, text("the largest logit of row ", row, " is ", largest));
  if (options.temperature == 0) return ids;
  PooledVector<double> sums(classes);
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const Scalar* const x = logits.data() + row * classes;
    const double largest = largest_of(row);
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c)
      sums[c] = sum += std::exp((x[c] - largest) / options.temperature);
    const auto drawn = std::ranges::upper_bound(sums, rng.uniform() * sum);
    ids[row] = static_cast<std::int32_t>(std::min(drawn, sums.end() - 1) - sums.begin());
  }
  return ids;
}

TopK top_k(const Variable& x, std::size_t k, const TopKOptions& options, Location at) {
  const Op op{"top_k", at};
  const std::size_t axis = checked_axis(op, options.axis, x.shape());
  const Lines lines{x.shape(), axis};
  if (k > lines.size)
    throw ValueError(op, text("expected a k of at most the ", lines.size, " elements of axis ",
                              options.axis, " of ", x.shape(), ", got ", k));
  PooledVector<std::int32_t> ids(lines.outer * k * lines.inner, 0);
  PooledVector<std::int32_t> best(k), all(lines.size);
  for (std::size_t line = 0; line < lines.outer * lines.inner; ++line) {
    const std::size_t outer = line / lines.inner, column = line % lines.inner;
    find_largest(x.value().data() + outer * lines.size * lines.inner + column, lines.inner, best,
                 all);
    for (std::size_t i = 0; i < k; ++i) ids[(outer * k + i) * lines.inner + column] = best[i];
  }
  Shape shape = x.shape();
  shape[axis] = k;
  Array y = uninitialized(shape);
  for_each_found(lines, k, ids,
                 [&](std::size_t i, std::size_t j) { y.data()[j] = x.value().data()[i]; });
  const auto list = kept(ids);
  TransposedInto pull{[lines, k, list, shape](const Array& a) {
                        Array found = uninitialized(shape);
                        for_each_found(lines, k, *list, [&](std::size_t i, std::size_t j) {
                          found.data()[j] = a.data()[i];
                        });
                        return found;
                      },
                      [lines, k, list](const Array& g, Array& dx) {
                        for_each_found(lines, k, *list, [&](std::size_t i, std::size_t j) {
                          dx.data()[i] += g.data()[j];
                        });
                      },
                      x.shape()};
  return {record(op, std::move(y), given(options), wrt(x, std::move(pull))), std::move(ids)};
}

Array one_hot(std::span<const std::int32_t> ids, std::size_t classes, Location at) {
  check_ids({"one_hot", at}, ids, classes);
  Array y = zeros({ids.size(), classes});
  for (std::size_t i = 0; i < ids.size(); ++i)
    y.data()[i * classes + static_cast<std::size_t>(ids[i])] = 1;
  return y;
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include <xtape/data/combined.hpp>

#include "data/checks.hpp"
#include "data/columns.hpp"

namespace xtape::inline XTAPE_ABI::data {
namespace {

const Op concat_op = Op::nowhere("concat");

// Samples of a part, and where they are in the batch.
struct Share {
  PooledVector<std::uint32_t> indices, rows;
};

void check_alike(const PooledVector<Column>& expected, const PooledVector<Column>& got) {
  if (expected.size() != got.size())
    throw ShapeError(concat_op, text("expected ", expected.size(),
                                     " inputs or targets as in the first part, got ", got.size()));
  for (std::size_t i = 0; i < got.size(); ++i) {
    const Shape shape = with_rows(got[i].shape(), expected[i].shape()[0]);
    if (shape != expected[i].shape() || got[i].has_ids() != expected[i].has_ids())
      throw ShapeError(
          concat_op, text("expected samples such as ", expected[i].has_ids() ? "ids " : "numbers ",
                          with_rows(expected[i].shape(), 1), ", got ",
                          got[i].has_ids() ? "ids " : "numbers ", with_rows(shape, 1)));
  }
}

// Writes row i of one where `rows` has it in the other.
void scatter(const PooledVector<Column>& from, std::span<const std::uint32_t> rows,
             PooledVector<Column>& to) {
  for_each_pair(from, to, [&](const auto* in, auto* out, std::size_t row) {
    for (const std::uint32_t at : rows) {
      std::copy_n(in, row, out + at * row);
      in += row;
    }
  });
}

}  // namespace

Mapped::Mapped(const Dataset& whole, BatchFunction function, Location at)
    : whole_{whole}, function_{std::move(function)} {
  if (!function_) throw ValueError({"map", at}, "expected a function, got none");
}

void Mapped::gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const {
  const std::size_t number = batch.number;
  whole_.gather(indices, batch, rng);
  batch = function_(std::move(batch), rng);
  batch.number = number;
  for (const auto* columns : {&batch.inputs, &batch.targets})
    for (const Column& column : *columns)
      if (column.shape().empty() || column.shape()[0] != indices.size())
        throw ShapeError(Op::nowhere("map"), text("the function made a column ", column.shape(),
                                                  " for a batch of ", indices.size(), " samples"));
}

Mapped map(const Dataset& whole, BatchFunction function, Location at) {
  return {whole, std::move(function), at};
}

Concatenated::Concatenated(Parts parts, Location at) : parts_{std::move(parts)} {
  if (parts_.empty()) throw ValueError({"concat", at}, "expected at least one dataset, got none");
  std::size_t end = 0;
  for (const Dataset& part : parts_) ends_.push_back(end += part.size());
}

void Concatenated::gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const {
  PooledVector<Share> shares(parts_.size());
  for (std::size_t row = 0; row < indices.size(); ++row) {
    check_index(Op::nowhere("gather"), indices[row], size());
    const auto part =
        static_cast<std::size_t>(std::ranges::upper_bound(ends_, indices[row]) - ends_.begin());
    const std::size_t begin = part == 0 ? 0 : ends_[part - 1];
    shares[part].indices.push_back(static_cast<std::uint32_t>(indices[row] - begin));
    shares[part].rows.push_back(static_cast<std::uint32_t>(row));
  }
  bool first = true;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    const auto& [inner, rows] = shares[part];
    if (rows.empty()) continue;
    Batch some = parts_[part].get().make_batch(rows.size());
    some.number = batch.number;
    parts_[part].get().gather(inner, some, rng);
    if (std::exchange(first, false)) {
      batch.inputs = room(some.inputs, indices.size());
      batch.targets = room(some.targets, indices.size());
      batch.weights.assign(some.weights.empty() ? 0 : indices.size(), 1);
    }
    check_alike(batch.inputs, some.inputs);
    check_alike(batch.targets, some.targets);
    if (some.weights.empty() != batch.weights.empty())
      throw ShapeError(concat_op, "expected weights in all parts or in none");
    scatter(some.inputs, rows, batch.inputs);
    scatter(some.targets, rows, batch.targets);
    for (std::size_t i = 0; i < some.weights.size(); ++i) batch.weights[rows[i]] = some.weights[i];
  }
}

Concatenated concat(std::initializer_list<std::reference_wrapper<const Dataset>> parts,
                    Location at) {
  return Concatenated{parts, at};
}

}  // namespace xtape::inline XTAPE_ABI::data

// SPDX-License-Identifier: MIT
#include <xtape/data/batch.hpp>

#include "text.hpp"

namespace xtape::inline XTAPE_ABI::data {
namespace {

const Column& only(const PooledVector<Column>& columns, const char* what, Location at) {
  if (columns.size() != 1)
    throw ValueError({"batch", at}, text("expected one ", what, ", there are ", columns.size()),
                     text("say which: batch.", what, "s[0]"));
  return columns.front();
}

std::size_t samples(const PooledVector<Column>& columns) {
  const Shape& shape = columns.front().shape();
  return shape.empty() ? 0 : shape[0];
}

}  // namespace

Column::Column(const std::vector<std::int32_t>& ids)
    : content_{Ids{{ids.size()}, {ids.begin(), ids.end()}}} {}

Column ids(const Shape& shape) {
  return Column{Column::Ids{shape, PooledVector<std::int32_t>(element_count(shape))}};
}

const Shape& Column::shape() const noexcept {
  const Ids* const ids = std::get_if<Ids>(&content_);
  return ids != nullptr ? ids->shape : (*std::get_if<Value>(&content_))->shape();
}

std::size_t Column::size() const noexcept {
  const Ids* const ids = std::get_if<Ids>(&content_);
  return ids != nullptr ? ids->elements.size() : (*std::get_if<Value>(&content_))->size();
}

const Value& Column::value() const {
  if (const Value* const value = std::get_if<Value>(&content_)) return *value;
  throw ValueError(Op::nowhere("column"), text("expected numbers, got ids ", shape()));
}

std::span<const std::int32_t> Column::ids() const {
  if (const Ids* const ids = std::get_if<Ids>(&content_)) return ids->elements;
  throw ValueError(Op::nowhere("column"), text("expected ids, got numbers ", shape()));
}

std::span<Scalar> Column::numbers() {
  const Array& array = *value();  // which is no constant: the value has made it
  return {const_cast<Scalar*>(array.data()), array.size()};
}

std::span<std::int32_t> Column::ids() {
  const std::span<const std::int32_t> ids = std::as_const(*this).ids();
  return {const_cast<std::int32_t*>(ids.data()), ids.size()};
}

std::size_t Batch::size() const noexcept {
  return !inputs.empty() ? samples(inputs) : !targets.empty() ? samples(targets) : 0;
}

const Column& Batch::input(Location at) const { return only(inputs, "input", at); }
const Column& Batch::target(Location at) const { return only(targets, "target", at); }

}  // namespace xtape::inline XTAPE_ABI::data

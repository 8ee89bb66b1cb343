// SPDX-License-Identifier: MIT
/// \file
/// Some samples: inputs and targets of any kind.
#pragma once

#include <xtape/array.hpp>

#include <cstdint>
#include <span>
#include <tuple>
#include <variant>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// One input or one target of some samples: numbers, or ids, which are whole numbers such as classes and tokens.
/// The first axis of its shape counts the samples. It becomes what a function wants, an array of numbers or a
/// span of ids, and where it is the other, that throws ValueError.
class Column {
 public:
  /// Numbers (n, ...).
  Column(Array numbers) : content_{Value{std::move(numbers)}} {}
  /// Numbers (n, ...), shared.
  Column(Value numbers) : content_{std::move(numbers)} {}
  /// Ids (n,), one for each sample.
  Column(const std::vector<std::int32_t>& ids);

  const Shape& shape() const noexcept;  ///< (n, ...)
  std::size_t size() const noexcept;    ///< the number of numbers or ids
  /// Whether it has ids.
  bool has_ids() const noexcept { return std::holds_alternative<Ids>(content_); }

  const Value& value() const;                                       ///< the numbers, to be shared
  const Array& array() const { return *value(); }                   ///< the numbers
  std::span<const std::int32_t> ids() const;                        ///< the ids, row-major
  operator const Value&() const { return value(); }                 ///< the numbers, to be shared
  operator const Array&() const { return array(); }                 ///< the numbers
  operator std::span<const std::int32_t>() const { return ids(); }  ///< the ids

  /// The numbers for who makes them: nobody shares them yet.
  std::span<Scalar> numbers();
  /// The ids for who makes them.
  std::span<std::int32_t> ids();

 private:
  friend Column ids(const Shape& shape);
  struct Ids {
    Shape shape;
    PooledVector<std::int32_t> elements;
  };
  explicit Column(Ids ids) : content_{std::move(ids)} {}

  std::variant<Value, Ids> content_;
};

/// A column of ids of this shape, (n,) or, for sequences, (n, T). All are 0.
Column ids(const Shape& shape);

/// Some samples. Where they have one input and one target, these are the parts of the batch:
/// ```
/// for (const auto& [x, y] : data::batches(train, 64, rng)) { ... }
/// ```
struct Batch {
  PooledVector<Column> inputs = {};   ///< what a model gets
  PooledVector<Column> targets = {};  ///< what it is to say
  /// How much each sample counts, (n,); empty where all count alike.
  PooledVector<Scalar> weights = {};
  /// Its place in the loop over the dataset, from 0: what `batches` sets, before `gather` fills it.
  std::size_t number = 0;
  std::size_t shard = 0;  ///< Which shard of that batch it is, where batches are cut into shards.
  double share = 1;       ///< How many of the batch's samples are in the shard, of 1 in all.
  /// Names random numbers that are of this batch or shard alone, whichever process has it, for who draws in a pass over
  /// it: `Rng own{batch.key}; Tape tape{Mode::train, own};`. It depends on the order of the loop.
  std::uint64_t key = 0;

  /// The number of samples.
  std::size_t size() const noexcept;
  /// The only input. Throws ValueError if there is none or there are several.
  const Column& input(Location at = Location::current()) const;
  /// The only target. Throws ValueError if there is none or there are several.
  const Column& target(Location at = Location::current()) const;
};

/// The only input, 0, or the only target, 1, of a batch.
template <std::size_t I>
const Column& get(const Batch& batch) {
  if constexpr (I == 0)
    return batch.input(Op::nowhere("batch").at);
  else
    return batch.target(Op::nowhere("batch").at);
}

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop

/// \cond
template <>
struct std::tuple_size<xtape::data::Batch> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I>
struct std::tuple_element<I, xtape::data::Batch> {
  using type = xtape::data::Column;
};
/// \endcond

// SPDX-License-Identifier: MIT
#include <xtape/array.hpp>

#include <algorithm>
#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

template <class Numbers>
std::string tuple(const Numbers& numbers) {
  std::string text = "(";
  for (std::size_t i = 0; i < numbers.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(numbers[i]);
  return text + (numbers.size() == 1 ? ",)" : ")");
}

}  // namespace

namespace detail {

Storage Storage::share() const {
  Owners* owners = owners_.load(std::memory_order_acquire);
  if (owners == nullptr && begin_ != nullptr) {  // others may share it for the first time just now
    auto made = std::make_unique<Owners>();
    if (owners_.compare_exchange_strong(owners, made.get(), std::memory_order_acq_rel))
      owners = made.release();
  }
  if (owners != nullptr) owners->count.fetch_add(1, std::memory_order_relaxed);
  Storage twin;
  twin.begin_ = begin_;
  twin.size_ = size_;
  twin.owners_.store(owners, std::memory_order_relaxed);
  return twin;
}

bool Storage::is_shared() const noexcept {
  const Owners* const owners = owners_.load(std::memory_order_relaxed);
  return owners != nullptr && owners->count.load(std::memory_order_acquire) > 1;
}

void Storage::release() noexcept {
  Owners* const owners = owners_.load(std::memory_order_relaxed);
  if (owners != nullptr && owners->count.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  delete owners;
  allocator_type{}.deallocate(begin_, size_);
}

}  // namespace detail

Value::Value(Array array)
    : array_{std::allocate_shared<Array>(CachingAllocator<Array>{}, std::move(array))} {}

Value Value::reshaped(const Shape& shape) const {
  if (element_count(shape) != array_->size())
    throw ShapeError(Op::nowhere("reshaped"), "expected a shape of as many elements as " +
                                                  to_string(array_->shape()) + ", got " +
                                                  to_string(shape));
  Array twin{array_->storage().share(), {}, {}};
  twin.reshape(shape);
  return twin;
}

bool all_finite(const Array& array) {
  return std::all_of(array.data(), array.data() + array.size(),
                     [](Scalar x) { return std::isfinite(x); });
}

std::size_t element_count(const Shape& shape) {
  std::size_t count = 1;
  bool overflow = false;
  for (std::size_t size : shape) overflow |= __builtin_mul_overflow(count, size, &count);
  if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) return 0;
  if (overflow || count > std::size_t{1} << 62)
    throw ShapeError(Op::nowhere("array"),
                     "the shape " + to_string(shape) + " has too many elements");
  return count;
}

Array uninitialized(const Shape& shape) {
  element_count(shape);
  return Array::from_shape(shape);
}

Array zeros(const Shape& shape) { return full(shape, 0); }

Array full(const Shape& shape, Scalar value) {
  Array array = uninitialized(shape);
  std::fill(array.data(), array.data() + array.size(), value);
  return array;
}

std::string to_string(const Shape& shape) { return tuple(shape); }
std::string to_string(const Axes& axes) { return tuple(axes); }

}  // namespace xtape::inline XTAPE_ABI

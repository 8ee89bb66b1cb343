// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/array.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace xtape::inline XTAPE_ABI::detail {

/// A move-only function from gradient to gradient, kept in memory from the pool.
class Pullback {
 public:
  Pullback() noexcept = default;
  /// \param pull `Array(const Array&)`, or `Array(Array)` to reuse the gradient's memory. It returns
  ///        an Array: an expression of xtensor would refer to what is gone by then.
  template <class Pull>
  requires std::same_as<std::invoke_result_t<Pull&, const Array&>, Array> Pullback(Pull pull)
      : closure_{new Closure<Pull>{std::move(pull)}} {}

  explicit operator bool() const noexcept { return closure_ != nullptr; }
  /// `last` says that nobody reads `gradient` after this call.
  Array operator()(Array& gradient, bool last) { return closure_->call(gradient, last); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual Array call(Array& gradient, bool last) = 0;
    static void* operator new(std::size_t size) { return allocate(size); }
    static void operator delete(void* block, std::size_t size) { deallocate(block, size); }
  };
  template <class Pull>
  struct Closure final : Base {
    explicit Closure(Pull pull) : pull{std::move(pull)} {}
    Array call(Array& gradient, bool last) override {
      return last ? Array(pull(std::move(gradient))) : Array(pull(std::as_const(gradient)));
    }
    Pull pull;
  };
  std::unique_ptr<Base> closure_;
};

}  // namespace xtape::inline XTAPE_ABI::detail

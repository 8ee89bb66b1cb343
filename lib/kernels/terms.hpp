// SPDX-License-Identifier: MIT
// What is made position by position of other positions along an axis: a convolution of each channel for itself, and
// resampling.
#pragma once

#include <xtape/memory.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// A position along an axis of what is read, and what it is multiplied by: a number, or that of a tap.
template <class Factor>
struct Term {
  std::size_t at;
  Factor factor;
};

/// Some terms.
template <class Factor>
struct Terms {
  const Term<Factor>* first;
  const Term<Factor>* last;

  [[gnu::always_inline]] const Term<Factor>* begin() const { return first; }
  [[gnu::always_inline]] const Term<Factor>* end() const { return last; }
  [[gnu::always_inline]] std::size_t size() const { return static_cast<std::size_t>(last - first); }
};

/// For each position along an axis of a result its terms, as kernels read them.
template <class Factor>
struct TermTable {
  std::size_t count;          // of positions
  const std::size_t* ends;    // where the terms of each end, behind a 0
  const Term<Factor>* terms;  // of all, in order

  [[gnu::always_inline]] Terms<Factor> operator[](std::size_t i) const {
    return {terms + ends[i], terms + ends[i + 1]};
  }
};

/// Such a table in the making.
template <class Factor>
class TermList {
 public:
  /// Calls terms(i, add) for each position i of `count`; `add(at, factor)` adds a term.
  template <class Make>
  TermList(std::size_t count, Make terms) : ends_{0} {
    ends_.reserve(count + 1);
    for (std::size_t i = 0; i < count; ++i) {
      terms(i, [this](std::size_t at, Factor factor) { terms_.push_back({at, factor}); });
      ends_.push_back(terms_.size());
    }
  }
  /// For each of the `count` positions of what is read the results that it is a term of, with the same factors.
  TermList transposed(std::size_t count) const {
    TermList result;
    result.ends_.assign(count + 1, 0);
    for (const Term<Factor>& term : terms_) ++result.ends_[term.at + 1];
    for (std::size_t i = 0; i < count; ++i) result.ends_[i + 1] += result.ends_[i];
    PooledVector<std::size_t> next{result.ends_};
    result.terms_.resize(terms_.size());
    for (std::size_t i = 0; i + 1 < ends_.size(); ++i)
      for (std::size_t t = ends_[i]; t < ends_[i + 1]; ++t)
        result.terms_[next[terms_[t].at]++] = {i, terms_[t].factor};
    return result;
  }
  TermTable<Factor> table() const { return {ends_.size() - 1, ends_.data(), terms_.data()}; }

 private:
  TermList() = default;

  PooledVector<std::size_t> ends_;
  PooledVector<Term<Factor>> terms_;
};

}  // namespace xtape::inline XTAPE_ABI::kernels

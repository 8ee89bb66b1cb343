// SPDX-License-Identifier: MIT
/// \file
/// Sums of products by the names of axes.
#pragma once

#include <xtape/tape.hpp>

#include <string_view>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The sum of products of elements that Einstein's convention names, as in numpy: each axis has a letter, an element of
/// the result is the sum over all letters that the result lacks.
/// ```
/// einsum("nqhd,nkhd->nhqk", q, k)  // the scores of each head
/// einsum("ij,jk", a, b)            // without a result: the letters that there are once, by the alphabet
/// ```
/// It is made of `sum`, `transpose`, `reshape` and `matmul`, or a product of elements where nothing is summed. Throws
/// ValueError for a text that says no such thing, a letter that an operand has twice, and one of the result that none
/// has; ShapeError where operands have other axes, or axes of one letter other sizes.
Variable einsum(std::string_view spec, const Variable& a, const Variable& b,
                Location at = Location::current());
/// The same of one operand: its axes in another order, and sums over those left out.
Variable einsum(std::string_view spec, const Variable& x, Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

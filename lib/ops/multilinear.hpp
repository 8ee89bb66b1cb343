// SPDX-License-Identifier: MIT
// Ops that are linear in each of their inputs. The gradient of such an op is one, too: of two inputs a and b, the
// product <y, f(a, b)> with a cotangent y is linear in all three, and who makes one of them of the two others makes the
// gradients of who makes another. So these ops have gradients of any order, in the kernels that they have anyway.
#pragma once

#include <xtape/record.hpp>
#include <xtape/tape.hpp>

#include <array>
#include <utility>

namespace xtape::inline XTAPE_ABI {

/// The gradient of an op as one: not by the op's name, as those who know that may know of its options, too.
inline Op gradient_of(const Op& op) { return {"gradient", op.at, op.flops}; }

template <class F, class T, class... Options>
Variable linear(const Op& op, const Variable& x, F f, T transposed, const Options&... options);

/// The gradient of y = f(x): an array by `transposed`, of whose gradient in turn `f` is the one.
template <class F, class T>
struct Transposed {
  F f;           ///< Array(const Array& x)
  T transposed;  ///< Array(const Array& g)

  Array operator()(const Array& g) const { return transposed(g); }
  Variable again(const Variable& g, const Kept& of) const {
    return linear(gradient_of(of.op), g, transposed, f);
  }
};
template <class F, class T>
Transposed(F, T) -> Transposed<F, T>;
/// The same where `transposed` adds to what is there.
template <class F, class T>
struct TransposedInto {
  F f;           ///< Array(const Array& x)
  T transposed;  ///< void(const Array& g, Array& sum)
  Shape shape;   ///< of x

  void operator()(const Array& g, Array& sum) const { transposed(g, sum); }
  Variable again(const Variable& g, const Kept& of) const {
    const auto made = [t = transposed, shape = shape](const Array& cotangent) {
      Array sum = zeros(shape);
      t(cotangent, sum);
      return sum;
    };
    return linear(gradient_of(of.op), g, made, f);
  }
};
template <class F, class T>
TransposedInto(F, T, Shape) -> TransposedInto<F, T>;

/// The op y = f(x), whose gradient is transposed(g).
template <class F, class T, class... Options>
Variable linear(const Op& op, const Variable& x, F f, T transposed, const Options&... options) {
  Array y = f(x.value());
  return record(op, std::move(y), given(options)...,
                wrt(x, Transposed<F, T>{std::move(f), std::move(transposed)}));
}

/// The three roles of a product with a cotangent.
enum class Role : std::size_t { a, b, y };
/// Their arrays, all but the one that is to be made.
using Trio = std::array<const Array*, 3>;

template <class Form, class... Options>
Variable bilinear(const Op& op, const Form& form, Role made, const Variable& first,
                  const Variable& second, const Options&... options);

/// The gradient of an op that makes `made` of the two others: of one of these, `wanted`. A Form has
/// `Array make(Role, const Trio&) const`.
template <class Form>
struct Rotated {
  Form form;
  Role made, wanted;
  Value other;

  Role third() const {
    return Role{3 - static_cast<std::size_t>(made) - static_cast<std::size_t>(wanted)};
  }
  Array operator()(const Array& g) const {
    Trio arrays{};
    arrays[static_cast<std::size_t>(made)] = &g;
    arrays[static_cast<std::size_t>(third())] = &*other;
    return form.make(wanted, arrays);
  }
  Variable again(const Variable& g, const Kept& of) const {
    const Variable& rest = of.inputs[third() < wanted ? 0 : 1];
    const Op op = gradient_of(of.op);
    return made < third() ? bilinear(op, form, wanted, g, rest)
                          : bilinear(op, form, wanted, rest, g);
  }
};

/// The op that makes one of three of the two others, which are in the order of their roles.
template <class Form, class... Options>
Variable bilinear(const Op& op, const Form& form, Role made, const Variable& first,
                  const Variable& second, const Options&... options) {
  const Role one = made == Role::a ? Role::b : Role::a, two = made == Role::y ? Role::b : Role::y;
  Trio arrays{};
  arrays[static_cast<std::size_t>(one)] = &first.value();
  arrays[static_cast<std::size_t>(two)] = &second.value();
  return record(op, form.make(made, arrays), given(options)...,
                wrt(first, Rotated<Form>{form, made, one, second.shared_value()}),
                wrt(second, Rotated<Form>{form, made, two, first.shared_value()}));
}

}  // namespace xtape::inline XTAPE_ABI

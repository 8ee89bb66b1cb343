// SPDX-License-Identifier: MIT
#include <xtape/ops/elementwise.hpp>

#include "kernels/elementwise.hpp"
#include "text.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {

void Elementwise::check() const {
  const Op op = Op::nowhere("elementwise");
  const std::size_t inputs = gradients_.size();
  if (value_.inputs() < inputs || value_.inputs() > inputs + most_numbers)
    throw ValueError(op,
                     text("expected a formula of ", inputs, " inputs and at most ", most_numbers,
                          " numbers, got ", value_.inputs(), " terms"),
                     "one gradient for each input?");
  for (const Formula& gradient : gradients_)
    if (gradient.inputs() != value_.inputs() + 2)
      throw ValueError(op, text("expected gradients of ", value_.inputs() + 2,
                                " terms (g, those of the value's formula with the result after the "
                                "inputs), got ",
                                gradient.inputs()));
}

Elementwise::Call::Call(const Elementwise& formulas, const Op& op,
                        std::initializer_list<const Variable*> given,
                        std::initializer_list<double> values)
    : f{formulas}, inputs{}, numbers{}, number_count{values.size()}, y{[&] {
        if (given.size() != f.gradients_.size() ||
            given.size() + values.size() != f.value_.inputs())
          throw ValueError(op, text("expected ", f.gradients_.size(), " inputs and ",
                                    f.value_.inputs() - f.gradients_.size(), " numbers, got ",
                                    given.size(), " and ", values.size()));
        std::ranges::copy(given, inputs.begin());
        std::ranges::transform(values, numbers.begin(),
                               [](double x) { return static_cast<Scalar>(x); });
        std::array<const Array*, most_inputs> arrays{};
        std::ranges::transform(given, arrays.begin(), [](auto* x) { return &x->value(); });
        return kernels::elementwise(op, f.value_.program(), std::span{arrays}.first(given.size()),
                                    std::span{numbers}.first(number_count));
      }()} {}

Elementwise::Gradient Elementwise::Call::gradient(std::size_t input) const {
  const std::size_t count = f.gradients_.size();
  Gradient result{f.gradients_[input], {}, count, numbers, number_count};
  if (!inputs[input]->needs_grad()) return result;
  for (std::size_t i = 0; i < count; ++i)
    if (result.formula.reads(1 + i)) result.kept[i] = inputs[i]->shared_value();
  if (result.formula.reads(1 + count)) result.kept[count] = y;
  return result;
}

void Elementwise::Gradient::operator()(Array& g) const {
  if (formula.program().is_input(0)) return;
  std::array<const Array*, most_inputs + 2> arrays{&g};
  for (std::size_t i = 0; i <= inputs; ++i)
    arrays[1 + i] = kept[i] ? &**kept[i] : &g;  // one that is not kept is not read
  kernels::elementwise(formula.program(), std::span{arrays}.first(inputs + 2),
                       std::span{numbers}.first(number_count), g);
}

}  // namespace xtape::inline XTAPE_ABI

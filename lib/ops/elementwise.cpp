// SPDX-License-Identifier: MIT
#include <xtape/ops/elementwise.hpp>

#include "kernels/elementwise.hpp"
#include "ops/steps.hpp"
#include "text.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {

void Elementwise::check() const {
  const Op op = Op::nowhere("elementwise");
  const bool derives = !gradients_.empty();
  const std::size_t inputs = derives ? gradients_.size() : most_inputs;
  if ((derives && value_.inputs() < inputs) || value_.inputs() > inputs + most_numbers)
    throw ValueError(
        op,
        text("expected a formula of ", derives ? "" : "at most ", inputs, " inputs and at most ",
             most_numbers, " numbers, got ", value_.inputs(), " terms"),
        "one gradient for each input?");
  for (const Formula& gradient : gradients_)
    if (gradient.inputs() != value_.inputs() + 2)
      throw ValueError(op, text("expected gradients of ", value_.inputs() + 2,
                                " terms (g, those of the value's formula with the result after the "
                                "inputs), got ",
                                gradient.inputs()));
}

void Elementwise::check(const Op& op, std::size_t inputs, std::size_t numbers) const {
  const std::size_t count = gradients_.empty() ? inputs : gradients_.size();
  if (inputs == count && numbers <= most_numbers && inputs + numbers == value_.inputs()) return;
  throw ValueError(op, gradients_.empty()
                           ? text("expected ", value_.inputs(), " inputs and numbers, at most ",
                                  most_numbers, " of these, got ", inputs, " and ", numbers)
                           : text("expected ", count, " inputs and ", value_.inputs() - count,
                                  " numbers, got ", inputs, " and ", numbers));
}

Elementwise::Call::Call(const Elementwise& formulas, const Op& op,
                        std::initializer_list<const Variable*> given,
                        std::initializer_list<double> values)
    : f{formulas},
      inputs{},
      input_count{given.size()},
      numbers{},
      number_count{values.size()},
      y{[&] {
        f.check(op, given.size(), values.size());
        std::ranges::copy(given, inputs.begin());
        std::ranges::transform(values, numbers.begin(),
                               [](double x) { return static_cast<Scalar>(x); });
        std::array<const Array*, most_inputs> arrays{};
        std::ranges::transform(given, arrays.begin(), [](auto* x) { return &x->value(); });
        return kernels::elementwise(op, f.value_.program(), std::span{arrays}.first(input_count),
                                    std::span{numbers}.first(number_count));
      }()} {
  if (f.gradients_.empty())
    for (std::size_t i = 0; i < input_count; ++i)
      inputs[i] = &constants[i].emplace(inputs[i]->detach());
}

Elementwise::Gradient Elementwise::Call::gradient(std::size_t input) const {
  Gradient result{f.gradients_[input], {}, input_count, numbers, number_count};
  for (std::size_t i = 0; i < input_count; ++i)
    if (result.formula.reads(1 + i)) result.kept[i] = inputs[i]->shared_value();
  if (result.formula.reads(1 + input_count)) result.kept[input_count] = y;
  return result;
}

void Elementwise::Gradient::operator()(Array& g) const {
  if (!formula.program().is_input(0)) into(g, g);
}

Array Elementwise::Gradient::operator()(const Array& g) const {
  Array dx = uninitialized(g.shape());
  into(dx, g);
  return dx;
}

Variable Elementwise::Gradient::again(const Variable& g, const Kept& of) const {
  PooledVector<Variable> terms{g};
  terms.insert(terms.end(), of.inputs.begin(), of.inputs.end());
  terms.push_back(of.result());
  for (std::size_t i = 0; i < number_count; ++i)
    terms.push_back(number_beside(g, static_cast<double>(numbers[i])));
  return applied(formula, terms);
}

void Elementwise::Gradient::into(Array& dx, const Array& g) const {
  std::array<const Array*, most_inputs + 2> arrays{&g};
  for (std::size_t i = 0; i <= inputs; ++i)
    arrays[1 + i] = kept[i] ? &**kept[i] : &g;  // one that is not kept is not read
  kernels::elementwise(formula.program(), std::span{arrays}.first(inputs + 2),
                       std::span{numbers}.first(number_count), dx);
}

void Elementwise::Argument::edges(detail::Recorder& to) const {
  for (std::size_t i = 0; i < call.input_count; ++i)
    if (call.inputs[i]->needs_grad()) to.edge(*call.inputs[i], call.gradient(i));
}

void Elementwise::Argument::describe(Observer::Forward& forward) const {
  forward.formula = &call.f.value_;
  forward.numbers = std::span{call.numbers}.first(call.number_count);
}

}  // namespace xtape::inline XTAPE_ABI

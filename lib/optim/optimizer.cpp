// SPDX-License-Identifier: MIT
#include "kernels/elementwise.hpp"
#include "kernels/norm.hpp"
#include "optim/rule.hpp"

#include <algorithm>
#include <array>

namespace xtape::inline XTAPE_ABI {

Optimizer::Optimizer(const Op& op, double learning_rate, std::vector<Slot> slots,
                     StepCount step_count)
    : name_{op.name},
      learning_rate_{learning_rate},
      step_count_{step_count},
      slots_{std::move(slots)} {
  check_range(op, "learning_rate", learning_rate, OptionRange::not_negative);
}

void Optimizer::check_range(const Op& op, const char* option, double value, OptionRange range) {
  switch (range) {
    case OptionRange::not_negative: return check_not_negative(op, option, value);
    case OptionRange::fraction: return check_fraction(op, option, value);
  }
}

void Optimizer::begin(std::span<Parameter* const>) {
  state_.begin_pass();
  const std::uint64_t step = steps_ + 1;
  if (schedule_) {
    const double rate = schedule_(step);
    if (!(rate >= 0) || std::isinf(rate))
      throw ValueError(Op::nowhere(name_), text("the schedule's learning rate of step ", step,
                                                " must be finite and at least 0, got ", rate));
    learning_rate_ = rate;
  }
  steps_ = step;
}

void Optimizer::visit(Parameter& parameter) {
  const Op op = Op::nowhere(name_);
  const Shape& shape = parameter.shape();
  if (parameter.grad().shape() != shape)
    throw ShapeError(
        op, text("expected a gradient of shape ", shape, ", got ", parameter.grad().shape()),
        "was the parameter's value replaced after backward?");
  auto& [arrays, steps] = state_of(parameter);
  for (std::size_t i = 0; i < arrays.size(); ++i)
    if (arrays[i].shape() != shape)
      throw ShapeError(op,
                       text("expected the state ", slots_[i].name, " of shape ", shape, ", got ",
                            arrays[i].shape()),
                       "was the parameter's value replaced? reset() starts afresh");
  ++steps;
  current_step_ = step_count_ == StepCount::per_parameter ? steps : steps_;
  update(parameter, arrays);
}

void Optimizer::compute(std::initializer_list<Line> lines) {
  using Numbers = std::array<Scalar, kernels::most_inputs>;
  if (lines.size() == 0) return;
  const Shape& shape = lines.begin()->array.shape();
  PooledVector<Numbers> numbers(lines.size());
  PooledVector<kernels::Assignment> assignments;
  for (const Line& line : lines) {
    line.formula.check(line.arrays.size() + line.numbers.size());
    const auto fits = [&](const Array* array) { return array->shape() == shape; };
    if (!fits(&line.array) || !std::ranges::all_of(line.arrays, fits))
      throw ShapeError(Op::nowhere("optimizer"),
                       text("expected arrays of the shape ", shape, " in all lines of a rule"));
    Numbers& rounded = numbers[assignments.size()];
    std::ranges::transform(line.numbers, rounded.begin(),
                           [](double x) { return static_cast<Scalar>(x); });
    assignments.push_back({&line.array,
                           &line.formula.program(),
                           {line.arrays.begin(), line.arrays.size()},
                           std::span{rounded}.first(line.numbers.size())});
  }
  kernels::elementwise(assignments);
}

double Optimizer::norm(const Array& x) {
  kernels::SliceSums sums;
  kernels::add_squares(sums, x.data(), x.size(), [](std::size_t, std::size_t) {});
  return static_cast<double>(kernels::norm(sums));
}

void Optimizer::set_learning_rate(double learning_rate, Location at) {
  check_range({name_, at}, "learning_rate", learning_rate, OptionRange::not_negative);
  learning_rate_ = learning_rate;
}

Optimizer::State& Optimizer::state_of(const Parameter& parameter) {
  return state_.get(parameter, [&] {
    State state;
    for (const Slot& slot : std::span{slots_}.first(slot_count(parameter)))
      state.arrays.push_back(full(parameter.shape(), static_cast<Scalar>(slot.initial)));
    return state;
  });
}

std::span<Array> Optimizer::state(const Parameter& parameter) { return state_of(parameter).arrays; }

std::uint64_t Optimizer::steps(const Parameter& parameter) const noexcept {
  if (step_count_ == StepCount::per_pass) return steps_;
  const State* const known = state_.find(parameter);
  return known == nullptr ? 0 : known->steps;
}

void Optimizer::set_steps(const Parameter& parameter, std::uint64_t steps) {
  state_of(parameter).steps = steps;
}

void Optimizer::state(StateList& list) {
  list("steps", steps_, StateList::most_steps);
  list("learning_rate", learning_rate_, 0);
  for (const auto& [name, parameter] : list.parameters()) {
    auto& [arrays, steps] = state_of(*parameter);
    for (std::size_t i = 0; i < arrays.size(); ++i)
      list(text(name, '.', slots_[i].name), arrays[i]);
    if (step_count_ == StepCount::per_pass) continue;
    list(name + ".steps", steps);
    list.check([this, name = name, &steps = steps] {
      return steps <= steps_ ? std::string{}
                             : text(name, ".steps is ", steps, ", after ", steps_, " steps");
    });
  }
}

void Optimizer::reset() noexcept {
  state_.clear();
  steps_ = 0;
}

}  // namespace xtape::inline XTAPE_ABI

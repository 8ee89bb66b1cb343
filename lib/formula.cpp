// SPDX-License-Identifier: MIT
#include <xtape/formula.hpp>

#include "kernels/elementwise.hpp"
#include "kernels/strided.hpp"
#include "text.hpp"
#include <xtape/memory.hpp>

#include <algorithm>
#include <bit>

namespace xtape::inline XTAPE_ABI {

// Of errors: formulas are written, mostly, where no user called anything.
static constexpr Op op = Op::nowhere("formula");

namespace detail {

using kernels::Function;
using kernels::Program;
using kernels::Step;

// The steps of a formula while it is written, each by the places of what it reads.
class Trace {
 public:
  explicit Trace(std::size_t inputs) : inputs_{inputs}, nodes_(inputs) {}

  Term input(std::size_t i) { return {this, i}; }

  static Term apply(Function function, std::initializer_list<Term> terms) {
    const auto known =
        std::ranges::find_if(terms, [](const Term& t) { return t.trace_ != nullptr; });
    if (known == terms.end())
      throw ValueError(op, "expected a term of an input, got numbers alone",
                       "compute with numbers before the formula?");
    Trace& trace = *known->trace_;
    Node node{.function = function, .count = terms.size()};
    std::ranges::transform(terms, node.from, [&](const Term& t) { return trace.place(t); });
    return trace.append(node);
  }

  // What a program makes of some terms.
  static Term inlined(const Program& program, std::initializer_list<Term> terms) {
    PooledVector<Term> slots(terms);
    for (Scalar number : program.numbers) slots.emplace_back(number);
    slots.resize(slots.size() + program.registers + 1, Term{0});
    Term result{0};
    for (const Step& step : program.steps) {
      const Term *const f = slots.data(), a = f[step.from[0]], b = f[step.from[1]],
                        c = f[step.from[2]], d = f[step.from[3]];
      const std::size_t count = kernels::sources_of(step.function);
      result = count == 1   ? apply(step.function, {a})
               : count == 2 ? apply(step.function, {a, b})
               : count == 3 ? apply(step.function, {a, b, c})
                            : apply(step.function, {a, b, c, d});
      slots[step.to] = result;
    }
    return result;
  }

  Program program(Term result);

 private:
  // An input, a number, or a function of other nodes.
  struct Node {
    Function function = {};
    std::size_t count = 0;  // of what it reads; 0 for inputs and numbers
    std::size_t from[kernels::most_sources] = {};
    bool is_number = false;
    double number = 0;
    std::size_t last_use = 0;  // the last node that reads it; 0 if the result does not depend on it
    std::uint8_t slot = 0;

    bool computes_as(const Node& other) const {
      const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
      return function == other.function && count == other.count &&
             std::ranges::equal(from, other.from) && is_number == other.is_number &&
             bits(number) == bits(other.number);
    }
  };

  // What is there already is not computed twice.
  Term append(const Node& node) {
    const auto same = [&](const Node& other) { return node.computes_as(other); };
    const auto found = std::find_if(nodes_.begin() + std::ptrdiff_t(inputs_), nodes_.end(), same);
    const auto place = static_cast<std::size_t>(found - nodes_.begin());
    if (found == nodes_.end()) nodes_.push_back(node);
    return {this, place};
  }
  std::size_t place(const Term& t) {
    if (t.trace_ == this) return t.place_;
    if (t.trace_ != nullptr) throw ValueError(op, "expected terms of one formula");
    return append({.is_number = true, .number = t.number_}).place_;
  }

  void join_pairs(std::size_t result);
  void find_last_uses(std::size_t result);
  void place_leaves(Program& program);
  void place_steps(Program& program, std::size_t result);

  std::size_t inputs_;
  PooledVector<Node> nodes_;
};

inline Program Trace::program(Term result) {
  std::size_t last = place(result);
  if (nodes_[last].count == 0)
    last = append({.function = Function::copy, .count = 1, .from = {last}}).place_;
  Program program{inputs_, {}, {}, 0, 0};
  join_pairs(last);
  find_last_uses(last);
  place_leaves(program);
  place_steps(program, last);
  return program;
}

// Makes one step of two where nothing else reads what the first gives. Of a sum it may be either term.
inline void Trace::join_pairs(std::size_t result) {
  PooledVector<std::size_t> uses(nodes_.size());
  for (const Node& node : nodes_)
    for (std::size_t k = 0; k < node.count; ++k) ++uses[node.from[k]];
  for (std::size_t i = inputs_; i <= result; ++i)
    for (const kernels::Pair& pair : kernels::pairs) {
      Node& second = nodes_[i];
      if (second.function != pair.second || second.count == 0) continue;
      if (second.function == Function::add && nodes_[second.from[0]].function != pair.first)
        std::swap(second.from[0], second.from[1]);
      const Node& first = nodes_[second.from[0]];
      if (first.function != pair.first || first.count == 0 || uses[second.from[0]] > 1) continue;
      Node both{.function = pair.both, .count = first.count + second.count - 1};
      std::copy_n(first.from, first.count, both.from);
      std::copy_n(second.from + 1, second.count - 1, both.from + first.count);
      second = both;
    }
}

// From the result back: who is read, and by whom last.
inline void Trace::find_last_uses(std::size_t result) {
  nodes_[result].last_use = result;
  for (std::size_t i = result + 1; i-- > inputs_;)
    if (nodes_[i].last_use > 0)
      for (std::size_t k = 0; k < nodes_[i].count; ++k) {
        Node& read = nodes_[nodes_[i].from[k]];
        read.last_use = std::max(read.last_use, i);
      }
}

// Inputs and numbers, each in a slot of its own.
inline void Trace::place_leaves(Program& program) {
  for (std::size_t i = 0; i < inputs_; ++i) {
    nodes_[i].slot = static_cast<std::uint8_t>(i);
    if (nodes_[i].last_use > 0) program.reads |= 1u << i;
  }
  for (Node& node : nodes_)
    if (node.is_number && node.last_use > 0) {
      node.slot = static_cast<std::uint8_t>(inputs_ + program.numbers.size());
      program.numbers.push_back(static_cast<Scalar>(node.number));
    }
  if (program.numbers.size() > kernels::most_numbers)
    throw ValueError(op, text("expected at most ", kernels::most_numbers, " numbers, got ",
                              program.numbers.size()));
}

// A step for each function that the result depends on, with a register until its last use.
inline void Trace::place_steps(Program& program, std::size_t result) {
  const std::size_t first = inputs_ + program.numbers.size();
  bool taken[kernels::most_registers] = {};
  for (std::size_t i = inputs_; i <= result; ++i) {
    Node& node = nodes_[i];
    if (node.count == 0 || node.last_use == 0) continue;
    Step step{node.function, 0, {}};
    for (std::size_t k = 0; k < node.count; ++k) {
      const Node& read = nodes_[node.from[k]];
      step.from[k] = read.slot;
      if (read.count > 0 && read.last_use == i) taken[read.slot - first] = false;
    }
    const auto free = static_cast<std::size_t>(std::ranges::find(taken, false) - taken);
    if (free == kernels::most_registers)
      throw ValueError(
          op, text("expected at most ", kernels::most_registers, " intermediate results at once"),
          "make two formulas of it?");
    taken[free] = true;
    step.to = node.slot = static_cast<std::uint8_t>(first + free);
    if (i < result) program.registers = std::max(program.registers, free + 1);
    program.steps.push_back(step);
  }
}

}  // namespace detail

using detail::Trace;
using kernels::Function;

// A friend has not the visibility of its declaration.
#pragma GCC visibility push(default)
Term operator+(Term a, Term b) { return Trace::apply(Function::add, {a, b}); }
Term operator-(Term a, Term b) { return Trace::apply(Function::subtract, {a, b}); }
Term operator*(Term a, Term b) { return Trace::apply(Function::multiply, {a, b}); }
Term operator/(Term a, Term b) { return Trace::apply(Function::divide, {a, b}); }
Term operator-(Term x) { return Trace::apply(Function::negate, {x}); }
Term operator<(Term a, Term b) { return Trace::apply(Function::less, {a, b}); }
Term operator<=(Term a, Term b) { return Trace::apply(Function::less_equal, {a, b}); }
Term operator>(Term a, Term b) { return Trace::apply(Function::less, {b, a}); }
Term operator>=(Term a, Term b) { return Trace::apply(Function::less_equal, {b, a}); }
Term operator==(Term a, Term b) { return Trace::apply(Function::equal, {a, b}); }
Term where(Term condition, Term a, Term b) {
  return Trace::apply(Function::where, {condition, a, b});
}
Term maximum(Term a, Term b) { return Trace::apply(Function::maximum, {a, b}); }
Term minimum(Term a, Term b) { return Trace::apply(Function::minimum, {a, b}); }
Term pow(Term a, Term b) { return Trace::apply(Function::pow, {a, b}); }
Term abs(Term x) { return Trace::apply(Function::abs, {x}); }
Term sign(Term x) { return Trace::apply(Function::sign, {x}); }
Term square(Term x) { return x * x; }
Term sqrt(Term x) { return Trace::apply(Function::sqrt, {x}); }
Term exp(Term x) { return Trace::apply(Function::exp, {x}); }
Term expm1(Term x) { return Trace::apply(Function::expm1, {x}); }
Term log(Term x) { return Trace::apply(Function::log, {x}); }
Term log1p(Term x) { return Trace::apply(Function::log1p, {x}); }
Term tanh(Term x) { return Trace::apply(Function::tanh, {x}); }
Term sigmoid(Term x) { return Trace::apply(Function::sigmoid, {x}); }
Term softplus(Term x) { return Trace::apply(Function::softplus, {x}); }
Term erf(Term x) { return Trace::apply(Function::erf, {x}); }
Term normal_cdf(Term x) { return Trace::apply(Function::normal_cdf, {x}); }
Term sin(Term x) { return Trace::apply(Function::sin, {x}); }
Term cos(Term x) { return Trace::apply(Function::cos, {x}); }
Term floor(Term x) { return Trace::apply(Function::floor, {x}); }
Term round(Term x) { return Trace::apply(Function::round, {x}); }
Term gelu_slope(Term g, Term x) { return Trace::apply(Function::gelu_slope, {g, x}); }
Term quotient_slope(Term g, Term a, Term b) {
  return Trace::apply(Function::quotient_slope, {g, a, b});
}
Term power_slope(Term g, Term a, Term b) { return Trace::apply(Function::power_slope, {g, a, b}); }
Term exponent_slope(Term g, Term a, Term b) {
  return Trace::apply(Function::exponent_slope, {g, a, b});
}
#pragma GCC visibility pop

Formula::Tracing::Tracing(std::size_t inputs) : trace{std::make_unique<Trace>(inputs)} {}
Formula::Tracing::~Tracing() = default;
Term Formula::Tracing::input(std::size_t i) const { return trace->input(i); }

Formula::Formula(Tracing& tracing, Term result)
    : program_{std::make_shared<const kernels::Program>(tracing.trace->program(result))} {}

std::size_t Formula::inputs() const noexcept { return program_->inputs; }
bool Formula::reads(std::size_t input) const noexcept {
  return (program_->reads >> input & 1) != 0;
}

void Formula::check(std::size_t given) const {
  if (given != inputs())
    throw ValueError(
        op, text("expected ", inputs(), " inputs, arrays and numbers together, got ", given));
}

Array Formula::compute(std::initializer_list<const Array*> arrays) const {
  check(arrays.size());
  return kernels::elementwise(op, *program_, {arrays.begin(), arrays.size()}, {});
}

void Formula::compute_into(Array& out, std::initializer_list<const Array*> arrays) const {
  check(arrays.size());
  for (const Array* a : arrays)
    if (!kernels::broadcasts_to(a->shape(), out.shape()))
      throw ShapeError(op, text("the shape ", a->shape(), " does not broadcast to ", out.shape()));
  kernels::elementwise(*program_, {arrays.begin(), arrays.size()}, {}, out);
}

double Formula::summed(std::initializer_list<const Array*> arrays) const {
  check(arrays.size());
  const std::span inputs{arrays.begin(), arrays.size()};
  return kernels::sum(*program_, inputs, {}, kernels::broadcast_shape(op, inputs));
}

Term Formula::inlined(std::initializer_list<Term> terms) const {
  check(terms.size());
  return Trace::inlined(*program_, terms);
}

}  // namespace xtape::inline XTAPE_ABI

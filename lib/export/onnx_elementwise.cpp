// SPDX-License-Identifier: MIT
// What is computed element by element: each step of a formula is an operator of ONNX.
#include "export/onnx_call.hpp"
#include "kernels/elementwise.hpp"

#include <xtape/formula.hpp>

#include <algorithm>
#include <numbers>

namespace xtape::inline XTAPE_ABI::onnx {
namespace {

using kernels::Function;
using kernels::Program;

// Formulas for which ONNX has one operator. Their numbers are its other inputs, or an attribute.
struct Whole {
  const char* type;
  Formula formula;
  const char* attribute = nullptr;
};
std::span<const Whole> wholes() {
  static const Whole all[] = {
      {"Relu", [](Term x) { return maximum(x, 0); }},
      {"LeakyRelu", [](Term x, Term slope) { return where(x > 0, x, slope * x); }, "alpha"},
      {"Elu", [](Term x, Term alpha) { return where(x > 0, x, alpha * expm1(x)); }, "alpha"},
      {"Softsign", [](Term x) { return x / (1 + abs(x)); }},
      {"Clip", [](Term x, Term min, Term max) { return minimum(maximum(x, min), max); }},
  };
  return all;
}

// What ONNX has no operator for, in terms of what it has one for.
const Formula& in_other_terms(Function function) {
  static const Formula expm1{[](Term x) { return exp(x) - 1; }},
      log1p{[](Term x) { return log(1 + x); }},
      normal_cdf{[](Term x) { return 0.5 + 0.5 * erf(x * (std::numbers::sqrt2 / 2)); }},
      gelu_slope{[](Term g, Term x) {
        constexpr double highest = std::numbers::inv_sqrtpi * std::numbers::sqrt2 / 2;
        return g * (normal_cdf(x) + x * (highest * exp(-0.5 * x * x)));
      }},
      quotient_slope{[](Term g, Term a, Term b) { return -(g / b) * (a / b); }},
      power_slope{[](Term g, Term a, Term b) { return where(b == 0, 0, g * b * pow(a, b - 1)); }},
      exponent_slope{
          [](Term g, Term a, Term b) { return where(a == 0, 0, g * pow(a, b) * log(a)); }};
  switch (function) {
    case Function::expm1: return expm1;
    case Function::normal_cdf: return normal_cdf;
    case Function::gelu_slope: return gelu_slope;
    case Function::quotient_slope: return quotient_slope;
    case Function::power_slope: return power_slope;
    case Function::exponent_slope: return exponent_slope;
    default: return log1p;
  }
}

// The operator of a function, or null.
const char* operator_of(Function function) {
  switch (function) {
    case Function::negate: return "Neg";
    case Function::abs: return "Abs";
    case Function::sign: return "Sign";
    case Function::sqrt: return "Sqrt";
    case Function::exp: return "Exp";
    case Function::log: return "Log";
    case Function::tanh: return "Tanh";
    case Function::sigmoid: return "Sigmoid";
    case Function::softplus: return "Softplus";
    case Function::erf: return "Erf";
    case Function::sin: return "Sin";
    case Function::cos: return "Cos";
    case Function::floor: return "Floor";
    case Function::round: return "Round";
    case Function::add: return "Add";
    case Function::subtract: return "Sub";
    case Function::multiply: return "Mul";
    case Function::divide: return "Div";
    case Function::less: return "Less";
    case Function::less_equal: return "LessOrEqual";
    case Function::equal: return "Equal";
    case Function::maximum: return "Max";
    case Function::minimum: return "Min";
    case Function::pow: return "Pow";
    case Function::where: return "Where";
    default: return nullptr;
  }
}

// Comparisons give truths, and a choice is made by one; formulas have numbers for both.
bool gives_truth(Function function) {
  return function == Function::less || function == Function::less_equal ||
         function == Function::equal;
}

// What a formula's steps are in a graph.
class Steps {
 public:
  // What the graph has of a slot: a number, a truth, or both once each was asked for.
  struct Slot {
    std::string number, truth = {};
  };

  explicit Steps(Builder& builder) : builder_{builder} {}

  std::string number(Slot& slot) { return either(slot.number, slot.truth, 1); }

  // The result of a program whose inputs are in the slots.
  Slot result(const Program& program, std::vector<Slot> slots) {
    for (const Scalar number : program.numbers) slots.push_back({builder_.constant(number)});
    slots.resize(slots.size() + program.registers + 1);
    for (const kernels::Step& step : program.steps) {
      std::vector<Slot*> from;
      for (std::size_t i = 0; i < kernels::sources_of(step.function); ++i)
        from.push_back(&slots[step.from[i]]);
      slots[step.to] = apply(step.function, from);
    }
    return slots[program.steps.back().to];
  }

 private:
  // One of the two, made of the other where it is not there.
  std::string either(std::string& wanted, const std::string& other, std::int64_t type) {
    if (wanted.empty()) wanted = builder_.add("Cast", {other}, {{"to", type}});
    return wanted;
  }
  std::string truth(Slot& slot) { return either(slot.truth, slot.number, 9); }

  Slot apply(Function function, const std::vector<Slot*>& from) {
    if (function == Function::copy) return *from[0];
    const auto pair = std::ranges::find(kernels::pairs, function, &kernels::Pair::both);
    if (pair != std::end(kernels::pairs)) {
      const std::size_t count = kernels::sources_of(pair->first);
      Slot first = apply(pair->first, {from.begin(), from.begin() + count});
      std::vector<Slot*> rest{from.begin() + count, from.end()};
      rest.insert(rest.begin(), &first);
      return apply(pair->second, rest);
    }
    const char* const type = operator_of(function);
    if (type == nullptr) {
      std::vector<Slot> inputs;
      for (const Slot* slot : from) inputs.push_back(*slot);
      return result(in_other_terms(function).program(), std::move(inputs));
    }
    std::vector<std::string> inputs;
    for (Slot* slot : from) {
      const bool chooses = function == Function::where && inputs.empty();
      inputs.push_back(chooses ? truth(*slot) : number(*slot));
    }
    std::string y = builder_.add(type, std::move(inputs));
    return gives_truth(function) ? Slot{{}, std::move(y)} : Slot{std::move(y)};
  }

  Builder& builder_;
};

// Throws ValueError where the graph's operators, which are of what is read, would give another shape.
void check_all_read(const Call& call) {
  std::vector<const Array*> read;
  for (std::size_t i = 0; i < call.inputs.size(); ++i)
    if (call.formula->reads(i)) read.push_back(&call.inputs[i]->value());
  if (read.empty() || kernels::broadcast_shape(call.op, read) != call.result()->shape())
    fail(call, "the formula of the op ", call.op.name,
         " does not read an input that gives the result its shape");
}

// Flattened images stay as they are beside numbers and others of as many channels.
bool are_flattened(Builder& b, const Call& call) {
  const auto flat = std::ranges::find(call.inputs, Order::flattened,
                                      [&](const Variable* x) { return b.order_of(*x); });
  return flat != call.inputs.end() && std::ranges::all_of(call.inputs, [&](const Variable* x) {
           return (b.is_constant(*x) && x->size() == 1) ||
                  (b.order_of(*x) == Order::flattened && x->shape() == (*flat)->shape() &&
                   b.channels_of(*x) == b.channels_of(**flat));
         });
}

}  // namespace

std::string write(Builder& b, const Formula& formula, std::vector<std::string> inputs,
                  std::span<const Scalar> numbers) {
  const auto whole = std::ranges::find_if(
      wholes(), [&](const Whole& w) { return w.formula.program() == formula.program(); });
  std::vector<Attribute> attributes;
  if (whole != wholes().end() && whole->attribute != nullptr)
    attributes.push_back({whole->attribute, static_cast<float>(numbers[0])});
  else
    for (const Scalar number : numbers) inputs.push_back(b.constant(number));
  if (whole != wholes().end()) return b.add(whole->type, std::move(inputs), std::move(attributes));
  Steps steps{b};
  Steps::Slot y = steps.result(formula.program(), {inputs.begin(), inputs.end()});
  return steps.number(y);
}

void elementwise(Builder& b, const Call& call) {
  check_batch_axes(b, call);
  check_constants(b, call);
  check_all_read(call);
  const Order order = are_flattened(b, call) ? Order::flattened : common_order(b, call);
  std::size_t channels = 1;
  for (const Variable* x : call.inputs) channels = std::max(channels, b.channels_of(*x));
  b.define(call.result(), order, write(b, *call.formula, names(b, call, order), call.numbers),
           channels);
}

}  // namespace xtape::inline XTAPE_ABI::onnx

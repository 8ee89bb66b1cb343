// SPDX-License-Identifier: MIT
#include <xtape/formula.hpp>
#include <xtape/tape.hpp>

#include "digest.hpp"
#include "kernels/strided.hpp"
#include "text.hpp"

#include <algorithm>
#include <deque>
#include <mutex>

namespace xtape::inline XTAPE_ABI {
namespace {

void add_to(Array& sum, const Array& x) {
  static const Formula add{[](Term a, Term b) { return a + b; }};
  add.into(sum, sum, x);
}

// Replaces the gradient of an op with one result by what its `through` makes of it.
void step_through(detail::Node& node, std::span<detail::GradientPtr> gradients) {
  gradients[0] = std::exchange(node.through, {})(gradients, true, gradients[0], node.shape);
  if (const Shape& shape = gradients[0]->array.shape(); !kernels::same(shape, node.shape))
    throw ShapeError(
        node.op, text("the gradient of a result of shape ", node.shape, " has the shape ", shape),
        "check the function given to through()");
}

void store_gradient(Parameter& parameter, detail::GradientPtr gradient, bool accumulate) {
  Array& stored = parameter.grad();
  if (accumulate && stored.shape() == parameter.shape()) {
    if (gradient) add_to(stored, gradient->array);
  } else {
    stored = gradient ? std::move(gradient->array) : zeros(parameter.shape());
  }
}

// The slots that no tape has. None is ever freed: a Variable may outlive its tape by any time.
struct FreeSlots {
  std::mutex mutex;
  std::deque<detail::Lifetime::Slot> all;
  detail::Lifetime::Slot* first = nullptr;
};
FreeSlots& free_slots() {
  static FreeSlots& slots = *new FreeSlots;
  return slots;
}

}  // namespace

namespace detail {

Lifetime::Lifetime(Tape& tape) {
  FreeSlots& slots = free_slots();
  const std::scoped_lock lock{slots.mutex};
  if (slots.first == nullptr) slots.first = &slots.all.emplace_back();
  slot_ = std::exchange(slots.first, slots.first->next);
  slot_->tape = &tape;
  generation_ = slot_->generation.load(std::memory_order_relaxed);
}

Lifetime::~Lifetime() {
  slot_->generation.store(generation_ + 1, std::memory_order_relaxed);
  FreeSlots& slots = free_slots();
  const std::scoped_lock lock{slots.mutex};
  slot_->next = std::exchange(slots.first, slot_);
}

}  // namespace detail

const Array& Variable::grad(Location at) const {
  const Op op{"grad", at};
  const Tape& tape = this->tape(op);
  if (!needs_grad())
    throw TapeError(op, "a constant has no gradient",
                    tape.mode() == Mode::eval ? "the tape is in Mode::eval and records nothing"
                                              : "make it with tape.variable()?");
  const detail::Node& node = tape.nodes_[node_];
  if (node.kind == detail::NodeKind::parameter)
    throw TapeError(op, "the gradient of a parameter is in Parameter::grad");
  if (node.kind != detail::NodeKind::variable)
    throw TapeError(op, text("the gradient of the result of [", node.op.name, "] is not kept"),
                    "only what tape.variable() made keeps its gradient");
  if (tape.gradients_.empty() || !tape.gradients_[node_])
    throw TapeError(op, "there is no gradient before backward", "call tape.backward(loss) first");
  return tape.gradients_[node_]->array;
}

Tape::Tape(Mode mode, Key key)
    : lifetime_{*this},
      mode_{mode == Mode::eval ? mode : Mode::train},
      derives_{mode == Mode::derive},
      context_{.key = key} {
  Observer::each([this](Observer& o) { o.begin(*this); });
}

Variable Tape::make_variable(Value value, Location at) {
  const std::uint32_t node =
      mode_ == Mode::eval ? Variable::constant
                          : add_node({"variable", at}, detail::NodeKind::variable, value->shape());
  return {lifetime_, node, std::move(value)};
}

Variable Tape::parameter(Parameter& parameter, Location at) {
  if (mode_ == Mode::eval || !parameter.trainable)
    return {lifetime_, Variable::constant, parameter.shared_value()};
  if (const std::size_t place = parameters_.place_of(parameter); place < parameters_.size())
    return {lifetime_, parameters_.node(place), parameter.shared_value()};
  const std::uint32_t node =
      add_node({"parameter", at}, detail::NodeKind::parameter, parameter.shape());
  parameters_.add(parameter, node);
  if (derives_) digests_.push_back(digest_of(parameter.shared_value()));
  return {lifetime_, node, parameter.shared_value()};
}

Tape::Recorded Tape::node(std::uint32_t index, Location at) const {
  check_open({"node", at});
  const detail::Node& node = nodes_[index];
  Recorded recorded{node.op, node.shape, nullptr, {}};
  for (const detail::Edge& edge : nodes_.edges(nodes_.op_of(index)))
    recorded.inputs.push_back(edge.input);
  if (node.kind == detail::NodeKind::parameter) recorded.parameter = &parameters_.of(index);
  return recorded;
}

Tape::RandomStream Tape::random_stream(const Op& op) {
  if (!context_.key)
    throw TapeError(op, "the tape has no random generator", "make it with Tape{mode, rng}");
  return {*context_.key, context_.random_ops++};
}

void Tape::check_open(const Op& op) const {
  if (consumed_)
    throw TapeError(op, "the tape was consumed by backward", "make a new Tape for each pass");
}

std::uint32_t Tape::add_node(Op op, detail::NodeKind kind, const Shape& shape) {
  check_open(op);
  if (place_ != nullptr) op.at = *place_;
  return nodes_.add(op, kind, context_.scope, shape);
}

void Tape::run_backward(const Op& op, const Variable& loss, bool accumulate,
                        std::initializer_list<Visitor*> visitors) {
  if (&loss.tape(op) != this)
    throw TapeError(op, "the loss is on another tape", "call backward on loss.tape()");
  if (mode_ == Mode::eval)
    throw TapeError(op, "the tape is in Mode::eval and recorded nothing", "use Tape{Mode::train}");
  check_open(op);
  if (loss.size() != 1)
    throw ShapeError(op, text("expected a loss of a single element, got ", loss.shape()),
                     "take mean() or sum() first?");
  if (!loss.needs_grad())
    throw TapeError(op, "the loss depends on no trainable parameter and no tape.variable()",
                    "is every parameter frozen, or the loss detached?");

  consumed_ = true;
  kept_.clear();
  Observer::each([](Observer& o) { o.start(); });
  std::size_t place = parameters_.size();
  go_back(loss, detail::make_gradient([&] { return full(loss.shape(), 1); }),
          [&](std::uint32_t index) {
            detail::GradientPtr& gradient = gradients_[index];
            if (nodes_[index].kind == detail::NodeKind::variable && !gradient)
              gradient = detail::make_gradient([&] { return zeros(nodes_[index].shape); });
            if (nodes_[index].kind != detail::NodeKind::parameter) return;
            // What was made before a parameter's node does not use it: its gradient is complete.
            Parameter& parameter = *parameters_.all()[--place];
            store_gradient(parameter, std::move(gradient), accumulate);
            for (Visitor* visitor : visitors) visitor->ready(parameter);
          });
  walk(parameters_.all(), visitors);
}

// With the gradient of a variable; `met` is called with each node, the last one first, once its gradient is complete.
template <class Met>
void Tape::go_back(const Variable& from, detail::GradientPtr gradient, Met met) {
  gradients_.resize(nodes_.size());
  gradients_[from.node_] = std::move(gradient);
  for (auto index = static_cast<std::uint32_t>(nodes_.size()); index-- > 0;) {
    pull_back(index);
    met(index);
  }
  nodes_.clear_edges();
}

void Tape::go_back(const Variable& from, detail::GradientPtr gradient) {
  go_back(from, std::move(gradient), [](std::uint32_t) {});
}

void Tape::pull_back(std::uint32_t index) {
  detail::Node& node = nodes_[index];
  if (node.kind != detail::NodeKind::op) return;
  const std::uint32_t behind = nodes_.behind(index);
  const auto gradients = std::span{gradients_}.subspan(index, behind - index);
  if (std::ranges::none_of(gradients, [](const auto& g) { return g != nullptr; })) return;
  for (std::uint32_t result = index; result < behind; ++result)
    if (gradients_[result])
      Observer::each([&](Observer& o) {
        o.backward({node.op, *this, result, gradients_[result]->array});
      });
  if (node.through) step_through(node, gradients);
  const std::size_t end = nodes_.end_of_edges(index);
  for (std::size_t e = node.first_edge; e < end; ++e) {
    // The closure dies here, and with it what only this gradient had saved.
    detail::Pullback pull = std::move(nodes_.edge(e).pull);
    const std::uint32_t input = nodes_.edge(e).input;
    const detail::Node& to = nodes_[input];
    detail::GradientPtr& sum = gradients_[input];
    add_gradient(node, input, pull(gradients, e + 1 == end, sum, to.shape));
    Observer::each([&](Observer& o) {
      o.input_gradient({node.op, *this, index, node.shape, to.shape, sum->array});
    });
  }
  for (detail::GradientPtr& gradient : gradients) gradient.reset();
}

// Adds what a function has returned, if it has not done so itself.
void Tape::add_gradient(const detail::Node& from, std::uint32_t input,
                        detail::GradientPtr gradient) {
  const detail::Node& node = nodes_[input];
  detail::GradientPtr& sum = gradients_[input];
  const Shape& shape = (gradient ? gradient : sum)->array.shape();
  if (!kernels::same(shape, node.shape)) {
    if (!gradient || shape != from.shape || !kernels::broadcasts_to(node.shape, from.shape))
      throw ShapeError(
          from.op, text("the gradient of an input of shape ", node.shape, " has the shape ", shape),
          "check the function given to wrt()");
    gradient->array = kernels::sum_to(gradient->array, node.shape);
  }
  if (!gradient) return;
  if (sum)
    add_to(sum->array, gradient->array);
  else
    sum = std::move(gradient);
}

}  // namespace xtape::inline XTAPE_ABI

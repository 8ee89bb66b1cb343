// SPDX-License-Identifier: MIT
/// \file
/// The tape: what records a forward pass and runs it backward.
#pragma once

#include <xtape/detail/lifetime.hpp>
#include <xtape/detail/pullback.hpp>
#include <xtape/observer.hpp>
#include <xtape/random.hpp>
#include <xtape/visitor.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// What a pass is for. Dropout, for one, is the identity in evaluation.
enum class Mode {
  train,  ///< ops are recorded, so that gradients can be had
  eval,   ///< nothing is recorded, and a value lives only as long as its Variable
};

/// A value on a tape: a small handle, cheap to copy. Once its tape is gone it has its value still, but no op
/// takes it: a function that makes a tape returns `value()`, as `predict` does.
class Variable {
 public:
  /// An array is on no tape: `tape.input(array)` makes a constant of it.
  Variable(const Array& array) = delete;                    // use tape.input(array)
  const Array& value() const& noexcept { return *value_; }  ///< what was computed
  Array value() && { return *value_; }  ///< a copy, as the variable dies: `net(x).value()`
  const Value& shared_value() const noexcept { return value_; }      ///< the value, without a copy
  const Shape& shape() const& noexcept { return value_->shape(); }   ///< of the value
  Shape shape() && { return value_->shape(); }                       ///< of the value
  std::size_t rank() const noexcept { return value_->dimension(); }  ///< number of axes
  std::size_t size() const noexcept { return value_->size(); }       ///< number of elements
  /// The only element. Throws ShapeError if there is not exactly one.
  Scalar item(Location at = Location::current()) const;
  /// d loss / d this, after `Tape::backward`. Only what `Tape::variable` made keeps its gradient;
  /// parameters have it in `Parameter::grad`. Throws TapeError for others and before the pass.
  const Array& grad(Location at = Location::current()) const;
  /// The same value as a constant: no gradient flows through it.
  Variable detach() const { return {slot_, generation_, constant, value_}; }
  /// Whether the tape computes a gradient for it: it depends on a parameter or variable.
  bool needs_grad() const noexcept { return node_ != constant; }
  /// The tape it belongs to. Throws TapeError if that is gone.
  Tape& tape(Location at = Location::current()) const { return tape(Op{"tape", at}); }
  /// The same for an op, which the error names.
  Tape& tape(const Op& op) const {
    if (slot_->generation.load(std::memory_order_relaxed) != generation_) fail_without_tape(op);
    return *slot_->tape;
  }

 private:
  friend class Tape;
  template <class... Inputs>
  friend Variable record(const Op&, Value, Inputs...);
  static constexpr std::uint32_t constant = ~std::uint32_t{0};
  Variable(detail::Lifetime::Slot* slot, std::uint32_t generation, std::uint32_t node, Value value)
      : slot_{slot}, generation_{generation}, node_{node}, value_{std::move(value)} {}
  Variable(const Tape& tape, std::uint32_t node, Value value);

  [[noreturn]] static void fail_without_tape(const Op& op);

  detail::Lifetime::Slot* slot_;
  std::uint32_t generation_;  // of the slot, while the tape is alive
  std::uint32_t node_;
  Value value_;
};

/// A Variable together with the place where it was passed; converts from the Variable alone.
struct Located {
  /// `x`, at the place where this is written.
  Located(const Variable& x, Location place = Location::current()) : variable{x}, at{place} {}
  const Variable& variable;  ///< what was passed
  Location at;               ///< where
};

/// How a gradient flows back to one input of an op: `pull` maps the gradient of the op's result to
/// the gradient of `input`, as `Array(const Array&)`, or changes it in place, as `void(Array&)`. See `wrt`.
template <class Pull>
struct Wrt {
  const Variable& input;  ///< an input of the op
  Pull pull;              ///< its vector-Jacobian product
};

/// As Wrt, for any number of inputs: `pull(i, gradient)` is the gradient of `inputs[i]`.
template <class Pull>
struct WrtEach {
  std::span<const Variable> inputs;  ///< the inputs of the op
  Pull pull;                         ///< `Array(std::size_t i, const Array&)`
};

/// A step that all inputs of an op share: maps the gradient of the result before the inputs' own
/// `pull`s see it. An op with a fused activation goes back through the activation once.
template <class Pull>
struct Through {
  Pull pull;  ///< `Array(const Array&)` or `void(Array&)`
};

/// The options of an op, for those who watch it: one who exports a model, say, must know the stride of a
/// convolution. See `given`.
template <class Options>
struct Given {
  const Options& options;  ///< what the op was called with
};

/// Says how the gradient flows back to `input`. The result has the shape of the input, or that of the
/// op's result if the op broadcast the input to it; the tape sums it back. It is called at most once, and not
/// at all if the input needs no gradient.
template <detail::Pulls Pull>
Wrt<std::decay_t<Pull>> wrt(const Variable& input, Pull&& pull) {
  return {input, std::forward<Pull>(pull)};
}
/// The same for each of several inputs. They share one function: what it captured lives until the last.
template <detail::PullsEach Pull>
WrtEach<std::decay_t<Pull>> wrt(std::span<const Variable> inputs, Pull&& pull) {
  return {inputs, std::forward<Pull>(pull)};
}
/// Says what happens to the gradient before it is divided among the inputs.
template <detail::Pulls Pull>
Through<std::decay_t<Pull>> through(Pull&& pull) {
  return {std::forward<Pull>(pull)};
}

/// Shows an observer what options the op was called with. Nobody keeps them, and without an observer they
/// are not looked at.
template <class Options>
Given<Options> given(const Options& options) {
  return {options};
}

/// \cond
// What other functions get, such as one that returns an expression of xtensor, which would refer to what is
// gone. The tape does not look at what is returned, so this is all that the compiler says.
template <class Pull>
Given<Pull> refuse(const Pull& pull) {
  static_assert(sizeof(Pull) == 0,
                "write [](const Array& g) -> Array, or [](Array& g) to change it "
                "in place; of several inputs [](size_t i, const Array& g) -> Array");
  return {pull};
}
template <class Pull>
auto wrt(const Variable&, Pull&& pull) {
  return refuse(pull);
}
template <class Pull>
auto wrt(std::span<const Variable>, Pull&& pull) {
  return refuse(pull);
}
template <class Pull>
auto through(Pull&& pull) {
  return refuse(pull);
}
/// \endcond

/// Records one pass and runs it backward. A local object: one tape for one pass. The nodes are in the
/// order of their creation, which is a topological order, so the backward pass is one loop.
class Tape {
 public:
  /// A tape for ops that draw no random numbers.
  explicit Tape(Mode mode = Mode::train) : lifetime_{*this}, mode_{mode} { begin(); }
  /// A tape for any op. It draws one number from `rng`, the key of this pass.
  Tape(Mode mode, Rng& rng) : lifetime_{*this}, mode_{mode}, has_key_{true}, key_{rng()} {
    begin();
  }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Data: a constant of this pass.
  Variable input(Array value) { return input(Value{std::move(value)}); }
  /// The same without a copy.
  template <std::same_as<Value> V>
  Variable input(V value) {
    return {*this, Variable::constant, std::move(value)};
  }
  /// The same for what has a Value to share, as a column of a batch: `tape.input(batch.inputs[0])`.
  template <class Shared>
  requires requires(const Shared& shared) {
    { shared.value() } -> std::same_as<const Value&>;
  }
  Variable input(const Shared& shared) { return input(shared.value()); }
  /// A variable whose gradient is kept, to be read by `Variable::grad` after the pass.
  /// Throws TapeError if the tape was consumed.
  Variable variable(Array value, Location at = Location::current()) {
    return make_variable(std::move(value), at);
  }
  /// The same without a copy.
  template <std::same_as<Value> V>
  Variable variable(V value, Location at = Location::current()) {
    return make_variable(std::move(value), at);
  }
  /// A parameter. The same one always gives the same node, so shared weights add their gradients. It
  /// must outlive the tape, and its value must stay as it is until the backward pass: the gradients
  /// read it. Throws TapeError if the tape was consumed.
  Variable parameter(Parameter& parameter, Location at = Location::current());

  /// Computes the gradient of `loss`, a single element, and then runs each visitor over the
  /// parameters of this tape: `tape.backward(loss, ClipNorm{1}, adam)`. Gradients overwrite those of
  /// the last pass; a parameter on which the loss does not depend gets zeros. The tape is consumed.
  /// Throws ShapeError if the loss is not a single element, TapeError if the tape was consumed, is in
  /// evaluation mode, or the loss depends on nothing that has a gradient.
  template <class... Visitors>
  requires(std::derived_from<std::remove_reference_t<Visitors>, Visitor>&&...) void backward(
      const Located& loss, Visitors&&... visitors) {
    run_backward({"backward", loss.at}, loss.variable, false,
                 {static_cast<Visitor*>(&visitors)...});
  }
  /// As `backward`, but adds to the parameters' gradients, for a batch in parts:
  /// ```
  /// visit(net, ZeroGrad{});
  /// for (...) tape.accumulate(loss / parts);  // a tape for each part
  /// visit(net, adam);
  /// ```
  template <class... Visitors>
  requires(std::derived_from<std::remove_reference_t<Visitors>, Visitor>&&...) void accumulate(
      const Located& loss, Visitors&&... visitors) {
    run_backward({"accumulate", loss.at}, loss.variable, true,
                 {static_cast<Visitor*>(&visitors)...});
  }

  Mode mode() const noexcept { return mode_; }  ///< what the pass is for
  /// The trainable parameters used so far, in the order of their first use.
  std::span<Parameter* const> parameters() const noexcept { return parameters_; }
  /// The number of nodes recorded.
  std::size_t size() const noexcept { return nodes_.size(); }

  /// The path of the layer that is being applied, such as `2.0`; empty outside a LayerScope.
  std::string layer() const { return path_of(scope_); }
  /// The path of the layer in which a node was recorded, or is about to be.
  std::string layer(std::size_t node) const {
    return node < nodes_.size() ? path_of(nodes_[node].scope) : layer();
  }

  /// What is recorded of a node.
  struct Recorded {
    const Op& op;                       ///< its op; `parameter` or `variable` for what others made
    const Shape& shape;                 ///< of its value
    const Parameter* parameter;         ///< which one it is, or null
    std::vector<std::uint32_t> inputs;  ///< the nodes it was computed from, without the constants
  };
  /// A node, by its number below size(). Throws TapeError if the tape was consumed.
  Recorded node(std::uint32_t index, Location at = Location::current()) const;

  /// The key and the number of a random op on this tape, which together name a stream of random bits.
  struct RandomStream {
    std::uint64_t key;  ///< one per pass
    std::uint64_t op;   ///< counts the random ops of the pass
  };
  /// A stream for an op that draws random numbers. Throws TapeError if the tape was made without a
  /// generator.
  RandomStream random_stream(const Op& op);

 private:
  template <class... Inputs>
  friend Variable record(const Op&, Value, Inputs...);
  friend class Variable;
  friend class LayerScope;

  static constexpr std::uint32_t outside = ~std::uint32_t{0};
  struct Scope {
    std::uint32_t parent;  // a scope, or `outside`
    std::uint32_t number;  // of the layer in its parent
  };
  struct Edge {
    std::uint32_t input;
    detail::Pullback pull;
  };
  enum class Kind : std::uint8_t { op, variable, parameter };
  struct Node {
    Op op;
    Kind kind;
    std::uint32_t first_edge;  // its edges end where those of the next node begin
    std::uint32_t scope;
    Shape shape;
    detail::Pullback through = {};  // empty: none
    detail::GradientPtr grad = {};  // apart from its node: of most nodes it lives but for a moment
  };

  [[noreturn]] static void fail_without_input(const Op& op);
  void check_open(const Op& op) const;
  Variable make_variable(Value value, Location at);
  std::uint32_t add_node(const Op& op, Kind kind, const Shape& shape);
  std::size_t place_of(const Parameter& parameter) const;
  void add_place(std::size_t place);

  // What `record` does with each of its inputs: first ask whether any needs a gradient, ...
  template <class Pull>
  static void join(const Op& op, Tape*& tape, bool& needed, const Wrt<Pull>& wrt) {
    join(op, tape, needed, wrt.input);
  }
  template <class Pull>
  static void join(const Op& op, Tape*& tape, bool& needed, const WrtEach<Pull>& wrt) {
    for (const Variable& input : wrt.inputs) join(op, tape, needed, input);
  }
  template <class Pull>
  static void join(const Op&, Tape*&, bool&, const Through<Pull>&) {}
  template <class Options>
  static void join(const Op&, Tape*&, bool&, const Given<Options>&) {}
  static void join(const Op& op, Tape*& tape, bool& needed, const Variable& input);

  // ... then keep the gradients of those that do.
  template <class Pull>
  void add_edges(Wrt<Pull>& wrt) {
    if (wrt.input.needs_grad())
      edges_.push_back({wrt.input.node_, detail::Pullback{std::move(wrt.pull)}});
  }
  template <class Pull>
  void add_edges(WrtEach<Pull>& wrt) {
    const auto shared = std::allocate_shared<Pull>(CachingAllocator<Pull>{}, std::move(wrt.pull));
    for (std::size_t i = 0; i < wrt.inputs.size(); ++i)
      if (wrt.inputs[i].needs_grad())
        edges_.push_back({wrt.inputs[i].node_, detail::Pullback{[i, shared](const Array& gradient) {
                            return (*shared)(i, gradient);
                          }}});
  }
  template <class Pull>
  void add_edges(Through<Pull>& through) {
    nodes_.back().through = detail::Pullback{std::move(through.pull)};
  }
  template <class Options>
  void add_edges(Given<Options>&) {}

  // What observers are told of a call, other than its result.
  struct Call {
    PooledVector<const Variable*> inputs = {};
    OptionsView options = {};
  };
  template <class Pull>
  static void list(Call& call, const Wrt<Pull>& wrt) {
    call.inputs.push_back(&wrt.input);
  }
  template <class Pull>
  static void list(Call& call, const WrtEach<Pull>& wrt) {
    for (const Variable& input : wrt.inputs) call.inputs.push_back(&input);
  }
  template <class Pull>
  static void list(Call&, const Through<Pull>&) {}
  template <class Options>
  static void list(Call& call, const Given<Options>& given) {
    call.options = OptionsView{given.options};
  }
  void tell(const Op& op, const Value& result, const Call& call) const;
  void begin() const {
    if (Observer::any()) tell_begin();
  }
  void tell_begin() const;

  std::string path_of(std::uint32_t scope) const;
  std::size_t end_of_edges(std::uint32_t node) const noexcept {
    return node + 1 < nodes_.size() ? nodes_[node + 1].first_edge : edges_.size();
  }
  void run_backward(const Op& op, const Variable& loss, bool accumulate,
                    std::initializer_list<Visitor*> visitors);
  void pull_back(std::uint32_t index);
  void add_gradient(const Node& from, std::uint32_t input, detail::GradientPtr gradient);
  void store_gradients(bool accumulate);

  detail::Lifetime lifetime_;  // the first member: it ends last
  Mode mode_;
  bool has_key_ = false;
  bool consumed_ = false;
  std::uint64_t key_ = 0;
  std::uint64_t random_ops_ = 0;
  PooledVector<Node> nodes_;
  PooledVector<Edge> edges_;
  PooledVector<Parameter*> parameters_;
  PooledVector<std::uint32_t> parameter_nodes_;
  PooledVector<std::uint32_t>
      places_;  // a hash table of places in parameters_, once these are many
  PooledVector<Scope> scopes_;
  std::uint32_t scope_ = outside;
};

inline Variable::Variable(const Tape& tape, std::uint32_t node, Value value)
    : Variable{tape.lifetime_.slot(), tape.lifetime_.generation(), node, std::move(value)} {}

/// The one primitive: puts an op on the tape of its inputs and returns its result.
/// ```
/// Variable mul(const Variable& a, const Variable& b) {
///   return record("mul", a.value() * b.value(),
///                 wrt(a, [b](const Array& g) -> Array { return g * b.value(); }),
///                 wrt(b, [a](const Array& g) -> Array { return g * a.value(); }));
/// }
/// ```
/// The tape does the rest: inputs that need no gradient are dropped with all that only they had saved,
/// gradients of broadcast inputs are summed back to their shapes, and repeated inputs add up.
/// \param op     the op's name, and the place of its caller
/// \param value  the result
/// \param inputs one `wrt` per input, after an optional `through`; `given` options anywhere
/// If no input needs a gradient, nothing is recorded and the result is a constant.
/// Throws TapeError if the inputs are of different tapes, there are none, or one of them needs a gradient
/// and the tape was consumed.
template <class... Inputs>
Variable record(const Op& op, Value value, Inputs... inputs) {
  static_assert(sizeof...(Inputs) > 0, "an op has at least one input: wrt(x, ...)");
  Tape* tape = nullptr;
  bool needed = false;
  (Tape::join(op, tape, needed, inputs), ...);
  if (tape == nullptr) Tape::fail_without_input(op);
  if (Observer::any()) {
    Tape::Call call;
    (Tape::list(call, inputs), ...);
    tape->tell(op, value, call);
  }
  if (!needed) return {*tape, Variable::constant, std::move(value)};
  const std::uint32_t node = tape->add_node(op, Tape::Kind::op, value->shape());
  (tape->add_edges(inputs), ...);
  return {*tape, node, std::move(value)};
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

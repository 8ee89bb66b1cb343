// SPDX-License-Identifier: MIT
/// \file
/// The tape: what keeps the ops of a forward pass and runs it backward.
#pragma once

#include <xtape/observer.hpp>
#include <xtape/random.hpp>
#include <xtape/tape/mode.hpp>
#include <xtape/tape/nodes.hpp>
#include <xtape/tape/used_parameters.hpp>
#include <xtape/variable.hpp>
#include <xtape/visitor.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

namespace detail {
class [[gnu::visibility("hidden")]] Derivatives;
}  // namespace detail

/// Records one pass and runs it backward. A local object: one tape for one pass. The nodes are in the
/// order of their creation, which is a topological order, so the backward pass is one loop.
class Tape {
 public:
  /// A tape for ops that draw no random numbers.
  explicit Tape(Mode mode = Mode::train) : Tape{mode, Key{}} {}
  /// A tape for any op. It draws one number from `rng`, the key of this pass.
  Tape(Mode mode, Rng& rng) : Tape{mode, Key{rng()}} {}
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Has this pass make one with those that its peers make of their parts of the batch: a BatchNorm takes mean and
  /// variance over all. They must outlive the tape.
  void synchronise(Peers& peers) noexcept { context_.peers = &peers; }
  /// Those that it was made one with; null: nobody.
  Peers* peers() const noexcept { return context_.peers; }

  /// Data: a constant of this pass.
  Variable input(Array value) { return input(Value{std::move(value)}); }
  /// The same without a copy.
  template <std::same_as<Value> V>
  Variable input(V value) {
    return {lifetime_, Variable::constant, std::move(value)};
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
  /// the last pass; a parameter on which the loss does not depend gets zeros. Visitors behind one that is not
  /// complete wait for another pass. The tape is consumed.
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

  /// The gradients of y by each of some variables of this tape, which must be in Mode::derive: d y / d x, or for a y of
  /// several elements the sum over these of `cotangent`, of the shape of y, times d y / d x. They are variables of
  /// the tape, computed by ops that it records, so that they can have gradients, to any order; the tape is not consumed:
  /// ```
  /// const Variable slope = tape.gradient(sum(critic(x)), x);
  /// tape.backward(loss + 10 * mean(square(norm(slope, {.axes = {-1}}) - 1)), adam);
  /// ```
  /// Each x may be whatever has a gradient: of `variable`, `parameter` or an op. By one on which y does not depend the
  /// gradient is 0, as are the derivatives of a constant. Throws TapeError if the tape was consumed or is in another
  /// mode, if y or an x is on another tape, an x is a constant, a parameter has changed since, or an op in between has no
  /// gradient in ops (see `wrt` and `defined`); ShapeError if y has several elements and there is no cotangent, or one of
  /// another shape.
  PooledVector<Variable> gradient(const Located& y, std::span<const Variable> xs,
                                  const std::optional<Variable>& cotangent = {});
  /// The same: `tape.gradient(y, {a, b})`.
  PooledVector<Variable> gradient(const Located& y, std::initializer_list<Variable> xs,
                                  const std::optional<Variable>& cotangent = {}) {
    return gradient(y, std::span<const Variable>{xs.begin(), xs.size()}, cotangent);
  }
  /// Those of several y, with a cotangent for each: the sums over all y of cotangent times d y / d x.
  PooledVector<Variable> gradient(std::span<const Variable> ys, std::span<const Variable> xs,
                                  std::span<const Variable> cotangents,
                                  Location at = Location::current());
  /// The gradient by one.
  Variable gradient(const Located& y, const Variable& x,
                    const std::optional<Variable>& cotangent = {}) {
    return gradient(y, std::span<const Variable>{&x, 1}, cotangent).front();
  }

  /// What the pass is for: Mode::train also if it was made with Mode::derive, as layers do the same.
  Mode mode() const noexcept { return mode_; }
  bool derives() const noexcept { return derives_; }  ///< whether it was made with Mode::derive
  /// The trainable parameters used so far, in the order of their first use.
  std::span<Parameter* const> parameters() const noexcept { return parameters_.all(); }
  /// The number of nodes recorded.
  std::size_t size() const noexcept { return nodes_.size(); }

  /// The path of the layer that is being applied, such as `2.0`; empty outside a LayerScope.
  std::string layer() const { return context_.path_of(context_.scope); }
  /// The path of the layer in which a node was recorded, or is about to be.
  std::string layer(std::size_t node) const {
    return node < nodes_.size() ? context_.path_of(nodes_[node].scope) : layer();
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
  friend class Variable;
  friend class LayerScope;
  friend class detail::Recorder;
  friend class detail::Derivation;
  friend class detail::Derivatives;
  friend class detail::Recomputation;

  using Key = std::optional<std::uint64_t>;
  Tape(Mode mode, Key key);
  void check_open(const Op& op) const;
  Variable make_variable(Value value, Location at);
  std::uint32_t add_node(Op op, detail::NodeKind kind, const Shape& shape);
  void run_backward(const Op& op, const Variable& loss, bool accumulate,
                    std::initializer_list<Visitor*> visitors);
  template <class Met>
  void go_back(const Variable& from, detail::GradientPtr gradient, Met met);
  void go_back(const Variable& from, detail::GradientPtr gradient);
  void pull_back(std::uint32_t index);
  void add_gradient(const detail::Node& from, std::uint32_t input, detail::GradientPtr gradient);

  detail::Lifetime lifetime_;  // the first member: it ends last
  Mode mode_;
  bool derives_;
  bool consumed_ = false;
  detail::Context context_;
  detail::Nodes nodes_;
  detail::UsedParameters parameters_;
  PooledVector<std::uint64_t> digests_;                  // of their values, if it derives
  PooledVector<detail::GradientPtr> gradients_;          // of each node, in the backward pass
  PooledVector<std::unique_ptr<detail::Defined>> kept_;  // of each op, in Mode::derive
  const Location* place_ = nullptr;  // of an op whose gradient is being made of ops
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

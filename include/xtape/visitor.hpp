// SPDX-License-Identifier: MIT
/// \file
/// The walker over parameters. Optimizers and clipping are visitors, and so is whatever else goes over the
/// parameters of a pass or a model.
#pragma once

#include <xtape/parameter.hpp>
#include <xtape/state.hpp>

#include <initializer_list>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Something that goes over parameters, all of a pass unless it is in an Only. One pass is `begin` once, `visit`
/// for each, `end` once:
/// ```
/// struct SignDescent : Visitor {
///   void visit(Parameter& p) override { p.value() -= 0.01f * xt::sign(p.grad()); }
/// };
/// tape.backward(loss, SignDescent{});
/// ```
/// A pass that has none of the parameters that it goes over is no pass of it: an optimizer counts no step.
class Visitor {
 public:
  virtual ~Visitor() = default;
  /// What it is called in a profile.
  virtual const char* name() const noexcept { return "visitor"; }
  /// How many bytes a visit reads and writes per element of a parameter, for a profile; 0 if unknown.
  virtual std::size_t bytes_per_element() const noexcept { return 0; }
  /// Which parameters of a pass it goes over: all. What this returns is valid until it is called again. A visitor
  /// that passes calls on to another asks that one.
  virtual std::span<Parameter* const> select(std::span<Parameter* const> parameters) {
    return parameters;
  }
  /// Called while a backward pass goes on, as soon as the gradient of a parameter of it is complete: those that were used
  /// last come first. What takes its time can begin then. Of several passes of a step each tells its own part.
  virtual void ready([[maybe_unused]] Parameter& parameter) {}
  /// Called with all parameters that it goes over before the first is visited.
  virtual void begin([[maybe_unused]] std::span<Parameter* const> parameters) {}
  /// Called for each parameter, whose gradient is complete.
  virtual void visit(Parameter& parameter) = 0;
  /// Called after the last parameter.
  virtual void end() {}
  /// Whether a step of training is done with this pass, so that the visitors behind it go over the parameters, too: not
  /// where it adds up the gradients of several passes.
  virtual bool complete() const noexcept { return true; }
  /// Lists what a Checkpoint keeps of it. One that has nothing to go on with lists nothing.
  virtual void state([[maybe_unused]] StateList& list) {}
};

/// Runs one pass of a visitor over those of the given parameters that it selects, seen by this thread's
/// observers; none if it selects none.
void walk(std::span<Parameter* const> parameters, Visitor& visitor);
/// Runs one pass of each visitor in turn. Those behind one that is not complete wait for another.
void walk(std::span<Parameter* const> parameters, std::initializer_list<Visitor*> visitors);

/// Runs each visitor in turn over the trainable parameters of a model, each once, however many names it
/// has. Those behind one that is not complete wait for another pass.
template <class Model, class... Visitors>
void visit(Model& model, Visitors&&... visitors) {
  std::vector<Parameter*> trainable = unique_parameters(model);
  std::erase_if(trainable, [](const Parameter* parameter) { return !parameter->trainable; });
  walk(trainable, {static_cast<Visitor*>(&visitors)...});
}

namespace detail {
// Some parameters, known by their ids.
class Selection {
 public:
  Selection(std::span<const NamedParameter> parameters, Location at);
  bool contains(const Parameter& parameter) const { return ids_.contains(parameter.id()); }
  // Those of a pass, valid until the next call.
  std::span<Parameter* const> of(std::span<Parameter* const> pass);
  // Those of a model. Throws ValueError unless it has all.
  std::vector<NamedParameter> of(std::span<const NamedParameter> model) const;

 private:
  std::unordered_set<std::uint64_t> ids_;
  PooledVector<Parameter*> chosen_;
};
}  // namespace detail

/// A visitor that is made for some parameters, and never touches others, whatever else a pass has. See `only`.
template <class V>
class Only : public Visitor {
 public:
  /// Passes on to `visitor` what is about the given parameters. Throws ValueError if there are none.
  Only(std::span<const NamedParameter> parameters, V&& visitor, Location at = Location::current())
      : selection_{parameters, at}, visitor_{std::forward<V>(visitor)} {}

  auto& operator*() noexcept { return visitor_; }  ///< the visitor, as to change its learning rate
  auto* operator->() noexcept { return &visitor_; }  ///< the visitor

  /// The visitor's.
  const char* name() const noexcept override { return visitor_.name(); }
  /// The visitor's.
  std::size_t bytes_per_element() const noexcept override { return visitor_.bytes_per_element(); }
  std::span<Parameter* const> select(std::span<Parameter* const> parameters) override {
    return visitor_.select(selection_.of(parameters));
  }
  void ready(Parameter& parameter) override {
    if (selection_.contains(parameter)) visitor_.ready(parameter);
  }
  void begin(std::span<Parameter* const> parameters) override {
    visitor_.begin(selection_.of(parameters));
  }
  void visit(Parameter& parameter) override {
    if (selection_.contains(parameter)) visitor_.visit(parameter);
  }
  void end() override { visitor_.end(); }
  bool complete() const noexcept override { return visitor_.complete(); }
  /// Lists what the visitor does, for its parameters alone. Throws ValueError if the model of the checkpoint lacks
  /// one of them, whose state would be lost.
  void state(StateList& list) override { list.add_for(selection_.of(list.parameters()), visitor_); }

 private:
  detail::Selection selection_;
  V visitor_;  // or a reference to it
};

/// Makes a visitor for the parameters of one model, or for some of them, as an optimizer for one of two models on
/// the same tape:
/// ```
/// auto clip = only(generator, ClipNorm{1});  // once: this lists the model
/// auto step = only(generator, adam);
/// tape.backward(loss, clip, step);
/// ```
/// Parameters with options of their own are those of an optimizer of their own:
/// ```
/// AdamW decayed{{.weight_decay = 0.01}}, plain{{.weight_decay = 0}};
/// const auto biases = parameters(net, Named{"*bias"});
/// const auto others = parameters(net, std::not_fn(Named{"*bias"}));
/// fit(net, train, test, {}, rng, only(others, decayed), only(biases, plain));
/// ```
/// Parameters are known by their identity: the model may move. One that is added to it later is not meant. A
/// visitor is kept by reference if it has a name, and then must outlive the result, or else in the result:
/// `auto adam = only(generator, Adam{});`. Throws ValueError for no parameters at all.
template <class V>
requires std::derived_from<std::remove_reference_t<V>, Visitor> Only<V> only(
    const std::vector<NamedParameter>& parameters, V&& visitor, Location at = Location::current()) {
  return {parameters, std::forward<V>(visitor), at};
}
/// The same for all parameters that a model lists.
template <class Model, class V>
requires std::derived_from<std::remove_reference_t<V>, Visitor> &&
    requires(Model& model, ParameterList& list) {
  model.parameters(list);
}
Only<V> only(Model& model, V&& visitor, Location at = Location::current()) {
  return {parameters(model), std::forward<V>(visitor), at};
}

/// Sets the gradients to zero, before `Tape::accumulate` adds to them. `Tape::backward` needs no such
/// thing.
struct ZeroGrad : Visitor {
  const char* name() const noexcept override { return "zero_grad"; }
  void visit(Parameter& parameter) override;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

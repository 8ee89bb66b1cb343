// SPDX-License-Identifier: MIT
/// \file
/// What watches a training from outside: a profiler, a check of numbers, a summary of a model.
#pragma once

#include <xtape/array.hpp>
#include <xtape/error.hpp>

#include <cstdint>
#include <span>
#include <typeinfo>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

class Formula;
class Parameter;
class Tape;
class Variable;
class Visitor;

/// The options that an op was called with, of whatever type: a view, which lives no longer than the call.
class OptionsView {
 public:
  /// No options.
  OptionsView() = default;
  /// These.
  template <class Options>
  explicit OptionsView(const Options& options) : type_{&typeid(Options)}, options_{&options} {}
  /// The options, if they are of this type, else null.
  template <class Options>
  const Options* as() const noexcept {
    return type_ != nullptr && *type_ == typeid(Options) ? static_cast<const Options*>(options_)
                                                         : nullptr;
  }

 private:
  const std::type_info* type_ = nullptr;
  const void* options_ = nullptr;
};

/// Sees what the tapes, visitors and batches of its thread do, from when it is made until it dies. Without
/// one, each op asks once whether there is any. Several see each call in turn, the newest first. One's own
/// overrides what it wants to see. It must die on the thread that made it.
class Observer {
 public:
  /// What an op has computed.
  struct Forward {
    const Op& op;  ///< its name and its caller
    const Tape&
        tape;  ///< where it is about to be recorded, its results as nodes from `tape.size()` on
    std::span<const Value> results;           ///< what it computed
    std::span<const Variable* const> inputs;  ///< what from
    OptionsView options = {};                 ///< what the op said in `given`
    /// What it computed element by element: a formula of the inputs, which broadcast, and then of `numbers`. Null
    /// for other ops.
    const Formula* formula = nullptr;
    std::span<const Scalar> numbers = {};  ///< of the formula

    /// The first result, of most ops the only one.
    const Value& result() const noexcept { return results.front(); }
    /// How many elements it has computed: not those that are an input's, as of a reshape.
    std::size_t computed() const noexcept;
  };
  /// The gradient of an op's result, before the op sees it.
  struct Backward {
    const Op& op;           ///< its name and its caller
    const Tape& tape;       ///< where it is recorded
    std::uint32_t node;     ///< as which node
    const Array& gradient;  ///< of the op's result
  };
  /// The gradient of one of an op's inputs, once it is added to what was there.
  struct InputGradient {
    const Op& op;           ///< its name and its caller
    const Tape& tape;       ///< where it is recorded
    std::uint32_t node;     ///< as which node
    const Shape& result;    ///< the shape of its result
    const Shape& input;     ///< the shape of the input
    const Array& gradient;  ///< of the input, with what other ops have added to it so far
  };

  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer();

  /// A tape is made.
  virtual void begin([[maybe_unused]] const Tape& tape) { start(); }
  /// Something else begins: a backward pass, a visitor's pass, or the wait for a batch.
  virtual void start() {}
  /// An op has computed its result.
  virtual void forward([[maybe_unused]] const Forward& call) {}
  /// The gradient of an op's result is complete.
  virtual void backward([[maybe_unused]] const Backward& call) {}
  /// An op has computed the gradient of an input.
  virtual void input_gradient([[maybe_unused]] const InputGradient& call) {}
  /// A visitor has gone over the parameters.
  virtual void update([[maybe_unused]] const Visitor& visitor,
                      [[maybe_unused]] std::span<Parameter* const> parameters) {}
  /// A batch of this many bytes has arrived.
  virtual void batch([[maybe_unused]] std::size_t bytes) {}

  /// Whether this thread has an observer.
  static bool any() noexcept { return newest_ != nullptr; }
  /// Calls `tell` with each observer of this thread.
  template <class F>
  static void each(F tell) {
    for (Observer* observer = newest_; observer != nullptr; observer = observer->older_)
      tell(*observer);
  }

 protected:
  Observer() noexcept : older_{newest_} { newest_ = this; }

 private:
  static thread_local constinit Observer* newest_;
  Observer* older_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

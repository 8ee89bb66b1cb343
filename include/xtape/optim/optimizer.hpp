// SPDX-License-Identifier: MIT
/// \file
/// What all optimizers share: the step count, the learning rate, and state per parameter.
#pragma once

#include <xtape/formula.hpp>
#include <xtape/optim/schedule.hpp>
#include <xtape/visitor.hpp>

#include <cstdint>
#include <span>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Where epsilon keeps the root of an average v of squared gradients away from zero. Where v needs
/// no correction of its bias, `hat` is the same as `outside_sqrt`.
enum class EpsilonForm {
  inside_sqrt,   ///< sqrt(v + epsilon), of the corrected v
  outside_sqrt,  ///< sqrt(v) + epsilon, of the corrected v
  hat,           ///< sqrt(v) + epsilon, of the v not corrected: the epsilon-hat of Adam's paper
};

/// Where an optimizer with momentum multiplies by the learning rate. The two differ once the
/// learning rate changes, as under a schedule.
enum class MomentumForm {
  rate_inside,   ///< velocity = momentum * velocity + learning_rate * step; w -= velocity
  rate_outside,  ///< velocity = momentum * velocity + step; w -= learning_rate * velocity
};

/// What the step t of a formula counts. The two differ once a pass leaves a parameter out, as one that is
/// frozen for a while, or that not every pass uses.
enum class StepCount {
  per_pass,       ///< the passes of the optimizer, as Keras' `iterations`
  per_parameter,  ///< the updates of the parameter at hand, as PyTorch's `state["step"]`
};

/// Which values a number among the options of an optimizer may have.
enum class OptionRange {
  not_negative,  ///< finite, and at least 0
  fraction,      ///< in [0, 1)
};

/// A visitor that lowers the loss by the parameters' gradients. One's own is a single function:
/// ```
/// struct HeavyBall : Optimizer {
///   HeavyBall() : Optimizer{"heavy_ball", 0.01, {"velocity"}} {}
///
///  protected:
///   void update(Parameter& p, std::span<Array> state) override {
///     state[0] = 0.9 * state[0] + p.grad();
///     p.value() -= learning_rate() * state[0];
///   }
/// };
/// ```
/// One pass is one step, however many parameters it visits. State stays with a parameter that is moved, and
/// goes after it, as a PerParameter says; it is made when a parameter is first visited, and no later step
/// allocates. Gradients are only read.
class Optimizer : public Visitor {
 public:
  /// A kind of state: one array for each parameter, of the parameter's shape.
  struct Slot {
    /// `first` is the value of all its elements before the first step.
    Slot(const char* slot, double first = 0) : name{slot}, initial{first} {}
    const char* name;  ///< unique in its optimizer, such as `velocity`
    double initial;    ///< of all elements
  };

  /// Begins the next step, with the rate that the schedule has for it, if there is one. One that
  /// overrides it calls it. Throws ValueError, before the step, if that rate is negative or not finite.
  void begin(std::span<Parameter* const> parameters) override;
  /// Updates the parameter. Throws ShapeError if the gradient or the state is not of its shape.
  void visit(Parameter& parameter) final;

  /// The optimizer's name, which is also the tag of its errors.
  const char* name() const noexcept override { return name_; }
  /// The value and the state are read and written, the gradient is read.
  std::size_t bytes_per_element() const noexcept override {
    return (3 + 2 * slots_.size()) * sizeof(Scalar);
  }
  /// Passes so far, the one at hand included.
  std::uint64_t steps() const noexcept { return steps_; }
  /// What t counts for a parameter, so far: `steps()`, or with StepCount::per_parameter its updates.
  std::uint64_t steps(const Parameter& parameter) const noexcept;
  /// Goes on as after `steps` passes, to resume a training.
  void set_steps(std::uint64_t steps) noexcept { steps_ = steps; }
  /// Goes on as after `steps` updates of a parameter, for StepCount::per_parameter.
  void set_steps(const Parameter& parameter, std::uint64_t steps);
  /// The learning rate of the next step; under a schedule, of the last one.
  double learning_rate() const noexcept { return learning_rate_; }
  /// Changes the learning rate, until a schedule does. Throws ValueError if it is negative or not finite.
  void set_learning_rate(double learning_rate, Location at = Location::current());
  /// Takes the learning rate of each step from now on from `schedule(steps())`; an empty one leaves it as
  /// it is. What is set is not part of the state: a training that is resumed sets it again.
  void set_schedule(Schedule schedule) noexcept { schedule_ = std::move(schedule); }
  /// What was set; empty if nothing was.
  const Schedule& schedule() const noexcept { return schedule_; }

  /// The kinds of state, in the order of `state`.
  std::span<const Slot> slots() const noexcept { return slots_; }
  /// The state of a parameter: an array for each of `slots()` that it has, made if there is none yet. To resume
  /// a training, assign what was saved.
  std::span<Array> state(const Parameter& parameter);
  /// Forgets all state and all steps, so that a schedule begins anew.
  void reset() noexcept;
  /// Lists the steps, the learning rate, and for each parameter of the list its state, as
  /// `0.weight.velocity`, and its steps, `0.weight.steps`, if they are what t counts.
  void state(StateList& list) override;

 protected:
  /// \param op            the name, at the place of the caller
  /// \param learning_rate at first
  /// \param slots         the kinds of state
  /// \param step_count    what `current_step` counts
  /// Throws ValueError if the learning rate is negative or not finite.
  Optimizer(const Op& op, double learning_rate, std::vector<Slot> slots = {},
            StepCount step_count = StepCount::per_pass);

  /// Throws ValueError for the first of the options that is not in its range. They list themselves by a function
  /// `each`, as SGD::Options do.
  template <class Options>
  static void check(const Op& op, const Options& options) {
    options.each([&op]([[maybe_unused]] const char* name, const auto& value, auto... range) {
      (check_range(op, name, value, range), ...);
    });
  }
  /// Throws ValueError for a value that is not in the range.
  static void check_range(const Op& op, const char* option, double value, OptionRange range);

  /// The step t of the formulas, from 1, for the parameter that `update` is called with.
  std::uint64_t current_step() const noexcept { return current_step_; }
  /// A line of a rule: an array takes the values of a formula of some arrays of its shape and, after them, some
  /// numbers.
  struct Line {
    Array& array;                                ///< may be one of those that are read
    const Formula& formula;                      ///< of `arrays`, then of `numbers`
    std::initializer_list<const Array*> arrays;  ///< such as the value, the gradient and state
    std::initializer_list<double> numbers = {};  ///< such as the learning rate
  };
  /// Computes lines in their order, at the speed of the built-in rules: each for a piece of the arrays at a time, on
  /// all threads of the pool, so that memory is read and written once. Numbers below the smallest normal one count
  /// as zero. Throws ValueError where a formula is of other inputs, and ShapeError where an array has another shape
  /// than the first that is assigned to.
  static void compute(std::initializer_list<Line> lines);
  /// What weight_decay makes of a gradient: g + weight_decay * w.
  static Term decayed(Term g, double weight_decay, Term w) {
    return weight_decay > 0 ? g + weight_decay * w : g;
  }
  /// The Euclidean norm of all elements, whose squares are added in double or wider, in an order that does not depend
  /// on the number of threads.
  static double norm(const Array& x);
  /// How many of `slots()` a parameter has, from the first: all. For rules that are not the same for all parameters.
  virtual std::size_t slot_count([[maybe_unused]] const Parameter& parameter) const noexcept {
    return slots_.size();
  }
  /// The rule: changes the value of `parameter` by its gradient, `learning_rate()`, `current_step()` and
  /// `state`, one array for each of its slots.
  virtual void update(Parameter& parameter, std::span<Array> state) = 0;

 private:
  const char* name_;
  double learning_rate_;
  Schedule schedule_;
  std::uint64_t steps_ = 0, current_step_ = 0;
  StepCount step_count_;
  std::vector<Slot> slots_;
  struct State {
    std::vector<Array> arrays;
    std::uint64_t steps = 0;
  };
  State& state_of(const Parameter& parameter);
  PerParameter<State> state_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

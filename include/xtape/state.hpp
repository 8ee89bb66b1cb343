// SPDX-License-Identifier: MIT
/// \file
/// What must outlive a process for a training to go on as if it had never stopped.
#pragma once

#include <xtape/array.hpp>

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

struct NamedParameter;

/// Collects the state of a training by name, for a Checkpoint to write or to read. Whatever has state
/// lists it in a public member function, once for both directions:
/// `void state(StateList& list) { list("steps", steps_); list("best", best_); }`
class StateList {
 public:
  /// A number, some numbers, or an array: what the item of that name is written from and read into.
  using Place = std::variant<double*, std::uint64_t*, std::vector<double>*, Array*, Value*>;
  /// How many steps a training can have made: as many as a `double` counts, by which schedules and corrections
  /// of a bias go.
  static constexpr std::uint64_t most_steps = std::uint64_t{1} << 53;
  /// One entry of the list.
  struct Item {
    std::string name;  ///< its path, unique in the list
    Place place;       ///< owned by whoever listed it
  };

  /// A list for a model with these parameters, under whose names optimizers list what they keep for each.
  explicit StateList(std::span<const NamedParameter> parameters) : parameters_{parameters} {}

  /// Adds a number. Throws ValueError if its path is taken, as all of these do.
  void operator()(std::string_view name, double& number) { add(name, &number); }
  /// Adds a count.
  void operator()(std::string_view name, std::uint64_t& number) { add(name, &number); }
  /// Adds a number that is finite and at least `least`: a file with another is refused.
  void operator()(std::string_view name, double& number, double least);
  /// Adds a count that is at most `most`: a file with a larger one is refused.
  void operator()(std::string_view name, std::uint64_t& number, std::uint64_t most);
  /// Adds numbers; reading makes them as many as were written.
  void operator()(std::string_view name, std::vector<double>& numbers) { add(name, &numbers); }
  /// Adds an array, whose shape stays.
  void operator()(std::string_view name, Array& array) { add(name, &array); }
  /// Adds an array that others may share, whose shape stays: reading makes another.
  void operator()(std::string_view name, Value& value) { add(name, &value); }
  /// Adds the state of something under `name` and a dot.
  template <class Part>
  requires requires(Part& part, StateList& list) { part.state(list); }
  void operator()(std::string_view name, Part& part) {
    const std::size_t outer = prefix_.size();
    (prefix_ += name) += '.';
    part.state(*this);
    prefix_.resize(outer);
  }

  /// Adds the state of something that is for some of the parameters alone, and sees only them in `parameters`.
  template <class Part>
  void add_for(std::span<const NamedParameter> some, Part& part) {
    const std::span<const NamedParameter> all = std::exchange(parameters_, some);
    part.state(*this);
    parameters_ = all;
  }

  /// Adds a condition on what is read: `wrong` is asked when all of a file is in its place, and returns
  /// nothing, or what cannot be. Then the file is refused, and all is as it was before.
  /// ```
  /// list("correct", correct_), list("samples", samples_);
  /// list.check([this] { return correct_ > samples_ ? "more are correct than there are samples" : ""; });
  /// ```
  void check(std::function<std::string()> wrong) { checks_.push_back({prefix_, std::move(wrong)}); }

  /// The parameters that the state is for, by name: those of the model, or some of them.
  std::span<const NamedParameter> parameters() const noexcept { return parameters_; }
  /// What was added, in order.
  const std::vector<Item>& items() const noexcept { return items_; }
  /// What the first condition says that does not hold, below the path of its part; or nothing.
  std::string wrong() const;

 private:
  struct Check {
    std::string prefix;
    std::function<std::string()> wrong;
  };
  void add(std::string_view name, Place place);

  std::span<const NamedParameter> parameters_;
  std::string prefix_;
  std::vector<Item> items_;
  std::vector<Check> checks_;
  std::set<std::string> taken_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

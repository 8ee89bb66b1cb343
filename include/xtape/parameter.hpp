// SPDX-License-Identifier: MIT
/// \file
/// What a model learns, what else it keeps, and the names under which it lists both.
#pragma once

#include <xtape/array.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

class ParameterList;
class Variable;

/// An array that training changes, with the gradient of the last backward pass. A layer owns its
/// parameters; they can be moved with it (not while a tape uses them) but not copied.
class Parameter {
 public:
  /// A parameter that starts at `initial`, with a gradient of zeros.
  explicit Parameter(Array initial);
  Parameter(Parameter&&) noexcept = default;             ///< Moves it, with its identity.
  Parameter& operator=(Parameter&&) noexcept = default;  ///< Moves it, with its identity.

  /// What a visitor updates, between passes: gradients read what a pass has used.
  Array& value() noexcept { return *value_.array_; }
  const Array& value() const noexcept { return *value_; }        ///< its current value
  const Value& shared_value() const noexcept { return value_; }  ///< the value, without a copy
  Array& grad() noexcept { return grad_; }              ///< d loss / d value, of the same shape
  const Array& grad() const noexcept { return grad_; }  ///< d loss / d value, of the same shape
  const Shape& shape() const noexcept { return value_->shape(); }  ///< of the value
  std::size_t size() const noexcept { return value_->size(); }     ///< number of elements

  /// A number that no other parameter of this process ever has; 0 once it was moved from.
  std::uint64_t id() const noexcept { return id_ ? *id_ : 0; }
  /// Expires with the parameter, wherever that was moved: see PerParameter.
  std::weak_ptr<const void> lifetime() const noexcept { return id_; }

  /// Whether tapes ask for its gradient and visitors see it. Set it to false to freeze the parameter.
  bool trainable = true;
  /// Whether it is a table, whose rows are looked up by ids or places: no weight that multiplies, and so as it is in
  /// files of every Layout.
  bool table = false;

 private:
  Value value_;
  Array grad_;
  std::shared_ptr<const std::uint64_t> id_;
};

/// What a visitor keeps for each parameter, such as an optimizer its moments. It is found by the parameter's
/// identity, and so stays with one that is moved. It goes after its parameter: what is kept for those that are
/// gone is removed when something is made for a new one, the first after `begin_pass`, and whenever there are
/// twice as many as before. Nothing is done for that in a pass over known parameters.
template <class T>
class PerParameter {
 public:
  /// What is kept for a parameter; null if nothing is.
  T* find(const Parameter& parameter) noexcept {
    const auto entry = entries_.find(parameter.id());
    return entry == entries_.end() ? nullptr : &entry->second.kept;
  }
  /// What is kept for a parameter; null if nothing is.
  const T* find(const Parameter& parameter) const noexcept {
    return const_cast<PerParameter*>(this)->find(parameter);
  }
  /// What is kept for a parameter, at first what `make()` returns. It stays where it is until the parameter is
  /// gone.
  template <class Make>
  T& get(const Parameter& parameter, Make make) {
    if (T* const known = find(parameter)) return *known;
    if (entries_.size() >= most_) remove_those_gone();
    return entries_.emplace(parameter.id(), Entry{parameter.lifetime(), make()}).first->second.kept;
  }
  /// What is kept for a parameter, at first a `T{}`.
  T& operator[](const Parameter& parameter) {
    return get(parameter, [] { return T{}; });
  }
  /// Says that a pass begins: the next that is made is made in the place of those that are gone.
  void begin_pass() noexcept { most_ = 0; }
  /// How many it is kept for.
  std::size_t size() const noexcept { return entries_.size(); }
  /// Removes all.
  void clear() noexcept { entries_.clear(); }

 private:
  struct Entry {
    std::weak_ptr<const void> parameter;
    T kept;
  };

  void remove_those_gone() {
    std::erase_if(entries_, [](const auto& entry) { return entry.second.parameter.expired(); });
    most_ = 2 * entries_.size();
  }

  std::unordered_map<std::uint64_t, Entry> entries_;  // by Parameter::id
  std::size_t most_ = 0;                              // entries before it looks for those gone
};

/// What a layer keeps beside its parameters and does not learn, such as running statistics. No visitor sees it. The
/// layer reads it by `tape.input(mean.value)`, which copies nothing, and gives it another value when it likes, also
/// during a pass: `mean.value = (0.9 * running + 0.1 * now.detach()).shared_value()`. Variables that share the old
/// one keep that, so gradients are right. A layer that does so in training mode only can be evaluated by several
/// threads at once.
struct Buffer {
  Value value;  ///< what it holds
};

/// A parameter with its path in a model, such as `5.weight`.
struct NamedParameter {
  std::string name;      ///< unique in the model
  Parameter* parameter;  ///< owned by the model
};

/// A buffer with its path in a model, such as `5.mean`.
struct NamedBuffer {
  std::string name;  ///< unique in the model
  Buffer* buffer;    ///< owned by the model
};

/// An array of a model with its path: what a parameter or a buffer holds. Files have all of them.
struct NamedArray {
  std::string name;                         ///< unique in the model
  std::variant<Parameter*, Buffer*> owner;  ///< owned by the model
  /// What it holds now.
  const Value& value() const noexcept;
};

namespace detail {

/// What has a member function that lists its parameters.
template <class L>
concept ListsParameters = requires(L& layer, ParameterList& list) {
  layer.parameters(list);
};

/// Whether an object that is known as an L may be of a class derived from it whose parameters L does not list.
template <class L>
inline constexpr bool may_hide_parameters =
    std::is_polymorphic_v<L> && !std::is_final_v<L> && !ListsParameters<L>;

}  // namespace detail

/// Collects the parameters and buffers of a model by name. A layer that has some, or layers inside, has a
/// member function that lists them:
/// `void parameters(ParameterList& list) { list("weight", weight_); list("mean", mean_); }`
class ParameterList {
 public:
  /// Adds a parameter. Throws ValueError if its path is taken.
  void operator()(std::string_view name, Parameter& parameter) { add(name, &parameter); }
  /// Adds a buffer. Throws ValueError if its path is taken.
  void operator()(std::string_view name, Buffer& buffer) { add(name, &buffer); }
  /// Adds the parameters and buffers of a layer, if it has any, under `name` and a dot. A pointer, optional or
  /// reference wrapper stands for what it refers to, if anything, and a container for its elements, under
  /// their numbers. A pointer to a class with virtual functions that does not list its parameters is an
  /// error of the compiler: give it `virtual void parameters(ParameterList&)`. What is inside a function, such
  /// as a `std::function` or a lambda, is not seen. With an empty name, what is in the layer keeps its own.
  template <class L>
  void operator()(std::string_view name, L& layer) {
    if constexpr (requires { layer.parameters(*this); }) {
      under(name, [&] { layer.parameters(*this); });
    } else if constexpr (requires {
                           requires std::same_as<L, std::reference_wrapper<typename L::type>>;
                         }) {
      check_listed<typename L::type>();
      (*this)(name, layer.get());
    } else if constexpr (std::is_invocable_v<L&, const Variable&> ||
                         std::is_invocable_v<L&, const Variable&, Location>) {
      // A function without parameters.
    } else if constexpr (std::ranges::range<L>) {
      under(name, [&] {
        std::size_t i = 0;
        for (auto& element : layer) (*this)(std::to_string(i++), element);
      });
    } else {
      static_assert(
          requires { *layer; }, "expected a Parameter, a Buffer, a layer, or a container of them");
      if constexpr (!requires { layer.value(); })  // an optional holds what it says
        check_listed<std::remove_cvref_t<decltype(*layer)>>();
      if (layer) (*this)(name, *layer);
    }
  }
  /// What was added, in order.
  std::vector<NamedArray> items() && noexcept { return std::move(items_); }

 private:
  template <class L>
  static void check_listed() {
    static_assert(!detail::may_hide_parameters<L>,
                  "the parameters of derived classes would not be listed: "
                  "give the base `virtual void parameters(xtape::ParameterList&)`");
  }
  void add(std::string_view name, std::variant<Parameter*, Buffer*> owner);
  template <class F>
  void under(std::string_view name, F add) {
    const std::size_t outer = prefix_.size();
    if (!name.empty()) (prefix_ += name) += '.';
    add();
    prefix_.resize(outer);
  }

  std::string prefix_;
  std::vector<NamedArray> items_;
  std::unordered_set<std::string> taken_;
};

namespace detail {

std::vector<NamedParameter> parameters_of(std::span<const NamedArray> arrays);
std::vector<NamedBuffer> buffers_of(std::span<const NamedArray> arrays);

// Nothing of a function, which lists nothing.
template <class Model>
std::vector<NamedArray> arrays_of(Model& model) {
  ParameterList list;
  if constexpr (ListsParameters<Model>) model.parameters(list);
  return std::move(list).items();
}

}  // namespace detail

/// The parameters and buffers of a model or layer, by name, in the order in which it lists them.
template <class Model>
requires detail::ListsParameters<Model> std::vector<NamedArray> named_arrays(Model& model) {
  return detail::arrays_of(model);
}
/// The parameters of a model or layer, by name, in the order in which it lists them.
template <class Model>
requires detail::ListsParameters<Model> std::vector<NamedParameter> parameters(Model& model) {
  return detail::parameters_of(named_arrays(model));
}
/// The buffers of a model or layer, by name, in the order in which it lists them.
template <class Model>
requires detail::ListsParameters<Model> std::vector<NamedBuffer> buffers(Model& model) {
  return detail::buffers_of(named_arrays(model));
}

/// Chooses parameters by their names, in which `*` stands for any characters and all else for itself:
/// `parameters(net, Named{"*bias"})`, or all others with `std::not_fn(Named{"*bias"})`.
struct Named {
  std::string pattern;  ///< of the whole name
  /// Whether the name fits.
  bool operator()(const NamedParameter& parameter) const noexcept;
};

namespace detail {
// Removes those not chosen; throws ValueError if nothing is left.
std::vector<NamedParameter> chosen(std::vector<NamedParameter> all,
                                   const std::function<bool(const NamedParameter&)>& choose,
                                   Location at);
}  // namespace detail

/// The parameters of a model that a function of each chooses: by name, see Named, or by whatever else it knows of
/// a parameter. Throws ValueError if it chooses none, as a wrong name would.
template <class Model, std::predicate<const NamedParameter&> Choose>
std::vector<NamedParameter> parameters(Model& model, Choose choose,
                                       Location at = Location::current()) {
  return detail::chosen(parameters(model), std::move(choose), at);
}

/// The parameters of a model, each once: one that is listed under two names, as shared weights are, too.
template <class Model>
std::vector<Parameter*> unique_parameters(Model& model) {
  std::vector<Parameter*> all;
  std::unordered_set<const Parameter*> seen;
  for (const auto& [name, parameter] : parameters(model))
    if (seen.insert(parameter).second) all.push_back(parameter);
  return all;
}

/// Freezes all parameters of a model or layer, until `unfreeze`. Buffers, as the running statistics of a BatchNorm,
/// still move while training.
template <class Model>
void freeze(Model& model) {
  for (const auto& [name, parameter] : parameters(model)) parameter->trainable = false;
}
/// Lets all parameters of a model or layer learn again.
template <class Model>
void unfreeze(Model& model) {
  for (const auto& [name, parameter] : parameters(model)) parameter->trainable = true;
}

namespace detail {
void copy_weights(const std::vector<NamedArray>& from, const std::vector<NamedArray>& to,
                  Location at);
}  // namespace detail

/// Gives the parameters and buffers of a model the values of those that another lists by the same names. What was made
/// twice, `Sequential net = make(rng), copy = make(rng);`, becomes a copy with parameters of its own. Nothing is
/// shared, and nothing of what optimizers keep for the parameters changes.
/// Throws ValueError unless both list the same names, ShapeError where shapes differ; then nothing has changed.
template <class From, class To>
void copy_weights(From& from, To& to, Location at = Location::current()) {
  detail::copy_weights(named_arrays(from), named_arrays(to), at);
}

/// Freezes parameters for as long as it lives: tapes take them as constants, and compute no gradient for them. So one
/// model can learn from another that is on the same tape for a loss of its own, as a generator does from a critic:
/// ```
/// const Variable criticism = critic_loss(critic(real), critic(made.detach()));  // the critic learns from this
/// const Frozen still{unique_parameters(critic)};
/// return {criticism + generator_loss(critic(made)), {made}};                    // and the generator from this
/// ```
/// Those that were frozen before stay so.
class Frozen {
 public:
  /// Freezes them. They must outlive it and stay where they are.
  explicit Frozen(std::span<Parameter* const> parameters);
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;
  ~Frozen();  ///< They learn again.

 private:
  PooledVector<Parameter*> parameters_;  // those that it has frozen
};

/// Keeps the values of a model's buffers, and puts them back when it dies: for what applies a model only to look at
/// it, in training mode. Nothing is copied.
class KeptBuffers {
 public:
  /// As they are now. A function has none.
  template <class Model>
  explicit KeptBuffers(Model& model) : KeptBuffers{detail::buffers_of(detail::arrays_of(model))} {}
  /// The same for some.
  explicit KeptBuffers(const std::vector<NamedBuffer>& buffers);
  KeptBuffers(const KeptBuffers&) = delete;
  KeptBuffers& operator=(const KeptBuffers&) = delete;
  ~KeptBuffers() { restore(); }
  /// Puts them back now.
  void restore() noexcept;

 private:
  std::vector<std::pair<Buffer*, Value>> kept_;
};

/// The number of scalars that a model learns.
template <class Model>
std::size_t parameter_count(Model& model) {
  std::size_t count = 0;
  for (const Parameter* parameter : unique_parameters(model)) count += parameter->size();
  return count;
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

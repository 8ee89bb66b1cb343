// SPDX-License-Identifier: MIT
/// \file
/// Checkpoints: what a training needs to go on in another process, bit by bit as if it had never stopped.
#pragma once

#include <xtape/parameter.hpp>
#include <xtape/state.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The parameters and buffers of a model and the state of whatever else its training needs, in one
/// safetensors file:
/// ```
/// Checkpoint checkpoint{net};
/// checkpoint.add("adam", adam).add("rng", rng).add("epoch", epoch).set("model", "mlp");
/// if (std::filesystem::exists(path)) checkpoint.load(path);
/// while (epoch < 10) {
///   ...
///   ++epoch;
///   checkpoint.save(path);
/// }
/// ```
/// They have their own names in the file, such as `0.weight`, so that `load(path, net)` and any other
/// reader of the format find them; all else has its path under `training.`, such as
/// `training.adam.0.weight.m`, and settings are in the metadata.
///
/// The model and the parts are kept by reference and must stay where they are.
class Checkpoint {
 public:
  /// A checkpoint with the parameters of a model, frozen ones too, and its buffers. Throws ValueError if the
  /// model lists none, or if the name of one begins with `training.`.
  template <class Model>
  requires requires(Model& net, ParameterList& list) { net.parameters(list); }
  explicit Checkpoint(Model& net) : Checkpoint{named_arrays(net)} {}
  /// The same for a list of parameters and buffers.
  explicit Checkpoint(std::vector<NamedArray> arrays);

  /// Adds something that a StateList takes: a number, which is a `double` or `std::uint64_t`, a
  /// `std::vector<double>`, an Array, or whatever has a `state(StateList&)`, such as an Optimizer or Rng.
  /// What it lists is asked for anew whenever a file is written or read. Throws ValueError if the name is
  /// taken.
  template <class Part>
  requires requires(std::string_view name, Part& part, StateList& list) { list(name, part); }
  Checkpoint& add(const std::string& name, Part& part, Location at = Location::current()) {
    add_part(
        name, [name, &part](StateList& list) { list(name, part); }, at);
    return *this;
  }
  /// Adds a setting, such as the name of the model. A file that was written with another value, or other
  /// settings, is refused.
  Checkpoint& set(const std::string& key, const std::string& value);

  /// Writes the file. The same values give the same bytes. It is written without a name, or under another,
  /// flushed to the disk and then renamed, so that a failure or a kill at any moment leaves the old file or
  /// the new one whole. Throws DataError if it cannot be written; the training can go on.
  void save(const std::string& path) const;

  /// Reads a file into everything that was added. It must have been written with the same names, shapes,
  /// settings and Scalar, for another precision could not go on with the same bits: `load(path, net)` takes
  /// the parameters alone from any. Either all changes or, where it throws, nothing. Every length and offset
  /// is checked before it is trusted, and so is what parts say of their state (`StateList::check`). Throws
  /// DataError if the file cannot be read, is damaged, does not fit or has a state that cannot be, and names
  /// what is missing, superfluous or different.
  void load(const std::string& path);

 private:
  void add_part(const std::string& name, std::function<void(StateList&)> list, Location at);
  StateList state() const;
  std::vector<StateList::Item> items(const StateList& state) const;

  std::vector<NamedArray> arrays_;
  std::vector<NamedParameter> parameters_;  // those among them
  std::map<std::string, std::function<void(StateList&)>> parts_;
  std::map<std::string, std::string> settings_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

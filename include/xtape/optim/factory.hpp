// SPDX-License-Identifier: MIT
/// \file
/// Optimizers by name, for programs that let their users choose.
#pragma once

#include <xtape/optim/optimizer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Whose defaults and formulas an optimizer follows.
enum class Preset {
  keras,  ///< Keras 3
  torch,  ///< PyTorch
  paper,  ///< the publication
};
/// `keras`, `torch` or `paper`.
std::string_view to_string(Preset preset);

/// What is to be other than a preset has it.
struct OptimizerChanges {
  std::optional<double> learning_rate = {};  ///< the preset's if empty
  std::optional<double> weight_decay = {};   ///< the preset's if empty
};

/// An optimizer that has a name: one of the library's, with the options that the name stands for.
struct NamedOptimizer {
  std::string_view name;        ///< for command lines and files, such as `nesterov`
  std::string_view title;       ///< as people write it, such as `SGD with Nesterov momentum`
  std::vector<Preset> presets;  ///< those that there are
  /// The names and values of all options in one of the presets.
  std::function<std::vector<std::pair<std::string, std::string>>(Preset preset)> options;
  /// Makes one; see make_optimizer.
  std::function<std::unique_ptr<Optimizer>(Preset preset, const OptimizerChanges& changes,
                                           Location at)>
      make;
};

/// All that make_optimizer knows. \ref optimizers shows them.
std::span<const NamedOptimizer> named_optimizers();

/// Makes an optimizer by its name: `make_optimizer("adam", Preset::keras)`. `momentum` and `nesterov`
/// are SGD with momentum 0.9, `amsgrad` is Adam with amsgrad. Without a learning rate it is the preset's.
/// Throws ValueError for another name, and names those there are, for a preset that it does not have, and for
/// a learning rate that is negative or not finite.
std::unique_ptr<Optimizer> make_optimizer(std::string_view name, Preset preset = Preset::keras,
                                          std::optional<double> learning_rate = {},
                                          Location at = Location::current());
/// The same with more changes: `make_optimizer("nesterov", Preset::torch, {.learning_rate = 0.1, .weight_decay = 5e-4})`.
/// Throws ValueError, too, for one that the optimizer does not have.
std::unique_ptr<Optimizer> make_optimizer(std::string_view name, Preset preset,
                                          const OptimizerChanges& changes,
                                          Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

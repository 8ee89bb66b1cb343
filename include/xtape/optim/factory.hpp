// SPDX-License-Identifier: MIT
/// \file
/// Optimizers by name, for programs that let their users choose.
#pragma once

#include <xtape/optim/optimizer.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Whose defaults and formulas an optimizer follows.
enum class Preset {
  keras,  ///< Keras 3
  torch,  ///< PyTorch
  paper,  ///< the publication
};

/// The names that make_optimizer knows: `sgd`, `momentum`, `nesterov`, `adagrad`, `adadelta`, `rmsprop`,
/// `adam`, `amsgrad`, `adamw`.
std::span<const std::string_view> optimizer_names();

/// Makes an optimizer by its name: `make_optimizer("adam", Preset::keras)`. `momentum` and `nesterov`
/// are SGD with momentum 0.9, `amsgrad` is Adam with amsgrad. Without a learning rate it is the preset's.
/// Throws ValueError for another name, and names those there are, and for a learning rate that is negative
/// or not finite.
std::unique_ptr<Optimizer> make_optimizer(std::string_view name, Preset preset = Preset::keras,
                                          std::optional<double> learning_rate = {},
                                          Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

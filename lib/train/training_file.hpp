// SPDX-License-Identifier: MIT
// The file from which a training can be gone on with.
#pragma once

#include "files/lock.hpp"

#include <xtape/io/checkpoint.hpp>
#include <xtape/train/fit.hpp>
#include <xtape/visitor.hpp>

#include <optional>
#include <span>
#include <string>

namespace xtape::inline XTAPE_ABI {

/// A checkpoint, with the right to write it.
class TrainingFile {
 public:
  /// Of a training of these parameters and buffers. The options must outlive it.
  TrainingFile(const CheckpointOptions& options, std::vector<NamedArray> arrays, Location at)
      : options_{options}, at_{at}, checkpoint_{std::move(arrays)} {
    for (const auto& [name, value] : options.settings) checkpoint_.set(name, value);
  }
  /// What else is kept.
  Checkpoint& parts() noexcept { return checkpoint_; }

  /// Takes the right to write it, until this object ends, and reads it, if it is there: whether it was. Throws
  /// DataError if it cannot be written or read or is another training's, ValueError if it is there and must not be.
  bool open();
  /// Writes it. Returns why it could not be written, or nothing.
  std::string save() const;

 private:
  const CheckpointOptions& options_;
  Location at_;
  Checkpoint checkpoint_;
  std::optional<files::Lock> lock_;
};

/// The name of the first trainable parameter, or of the first array of a visitor's state, that is not finite;
/// nothing if all are.
std::string first_not_finite(std::span<const NamedParameter> parameters,
                             std::span<Visitor* const> visitors);

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
// How a file of weights and a checkpoint are told apart.
#pragma once

#include "io/safetensors.hpp"

namespace xtape::inline XTAPE_ABI {

/// What the names of a checkpoint's arrays begin with, other than its parameters'.
inline constexpr std::string_view training_prefix = "training.";
/// What the metadata of a checkpoint have under `format`.
inline constexpr std::string_view checkpoint_format = "xtape checkpoint 1";

/// What the keys of settings begin with in the metadata, of weights alone, too.
inline constexpr std::string_view setting_prefix = "setting.";

/// The value of a key of the metadata, or nothing.
inline std::string_view metadata_of(const safetensors::Reader& file, std::string_view key) {
  const auto item = file.metadata().find(key);
  return item == file.metadata().end() ? std::string_view{} : item->second;
}
/// Whether a file says that it is a checkpoint, of whatever version.
inline bool is_checkpoint(const safetensors::Reader& file) {
  return metadata_of(file, "format").starts_with("xtape checkpoint ");
}

}  // namespace xtape::inline XTAPE_ABI

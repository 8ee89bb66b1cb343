// SPDX-License-Identifier: MIT
/// \file
/// How files of weights are laid out for other software.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// In which order of axes others have images, kernels and dense weights.
enum class Layout {
  keras,  ///< as xtape itself: (N, H, W, C), (kh, kw, in, out) and (in, out)
  torch,  ///< (N, C, H, W), (out, in, kh, kw) and (out, in)
};

/// The dense weights whose input is an image that was flattened, by name, and how many channels it has.
/// Their rows are in the order of (H, W, C) here and of (C, H, W) in PyTorch. See `flattened_images`.
using FlattenedImages = std::map<std::string, std::size_t>;

/// Options of saving and loading weights.
struct WeightsOptions {
  /// In the file. Arrays of four axes are taken for kernels and those of two for dense weights; all
  /// others are as they are.
  Layout layout = Layout::keras;
  /// For Layout::torch, which must know it of a model that has kernels and dense weights.
  std::optional<FlattenedImages> flattened = {};
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

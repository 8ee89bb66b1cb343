// SPDX-License-Identifier: MIT
/// \file
/// How files of weights are laid out for other software.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// In which order of axes others have images, kernels and dense weights.
enum class Layout {
  keras,  ///< as xtape itself: (N, H, W, C), (kh, kw, in, out), (k, in, out) and (in, out)
  torch,  ///< (N, C, H, W), (out, in, kh, kw), (out, in, k) and (out, in)
};

/// The dense weights whose input is an image that was flattened, by name, and how many channels it has.
/// Their rows are in the order of (H, W, C) here and of (C, H, W) in PyTorch. See `flattened_images`.
using FlattenedImages = std::map<std::string, std::size_t>;

/// What files call what is in a model: paths in the model, each of a parameter or of a layer with all that
/// is in it, and the paths in the file. The longest that fits counts; an empty one is the whole model's.
/// ```
/// {{"0", "conv1"}, {"3.weight", "fc.kernel"}}  // 0.weight is conv1.weight in the file
/// ```
using Renames = std::map<std::string, std::string>;

/// Options of saving and loading weights.
struct WeightsOptions {
  /// In the file. Parameters of three and of four axes are taken for kernels and those of two for dense weights; all
  /// others, tables (`Parameter::table`) and buffers are as they are.
  Layout layout = Layout::keras;
  /// For Layout::torch, which must know it of a model that has kernels and dense weights.
  std::optional<FlattenedImages> flattened = {};
  /// What is called otherwise in the file.
  Renames rename = {};
  /// For loading: to read what the file and the model both have, in the same shape, and to leave the rest. The
  /// LoadReport tells what that is. Saving writes all.
  bool partial = false;
  /// For saving as safetensors: texts that belong to the model, such as its vocabulary, which `load_settings` reads.
  std::map<std::string, std::string> settings = {};
};

/// What became of each array in loading. An array that has another shape in the file than in the model is
/// in both lists of what was left.
struct LoadReport {
  std::vector<std::string> loaded;   ///< the parameters and buffers that were read
  std::vector<std::string> missing;  ///< those that were not, and are as they were
  std::vector<std::string> unused;   ///< the file's arrays that were not read, by their names there
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

// SPDX-License-Identifier: MIT
/// \file
/// The weights of a model in a file, in the format safetensors: a JSON header with the name, shape and
/// place of each array, then their elements, little-endian.
#pragma once

#include <xtape/io/layout.hpp>
#include <xtape/parameter.hpp>

#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Writes arrays by name. The same arrays give the same bytes. The file is written without a name, or under
/// another, flushed to the disk and then renamed, so that a failure or a kill leaves what was there before.
/// Throws DataError if it cannot be written or a setting is no UTF-8, ValueError if there are no arrays, as of a model that does not
/// list those of its layers, or if the options do not fit.
void save_weights(const std::string& path, const std::vector<NamedArray>& arrays,
                  const WeightsOptions& options = {});

/// Reads what save_weights wrote into the parameters and buffers of those names, which must be the same and, in
/// the file's layout, of the same shapes, unless the options ask for a part; `num_batches_tracked`, which PyTorch counts
/// and nothing reads, is left. Elements may be of the types F32,
/// F64, F16 and BF16 and are rounded to Scalar. Of a Checkpoint's file it reads the model. Either all
/// arrays change or, where it throws, none. Every length and offset is checked before it is trusted. Throws
/// DataError if the file cannot be read, is damaged, or does not fit the model, and names the array: also if it
/// has different arrays for what is listed under two names, or, for a part, nothing that fits.
/// Throws ValueError if there are no arrays or the options do not fit.
LoadReport load_weights(const std::string& path, const std::vector<NamedArray>& arrays,
                        const WeightsOptions& options = {});

/// The settings that were saved with weights (`WeightsOptions::settings`) or that a Checkpoint has. Throws DataError if
/// the file cannot be read or is damaged.
std::map<std::string, std::string> load_settings(const std::string& path);

/// Writes the parameters and buffers of a model.
template <class Model>
void save(const std::string& path, Model& model, const WeightsOptions& options = {}) {
  save_weights(path, named_arrays(model), options);
}
/// Reads the parameters and buffers of a model; or, to go on from a model of other layers, those that the file has, too:
/// ```
/// const LoadReport report = load("net.safetensors", net, {.rename = {{"0", "conv1"}}, .partial = true});
/// ```
template <class Model>
LoadReport load(const std::string& path, Model& model, const WeightsOptions& options = {}) {
  return load_weights(path, named_arrays(model), options);
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

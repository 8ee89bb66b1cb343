// SPDX-License-Identifier: MIT
/// \file
/// The weights of a model in a file for numpy.
#pragma once

#include <xtape/io/layout.hpp>
#include <xtape/parameter.hpp>

#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Writes arrays by name as numpy's `.npz`, a ZIP archive with a `.npy` file per array, not compressed:
/// `numpy.load("net.npz")["0.weight"]`. The same arrays give the same bytes, and what was there before
/// stays if it fails. Throws DataError if the file cannot be written or would be of 4 GB or more, and
/// ValueError if there are no arrays or the options do not fit.
void save_npz_weights(const std::string& path, const std::vector<NamedArray>& arrays,
                      const WeightsOptions& options = {});

/// Reads what save_npz_weights, `numpy.savez` or `numpy.savez_compressed` wrote into the arrays of
/// those names, which must be the same and, in the file's layout, of the same shapes, unless the options ask
/// for a part. Elements may be floats of 16, 32 or 64 bits of either byte order, in the order of C or of Fortran,
/// and are rounded to Scalar. Either all arrays change or, where it throws, none. Every length and offset
/// is checked before it is trusted, and no array is made that the model does not ask for. Throws what
/// load_weights does.
LoadReport load_npz_weights(const std::string& path, const std::vector<NamedArray>& arrays,
                            const WeightsOptions& options = {});

/// Writes the parameters and buffers of a model. For a PyTorch module of the same names and architecture:
/// ```
/// save_npz("net.npz", net, {.layout = Layout::torch, .flattened = flattened_images(net, {28, 28, 1})});
/// ```
/// and there `module.load_state_dict({k: torch.from_numpy(v) for k, v in numpy.load("net.npz").items()})`.
template <class Model>
void save_npz(const std::string& path, Model& model, const WeightsOptions& options = {}) {
  save_npz_weights(path, named_arrays(model), options);
}
/// Reads the parameters and buffers of a model.
template <class Model>
LoadReport load_npz(const std::string& path, Model& model, const WeightsOptions& options = {}) {
  return load_npz_weights(path, named_arrays(model), options);
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

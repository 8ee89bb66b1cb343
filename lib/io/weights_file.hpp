// SPDX-License-Identifier: MIT
// What files of weights have in common, whatever their format.
#pragma once

#include "io/file_layout.hpp"

#include <string>
#include <vector>

namespace xtape::inline XTAPE_ABI {

/// A file of arrays by name, open for reading. All functions throw DataError, which begins with
/// `[load] <path>`.
class WeightsFile {
 public:
  virtual ~WeightsFile() = default;
  /// What the file has for a model to read, in the order of the names. What holds no array is there under the
  /// name that the file has for it.
  virtual std::vector<std::string> names() const = 0;
  /// Whether there is an array of that name.
  virtual bool has(const std::string& name) const = 0;
  /// The shape of an array that is there.
  virtual Shape shape(const std::string& name) const = 0;
  /// The array itself, which has that shape. Throws if its elements are no floats.
  virtual Array read(const std::string& name, const Shape& shape) const = 0;
  /// How an error calls what has that name.
  virtual std::string shown(const std::string& name) const { return "the array " + name; }
  /// Throws: `[load] <path><what>; <hint>`.
  [[noreturn]] virtual void fail(const std::string& what, const std::string& hint = {}) const = 0;
};

/// Reads arrays as load_weights does, of a file of any format.
LoadReport load_arrays(const WeightsFile& file, const std::vector<NamedArray>& arrays,
                       const std::vector<FileLayout>& layouts, bool partial);

}  // namespace xtape::inline XTAPE_ABI

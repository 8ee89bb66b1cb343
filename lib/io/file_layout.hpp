// SPDX-License-Identifier: MIT
// Between the order of our axes and that of others.
#pragma once

#include <xtape/io/layout.hpp>
#include <xtape/parameter.hpp>

#include <vector>

namespace xtape::inline XTAPE_ABI {

/// The elements of an array, which is seen as one of the shape `view`, with the axes in another order:
/// axis i of the result is axis order[i] of the view.
Array permuted(const Array& array, const Shape& view, const Axes& order);

/// How an array of a model is laid out in a file.
struct FileLayout {
  std::string name = {};  ///< there
  Layout layout = Layout::keras;
  std::size_t channels = 1;  ///< of the images that a dense weight reads, flattened

  /// The shape that the array has in the file.
  Shape shape(const Shape& ours) const;
  /// The array as it is in the file: the same one, where nothing is to be moved.
  Value to_file(const Value& ours) const;
  /// The array as it is here.
  Array from_file(Array theirs) const;
};

/// Throws ValueError, by the name of `op`, for a model that lists no parameters.
void check_listed(const char* op, const std::vector<NamedArray>& arrays);

/// The layouts of all arrays, in order. Throws ValueError, by the name of `op`, if there are none or if the
/// options do not fit them.
std::vector<FileLayout> file_layouts(const char* op, const std::vector<NamedArray>& arrays,
                                     const WeightsOptions& options);

}  // namespace xtape::inline XTAPE_ABI

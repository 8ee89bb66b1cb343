// SPDX-License-Identifier: MIT
/// \file
/// IDX files, the format of MNIST (LeCun, Cortes, Burges): a header that names the element type and
/// the sizes, then the elements. Files may be gzip-compressed; what they are called does not
/// matter.
///
/// The readers are strict: a file that is missing, empty, a directory, a pipe or a device, of another format
/// or element type, cut short, too long, or damaged under gzip throws a DataError that names the file, what
/// was expected and what was found. No more memory is used than about twice what a file really
/// holds, whatever its header claims; and as a compressed one of a few megabytes can hold many gigabytes, it is
/// refused if its header says that it holds more than 1 GiB, or a quarter of that in labels.
#pragma once

#include <xtape/data/images.hpp>

#include <string>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// The contents of an IDX file of unsigned bytes.
struct Idx {
  Shape shape;                      ///< as in the header; at least one axis
  std::vector<std::uint8_t> bytes;  ///< the elements, row-major
};

/// Reads an IDX file of unsigned bytes, plain or gzip-compressed. Throws DataError.
Idx read_idx(const std::string& path);

/// Reads images: an IDX file of shape (N, H, W) or (N, H, W, C). Throws DataError.
Idx read_images(const std::string& path);

/// Reads labels: an IDX file of shape (N,). Throws DataError.
std::vector<std::int32_t> read_labels(const std::string& path);

/// How to read a pair of files, and what to call it.
struct IdxOptions {
  std::size_t classes = 0;  ///< number of classes; 0: one more than the largest label
  std::string name = {};    ///< what the data is; empty: the name of the file of images
  std::string source = {};  ///< where it came from; empty: the directory of the file of images
};

/// Reads images and their labels. Throws DataError, also if there is not one label per image or a
/// label is not less than `classes`.
ImageDataset load_images_and_labels(const std::string& images, const std::string& labels,
                                    const IdxOptions& options = {});

/// Images that stay in their file, with labels, of which a byte for each is in memory. The file of images must not be
/// compressed, that of labels may. With 0 `classes` there is one more than the largest label. Throws what
/// `load_images_and_labels` does, now; and if the file of images is cut short later, DataError when a batch asks for
/// what is gone. Several are put one behind the other by `concat`:
/// ```
/// const auto one = data::open_images_and_labels("0-images", "0-labels", 10);
/// const auto two = data::open_images_and_labels("1-images", "1-labels", 10);
/// const auto train = data::concat({one, two});
/// ```
ImageFiles open_images_and_labels(const std::string& images, const std::string& labels,
                                  std::size_t classes = 0);

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop

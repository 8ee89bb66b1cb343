// SPDX-License-Identifier: MIT
/// \file
/// Images that others have published, MNIST and its like and CIFAR: found, downloaded, or replaced with a clear
/// notice.
#pragma once

#include <xtape/data/images.hpp>

#include <functional>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// Where a published dataset is looked for, and what may be done if it is not there.
struct SourceOptions {
  std::string directory = {};  ///< the files are here and nowhere else; empty: search
  bool download = true;        ///< whether files that are not found may be downloaded
  bool substitute = true;      ///< whether made-up images may stand in at the last
  std::string cache = {};      ///< instead of `xtape` in the user's cache directory
  std::vector<std::string> mirrors =
      {};  ///< URLs up to the files' names, instead of the public ones
  /// Gets each notice, a line without its end; by default they go to std::cerr.
  std::function<void(std::string_view)> notice = {};
};

/// The MNIST handwritten digits (LeCun, Cortes, Burges, 1998): 60,000 images to train with and
/// 10,000 to test with, 28 x 28 x 1, 10 classes.
///
/// The four files, `train-images-idx3-ubyte` and so on, may have a dot instead of the second
/// hyphen, and may be gzip-compressed with `.gz` at the end. They are looked for in
/// 1. `options.directory`; if it is given, nothing else is tried;
/// 2. the folder `mnist` of the directory that the environment variable XTAPE_DATA names, and that
///    directory itself;
/// 3. the folder `mnist` of the cache: `options.cache`, or `$XDG_CACHE_HOME/xtape`, or
///    `~/.cache/xtape`.
///
/// If they are in none of these, they are downloaded into the cache. What a mirror serves must have the SHA-256
/// digest that is known for it, before anything of it is decompressed. A mirror that gets slower than 10 kB/s
/// for 30 s is given up, and the whole download after 20 minutes. If that fails too, the result is
/// `synthetic_digits`, with a notice that says so; `train.synthetic()` and `train.source()` tell.
///
/// Throws DataError if `options.directory` lacks files, a file that was found is damaged or belongs
/// to another dataset, or nothing was found and there may be no substitute.
Split mnist(const SourceOptions& options = {});

/// Fashion-MNIST, images of clothes in the format of MNIST (Xiao, Rasul, Vollgraf, 2017). It is
/// looked for as MNIST is, in folders `fashion-mnist`. The substitute are digits, as there.
Split fashion_mnist(const SourceOptions& options = {});

/// Kuzushiji-MNIST, cursive Japanese characters in the format of MNIST (Clanuwat et al., 2018). It is looked for as
/// MNIST is, in folders `kmnist`. The substitute are digits, as there.
Split kmnist(const SourceOptions& options = {});

/// CIFAR-10 (Krizhevsky, 2009): 50,000 colour images to train with and 10,000 to test with, 32 x 32 x 3, 10 classes:
/// airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.
///
/// The six files of the binary version, `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, are looked
/// for as MNIST's are, in folders `cifar-10`, and in a folder `cifar-10-batches-bin` there, as the archive has it.
/// A file is records of 3,073 bytes: the class, then 32 x 32 bytes each of red, green and blue, row by row; an
/// image in memory has the three bytes of a pixel side by side. The archive of 170 MB is downloaded as MNIST's files
/// are; it and each file in it must have their digests. The substitute are `synthetic_pictures`. Throws what `mnist`
/// does.
Split cifar10(const SourceOptions& options = {});

/// CIFAR-100: as CIFAR-10, but of 100 classes, in the files `train.bin` and `test.bin`, folders `cifar-100`, and
/// `cifar-100-binary` there. A record has another byte before the class, its group of five, which is left out.
Split cifar100(const SourceOptions& options = {});

/// What records of CIFAR's binary version are.
struct CifarOptions {
  std::size_t classes = 10;  ///< a label is less than it
  /// Bytes before an image, at most 255, of which the last is the class; 2 in CIFAR-100.
  std::size_t label_bytes = 1;
};

/// Images that stay in files of CIFAR's records, one file behind the other; nothing of them is in memory. The files
/// must not be compressed. Throws ValueError if there is no file or an option is out of its range; DataError if a file
/// cannot be read or is not made of whole records, now, or when a batch asks for a record whose class is out of range, or
/// which is gone.
/// ```
/// const auto train = data::open_cifar({"0.bin", "1.bin"}, {.classes = 200});
/// ```
ImageFiles open_cifar(const std::vector<std::string>& paths, const CifarOptions& options = {},
                      Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop

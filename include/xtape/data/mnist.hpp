// SPDX-License-Identifier: MIT
/// \file
/// MNIST and Fashion-MNIST: found, downloaded, or replaced with a clear notice.
#pragma once

#include <xtape/data/images.hpp>

#include <functional>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// Where `mnist` and `fashion_mnist` look for their files, and what they may do.
struct MnistOptions {
  std::string directory = {};  ///< the files are here and nowhere else; empty: search
  bool download = true;        ///< whether files that are not found may be downloaded
  bool substitute = true;      ///< whether made-up digits may stand in at the last
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
/// If they are in none of these, they are downloaded into the cache. Each must have the SHA-256
/// digest that is known for it, taken over the decompressed bytes. A mirror that gets slower than 10 kB/s
/// for 30 s is given up, and the whole download after 20 minutes. If that fails too, the result is
/// `synthetic_digits`, with a notice that says so; `train.synthetic()` and `train.source()` tell.
///
/// Throws DataError if `options.directory` lacks files, a file that was found is damaged or belongs
/// to another dataset, or nothing was found and there may be no substitute.
Split mnist(const MnistOptions& options = {});

/// Fashion-MNIST, images of clothes in the format of MNIST (Xiao, Rasul, Vollgraf, 2017). It is
/// looked for as MNIST is, in folders `fashion-mnist`; the digests are those of the decompressed
/// files, too. The substitute are digits, as there.
Split fashion_mnist(const MnistOptions& options = {});

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop

// SPDX-License-Identifier: MIT
#include <xtape/data/published.hpp>

#include "data/source.hpp"

#include <xtape/data/synthetic.hpp>

#include <algorithm>
#include <array>

namespace xtape::inline XTAPE_ABI::data {
namespace {

Split digits() {
  return {synthetic_digits({.count = 60000, .seed = 1}),
          synthetic_digits({.count = 10000, .seed = 2})};
}
template <std::size_t classes>
Split pictures() {
  return {synthetic_pictures({.count = 50000, .seed = 1, .classes = classes}),
          synthetic_pictures({.count = 10000, .seed = 2, .classes = classes})};
}

// MNIST and those that took over its files' names.
std::vector<PublishedFile> idx_files(const std::array<const char*, 4>& sha256) {
  return {{"train-images-idx3-ubyte", sha256[0]},
          {"train-labels-idx1-ubyte", sha256[1]},
          {"t10k-images-idx3-ubyte", sha256[2]},
          {"t10k-labels-idx1-ubyte", sha256[3]}};
}

const Source& source(std::string_view op) { return *std::ranges::find(sources(), op, &Source::op); }

}  // namespace

const std::vector<Source>& sources() {
  static const std::vector<Source> rows{
      {.op = "mnist",
       .name = "MNIST",
       .folder = "mnist",
       .files = idx_files({"440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                           "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                           "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                           "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}),
       .mirrors = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                   "https://storage.googleapis.com/cvdf-datasets/mnist/"},
       .first_labels = {7, 2, 1, 0, 4, 1, 4, 9, 5, 9},
       .read = read_idx_files,
       .made_up = "digits",
       .substitute = digits},
      {.op = "fashion_mnist",
       .name = "Fashion-MNIST",
       .folder = "fashion-mnist",
       .files = idx_files({"3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                           "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                           "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                           "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}),
       .mirrors = {"https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
                   "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"},
       .first_labels = {9, 2, 1, 1, 6, 1, 4, 6, 5, 7},
       .read = read_idx_files,
       .made_up = "digits",
       .substitute = digits},
      {.op = "kmnist",
       .name = "KMNIST",
       .folder = "kmnist",
       .files = idx_files({"51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                           "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                           "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                           "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"}),
       .mirrors = {"http://codh.rois.ac.jp/kmnist/dataset/kmnist/"},
       .read = read_idx_files,
       .made_up = "digits",
       .substitute = digits},
      {.op = "cifar10",
       .name = "CIFAR-10",
       .folder = "cifar-10",
       .files = {{"data_batch_1.bin",
                  "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
                 {"data_batch_2.bin",
                  "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
                 {"data_batch_3.bin",
                  "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
                 {"data_batch_4.bin",
                  "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
                 {"data_batch_5.bin",
                  "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
                 {"test_batch.bin",
                  "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"}},
       .archive = {{{"cifar-10-binary.tar.gz",
                     "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
                    "cifar-10-batches-bin"}},
       .mirrors = {"https://www.cs.toronto.edu/~kriz/"},
       .read = read_cifar10_files,
       .made_up = "pictures",
       .substitute = pictures<10>},
      {.op = "cifar100",
       .name = "CIFAR-100",
       .folder = "cifar-100",
       .files = {{"train.bin", "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"},
                 {"test.bin", "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a"}},
       .archive = {{{"cifar-100-binary.tar.gz",
                     "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"},
                    "cifar-100-binary"}},
       .mirrors = {"https://www.cs.toronto.edu/~kriz/"},
       .classes = 100,
       .read = read_cifar100_files,
       .made_up = "pictures",
       .substitute = pictures<100>}};
  return rows;
}

Split mnist(const SourceOptions& options) { return load(source("mnist"), options); }
Split fashion_mnist(const SourceOptions& options) { return load(source("fashion_mnist"), options); }
Split kmnist(const SourceOptions& options) { return load(source("kmnist"), options); }
Split cifar10(const SourceOptions& options) { return load(source("cifar10"), options); }
Split cifar100(const SourceOptions& options) { return load(source("cifar100"), options); }

}  // namespace xtape::inline XTAPE_ABI::data

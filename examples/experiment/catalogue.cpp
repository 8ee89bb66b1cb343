// SPDX-License-Identifier: MIT
#include "catalogue.hpp"

#include <fmt/format.h>

using namespace xtape;

namespace experiment {
namespace {

// Those of models::by_name for images of this shape.
std::map<std::string, models::Architecture> models_for(const Shape& image) {
  std::map<std::string, models::Architecture> all;
  for (const auto& [name, architecture] : models::by_name())
    if (architecture.input == image) all.emplace(name, architecture);
  return all;
}

}  // namespace

const Catalogue& digits() {
  static const Catalogue all{models_for({28, 28, 1}),
                             {{"mnist", data::mnist}, {"fashion-mnist", data::fashion_mnist}}};
  return all;
}

const Catalogue& pictures() {
  static const Catalogue all = [] {
    const Shape image{32, 32, 3};
    Catalogue made{models_for(image), {{"cifar-10", data::cifar10}}};
    made.models["cnn"] = {[](Rng& rng) { return models::cnn(rng, {32, 32, 3}); }, image};
    made.models["resnet56"] = {models::resnet56, image};
    return made;
  }();
  return all;
}

data::Split load(const Catalogue& catalogue, const DataSettings& settings) {
  data::Split split = catalogue.datasets.at(settings.dataset)({.directory = settings.directory});
  if (settings.limit > split.train.size())
    throw ValueError(Op::nowhere("limit"), fmt::format("expected at most {} images, got {}",
                                                       split.train.size(), settings.limit));
  if (settings.limit > 0) split.train = split.train.first(settings.limit);
  return split;
}

std::vector<std::string> class_names(const data::ImageDataset& dataset) {
  if (dataset.name() == "Fashion-MNIST" && !dataset.synthetic())
    return {"T-shirt", "trousers", "pullover", "dress", "coat",
            "sandal",  "shirt",    "sneaker",  "bag",   "ankle boot"};
  if (dataset.name() == "CIFAR-10" && !dataset.synthetic())
    return {"airplane", "automobile", "bird",  "cat",  "deer",
            "dog",      "frog",       "horse", "ship", "truck"};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < dataset.classes(); ++i) names.push_back(std::to_string(i));
  return names;
}

}  // namespace experiment

// SPDX-License-Identifier: MIT
// What programs can learn: datasets of images of one shape, and models for these.
#pragma once

#include <models/models.hpp>
#include <xtape/data.hpp>

#include <map>
#include <string>
#include <vector>

namespace experiment {

/// What a program has to choose from, by the names of its options.
struct Catalogue {
  std::map<std::string, xtape::models::Architecture> models;
  std::map<std::string, xtape::data::Split (*)(const xtape::data::SourceOptions&)> datasets;
};
const Catalogue& digits();    ///< MNIST and its like, 28 x 28 x 1
const Catalogue& pictures();  ///< CIFAR-10, 32 x 32 x 3

/// What to learn from.
struct DataSettings {
  std::string dataset = "mnist";  ///< of the catalogue
  std::string directory = {};     ///< of its files; searched for if empty
  std::size_t limit = 0;          ///< the first so many training images; 0: all
};
/// Loads what was chosen.
xtape::data::Split load(const Catalogue& catalogue, const DataSettings& settings);

/// How people call the classes of a dataset.
std::vector<std::string> class_names(const xtape::data::ImageDataset& dataset);

}  // namespace experiment

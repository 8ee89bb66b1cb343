// SPDX-License-Identifier: MIT
#include "models.hpp"

namespace xtape::inline XTAPE_ABI::models {

const std::map<std::string, Architecture>& by_name() {
  static const std::map<std::string, Architecture> all = {{"cnn", {cnn, {28, 28, 1}}},
                                                          {"lenet5", {lenet5, {28, 28, 1}}},
                                                          {"mlp", {mlp, {28, 28, 1}}},
                                                          {"resnet20", {resnet20, {32, 32, 3}}},
                                                          {"vgg", {vgg, {32, 32, 3}}}};
  return all;
}

}  // namespace xtape::inline XTAPE_ABI::models

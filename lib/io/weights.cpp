// SPDX-License-Identifier: MIT
#include <xtape/io/weights.hpp>

#include "io/checkpoint.hpp"
#include "text.hpp"

#include <set>

namespace xtape::inline XTAPE_ABI {

void save_weights(const std::string& path, const std::vector<NamedParameter>& parameters) {
  std::vector<safetensors::Item> items;
  for (const auto& [name, parameter] : parameters)
    items.push_back(safetensors::item(name, parameter->value()));
  safetensors::write(path, std::move(items));
}

void load_weights(const std::string& path, const std::vector<NamedParameter>& parameters) {
  const safetensors::Reader file{path};
  std::set<std::string, std::less<>> unread;
  for (const auto& [name, tensor] : file.tensors())
    if (!is_checkpoint(file) || !name.starts_with(training_prefix)) unread.insert(name);
  std::vector<Array> values;
  for (const auto& [name, parameter] : parameters) {
    const auto& entry = file.find(name, {"F32", "F64", "F16", "BF16"});
    file.check_shape(entry, parameter->shape());
    values.push_back(file.read_array(entry));
    unread.erase(name);
  }
  if (!unread.empty())
    file.fail(text(" has the array ", *unread.begin(), ", which the model does not have"));
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].parameter->value() = std::move(values[i]);
}

}  // namespace xtape::inline XTAPE_ABI

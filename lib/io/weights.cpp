// SPDX-License-Identifier: MIT
#include <xtape/io/weights.hpp>

#include "io/checkpoint.hpp"
#include "io/layout.hpp"
#include "text.hpp"

#include <set>

namespace xtape::inline XTAPE_ABI {

void save_weights(const std::string& path, const std::vector<NamedParameter>& parameters,
                  const WeightsOptions& options) {
  const std::vector<FileLayout> layouts = file_layouts("save", parameters, options);
  std::vector<Value> values;  // as they are in the file
  for (std::size_t i = 0; i < parameters.size(); ++i)
    values.push_back(layouts[i].to_file(parameters[i].parameter->shared_value()));
  std::vector<safetensors::Item> items;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    items.push_back(safetensors::item(parameters[i].name, *values[i]));
  safetensors::write(path, std::move(items));
}

void load_weights(const std::string& path, const std::vector<NamedParameter>& parameters,
                  const WeightsOptions& options) {
  const std::vector<FileLayout> layouts = file_layouts("load", parameters, options);
  const safetensors::Reader file{path};
  std::set<std::string, std::less<>> unread;
  for (const auto& [name, tensor] : file.tensors())
    if (!is_checkpoint(file) || !name.starts_with(training_prefix)) unread.insert(name);
  std::vector<Array> values;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& [name, parameter] = parameters[i];
    const auto& entry = file.find(name, {"F32", "F64", "F16", "BF16"});
    file.check_shape(entry, layouts[i].shape(parameter->shape()));
    values.push_back(layouts[i].from_file(file.read_array(entry)));
    unread.erase(name);
  }
  if (!unread.empty())
    file.fail(text(" has the array ", *unread.begin(), ", which the model does not have"));
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].parameter->value() = std::move(values[i]);
}

}  // namespace xtape::inline XTAPE_ABI

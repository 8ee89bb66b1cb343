// SPDX-License-Identifier: MIT
#include <xtape/io/weights.hpp>

#include "io/checkpoint_format.hpp"
#include "io/weights_file.hpp"
#include "text.hpp"

namespace xtape::inline XTAPE_ABI {
namespace {

class SafetensorsFile final : public WeightsFile {
 public:
  explicit SafetensorsFile(const std::string& path) : file_{path} {}

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : file_.tensors())
      if (!is_checkpoint(file_) || !name.starts_with(training_prefix)) names.push_back(name);
    return names;
  }
  bool has(const std::string& name) const override { return file_.tensors().contains(name); }
  Shape shape(const std::string& name) const override { return entry(name).second.shape; }
  Array read(const std::string& name, const Shape&) const override {
    return file_.read_array(entry(name));
  }
  [[noreturn]] void fail(const std::string& what, const std::string& hint) const override {
    file_.fail(what, hint);
  }

 private:
  const safetensors::Reader::Entry& entry(const std::string& name) const {
    return file_.find(name, {"F32", "F64", "F16", "BF16"});
  }

  safetensors::Reader file_;
};

}  // namespace

void save_weights(const std::string& path, const std::vector<NamedArray>& arrays,
                  const WeightsOptions& options) {
  const std::vector<FileLayout> layouts = file_layouts("save", arrays, options);
  std::vector<Value> values;  // as they are in the file
  for (std::size_t i = 0; i < arrays.size(); ++i)
    values.push_back(layouts[i].to_file(arrays[i].value()));
  std::vector<safetensors::Item> items;
  for (std::size_t i = 0; i < arrays.size(); ++i)
    items.push_back(safetensors::item(layouts[i].name, *values[i]));
  safetensors::Metadata metadata;
  for (const auto& [key, value] : options.settings) metadata[text(setting_prefix, key)] = value;
  safetensors::write(path, std::move(items), metadata);
}

std::map<std::string, std::string> load_settings(const std::string& path) {
  const safetensors::Reader file{path};
  std::map<std::string, std::string> settings;
  for (const auto& [key, value] : file.metadata())
    if (key.starts_with(setting_prefix)) settings[key.substr(setting_prefix.size())] = value;
  return settings;
}

LoadReport load_weights(const std::string& path, const std::vector<NamedArray>& arrays,
                        const WeightsOptions& options) {
  const std::vector<FileLayout> layouts = file_layouts("load", arrays, options);
  return load_arrays(SafetensorsFile{path}, arrays, layouts, options.partial);
}

}  // namespace xtape::inline XTAPE_ABI

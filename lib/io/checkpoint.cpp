// SPDX-License-Identifier: MIT
#include <xtape/io/checkpoint.hpp>

#include "io/checkpoint_format.hpp"
#include "io/file_layout.hpp"
#include "io/incoming.hpp"
#include "text.hpp"

#include <set>

namespace xtape::inline XTAPE_ABI {
namespace {

using safetensors::Reader;

// How each kind of place is written.
struct ToItem {
  std::string name;

  safetensors::Item operator()(const double* number) const {
    return {name, "F64", {}, number, sizeof *number};
  }
  safetensors::Item operator()(const std::uint64_t* number) const {
    return {name, "U64", {}, number, sizeof *number};
  }
  safetensors::Item operator()(const std::vector<double>* numbers) const {
    return {name, "F64", {numbers->size()}, numbers->data(), numbers->size() * sizeof(double)};
  }
  safetensors::Item operator()(const Array* array) const { return safetensors::item(name, *array); }
  safetensors::Item operator()(const Value* value) const { return (*this)(&**value); }
};

// What is read for each kind of place.
struct FromFile {
  const Reader& file;
  std::string name;

  Incoming::Content operator()(const double*) const { return number<double>("F64"); }
  Incoming::Content operator()(const std::uint64_t*) const { return number<std::uint64_t>("U64"); }
  Incoming::Content operator()(const std::vector<double>*) const {
    const Reader::Entry& entry = file.find(name, {"F64"});
    const Shape& shape = entry.second.shape;
    if (shape.size() != 1) file.fail(entry, text("has the shape ", shape, ", expected one axis"));
    std::vector<double> numbers(shape[0]);
    file.read(entry, numbers.data());
    return numbers;
  }
  Incoming::Content operator()(const Array* array) const {
    const Reader::Entry& entry = file.find(name, {safetensors::scalar_type});
    file.check_shape(entry, array->shape());
    return file.read_array(entry);
  }
  Incoming::Content operator()(const Value* value) const {
    return Value{std::get<Array>((*this)(&**value))};
  }

 private:
  template <class T>
  T number(std::string_view dtype) const {
    const Reader::Entry& entry = file.find(name, {dtype});
    file.check_shape(entry, {});
    T number;
    file.read(entry, &number);
    return number;
  }
};

void check_format(const Reader& file) {
  if (!is_checkpoint(file))
    file.fail(" is no checkpoint, it has weights only", "load(path, net) reads them");
  if (const std::string_view found = metadata_of(file, "format"); found != checkpoint_format)
    file.fail(text(" has the format ", found, ", expected ", checkpoint_format));
  if (const std::string_view found = metadata_of(file, "scalar"); found != safetensors::scalar_type)
    file.fail(text(" was written by a build for ", found, ", this one is for ",
                   safetensors::scalar_type, " and could not go on with the same bits"),
              "load(path, net) reads the weights");
}

void check_settings(const Reader& file, const std::map<std::string, std::string>& settings) {
  for (const auto& [key, value] : settings) {
    const auto found = file.metadata().find(text(setting_prefix, key));
    if (found == file.metadata().end())
      file.fail(text(": it was written without ", key, ", not with ", key, " = ", value));
    if (found->second != value)
      file.fail(text(": it was written with ", key, " = ", found->second, ", not ", value));
  }
  for (const auto& [key, value] : file.metadata())
    if (key.starts_with(setting_prefix))
      if (const std::string name = key.substr(setting_prefix.size()); !settings.contains(name))
        file.fail(text(": it was written with ", name, " = ", value, ", which is not set here"));
}

}  // namespace

Checkpoint::Checkpoint(std::vector<NamedArray> arrays)
    : arrays_{std::move(arrays)}, parameters_{detail::parameters_of(arrays_)} {
  check_listed("checkpoint", arrays_);
  for (const auto& [name, owner] : arrays_)
    if (name.starts_with(training_prefix))
      throw ValueError(Op::nowhere("checkpoint"),
                       text("an array is called ", name, ": what begins with ", training_prefix,
                            " is for the state of the training"));
}

void Checkpoint::add_part(const std::string& name, std::function<void(StateList&)> list,
                          Location at) {
  if (!parts_.emplace(name, std::move(list)).second)
    throw ValueError({"checkpoint", at}, "two things are called " + name);
}

Checkpoint& Checkpoint::set(const std::string& key, const std::string& value) {
  settings_[key] = value;
  return *this;
}

StateList Checkpoint::state() const {
  StateList list{parameters_};
  for (const auto& [name, part] : parts_) part(list);
  return list;
}

// All that is in the file, under its name there.
std::vector<StateList::Item> Checkpoint::items(const StateList& state) const {
  std::vector<StateList::Item> items;
  for (const NamedArray& array : arrays_) items.push_back({array.name, place_of(array)});
  for (const auto& [name, place] : state.items())
    items.push_back({text(training_prefix, name), place});
  return items;
}

void Checkpoint::save(const std::string& path) const {
  std::vector<safetensors::Item> written;
  for (const auto& [name, place] : items(state()))
    written.push_back(std::visit(ToItem{name}, place));
  safetensors::Metadata metadata{{"format", std::string{checkpoint_format}},
                                 {"scalar", std::string{safetensors::scalar_type}}};
  for (const auto& [key, value] : settings_) metadata[text(setting_prefix, key)] = value;
  safetensors::write(path, std::move(written), metadata);
}

void Checkpoint::load(const std::string& path) {
  const Reader file{path};
  check_format(file);
  check_settings(file, settings_);
  const StateList state = this->state();
  Incoming incoming;
  std::set<std::string_view> unread;
  for (const auto& [name, tensor] : file.tensors()) unread.insert(name);
  for (const auto& [name, place] : items(state)) {
    const std::string wrong = incoming.add(name, place, std::visit(FromFile{file, name}, place));
    if (!wrong.empty()) file.fail(wrong);
    unread.erase(name);
  }
  if (!unread.empty())
    file.fail(text(" has the array ", *unread.begin(), ", which nothing here asks for"));
  incoming.exchange();
  try {
    if (const std::string wrong = state.wrong(); !wrong.empty())
      file.fail(text(": ", training_prefix, wrong));
  } catch (...) {
    incoming.exchange();  // as it was
    throw;
  }
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include "train/training_file.hpp"

#include "files/errors.hpp"
#include "files/new_file.hpp"
#include "text.hpp"

#include <filesystem>
#include <utility>

namespace xtape::inline XTAPE_ABI {

bool TrainingFile::open() {
  const std::string& path = options_.path;
  const files::Fail fail = file_errors({"fit", at_});
  files::NewFile{path, fail}.rehearse();  // fails now rather than after an epoch
  lock_ = files::Lock::of_file(path, fail);
  if (!lock_)
    throw DataError({"fit", at_}, text("another training writes the checkpoint ", path),
                    "give each a file of its own");
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return false;
  if (!options_.resume)
    throw ValueError({"fit", at_}, text("the checkpoint ", path, " is there already"),
                     "resume to go on from it; else remove it");
  checkpoint_.load(path);
  return true;
}

std::string TrainingFile::save() const {
  try {
    checkpoint_.save(options_.path);
  } catch (const DataError& error) {
    return error.what();
  }
  return {};
}

std::string first_not_finite(std::span<const NamedParameter> parameters,
                             std::span<Visitor* const> visitors) {
  for (const auto& [name, parameter] : parameters)
    if (parameter->trainable && !all_finite(std::as_const(*parameter).value()))
      return "the parameter " + name;
  for (Visitor* const visitor : visitors) {
    StateList list{parameters};
    visitor->state(list);
    for (const auto& [name, place] : list.items()) {
      const auto* const array = std::get_if<Array*>(&place);
      const auto* const value = std::get_if<Value*>(&place);
      if ((array && !all_finite(**array)) || (value && !all_finite(***value)))
        return text(visitor->name(), "'s ", name);
    }
  }
  return {};
}

}  // namespace xtape::inline XTAPE_ABI

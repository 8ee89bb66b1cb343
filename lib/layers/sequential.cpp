// SPDX-License-Identifier: MIT
#include <xtape/layers/sequential.hpp>

#include "text.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {

Sequential::Sequential(std::initializer_list<NamedLayer> layers, Location at) {
  for (const NamedLayer& layer : layers) add(layer, at);
}

void Sequential::add(const NamedLayer& layer, Location at) {
  const std::string& name = layer.name_;
  const Op op{"sequential", at};
  if (name.empty() || name.find('.') != std::string::npos)
    throw ValueError(op, text("expected a name without dots, got \"", name, '"'));
  if (find(name) < size()) throw ValueError(op, "there are two layers called " + name);
  append(std::make_shared<const std::string>(name), std::move(layer.layer_));
}

void Sequential::append(std::shared_ptr<const std::string> name, std::unique_ptr<AnyLayer> layer) {
  layers_.push_back({std::move(name), std::move(layer)});
}

std::string Sequential::name_of(std::size_t place) const {
  const auto& name = layers_[place].name;
  return name ? *name : std::to_string(place);
}

std::size_t Sequential::find(std::string_view name) const {
  std::size_t place = 0;
  while (place < size() && name_of(place) != name) ++place;
  return place;
}

std::size_t Sequential::place_of(const LayerKey& key) const {
  const auto count = static_cast<std::ptrdiff_t>(size());
  const std::ptrdiff_t number = key.number < 0 ? key.number + count : key.number;
  const std::size_t place = key.name      ? find(*key.name)
                            : number >= 0 ? static_cast<std::size_t>(number)
                                          : size();
  if (place < size()) return place;
  std::string names;
  for (std::size_t i = 0; i < size(); ++i) names += (i == 0 ? "" : ", ") + name_of(i);
  throw ValueError({"sequential", key.at},
                   key.name ? "there is no layer called " + *key.name
                            : text("there is no layer ", key.number, " of ", size()),
                   names.empty() ? "" : "they are " + names);
}

void Sequential::fail_class(std::size_t place, Location at) const {
  throw ValueError({"sequential", at}, text("layer ", name_of(place), " is of another class"));
}

Variable Sequential::operator()(const Variable& x, Location at) { return apply(x, 0, size(), at); }

Variable Sequential::apply(const Variable& x, std::size_t begin, std::size_t end, Location at) {
  Tape& tape = x.tape({"sequential", at});
  Variable y = x;
  for (std::size_t i = begin; i < std::min(end, size()); ++i)
    y = inside(tape, i, at, [&](AnyLayer& layer) { return layer(y, at); });
  return y;
}

Variable Sequential::add_to(const Variable& around, const Variable& x, Activation activation,
                            Location at) {
  return end_skip(around, all_but_last(x, at), activation, at);
}

Variable Sequential::all_but_last(const Variable& x, Location at) {
  return apply(x, 0, layers_.empty() ? 0 : size() - 1, at);
}

Variable Sequential::end_skip(const Variable& around, const Variable& x, Activation activation,
                              Location at) {
  if (layers_.empty()) return detail::added(around, x, activation, at);
  return inside(x.tape({"sequential", at}), size() - 1, at,
                [&](AnyLayer& layer) { return layer.end_skip(around, x, activation, at); });
}

template <class Apply>
Variable Sequential::inside(Tape& tape, std::size_t place, Location at, Apply apply) {
  const auto& [name, layer] = layers_[place];
  const LayerScope scope{tape, place, name};
  try {
    return apply(*layer);
  } catch (Error& error) {
    error.within(name_of(place), at);
    throw;
  }
}

void Sequential::parameters(ParameterList& list) {
  for (std::size_t i = 0; i < layers_.size(); ++i) layers_[i].layer->list_under(name_of(i), list);
}

}  // namespace xtape::inline XTAPE_ABI

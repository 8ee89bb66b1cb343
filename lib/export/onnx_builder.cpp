// SPDX-License-Identifier: MIT
#include "export/onnx_builder.hpp"

#include "io/file_layout.hpp"
#include "text.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace xtape::inline XTAPE_ABI::onnx {
namespace {

std::size_t index(Order order) { return static_cast<std::size_t>(order); }

Shape channels_first(const Shape& s) { return {s[0], s[3], s[1], s[2]}; }

// The order in which a value comes from outside, or goes there.
Order outside(const Shape& shape, Layout layout) {
  return layout == Layout::torch && shape.size() == 4 ? Order::channels_first : Order::same;
}

Endpoint endpoint(std::string name, const Shape& shape, Order order, bool ids = false) {
  Shape sample = order == Order::channels_first ? channels_first(shape) : shape;
  sample.erase(sample.begin());
  return {std::move(name), sample, ids};
}

}  // namespace

Builder::Builder(const std::vector<NamedArray>& arrays) {
  for (const NamedArray& array : arrays) names_.emplace(&*array.value(), array.name);
}

void Builder::add_input(const Variable& x, Layout layout) {
  const Order order = outside(x.shape(), layout);
  graph_.input = endpoint("input", x.shape(), order);
  define(x.shared_value(), order, "input");
}

void Builder::add_input(const Ids& ids) {
  graph_.input = endpoint("input", ids.shape, Order::same, true);
  ids_ = ids;
}

std::string Builder::add(const std::string& type, std::vector<std::string> inputs,
                         std::vector<Attribute> attributes) {
  return add(type, 1, std::move(inputs), std::move(attributes)).front();
}

std::vector<std::string> Builder::add(const std::string& type, std::size_t outputs,
                                      std::vector<std::string> inputs,
                                      std::vector<Attribute> attributes) {
  const std::string name = layer_.empty() ? type : layer_ + '/' + type;
  std::vector<std::string> names;
  while (names.size() < outputs) names.push_back(unique(name));
  graph_.nodes.push_back({type, std::move(inputs), names, std::move(attributes)});
  return names;
}

void Builder::define(const Value& value, Order order, std::string name, std::size_t channels) {
  Known& known = known_.emplace(&*value, Known{value}).first->second;
  known.names[index(order)] = std::move(name);
  known.channels = channels;
}

void Builder::define(const Value& value, const Variable& x) {
  Known known = known_.at(&x.value());
  known.value = value;
  known_.emplace(&*value, std::move(known));
}

Graph Builder::finish(const Variable& y, Layout layout) && {
  const Order order = outside(y.shape(), layout);
  layer_.clear();
  std::string last = name(y, order);
  if (last == "input") last = add("Identity", {last});
  for (Node& node : graph_.nodes) {
    std::ranges::replace(node.outputs, last, "output");
    std::ranges::replace(node.inputs, last, "output");
  }
  graph_.output = endpoint("output", y.shape(), order);
  return std::move(graph_);
}

Order Builder::order_of(const Variable& x) const {
  const auto found = known_.find(&x.value());
  if (found == known_.end()) return Order::same;
  const auto& names = found->second.names;
  const auto first = std::ranges::find_if(names, [](const auto& name) { return !name.empty(); });
  return static_cast<Order>(first - names.begin());
}

std::size_t Builder::channels_of(const Variable& x) const {
  const auto found = known_.find(&x.value());
  return found == known_.end() ? 1 : found->second.channels;
}

std::string Builder::name(const Variable& x, Order order) {
  const auto found = known_.find(&x.value());
  if (found == known_.end() && order == Order::channels_first) return padded_constant(x);
  if (found == known_.end()) {
    Axes axes(x.rank());
    std::iota(axes.begin(), axes.end(), 0);
    return constant(x, x.shape(), axes, x.shape());
  }
  std::string& name = found->second.names[index(order)];
  if (name.empty()) name = converted(found->second, order);
  return name;
}

bool Builder::are_of_input(const Ids& ids) const {
  const std::less<const std::int32_t*> before;
  const auto begin = ids_.elements.data(), end = begin + ids_.elements.size();
  return !before(ids.elements.data(), begin) && before(ids.elements.data(), end);
}

std::string Builder::name(const Ids& ids) {
  if (are_of_input(ids)) {
    const bool whole = ids.elements.data() == ids_.elements.data() && ids.shape == ids_.shape;
    return whole ? "input" : "";
  }
  std::string list = constant(Ints(ids.elements.begin(), ids.elements.end()));
  if (ids.shape.size() == 1) return list;
  return add("Reshape", {list, constant(Ints(ids.shape.begin(), ids.shape.end()))},
             {{"allowzero", std::int64_t{1}}});
}

std::string Builder::converted(const Known& known, Order order) {
  const auto& [same, first, flat] = known.names;
  if (order == Order::channels_first) return add("Transpose", {same}, {{"perm", Ints{0, 3, 1, 2}}});
  if (!first.empty()) return add("Transpose", {first}, {{"perm", Ints{0, 2, 3, 1}}});
  const auto channels = static_cast<std::int64_t>(known.channels);
  const std::string pixels = add("Reshape", {flat, constant(Ints{0, channels, -1})});
  return add("Flatten", {add("Transpose", {pixels}, {{"perm", Ints{0, 2, 1}}})});
}

// As an image with the axes that broadcasting gives it, the channels first.
std::string Builder::padded_constant(const Variable& x) {
  Shape view(4 - x.rank(), 1);
  view.insert(view.end(), x.shape().begin(), x.shape().end());
  return constant(x, view, {0, 3, 1, 2}, channels_first(view));
}

std::string Builder::constant(const Variable& x, const Shape& view, const Axes& order,
                              const Shape& shape) {
  for (const Constant& known : constants_)
    if (&*known.value == &x.value() && known.view == view && known.order == order &&
        known.shape == shape)
      return known.name;
  Array value = permuted(x.value(), view, order);
  value.reshape(shape);
  std::string name = constant(x, std::move(value));
  constants_.push_back({x.shared_value(), view, order, shape, name});
  return name;
}

std::string Builder::constant(const Variable& of, Array value) {
  const auto named = names_.find(&of.value());
  return add_initializer(named == names_.end() ? "constant" : named->second, std::move(value));
}

std::string Builder::constant(Scalar number) {
  return add_initializer("constant", full({}, number));
}

std::string Builder::constant(Array numbers) {
  return add_initializer("constant", std::move(numbers));
}

std::string Builder::constant(const Ints& numbers) { return add_initializer("shape", numbers); }

std::string Builder::add_initializer(const std::string& name, std::variant<Array, Ints> value) {
  graph_.initializers.push_back({unique(name), std::move(value)});
  return graph_.initializers.back().name;
}

// The name, with a number where it is taken.
std::string Builder::unique(const std::string& name) {
  std::string free = name;
  for (int number = 2; !taken_.insert(free).second; ++number) free = text(name, '_', number);
  return free;
}

}  // namespace xtape::inline XTAPE_ABI::onnx

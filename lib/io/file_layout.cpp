// SPDX-License-Identifier: MIT
#include "io/file_layout.hpp"

#include "text.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {

Array permuted(const Array& array, const Shape& view, const Axes& order) {
  Shape strides = view, shape, step;
  std::size_t stride = 1;
  for (std::size_t axis = view.size(); axis-- > 0; stride *= view[axis]) strides[axis] = stride;
  for (const std::ptrdiff_t axis : order) {
    shape.push_back(view[static_cast<std::size_t>(axis)]);
    step.push_back(strides[static_cast<std::size_t>(axis)]);
  }
  Array result = uninitialized(shape);
  Shape index(shape.size(), 0);
  std::size_t from = 0;
  for (Scalar& x : result.storage()) {
    x = array.data()[from];
    for (std::size_t axis = shape.size(); axis-- > 0;) {  // counts on, as an odometer does
      from += step[axis];
      if (++index[axis] < shape[axis]) break;
      from -= step[axis] * index[axis];
      index[axis] = 0;
    }
  }
  return result;
}

namespace {

Array under(const Shape& shape, Array array) {
  array.reshape(shape);
  return array;
}

// Whether a path leads to a parameter, or to a layer that it is in.
bool is_at(std::string_view name, std::string_view path) {
  return path.empty() || name == path || (name.starts_with(path) && name[path.size()] == '.');
}

std::string renamed(const std::string& name, const Renames& renames) {
  const std::pair<const std::string, std::string>* longest = nullptr;
  for (const auto& rename : renames)
    if (is_at(name, rename.first) && (!longest || longest->first.size() < rename.first.size()))
      longest = &rename;
  if (!longest) return name;
  const auto& [path, in_file] = *longest;
  const std::string rest =
      name.substr(path.empty() || path == name ? path.size() : path.size() + 1);
  return in_file.empty() || rest.empty() ? in_file + rest : text(in_file, '.', rest);
}

}  // namespace

// A dense weight is seen as one of three axes, with the pixels of a channel together: (H W, C, out) is
// (out, C, H W) in PyTorch.
Shape FileLayout::shape(const Shape& s) const {
  if (layout == Layout::torch && s.size() == 4) return {s[3], s[2], s[0], s[1]};
  if (layout == Layout::torch && s.size() == 3) return {s[2], s[1], s[0]};
  if (layout == Layout::torch && s.size() == 2) return {s[1], s[0]};
  return s;
}

Value FileLayout::to_file(const Value& ours) const {
  const Shape& s = ours->shape();
  if (layout == Layout::torch && s.size() == 4) return permuted(*ours, s, {3, 2, 0, 1});
  if (layout == Layout::torch && s.size() == 3) return permuted(*ours, s, {2, 1, 0});
  if (layout == Layout::torch && s.size() == 2)
    return under(shape(s), permuted(*ours, {s[0] / channels, channels, s[1]}, {2, 1, 0}));
  return ours;
}

Array FileLayout::from_file(Array theirs) const {
  const Shape s = theirs.shape();
  if (layout == Layout::torch && s.size() == 4) return permuted(theirs, s, {2, 3, 1, 0});
  if (layout == Layout::torch && s.size() == 3) return permuted(theirs, s, {2, 1, 0});
  if (layout == Layout::torch && s.size() == 2)
    return under({s[1], s[0]}, permuted(theirs, {s[0], channels, s[1] / channels}, {2, 1, 0}));
  return theirs;
}

void check_listed(const char* op, const std::vector<NamedArray>& arrays) {
  if (arrays.empty())
    throw ValueError(Op::nowhere(op), "the model lists no parameters",
                     "does each of its layers have a public parameters(ParameterList&)?");
}

std::vector<FileLayout> file_layouts(const char* op, const std::vector<NamedArray>& arrays,
                                     const WeightsOptions& options) {
  check_listed(op, arrays);
  const auto fail = [op](const std::string& what, const std::string& hint = {}) {
    throw ValueError(Op::nowhere(op), what, hint);
  };
  const auto is_weight = [](const NamedArray& a) {
    return std::holds_alternative<Parameter*>(a.owner);
  };
  const auto is_laid_out = [&](const NamedArray& a) {
    return is_weight(a) && !std::get<Parameter*>(a.owner)->table;
  };
  const auto has_rank = [&](std::size_t rank) {
    return std::ranges::any_of(arrays, [&](const NamedArray& a) {
      return is_laid_out(a) && a.value()->dimension() == rank;
    });
  };
  if (options.layout == Layout::torch && !options.flattened && (has_rank(3) || has_rank(4)) &&
      has_rank(2))
    fail("the rows of a dense weight depend on whether its input is a flattened image",
         "say .flattened = flattened_images(net, sample)");
  std::vector<FileLayout> layouts;
  for (const NamedArray& a : arrays)
    layouts.push_back({.name = renamed(a.name, options.rename),
                       .layout = is_laid_out(a) ? options.layout : Layout::keras});
  for (const auto& rename : options.rename)
    if (std::ranges::none_of(arrays,
                             [&](const NamedArray& a) { return is_at(a.name, rename.first); }))
      fail(text("there is nothing called ", rename.first, " in the model to rename"),
           "the model's name comes first, then the file's");
  if (options.layout == Layout::keras || !options.flattened) return layouts;
  for (const auto& [name, channels] : *options.flattened) {
    const auto a = std::ranges::find(arrays, name, &NamedArray::name);
    if (a == arrays.end() || !is_weight(*a))
      fail(text("there is no parameter ", name, " to read images"));
    const Shape& shape = a->value()->shape();
    if (shape.size() != 2 || channels == 0 || shape[0] % channels != 0)
      fail(text(name, ' ', shape, " does not read flattened images of ", channels, " channels"));
    layouts[static_cast<std::size_t>(a - arrays.begin())].channels = channels;
  }
  return layouts;
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include <xtape/parameter.hpp>

#include "text.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>

namespace xtape::inline XTAPE_ABI {
namespace {

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

Parameter::Parameter(Array initial)
    : value_{std::move(initial)},
      grad_{zeros(value_->shape())},
      id_{std::allocate_shared<const std::uint64_t>(CachingAllocator<std::uint64_t>{}, next_id())} {
}

const Value& NamedArray::value() const noexcept {
  const auto* const parameter = std::get_if<Parameter*>(&owner);
  return parameter != nullptr ? (*parameter)->shared_value()
                              : (*std::get_if<Buffer*>(&owner))->value;
}

void ParameterList::add(std::string_view name, std::variant<Parameter*, Buffer*> owner) {
  std::string path = prefix_ + std::string{name};
  if (!taken_.insert(path).second)
    throw ValueError(Op::nowhere("parameters"), "the model lists two arrays called " + path);
  items_.push_back({std::move(path), owner});
}

bool Named::operator()(const NamedParameter& parameter) const noexcept {
  // A star takes as little as it can, and one character more whenever what follows it does not fit.
  const std::string& name = parameter.name;
  std::size_t p = 0, n = 0, star = std::string::npos, taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != std::string::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string::npos;
}

namespace detail {

std::vector<NamedParameter> parameters_of(std::span<const NamedArray> arrays) {
  std::vector<NamedParameter> parameters;
  for (const auto& [name, owner] : arrays)
    if (auto* const* parameter = std::get_if<Parameter*>(&owner))
      parameters.push_back({name, *parameter});
  return parameters;
}

std::vector<NamedBuffer> buffers_of(std::span<const NamedArray> arrays) {
  std::vector<NamedBuffer> buffers;
  for (const auto& [name, owner] : arrays)
    if (auto* const* buffer = std::get_if<Buffer*>(&owner)) buffers.push_back({name, *buffer});
  return buffers;
}

std::vector<NamedParameter> chosen(std::vector<NamedParameter> all,
                                   const std::function<bool(const NamedParameter&)>& choose,
                                   Location at) {
  std::vector<NamedParameter> some;
  std::ranges::copy_if(all, std::back_inserter(some), choose);
  if (!some.empty()) return some;
  constexpr std::size_t most = 8;
  std::string names;
  for (std::size_t i = 0; i < all.size() && i < most; ++i)
    names += (i == 0 ? "" : ", ") + all[i].name;
  if (all.size() > most) names += ", ...";
  throw ValueError({"parameters", at},
                   text("none of the model's ", all.size(), " parameters is chosen"),
                   all.empty() ? "it lists none" : "they are " + names);
}

void copy_weights(const std::vector<NamedArray>& from, const std::vector<NamedArray>& to,
                  Location at) {
  const Op op{"copy_weights", at};
  std::unordered_map<std::string_view, const NamedArray*> sources;
  for (const NamedArray& source : from) sources.emplace(source.name, &source);
  for (const NamedArray& target : to) {
    const auto source = sources.find(target.name);
    if (source == sources.end()) throw ValueError(op, "the first model has no " + target.name);
    const Shape &theirs = source->second->value()->shape(), &ours = target.value()->shape();
    if (theirs != ours)
      throw ShapeError(op, text(target.name, " is ", theirs, " in the first model and ", ours,
                                " in the second"));
  }
  if (from.size() != to.size())
    throw ValueError(
        op, text("the first model lists ", from.size(), " arrays and the second ", to.size()));
  for (const NamedArray& target : to) {
    const Value& value = sources.at(target.name)->value();
    if (auto* const* parameter = std::get_if<Parameter*>(&target.owner))
      std::ranges::copy(value->storage(), (*parameter)->value().storage().begin());
    else
      std::get<Buffer*>(target.owner)->value = Array(*value);
  }
}

}  // namespace detail

Frozen::Frozen(std::span<Parameter* const> parameters) {
  for (Parameter* const parameter : parameters)
    if (std::exchange(parameter->trainable, false)) parameters_.push_back(parameter);
}

Frozen::~Frozen() {
  for (Parameter* const parameter : parameters_) parameter->trainable = true;
}

KeptBuffers::KeptBuffers(const std::vector<NamedBuffer>& buffers) {
  for (const auto& [name, buffer] : buffers) kept_.emplace_back(buffer, buffer->value);
}

void KeptBuffers::restore() noexcept {
  for (const auto& [buffer, value] : kept_) buffer->value = value;
}

}  // namespace xtape::inline XTAPE_ABI

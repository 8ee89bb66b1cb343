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

void ParameterList::operator()(std::string_view name, Parameter& parameter) {
  std::string path = prefix_ + std::string{name};
  if (!taken_.insert(path).second)
    throw ValueError(Op::nowhere("parameters"), "the model lists two parameters called " + path);
  items_.push_back({std::move(path), &parameter});
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

}  // namespace detail

Frozen::Frozen(std::span<Parameter* const> parameters) {
  for (Parameter* const parameter : parameters)
    if (std::exchange(parameter->trainable, false)) parameters_.push_back(parameter);
}

Frozen::~Frozen() {
  for (Parameter* const parameter : parameters_) parameter->trainable = true;
}

KeptValues::KeptValues(std::span<Parameter* const> parameters)
    : parameters_{parameters.begin(), parameters.end()} {
  for (const Parameter* parameter : parameters_) values_.emplace_back(parameter->value());
}

KeptValues::~KeptValues() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i]->exchange(values_[i]);
}

void KeptValues::restore() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Value copy{Array(*values_[i])};
    parameters_[i]->exchange(copy);
  }
}

}  // namespace xtape::inline XTAPE_ABI

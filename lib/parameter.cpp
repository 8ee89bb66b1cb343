// SPDX-License-Identifier: MIT
#include <xtape/parameter.hpp>

#include <algorithm>
#include <atomic>

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

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include <xtape/observer.hpp>

#include <xtape/variable.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>

namespace xtape::inline XTAPE_ABI {

std::size_t Observer::Forward::computed() const noexcept {
  std::size_t elements = 0;
  for (const Value& result : results)
    if (std::ranges::none_of(
            inputs, [&](const Variable* input) { return input->value().data() == result->data(); }))
      elements += result->size();
  return elements;
}

thread_local constinit Observer* Observer::newest_ = nullptr;

Observer::~Observer() {
  for (Observer** link = &newest_; *link != nullptr; link = &(*link)->older_)
    if (*link == this) {
      *link = older_;
      return;
    }
  std::fputs("xtape: an Observer must die on the thread that made it\n", stderr);
  std::terminate();
}

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
#include <xtape/observer.hpp>

#include <cstdio>
#include <exception>

namespace xtape::inline XTAPE_ABI {

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

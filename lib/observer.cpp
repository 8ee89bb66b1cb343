// SPDX-License-Identifier: MIT
#include <xtape/observer.hpp>

namespace xtape::inline XTAPE_ABI {

thread_local constinit Observer* Observer::newest_ = nullptr;

Observer::~Observer() {
  // One that dies on another thread than it was made on is not in this one's list.
  for (Observer** link = &newest_; *link != nullptr; link = &(*link)->older_)
    if (*link == this) {
      *link = older_;
      return;
    }
}

}  // namespace xtape::inline XTAPE_ABI

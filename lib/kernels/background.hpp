// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/config.hpp>

#include <functional>
#include <memory>

namespace xtape::inline XTAPE_ABI::kernels {

/// Work that the pool of threads does beside its owner's, one piece at a time.
class Background {
 public:
  Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  /// Abandons it.
  ~Background();

  void run(std::function<void()> work);
  /// Until it is done, on this thread if no other has begun. Throws what the work has thrown.
  void wait();
  /// Leaves it out if it has not begun, else waits; nobody wants its exception.
  void abandon() noexcept;

 private:
  struct Group;
  std::unique_ptr<Group> group_;
};

}  // namespace xtape::inline XTAPE_ABI::kernels

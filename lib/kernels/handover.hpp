// SPDX-License-Identifier: MIT
// What the thread sanitizer is told of the pool of threads, for the sources that are made of oneTBB's headers.
#pragma once

#include <xtape/config.hpp>

#ifdef XTAPE_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace xtape::inline XTAPE_ABI::kernels {

/// That work comes after what was done by who gives it, and before what is done by who has waited for it. oneTBB sees
/// to both; but it is not compiled for the sanitizer, nor are its headers, and without a sanitizer this is nothing.
class Handover {
 public:
  void give() { release(given_); }

  /// Does the work, for as long as it lives.
  class Worker {
   public:
    explicit Worker(Handover& handover) : handover_{handover} { acquire(handover_.given_); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() { release(handover_.done_); }

   private:
    Handover& handover_;
  };

  /// Has waited for it at the end of its life, and be it with an exception of the work.
  class Waiter {
   public:
    explicit Waiter(Handover& handover) : handover_{handover} {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { acquire(handover_.done_); }

   private:
    Handover& handover_;
  };

 private:
#ifdef XTAPE_THREAD_SANITIZER
  static void release(char& place) { __tsan_release(&place); }
  static void acquire(char& place) { __tsan_acquire(&place); }
#else
  static void release(char&) {}
  static void acquire(char&) {}
#endif
  char given_ = 0, done_ = 0;  // two, as pieces of the work have no order among themselves
};

}  // namespace xtape::inline XTAPE_ABI::kernels

// SPDX-License-Identifier: MIT
// The thread that talks to other ranks, so that a pass goes on meanwhile.
#pragma once

#include "distributed/line.hpp"

#include <xtape/distributed/world.hpp>  // which declares it hidden
#include <xtape/op.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include <unistd.h>

namespace xtape::inline XTAPE_ABI::distributed {

/// Does exchanges one after the other, in the order in which they are asked for. There is one in a process that was
/// started among others, from the first use to the end: MPI can be joined once.
class Messenger {
 public:
  using Exchange = std::function<void(Line& line)>;

  /// That of this process; null if it is alone. Throws CommunicationError if the group cannot be joined, and
  /// DataError if there is no module for its launcher.
  static Messenger* of_process(const Op& op);

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }
  /// How many seconds a rank waits for another.
  void set_patience(double seconds) noexcept { patience_ = seconds; }
  /// Does an exchange after those before it. The future has its error; after one all others fail as it did.
  std::future<void> post(std::string what, Exchange exchange);

 private:
  explicit Messenger(const message_passing::Engine& engine);
  void run(const message_passing::Engine& engine, std::promise<void> started);
  std::packaged_task<void(Line&)> next();
  void end(int status);
  void leave(Line& line, int status) const;

  const pid_t process_ = ::getpid();
  int rank_ = 0, size_ = 1;
  std::atomic<double> patience_ = 30;
  std::exception_ptr failure_ = nullptr;  // of the thread alone
  std::mutex mutex_;                      // of the two below
  std::condition_variable posted_;
  std::deque<std::packaged_task<void(Line&)>> exchanges_ = {};
  std::thread thread_;
};

}  // namespace xtape::inline XTAPE_ABI::distributed

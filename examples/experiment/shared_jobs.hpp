// SPDX-License-Identifier: MIT
// Jobs that several processes do beside each other.
#pragma once

#include <xtape/distributed.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

namespace experiment {

/// Jobs that the ranks of a group share out: one that has nothing to do takes the next. A job runs in a thread of its
/// own, as the caller's talks to the other ranks all the time: so none waits for another's job, however long that is.
class SharedJobs {
 public:
  /// Does a job, on the rank that has taken it.
  using Work = std::function<void(std::size_t job)>;
  /// Hears what a job has told, on all ranks and in the same order, in the caller's thread.
  using Hear = std::function<void(std::size_t job, const std::string& news)>;

  explicit SharedJobs(xtape::distributed::World& world) : world_{world} {}

  /// Does so many jobs; none begins after a rank was `interrupted()`. Throws what a job of this rank has thrown, which
  /// then has to end by that, and CommunicationError where another's has.
  void run(std::size_t count, const Work& work, const Hear& hear);

  /// For a job: tells all ranks. What was told just before, and not heard yet, is replaced.
  void tell(std::string news);
  /// For a job: whether it is to end, as a rank was interrupted or has failed.
  bool stopped() const noexcept { return stopped_; }

 private:
  std::string words(bool idle);

  xtape::distributed::World& world_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;  // of the news
  std::string news_ = {};
};

}  // namespace experiment

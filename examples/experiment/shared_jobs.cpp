// SPDX-License-Identifier: MIT
#include "shared_jobs.hpp"

#include "interrupt.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace experiment {
namespace {

constexpr std::chrono::milliseconds pause{100};  // between two times at which ranks talk

}  // namespace

// All ranks hear the same words, so that each knows who takes which job.
void SharedJobs::run(std::size_t count, const Work& work, const Hear& hear) {
  std::vector<std::optional<std::size_t>> jobs(world_.size());  // of each rank
  std::future<void> own;
  std::size_t next = 0;
  try {
    do {
      const bool idle = !own.valid() || own.wait_for(pause) == std::future_status::ready;
      if (own.valid() && idle) own.get();
      const std::vector<std::string> said = world_.gather(words(idle));
      for (std::size_t rank = 0; rank < said.size(); ++rank) {
        if (said[rank].size() > 2) hear(*jobs[rank], said[rank].substr(2));
        if (said[rank][1] == '!') stopped_ = true;
      }
      for (std::size_t rank = 0; rank < said.size(); ++rank)
        if (said[rank][0] == '?')
          jobs[rank] = next < count && !stopped_ ? std::optional{next++} : std::nullopt;
      if (const auto job = jobs[world_.rank()]; idle && job)
        own = std::async(std::launch::async, work, *job);
      else if (idle)
        std::this_thread::sleep_for(pause);
    } while (std::ranges::any_of(jobs, [](const auto& job) { return job.has_value(); }));
  } catch (...) {
    stopped_ = true;  // the future waits for its job
    throw;
  }
}

// Whether this rank asks for a job, whether all are to end, and what its job has told.
std::string SharedJobs::words(bool idle) {
  const std::lock_guard lock{mutex_};
  return std::string{idle ? '?' : '.', interrupted() ? '!' : '.'} + std::exchange(news_, {});
}

void SharedJobs::tell(std::string news) {
  const std::lock_guard lock{mutex_};
  news_ = std::move(news);
}

}  // namespace experiment

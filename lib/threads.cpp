// SPDX-License-Identifier: MIT
#include <xtape/error.hpp>
#include <xtape/threads.hpp>

#include <tbb/global_control.h>

namespace xtape::inline XTAPE_ABI {

struct ThreadLimit::Limit {
  tbb::global_control control;
};

ThreadLimit::ThreadLimit(std::size_t threads) {
  if (threads == 0) throw ValueError(Op::nowhere("threads"), "expected at least 1 thread, got 0");
  limit_.reset(new Limit{{tbb::global_control::max_allowed_parallelism, threads}});
}
ThreadLimit::ThreadLimit(ThreadLimit&&) noexcept = default;
ThreadLimit::~ThreadLimit() = default;

std::size_t thread_count() {
  return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
}

}  // namespace xtape::inline XTAPE_ABI

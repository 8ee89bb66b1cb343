// SPDX-License-Identifier: MIT
#include <xtape/threads.hpp>

#include "ranges.hpp"

#include <tbb/global_control.h>

namespace xtape::inline XTAPE_ABI {

struct ThreadLimit::Limit {
  tbb::global_control control;
};

ThreadLimit::ThreadLimit(std::size_t threads) {
  check_count(Op::nowhere("threads"), "threads", threads);
  limit_.reset(new Limit{{tbb::global_control::max_allowed_parallelism, threads}});
}
ThreadLimit::ThreadLimit(ThreadLimit&&) noexcept = default;
ThreadLimit::~ThreadLimit() = default;

std::size_t thread_count() {
  return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
}

}  // namespace xtape::inline XTAPE_ABI

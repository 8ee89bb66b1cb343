// SPDX-License-Identifier: MIT
#include "distributed/waits.hpp"

#include <numeric>
#include <utility>

namespace xtape::inline XTAPE_ABI::distributed {

Waits::Waits(const message_passing::Engine& engine, int rank, int size)
    : engine_{engine}, rank_{rank}, waits_for_(static_cast<std::size_t>(size)) {
  std::iota(waits_for_.begin(), waits_for_.end(), 0);
  receive();
}

// Where it fails nothing is heard: errors say less then.
void Waits::receive() {
  if (engine_.receive(&news_, sizeof news_, -1, message_passing::waits, received_) != nullptr)
    received_ = nullptr;
}

void Waits::listen(int waits_for) {
  while (received_ != nullptr) {
    bool done = false;
    message_passing::Arrival arrival{};
    if (engine_.test(received_, done, arrival) != nullptr || !done) return;
    waits_for_[static_cast<std::size_t>(arrival.from)] = news_;
    receive();
    tell(waits_for);
  }
}

void Waits::tell(int waits_for) {
  if (std::exchange(told_, true)) return;
  own_ = waits_for;
  for (int other = 0; other < static_cast<int>(waits_for_.size()); ++other)
    if (message_passing::Request* request = nullptr;
        other != rank_ &&
        engine_.send(&own_, sizeof own_, other, message_passing::waits, 0, request) == nullptr)
      sent_.push_back(request);
}

std::optional<int> Waits::culprit(int waits_for) const {
  int rank = waits_for;
  for (std::size_t steps = 0; steps < waits_for_.size() && rank != rank_; ++steps) {
    const int next = waits_for_[static_cast<std::size_t>(rank)];
    if (next == rank) return rank;
    rank = next;
  }
  return {};
}

void Waits::close() {
  if (received_ != nullptr) engine_.cancel(received_);
}

}  // namespace xtape::inline XTAPE_ABI::distributed

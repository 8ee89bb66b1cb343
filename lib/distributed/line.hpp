// SPDX-License-Identifier: MIT
// Messages between ranks, with an end to all waiting.
#pragma once

#include "distributed/engine.hpp"
#include "distributed/waits.hpp"

#include <xtape/memory.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace xtape::inline XTAPE_ABI::distributed {

/// What ranks say to each other: all make the same exchanges in the same order.
class Line {
 public:
  /// Joins the group of all that were started together. Throws CommunicationError.
  explicit Line(const message_passing::Engine& engine);

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }

  /// Begins the next exchange, such as a sum, in which a rank waits at most so many seconds for another.
  void begin(std::string what, double patience);
  /// Sends bytes to a rank, and receives as many as there is room for from one. Throws CommunicationError if what
  /// comes is not of that size or is of another exchange, or nothing comes in time.
  void exchange(int to, std::span<const std::byte> out, int from, std::span<std::byte> in);
  /// Sends alone.
  void send(int to, std::span<const std::byte> out);
  /// Receives alone.
  void receive(int from, std::span<std::byte> in);
  /// Memory for what comes, until the next call.
  std::span<std::byte> scratch(std::size_t bytes);

  /// Waits at most so many seconds until all have come to the end, and leaves the group. Throws CommunicationError.
  void leave(double patience);
  /// Ends all ranks.
  void abort(int status) const { engine_.abort(status); }

 private:
  void begin_send(int to, std::span<const std::byte> out);
  void begin_receive(int from, std::span<std::byte> in);
  void finish(int to, int from, std::size_t bytes);
  bool done(int peer, message_passing::Request*& request, message_passing::Arrival& arrival) const;
  void check(const message_passing::Arrival& arrival, std::size_t bytes) const;
  [[noreturn]] void give_up(int peer);
  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const;

  const message_passing::Engine& engine_;
  int rank_ = 0, size_ = 1;
  std::string what_ = "start";  // the exchange
  double patience_ = 0;
  int number_ = 0;  // of the exchange: the tag of its messages
  message_passing::Request *sent_ = nullptr, *received_ = nullptr;
  std::optional<Waits> waits_ = {};
  PooledVector<std::byte> scratch_ = {};
};

}  // namespace xtape::inline XTAPE_ABI::distributed

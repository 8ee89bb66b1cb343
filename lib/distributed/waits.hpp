// SPDX-License-Identifier: MIT
// Who waits for whom.
#pragma once

#include "distributed/engine.hpp"

#include <xtape/config.hpp>

#include <optional>
#include <vector>

namespace xtape::inline XTAPE_ABI::distributed {

/// What ranks tell each other once one has lost its patience: each that waits, for which other. A rank that is
/// stopped, gone or at work tells nothing, and is the one that all wait for.
class Waits {
 public:
  Waits(const message_passing::Engine& engine, int rank, int size);
  /// Reads what others tell. This rank, which waits for another, answers once.
  void listen(int waits_for);
  /// Tells all others, once.
  void tell(int waits_for);
  /// For which rank this one waits, at the end of a chain that begins with `waits_for`: none if the chain is a circle.
  std::optional<int> culprit(int waits_for) const;
  /// The end of all messages.
  void close();

 private:
  void receive();

  const message_passing::Engine& engine_;
  int rank_, news_ = 0, own_ = 0;  // who this is, what is received, what was told
  bool told_ = false;
  message_passing::Request* received_ = nullptr;
  std::vector<int> waits_for_;  // of each rank; itself while it has told nothing
  std::vector<message_passing::Request*> sent_ = {};
};

}  // namespace xtape::inline XTAPE_ABI::distributed

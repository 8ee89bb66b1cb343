// SPDX-License-Identifier: MIT
// What xtape asks of an implementation of MPI: messages of bytes. A module that alone is built against one, and is
// loaded where a program was started by its launcher, offers these functions; so no program is linked with MPI, and
// one program runs under any. One thread calls them all.
#pragma once

#include <cstdint>

namespace xtape::message_passing {

/// What has arrived.
struct Arrival {
  int from;
  int tag;
  int bytes;
};

/// A message under way, owned by the engine.
struct Request;

/// Functions that return a text have failed if it is not null; the text lasts until the next call.
struct Engine {
  std::uint32_t version;  ///< of this struct
  const char* name;       ///< of the implementation
  /// Joins the group of all that were started together.
  const char* (*start)(int& rank, int& size);
  /// Begins to send. The bytes must stay until the request is done.
  const char* (*send)(const void* data, int bytes, int to, int channel, int tag, Request*& sent);
  /// Begins to receive at most so many bytes, of any tag; from any rank if `from` is negative.
  const char* (*receive)(void* data, int bytes, int from, int channel, Request*& received);
  /// Whether it is done: the request is gone then, and `arrival` tells what a receive has got.
  const char* (*test)(Request*& request, bool& done, Arrival& arrival);
  /// Gives up a receive.
  void (*cancel)(Request*& received);
  /// Leaves the group, which all its ranks must do.
  void (*end)();
  /// Ends the processes of all ranks.
  void (*abort)(int status);
};

constexpr std::uint32_t engine_version = 1;
constexpr int exchanges = 0, waits = 1;  ///< the channels, whose messages do not meet
constexpr int channels = 2;
constexpr int highest_tag = 32767;  ///< that all implementations have

/// What a module has under the name `xtape_message_passing`.
using GetEngine = const Engine* (*)();

}  // namespace xtape::message_passing

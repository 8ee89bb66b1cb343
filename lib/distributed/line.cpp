// SPDX-License-Identifier: MIT
#include "distributed/line.hpp"

#include "text.hpp"

#include <xtape/error.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace xtape::inline XTAPE_ABI::distributed {
namespace {

using message_passing::Arrival;
using message_passing::Request;

constexpr int farewell = 0;                               // the tag of the last message
constexpr std::size_t most_bytes = std::size_t{1} << 30;  // of a message: MPI counts in int
constexpr const char* alike = "do all ranks run the same program, with the same options and data?";
constexpr double hearing = 1;  // seconds in which others say for whom they wait

// How long a rank waits, and what it does meanwhile. It sleeps: the processor may be needed by what it waits for.
class Patience {
 public:
  bool is_over(double seconds) const { return waited_ >= seconds; }
  void pause() {
    constexpr int polls = 50;
    const double longest = waited_ < 1 ? 1e-4 : 1e-3;
    if (++polls_ > polls)
      std::this_thread::sleep_for(Seconds{std::clamp(waited_ / 50, 1e-5, longest)});
    const Clock::time_point now = Clock::now();
    // What is more than a second was no waiting: this process was stopped.
    waited_ += std::min(Seconds{now - last_}.count(), 1.0);
    last_ = now;
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;
  Clock::time_point last_ = Clock::now();
  double waited_ = 0;
  int polls_ = 0;
};

}  // namespace

Line::Line(const message_passing::Engine& engine) : engine_{engine} {
  if (const char* const wrong = engine.start(rank_, size_)) fail(wrong);
  waits_.emplace(engine, rank_, size_);
}

void Line::begin(std::string what, double patience) {
  what_ = std::move(what);
  patience_ = patience;
  number_ = number_ % message_passing::highest_tag + 1;
}

void Line::exchange(int to, std::span<const std::byte> out, int from, std::span<std::byte> in) {
  do {
    const auto sent = out.first(std::min(out.size(), most_bytes));
    const auto received = in.first(std::min(in.size(), most_bytes));
    begin_receive(from, received);
    begin_send(to, sent);
    finish(to, from, received.size());
    out = out.subspan(sent.size());
    in = in.subspan(received.size());
  } while (!out.empty() && !in.empty());
  if (!out.empty()) send(to, out);
  if (!in.empty()) receive(from, in);
}

void Line::send(int to, std::span<const std::byte> out) {
  do {
    const auto part = out.first(std::min(out.size(), most_bytes));
    begin_send(to, part);
    finish(to, to, 0);
    out = out.subspan(part.size());
  } while (!out.empty());
}

void Line::receive(int from, std::span<std::byte> in) {
  do {
    const auto part = in.first(std::min(in.size(), most_bytes));
    begin_receive(from, part);
    finish(from, from, part.size());
    in = in.subspan(part.size());
  } while (!in.empty());
}

std::span<std::byte> Line::scratch(std::size_t bytes) {
  if (scratch_.size() < bytes) scratch_.resize(bytes);
  return std::span{scratch_}.first(bytes);
}

void Line::leave(double patience) {
  begin("farewell", patience);
  number_ = farewell;
  // To all first, as those who wait for this rank must hear of it at once.
  for (int other = 0; other < size_; ++other)
    if (other != rank_) send(other, {});
  for (int other = 0; other < size_; ++other)
    if (other != rank_) receive(other, {});
  waits_->close();
  engine_.end();
}

void Line::begin_send(int to, std::span<const std::byte> out) {
  if (const char* const wrong = engine_.send(out.data(), static_cast<int>(out.size()), to,
                                             message_passing::exchanges, number_, sent_))
    fail(text("cannot send to rank ", to, ": ", wrong));
}

void Line::begin_receive(int from, std::span<std::byte> in) {
  if (const char* const wrong = engine_.receive(in.data(), static_cast<int>(in.size()), from,
                                                message_passing::exchanges, received_))
    fail(text("cannot receive from rank ", from, ": ", wrong));
}

// Waits for what is under way, so many bytes of it from the other rank.
void Line::finish(int to, int from, std::size_t bytes) {
  Arrival arrival{};
  for (Patience patience;; patience.pause()) {
    if (received_ != nullptr && done(from, received_, arrival)) check(arrival, bytes);
    if (sent_ != nullptr) done(to, sent_, arrival);
    if (sent_ == nullptr && received_ == nullptr) return;
    const int peer = received_ != nullptr ? from : to;
    waits_->listen(peer);
    if (patience.is_over(patience_)) give_up(peer);
  }
}

bool Line::done(int peer, Request*& request, Arrival& arrival) const {
  bool done = false;
  if (const char* const wrong = engine_.test(request, done, arrival))
    fail(text("what rank ", peer, " does is no ", what_, " of rank ", rank_, ": ", wrong), alike);
  return done;
}

void Line::check(const Arrival& arrival, std::size_t bytes) const {
  if (arrival.tag == farewell && number_ != farewell)
    fail(
        text("rank ", arrival.from, " has come to its end, while rank ", rank_, " is in a ", what_),
        "what has it printed?");
  if (arrival.tag != number_ || static_cast<std::size_t>(arrival.bytes) != bytes)
    fail(text("rank ", arrival.from, " sent ", arrival.bytes, " bytes of its exchange ",
              arrival.tag, ", rank ", rank_, " expected ", bytes, " of exchange ", number_),
         alike);
}

void Line::give_up(int peer) {
  waits_->tell(peer);
  for (Patience patience; !patience.is_over(hearing); patience.pause()) waits_->listen(peer);
  const std::optional<int> culprit = waits_->culprit(peer);
  if (!culprit)
    fail(text("ranks have waited for each other for ", patience_, " seconds: rank ", rank_,
              " in a ", what_, " for rank ", peer, ", which waits, too"),
         alike);
  fail(text("rank ", *culprit, " has not answered for ", patience_, " seconds: rank ", rank_,
            " waits for ", culprit == peer ? "it" : text("rank ", peer, ", and that for it"),
            " in a ", what_),
       "is it stopped, overloaded or gone? WorldOptions::timeout is how long to wait");
}

void Line::fail(const std::string& what, const std::string& hint) const {
  throw CommunicationError(Op::nowhere("distributed"), what, hint);
}

}  // namespace xtape::inline XTAPE_ABI::distributed

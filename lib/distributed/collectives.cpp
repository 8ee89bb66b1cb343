// SPDX-License-Identifier: MIT
#include "distributed/collectives.hpp"

#include <bit>
#include <cstdint>
#include <utility>

namespace xtape::inline XTAPE_ABI::distributed {
namespace {

constexpr std::size_t few_bytes = 1 << 14;  // of which one message costs more than its bytes

template <class T>
std::span<T> as(std::span<std::byte> bytes) {
  return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
}

template <class T>
void add(std::span<T> sum, std::span<const T> x) {
  T* const s = sum.data();
  for (std::size_t i = 0; i < x.size(); ++i) s[i] += x[i];
}

// Receives as many numbers as there are and adds them.
template <class T>
void receive_and_add(Line& line, int from, std::span<T> numbers) {
  const std::span<T> received = as<T>(line.scratch(numbers.size_bytes()));
  line.receive(from, std::as_writable_bytes(received));
  add<T>(numbers, received);
}

// All numbers with each of log2(ranks) others.
template <class T>
void sum_whole(Line& line, std::span<T> numbers, int ranks) {
  for (int distance = 1; distance < ranks; distance *= 2) {
    const int other = line.rank() ^ distance;
    const std::span<T> received = as<T>(line.scratch(numbers.size_bytes()));
    line.exchange(other, std::as_bytes(numbers), other, std::as_writable_bytes(received));
    add<T>(numbers, received);
  }
}

// Each rank adds up a part, which is half of the one before with each of log2(ranks) others, and then gets the parts
// of these.
template <class T>
void sum_in_parts(Line& line, std::span<T> numbers, int ranks) {
  struct Step {
    int other;
    std::span<T> kept, given;
  };
  std::vector<Step> steps;
  for (int distance = 1; distance < ranks; distance *= 2) {
    const std::span<T> low = numbers.first(numbers.size() / 2), high = numbers.subspan(low.size());
    const bool is_high = (line.rank() & distance) != 0;
    const Step step{line.rank() ^ distance, is_high ? high : low, is_high ? low : high};
    const std::span<T> received = as<T>(line.scratch(step.kept.size_bytes()));
    line.exchange(step.other, std::as_bytes(step.given), step.other,
                  std::as_writable_bytes(received));
    add<T>(step.kept, received);
    numbers = step.kept;
    steps.push_back(step);
  }
  for (; !steps.empty(); steps.pop_back()) {
    const auto& [other, kept, given] = steps.back();
    line.exchange(other, std::as_bytes(kept), other, std::as_writable_bytes(given));
  }
}

template <class T>
void sum_of(Line& line, std::span<T> numbers) {
  const int ranks = static_cast<int>(std::bit_floor(static_cast<unsigned>(line.size())));
  const int partner = line.rank() < ranks ? line.rank() + ranks : line.rank() - ranks;
  if (line.rank() >= ranks) {
    line.send(partner, std::as_bytes(numbers));
    return line.receive(partner, std::as_writable_bytes(numbers));
  }
  if (partner < line.size()) receive_and_add(line, partner, numbers);
  if (numbers.size_bytes() <= few_bytes)
    sum_whole(line, numbers, ranks);
  else
    sum_in_parts(line, numbers, ranks);
  if (partner < line.size()) line.send(partner, std::as_bytes(numbers));
}

}  // namespace

void sum(Line& line, std::span<float> numbers) { sum_of(line, numbers); }
void sum(Line& line, std::span<double> numbers) { sum_of(line, numbers); }

// A rank has what is sent once those that are nearer have it: in each round as many more as there were.
void broadcast(Line& line, std::span<std::byte> bytes, int from) {
  const int size = line.size(), own = (line.rank() - from + size) % size;
  const auto rank_of = [&](int place) { return (place + from) % size; };
  for (int have = 1; have < size; have *= 2)
    if (own < have) {
      if (own + have < size) line.send(rank_of(own + have), bytes);
    } else if (own < 2 * have) {
      line.receive(rank_of(own - have), bytes);
    }
}

std::vector<std::string> gather(Line& line, std::string_view own) {
  std::vector<std::string> texts(static_cast<std::size_t>(line.size()));
  for (int from = 0; from < line.size(); ++from) {
    std::string& text = texts[static_cast<std::size_t>(from)];
    if (from == line.rank()) text = own;
    std::uint64_t bytes = text.size();
    broadcast(line, std::as_writable_bytes(std::span{&bytes, 1}), from);
    text.resize(bytes);
    broadcast(line, std::as_writable_bytes(std::span{text}), from);
  }
  return texts;
}

void barrier(Line& line) {
  const int size = line.size();
  for (int distance = 1; distance < size; distance *= 2)
    line.exchange((line.rank() + distance) % size, {}, (line.rank() - distance + size) % size, {});
}

}  // namespace xtape::inline XTAPE_ABI::distributed

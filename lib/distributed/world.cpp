// SPDX-License-Identifier: MIT
#include <xtape/distributed/world.hpp>

#include "distributed/collectives.hpp"
#include "distributed/messenger.hpp"
#include "ranges.hpp"

#include <bit>

namespace xtape::inline XTAPE_ABI::distributed {

Pending& Pending::operator=(Pending&& other) noexcept {
  if (done_.valid()) done_.wait();
  done_ = std::move(other.done_);
  return *this;
}

Pending::~Pending() {
  if (done_.valid()) done_.wait();
}

void Pending::wait() {
  if (done_.valid()) done_.get();
}

World::World(const WorldOptions& options, Location at) {
  const Op op{"world", at};
  check_positive(op, "timeout", options.timeout);
  if (options.join) messenger_ = Messenger::of_process(op);
  if (messenger_ == nullptr) return;
  rank_ = static_cast<std::size_t>(messenger_->rank());
  size_ = static_cast<std::size_t>(messenger_->size());
  if (size_ == 1) messenger_ = nullptr;
  if (messenger_ != nullptr) messenger_->set_patience(options.timeout);
}

double World::sum(double number) {
  sum(std::span{&number, 1});
  return number;
}

template <class T>
Pending World::begin_sum(std::span<T> numbers) {
  if (messenger_ == nullptr) return {};
  return Pending{messenger_->post(text("sum of ", numbers.size(), " numbers"),
                                  [numbers](Line& line) { distributed::sum(line, numbers); })};
}

Pending World::start_sum(std::span<float> numbers) { return begin_sum(numbers); }
Pending World::start_sum(std::span<double> numbers) { return begin_sum(numbers); }

void World::broadcast(std::span<std::byte> bytes, std::size_t from) {
  if (from >= size_)
    throw ValueError(Op::nowhere("broadcast"), text("there is no rank ", from, " of ", size_));
  if (messenger_ == nullptr) return;
  messenger_
      ->post(text("broadcast of ", bytes.size(), " bytes"),
             [=](Line& line) { distributed::broadcast(line, bytes, static_cast<int>(from)); })
      .get();
}

std::vector<std::string> World::gather(std::string_view own) {
  if (messenger_ == nullptr) return {std::string{own}};
  std::vector<std::string> texts;
  messenger_->post("gather", [&](Line& line) { texts = distributed::gather(line, own); }).get();
  return texts;
}

void World::barrier() {
  if (messenger_ != nullptr) messenger_->post("barrier", distributed::barrier).get();
}

data::Shards World::shards(std::size_t count, Location at) const {
  if (count == 0 || count == size_) return {size_, rank_, 1};
  if (!std::has_single_bit(count) || !std::has_single_bit(size_) || count < size_)
    throw ValueError({"shards", at},
                     text("expected a power of two of shards, at least as many as ranks, whose "
                          "number is a power of two, too; got ",
                          counted(count, "shard"), " and ", counted(size_, "rank")),
                     "0 shards are as many as ranks, of which there can be any number");
  const std::size_t own = count / size_;
  return {count, rank_ * own, own};
}

}  // namespace xtape::inline XTAPE_ABI::distributed

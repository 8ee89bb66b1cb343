// SPDX-License-Identifier: MIT
#include <xtape/data/batches.hpp>

#include "data/checks.hpp"
#include "kernels/background.hpp"

#include <xtape/observer.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#include <cxxabi.h>
#include <unistd.h>

namespace xtape::inline XTAPE_ABI::data {
namespace {

// std::exit destroys what is static, a dataset too, but leaves the loop from which it was called as it is, with
// a gather that reads the dataset. A handler that is registered after the dataset was made runs before it is
// destroyed. As if its object were a library of its own, it can be taken back, so that a process of many loops
// does not gather handlers; other C libraries than GNU's do not do that.
void call_at_exit(void (*handler)(void*), void* object) {
#ifdef __GLIBC__
  abi::__cxa_atexit(handler, object, object);
#endif
}
// Calls it now instead.
void do_not_call_at_exit(void* object) {
#ifdef __GLIBC__
  abi::__cxa_finalize(object);
#endif
}

[[noreturn]] void wait_for_the_end() {
  while (true) std::this_thread::sleep_for(std::chrono::hours{1});
}

}  // namespace

// While part k of the loop is in use, a batch or a shard of one, those up to k + depth are gathered, one after the other. Each has memory of its own, as what
// was in earlier ones may be in use still: the pool has what nobody uses any more.
class Batches::Loader {
 public:
  Loader(const Dataset& dataset, std::size_t batch_size, const Op& op)
      : dataset_{dataset}, batch_size_{batch_size}, op_{op} {
    check_count(op, "batch_size", batch_size);
    if (dataset.size() > std::numeric_limits<std::uint32_t>::max())
      throw ValueError(op, text("expected fewer than 2^32 samples, got ", dataset.size()));
    order_ = in_order(dataset.size());
    call_at_exit([](void* self) { static_cast<Loader*>(self)->stop(); }, this);
  }
  ~Loader() {
    abandon();
    do_not_call_at_exit(this);
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  void shuffle(Rng& rng) {
    seed_ = rng.seed(), position_ = rng.position();
    data::shuffle(order_, rng);
    if (rng.position() == position_) rng();  // the order of one sample; the next begins elsewhere
  }

  std::size_t samples() const noexcept { return order_.size(); }
  std::size_t size() const noexcept {
    return order_.size() / batch_size_ + (order_.size() % batch_size_ != 0);
  }
  bool at_end() const noexcept { return at_end(current_); }
  const Batch& current() const noexcept { return batches_[current_ % batches_.size()]; }

  void skip(std::size_t count) noexcept { skipped_ = count; }
  void take(std::size_t count) noexcept { taken_ = count; }
  void cut(const Shards& shards, const Op& op) {
    const auto& [count, first, own] = shards;
    check_count(op, "count", count);
    check_count(op, "own", own);
    if (first >= count || own > count - first)
      throw ValueError(op, text("there are no ", own, " shards from ", first, " on, of ", count));
    shards_ = shards;
  }
  void drop_last() noexcept { order_.resize(order_.size() - order_.size() % batch_size_); }
  void prefetch(std::size_t depth) noexcept { next_depth_ = depth; }
  void restart() {
    abandon();
    check_shards();
    const std::size_t first = std::min(skipped_, size());
    end_ = (first + std::min(taken_, size() - first)) * shards_.own;
    depth_ = std::min(next_depth_, end_);
    batches_.resize(depth_ + 1);
    made_ = gathered_ = wanted_ = first * shards_.own;
    busy_ = false;
    advance_to(made_);
  }
  void advance() { advance_to(current_ + 1); }

 private:
  bool at_end(std::size_t k) const noexcept { return k >= end_; }
  void advance_to(std::size_t k) {
    Observer::each([](Observer& o) { o.start(); });
    arrive(k);
    if (at_end()) return;
    Observer::each([&](Observer& o) { o.batch(bytes(current())); });
  }

  // Waits for batch k, and has those behind it gathered in the meantime.
  void arrive(std::size_t k) {
    current_ = end_;  // where an exception leaves it
    ask_for(k);
    wait_for(k);
    ask_for(k + depth_);
    current_ = k;
  }

  // Makes the batches up to k, and has them gathered in the background.
  void ask_for(std::size_t k) {
    for (; made_ < end_ && made_ <= k; ++made_) make(made_);
    if (depth_ == 0) return;
    {
      const std::lock_guard lock{queue_};
      wanted_ = made_;
      if (busy_ || gathered_ >= wanted_) return;
      busy_ = true;
    }
    background_.run([this] { gather_wanted(); });
  }
  void wait_for(std::size_t k) {
    if (at_end(k)) return;
    if (depth_ == 0) return gather(k);
    {
      const std::lock_guard lock{queue_};
      if (gathered_ > k) return;
      wanted_ = k + 1;  // those behind it can wait
    }
    background_.wait();
  }
  void abandon() noexcept {
    {
      const std::lock_guard lock{queue_};
      wanted_ = 0;
    }
    background_.abandon();
  }

  // What an exception leaves is for who waits for that batch: nobody goes on.
  void gather_wanted() {
    std::unique_lock lock{queue_};
    for (; gathered_ < wanted_; ++gathered_) {
      lock.unlock();
      gather(gathered_);
      lock.lock();
    }
    busy_ = false;
  }

  void make(std::size_t k) {
    const std::lock_guard lock{making_};
    if (stopped_) wait_for_the_end();  // another thread has called std::exit
    const std::size_t count = indices(k).size();
    Batch& batch = batches_[k % batches_.size()];
    batch = {};  // an earlier one
    batch = dataset_.make_batch(count);
    check(batch, count);
    batch.number = number(k);
    batch.shard = shard(k);
    batch.share = static_cast<double>(count) / static_cast<double>(whole(k));
    batch.key = Rng{~name(k)}();
  }
  void gather(std::size_t k) {
    const std::lock_guard lock{gathering_};
    Rng rng{name(k)};
    if (!stopped_) dataset_.gather(indices(k), batches_[k % batches_.size()], rng);
  }

  std::size_t number(std::size_t k) const noexcept { return k / shards_.own; }
  std::size_t shard(std::size_t k) const noexcept { return shards_.first + k % shards_.own; }
  // The samples of the batch that it is of.
  std::size_t whole(std::size_t k) const noexcept {
    return std::min(batch_size_, samples() - number(k) * batch_size_);
  }
  std::span<const std::uint32_t> indices(std::size_t k) const {
    const std::size_t i = shard(k);
    const auto begin_of = [&](std::size_t s) { return s * whole(k) / shards_.count; };
    return std::span{order_}.subspan(number(k) * batch_size_ + begin_of(i),
                                     begin_of(i + 1) - begin_of(i));
  }

  // No shard is empty: whoever has it could make no pass over it.
  void check_shards() const {
    const std::size_t left = samples() % batch_size_,
                      least = left > 0 ? left : std::min(batch_size_, samples());
    if (least < shards_.count && samples() > 0)
      throw ValueError(
          op_, text("a batch of ", least, " samples cannot be cut into ", shards_.count, " shards"),
          left > 0 ? "drop_last, or another batch size" : "a larger batch size?");
  }

  void check(const Batch& batch, std::size_t count) const {
    for (const auto* columns : {&batch.inputs, &batch.targets})
      for (const Column& column : *columns)
        if (column.shape().empty() || column.shape()[0] != count)
          throw ShapeError(op_, text("the dataset made a column ", column.shape(),
                                     " for a batch of ", count, " samples"));
    if (!batch.weights.empty() && batch.weights.size() != count)
      throw ShapeError(op_, text("the dataset made ", batch.weights.size(),
                                 " weights for a batch of ", count, " samples"));
  }

  // Names the generator of part k: it must not depend on what others have drawn. It is a draw, that of the batch's
  // number, of a stream that is of this order alone, which a draw of a stream that nobody else uses names, at the
  // position where the order began. Shards have names by it.
  std::uint64_t name(std::size_t k) const {
    const std::uint64_t of_batch = Rng{Rng{~seed_, position_}(), number(k)}();
    return shards_.count == 1 ? of_batch : Rng{of_batch, shard(k)}();
  }

  static std::size_t bytes(const Batch& batch) {
    std::size_t sum = 0;
    for (const auto* columns : {&batch.inputs, &batch.targets})
      for (const Column& column : *columns)
        sum += column.size() * (column.has_ids() ? sizeof(std::int32_t) : sizeof(Scalar));
    return sum;
  }

  // Waits until nobody reads the dataset, and lets nobody do so again. A gather that has itself called
  // std::exit is not waited for, nor one that was under way when this process was forked: it is not here.
  void stop() noexcept {
    if (::getpid() != process_) return;
    const std::scoped_lock lock{making_, gathering_};
    stopped_ = true;
  }

  const Dataset& dataset_;
  std::size_t batch_size_;
  Op op_;
  std::uint64_t seed_ = 0, position_ = 0;  // of the generator before the order was drawn
  std::vector<std::uint32_t> order_;
  std::size_t depth_ = 1, next_depth_ = 1;  // of this loop, and of the next
  std::vector<Batch> batches_;              // that in use, and those behind it
  Shards shards_ = {};
  std::size_t skipped_ = 0, taken_ = std::numeric_limits<std::size_t>::max();  // batches
  std::size_t current_ = 0, end_ = 0;
  std::size_t made_ = 0;                   // batches before this one are there, to be gathered
  std::mutex queue_;                       // of the three below
  std::size_t gathered_ = 0, wanted_ = 0;  // batches before these
  bool busy_ = false;                      // whether the background goes on to what is wanted
  const pid_t process_ = ::getpid();
  std::recursive_mutex making_, gathering_;  // held by who reads the dataset
  std::atomic<bool> stopped_ = false;
  kernels::Background background_;
};

Batches::Batches(std::unique_ptr<Loader> loader) noexcept : loader_{std::move(loader)} {}
Batches::Batches(Batches&&) noexcept = default;
Batches& Batches::operator=(Batches&&) noexcept = default;
Batches::~Batches() = default;

void Batches::skip(std::size_t count) noexcept { loader_->skip(count); }
void Batches::take(std::size_t count) noexcept { loader_->take(count); }
void Batches::shards(const Shards& shards, Location at) { loader_->cut(shards, {"shards", at}); }
void Batches::drop_last() noexcept { loader_->drop_last(); }
void Batches::prefetch(std::size_t depth) noexcept { loader_->prefetch(depth); }
Batches::Iterator Batches::begin() {
  loader_->restart();
  return Iterator{*loader_};
}
std::size_t Batches::size() const noexcept { return loader_->size(); }
std::size_t Batches::samples() const noexcept { return loader_->samples(); }

const Batch& Batches::Iterator::operator*() const noexcept { return loader_->current(); }
Batches::Iterator& Batches::Iterator::operator++() {
  loader_->advance();
  return *this;
}
bool Batches::Iterator::operator==(std::default_sentinel_t) const noexcept {
  return loader_->at_end();
}

Batches batches(const Dataset& dataset, std::size_t batch_size, Rng& rng, Location at) {
  auto loader = std::make_unique<Batches::Loader>(dataset, batch_size, Op{"batches", at});
  loader->shuffle(rng);
  return Batches{std::move(loader)};
}

Batches batches(const Dataset& dataset, std::size_t batch_size, Location at) {
  return Batches{std::make_unique<Batches::Loader>(dataset, batch_size, Op{"batches", at})};
}

}  // namespace xtape::inline XTAPE_ABI::data

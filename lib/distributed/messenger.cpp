// SPDX-License-Identifier: MIT
#include "distributed/messenger.hpp"

#include "distributed/launcher.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <pthread.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace xtape::inline XTAPE_ABI::distributed {
namespace {

// Seconds for the others to end by themselves after this rank has failed, and for what they say to be passed on.
constexpr double grace = 2, moment = 0.3;

void rest(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>{seconds}); }

// Signals are for the threads of the program.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

// Calls end(status, object) when the program ends; its status is not known everywhere.
void at_exit(void (*end)(int status, void* object), void* object) {
#ifdef __GLIBC__
  ::on_exit(end, object);
#else
  static auto* const end_it = end;
  static void* const its = object;
  std::atexit([] { end_it(0, its); });
#endif
}

// Naps of some microseconds: Linux makes each longer by 50 otherwise.
void ask_for_exact_naps() {
#ifdef __linux__
  ::prctl(PR_SET_TIMERSLACK, 1000UL);
#endif
}

}  // namespace

Messenger* Messenger::of_process(const Op& op) {
  static Messenger* const messenger = [&op]() -> Messenger* {
    const message_passing::Engine* const engine = engine_of_launcher(op);
    return engine == nullptr ? nullptr : new Messenger{*engine};  // to the end of the process
  }();
  return messenger;
}

Messenger::Messenger(const message_passing::Engine& engine) {
  std::promise<void> joined;
  std::future<void> started = joined.get_future();
  {
    const SignalsBlocked blocked;
    thread_ = std::thread{
        [this, &engine, joined = std::move(joined)]() mutable { run(engine, std::move(joined)); }};
  }
  try {
    started.get();
  } catch (...) {
    thread_.join();
    throw;
  }
  // With its status a process says whether it did what it was asked for.
  at_exit([](int status, void* self) { static_cast<Messenger*>(self)->end(status); }, this);
}

std::future<void> Messenger::post(std::string what, Exchange exchange) {
  std::packaged_task<void(Line&)> task{
      [this, what = std::move(what), exchange = std::move(exchange)](Line& line) {
        if (failure_) std::rethrow_exception(failure_);
        try {
          line.begin(what, patience_);
          exchange(line);
        } catch (...) {
          failure_ = std::current_exception();
          throw;
        }
      }};
  std::future<void> done = task.get_future();
  {
    const std::lock_guard lock{mutex_};
    exchanges_.push_back(std::move(task));
  }
  posted_.notify_one();
  return done;
}

void Messenger::run(const message_passing::Engine& engine, std::promise<void> started) {
  ask_for_exact_naps();
  std::optional<Line> line;
  try {
    line.emplace(engine);
    rank_ = line->rank(), size_ = line->size();
  } catch (...) {
    return started.set_exception(std::current_exception());
  }
  started.set_value();
  for (auto exchange = next(); exchange.valid(); exchange = next()) exchange(*line);
}

// One that is not valid is the last.
std::packaged_task<void(Line&)> Messenger::next() {
  std::unique_lock lock{mutex_};
  posted_.wait(lock, [this] { return !exchanges_.empty(); });
  std::packaged_task<void(Line&)> exchange = std::move(exchanges_.front());
  exchanges_.pop_front();
  return exchange;
}

void Messenger::leave(Line& line, int status) const {
  try {
    line.leave(status == 0 ? patience_.load() : std::min(patience_.load(), grace));
  } catch (const std::exception& error) {
    if (status == 0) std::fprintf(stderr, "%s\n", error.what());
    rest(grace);
    throw;
  }
}

// Where this rank or another has failed, all are ended, after a moment for those to say so who have heard of it.
void Messenger::end(int status) {
  if (::getpid() != process_) return;  // a fork, without the thread
  std::fflush(nullptr);  // another rank may end this one as soon as all have taken leave
  {
    const std::lock_guard lock{mutex_};
    exchanges_.emplace_back([this, status](Line& line) {
      try {
        if (failure_) std::rethrow_exception(failure_);
        leave(line, status);
      } catch (...) {
        rest(moment);
        line.abort(status == 0 ? 1 : status);
      }
    });
    exchanges_.emplace_back();
  }
  posted_.notify_one();
  thread_.join();
}

}  // namespace xtape::inline XTAPE_ABI::distributed

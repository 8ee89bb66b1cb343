// SPDX-License-Identifier: MIT
// The profiler: which calls it counts, and what it says of them.
#include "../io/files.hpp"
#include "../support.hpp"

#include <xtape/data.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/optim.hpp>
#include <xtape/watch/profile.hpp>

#include <nlohmann/json.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <thread>

#include <unistd.h>

using namespace test;

BOOST_AUTO_TEST_SUITE(profile)

using Phase = Profiler::Phase;

namespace {

// The row of a name in a phase, or one without calls.
Profiler::Row row(const Profiler& profiler, const std::string& name, Phase phase) {
  for (const Profiler::Row& each : profiler.rows())
    if (each.name == name && each.phase == phase) return each;
  return {};
}

// A step of a small model.
void step(Dense& dense, Optimizer& optimizer) {
  Tape tape;
  const Variable x = tape.variable(random({4, 3}));
  tape.backward(mean(square(dense(x))), ClipNorm{1e9}, optimizer);
}

}  // namespace

BOOST_AUTO_TEST_CASE(calls_flops_and_bytes) {
  Rng rng{1};
  Dense dense{{.in = 3, .out = 5}, rng};
  Adam adam;
  Profiler profiler;
  for (int i = 0; i < 3; ++i) step(dense, adam);
  constexpr double size = sizeof(Scalar);

  const Profiler::Row forward = row(profiler, "dense", Phase::forward);
  BOOST_TEST(forward.calls == 3u);
  BOOST_TEST(forward.flops == 3 * 2 * 4 * 3 * 5.0);
  BOOST_TEST(forward.bytes == 3 * size * (4 * 3 + 3 * 5 + 5 + 4 * 5));
  BOOST_TEST(forward.seconds > 0);
  const Profiler::Row backward = row(profiler, "dense", Phase::backward);
  BOOST_TEST(backward.calls == 9u);  // x, weight and bias
  BOOST_TEST(backward.flops == 2 * forward.flops);
  BOOST_TEST(row(profiler, "square", Phase::forward).flops == 0);
  BOOST_TEST(row(profiler, "square", Phase::backward).calls == 3u);

  BOOST_TEST(row(profiler, "clip_norm", Phase::update).calls == 3u);
  const Profiler::Row update = row(profiler, "adam", Phase::update);
  BOOST_TEST(update.calls == 3u);
  BOOST_TEST(update.bytes == 3 * 7 * size * (3 * 5 + 5));

  double sum = 0;
  for (const Profiler::Row& each : profiler.rows()) sum += each.seconds;
  BOOST_TEST(profiler.seconds(Phase::data) == 0);
  BOOST_TEST(std::abs(sum - profiler.seconds(Phase::forward) - profiler.seconds(Phase::backward) -
                      profiler.seconds(Phase::update)) < 1e-12);
  profiler.reset();
  BOOST_TEST(profiler.rows().empty());
}

BOOST_AUTO_TEST_CASE(time_is_that_of_the_op) {
  const auto slow = [](const Variable& x) {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    return record("slow", x.value(), wrt(x, [](Array&) {}));
  };
  Profiler profiler;
  std::this_thread::sleep_for(std::chrono::milliseconds{30});  // before the tape: nobody's
  Tape tape;
  tape.backward(sum(slow(tape.variable(zeros({2})))));
  const double seconds = row(profiler, "slow", Phase::forward).seconds;
  BOOST_TEST((seconds >= 0.02 && profiler.seconds(Phase::forward) - seconds < 0.02));
  BOOST_TEST(profiler.rows()[0].name == "slow");  // the longest first
}

BOOST_AUTO_TEST_CASE(it_sees_its_own_thread_while_it_lives) {
  BOOST_TEST(!Observer::any());
  {
    Profiler profiler;
    BOOST_TEST(Observer::any());
    std::thread{[] {
      Tape tape;
      BOOST_TEST(!Observer::any());
      tape.backward(sum(tape.variable(zeros({2}))));
    }}.join();
    BOOST_TEST(profiler.rows().empty());
  }
  BOOST_TEST(!Observer::any());
}

BOOST_AUTO_TEST_CASE(a_tape_may_outlive_it_and_be_older) {
  Tape tape;
  const Variable x = tape.variable(zeros({2}));
  std::optional<Profiler> profiler{std::in_place};
  const Variable y = square(x);
  BOOST_TEST(row(*profiler, "square", Phase::forward).calls == 1u);
  profiler.reset();
  tape.backward(sum(y));
  BOOST_TEST(elements(x.grad()) == std::vector<double>(2, 0));
}

BOOST_AUTO_TEST_CASE(names_need_not_last) {
  Profiler profiler;
  {
    const std::string name = "a name that is kept in memory of its own";
    Tape tape;
    record(name.c_str(), zeros({2}), wrt(tape.variable(zeros({2})), [](Array&) {}));
  }
  BOOST_TEST(profiler.rows().at(0).name == "a name that is kept in memory of its own");
}

// One per batch, and none for the end of the epoch.
BOOST_AUTO_TEST_CASE(batches_are_counted) {
  const data::ImageDataset digits = data::synthetic_digits({.count = 10});
  Profiler profiler;
  for (const auto& batch : data::batches(digits, 4)) BOOST_TEST(batch.size() > 0u);
  BOOST_TEST(row(profiler, "batches", Phase::data).calls == 3u);
}

// As on a full disk: the old trace stays.
BOOST_AUTO_TEST_CASE(a_trace_is_whole_or_not_there) {
  const Directory directory;
  const std::string path = directory / "trace";
  Rng rng{1};
  Dense dense{{.in = 3, .out = 5}, rng};
  SGD sgd;
  Profiler profiler;
  step(dense, sgd);
  profiler.write_trace(path);
  const std::string before = read_bytes(path);
  for (int i = 0; i < 9; ++i) step(dense, sgd);
  std::optional<SizeLimit> limit{before.size() + 99};
  BOOST_CHECK_EXCEPTION(profiler.write_trace(path), DataError, [&](const DataError& error) {
    return error.what() == "[profiler] cannot write " + path + ": File too large";
  });
  limit.reset();
  BOOST_TEST(read_bytes(path) == before);
  BOOST_TEST(directory.files() == 1u);
}

BOOST_AUTO_TEST_CASE(a_trace_is_json_in_order_of_time) {
  Rng rng{1};
  Dense dense{{.in = 3, .out = 5}, rng};
  SGD sgd;
  Profiler profiler;
  step(dense, sgd);
  std::string path = "/tmp/xtape-trace-XXXXXX";
  const int file = ::mkstemp(path.data());
  ::close(file);
  profiler.write_trace(path);
  const auto trace = nlohmann::json::parse(std::ifstream{path});
  ::unlink(path.c_str());
  const auto& events = trace.at("traceEvents");
  BOOST_REQUIRE(events.size() == 3u + 5u + 2u);
  double end = 0;
  for (const auto& event : events) {
    BOOST_TEST(event.at("ph") == "X");
    BOOST_TEST(event.at("ts").get<double>() >= end);
    end = event.at("ts").get<double>() + event.at("dur").get<double>() - 1e-6;
  }
  BOOST_TEST(events.front().at("name") == "dense");
  BOOST_TEST(events.front().at("cat") == "forward");
  BOOST_TEST(events.back().at("name") == "sgd");
  BOOST_CHECK_THROW(profiler.write_trace("/nowhere/trace.json"), DataError);
}

BOOST_AUTO_TEST_SUITE_END()

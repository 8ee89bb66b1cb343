// SPDX-License-Identifier: MIT
// How well data-parallel training scales: predicted for many ranks from what one does, as docs/distributed.md shows.
//   scaling [STEPS]              a table for networks that others have measured
//   mpirun -n 2 scaling [STEPS]  what is predicted for these ranks and their connection, beside what they need
// A step on n ranks is simulated: gradients are complete at moments of the backward pass, which are measured; they are
// sent in buckets, as by AllReduce, one after the other, each of S bytes in
//   t = 2 a log2(n) + 2 S (n - 1) / (n B) + S (n - 1) / (n A)
// with the latency a and the bandwidth B of the network, and the rate A at which a core adds. The step is over when the
// last has come, those of running statistics, which begin behind the backward pass, too, and the optimizer has run.
// Efficiency is what the passes of one rank alone take, over that. The fastest step stands for all, and for the table
// seconds are those of the processor, so that what else the machine does has little part in it.
#include <models/models.hpp>
#include <models/text.hpp>
#include <xtape/xtape.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <time.h>

using namespace xtape;

namespace {

using Clock = double (*)();  // in seconds

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Of this thread, on a processor.
double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

// How long a step of one rank is, and when its gradients are complete.
struct Step {
  struct Gradient {
    double at;  // seconds into the backward pass
    double bytes;
  };
  double forward = 0, backward = 0, update = 0;
  double buffers = 0;  // bytes
  std::vector<Gradient> gradients = {};
  double alone() const { return forward + backward + update; }
};

struct Network {
  std::string name;
  double latency, bandwidth;  // seconds, and bytes in a second
  double adding = 4e9;        // bytes of sums in a second, of a core
};

double sum_time(double bytes, double ranks, const Network& network) {
  const double part = bytes * (ranks - 1) / ranks;
  return 2 * network.latency * std::log2(ranks) + 2 * part / network.bandwidth +
         part / network.adding;
}

double predicted(const Step& step, double ranks, const Network& network) {
  const distributed::AllReduceOptions options;
  double free = 0, waiting = 0;  // when the last sum is done; bytes of the open bucket
  const auto send = [&](double at) {
    if (waiting > 0) free = std::max(free, at) + sum_time(waiting, ranks, network);
    waiting = 0;
  };
  for (const Step::Gradient& gradient : step.gradients) {
    const double enough = static_cast<double>(free == 0 ? options.first_bucket : options.bucket);
    waiting += gradient.bytes;
    if (waiting >= enough) send(gradient.at);
  }
  send(step.backward);
  waiting = step.buffers;
  send(step.backward);
  return step.forward + std::max(step.backward, free) + step.update;
}

// Tells when gradients are complete.
struct Moments : Visitor {
  explicit Moments(Clock clock) : now{clock} {}
  void begin(std::span<Parameter* const>) override {}
  void ready(Parameter& p) override {
    gradients.push_back({now() - start, double(p.size() * sizeof(Scalar))});
  }
  void visit(Parameter&) override {}
  Clock now;
  double start = now();
  std::vector<Step::Gradient> gradients = {};
};

// What is trained.
struct Subject {
  std::string name;
  std::shared_ptr<void> model;
  Task task;
  std::shared_ptr<data::Dataset> data;
};

// The fastest.
Step measured(const Subject& subject, std::size_t batch_size, int steps, Clock now) {
  Rng rng{1};
  Adam adam;
  std::vector<Step> all;
  double buffers = 0;
  for (const NamedBuffer& named : detail::buffers_of(subject.task.arrays))
    buffers += double(named.buffer->value->size() * sizeof(Scalar));
  while (static_cast<int>(all.size()) < steps)
    for (const data::Batch& batch : data::batches(*subject.data, batch_size, rng)) {
      if (batch.size() < batch_size || static_cast<int>(all.size()) == steps) break;
      Step step{.buffers = buffers};
      const double start = now();
      Tape tape{Mode::train, rng};
      const Variable loss = subject.task.step(tape, batch).loss;
      const double before = now();
      Moments moments{now};
      tape.backward(loss, moments);
      const double behind = now();
      walk(tape.parameters(), adam);
      step.forward = before - start, step.backward = behind - before;
      step.update = now() - behind;
      step.gradients = std::move(moments.gradients);
      all.push_back(std::move(step));
    }
  return *std::ranges::min_element(all, {}, &Step::alone);
}

// What all ranks need for a step.
double together(distributed::World& world, const Subject& subject, std::size_t batch_size,
                int steps) {
  Rng rng{1};
  Adam adam;
  distributed::AllReduce all_reduce{world, detail::buffers_of(subject.task.arrays), {}};
  std::vector<double> times;
  while (static_cast<int>(times.size()) < steps)
    for (const data::Batch& batch : data::batches(*subject.data, batch_size, rng)) {
      if (batch.size() < batch_size || static_cast<int>(times.size()) == steps) break;
      const double start = seconds();
      Tape tape{Mode::train, rng};
      tape.backward(subject.task.step(tape, batch).loss, all_reduce, adam);
      times.push_back(seconds() - start);
    }
  return std::ranges::min(times);
}

// Latency and bandwidth between these ranks.
Network measured(distributed::World& world) {
  const auto time = [&](std::size_t count) {
    std::vector<float> numbers(count);
    std::vector<double> times;
    for (int i = 0; i < 50; ++i) {
      const double start = seconds();
      world.sum(std::span{numbers});
      times.push_back(seconds() - start);
    }
    return std::ranges::min(times);
  };
  Network network{"these ranks", 0, 0, 1e300};  // adding is in the bandwidth
  const auto ranks = static_cast<double>(world.size());
  constexpr std::size_t many = 1 << 20;
  network.latency = time(1) / (2 * std::log2(ranks));
  const double part = sizeof(float) * many * (ranks - 1) / ranks;
  network.bandwidth = 2 * part / std::max(1e-9, time(many) - time(1));
  return network;
}

template <class Model, class Data>
Subject subject(std::string name, std::shared_ptr<Model> model, Data data) {
  return {std::move(name), model, classification(*model), std::make_shared<Data>(std::move(data))};
}

std::vector<Subject> subjects() {
  Rng rng{1};
  const std::string letters = [] {
    std::string all;
    for (std::size_t i = 0; i < 40'000; ++i) all += static_cast<char>(' ' + (i * i / 7) % 65);
    return all;
  }();
  const data::Vocabulary vocabulary{letters};
  return {subject("CNN", std::make_shared<Sequential>(models::cnn(rng)),
                  data::synthetic_digits({.count = 640, .seed = 1})),
          subject("ResNet-20", std::make_shared<Sequential>(models::resnet20(rng)),
                  data::synthetic_pictures({.count = 640, .seed = 1})),
          subject("transformer",
                  std::make_shared<models::TextTransformer>(
                      models::TextTransformer::Options{.vocabulary = vocabulary.size()}, rng),
                  data::TextDataset{vocabulary.encode(letters), {.context = 64}})};
}

// Payload of Ethernet with frames of 1,500 bytes, by TCP; and Open MPI 1.8.1 by usNIC, 1.93 us and 37.23 Gbit/s (J.
// Squyres, "MPI over 40Gb Ethernet", blogs.cisco.com, 2014).
const std::vector<Network> networks{{"1 Gbit/s, 50 us", 50e-6, 0.117e9},
                                    {"10 Gbit/s, 50 us", 50e-6, 1.17e9},
                                    {"37 Gbit/s, 1.9 us", 1.93e-6, 4.65e9}};

void tabulate(int steps) {
  std::printf(
      "| network | model | batch per rank | 2 | 4 | 8 | 16 | 64 | 256 | 1,024 |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (const Subject& subject : subjects())
    for (const std::size_t batch_size : {8, 64}) {
      const Step step = measured(subject, batch_size, steps, processor_seconds);
      for (const Network& network : networks) {
        std::printf("| %s | %s | %zu |", network.name.c_str(), subject.name.c_str(), batch_size);
        for (const double ranks : {2, 4, 8, 16, 64, 256, 1024})
          std::printf(" %.2f |", step.alone() / predicted(step, ranks, network));
        std::printf("\n");
      }
    }
}

void compare(distributed::World& world, int steps) {
  const Network network = measured(world);
  if (world.first())
    std::printf("%zu ranks, latency %.0f us, %.2f GB/s\n", world.size(), 1e6 * network.latency,
                1e-9 * network.bandwidth);
  for (const Subject& subject : subjects())
    for (const std::size_t batch_size : {8, 64}) {
      // At once, as they share what they share.
      const Step step = measured(subject, batch_size, steps, seconds);
      const double all = together(world, subject, batch_size, steps);
      if (world.first())
        std::printf("%-12s batch %2zu  alone %.2f ms  predicted %.2f ms  measured %.2f ms\n",
                    subject.name.c_str(), batch_size, 1e3 * step.alone(),
                    1e3 * predicted(step, double(world.size()), network), 1e3 * all);
    }
}

}  // namespace

int main(int argc, char** argv) {
  const int steps = argc > 1 ? std::stoi(argv[1]) : 50;
  const ThreadLimit one{1};
  distributed::World world;
  if (world.alone())
    tabulate(steps);
  else
    compare(world, steps);
}

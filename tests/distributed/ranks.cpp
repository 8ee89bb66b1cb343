// SPDX-License-Identifier: MIT
// A program of several ranks, which the tests start by a launcher: `ranks sums` and others. The first rank prints what
// came of it.
#include <models/models.hpp>
#include <models/text.hpp>
#include <xtape/xtape.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <functional>
#include <iostream>
#include <numeric>
#include <thread>

#include <unistd.h>

using namespace xtape;

namespace {

using distributed::World;

int failures = 0;

void expect(bool holds, const std::string& what) {
  if (holds) return;
  ++failures;
  std::fprintf(stderr, "not so: %s\n", what.c_str());
}

template <class T>
T number(std::size_t rank, std::size_t i) {
  return static_cast<T>(std::sin(1.0 + 0.37 * double(i) + 1.9 * double(rank)) *
                        std::exp(double(i % 7)));
}

// Ranks in pairs, and those in pairs: the sum as it is documented, in plain code.
template <class T>
T tree(std::vector<T> x) {
  const std::size_t power = std::bit_floor(x.size());
  for (std::size_t i = power; i < x.size(); ++i) x[i - power] += x[i];
  x.resize(power);
  for (; x.size() > 1; x.resize(x.size() / 2))
    for (std::size_t i = 0; i < x.size() / 2; ++i) x[i] = x[2 * i] + x[2 * i + 1];
  return x[0];
}

template <class T>
std::vector<T> own_numbers(const World& world, std::size_t count) {
  std::vector<T> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = number<T>(world.rank(), i);
  return numbers;
}

template <class T>
bool are_sums(const World& world, const std::vector<T>& sums) {
  for (std::size_t i = 0; i < sums.size(); ++i) {
    std::vector<T> all;
    for (std::size_t rank = 0; rank < world.size(); ++rank) all.push_back(number<T>(rank, i));
    if (sums[i] != tree(all)) return false;
  }
  return true;
}

template <class T>
void sums_of(World& world) {
  for (const std::size_t count : {0, 1, 2, 5, 1000, 4096, 4097, 100'003}) {
    std::vector<T> numbers = own_numbers<T>(world, count);
    world.sum(std::span{numbers});
    expect(are_sums(world, numbers), "a sum of " + std::to_string(count));
  }
}

void sums(World& world) {
  sums_of<float>(world);
  sums_of<double>(world);
  const std::size_t twice = world.size() * (world.size() + 1);
  expect(2 * world.sum(1.0 + double(world.rank())) == double(twice), "the sum of one number");
  // Several at once, waited for in another order.
  std::vector<float> a = own_numbers<float>(world, 70'000), b = own_numbers<float>(world, 3);
  distributed::Pending of_a = world.start_sum(std::span{a}), of_b = world.start_sum(std::span{b});
  of_b.wait(), of_a.wait();
  expect(are_sums(world, a) && are_sums(world, b), "two sums at once");
}

void others(World& world) {
  for (std::size_t from = 0; from < world.size(); ++from) {
    std::vector<double> numbers(1000);
    const std::vector<double> expected = [&] {
      std::vector<double> all(1000);
      for (std::size_t i = 0; i < all.size(); ++i) all[i] = number<double>(from, i);
      return all;
    }();
    if (world.rank() == from) numbers = expected;
    world.broadcast(std::span{numbers}, from);
    expect(numbers == expected, "what rank " + std::to_string(from) + " has for all");
  }
  const auto texts = world.gather(std::string(world.rank(), 'x'));
  expect(texts.size() == world.size(), "a text of each");
  for (std::size_t rank = 0; rank < texts.size(); ++rank)
    expect(texts[rank] == std::string(rank, 'x'), "the text of rank " + std::to_string(rank));
  for (int i = 0; i < 100; ++i) world.barrier();
}

// FNV-1a over the bytes of arrays.
std::uint64_t hash(const std::vector<NamedArray>& arrays) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const NamedArray& array : arrays)
    for (const std::byte byte :
         std::as_bytes(std::span{array.value()->data(), array.value()->size()}))
      hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
  return hash;
}

// What is trained: a task and its data.
struct Lesson {
  std::shared_ptr<void> model;
  Task task;
  std::shared_ptr<data::Dataset> train;
};

template <class Model, class Train>
Lesson classify(std::shared_ptr<Model> model, std::shared_ptr<Train> train) {
  return {model, classification(*model), train};
}

Lesson images(const std::string& name, Rng& rng) {
  const bool digits = name == "small-cnn" || name == "cnn";
  auto data = std::make_shared<data::ImageDataset>(
      digits ? data::synthetic_digits({.count = 400, .seed = 1})
             : data::synthetic_pictures({.count = 400, .seed = 1}));
  auto net = std::make_shared<Sequential>();
  if (name == "small-cnn")
    *net =
        Sequential{Conv2D{{.in = 1, .out = 4, .kernel = 3, .activation = Activation::relu}, rng},
                   MaxPool2D{4}, Dropout{0.25}, flatten, Dense{{.in = 6 * 6 * 4, .out = 10}, rng}};
  else if (name == "small-resnet")
    *net = Sequential{Conv2D{{.in = 3, .out = 4, .kernel = 3, .stride = 2}, rng},
                      BatchNorm{BatchNorm::torch(4)}, relu, GlobalAvgPool{},
                      Dense{{.in = 4, .out = 10}, rng}};
  else
    *net = models::by_name().at(name).make(rng);
  return classify(net, data);
}

Lesson text(const std::string& name, Rng& rng) {
  std::string letters;
  for (std::size_t i = 0; i < 4000; ++i)
    letters += static_cast<char>('a' + (i * i / 7 + i / 3) % 11);
  const data::Vocabulary vocabulary{letters};
  const bool small = name == "small-transformer";
  models::TextTransformer::Options options{.vocabulary = vocabulary.size(), .dropout = 0.1};
  if (small) options.context = 8, options.layers = 1, options.heads = 2, options.channels = 16;
  return classify(std::make_shared<models::TextTransformer>(options, rng),
                  std::make_shared<data::TextDataset>(
                      vocabulary.encode(letters),
                      data::WindowOptions{.context = options.context, .shift = true}));
}

Lesson lesson(const std::string& name, Rng& rng) {
  return name.ends_with("transformer") ? text(name, rng) : images(name, rng);
}

// The first rank prints the hash of the weights, which all have.
void tell_weights(World& world, const Lesson& lesson) {
  const std::uint64_t own = hash(lesson.task.arrays);
  for (const std::string& text : world.gather(std::to_string(own)))
    expect(text == std::to_string(own), "all ranks have the same weights");
  if (world.first()) std::printf("%016llx\n", static_cast<unsigned long long>(own));
}

// Trains by a loop of one's own: NAME SHARDS THREADS STEPS [BATCH]. At the end it tells the median time of a step.
void loop(World& world, const std::vector<std::string>& options) {
  Rng rng{3};
  const Lesson lesson = ::lesson(options.at(0), rng);
  const ThreadLimit threads{std::stoul(options.at(2))};
  const std::size_t steps = std::stoul(options.at(3)),
                    batch_size = options.size() > 4 ? std::stoul(options[4]) : 32;
  std::vector<double> times;
  auto before = std::chrono::steady_clock::now();
  Adam adam;
  distributed::AllReduce all_reduce{world,
                                    detail::buffers_of(lesson.task.arrays),
                                    {.shards = std::stoul(options.at(1)), .first_bucket = 1000}};
  for (std::size_t step = 0; step < steps;) {
    auto batches = data::batches(*lesson.train, batch_size, rng);
    batches.drop_last();
    batches.shards(all_reduce.shards());
    for (const data::Batch& batch : batches) {
      Rng own{batch.key};
      Tape tape{Mode::train, own};
      const StepResult result = lesson.task.step(tape, batch);
      tape.backward(result.loss * batch.share, all_reduce, adam);
      if (!all_reduce.complete()) continue;
      const auto now = std::chrono::steady_clock::now();
      times.push_back(std::chrono::duration<double, std::milli>{now - before}.count());
      before = now;
      if (++step == steps) break;
    }
  }
  tell_weights(world, lesson);
  std::ranges::sort(times);
  if (world.first()) std::printf("%.3f ms\n", times[times.size() / 2]);
}

// Ranks share the batches, and all get the counts.
void expect_shared_confusion(World& world, const Lesson& lesson) {
  const std::size_t batch_size = 30, batches = (lesson.train->size() - 1) / batch_size + 1;
  std::size_t own = 0;
  Task counting = lesson.task;
  counting.step = [&](Tape& tape, const data::Batch& batch) {
    ++own;
    return lesson.task.step(tape, batch);
  };
  const ConfusionMatrix alone = confusion_matrix(lesson.task, *lesson.train, {},
                                                 {.batch_size = batch_size}),
                        shared = confusion_matrix(counting, *lesson.train, {},
                                                  {.batch_size = batch_size, .world = &world});
  expect(own <= batches / world.size() + 1, "a part of the batches");
  for (std::size_t i = 0; i < alone.classes(); ++i)
    for (std::size_t j = 0; j < alone.classes(); ++j)
      expect(shared.count(i, j) == alone.count(i, j), "the counts of all ranks");
}

// Trains by fit: NAME SHARDS THREADS EPOCHS [CHECKPOINT [WHAT]], where WHAT is other on the last rank.
void by_fit(World& world, const std::vector<std::string>& options) {
  const std::string what =
      options.size() > 5 && world.rank() + 1 == world.size() ? options[5] : "nothing";
  Rng rng{world.rank()};  // but for the first, wrong
  const Lesson lesson = ::lesson(what == "model" ? "cnn" : options.at(0), rng);
  const ThreadLimit threads{std::stoul(options.at(2))};
  Adam adam{
      {.learning_rate = what == "rate" ? 0.002 : 0.001, .beta1 = what == "beta1" ? 0.8 : 0.9}};
  std::vector<std::uint32_t> samples(lesson.train->size() - 1);
  std::iota(samples.begin(), samples.end(), what == "data" ? 1u : 0u);
  const data::Subset train{*lesson.train, samples};
  const int epochs = std::stoi(options.at(3));
  const std::size_t shards = std::stoul(options.at(1));
  FitOptions fit_options{.epochs = epochs,
                         .batch_size = what == "batch" ? 16u : 32u,
                         .drop_last = true,
                         .test_batch_size = 50,
                         .world = &world,
                         .shards = shards};
  if (options.size() > 4 && options[4] != "-")
    fit_options.checkpoint = {.path = options[4], .every_steps = 2, .resume = true};
  const History history =
      fit(lesson.task, train, *lesson.train, fit_options, rng, ClipNorm{1}, adam);
  const Metrics& last = history.test();
  const std::vector<Array> alone = predict(lesson.task, *lesson.train, {.batch_size = 30}),
                           shared = predict(lesson.task, *lesson.train,
                                            {.batch_size = 30, .world = &world});
  expect(alone.size() == 1 && shared == alone, "predictions of all ranks");
  expect_shared_confusion(world, lesson);
  if (world.first()) std::printf("loss %a accuracy %a\n", last.loss, last["accuracy"]);
  tell_weights(world, lesson);
}

// The largest difference between elements of two models, beside the largest element of the array, or 0.1.
double difference(const Lesson& a, const Lesson& b) {
  double most = 0;
  for (std::size_t i = 0; i < b.task.arrays.size(); ++i) {
    const Array &x = *a.task.arrays[i].value(), &y = *b.task.arrays[i].value();
    double apart = 0, largest = 0.1;
    for (std::size_t k = 0; k < y.size(); ++k) {
      apart = std::max(apart, std::abs(double(x.data()[k]) - double(y.data()[k])));
      largest = std::max(largest, std::abs(double(y.data()[k])));
    }
    most = std::max(most, apart / largest);
  }
  return most;
}

// With statistics of all ranks a training does what one process does with whole batches, and not with those of shards:
// NAME STEPS TOLERANCE
void synchronised(World& world, const std::vector<std::string>& options) {
  const std::size_t steps = std::stoul(options.at(1));
  const auto trained = [&](World* ranks, BatchNormStatistics statistics) {
    Rng rng{3};
    Lesson lesson = ::lesson(options.at(0), rng);
    SGD sgd{{.learning_rate = 0.05}};
    fit(lesson.task, *lesson.train,
        {.epochs = 1,
         .batch_size = 40,
         .on_step = [=](const StepReport& report) { return report.step < steps; },
         .world = ranks,
         .batch_norm = statistics,
         .log = nullptr},
        rng, sgd);
    return lesson;
  };
  const Lesson alone = trained(nullptr, BatchNormStatistics::per_shard),
               apart = trained(&world, BatchNormStatistics::per_shard),
               together = trained(&world, BatchNormStatistics::synchronised);
  const double of_together = difference(together, alone), of_apart = difference(apart, alone),
               tolerance = std::stod(options.at(2));
  expect(of_together < tolerance, "it is that of the whole batch");
  expect(of_apart > 10 * tolerance, "that of shards is another");
  tell_weights(world, together);
  if (world.first()) std::printf("%.1e, by shards %.1e\n", of_together, of_apart);
}

// What the last rank does while the others wait for it.
void fails(World& world, const std::vector<std::string>& options) {
  const std::string& how = options.at(0);
  world.barrier();
  std::vector<float> numbers(world.rank() + 1 == world.size() && how == "size" ? 3 : 4);
  if (how == "circle")  // each is to hear of another
    world.broadcast(std::span{numbers}, (world.rank() + 1) % world.size());
  if (world.rank() + 1 == world.size()) {
    if (how == "stops") ::raise(SIGSTOP);
    if (how == "dies") ::raise(SIGKILL);
    if (how == "ends") return;
    if (how == "throws") throw std::runtime_error{"no more"};
    if (how == "sleeps" || how == "late") std::this_thread::sleep_for(std::chrono::seconds{60});
    if (how == "barrier") world.barrier();
  }
  if (how == "late") return;
  world.sum(std::span{numbers});
}

int run(World& world, const std::vector<std::string>& words) {
  const std::vector<std::string> options(words.begin() + 1, words.end());
  if (words[0] == "killed") {  // RANK SECONDS ...: as from outside, while it does what follows
    const double seconds = std::stod(options.at(1));
    if (world.rank() == std::stoul(options.at(0)))
      std::thread{[seconds] {
        std::this_thread::sleep_for(std::chrono::duration<double>{seconds});
        ::raise(SIGKILL);
      }}.detach();
    return run(world, {options.begin() + 2, options.end()});
  }
  if (words[0] == "sums") sums(world);
  if (words[0] == "others") others(world);
  if (words[0] == "loop") loop(world, options);
  if (words[0] == "fit") by_fit(world, options);
  if (words[0] == "synchronised") synchronised(world, options);
  if (words[0] == "fails") fails(world, options);
  if (world.first() && failures == 0)
    std::printf("%s on %zu ranks\n", words[0].c_str(), world.size());
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    World world{{.timeout = words.at(0) == "fails" ? 2.0 : 30.0}};
    return run(world, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

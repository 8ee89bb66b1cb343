// SPDX-License-Identifier: MIT
#include "train/ranks.hpp"

#include "digest.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/half_unit.hpp"
#include "text.hpp"

#include <xtape/error.hpp>
#include <xtape/version.hpp>

#include <algorithm>
#include <fstream>
#include <variant>

#include <dlfcn.h>

namespace xtape::inline XTAPE_ABI {
namespace {

std::string digits(const Digest& digest) {
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4)
    digits += "0123456789abcdef"[digest.value() >> shift & 15];
  return digits;
}

void add_file(Digest& digest, const char* path) {
  std::ifstream file{path, std::ios::binary};
  for (std::vector<char> some(1 << 20); file.read(some.data(), 1 << 20) || file.gcount() > 0;)
    digest.add(some.data(), static_cast<std::size_t>(file.gcount()));
}

// Of the program that runs.
void add_program(Facts& facts) {
  Digest digest;
  add_file(digest, "/proc/self/exe");
  Dl_info own = {};
  if (::dladdr(reinterpret_cast<const void*>(&facts_of), &own) != 0)
    add_file(digest, own.dli_fname);
  facts.emplace_back("version of xtape", version());
  facts.emplace_back("instruction set", kernels::instruction_sets().back());
  const kernels::HalfUnit* const half = kernels::half_unit();
  facts.emplace_back("half precision", half != nullptr ? half->name : "none");
  facts.emplace_back("program", digits(digest));
}

// Of a dataset: its size, and some samples.
void add_data(Facts& facts, const std::string& name, const data::Dataset& data) {
  constexpr std::size_t some = 32;
  const std::size_t size = data.size(), count = std::min(some, size);
  std::vector<std::uint32_t> indices;
  for (std::size_t i = 0; i < count; ++i)
    indices.push_back(static_cast<std::uint32_t>(count == 1 ? 0 : i * (size - 1) / (count - 1)));
  data::Batch batch = data.make_batch(count);
  Rng rng{0};
  data.gather(indices, batch, rng);
  Digest digest;
  for (const auto* columns : {&batch.inputs, &batch.targets})
    for (const data::Column& column : *columns)
      if (column.has_ids())
        digest.add(column.ids().data(), column.ids().size());
      else
        digest.add(column.array().data(), column.array().size());
  facts.emplace_back("number of " + name + " samples", std::to_string(size));
  facts.emplace_back(name + " set", digits(digest));
}

// One text of all, for a message.
std::string written(const Facts& facts) {
  std::string all;
  for (const auto& [name, value] : facts) all += text(name, '\t', value, '\n');
  return all;
}

// The first line in which two differ, of each.
std::pair<std::string, std::string> difference(std::string_view a, std::string_view b) {
  const auto unequal = std::ranges::mismatch(a, b);
  const auto line = [](std::string_view all, std::size_t at) {
    const std::size_t before = at == 0 ? std::string_view::npos : all.rfind('\n', at - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    std::string text{all.substr(begin, all.find('\n', begin) - begin)};
    std::ranges::replace(text, '\t', ' ');
    return text.empty() ? "nothing" : text;
  };
  return {line(a, static_cast<std::size_t>(unequal.in1 - a.begin())),
          line(b, static_cast<std::size_t>(unequal.in2 - b.begin()))};
}

// The texts of all ranks, or nothing if they are equal: which is cheaper to find out.
std::vector<std::string> unless_equal(distributed::World& world, const std::string& own) {
  std::uint64_t size = own.size();
  world.broadcast(std::span{&size, 1});
  std::string first = own;
  first.resize(size);
  world.broadcast(std::span{first});
  return world.sum(first == own ? 0.0 : 1.0) == 0 ? std::vector<std::string>{} : world.gather(own);
}

// How each kind of place is filled from the first rank.
struct FromFirst {
  distributed::World& world;

  void operator()(double* number) const { world.broadcast(std::span{number, 1}); }
  void operator()(std::uint64_t* number) const { world.broadcast(std::span{number, 1}); }
  void operator()(std::vector<double>* numbers) const {
    std::uint64_t count = numbers->size();
    (*this)(&count);
    numbers->resize(count);
    world.broadcast(std::span{*numbers});
  }
  void operator()(Array* array) const { world.broadcast(std::span{array->data(), array->size()}); }
  void operator()(Value* value) const {
    Array array = **value;
    (*this)(&array);
    *value = Value{std::move(array)};
  }
};

}  // namespace

data::Shards shards_of(const distributed::World& world, const FitOptions& options) {
  const data::Shards shards = world.shards(options.shards, options.at);
  if (options.batch_norm == BatchNormStatistics::synchronised && shards.own > 1)
    throw ValueError({"fit", options.at},
                     text("expected one shard per rank for synchronised batch_norm, got ",
                          shards.count, " shards for ", counted(world.size(), "rank")),
                     "a rank's shards go one after the other; 0 shards are as many as ranks");
  return shards;
}

Facts facts_of(const Task& task, const data::Dataset& train, const data::Dataset* test,
               const FitOptions& options, std::span<Visitor* const> visitors) {
  Facts facts;
  add_program(facts);
  for (const auto& [name, value] : options.checkpoint.settings) facts.emplace_back(name, value);
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, std::size_t>>{
           {"epochs", static_cast<std::size_t>(options.epochs)},
           {"batch_size", options.batch_size},
           {"drop_last", options.drop_last},
           {"test_batch_size", options.test_batch_size},
           {"shards", options.shards},
           {"synchronised batch_norm", options.batch_norm == BatchNormStatistics::synchronised},
           {"on_step", options.on_step != nullptr},
           {"restore_best", options.restore_best},
           {"checkpoint", !options.checkpoint.path.empty()},
           {"every_steps", options.checkpoint.every_steps},
           {"metrics", task.metrics.size()}})
    facts.emplace_back(name, std::to_string(value));
  for (const Visitor* const visitor : visitors) facts.emplace_back("visitor", visitor->name());
  for (const NamedArray& array : task.arrays)
    facts.emplace_back(array.name, to_string(array.value()->shape()));
  add_data(facts, "training", train);
  if (test != nullptr) add_data(facts, "test", *test);
  return facts;
}

void check_same(const Op& op, distributed::World& world, const Facts& facts) {
  const std::string own = written(facts);
  const std::vector<std::string> all = unless_equal(world, own);
  for (std::size_t rank = 1; rank < all.size(); ++rank)
    if (all[rank] != all[0]) {
      const auto [first, other] = difference(all[0], all[rank]);
      throw CommunicationError(op, text("rank ", rank, " has ", other, ", rank 0 has ", first),
                               "all ranks need the same program, data, model and options");
    }
}

void check_same(const Op& op, distributed::World& world, std::span<const NamedArray> arrays,
                const std::string& when) {
  if (world.alone()) return;
  Digest digest;
  for (const NamedArray& array : arrays) digest.add(array.value()->data(), array.value()->size());
  const std::vector<std::string> all = unless_equal(world, digits(digest));
  for (std::size_t rank = 1; rank < all.size(); ++rank)
    if (all[rank] != all[0])
      throw CommunicationError(op, text("rank ", rank, " has other weights than rank 0 ", when),
                               "do the visitors have the same options on all ranks?");
}

void share(distributed::World& world, std::span<const NamedArray> arrays, const StateList& state) {
  if (world.alone()) return;
  const FromFirst from_first{world};
  for (const NamedArray& array : arrays)
    if (auto* const* parameter = std::get_if<Parameter*>(&array.owner))
      from_first(&(*parameter)->value());
    else
      from_first(&std::get<Buffer*>(array.owner)->value);
  for (const auto& [name, place] : state.items()) std::visit(from_first, place);
}

}  // namespace xtape::inline XTAPE_ABI

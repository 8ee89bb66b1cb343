// SPDX-License-Identifier: MIT
// What a training has to do with other ranks.
#pragma once

#include <xtape/distributed/world.hpp>
#include <xtape/parameter.hpp>
#include <xtape/state.hpp>
#include <xtape/train/fit.hpp>
#include <xtape/visitor.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace xtape::inline XTAPE_ABI {

/// A rank's part of each batch. Throws what World::shards does, and ValueError for synchronised statistics of several
/// shards per rank.
data::Shards shards_of(const distributed::World& world, const FitOptions& options);

/// What must be the same on all ranks, by name.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// Those of a training: the program, the options, the model and, by some samples, the data. Without a test set `test` is
/// null.
Facts facts_of(const Task& task, const data::Dataset& train, const data::Dataset* test,
               const FitOptions& options, std::span<Visitor* const> visitors);

/// Throws CommunicationError, on all ranks, unless the facts of all are those of the first.
void check_same(const Op& op, distributed::World& world, const Facts& facts);

/// Throws CommunicationError, on all ranks, unless what the model holds is the same on all; `when` tells when that was.
void check_same(const Op& op, distributed::World& world, std::span<const NamedArray> arrays,
                const std::string& when);

/// Gives what the first rank has to all: what a model holds and what is listed.
void share(distributed::World& world, std::span<const NamedArray> arrays, const StateList& state);

}  // namespace xtape::inline XTAPE_ABI

// SPDX-License-Identifier: MIT
// What ranks do together, made of messages.
#pragma once

#include "distributed/line.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xtape::inline XTAPE_ABI::distributed {

/// The sums over all ranks, in the place of each rank's numbers. Numbers are added along a binary tree over the ranks:
/// ((x0 + x1) + (x2 + x3)) + ..., where, if their number is no power of two, the first are sums of two already. Each
/// rank sends and receives twice as many bytes as there are, less for few ranks, in about 2 log2(ranks) messages
/// (R. Rabenseifner, "Optimization of collective reduction operations", 2004; halves are of neighbours first).
void sum(Line& line, std::span<float> numbers);
void sum(Line& line, std::span<double> numbers);

/// Bytes of one rank for all.
void broadcast(Line& line, std::span<std::byte> bytes, int from);

/// The texts of all ranks, for all.
std::vector<std::string> gather(Line& line, std::string_view own);

/// Returns when all ranks have come to it.
void barrier(Line& line);

}  // namespace xtape::inline XTAPE_ABI::distributed

// SPDX-License-Identifier: MIT
// The parts of the page, in order. Each appends to it.
#pragma once

#include "statistics.hpp"

#include <span>
#include <string>

namespace report {

// The groups, named as people write: AMSGrad for amsgrad. Other names stay as they are.
std::vector<Group> titled_groups(const Results& results);

// A score as text: 98.93 %, or a loss.
std::string shown(const Score& score, double value);

// What was found, in a sentence or two, as text.
std::string finding(const Results& results, std::span<const Group> groups);
// What of this group the figures leave out, as text; empty if nothing.
std::string caveat(const Group& group, const Results& results);

void put_summary(std::string& out, const Results& results, std::span<const Group> groups);
void put_curves(std::string& out, const Results& results, std::span<const Group> groups);
void put_models(std::string& out, const Results& results, std::span<const Group> groups);

// The gradients and updates of a run; `id` is unique in the page.
void put_updates(std::string& out, const Run& run, const std::string& id);

// The style sheet.
const char* style();

}  // namespace report

// SPDX-License-Identifier: MIT
// The three files as text.
#pragma once

#include "results.hpp"

#include <string>
#include <string_view>

namespace report {

// Throws std::runtime_error that names the first field that contradicts another.
void check(const Results& results);

std::string to_csv(const Results& results);
std::string to_html(const Results& results);
std::string to_json(const Results& results);
// Throws std::runtime_error that names the field.
Results from_json(std::string_view text);

}  // namespace report

// SPDX-License-Identifier: MIT
// What all drawings need.
#pragma once

#include <string>
#include <string_view>

namespace report {

// The begin of an <svg> of this size, with what a screen reader says of it.
std::string svg_begin(const std::string& id, int width, int height, const std::string& title,
                      const std::string& description);

// How much space text in a drawing needs, and a little more, as fonts differ.
double text_width(std::string_view text);

// A name that leaves space for the rest: the middle of a long one is left out, as ends tell names apart.
std::string shortened(const std::string& name);

}  // namespace report

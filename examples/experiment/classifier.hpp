// SPDX-License-Identifier: MIT
#pragma once

#include "program.hpp"

namespace experiment {

/// A program that trains models of a catalogue to tell classes of images apart, and writes a report if it is asked to.
int run_classifier(Program program, int argc, char** argv);

}  // namespace experiment

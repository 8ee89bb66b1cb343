// SPDX-License-Identifier: MIT
/// \file
/// Everything that watches models and trainings.
#pragma once

#include <xtape/watch/dot.hpp>
#include <xtape/watch/numerics.hpp>
#include <xtape/watch/peak_memory.hpp>
#include <xtape/watch/profile.hpp>
#include <xtape/watch/summary.hpp>

// SPDX-License-Identifier: MIT
/// \file
/// Training on several machines or processes: the group, and gradients of all.
#pragma once

#include <xtape/distributed/all_reduce.hpp>
#include <xtape/distributed/world.hpp>

// SPDX-License-Identifier: MIT
/// \file
/// Checks for ops, the built-in ones and one's own.
#pragma once

#include <xtape/testing/gradient.hpp>

// SPDX-License-Identifier: MIT
/// \file
/// Training.
#pragma once

#include <xtape/train/fit.hpp>

// SPDX-License-Identifier: MIT
/// \file
/// Reading and writing models.
#pragma once

#include <xtape/io/weights.hpp>

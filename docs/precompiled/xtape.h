// SPDX-License-Identifier: MIT
// What all programs of the pages include, parsed once.
#include <xtape/xtape.hpp>

#include <cstdio>
#include <iostream>

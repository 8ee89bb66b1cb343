// SPDX-License-Identifier: MIT
#define BOOST_TEST_MODULE programs
#include "support.hpp"

BOOST_TEST_GLOBAL_FIXTURE(Workspace);

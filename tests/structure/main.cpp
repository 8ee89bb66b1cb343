// SPDX-License-Identifier: MIT
#define BOOST_TEST_MODULE structure
#include <boost/test/unit_test.hpp>

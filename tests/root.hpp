// SPDX-License-Identifier: MIT
// Tests that take the rights of root.
#pragma once

#include <boost/test/unit_test.hpp>

#include <unistd.h>

namespace test {

inline boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id) {
  return ::geteuid() == 0;
}
/// Skips a test that another user runs.
inline const auto as_root = boost::unit_test::precondition(is_root);

}  // namespace test

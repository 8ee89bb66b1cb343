# SPDX-License-Identifier: MIT
"""How tests of our scripts conclude."""


def conclude(cases):
    """Prints what failed of cases, each a name, what was found and what was expected, and how many did, as
    Boost.Test's short report, which tests/summary.awk adds up. Returns the status to end with."""
    results = list(cases)
    failures = [result for result in results if result[1] != result[2]]
    for name, found, expected in failures:
        print(f"failed: {name}: expected {expected}, found {found}")
    print(f"{len(results) - len(failures)} test cases out of {len(results)} passed")
    if failures:
        print(f"{len(failures)} test cases out of {len(results)} failed")
    return 1 if failures else 0

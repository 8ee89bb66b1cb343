#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tells what `./dev test SUITE...` builds and runs.

    suites.py BUILD SUITE...    two lines: ninja's targets, and the names of meson's tests

A suite is a test, or the tests whose names go on after its name and a dash: `values` is `values` and
`values-f64`. A name that is no suite is an error that lists them.
"""

import json
import os
import subprocess
import sys


def introspect(build, what):
    done = subprocess.run(["meson", "introspect", what, build], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def is_of(test, suite):
    return test == suite or test.startswith(suite + "-")


def suites(tests):
    """What the names of the tests begin with, each once."""
    return list(dict.fromkeys(test.partition("-")[0] for test in tests))


def chosen(names, tests):
    """The tests of the suites, in their own order. Throws ValueError for a name that is no suite."""
    for name in names:
        if not any(is_of(test, name) for test in tests):
            raise ValueError(f"there is no suite {name}; these are: {' '.join(suites(tests))}")
    return [test for test in tests if any(is_of(test, name) for name in names)]


def targets(build, wanted, tests, built):
    """The files that the tests need, as ninja names them."""
    files = {target["id"]: target["filename"] for target in built}
    needed = {file for test in tests if test["name"] in wanted for target in test["depends"] for file in files[target]}
    return sorted(os.path.relpath(file, build) for file in needed)


def main():
    build, *names = sys.argv[1:]
    build = os.path.realpath(build)
    tests = introspect(build, "--tests")
    try:
        wanted = chosen(names, [test["name"] for test in tests])
    except ValueError as error:
        sys.exit(f"dev: {error}")
    print(*targets(build, wanted, tests, introspect(build, "--targets")))
    print(*wanted)


if __name__ == "__main__":
    main()

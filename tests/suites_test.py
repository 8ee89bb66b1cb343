#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What suites.py takes for a suite, and what it needs."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import suites  # noqa: E402
from cases import conclude  # noqa: E402

NAMES = ["ops-f64", "values", "values-f64", "report", "report-browser", "format"]
TESTS = [{"name": name, "depends": ["library", f"{name}@exe"] if name != "format" else []} for name in NAMES]
BUILT = [{"id": "library", "filename": ["/b/lib/libx.a"]}] + \
    [{"id": f"{name}@exe", "filename": [f"/b/tests/test-{name}"]} for name in NAMES]


def refusal(names):
    try:
        return suites.chosen(names, NAMES)
    except ValueError as error:
        return str(error)


def cases():
    """A name, what is found, and what is expected."""
    yield "both precisions", suites.chosen(["values"], NAMES), ["values", "values-f64"]
    yield "one of them", suites.chosen(["values-f64"], NAMES), ["values-f64"]
    yield "one that there is", suites.chosen(["ops"], NAMES), ["ops-f64"]
    yield "some, once", suites.chosen(["report-browser", "report", "ops"], NAMES), \
        ["ops-f64", "report", "report-browser"]
    for name in ("value", "x", "", "values-"):
        yield f"no suite {name}", refusal(["ops", name]), \
            f"there is no suite {name}; these are: ops values report format"
    yield "what they need", suites.targets("/b", ["ops-f64", "report", "format"], TESTS, BUILT), \
        ["lib/libx.a", "tests/test-ops-f64", "tests/test-report"]
    yield "what needs nothing", suites.targets("/b", ["format"], TESTS, BUILT), []


def main():
    return conclude(cases())


if __name__ == "__main__":
    sys.exit(main())

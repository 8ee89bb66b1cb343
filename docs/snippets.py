#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the programs that the pages show, and compares what each prints with FOLDER/NAME.out, which
the pages show too.

    snippets.py [--write] FOLDER PROGRAM...

NAME is that of the program, without `snippet-`. NAME.py, if there is one, prints the same in PyTorch,
in the folder where the program has left its files. A number with a point may differ by one in its last
digit or by 2 %: other processors add in another order, and a training makes much of it. Whole numbers
and words are the same. --write makes the files anew.
"""

import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

NUMBER = re.compile(r"(?<![\w.])-?(?:\d+\.\d*(?:e[-+]?\d+)?|\d+e[-+]?\d+)(?!\w)")
MNIST = "t10k-images-idx3-ubyte"


def unit(number):
    """The size of one in the last digit of a number, as written."""
    mantissa, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def close(a, b):
    tolerance = max(1.001 * unit(a), 1.001 * unit(b), 0.02 * abs(float(a)))
    return abs(float(a) - float(b)) <= tolerance


def equal(expected, given):
    if NUMBER.sub("#", expected) != NUMBER.sub("#", given):
        return False
    pairs = zip(NUMBER.findall(expected), NUMBER.findall(given))
    return all(close(a, b) for a, b in pairs)


def find_mnist():
    """The folder that XTAPE_DATA has to name for the real MNIST to be found, or nothing."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "xtape")
    for folder in (os.environ.get("XTAPE_DATA"), cache):
        for place in (pathlib.Path(folder, "mnist"), pathlib.Path(folder)) if folder else ():
            if place.is_dir() and any(place.glob(MNIST + "*")):
                return str(place.resolve())
    return None


def find_torch():
    """A Python that has PyTorch, or nothing."""
    for python in (sys.executable, "/usr/bin/python3"):
        with contextlib.suppress(OSError):
            done = subprocess.run([python, "-c", "import torch"], capture_output=True)
            if done.returncode == 0:
                return python
    return None


def run(command, environment, folder):
    folder.mkdir(exist_ok=True)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=600)
    if done.returncode != 0 or done.stderr:
        raise RuntimeError(f"ended with {done.returncode}\n{done.stderr}")
    return done.stdout


def check(name, expected, given):
    expected_lines, given_lines = expected.splitlines(), given.splitlines()
    for i, line in enumerate(expected_lines[:len(given_lines)]):
        if not equal(line, given_lines[i]):
            raise RuntimeError(f"{name}.out:{i + 1} has\n  {line}\n"
                               f"and the program prints\n  {given_lines[i]}")
    if len(expected_lines) != len(given_lines):
        raise RuntimeError(
            f"{name}.out has {len(expected_lines)} lines, the program prints {len(given_lines)}")


def find_jobs(folder, programs):
    """Per program its name, its command, and why it cannot run here, if so."""
    torch = find_torch()
    for program in map(pathlib.Path, programs):
        name = program.name.removeprefix("snippet-")
        missing = "MNIST" if name == "quickstart" and not find_mnist() else None
        yield name, [program.resolve()], missing
        if (folder / (name + ".py")).exists():
            yield name, [torch, folder / (name + ".py")], None if torch else "PyTorch"


def run_all(folder, programs, write, work):
    """The names of the programs, what failed, how many there are and how many were skipped."""
    mnist = find_mnist()
    environment = os.environ | ({"XTAPE_DATA": mnist} if mnist else {})
    names, faults, count, skipped = set(), [], 0, 0
    for name, command, missing in find_jobs(folder, programs):
        names.add(name)
        count += 1
        if missing:
            print(f"skipped: {command[-1]} needs {missing}")
            skipped += 1
            continue
        file = folder / (name + ".out")
        try:
            given = run(command, environment, work / name)
            if write:
                file.write_text(given, encoding="utf-8")
            check(name, file.read_text(encoding="utf-8"), given)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            faults.append(f"{command[-1]}: {error}")
    return names, faults, count, skipped


def main():
    arguments = sys.argv[1:]
    write = arguments[:1] == ["--write"]
    folder, *programs = arguments[write:] or sys.exit(__doc__)
    folder = pathlib.Path(folder).resolve()
    with tempfile.TemporaryDirectory() as work:
        names, faults, count, skipped = run_all(folder, programs, write, pathlib.Path(work))
    strays = {path.stem for path in folder.glob("*.out")} - names
    faults += [f"{name}.out is of no program" for name in sorted(strays)]
    count += len(strays)
    for fault in faults:
        print(f"failed: {fault}")
    # As Boost.Test's short report, which tests/summary.awk adds up.
    passed = count - skipped - len(faults)
    for state, cases in (("passed", passed), ("failed", len(faults)), ("skipped", skipped)):
        if cases:
            print(f"{cases} test case{'s' * (cases > 1)} out of {count} {state}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

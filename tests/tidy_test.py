#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What tidy.py takes for changed, in repositories made for it."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import tidy  # noqa: E402
from cases import conclude  # noqa: E402

ALONE = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}


def git(folder, *arguments):
    subprocess.run(["git", "-C", folder, "-c", "user.name=n", "-c", "user.email=e", *arguments], check=True,
                   capture_output=True, env=ALONE)


def commit(folder, name):
    (folder / name).write_text(name)
    git(folder, "add", name)
    git(folder, "commit", "-m", name)


def changed(folder):
    files = tidy.changed_files(folder)
    return None if files is None else {str(path.relative_to(folder)) for path in files}


def clone_of(place, name, *options):
    git(place, "clone", *options, f"file://{place}/upstream", name)
    return place / name


def cases(place):
    """A name, what is found, and what is expected."""
    yield "without git's history", changed(place), None
    upstream = place / "upstream"
    upstream.mkdir()
    git(upstream, "init", "-b", "main")
    commit(upstream, "a.cpp")
    yield "the first commit", changed(upstream), None
    commit(upstream, "b.cpp")
    commit(upstream, "c.cpp")
    yield "a fresh clone", changed(clone_of(place, "fresh")), {"c.cpp"}
    yield "without the commit before", changed(clone_of(place, "shallow", "--depth=1")), None
    work = clone_of(place, "topic")
    git(work, "switch", "-c", "topic")
    commit(work, "d.cpp")
    commit(work, "e.cpp")
    yield "a branch", changed(work), {"d.cpp", "e.cpp"}
    (work / "a.cpp").write_text("other")
    (work / "f.cpp").write_text("new")
    yield "and what is not committed", changed(work), {"a.cpp", "d.cpp", "e.cpp", "f.cpp"}
    build = place / "build"
    build.mkdir()
    (build / "compile_commands.json").write_text(json.dumps([
        {"file": "../topic/a.cpp", "output": "a.p/a.o", "command": "g++ -fpch-preprocess -include all.hpp -O3 a.cpp"},
        {"file": "../topic/all.hpp", "output": "a.p/all.hpp.gch", "command": "g++ all.hpp"},
        {"file": "b-unity0.cpp", "output": "b.p/b-unity0.o", "command": "g++ b-unity0.cpp"},
        {"file": "ops/unity0.cpp", "output": "t.p/t-unity0.o", "command": "g++ ops/unity0.cpp"}]))
    (build / "ops").mkdir()
    (build / "ops/unity0.cpp").write_text("#include <add/t.cpp>\n")
    (build / "b-unity0.cpp").write_text(f"#include<{work}/b.cpp>\n#include<{build}/../topic/c.cpp>\n")
    yield "commands without precompiled headers, and for each source", \
        {path: entry["command"] for path, entry in tidy.compile_commands(work, build).items()}, \
        {work / "a.cpp": "g++ -O3 a.cpp"} | \
        {work / name: f"g++ {work}/{name}" for name in ("b.cpp", "c.cpp", "ops/add/t.cpp")}
    deps = "a.p/a.o: #deps 1 (VALID)\n    a.cpp\n\na.p/all.hpp.gch: #deps 2 (VALID)\n    all.hpp\n    b.hpp\n\n" \
        "b.p/b.o: #deps 1 (VALID)\n    b.cpp\n"
    yield "what was precompiled was read, too", \
        {name: tidy.read_files(deps, pathlib.Path())[name] for name in ("a.p/a.o", "b.p/b.o")}, \
        {"a.p/a.o": [pathlib.Path(name) for name in ("a.cpp", "all.hpp", "b.hpp")], "b.p/b.o": [pathlib.Path("b.cpp")]}
    commands = {pathlib.Path(name): {"output": name} for name in ("a.cpp", "b.cpp", "z.cpp")}
    headers = {"a.cpp": ["a.cpp", "base.hpp"], "b.cpp": ["b.cpp", "base.hpp", "z.hpp"],
               "z.cpp": ["z.cpp", "y.hpp", "base.hpp", "z.hpp"]}
    included = {name: [pathlib.Path(read).absolute() for read in reads] for name, reads in headers.items()}
    # c.cpp and d.cpp are compiled together.
    commands |= {pathlib.Path(name): {"output": "together"} for name in ("c.cpp", "d.cpp")}
    included["together"] = [pathlib.Path(name).absolute() for name in ("c.cpp", "d.cpp", "d.hpp", "x.hpp")]
    for names, expected in (("a.cpp", "a.cpp"), ("z.hpp", "z.cpp"), ("base.hpp", "a.cpp"), ("b.cpp base.hpp", "b.cpp"),
                            ("gone.hpp", ""), ("c.cpp", "c.cpp"), ("d.hpp", "d.cpp"), ("x.hpp", "c.cpp d.cpp"),
                            ("c.cpp x.hpp", "c.cpp d.cpp")):
        files = {pathlib.Path(name) if name.endswith(".cpp") else pathlib.Path(name).absolute()
                 for name in names.split()}
        yield names, {str(path) for path in tidy.sources_of(files, commands, included)}, set(expected.split())


def main():
    if not shutil.which("git"):
        print("skipped: there is no git")
        return tidy.SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        results = list(cases(pathlib.Path(folder).resolve()))
    return conclude(results)


if __name__ == "__main__":
    sys.exit(main())

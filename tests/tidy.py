#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs clang-tidy 16 with the checks of .clang-tidy on what was compiled in a build tree.

    tidy.py SOURCES BUILD [FILE...]    all of lib/, models/ and examples/ with their headers, or the files
    tidy.py SOURCES BUILD --changed    of these, what has changed

What has changed is what git tells apart from the upstream branch, committed or not; on that branch itself,
from the commit before. A header is looked at by way of one source that includes it.

What was found clean is not looked at again until it, a header of it, a .clang-tidy or clang-tidy itself
changes: BUILD/tidy remembers. Each finding is printed once, wherever its header is included.
"""

import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TIDY = "clang-tidy-16"  # others know other checks
SKIPPED = 77  # what meson takes for skipped
FOLDERS = ("lib", "models", "examples")


def compiled_in(path, sources, build):
    """The sources that are compiled as one, where meson puts some together, or our meson.build does from its folder."""
    if not re.search(r"unity\d+$", path.stem):
        return [path]
    folder = sources / path.parent.relative_to(build)
    return [(folder / name).resolve() for name in re.findall(r"#include ?<(.*)>", path.read_text(encoding="utf-8"))]


def compile_commands(sources, build):
    """One command for each source: a library is compiled for float and double, a kernel for each processor.

    Each is compiled alone and without precompiled headers, so that a source that lacks an include is found."""
    database = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    commands = {}
    for entry in database:
        if entry["output"].endswith(".gch"):
            continue
        for path in compiled_in((build / entry["file"]).resolve(), sources, build):
            if path.is_relative_to(sources):
                command = re.sub(r" -fpch-preprocess -include \S+", "", entry["command"])
                command = command.replace(entry["file"], str(path))
                commands.setdefault(path, entry | {"file": str(path), "command": command})
    return commands


def included_files(build):
    """For each object, the files that its compiler read."""
    lines = subprocess.run(["ninja", "-C", build, "-t", "deps"], check=True, capture_output=True, text=True).stdout
    return read_files(lines, build)


def read_files(lines, build):
    """What ninja's lines say; an object has also read what was precompiled in its folder."""
    files = {}
    for block in lines.split("\n\n"):
        target, *names = block.splitlines() or [""]
        files[target.partition(":")[0]] = [build / name.strip() for name in names]
    precompiled = {os.path.dirname(target): names for target, names in files.items() if target.endswith(".gch")}
    return {target: names + precompiled.get(os.path.dirname(target), []) for target, names in files.items()}


def git(sources, *arguments):
    """What git prints, or nothing where it fails or is not there."""
    try:
        done = subprocess.run(["git", "-C", sources, *arguments], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def changed_files(sources):
    """The files that have changed, or None where there is no history to tell."""
    upstream = next(filter(None, (git(sources, "rev-parse", "--verify", name)
                                  for name in ("@{upstream}", "origin/HEAD", "main"))), "HEAD")
    base = git(sources, "merge-base", "HEAD", upstream)
    if base == git(sources, "rev-parse", "HEAD"):
        base = git(sources, "rev-parse", "--verify", "HEAD^")
    if not base:
        return None
    names = git(sources, "diff", "--relative", "--name-only", base) + "\n" + \
        git(sources, "ls-files", "--others", "--exclude-standard")
    return {sources / name for name in names.split("\n") if name}


def sources_of(changed, commands, included):
    """The changed sources, and for each changed header one that includes it: of its own name, or in the smallest
    object, of which all are taken, as one of them does."""
    wanted = {path for path in commands if path in changed}
    together = {}
    for path, entry in commands.items():
        together.setdefault(entry["output"], set()).add(path)
    reads = {output: {name.resolve() for name in included.get(output, [])} for output in together}
    for header in sorted(changed - wanted):
        readers = [output for output in together if header in reads[output]]
        if readers and not any(together[output] <= wanted for output in readers):
            named = {path for output in readers for path in together[output] if path.stem == header.stem}
            smallest = min(readers, key=lambda output: (len(reads[output]), sorted(together[output])))
            wanted |= named or together[smallest]
    return wanted


@functools.cache
def content(path):
    return hashlib.sha256(path.read_bytes()).digest()


def fingerprint(tidy, entry, files):
    """Changes whenever what clang-tidy would say may change."""
    digest = hashlib.sha256(tidy + entry["command"].encode())
    for path in files:
        digest.update(content(path))
    return digest.hexdigest()


def findings(database, path):
    """What clang-tidy says of a source, cut into findings. It ends with an error if there are any."""
    done = subprocess.run([TIDY, "-p", database, "--quiet", "--extra-arg=-Wno-unknown-warning-option", path],
                          capture_output=True, text=True)
    blocks = re.split(r"^(?=\S.*?:\d+:\d+: (?:warning|error): )", done.stdout, flags=re.MULTILINE)
    if done.returncode != 0 and not any(blocks):
        blocks.append(f"{path}: {done.stderr}")
    return [block for block in blocks if block.strip()]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    if not shutil.which(TIDY):
        print(f"skipped: there is no {TIDY}")
        return SKIPPED
    sources, build = (pathlib.Path(name).resolve() for name in sys.argv[1:3])
    commands = compile_commands(sources, build)
    included = included_files(build)
    ours = {path: entry for path, entry in commands.items() if path.relative_to(sources).parts[0] in FOLDERS}
    if sys.argv[3:] == ["--changed"]:
        changed = changed_files(sources)
        if changed is None:
            print("skipped: git does not tell what has changed; ./dev tidy looks at all")
            return SKIPPED
        anew = changed & {sources / ".clang-tidy", pathlib.Path(__file__).resolve()}
        wanted = sorted(ours if anew else sources_of(changed, ours, included))
    else:
        wanted = [pathlib.Path(name).resolve() for name in sys.argv[3:]] or list(ours)
    for path in wanted:
        if path not in commands:
            sys.exit(f"tidy.py: {path} is not compiled in {build}")

    tidy = subprocess.run([TIDY, "--version"], check=True, capture_output=True).stdout
    clean = build / "tidy"
    clean.mkdir(exist_ok=True)
    seen = set()
    with tempfile.TemporaryDirectory() as database, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        pathlib.Path(database, "compile_commands.json").write_text(json.dumps(list(commands.values())))

        def check(path):
            entry = commands[path]
            files = included.get(entry["output"])  # it may not have been compiled yet
            checks = [folder / ".clang-tidy" for folder in path.parents if (folder / ".clang-tidy").is_file()]
            mark = files and clean / fingerprint(tidy, entry, checks + files)
            if mark and mark.exists():
                return []
            found = findings(database, path)
            if mark and not found:
                mark.touch()
            return found

        for found in pool.map(check, wanted):
            for block in found:
                if block not in seen:
                    seen.add(block)
                    print(block, end="", flush=True)
    print(f"{len(wanted)} files, {len(seen)} findings")
    return 1 if seen else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Installs xtape somewhere, and builds programs outside of the repository with what is there.

    install.py meson SOURCES BUILD     what `meson install` installs
    install.py package SOURCES BUILD   what the Debian packages of `./dev package` hold
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77  # what meson takes for skipped
# What a user may compile with, on the side of the public headers.
FLAGS = [
    "g++ -std=c++20 -O0 -g",
    "g++ -std=c++20 -O3 -march=native -flto=auto",
    "g++ -std=c++20 -O2 -march=native -DXTENSOR_USE_XSIMD",
    "g++ -std=c++23 -O1 -D_GLIBCXX_ASSERTIONS -DXTENSOR_ENABLE_ASSERT",
    "g++ -std=c++20 -Os -DNDEBUG -fvisibility=hidden -fvisibility-inlines-hidden -ffunction-sections",
    "clang++-16 -std=c++20 -O2",
    "clang++-19 -std=c++20 -O2",
]

Tree = collections.namedtuple("Tree", "sources prefix libraries environment")


def run(command, folder, environment):
    """What the command prints. Throws with all that it said if it fails."""
    shell = isinstance(command, str)
    done = subprocess.run(["sh", "-ec", command] if shell else list(map(str, command)), cwd=folder,
                          env=environment, capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        raise RuntimeError(f"{command}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def install_by_meson(sources, build, root):
    run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", root], root, os.environ)


def install_packages(sources, build, root):
    environment = os.environ | {"XTAPE_NO_INSTALL": "1"}
    packages = run([sources / "dev", "package", root.parent / "package"], root, environment).splitlines()
    if len(packages) != 4:
        raise RuntimeError(f"expected four packages: {packages}")
    for package in packages:
        run(["dpkg-deb", "--extract", package, root], root, os.environ)


def find_tree(sources, root):
    """What was installed below the root, and an environment whose tools find it there."""
    (header,) = root.glob("**/include/xtape/xtape.hpp")
    prefix = header.parents[2]
    (description,) = prefix.glob("**/pkgconfig/xtape.pc")
    libraries = description.parents[1]
    environment = os.environ | {
        "PKG_CONFIG_PATH": str(description.parent),
        "CMAKE_PREFIX_PATH": str(prefix),
        "CMAKE_GENERATOR": "Ninja",
        "LD_LIBRARY_PATH": str(libraries),
        "XTAPE_DATA": str(root / "nothing"),  # made-up digits: it is fast, and here it is all the same
        "XDG_CACHE_HOME": str(root / "nothing"),
        "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
    }
    return Tree(sources, prefix, libraries, environment)


def page_commands(tree):
    """The commands of the page on installing that build the quickstart, by their headings."""
    page = (tree.sources / "docs/install.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^### (.+?)\n.*?^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return {title: commands for title, commands in blocks}


def copy_quickstart(tree, folder):
    (example,) = tree.prefix.glob("share/doc/*/examples/quickstart")
    shutil.copytree(example, folder, dirs_exist_ok=True)


def build_quickstart(tree, folder, title):
    copy_quickstart(tree, folder)
    printed = run(page_commands(tree)[title], folder, tree.environment)
    result = re.search(r"^epoch 1: loss \S+, accuracy (\S+) on \d+ test images$", printed, re.MULTILINE)
    if not result or float(result[1]) < 0.9:
        raise RuntimeError(f"the quickstart printed\n{printed}")


def check_versions(tree, folder):
    """The headers, the library, pkg-config, the soname and Debian's files name one version."""
    header = (tree.prefix / "include/xtape/version.hpp").read_text(encoding="utf-8")
    numbers = re.findall(r"#define XTAPE_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header)
    version = ".".join(numbers)
    soname = "0." + numbers[1] if numbers[0] == "0" else numbers[0]
    said = run(["pkg-config", "--modversion", "xtape", "xtape-f64"], folder, tree.environment).split()
    changelog = (tree.sources / "lib/debian/changelog").read_text(encoding="utf-8")
    said.append(changelog[:changelog.index(")")].removeprefix("xtape ("))
    (folder / "main.cpp").write_text("#include <xtape/version.hpp>\n#include <cstdio>\n"
                                     "int main() { std::puts(xtape::version()); }\n")
    for name in ("xtape", "xtape-f64"):
        run(f"g++ -std=c++20 main.cpp $(pkg-config --cflags --libs {name}) -o main", folder, tree.environment)
        said.append(run(["./main"], folder, tree.environment).strip())
        library = run(["objdump", "-p", tree.libraries / f"lib{name}.so"], folder, tree.environment)
        if f"SONAME               lib{name}.so.{soname}\n" not in library:
            raise RuntimeError(f"lib{name}.so has not the soname {soname}")
    if set(said) != {version}:
        raise RuntimeError(f"the headers have version {version}, others {said}")
    debian = tree.sources / "lib/debian"
    packages = set(re.findall(r"libxtape\d[\d.]*", (debian / "control").read_text(encoding="utf-8")))
    packages |= {path.stem.partition("-")[0] for path in debian.glob("libxtape[0-9]*.install")}
    if packages != {f"libxtape{soname}"}:
        raise RuntimeError(f"lib/debian should name libxtape{soname}, and names {packages}")


def is_expected(symbol, space, public):
    """Whether a symbol, as nm shows it, is named by public headers."""
    shorter = ""
    while shorter != symbol:  # without the arguments of templates
        symbol, shorter = re.sub("<[^<>]*>", "", symbol), symbol
    names = re.findall(r"~?\w+(?:::~?\w+)+", symbol.split("(")[0])
    return names and all(
        name.startswith(space) and public.issuperset(re.findall(r"\w+", name.removeprefix(space)))
        for name in names)


def check_exports(tree, folder):
    """The libraries define what public headers declare, and nothing else that others could meet: what is
    instantiated of other libraries, the standard one among them, is a program's own."""
    public = set()
    for header in (tree.prefix / "include/xtape").glob("**/*.hpp"):
        code = re.sub(r"//.*|^#include.*", "", header.read_text(encoding="utf-8"), flags=re.MULTILINE)
        public.update(re.findall(r"\w+", code))
    for name, space in (("xtape", "xtape::f32::"), ("xtape-f64", "xtape::f64::")):
        library = tree.libraries / f"lib{name}.so"
        lines = run(["nm", "-DC", "--defined-only", library], folder, tree.environment).splitlines()
        symbols = [line.split(" ", 2)[2] for line in lines]
        strangers = [symbol for symbol in symbols if not is_expected(symbol, space, public)]
        if strangers or len(symbols) < 200:
            raise RuntimeError(f"{library} defines {len(symbols)} symbols, among them {strangers}")


def check_hardening(tree, folder):
    """The libraries are hardened as Debian's packages are."""
    for name in ("xtape", "xtape-f64"):
        library = tree.libraries / f"lib{name}.so"
        said = run(["readelf", "-dlW", library], folder, tree.environment)
        calls = run(["nm", "-D", "--undefined-only", library], folder, tree.environment)
        signs = {
            "full relocation read-only": "GNU_RELRO" in said and re.search(r"\(FLAGS\).*BIND_NOW", said),
            "a stack that is not executed": re.search(r"GNU_STACK .* RW ", said),
            "no text that is written": "TEXTREL" not in said,
            "guarded stacks": "__stack_chk_fail" in calls,
            "fortified calls": re.search(r" __\w+_chk\b", calls),
        }
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", said)
        if not needed or any("blas" in other or "lapack" in other for other in needed):
            raise RuntimeError(f"{library} needs {needed}, and must need others but no BLAS")
        lacking = [what for what, sign in signs.items() if not sign]
        if lacking:
            raise RuntimeError(f"{library} lacks {lacking}")


def check_other_targets(tree, folder):
    """CMake's targets for the static library and for double, found by way of a link, as /lib may be one."""
    copy_quickstart(tree, folder)
    lib = tree.libraries.relative_to(tree.prefix).parts[0]
    (folder / lib).symlink_to(tree.prefix / lib)
    environment = tree.environment | {"CMAKE_PREFIX_PATH": str(folder)}
    for target in ("xtape-static", "xtape-f64", "xtape-f64-static"):
        lists = (folder / "CMakeLists.txt").read_text(encoding="utf-8")
        lists = re.sub(r"xtape::[a-z0-9-]+", f"xtape::{target}", lists)
        (folder / "CMakeLists.txt").write_text(lists, encoding="utf-8")
        run(f"cmake -B {target} && cmake --build {target}", folder, environment)
        needs = run(f"objdump -p {target}/quickstart", folder, tree.environment)
        if ("libxtape" in needs) != ("static" not in target):
            raise RuntimeError(f"the program with {target} needs\n{needs}")
        run(f"{target}/quickstart", folder, tree.environment)


def check_flags(tree, folder):
    """A program computes the same bits, on objects of the same size, whatever it was compiled with."""
    source = shlex.quote(str(tree.sources / "tests/install/program.cpp"))

    def outcome(index):
        compiler = FLAGS[index].split()[0]
        if not shutil.which(compiler):
            return None
        run(f"{FLAGS[index]} {source} $(pkg-config --cflags --libs xtape) -o program{index}", folder,
            tree.environment)
        return run([f"./program{index}"], folder, tree.environment)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, range(len(FLAGS))))
    for flags, printed in zip(FLAGS, outcomes):
        if printed is not None and printed != outcomes[0]:
            raise RuntimeError(f"with {FLAGS[0]}\n{outcomes[0]}\nwith {flags}\n{printed}")


def check_other_sizes(tree, folder):
    """Containers and scalars of another size cannot be linked with: the linker says so."""
    source = shlex.quote(str(tree.sources / "tests/install/program.cpp"))
    for flag, space in (("-D_GLIBCXX_DEBUG", "f32_debug"), ("-DXTAPE_DOUBLE", "f64")):
        command = f"g++ -std=c++20 -O0 {flag} {source} $(pkg-config --cflags --libs xtape) -o program"
        try:
            run(command, folder, tree.environment)
        except RuntimeError as error:
            if f"undefined reference to `xtape::{space}::" not in str(error):
                raise
        else:
            raise RuntimeError(f"this was linked: {command}")


def check_subproject(tree, folder):
    """As a subproject of meson it brings the libraries, and neither programs nor tests."""
    copy_quickstart(tree, folder)
    (folder / "subprojects").mkdir()
    (folder / "subprojects/xtape").symlink_to(tree.sources)
    environment = tree.environment | {"PKG_CONFIG_PATH": str(folder)}  # or it would take what is installed
    run(["meson", "setup", "build", "--wrap-mode=forcefallback"], folder, environment)
    targets = json.loads(run(["meson", "introspect", "--targets", "build"], folder, environment))
    names = {target["name"] for target in targets
             if target["type"] not in ("static library", "shared module")}
    if names != {"quickstart", "xtape", "xtape-f64"}:
        raise RuntimeError(f"the targets are {names}")


def main():
    how, sources, build = sys.argv[1:] if len(sys.argv) == 4 else sys.exit(__doc__)
    sources, build = pathlib.Path(sources).resolve(), pathlib.Path(build).resolve()
    checks = {title: lambda tree, folder, title=title: build_quickstart(tree, folder, title)
              for title in ("Meson", "CMake", "A compiler alone")}
    checks |= {function.__name__: function for function in (check_exports, check_hardening)}
    tools = ["cmake"]
    if how == "meson":
        install = install_by_meson
        checks |= {function.__name__: function for function in
                   (check_versions, check_other_targets, check_flags, check_other_sizes,
                    check_subproject)}
    else:
        install = install_packages
        tools += ["dpkg-checkbuilddeps"]
    for tool in tools:
        if not shutil.which(tool):
            print(f"skipped: there is no {tool}")
            return SKIPPED
    if how == "package":
        needs = subprocess.run(["dpkg-checkbuilddeps", sources / "lib/debian/control"], check=False)
        if needs.returncode != 0:
            print("skipped: packages are missing")
            return SKIPPED
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        root = pathlib.Path(place, "root")
        root.mkdir()
        install(sources, build, root)
        tree = find_tree(sources, root)
        for name, check in checks.items():
            folder = pathlib.Path(place, name)
            folder.mkdir()
            try:
                check(tree, folder)
            except (RuntimeError, OSError, KeyError, ValueError, subprocess.TimeoutExpired) as error:
                print(f"failed: {name}: {error}")
                failed += 1
    # As Boost.Test's short report, which tests/summary.awk adds up.
    for state, cases in (("passed", len(checks) - failed), ("failed", failed)):
        if cases:
            print(f"{cases} test case{'s' * (cases > 1)} out of {len(checks)} {state}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

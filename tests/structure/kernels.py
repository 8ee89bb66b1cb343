# SPDX-License-Identifier: MIT
"""That no function compiled for one instruction set can end up as that of all.

    kernels.py ARCHIVE SET...    pairs: the kernels of a set, and its name

Of inline functions the linker keeps one copy, whichever it sees first. So all that kernels do not inline has to carry
its set in its name, or in those of xsimd's types.
"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from cases import conclude  # noqa: E402


def shared_functions(archive, isa):
    """The functions of which others may have a copy, but for those that have the set in their names."""
    symbols = subprocess.run(["nm", "-C", "--defined-only", archive], check=True, capture_output=True, text=True)
    weak = {line.partition(" W ")[2] for line in symbols.stdout.splitlines() if " W " in line}
    return sorted(name for name in weak if f"::{isa}::" not in name and "xsimd::batch<" not in name)


def cases(arguments):
    for archive, isa in zip(arguments[::2], arguments[1::2]):
        yield f"what {pathlib.Path(archive).name} shares", shared_functions(archive, isa), []


if __name__ == "__main__":
    sys.exit(conclude(cases(sys.argv[1:])))

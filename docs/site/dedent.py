#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Copies programs for the pages to show: each marked part begins at the left margin.

    dedent.py FOLDER PROGRAM...
"""

import pathlib
import re
import sys
import textwrap

PART = re.compile(r"^[ \t]*((?://!|#) \[(.+)\]\n)(.*?)^[ \t]*\1", re.MULTILINE | re.DOTALL)


def main():
    folder, *programs = sys.argv[1:] or sys.exit(__doc__)
    for program in map(pathlib.Path, programs):
        text = program.read_text(encoding="utf-8")
        parts = PART.sub(lambda part: part[1] + textwrap.dedent(part[3]) + part[1], text)
        pathlib.Path(folder, program.name).write_text(parts, encoding="utf-8")


if __name__ == "__main__":
    main()

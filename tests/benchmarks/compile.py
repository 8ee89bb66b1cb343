# SPDX-License-Identifier: MIT
"""Seconds of a processor and megabytes that a compiler takes: compile.py COMMAND...

Prints the least of the times of five runs and the most memory that any of them had.
"""
import resource
import subprocess
import sys

seconds = []
spent = 0
for _ in range(5):
    subprocess.run(sys.argv[1:], check=True)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds.append(usage.ru_utime + usage.ru_stime - spent)
    spent = usage.ru_utime + usage.ru_stime
print(f"{min(seconds):.1f} {usage.ru_maxrss * 1024 / 1e6:.0f}")

# SPDX-License-Identifier: MIT
"""Seconds and megabytes that a compiler takes: compile.py COMMAND...

Prints the median of the times of three runs and the most memory that any of them had.
"""
import resource
import statistics
import subprocess
import sys
import time

seconds = []
for _ in range(3):
    start = time.perf_counter()
    subprocess.run(sys.argv[1:], check=True)
    seconds.append(time.perf_counter() - start)
kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"{statistics.median(seconds):.1f} {kilobytes * 1024 / 1e6:.0f}")

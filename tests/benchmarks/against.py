# SPDX-License-Identifier: MIT
"""Whether training became slower: the processor seconds of two builds that share one processor.

In slices of time, whatever else the machine does slows both alike: on a busy one the ratio is good to a percent, where
images per second spread by a half.
"""
import os
import statistics
import subprocess


def processor_seconds(programs, processor):
    """What each of the programs takes, run at once on one processor."""
    running = [subprocess.Popen([str(part) for part in program], stdout=subprocess.DEVNULL,
                                preexec_fn=lambda: os.sched_setaffinity(0, [processor]))
               for program in programs]
    seconds = []
    for program in running:
        _, status, usage = os.wait4(program.pid, 0)
        if status:
            raise SystemExit(f"{program.args[0]} failed")
        seconds.append(usage.ru_utime + usage.ru_stime)
    return seconds


def compare(tree, other, models, rounds, steps):
    """Prints how fast `tree` trains on one thread, in times of the build in `other`."""
    processor = min(os.sched_getaffinity(0))
    print(f"{'model':8} {'speed':>6}  in times of {other}, and of each round")
    for model in models:
        ratios = []
        for _ in range(rounds):
            # What the data take is in both, so a short run is subtracted from a long one.
            runs = [processor_seconds(
                [[build / "tests/bench-training", "--model", model, "--threads", 1, "--steps", count]
                 for build in (tree, other)], processor) for count in (steps, 3 * steps)]
            own, others = (long - short for short, long in zip(*runs))
            ratios.append(others / own)
        print(f"{model:8} {statistics.median(ratios):6.3f}  {' '.join(f'{ratio:.3f}' for ratio in sorted(ratios))}",
              flush=True)

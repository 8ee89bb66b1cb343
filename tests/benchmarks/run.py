# SPDX-License-Identifier: MIT
"""What ./dev bench does once the programs are built: measures, prints tables, writes benchmark.json.

    run.py ROOT TREE [--rounds N] [--steps N] [--models cnn,lenet5,...] [--precision bf16] [--python PYTHON]
                     [--modes eager,channels_last,...] [--blas mkl] [--no-kernels | --against TREE]

Every ratio is of things measured in this one run, the programs to compare in turn, in several rounds.
PyTorch is measured beside xtape where a python3 has it, in the modes asked for, of which the best one counts.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import time

import against

MODELS = ("cnn", "lenet5", "mlp", "vgg", "resnet20", "transformer", "lstm")
MODES = ("eager", "channels_last", "compile", "bf16", "bf16_compile")  # of PyTorch
LARGE = MODELS[3:]  # whose steps take so long that a fifth of them is enough


def output(*command, processors=None):
    """What a program prints, run on some of the processors only."""
    limit = (lambda: os.sched_setaffinity(0, processors)) if processors else None
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True,
                          preexec_fn=limit).stdout


def modes_of(names):
    """Those of a list with commas."""
    modes = names.split(",")
    for mode in modes:
        if mode not in MODES:
            raise argparse.ArgumentTypeError(f"there is no mode {mode}, but {', '.join(MODES)}")
    return modes


def find_torch(pythons):
    for python in pythons:
        if shutil.which(python) and not subprocess.run(
                [python, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode:
            return python
    return None


def know_processor(tree):
    """What the machine is. OpenBLAS takes a processor that it does not know for an old one, and runs at a fifth of
    its speed: that is no yardstick, so it is told, for all that is measured, what the processor can do."""
    machine = output(tree / "tests/bench-machine")
    core = machine.rsplit(" for ", 1)[1].strip()
    proper = {"x86_64_v4": ("SkylakeX", "Cooperlake", "Sapphirerapids"),
              "x86_64_v3": ("Haswell", "Zen", "SkylakeX", "Cooperlake", "Sapphirerapids")}
    for isa, cores in proper.items():
        if f"kernels    {isa}" in machine and core not in cores:
            os.environ["OPENBLAS_CORETYPE"] = cores[0]
            machine = output(tree / "tests/bench-machine") + f"           (it takes this processor for {core})\n"
    return machine


class Clock:
    """The seconds that all processors have worked, that programs started here have, and the time."""

    def __init__(self):
        ticks = [int(x) for x in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.busy = sum(ticks[i] for i in (0, 1, 2, 5, 6, 7)) / os.sysconf("SC_CLK_TCK")
        self.own = usage.ru_utime + usage.ru_stime
        self.now = time.monotonic()

    def others_since(self, before):
        """How many processors other programs kept busy."""
        return (self.busy - before.busy - (self.own - before.own)) / (self.now - before.now)


def measure_kernels(tree):
    """Kernels on one thread, as shares of what the machine does in the same run."""
    report = json.loads(output(
        tree / "tests/bench-kernels", "--benchmark_format=json", "--benchmark_min_time=0.05",
        "--benchmark_repetitions=9", "--benchmark_enable_random_interleaving=true",
        "--benchmark_report_aggregates_only=true"))
    rows = [row for row in report["benchmarks"] if row["aggregate_name"] == "median"]
    kernels = [{"name": row["run_name"], "microseconds": row["real_time"] / 1e3,
                **{key: row[key] for key in ("flops", "bytes", "ops") if key in row}} for row in rows]
    by_name = {row["name"]: row for row in kernels}
    sgemm, triad = by_name["machine/sgemm"]["flops"], by_name["machine/triad"]["bytes"]

    def rate(row, key, of):
        return f"{row[key] / 1e9:9.1f} {100 * row[key] / of:5.0f} %" if key in row else " " * 17

    print(f"\n{'kernel, 1 thread':37} {'us':>9} {'GFLOP/s':>9} {'sgemm':>7} {'GB/s':>9} {'triad':>7}")
    for row in sorted(kernels, key=lambda row: (not row["name"].startswith("machine"), row["name"])):
        if "ops" not in row:
            print(f"{row['name']:37} {row['microseconds']:9.1f} {rate(row, 'flops', sgemm)} "
                  f"{rate(row, 'bytes', triad)}")
    print("bytes are what must at least move; the caches hold some of it")
    for row in sorted(kernels, key=lambda row: row["name"]):
        if "ops" in row:
            print(f"{row['name']}: {1e9 / row['ops']:.0f} ns per op, forward and backward")
    return kernels


def measure_elementwise(tree):
    """What ops that are limited by memory cost beside one of them, in times of that."""
    rows = [json.loads(line) for size in (262_144, 4_000_000) for threads in (1, 2)
            for line in output(tree / "tests/bench-elementwise", size, threads).splitlines()]
    print(f"\n{'op: value and gradient per input':36} {'262,144: 1 thread':>20} {'2 threads':>13} "
          f"{'4,000,000: 1':>13} {'2 threads':>13}")
    for name in dict.fromkeys(row["name"] for row in rows):
        of_name = [row for row in rows if row["name"] == name]
        times = "".join(f"{row['forward_ratio']:7.2f} {row['backward_ratio']:5.2f} " for row in of_name)
        print(f"{name:30} of {of_name[0]['beside']:10} {times}")
    return rows


def training_programs(root, tree, torch, options):
    """Commands by what they are: xtape, and PyTorch in its modes."""
    programs = {"xtape": [tree / "tests/bench-training", "--precision", options.precision]}
    if torch:
        for mode in options.modes:
            programs[mode] = [torch, root / "tests/benchmarks/torch_training.py", "--mode", mode,
                              "--blas", options.blas]
    return programs


def measure_models(programs, precision, models, rounds, steps):
    """Training steps of xtape and PyTorch in turn."""
    runs = {}
    for _ in range(rounds):
        for model in models:
            share = 5 if model in LARGE else 1
            for threads in (1, 2):
                for name, command in programs.items():
                    result = json.loads(output(*command, "--model", model, "--threads", threads,
                                               "--steps", steps // share, "--block", 50 // share))
                    runs.setdefault((model, threads), {}).setdefault(name, []).append(result)
    rows = []
    for (model, threads), results in runs.items():
        figures = {name: {
            "samples_per_second": statistics.median(r for one in of_rounds for r in one["rates"]),
            "peak_megabytes": max(one["peak_megabytes"] for one in of_rounds)} for name, of_rounds in results.items()}
        row = {"model": model, "threads": threads, "xtape": figures.pop("xtape")}
        if figures:
            best = max(figures, key=lambda mode: figures[mode]["samples_per_second"])
            row["pytorch"] = {"mode": best, **figures[best]}
            row["modes"] = {mode: one["samples_per_second"] for mode, one in figures.items()}
        row["milliseconds"] = {
            phase: statistics.median(one["milliseconds"][phase] for one in results["xtape"])
            for phase in results["xtape"][0]["milliseconds"]}
        rows.append(row)

    heading = f"\n{'model':11} {'threads':>7} {'xtape samples/s':>15}"
    beside = len(programs) > 1
    if beside:
        heading += f" {'PyTorch samples/s':>17} {'mode':13} {'ratio':>6}"
    print(f"{heading} {'data':>7} {'forward':>8} {'backward':>9} {'update':>7} {'MB':>6}"
          f"{' PyTorch MB' if beside else ''}")
    for row in rows:
        own, peer = row["xtape"], row.get("pytorch")
        line = f"{row['model']:11} {row['threads']:7} {own['samples_per_second']:15.0f}"
        if peer:
            line += (f" {peer['samples_per_second']:17.0f} {peer['mode']:13}"
                     f" {own['samples_per_second'] / peer['samples_per_second']:6.2f}")
        ms = row["milliseconds"]
        line += (f" {ms['data']:7.3f} {ms['forward']:8.3f} {ms['backward']:9.3f} {ms['update']:7.3f}"
                 f" {own['peak_megabytes']:6.0f}")
        print(line + (f" {peer['peak_megabytes']:10.0f}" if peer else ""))
    print("training with Adam, batches of 64 images or texts of 64 characters; medians over blocks of 50 steps, of large\n"
          f"models 10, in {rounds} rounds, xtape in {precision}; the four phases in milliseconds per step; MB is the peak\n"
          "of resident memory, data included")
    if not beside:
        print("PyTorch is not installed (Debian: python3-torch)")
    return rows


def measure_busy(tree, rounds, steps):
    """Two threads while another process has one of two processors, beside one thread on one processor."""
    processors = sorted(os.sched_getaffinity(0))[:2]
    if len(processors) < 2:
        return None
    rates = {1: [], 2: []}
    for _ in range(rounds):
        busy = subprocess.Popen([sys.executable, "-c", "while True: pass"],
                                preexec_fn=lambda: os.sched_setaffinity(0, processors[1:]))
        try:
            for threads in (2, 1):
                result = json.loads(output(tree / "tests/bench-training", "--threads", threads, "--steps", steps,
                                           processors=processors[:threads]))
                rates[threads] += result["rates"]
        finally:
            busy.kill()
            busy.wait()
    one, two = (statistics.median(rates[threads]) for threads in (1, 2))
    print(f"\ncnn while another process has one of two processors: 2 threads on both {two:.0f} images/s,"
          f" 1 thread on the free one {one:.0f}")
    return {"two_threads": two, "one_thread": one}


def measure_include(root):
    """What a compiler takes for ten lines with xtape: the least time of five runs, the most memory."""
    flags = output("pkg-config", "--cflags", "xtensor").split()
    command = ["c++", "-std=c++20", "-O2", f"-I{root}/include", *flags, "-c",
               f"{root}/tests/benchmarks/include.cpp", "-o", "/dev/null"]
    seconds, megabytes = [], []
    for _ in range(5):
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit("the compiler failed")
        seconds.append(usage.ru_utime + usage.ru_stime)
        megabytes.append(usage.ru_maxrss * 1024 / 1e6)
    print(f"\n#include <xtape/xtape.hpp> and ten lines at -O2: {min(seconds):.1f} s of a processor "
          f"(at most 3), {max(megabytes):.0f} MB (at most 400)")
    return {"seconds": min(seconds), "megabytes": max(megabytes)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=lambda path: pathlib.Path(path).absolute())
    parser.add_argument("tree", type=lambda path: pathlib.Path(path).absolute())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=150, help="per program and round, of large models a fifth")
    parser.add_argument("--models", type=lambda names: names.split(","), help="default: " + ",".join(MODELS))
    parser.add_argument("--precision", choices=("float", "bf16"), default="float", help="of xtape's products")
    parser.add_argument("--python", help="that has the PyTorch to measure (default: python3)")
    parser.add_argument("--modes", type=modes_of, default=["eager"],
                        help=f"of PyTorch: {', '.join(MODES)}; the best one counts")
    parser.add_argument("--blas", choices=("openblas", "mkl"), default="openblas", help="PyTorch's, as Debian has them")
    parser.add_argument("--no-kernels", action="store_true")
    parser.add_argument("--against", type=pathlib.Path, metavar="TREE", help="only how fast training is beside that build")
    options = parser.parse_args()
    if options.against:
        if (options.precision, options.python, options.modes) != ("float", None, ["eager"]):
            parser.error("--against compares two builds in float, without PyTorch")
        models = options.models or MODELS[:4]  # of others 50 steps for a profile take minutes
        return against.compare(options.tree, options.against, models, options.rounds, options.steps)
    torch = find_torch([options.python] if options.python else ["/usr/bin/python3", "python3"])
    if options.python and not torch:
        sys.exit(f"{options.python} has no PyTorch")
    machine = know_processor(options.tree)
    print(machine, end="", flush=True)
    print("measuring, beside PyTorch" if torch else "measuring", "- some minutes", file=sys.stderr)

    before = Clock()
    result = {"date": time.strftime("%Y-%m-%d"), "machine": machine.splitlines(), "precision": options.precision}
    if torch:
        result["blas"] = options.blas  # PyTorch's
        result["pytorch"] = output(torch, "-c", "import torch; print(torch.__version__)").strip()
    if not options.no_kernels:
        result["kernels"] = measure_kernels(options.tree)
        sys.stdout.flush()
        result["elementwise"] = measure_elementwise(options.tree)
    programs = training_programs(options.root, options.tree, torch, options)
    result["models"] = measure_models(programs, options.precision, options.models or MODELS,
                                      options.rounds, options.steps)
    result["other_processors_busy"] = Clock().others_since(before)
    result["busy_processor"] = measure_busy(options.tree, options.rounds, options.steps)
    result["include"] = measure_include(options.root)
    others = result["other_processors_busy"]
    print("nothing else was running" if others < 0.05 else
          f"other programs kept {others:.2f} processors busy meanwhile: measure again on an idle machine")
    path = options.tree / "benchmark.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written to {path}")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the figures of docs/benchmark.json into the pages that show them, between `<!-- speed: NAME -->` and
`<!-- /speed -->`.

    speed.py [FILE]

FILE, which ./dev bench wrote, becomes docs/benchmark.json first. The tests tell when a page has other figures.
"""

import json
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MEASURED = ROOT / "docs/benchmark.json"
PAGES = ("README.md", "docs/performance.md")
BLOCK = re.compile(r"(<!-- speed: (\w+) -->\n).*?(<!-- /speed -->)", re.DOTALL)
TITLES = {"cnn": "CNN", "lenet5": "LeNet-5", "mlp": "MLP", "vgg": "VGG-like, 32 x 32 x 3",
          "resnet20": "ResNet-20, 32 x 32 x 3", "transformer": "transformer, texts of 64", "lstm": "LSTM, texts of 64"}


def table(head, rows):
    def line(row):
        return "".join(f"| {cell} " if cell else "| " for cell in row) + "|\n"

    return "".join(map(line, [head, ["---"] * len(head), *rows]))


def machine(measured):
    """What was measured on, and when."""
    names = {"processor": "processor", "kernels": "kernels of xtape", "BLAS": "BLAS"}
    lines = "\n".join(measured["machine"]).replace("\n ", "").splitlines()  # what is indented goes on
    rows = [[names[key], " ".join(words)] for key, *words in map(str.split, lines)]
    peer = measured.get("pytorch", "not at hand")
    if "blas" in measured:
        peer += f", BLAS {measured['blas']}"
    if "precision" in measured:
        rows.append(["precision of xtape", measured["precision"]])
    return table(["what", "which"], [["date", measured["date"]], *rows, ["PyTorch", peer]])


def models(measured):
    """Training, beside PyTorch where that was measured."""
    def row(one):
        own = one["xtape"]["samples_per_second"]
        cells = [TITLES[one["model"]], str(one["threads"]), f"{own:,.0f}"]
        if "pytorch" not in one:
            return [*cells, "", "", ""]
        peer = one["pytorch"]["samples_per_second"]
        return [*cells, f"{peer:,.0f}", one["pytorch"].get("mode", "eager"), f"{own / peer:.1f}"]

    return table(["model", "threads", "xtape samples/s", "PyTorch samples/s", "PyTorch's mode", "ratio"],
                 map(row, measured["models"]))


def memory(measured):
    """The peak of the article's CNN."""
    runs = [one for one in measured["models"] if one["model"] == "cnn"]
    peaks = [f"{max(one[name]['peak_megabytes'] for one in runs):.0f} MB"
             for name in ("xtape", "pytorch") if all(name in one for one in runs)]
    return f"Training the CNN took {' of memory, data included, and PyTorch '.join(peaks)}.\n"


def filled(text, measured):
    """A page with the figures in their places."""
    makers = {"machine": machine, "models": models, "memory": memory}
    return BLOCK.sub(lambda block: f"{block[1]}\n{makers[block[2]](measured)}\n{block[3]}", text)


def measured():
    return json.loads(MEASURED.read_text(encoding="utf-8"))


def stale_pages(figures):
    """The pages that show others, with what they should be."""
    pages = [(page, (ROOT / page).read_text(encoding="utf-8")) for page in PAGES]
    return [(page, new) for page, text in pages if (new := filled(text, figures)) != text]


def main():
    if len(sys.argv) > 2 or sys.argv[1:2] == ["--help"]:
        sys.exit(__doc__)
    if len(sys.argv) == 2:
        shutil.copyfile(sys.argv[1], MEASURED)
    for page, text in stale_pages(measured()):
        (ROOT / page).write_text(text, encoding="utf-8")
        print(page)


if __name__ == "__main__":
    main()

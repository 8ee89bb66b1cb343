#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whether the scripts beside this one find what they are there to find."""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1] / "tests")]
import gallery  # noqa: E402
import index  # noqa: E402
import snippets  # noqa: E402
import speed  # noqa: E402
from cases import conclude  # noqa: E402

GOOD = ('<a id="top"></a><a href="#top">t</a><a href="b%20c.html#end">e</a>'
        '<img src="i.png" alt="i"><a href="https://example.org/x">x</a><link href="s.css">')
# A page, and what is to be said of it; nothing is to be said of the good one.
PAGES = {
    GOOD: "",
    GOOD + '<a href="gone.html">g</a>': "no such file: gone.html",
    GOOD + '<a href="#gone">g</a>': "no such anchor: #gone",
    GOOD + '<a href="b%20c.html#gone">g</a>': "no such anchor: b%20c.html#gone",
    GOOD + '<img src="gone.png" alt="g">': "no such file: gone.png",
    GOOD + '<img src="i.png">': "an image without a text: i.png",
    GOOD + '<a href="../../etc/passwd">g</a>': "leaves the site: ../../etc/passwd",
    GOOD + '<script src="https://a.org/x.js"></script>': "loads from elsewhere: https://a.org/x.js",
    GOOD + '<script src="//a.org/x.js"></script>': "loads from elsewhere: //a.org/x.js",
    GOOD + '<img src="i.png" srcset="http://a.org/i 2x" alt="i">': "loads from elsewhere: http://a.org/i",
    GOOD + '<style>p { background: url("gone.png") }</style>': "no such file: gone.png",
    GOOD + '<p style="background: url(http://a.org/i)">p</p>': "loads from elsewhere: http://a.org/i",
    GOOD + '<video poster="http://a.org/i"></video>': "loads from elsewhere: http://a.org/i",
    GOOD + '<meta http-equiv="Refresh" content="0; url=https://a.org/">': "loads from elsewhere: https://a.org/",
    GOOD + '<meta http-equiv="refresh" content="5;gone.html">': "no such file: gone.html",
    GOOD + '<meta http-equiv="refresh" content=" 5 ">': "",
    GOOD + '<svg><image href="http://a.org/i"/></svg>': "loads from elsewhere: http://a.org/i",
}
DRAWING = ('<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><g id="g"/>'
           '<use href="#g"/><image xlink:href="i.png"/><path fill="url(#g)"/>'
           '<a xlink:href="https://example.org/x"><text>x</text></a>')
# The same for what is in a drawing.
DRAWINGS = {
    "": "",
    '<image href="https://a.org/i"/>': "loads from elsewhere: https://a.org/i",
    '<image xlink:href="https://a.org/i"/>': "loads from elsewhere: https://a.org/i",
    '<use xlink:href="https://a.org/i.svg#g"/>': "loads from elsewhere: https://a.org/i.svg#g",
    '<use href="#gone"/>': "no such anchor: #gone",
    '<script href="//a.org/x.js"/>': "loads from elsewhere: //a.org/x.js",
    '<path fill="url(https://a.org/i.svg#g)"/>': "loads from elsewhere: https://a.org/i.svg#g",
    '<a xlink:href="gone.html"/>': "no such file: gone.html",
    "<style>@import 'https://a.org/s.css';</style>": "loads from elsewhere: https://a.org/s.css",
}


def check_site(page, style="", drawing=""):
    with tempfile.TemporaryDirectory() as folder:
        site = pathlib.Path(folder)
        (site / "a.html").write_text(page)
        (site / "b c.html").write_text('<p id="end">e</p>')
        (site / "i.png").write_bytes(b"")
        (site / "s.css").write_text(style)
        (site / "d.svg").write_text(DRAWING + drawing + "</svg>")
        done = subprocess.run([sys.executable, HERE / "check.py", site], capture_output=True,
                              text=True)
    *faults, summary = done.stdout.splitlines()
    assert (done.returncode != 0) == bool(faults) and f"{len(faults)} faults" in summary, done
    return faults


# Pages as Doxygen writes them, and what is to be found in them: the title, and sections with anchor, heading, text.
INDEXED = {
    '<div class="title">A page </div></div></div><!--header--><div class="contents"><div class="toc"><h3>Contents</h3>'
    '</div><p><a class="anchor" id="md_a"></a> Before &amp; <code>a&lt;b&gt;</code>.</p><h1><a class="anchor" id="one">'
    '</a>\nOne</h1><p>First</p><p>second.</p>\n<div class="ttc" id="x"><div>tip</div></div>\n<h2><a class="anchor" '
    'id="two"></a>Two</h2>Third.</div><!-- contents -->':
    ["A page", ["", "", "Before & a<b>."], ["one", "One", "First second."], ["two", "Two", "Third."]],
    '<div class="title">Net<span class="mlabels">final</span><div class="ingroups">Layers</div></div></div>'
    '<div class="contents"><a name="details"></a><h2 class="groupheader">Detailed Description</h2><p>A net.</p><table>'
    '<tr class="heading"><td><h2 class="groupheader">Functions</h2></td></tr>\n<tr class="memitem:a1"><td class='
    '"memItemLeft">void</td><td class="memItemRight"><a class="el" href="n.html#a1">run</a> (int x)</td></tr>\n'
    '<tr class="memdesc:a1"><td>Runs. <a href="n.html#a1">More...</a></td></tr>\n<tr class="memitem:a2"><td class='
    '"memItemLeft">int</td><td class="memItemRight"><b>size</b> () const</td></tr>\n<tr class="memitem:a3 inherit x">'
    '<td class="memItemRight"><b>old</b></td></tr></table><h2 class="groupheader">Member Functions</h2><h2 class='
    '"memtitle"><span class="permalink"><a href="#a1">&#9670;&nbsp;</a></span>run()</h2><div class="memproto">void run'
    '</div><div class="memdoc"><p>All of it.</p></div></div><!-- contents -->':
    ["Net", ["", "", "A net."], ["a1", "run", "Runs. All of it."], ["a2", "size", ""]],
}


MEASURED = {
    "date": "2026-01-31", "pytorch": "1.13",
    "machine": ["processor  Some Xeon, 2 threads", "kernels    x86_64_v4", "BLAS       OpenBLAS 0.3, for SkylakeX",
                "           (it takes this processor for Prescott)"],
    "models": [{"model": "cnn", "threads": 2, "xtape": {"samples_per_second": 23525.4, "peak_megabytes": 97.2},
                "pytorch": {"samples_per_second": 5637.3, "peak_megabytes": 516}},
               {"model": "lstm", "threads": 2, "xtape": {"samples_per_second": 1498, "peak_megabytes": 65}}]}
# What stands in a page for a part of the figures above.
FIGURES = {
    "machine": "| what | which |\n| --- | --- |\n| date | 2026-01-31 |\n| processor | Some Xeon, 2 threads |\n"
               "| kernels of xtape | x86_64_v4 |\n| BLAS | OpenBLAS 0.3, for SkylakeX (it takes this processor for "
               "Prescott) |\n| PyTorch | 1.13 |\n",
    "models": "| model | threads | xtape samples/s | PyTorch samples/s | PyTorch's mode | ratio |\n"
              "| --- | --- | --- | --- | --- | --- |\n"
              "| CNN | 2 | 23,525 | 5,637 | eager | 4.2 |\n| LSTM, texts of 64 | 2 | 1,498 | | | |\n",
    "memory": "Training the CNN took 97 MB of memory, data included, and PyTorch 516 MB.\n",
}
PROGRAM = """// SPDX-License-Identifier: MIT
//! [program]
// Trains a net (Name et al., 2014): quickly,
// and well.
//   net --help    all options
// Then it ends.
#include <xtape/xtape.hpp>
//! [part]
int main() {}
//! [part]
//! [program]
"""


def parts(text):
    """What the gallery takes of a program."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder, "net.cpp")
        program.write_text(text)
        try:
            lines, code = gallery.parts_of(program)
        except SystemExit as error:
            return str(error.code).rpartition("/")[2]
        return gallery.paragraphs(lines), code


def in_gallery():
    """The programs that the gallery shows."""
    root = HERE.parents[1]
    programs = [*root.glob("examples/*.cpp"), *root.glob("examples/quickstart/*.cpp")]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-B", HERE / "gallery.py", folder, *programs], cwd=root, check=True)
        text = pathlib.Path(folder, "gallery.md").read_text(encoding="utf-8")
    return {p.stem for p in programs if f'href="example_{p.stem}.html"' not in text}


def figures(name):
    return speed.filled(f"a\n<!-- speed: {name} -->\nold\n<!-- /speed -->\nb\n", MEASURED)


def indexed(page):
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.html", "a_source.html", "functions_b.html"):
            pathlib.Path(folder, name).write_text(page)
        (entry,) = index.index(pathlib.Path(folder))
    return [entry[1], *entry[2]]


def tests():
    for page, found in INDEXED.items():
        yield f"the index of {found[0]}", lambda p=page: indexed(p), found
    yield ("a program in the gallery", lambda: parts(PROGRAM),
           ("Trains a net (Name et al., 2014): quickly,\nand well.\n```sh\nnet --help    all options\n```\n"
            "Then it ends.\n",
            "#include <xtape/xtape.hpp>\nint main() {}\n"))
    yield ("a program that says nothing", lambda: parts("int main() {}\n"),
           "net.cpp begins with no comment on what it shows")
    yield "the gallery shows all examples", in_gallery, {"output"}  # which all are linked with
    for name, text in FIGURES.items():
        yield (f"the figures of {name}", lambda n=name: figures(n),
               f"a\n<!-- speed: {name} -->\n\n{text}\n<!-- /speed -->\nb\n")
    yield "figures as measured", lambda: speed.stale_pages(speed.measured()), []
    for page, fault in PAGES.items():
        faults = [f"a.html: {fault}"] if fault else []
        yield page[len(GOOD):] or "a good page", lambda p=page: check_site(p), faults
    for drawing, fault in DRAWINGS.items():
        faults = [f"d.svg: {fault}"] if fault else []
        yield drawing or "a good drawing", lambda d=drawing: check_site(GOOD, drawing=d), faults
    yield ("a style sheet", lambda: check_site(GOOD, "@import 'http://example.org/s.css';"),
           ["s.css: loads from elsewhere: http://example.org/s.css"])
    for expected, given, equal in (
            ("loss 0.56", "loss 0.57", True), ("loss 0.56", "loss 0.58", False),
            ("loss 0.56", "lost 0.56", False),
            ("1.00e-05", "1.02e-05", True), ("4e-07", "6e-07", False), ("12 steps", "13 steps", False),
            ("-0.5 1.", "-0.5 1.", True), ("-0.5", "0.5", False), ("0.weight", "1.weight", False)):
        yield f"{expected} and {given}", lambda e=expected, g=given: snippets.equal(e, g), equal


def main():
    return conclude((name, run(), expected) for name, run, expected in tests())


if __name__ == "__main__":
    sys.exit(main())

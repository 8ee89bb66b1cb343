#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the pages of the examples: a gallery of programs and models, and per program a page with what it says of
itself, its output and its code.

    gallery.py FOLDER PROGRAM...

Run in the repository. A program begins with a comment on what it shows; its output is in docs/snippets/NAME.out, or
its picture in PICTURES.
"""

import html
import itertools
import pathlib
import re
import sys

PICTURES = {"mnist": "images/report.png", "cifar": "images/cifar.png", "compare_optimizers": "images/comparison.png",
            "text": "images/text.png", "vae": "images/vae.png"}
OUTPUTS = pathlib.Path("docs/snippets")
MODEL = re.compile(r"((?:/// .*\n)+)Sequential (\w+)\(Rng& rng\);")
PAGE = """# {name}.cpp {{#example_{name}}}

{about}

{shown}<h2>The code</h2>

```cpp
{code}```
"""
GALLERY = """# Examples {{#gallery}}

Programs to run, to read and to copy: `examples/` in the repository, `build/examples/` once built. The tests run all
of them, and what is shown here is what they print.

\\htmlonly
<div class="gallery">
{programs}
</div>
\\endhtmlonly

Their pages: {pages}.

<h2>Models</h2>

The architectures in `models/`, which are not installed: copy what you need. The trainer knows them by these names.

\\htmlonly
<div class="gallery">
{models}
</div>
\\endhtmlonly
"""
CARD = '<a class="card" href="{link}"><b>{title}</b><span>{text}</span><span class="shown">{shown}</span></a>'


def parts_of(program):
    """The lines of the comment that a program begins with, and its code, without the marks of snippets."""
    text = re.sub(r"^// SPDX.*\n|^ *//! .*\n", "", program.read_text(encoding="utf-8"), flags=re.MULTILINE)
    comment = re.match(r"(?:// ?(?!/).*\n)+", text)
    if not comment:
        sys.exit(f"gallery.py: {program} begins with no comment on what it shows")
    return [line[2:].removeprefix(" ") for line in comment[0].splitlines()], text[comment.end():]


def paragraphs(lines):
    """For a page: what is indented is code."""
    text, code = "", False
    for line in lines:
        if line.startswith("  ") != code:
            code = not code
            text += "```sh\n" if code else "```\n"
        text += (line[2:] if code else line) + "\n"
    return text + "```\n" * code


def output(name):
    """The first lines of what it prints."""
    lines = (OUTPUTS / f"{name}.out").read_text(encoding="utf-8").splitlines()
    return "<pre>" + html.escape("\n".join(lines[:11])) + "</pre>"


def program_card(folder, program):
    name, (lines, code) = program.stem, parts_of(program)
    picture = PICTURES.get(name)
    prose = " ".join(itertools.takewhile(lambda line: not line.startswith("  "), lines))
    image = f'<img src="{picture}" alt="What {name} writes"/>\n\n'
    shown = image if picture else f"<h2>What it prints</h2>\n\n\\verbinclude {name}.out\n\n"
    (folder / f"example_{name}.md").write_text(
        PAGE.format(name=name, about=paragraphs(lines), shown=shown, code=code), encoding="utf-8")
    return CARD.format(link=f"example_{name}.html", shown=image.strip() if picture else output(name), title=name,
                       text=html.escape(prose))


def model_cards():
    """The tables are parts of models.out, each below the name of its model."""
    tables = dict(part.split("\n", 1) for part in
                  (OUTPUTS / "models.out").read_text(encoding="utf-8").strip().split("\n\n"))
    for comment, name in MODEL.findall(pathlib.Path("models/models.hpp").read_text(encoding="utf-8")):
        if name not in tables:
            continue  # one that is as another, but longer
        text = " ".join(line.removeprefix("/// ") for line in comment.splitlines())
        yield CARD.format(link="group__models.html", shown=f"<pre>{html.escape(tables[name])}</pre>", title=name,
                          text=html.escape(text))


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 2 else sys.exit(__doc__))
    programs = sorted((p for p in map(pathlib.Path, sys.argv[2:]) if "int main(" in p.read_text(encoding="utf-8")),
                      key=lambda p: (p.stem != "quickstart", p.stem not in PICTURES, p.stem))
    cards = [program_card(folder, program) for program in programs]
    (folder / "gallery.md").write_text(GALLERY.format(
        programs="\n".join(cards), models="\n".join(model_cards()),
        pages=", ".join(f'\\subpage example_{p.stem} "{p.stem}"' for p in programs)), encoding="utf-8")


if __name__ == "__main__":
    main()

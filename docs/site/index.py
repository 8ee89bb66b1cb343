#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes what search.js searches, SITE/search-index.js: the text of each section of each page, and of each symbol.

    index.py SITE

It is a script and not JSON, as a page that is opened from a disk may load nothing else.
"""

import html
import json
import pathlib
import re
import sys

# Pages that list what others have, and sources.
LISTS = re.compile(r"(annotated|classes|concepts|examples|files|hierarchy|modules|pages|topics|namespace.*"
                   r"|.*-members|.*_source|(functions|globals)(_.*)?|dir_.*|.*_8hpp)\.html")
# A page is shown under its title; the rest of it is its text.
TITLE = re.compile(r'<div class="title">(.*?)(?:<(?:div|span)|</div>)', re.DOTALL)
CONTENTS = re.compile(r'<div class="contents">(.*)</div><!-- contents -->', re.DOTALL)
# What does not count: the table of contents, tooltips, declarations, what is inherited, links to the same page.
LEFT_OUT = re.compile(r'<div class="toc">.*?</div>|^<div class="ttc".*?$|<div class="memproto">.*?<div class="memdoc">'
                      r'|<tr class="\S*[ _]inherit.*?</tr>|<a href="[^"]*">More\.\.\.</a>', re.DOTALL | re.MULTILINE)
# Where a section begins: a heading with its anchor, a symbol in a list, a symbol's own text, the next list.
BEGIN = re.compile(r'<h[1-4][^>]*>\s*<a class="anchor" id="(?P<heading>[^"]+)"></a>(?P<title>.*?)</h[1-4]>'
                   r'|<tr class="memitem:(?P<listed>\w+)".*?(?P<row><td class="mem\w*ItemRight.*?)</tr>'
                   r'|<h2 class="memtitle">.*?<a href="#(?P<symbol>\w+)".*?</span>(?P<name>.*?)</h2>'
                   r'|<h2 class="groupheader">.*?</h2>', re.DOTALL)


def text(markup):
    """What a reader sees of it."""
    return " ".join(html.unescape(re.sub(r"</?(?:a|b|code|em|span|strong)\b[^>]*>|<wbr ?/?>|(<[^>]*>)",
                                         lambda tag: " " if tag[1] else "", markup)).split())


def sections(contents):
    """By anchor, the heading and the text of each section; those of the whole page are under no anchor."""
    found = {"": ["", ""]}
    anchor, end = "", 0
    for begin in BEGIN.finditer(contents):
        found[anchor][1] += " " + text(contents[end:begin.start()])
        anchor, end = begin["heading"] or begin["symbol"] or "", begin.end()
        heading = text(begin["title"] or begin["name"] or "").removesuffix("()")
        if begin["listed"]:
            own = re.search(rf'<b>(.*?)</b>|<a [^>]*#{begin["listed"]}">(.*?)</a>', begin["row"], re.DOTALL)
            if own:  # else it has a page of its own
                anchor, heading = begin["listed"], text(own[1] or own[2])
        found.setdefault(anchor, [heading, ""])
    found[anchor][1] += " " + text(contents[end:])
    return [[key, heading, " ".join(body.split())] for key, (heading, body) in found.items()]


def index(site):
    """Per page its file, its title, and its sections."""
    for path in sorted(site.glob("*.html")):
        page = path.read_text(encoding="utf-8")
        title, contents = TITLE.search(page), CONTENTS.search(page)
        if title and contents and not LISTS.fullmatch(path.name):
            yield [path.name, text(title[1]), sections(LEFT_OUT.sub("", contents[1]))]


def main():
    site = pathlib.Path(sys.argv[1] if len(sys.argv) == 2 else sys.exit(__doc__))
    pages = list(index(site))
    if not pages:
        sys.exit(f"index.py: no pages in {site}")
    lines = ",\n".join(json.dumps(page, ensure_ascii=False, separators=(",", ":")) for page in pages)
    (site / "search-index.js").write_text(f"const searchIndex = [\n{lines}];\n", encoding="utf-8")


if __name__ == "__main__":
    main()

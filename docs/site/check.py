#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks a folder of HTML pages and SVG drawings: every local link, anchor and image must be there, every
image must have a text, and a browser that shows a page must not have to ask anybody else for anything.

    check.py FOLDER
"""

import html.parser
import pathlib
import re
import sys
import urllib.parse

# What a browser loads by itself; an <a> it follows only when told to.
LOADED = {"audio": ("src",), "embed": ("src",), "feimage": ("href", "xlink:href"), "iframe": ("src",),
          "image": ("href", "xlink:href"), "img": ("src",), "input": ("src",), "link": ("href",),
          "object": ("data",), "script": ("src", "href", "xlink:href"), "source": ("src",),
          "track": ("src",), "use": ("href", "xlink:href"), "video": ("src", "poster")}
FOLLOWED = {"a": ("href", "xlink:href"), "area": ("href",)}
# Attributes that are style: in SVG most properties have one of their own.
STYLES = ("style", "clip-path", "cursor", "fill", "filter", "marker-end", "marker-mid", "marker-start",
          "mask", "stroke")
IN_REFRESH = re.compile(r"^\s*[\d.]+\s*[;,\s]\s*(?:url\s*=\s*)?['\"]?([^\s'\"][^'\"]*)", re.IGNORECASE)
IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(html.parser.HTMLParser):
    """The references and anchors of a page or a drawing."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.loads, self.faults = set(), [], [], []
        self.style = False
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.style = tag == "style"
        for key in ("id", "name"):
            if given.get(key) and (key == "id" or tag == "a"):
                self.anchors.add(given[key])
        self.links += [given[key] for key in FOLLOWED.get(tag, ()) if given.get(key)]
        self.loads += [given[key] for key in LOADED.get(tag, ()) if given.get(key)]
        if tag == "meta" and (given.get("http-equiv") or "").lower() == "refresh":
            self.loads += IN_REFRESH.findall(given.get("content") or "")
        for part in (given.get("srcset") or "").split(","):
            if part.strip():
                self.loads.append(part.split()[0])
        for key in STYLES:
            self.loads += urls(given.get(key) or "")
        if tag == "img" and not given.get("alt"):
            self.faults.append(f"an image without a text: {given.get('src')}")

    def handle_data(self, data):
        if self.style:
            self.loads += urls(data)

    def handle_endtag(self, tag):
        self.style = self.style and tag != "style"


def urls(style):
    """What a style sheet loads."""
    return [a or b for a, b in IN_STYLE.findall(style)]


def is_outside(reference):
    parts = urllib.parse.urlsplit(reference)
    return bool(parts.netloc) or parts.scheme not in ("", "data", "javascript")


class Site:
    """Pages, each read once."""

    def __init__(self, folder):
        self.folder = folder.resolve()
        self.pages = {path: Page(path) for kind in ("*.html", "*.svg")
                      for path in sorted(self.folder.rglob(kind))}
        self.count = 0

    def load_fault(self, path, reference):
        """What is wrong with something that a browser loads for a file of the site, or nothing."""
        if is_outside(reference):
            return f"loads from elsewhere: {reference}"
        return self.fault(path, reference)

    def fault(self, path, reference):
        """What is wrong with a reference from a file of the site, or nothing."""
        if is_outside(reference):
            return None
        parts = urllib.parse.urlsplit(reference)
        if parts.scheme in ("data", "javascript"):
            return None
        self.count += 1
        target = path
        if parts.path:
            target = (path.parent / urllib.parse.unquote(parts.path)).resolve()
        if not target.is_relative_to(self.folder):
            return f"leaves the site: {reference}"
        if not target.is_file():
            return f"no such file: {reference}"
        anchor = urllib.parse.unquote(parts.fragment)
        if anchor and target in self.pages and anchor not in self.pages[target].anchors:
            return f"no such anchor: {reference}"
        return None

    def faults(self):
        for path, page in self.pages.items():
            for fault in page.faults:
                yield path, fault
            for reference in page.loads:
                yield path, self.load_fault(path, reference)
            for reference in page.links:
                yield path, self.fault(path, reference)
        for path in sorted(self.folder.rglob("*.css")):
            for reference in urls(path.read_text(encoding="utf-8")):
                yield path, self.load_fault(path, reference)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    site = Site(pathlib.Path(sys.argv[1]))
    if not site.pages:
        sys.exit(f"check.py: no pages in {sys.argv[1]}")
    faults = sorted({f"{path.relative_to(site.folder)}: {fault}"
                     for path, fault in site.faults() if fault})
    for fault in faults:
        print(fault)
    print(f"{len(site.pages)} pages and drawings, {site.count} local references, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

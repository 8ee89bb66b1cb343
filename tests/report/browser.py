#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Opens the samples' reports in a headless Chromium, on a wide and a narrow screen, and checks what a
reader would meet. Screenshots, light and dark, go to the directory, if one is given.

    browser.py WRITE_SAMPLES [DIRECTORY]
"""

import itertools
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import chromium  # noqa: E402

DETAILS = "document.querySelectorAll('details').forEach(d => { d.open = true; })"


def nodes(page, role):
    """The nodes of this role that a screen reader finds."""
    tree = page.call("Accessibility.getFullAXTree")["nodes"]
    return [n for n in tree if not n["ignored"] and n.get("role", {}).get("value") == role]


def check_quiet(page, url):
    for entry in page.events("Log.entryAdded"):
        assert entry["entry"]["level"] != "error", entry["entry"]["text"]
    assert not page.events("Runtime.exceptionThrown"), "a script failed"
    assert not page.events("Runtime.consoleAPICalled"), "a script wrote to the console"
    asked = [e["request"]["url"] for e in page.events("Network.requestWillBeSent")]
    others = [u for u in asked if not u.startswith("data:image/png;base64,")]
    assert others == [url], f"requests: {others}"


def check_width(page, width):
    page.value(DETAILS)
    # Not window.innerWidth: a phone zooms out until all is inside.
    content = page.value("document.documentElement.scrollWidth")
    assert content <= width, f"the page is {content} pixels wide, the screen {width}"
    outside = page.value("""
        [...document.querySelectorAll('main *')].filter(e => {
          if (e.closest('.scroll') || e.closest('svg')) return false;
          const box = e.getBoundingClientRect();
          return box.right > %d + 0.5 || box.left < -0.5;
        }).map(e => e.outerHTML.slice(0, 80))""" % width)
    assert not outside, f"outside the screen: {outside}"


def check_drawings(page):
    """Text in drawings: none outside of them, none upon another, none too small to read."""
    faults = page.value("""
        [...document.querySelectorAll('svg')].flatMap(svg => {
          const frame = svg.getBoundingClientRect();
          const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
          const overlaps = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 &&
                                     a.top < b.bottom - 4 && b.top < a.bottom - 4;
          return texts.flatMap(([text, box], i) => [
            ...(box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 ||
                box.bottom > frame.bottom + 1 ? [svg.textContent.slice(0, 20) + ': outside: ' + text] : []),
            ...(box.height < 11 ? ['small: ' + text] : []),
            ...texts.slice(i + 1).filter(([, other]) => overlaps(box, other)).map(
                ([other]) => svg.textContent.slice(0, 20) + ': ' + text + ' upon ' + other)]);
        })""")
    assert not faults, faults


def check_names(page):
    page.value(DETAILS)
    images = nodes(page, "image") + nodes(page, "img")
    assert len(images) >= page.value("document.querySelectorAll('svg, img').length"), "hidden images"
    nameless = [n for n in images if not n.get("name", {}).get("value", "").strip()]
    assert not nameless, f"{len(nameless)} images without a name"
    tables = nodes(page, "table")
    assert len(tables) == page.value("document.querySelectorAll('table').length"), "hidden tables"
    assert all(n["name"]["value"].strip() for n in tables), "a table without a caption"
    regions = nodes(page, "region")
    assert len(regions) == page.value("document.querySelectorAll('.scroll').length"), "hidden regions"
    assert all(n["name"]["value"].strip() for n in regions), "a region without a name"
    levels = page.value("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(h => +h.tagName[1])")
    assert len(nodes(page, "heading")) == len(levels), "hidden headings"
    assert levels.count(1) == 1 and levels[0] == 1, levels
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:])), f"a level is left out: {levels}"


def check_contrast(page, scheme):
    """Text against the paper, 4.5 to 1, and lines, 3 to 1, as WCAG 2 asks for."""
    page.scheme(scheme)
    faults = page.value("""
        (() => {
          const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
          const luminance = text => rgb(text).map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const paper = luminance(getComputedStyle(document.body).backgroundColor);
          const contrast = text => {
            const l = luminance(text);
            return (Math.max(l, paper) + 0.05) / (Math.min(l, paper) + 0.05);
          };
          const faults = [];
          const check = (selector, property, least) => {
            for (const e of document.querySelectorAll(selector)) {
              const given = contrast(getComputedStyle(e)[property]);
              if (given < least) faults.push(`${selector} ${e.getAttribute('class')}: ${given.toFixed(2)}`);
            }
          };
          check('p, dt, dd, figcaption, summary, th, caption, small, h1, h2', 'color', 4.5);
          check('svg text', 'fill', 4.5);
          check('path.line', 'stroke', 3);
          check('rect.bar', 'fill', 3);
          return [...new Set(faults)];
        })()""")
    assert not faults, f"{scheme}: {faults}"


def check_report(page, name, file, screenshots):
    url = file.as_uri()
    for screen, size in chromium.SCREENS.items():
        page.screen(*size)
        page.open(url)
        for scheme in ("light", "dark") if screenshots else ():
            page.screenshot(screenshots / f"{name}-{screen}-{scheme}.png", scheme)
        yield f"{name}, {screen}: asks for nothing, complains of nothing", lambda: check_quiet(page, url)
        yield f"{name}, {screen}: fits the screen", lambda: check_width(page, size[0])
        yield f"{name}, {screen}: texts of drawings are legible", lambda: check_drawings(page)
    yield f"{name}: a screen reader finds names and headings", lambda: check_names(page)
    for scheme in ("light", "dark"):
        yield f"{name}: colours stand out, {scheme}", lambda: check_contrast(page, scheme)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if chromium.find() is None:
        print("skipped: neither chromium nor google-chrome is installed")
        return chromium.SKIPPED
    screenshots = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) == 3 else None
    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as samples:
        subprocess.run([sys.argv[1], samples], check=True)
        files = sorted(pathlib.Path(samples).glob("*/report.html"))
        count, failed = chromium.look(lambda page: itertools.chain.from_iterable(
            check_report(page, file.parent.name, file, screenshots) for file in files))
    # As Boost.Test's short report, which tests/summary.awk adds up.
    print(f"{count - failed} test cases out of {count} passed")
    if failed:
        print(f"{failed} test cases out of {count} failed")
    return 1 if failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

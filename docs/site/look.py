#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Opens the guides and the reference in a headless Chromium, on a wide and a narrow screen, and checks what a reader
would meet. Screenshots, light and dark, go to the directory, if one is given.

    look.py SITE [DIRECTORY]
"""

import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests"))
import chromium  # noqa: E402

# A question, and the page that has to be the first answer.
QUESTIONS = {"adam": "classxtape_1_1Adam.html", "install cmake": "install.html#install_cmake",
             "Early stopping": "tutorial_training.html#tutorial_training_early_stopping",
             "xtape::record": "group__core.html", "no such word in it": None}
# What is wider than the screen, and not in something that scrolls by itself.
WIDE = """(() => {
  const content = document.getElementById("doc-content"), width = document.documentElement.clientWidth;
  const scrolls = e => e !== content && (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
  const wide = [...content.querySelectorAll("*")].filter(
    e => e.getBoundingClientRect().right > width + 1 && !scrolls(e.parentElement));
  const names = wide.map(e => e.outerHTML.slice(0, 80));
  return content.scrollWidth > width ? [`${content.scrollWidth} pixels`, ...names] : [];
})()"""
# The least contrast of a piece of code with what it stands on; WCAG 2 asks for 4.5.
CONTRAST = """(() => {
  const light = text => text.match(/[\\d.]+/g).slice(0, 3).map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  return [...document.querySelectorAll("div.fragment span, div.fragment a")].map(e => {
    const paper = light(getComputedStyle(e.closest("div.fragment")).backgroundColor);
    const ink = light(getComputedStyle(e).color);
    return [(Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05), e.className];
  }).sort((a, b) => a[0] - b[0])[0];
})()"""


def wait_for(page, expression):
    limit = time.monotonic() + 10
    while not page.value(f"!!({expression})"):
        assert time.monotonic() < limit, f"not after 10 s: {expression}"
        time.sleep(0.02)


def check_page(page, url):
    for problem in page.events("Runtime.exceptionThrown"):
        raise AssertionError(f"a script failed: {problem['exceptionDetails']}")
    asked = {e["request"]["url"] for e in page.events("Network.requestWillBeSent")}
    others = [u for u in asked if not u.startswith((url.rpartition("/")[0] + "/", "data:"))]
    assert not others, f"asks for {others}"
    wide = page.value(WIDE)
    assert not wide, f"wider than the screen: {wide[:4]}"


def check_code(page):
    wait_for(page, "document.querySelector('doxygen-awesome-fragment-copy-button')")
    least, kind = page.value(CONTRAST)
    assert least >= 4.5, f"code that can hardly be read, {kind}: {least:.1f}"


def check_switch(page):
    """The switch makes a light page dark, with the drawings on it, and light again."""
    page.scheme("light")
    wait_for(page, "document.querySelector('doxygen-awesome-dark-mode-toggle')")
    wait_for(page, "document.querySelector('doxygen-awesome-dark-mode-toggle').role === 'button'")
    for dark, act in ((True, "click()"), (False, "dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}))")):
        page.value("document.querySelector('doxygen-awesome-dark-mode-toggle')." + act)
        assert page.value("document.documentElement.classList.contains('dark-mode')") == dark
        assert page.value("getComputedStyle(document.documentElement).colorScheme").startswith("dark") == dark


def check_search(page):
    wait_for(page, "Search.field")
    page.value("Search.field.focus()")
    wait_for(page, "Search.sections")
    for question, answer in QUESTIONS.items():
        page.value(f"Search.field.value = {json.dumps(question)}; Search.show()")
        links = page.value("[...document.querySelectorAll('#search-results a')].map(a => a.getAttribute('href'))")
        assert links[:1] == [] if answer is None else links and links[0].startswith(answer), f"{question}: {links}"
        assert page.value("document.getElementById('search-results').hidden") is False
    page.value("Search.field.value = 'adam'; Search.show()")
    for key, chosen in (("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", page.value("Search.most") - 1)):
        page.value(f"Search.field.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}'}}))")
        assert page.value("Search.field.getAttribute('aria-activedescendant')") == f"result-{chosen}", key
    page.value("Search.field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
    assert page.value("document.getElementById('search-results').hidden"), "Escape closes nothing"


def checks(page, site, screenshots):
    pages = [p for kind in ("*.html", "group__*.html", "classxtape_1_1Tape.html") for p in sorted(site.glob(kind))
             if kind != "*.html" or "<!-- PageDoc -->" in p.read_text(encoding="utf-8")]
    for screen, size in chromium.SCREENS.items():
        page.screen(*size)
        for path in pages:
            page.open(path.as_uri())
            for scheme in ("light", "dark") if screenshots else ():
                page.screenshot(screenshots / f"{path.stem}-{screen}-{scheme}.png", scheme)
            yield f"{path.name}, {screen}", lambda: check_page(page, path.as_uri())
    page.open((site / "index.html").as_uri())
    yield "the switch", lambda: check_switch(page)
    yield "the search", lambda: check_search(page)
    for name in ("index.html", "tutorial_arrays.html"):
        for scheme in ("light", "dark"):
            page.scheme(scheme)
            page.open((site / name).as_uri())
            yield f"code in {name}, {scheme}", lambda: check_code(page)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if chromium.find() is None:
        print("skipped: neither chromium nor google-chrome is installed")
        return 0
    screenshots = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) == 3 else None
    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)
    site = pathlib.Path(sys.argv[1]).resolve()
    count, failed = chromium.look(lambda page: checks(page, site, screenshots))
    print(f"{count} looks, {failed} faults")
    return 1 if failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

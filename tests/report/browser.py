#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Opens the samples' reports in a headless Chromium, on a wide and a narrow screen, and checks what a
reader would meet. Screenshots, light and dark, go to the directory, if one is given.

    browser.py WRITE_SAMPLES [DIRECTORY]
"""

import base64
import contextlib
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77  # meson's status for it
SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}
PATIENCE = 60  # seconds for an answer
DETAILS = "document.querySelectorAll('details').forEach(d => { d.open = true; })"


class Browser:
    """Chromium, spoken to over a pipe: JSON messages, each ended by a zero byte, on its files 3 and 4."""

    def __init__(self, program, profile):
        to_read, self.write_end = os.pipe()
        self.read_end, to_write = os.pipe()
        arguments = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--hide-scrollbars", f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "sh", *arguments],
            pass_fds=(to_read, to_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.buffer, self.last, self.events = b"", 0, []

    def receive(self):
        limit = time.monotonic() + PATIENCE
        while b"\0" not in self.buffer:
            if not select.select([self.read_end], [], [], max(0, limit - time.monotonic()))[0]:
                raise TimeoutError(f"no answer from the browser for {PATIENCE} s")
            part = os.read(self.read_end, 1 << 20)
            if not part:
                raise EOFError("the browser has ended")
            self.buffer += part
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write_end, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def close(self):
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            self.call("Browser.close")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Page:
    """A tab."""

    def __init__(self, browser):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "Accessibility"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        return self.browser.call(method, session=self.session, **parameters)

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']['text']}")
        return result["result"].get("value")

    def screen(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)

    def open(self, url):
        self.browser.events.clear()
        self.call("Page.navigate", url=url)
        while not any(e.get("method") == "Page.loadEventFired" for e in self.browser.events):
            self.browser.events.append(self.browser.receive())

    def screenshot(self, path, scheme):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        image = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(image["data"]))

    def events(self, method):
        return [e["params"] for e in self.browser.events if e.get("method") == method]


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
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
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
    for screen, size in SCREENS.items():
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
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        print("skipped: neither chromium nor google-chrome is installed")
        return SKIPPED
    screenshots = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) == 3 else None
    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)
    count, failed = 0, 0
    with tempfile.TemporaryDirectory() as directory:
        samples = pathlib.Path(directory, "samples")
        subprocess.run([sys.argv[1], samples], check=True)
        browser = Browser(program, pathlib.Path(directory, "profile"))
        try:
            page = Page(browser)
            for file in sorted(samples.glob("*/report.html")):
                for name, check in check_report(page, file.parent.name, file, screenshots):
                    count += 1
                    try:
                        check()
                    except AssertionError as error:
                        failed += 1
                        print(f"failed: {name}: {error}")
        finally:
            browser.close()
    # As Boost.Test's short report, which tests/summary.awk adds up.
    print(f"{count - failed} test cases out of {count} passed")
    if failed:
        print(f"{failed} test cases out of {count} failed")
    return 1 if failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

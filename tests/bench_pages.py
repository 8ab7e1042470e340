"""What the pages cost: weights, scripting time, and Lighthouse's verdict.

    make bench-pages

The book has to be built. Lighthouse comes from npm; it needs Node 20.
"""

import gzip
import http.server
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "chapters"))

import browser  # noqa: E402  (the folder is no package)
from contents import toc_files  # noqa: E402

BUILT = ROOT / "_build" / "html"
LIGHTHOUSE = "lighthouse@12.8.2"
JUDGED = "index", "transposed", "stride", "fcn8s"
AIMS = {"accessibility": 100, "best-practices": 100, "performance": 90}
# a mark below fails: how fast a page is differs from run to run
FLOORS = AIMS | {"performance": 80}
MOVE = """el => {
  const at = Number(el.value);
  el.value = at < Number(el.max) ? at + 1 : at - 1;
  const start = performance.now();
  el.dispatchEvent(new Event("input", { bubbles: true }));
  return performance.now() - start;
}"""
MOVES = 21


def weight(data: bytes) -> int:
    """Bytes on the wire: compressed, where that helps."""
    return min(len(data), len(gzip.compress(data, 6)))


class Compressing(http.server.SimpleHTTPRequestHandler):
    """A server that compresses texts, as any host of a book does."""

    def do_GET(self) -> None:
        """Answer with the file, compressed if it shrinks."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        small = gzip.compress(data, 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Cache-Control", "max-age=86400")
        if len(small) < len(data):
            self.send_header("Content-Encoding", "gzip")
            data = small
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the built book."""
    handler = partial(Compressing, directory=BUILT)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def mount(page: Page) -> None:
    """Bring up every figure of a page."""
    for place in page.query_selector_all(".ep-figure"):
        place.evaluate("el => el.closest('details')?.setAttribute('open','')")
        place.scroll_into_view_if_needed()
        page.wait_for_function("el => 'mounted' in el.dataset", arg=place)


def look_at(chromium: Browser, address: str, name: str) -> None:
    """Print a page's weight and the time that its sliders take."""
    page = chromium.new_page()
    bodies = {}
    page.on("response", lambda r: bodies.setdefault(r.url, r))
    page.goto(f"{address}/{name}.html")
    mount(page)
    page.wait_for_load_state("networkidle")
    files = {
        url: weight(response.body())
        for url, response in list(bodies.items())  # some come late
        if url.startswith(address)
    }
    print(f"{name}: {sum(files.values()) / 1000:.0f} kB (aim: 700)")
    for figure in page.locator(".ep-figure-root").all():
        sliders = figure.locator("input[type=range]").all()
        if sliders:
            times = [s.evaluate(MOVE) for s in sliders for _ in range(MOVES)]
            title = figure.get_attribute("aria-label")
            median = statistics.median(times)
            print(
                f"  {title}: {median:.1f} ms a move, longest "
                f"{max(times):.1f} (aim: 16)"
            )
    page.close()


def judge(address: str, name: str) -> dict[str, int]:
    """Let Lighthouse judge a page as a phone sees it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "report.json")
        command = [
            "npx", "--yes", LIGHTHOUSE, f"{address}/chapters/{name}.html",
            "--quiet", "--output=json", f"--output-path={out}",
            f"--only-categories={','.join(AIMS)}",
            f"--chrome-flags=--headless=new {' '.join(browser.FLAGS)}",
        ]  # fmt: skip
        where = os.environ | {"CHROME_PATH": browser.find()}
        subprocess.run(command, env=where, check=True)
        report = json.loads(out.read_text("utf-8"))
    marks = report["categories"]
    return {key: round(100 * marks[key]["score"]) for key in AIMS}


def main() -> int:
    """Print all of it; the exit status says whether a mark is too low."""
    with served() as address:
        with browser.browser() as chromium:
            for name in toc_files(ROOT):
                look_at(chromium, address, name)
        verdicts = {name: judge(address, name) for name in JUDGED}
    print("Lighthouse, aims", AIMS)
    print("          floors", FLOORS)
    for name, marks in verdicts.items():
        print(f"  {name}: {marks}")
    return int(
        any(
            mark < FLOORS[key]
            for marks in verdicts.values()
            for key, mark in marks.items()
        )
    )


if __name__ == "__main__":
    sys.exit(main())

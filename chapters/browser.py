"""The browser that takes stills of figures and tests the pages.

``python chapters/browser.py`` finds a Chromium or installs one.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = "chromium", "chromium-browser", "google-chrome", "chrome"
# no sandbox: containers have none to offer, and only our own pages are opened
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--font-render-hinting=none",
]
HELP = """\
No Chromium was found, and none could be installed. Install one with your
system's packages (on Debian: apt-get install chromium) or with
    .venv/bin/playwright install --with-deps chromium
or say where it lies: CHROMIUM=/path/to/chromium make test"""


def find() -> str | None:
    """Find an installed Chromium: $CHROMIUM, the path, or Playwright's.

    Raises:
        ValueError: if $CHROMIUM is set, and names no program.
    """
    if named := os.environ.get("CHROMIUM"):
        if mine := shutil.which(named):
            return mine
        raise ValueError(
            f"CHROMIUM={named} names no program: correct it, or unset it "
            "to have a Chromium found or installed"
        )
    found = [path for name in NAMES if (path := shutil.which(name))]
    if found:
        return found[0]
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> None:
    """Try to install a Chromium: as a system package, or Playwright's."""
    ways = [[[sys.executable, "-m", "playwright", "install", "chromium"]]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        update, get = ["apt-get", "-q", "update"], ["apt-get", "-qy"]
        ways.insert(0, [update, [*get, "install", "chromium"]])
    for way in ways:
        codes = [
            subprocess.call(step, stdout=subprocess.DEVNULL) for step in way
        ]
        if not any(codes):
            return


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the browser, and close it in the end.

    Raises:
        ValueError: if there is none, or $CHROMIUM names none; the message
            says how to get one.
    """
    path = find()
    if path is None:
        raise ValueError(HELP)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


def main() -> int:
    """Make sure that there is a browser, and say where."""
    try:
        if find() is None:
            print("No Chromium here: installing one.", flush=True)
            install()
        path = find()
    except ValueError as error:
        print(error)
        return 1
    print(path or HELP)
    return int(path is None)


if __name__ == "__main__":
    sys.exit(main())

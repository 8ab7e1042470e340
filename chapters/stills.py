"""Stills of the figures: what is seen where no script runs.

They lie in the notebook beside each figure, so that GitHub shows them too.
"""

import io
import tempfile
from base64 import b64encode
from pathlib import Path

from nbformat import NotebookNode
from PIL import Image
from playwright.sync_api import Page

from browser import browser
from figures import page, views

WIDTH = 720  # as wide as the text of a page
# what a still cannot do
HIDDEN = ".ep-controls, .ep-code { display: none !important; }"


def add_stills(notebook: NotebookNode) -> None:
    """Take a still of every figure that the notebook shows.

    Raises:
        ValueError: if there is no browser, or a figure does not come up.
    """
    shown = list(views(notebook))
    if not shown:
        return
    with browser() as chromium, tempfile.TemporaryDirectory() as folder:
        for number, (output, model) in enumerate(shown):
            path = page(model, Path(folder, str(number)))
            tab = chromium.new_page(viewport={"width": WIDTH, "height": 900})
            tab.goto(path.as_uri())
            picture = b64encode(still(tab)).decode()
            tab.close()
            output["data"]["image/png"] = picture
            alt = model["state"]["alt"]
            output["metadata"]["image/png"] = {"alt": alt}


def still(tab: Page) -> bytes:
    """Take a picture of the one figure of a page, as a PNG file."""
    try:
        tab.wait_for_selector(".ep-figure[data-mounted]", timeout=20_000)
    except Exception as error:
        raise ValueError(f"a figure did not come up: {error}") from error
    tab.add_style_tag(content=HIDDEN)
    shot = tab.locator(".ep-figure-root").screenshot(animations="disabled")
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image = image.quantize(128, Image.Quantize.MAXCOVERAGE, dither=0)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()

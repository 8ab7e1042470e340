"""Sphinx extension: puts the figures of notebooks into the pages.

MyST-NB leaves a script that only a widget manager understands, and the state
of all widgets in each page's head. Here both give way to what ``figures``
makes. A prose page shows a figure of a notebook by an empty element:
``<div data-figure="fcn8s FusionExplorer"></div>``.
"""

import hashlib
import html
import json
import re
from base64 import b64decode
from pathlib import Path

import nbformat
from PIL import Image
from sphinx.application import Sphinx

from figures import STATES, VIEW, element, styles, views, write_files

FOLDER = "_static/figures"
VIEW_SCRIPT = re.compile(
    rf'<script type="{re.escape(VIEW)}">(.*?)</script>', re.DOTALL
)
BORROWED = re.compile(r'<div data-figure="(\w+) (\w+)"></div>')


def drop_states(app, pagename, templatename, context, doctree) -> None:
    """Drop the widgets' states from a page's head."""
    scripts = context["script_files"]
    scripts[:] = [
        script
        for script in scripts
        if getattr(script, "attributes", {}).get("type") != STATES
    ]


def mount_figures(app, pagename, templatename, context, doctree) -> None:
    """Exchange what stands for a figure in a page; before each is written."""
    source = Path(app.env.doc2path(pagename)) if doctree else Path()
    body = context.get("body", "")

    sheets = {}  # a dict keeps their order, and each once

    def place(output: dict, model: dict) -> str:
        sheets.update(dict.fromkeys(styles(model)))
        return _element(app, context["pathto"], output, model)

    if source.suffix == ".ipynb":
        shown = {
            output["data"][VIEW]["model_id"]: (output, model)
            for output, model in views(nbformat.read(source, 4))
        }

        def mounted(found: re.Match) -> str:
            id = json.loads(html.unescape(found[1]))["model_id"]
            return place(*shown[id]) if id in shown else found[0]

        body = VIEW_SCRIPT.sub(mounted, body)

    def borrowed(found: re.Match) -> str:
        stem, kind = found.groups()
        path = source.parent / f"{stem}.ipynb"
        if not path.exists():
            raise ValueError(f"{source}: there is no {stem}.ipynb")
        notebook = nbformat.read(path, 4)
        for output, model in views(notebook):
            if model["state"]["_anywidget_id"].endswith(f".{kind}"):
                return place(output, model)
        raise ValueError(f"{source}: {stem}.ipynb shows no {kind}")

    body = BORROWED.sub(borrowed, body)
    if body != context.get("body", ""):
        context["body"] = body
        for sheet in sheets:
            _write(Path(app.outdir), sheet.name, sheet.read_bytes())
            app.add_css_file(f"figures/{sheet.name}")
        app.add_js_file("host.js", loading_method="defer")


def _element(app: Sphinx, pathto, output: dict, model: dict) -> str:
    """Write the files of a figure; return the element that names them."""
    out = Path(app.outdir)
    if "image/png" not in output["data"]:
        name = model["state"]["_anywidget_id"]
        raise ValueError(f"{name} has no still: run make chapters")
    picture = b64decode(output["data"]["image/png"])
    name = f"{hashlib.sha256(picture).hexdigest()[:16]}.png"
    path = _write(out, name, picture)
    with Image.open(path) as image:
        size = image.size
    names = [*write_files(model, out / FOLDER), name]
    addresses = [pathto(f"{FOLDER}/{name}", 1) for name in names]
    return element(*addresses, model["state"]["alt"], size)


def _write(out: Path, name: str, data: bytes) -> Path:
    """Put a file into the folder of the figures."""
    path = out / FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def setup(app: Sphinx) -> dict:
    """Register the hooks."""
    app.connect("html-page-context", mount_figures)
    # after MyST-NB's own hook, which comes at 500
    app.connect("html-page-context", drop_states, priority=900)
    # the cover borrows a figure that may be new
    app.connect("env-updated", lambda app, env: [app.config.root_doc])
    return {"parallel_read_safe": True, "parallel_write_safe": True}

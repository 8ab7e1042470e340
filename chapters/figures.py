"""The figures of a notebook, on a page that has no kernel.

A figure becomes two files, its state and its script, and an element that
says where they lie. ``_site/static/host.js`` brings it to life there; until
then, and where no script runs, a still stands in for it.
"""

import hashlib
import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

STATES = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
# of use to a kernel only, as is all that starts with _
FOR_KERNELS = {"layout", "tabbable", "tooltip"}
ROOT = Path(__file__).parent.parent
HOST = ROOT / "chapters" / "_site" / "static" / "host.js"


def models(notebook: dict) -> dict[str, dict]:
    """Find the figures among a notebook's stored widgets, by their ids."""
    saved = notebook["metadata"].get("widgets", {}).get(STATES, {})
    return {
        id: model
        for id, model in saved.get("state", {}).items()
        if model["model_module"] == "anywidget"
    }


def views(notebook: dict) -> Iterator[tuple[dict, dict]]:
    """Go through the outputs that show a figure: (output, model)."""
    known = models(notebook)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            view = output.get("data", {}).get(VIEW, {})
            if view.get("model_id") in known:
                yield output, known[view["model_id"]]


def styles(model: dict) -> list[Path]:
    """Find the style sheets of a figure: they lie where its class does."""
    # brings torch, which takes its time, and not every command needs it
    from fcn_lib.widgets.figure import style_sheets

    *module, _ = model["state"]["_anywidget_id"].split(".")
    return style_sheets(ROOT.joinpath(*module).with_suffix(".py"))


def write_files(model: dict, folder: Path) -> tuple[str, str]:
    """Write state and script of a figure; return the names of the files."""
    own = {
        key: value
        for key, value in model["state"].items()
        if not key.startswith("_") and key not in FOR_KERNELS
    }
    buffers = [
        {"path": buffer["path"], "data": buffer["data"]}
        for buffer in model.get("buffers", [])
    ]
    state = {"state": own, "buffers": buffers}
    return _write(state, folder), _write(model["state"]["_esm"], folder)


def _write(value: object, folder: Path) -> str:
    """Write a value as a classic script that hands it to the host."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.js"
    path.write_text(f'everyPixel["{name}"] = {text};\n', encoding="utf-8")
    return path.name


def element(
    state: str, code: str, still: str, alt: str, size: tuple[int, int]
) -> str:
    """Make the element that the host fills.

    Args:
        state: the address of the state's file.
        code: the address of the script's file.
        still: the address of a picture of the figure.
        alt: what is seen in it.
        size: its width and height in pixels, so that its room is kept free.
    """
    width, height = size
    return (
        f'<div class="ep-figure" data-state="{escape(state)}" '
        f'data-code="{escape(code)}">'
        f'<img src="{escape(still)}" alt="{escape(alt)}" width="{width}" '
        f'height="{height}" loading="lazy" decoding="async"></div>'
    )


def page(model: dict, folder: Path) -> Path:
    """Write a page with one figure and nothing else; return its path."""
    state, code = write_files(model, folder)
    sheets = styles(model)
    for source in HOST, *sheets:
        (folder / source.name).write_text(source.read_text("utf-8"), "utf-8")
    alt = model["state"]["alt"]
    links = (f"<link rel=stylesheet href={sheet.name}>" for sheet in sheets)
    path = folder / "index.html"
    path.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>A figure</title>{''.join(links)}"
        f"<script defer src={HOST.name}></script><body><main>"
        f"{element(state, code, '', alt, (0, 0))}</main></body></html>",
        encoding="utf-8",
    )
    return path

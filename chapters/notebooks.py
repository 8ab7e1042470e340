"""A chapter as text and as a notebook, and the way from one to the other.

``src/X.md`` holds what people write. ``X.ipynb`` is made from it: two cells
that no one writes come first, then the text's cells, with stored outputs.
"""

import hashlib
import json
import os
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from generated import generated_cells

MINE = "every_pixel"
KERNEL = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}


def text_path(root: Path, stem: str) -> Path:
    """Say where a chapter's text lies."""
    return root / "chapters" / "src" / f"{stem}.md"


def notebook_path(root: Path, stem: str) -> Path:
    """Say where a chapter's notebook lies."""
    return root / "chapters" / f"{stem}.ipynb"


def written_cells(
    notebook: NotebookNode,
) -> list[NotebookNode]:
    """Leave out the generated cells."""
    return [cell for cell in notebook.cells if "generated" not in tags(cell)]


def code_cells(
    notebook: NotebookNode,
) -> list[NotebookNode]:
    """Leave out the prose and the generated cells."""
    cells = written_cells(notebook)
    return [cell for cell in cells if cell.cell_type == "code"]


def shown_code(notebook: NotebookNode) -> list[list[str]]:
    """List the lines of each cell of code that a page does not fold away."""
    return [
        cell.source.splitlines()
        for cell in code_cells(notebook)
        if not {"hide-input", "hide-cell"} & {*tags(cell)}
    ]


def tags(cell: NotebookNode) -> list[str]:
    """Read a cell's tags."""
    return cell.metadata.get("tags", [])


def gist(cells: list[NotebookNode]) -> list[tuple]:
    """Reduce cells to what a writer controls, to compare them."""
    return [
        (cell.cell_type, cell.source, sorted(tags(cell))) for cell in cells
    ]


def from_text(root: Path, stem: str) -> NotebookNode:
    """Make a chapter's notebook from its text, not yet run."""
    text = text_path(root, stem).read_text(encoding="utf-8")
    cells = generated_cells(root, stem)
    cells += jupytext.reads(text, fmt="md").cells
    for index, cell in enumerate(cells):
        cell.id = f"{stem}-{index:02d}"
        cell.metadata = {"tags": tags(cell)} if tags(cell) else {}
    return new_notebook(cells=cells, metadata=KERNEL)


def same_as_text(root: Path, stem: str, notebook: NotebookNode) -> bool:
    """Tell whether a notebook says what the text says."""
    fresh = from_text(root, stem)
    return gist(written_cells(notebook)) == gist(written_cells(fresh))


def to_text(notebook: NotebookNode) -> str:
    """Turn a notebook's written cells back into text, without a header."""
    plain = new_notebook(cells=written_cells(notebook))
    only = {"notebook_metadata_filter": "-all"}
    only["cell_metadata_filter"] = "tags,-all"
    return jupytext.writes(plain, fmt={"extension": ".md", **only})


def read(path: Path) -> NotebookNode:
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def write(path: Path, text: str) -> bool:
    """Write a file whole or not at all; tell whether it changed."""
    data = text.encode()
    if path.exists() and path.read_bytes() == data:
        return False
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(data)
    os.replace(partial, path)
    return True


def dumps(notebook: NotebookNode) -> str:
    """Serialise a notebook: sorted keys, one closing newline."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def text_hash(root: Path, stem: str) -> str:
    """Hash a chapter's text."""
    text = text_path(root, stem).read_text(encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def contents_hash(notebook: NotebookNode) -> str:
    """Hash what a hand could have changed: cells, outputs, widgets."""
    outputs = [cell.get("outputs") for cell in notebook.cells]
    widgets = notebook.metadata.get("widgets")
    parts = json.dumps(
        [gist(notebook.cells), outputs, widgets], sort_keys=True
    )
    return hashlib.sha256(parts.encode()).hexdigest()


def edited_by_hand(notebook: NotebookNode) -> bool:
    """Tell whether a stored notebook is no longer what was written."""
    record = notebook.metadata.get(MINE, {})
    return record.get("outputs") != contents_hash(notebook)

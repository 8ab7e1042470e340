"""Run a chapter, so that the same code gives the same bytes.

Outputs are kept when only the prose is new, and nothing in a notebook tells
when or on which machine it was run.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbformat import NotebookNode

from fcn_lib.fingerprint import fingerprint
from figures import STATES
from notebooks import (
    KERNEL,
    MINE,
    code_cells,
    contents_hash,
    dumps,
    edited_by_hand,
    from_text,
    notebook_path,
    read,
    same_as_text,
    text_hash,
    write,
)
from stills import add_stills

CELL_SECONDS = 900


def run(root: Path, stem: str, notebook: NotebookNode) -> NotebookNode:
    """Run a notebook's cells in a fresh kernel of this same Python."""
    # no kernel folders: a kernel installed elsewhere cannot slip in
    kernels = KernelSpecManager(kernel_dirs=[])
    client = NotebookClient(
        notebook,
        km=AsyncKernelManager(
            kernel_name="python3", kernel_spec_manager=kernels
        ),
        timeout=CELL_SECONDS,
        # nothing is left to do, and a kernel with torch takes seconds to leave
        shutdown_kernel="immediate",
        extra_arguments=["--log-level=ERROR"],
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(root / "chapters")}},
    )
    # this book's library, whatever else is installed
    own = {"FCN_QUIET": "1", "PYTHONPATH": str(root)}
    client.execute(cleanup_kc=True, env={**os.environ, **own})
    notebook.metadata.update(KERNEL)
    return settle_widgets(notebook, stem)


def settle_widgets(notebook: NotebookNode, stem: str) -> NotebookNode:
    """Give the widgets, in the order of their making, ids that last."""
    saved = notebook.metadata.get("widgets", {}).get(STATES, {})
    names = [f"{stem} widget {n}" for n in range(len(saved.get("state", {})))]
    ids = [hashlib.sha256(name.encode()).hexdigest()[:32] for name in names]
    new = dict(zip(saved.get("state", {}), ids, strict=True))
    if not new:
        return notebook
    text = re.sub("|".join(new), lambda id: new[id[0]], json.dumps(notebook))
    return nbformat.from_dict(json.loads(text))


def outputs_hold(stored: NotebookNode, fresh: NotebookNode, key: str) -> bool:
    """Tell whether stored outputs still belong to the fresh cells."""
    return (
        not edited_by_hand(stored)
        and stored.metadata[MINE]["fingerprint"] == key
        and len(code_cells(stored)) == len(code_cells(fresh))
    )


def keep_outputs(stored: NotebookNode, fresh: NotebookNode) -> None:
    """Move stored outputs into fresh cells of the same code."""
    was, now = (
        [cell for cell in notebook.cells if cell.cell_type == "code"]
        for notebook in (stored, fresh)
    )
    for old, new in zip(was, now, strict=True):
        new.outputs = old.outputs
        new.execution_count = old.execution_count
    if "widgets" in stored.metadata:
        fresh.metadata.widgets = stored.metadata.widgets


def describe_images(notebook: NotebookNode) -> None:
    """Tell the page each picture's alt text, which its output carries.

    Raises:
        ValueError: if a cell shows several pictures: a page has one alt text
            for all pictures of a cell.
    """
    for cell in notebook.cells:
        alts = [
            output.metadata["image/png"]["alt"]
            for output in cell.get("outputs", [])
            if "alt" in output.get("metadata", {}).get("image/png", {})
        ]
        if len(alts) > 1:
            raise ValueError(
                f"a cell shows {len(alts)} pictures, the first one "
                f'"{alts[0]}": give each a cell of its own'
            )
        if alts:
            cell.metadata.mystnb = {"image": {"alt": alts[0]}}


def execute_one(
    root: Path,
    stem: str,
    force: bool = False,
    run: Callable[[Path, str, NotebookNode], NotebookNode] = run,
) -> str:
    """Bring one notebook up to date with its text; say what was done."""
    fresh = from_text(root, stem)
    # taken before the run: an edit made during it must not pass for executed
    source = text_hash(root, stem)
    key = fingerprint(root, [cell.source for cell in code_cells(fresh)])
    path = notebook_path(root, stem)
    stored = read(path) if path.exists() else None
    if stored and edited_by_hand(stored):
        if not same_as_text(root, stem, stored):
            raise ValueError(
                f"chapters/{stem}.ipynb was edited by hand: run `make text` "
                "to bring the edit into the text, or delete the notebook"
            )
    kept = stored and not force and outputs_hold(stored, fresh, key)
    if kept:
        keep_outputs(stored, fresh)
    else:
        fresh = run(root, stem, fresh)
        add_stills(fresh)
    describe_images(fresh)
    outputs = contents_hash(fresh)
    record = {"fingerprint": key, "outputs": outputs, "source": source}
    fresh.metadata[MINE] = record
    changed = write(path, dumps(fresh))
    if not kept:
        return "executed"
    return "new prose, same outputs" if changed else "is up to date"

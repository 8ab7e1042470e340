"""The book's table of contents, and which chapters there are."""

from collections.abc import Iterator
from pathlib import Path

import yaml


def toc_files(root: Path) -> list[str]:
    """Name the pages of ``_toc.yml`` in order: files without a suffix."""
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    return list(files_under(toc))


def files_under(node: object) -> Iterator[str]:
    """Walk a table of contents down to its files."""
    if isinstance(node, dict):
        yield from (node[key] for key in ("root", "file") if key in node)
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from files_under(child)


def toc_stems(root: Path) -> list[str]:
    """Name the chapters of ``_toc.yml`` in order, prose pages left out."""
    files = [root / name for name in toc_files(root)]
    return [
        path.name for path in files if not path.with_suffix(".md").exists()
    ]


def text_stems(root: Path) -> list[str]:
    """Name the chapters that have a text, in the book's order."""
    order = toc_stems(root)
    stems = {path.stem for path in (root / "chapters" / "src").glob("*.md")}
    return [stem for stem in order if stem in stems] + sorted(
        stems - set(order)
    )


def saved(root: Path) -> list[str]:
    """Name the chapters that have a notebook."""
    return sorted(path.stem for path in (root / "chapters").glob("*.ipynb"))

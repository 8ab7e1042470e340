"""Say, in words, where chapters, texts, modules and tests do not agree."""

import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from contents import saved, text_stems, toc_stems
from fcn_lib.fingerprint import LIBRARY, fingerprint, module_file, reach
from notebooks import (
    MINE,
    code_cells,
    edited_by_hand,
    from_text,
    gist,
    notebook_path,
    read,
    tags,
    text_path,
)

# with the states of its figures, of which a recorded one may have 300 kB
MAX_BYTES = 1_000_000
# what a page must not carry: each would differ on the next machine or run
UNWANTED = {
    "a path of this machine": re.compile(
        r"(?<![\w.:/])/(?:home|root|Users|work|tmp|opt|mnt|usr|content)/\w"
        r"|[A-Z]:\\+Users"  # a repr doubles the backslash
    ),
    "a memory address": re.compile(r"\b0x[0-9a-f]{8,}"),
    "a script": re.compile(r"<script|javascript:", re.IGNORECASE),
}
# Colab and GitHub render plain Markdown only
DIRECTIVE = re.compile(
    r"^\s*(?:`{3,}|~{3,}|:{3,})\s*\{"
    r"|\{(?:cite|numref|ref|eq|doc|term|math|glue|download)[\w:]*\}`",
    re.MULTILINE,
)


def check(root: Path, stem: str | None = None) -> list[str]:
    """List what is wrong with one chapter, or with the whole book."""
    if stem is None:
        stems = sorted({*toc_stems(root), *text_stems(root), *saved(root)})
        problems = [text for stem in stems for text in check(root, stem)]
        return problems or unreached_modules(root)
    problems = missing_parts(root, stem)
    path = notebook_path(root, stem)
    if text_path(root, stem).exists() and path.exists():
        stored = read(path)
        problems += disagreements(root, stem, stored)
        problems += directives(from_text(root, stem))
        problems += unrun_cells(stored) + unwanted_outputs(stored)
        if path.stat().st_size > MAX_BYTES:
            problems.append(f"the notebook is larger than {MAX_BYTES} bytes")
    return [f"{stem}: {problem}" for problem in problems]


def missing_parts(root: Path, stem: str) -> list[str]:
    """List what a chapter lacks: text, notebook, module, test, place."""
    parts = {
        f"chapters/src/{stem}.md": text_path(root, stem).exists(),
        f"chapters/{stem}.ipynb": notebook_path(root, stem).exists(),
        f"{LIBRARY}/{stem}.py": module_file(root, f"{LIBRARY}.{stem}"),
        f"tests/test_{stem}.py": (root / f"tests/test_{stem}.py").exists(),
        "an entry in _toc.yml": stem in toc_stems(root),
    }
    return [f"{part} is missing" for part, there in parts.items() if not there]


def unreached_modules(root: Path) -> list[str]:
    """List the modules that neither a chapter nor the command line uses."""
    used = set()
    for stem in text_stems(root):
        codes = [cell.source for cell in code_cells(from_text(root, stem))]
        used |= reach(root, "\n".join(codes))
    library = root / LIBRARY
    for entry in library.glob("__main__.py"):
        used |= {entry} | reach(root, entry.read_text("utf-8"), LIBRARY)
    modules = set(library.rglob("*.py")) - {library / "__init__.py"}
    return [
        f"{path.relative_to(root).as_posix()}: no chapter reaches it"
        for path in sorted(modules - used)
    ]


def disagreements(root: Path, stem: str, stored: NotebookNode) -> list[str]:
    """Compare a stored notebook with its text and its modules."""
    fresh = from_text(root, stem)
    codes = [cell.source for cell in code_cells(fresh)]
    try:
        key = fingerprint(root, codes)
    except ValueError as error:
        return [str(error)]
    stale = key != stored.metadata.get(MINE, {}).get("fingerprint")
    found = {
        "the notebook was edited by hand; `make text` brings the edit back": (
            edited_by_hand(stored)
        ),
        "text and notebook differ; `make chapters` makes the notebook": (
            gist(stored.cells) != gist(fresh.cells)
        ),
        "its outputs are older than its code; `make chapters` runs it": (
            stale
        ),
    }
    return [problem for problem, wrong in found.items() if wrong]


def directives(fresh: NotebookNode) -> list[str]:
    """List the prose cells with more than plain Markdown in them."""
    return [
        f"cell {cell.id} holds a MyST directive, which Colab does not render"
        for cell in fresh.cells
        if cell.cell_type == "markdown" and DIRECTIVE.search(cell.source)
    ]


def unrun_cells(stored: NotebookNode) -> list[str]:
    """List the cells that were not run, in order, from 1."""
    cells = [cell for cell in stored.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in cells]
    problems = [
        f"cell {cell.id} was never run"
        for cell in cells
        if cell.execution_count is None
    ]
    if not problems and counts != list(range(1, len(cells) + 1)):
        problems.append("its cells were not run once each, in order")
    return problems


def unwanted_outputs(stored: NotebookNode) -> list[str]:
    """List errors, warnings and passing things in the stored outputs."""
    problems = []
    for cell in stored.cells:
        for output in cell.get("outputs", []):
            texts = list(strings(without_images(output)))
            found = [
                name
                for name, pattern in UNWANTED.items()
                if any(map(pattern.search, texts))
            ]
            if "image/png" in output.get("data", {}):
                if not output.metadata.get("image/png", {}).get("alt"):
                    found.append("a picture without alt text")
            if output.get("name") == "stderr":
                found.append("a message on stderr")
            if output.output_type == "error":
                if "raises-exception" not in tags(cell):
                    found.append("an error")
            problems += [f"cell {cell.id} shows {what}" for what in found]
    return problems


def strings(value: object) -> Iterator[str]:
    """Walk a nested value of JSON down to its strings, keys left out."""
    if isinstance(value, str):
        yield value
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from strings(child)


def without_images(output: NotebookNode) -> dict:
    """Leave out the images, whose letters mean nothing."""
    data = output.get("data", {})
    words = {k: v for k, v in data.items() if not k.startswith("image/")}
    return {**output, "data": words} if data else dict(output)

"""How long the chapters take to read and to run, and the page that says so."""

import os
import re
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from nbformat import NotebookNode

from execution import execute_one, run
from facts import origin, renewed
from fcn_lib.results.store import Jobs, measure
from notebooks import (
    from_text,
    shown_code,
    text_path,
    write,
    written_cells,
)
from prose import COMMENT, LINK, blank, title

# an unhurried reader: words of prose, and lines of code, a minute
WORDS, LINES = 200, 20
COMMAND = "make times"
ROW = "| {title} | {read:.0f} | {run:.1f} |"
TABLE = re.compile(r"(?<=<!-- times -->\n).*(?=<!-- end -->)", re.DOTALL)


def reading_minutes(notebook: NotebookNode) -> float:
    """Guess how long a chapter takes to read, from its words and lines."""
    # of a link what it says, of a comment nothing
    texts = [
        LINK.sub(r"\1", blank(cell.source, (COMMENT,)))
        for cell in written_cells(notebook)
        if cell.cell_type == "markdown"
    ]
    words = sum(len(re.findall(r"\w+", text)) for text in texts)
    lines = sum(map(len, shown_code(notebook)))
    return words / WORDS + lines / LINES


def jobs(root: Path, stems: list[str]) -> Jobs:
    """Run the chapters one by one, and time them."""
    for stem in stems:
        yield stem, partial(timed, root, stem)


def timed(root: Path, stem: str) -> dict:
    """Run a chapter anew, and store its outputs; give its minutes."""
    clock = []

    def clocked(*given) -> NotebookNode:
        clock.append(time.monotonic())
        notebook = run(*given)
        clock.append(time.monotonic())
        return notebook

    execute_one(root, stem, force=True, run=clocked)
    start, end = clock
    return {
        "read": round(reading_minutes(from_text(root, stem))),
        "run": round((end - start) / 60, 1),
    }


def take_times(root: Path, stems: list[str]) -> None:
    """Run all chapters in order, from an empty cache; write their minutes.

    They go into a record, into the page, and into the texts that quote them.
    """
    path = root / "chapters" / "results" / "runtimes.json"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FCN_CACHE"] = str(Path(folder, "nets"))
        fresh = Path(folder, path.name)
        record = measure(fresh, jobs(root, stems), code="", command=COMMAND)
        write(path, fresh.read_text("utf-8"))
    page = root / "chapters" / "runtimes.md"
    text = page.read_text("utf-8")
    write(page, filled(text, record, titles(root, stems)))
    for stem in stems:
        source = text_path(root, stem)
        quoting = source.read_text("utf-8")
        write(source, renewed(quoting, path.stem, path.parent))
        execute_one(root, stem)


def titles(root: Path, stems: list[str]) -> dict[str, str]:
    """Read the chapters' titles, as links."""
    texts = {stem: text_path(root, stem).read_text("utf-8") for stem in stems}
    return {k: f"[{title(text)}]({k}.ipynb)" for k, text in texts.items()}


def filled(page: str, record: dict, titles: dict[str, str]) -> str:
    """Put measured times into a page, between its two marks."""
    return TABLE.sub(lambda _: "\n".join(_lines(record, titles)) + "\n", page)


def _lines(record: dict, titles: dict[str, str]) -> Iterator[str]:
    """Write the table, and where its numbers come from."""
    runs = record["runs"]
    yield "| chapter | minutes to read | minutes to run |"
    yield "|---|--:|--:|"
    for stem, link in titles.items():
        yield ROW.format(title=link, **runs[stem])
    sums = {k: sum(run[k] for run in runs.values()) for k in ("read", "run")}
    yield ROW.format(title="all", **sums)
    yield ""
    yield origin(record["provenance"])

"""Make the chapters: text to notebook, run, check.

``execute`` turns ``src/X.md`` into ``X.ipynb`` with stored outputs, ``text``
brings edits of the notebook back, ``check`` says what does not agree,
``times`` runs all anew from an empty cache and writes down how long it took,
and ``lab`` opens copies that may be spoilt.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)

from checks import check
from contents import saved, text_stems, toc_stems
from execution import execute_one
from notebooks import (
    MINE,
    dumps,
    edited_by_hand,
    notebook_path,
    read,
    same_as_text,
    text_hash,
    text_path,
    to_text,
    write,
)

ROOT = Path(__file__).resolve().parent.parent
FAILURES = (
    CellExecutionError, CellTimeoutError, DeadKernelError, OSError, ValueError,
)  # fmt: skip


def each(act: Callable[[Path, str], str], root: Path, stems: list[str]) -> int:
    """Act on chapters one by one; one that fails stops no other."""
    failures = 0
    for stem in stems:
        try:
            print(f"{stem}: {act(root, stem)}", flush=True)
        except FAILURES as error:
            failures += 1
            print(f"{stem}: not written. {error}", file=sys.stderr)
    return min(failures, 1)


def execute(root: Path, stems: list[str], force: bool = False) -> int:
    """Bring notebooks up to date; a chapter that fails keeps its old one."""
    act = partial(execute_one, force=force)
    return each(act, root, stems or text_stems(root))


def text(root: Path, stems: list[str]) -> int:
    """Bring edits of the notebooks back into the texts."""
    return each(text_one, root, stems or saved(root))


def text_one(root: Path, stem: str) -> str:
    """Bring a notebook's edits back into its text; say what was done."""
    path = notebook_path(root, stem)
    source = text_path(root, stem)
    notebook = read(path)
    record = notebook.metadata.setdefault(MINE, {})
    if not edited_by_hand(notebook):
        return "no edit to bring back"
    if source.exists() and not same_as_text(root, stem, notebook):
        if record.get("source") != text_hash(root, stem):
            raise ValueError(
                f"both chapters/src/{stem}.md and the notebook were edited: "
                "move one aside, and merge by hand"
            )
    write(source, to_text(notebook))
    record["source"] = text_hash(root, stem)
    write(path, dumps(notebook))
    return "text written; `make chapters` runs it"


def copies(root: Path) -> Path:
    """Copy the notebooks, and the pages they link to, over no one's work."""
    scratch = root / "scratch"
    scratch.mkdir(exist_ok=True)
    chapters = root / "chapters"
    for path in sorted([*chapters.glob("*.ipynb"), *chapters.glob("*.md")]):
        if (scratch / path.name).exists():
            print(f"scratch/{path.name} is there already: kept")
        else:
            shutil.copy(path, scratch)
    return scratch


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = ["execute", "text", "check", "times", "lab"]
    parser.add_argument("command", choices=commands)
    parser.add_argument("stems", nargs="*", metavar="STEM")
    parser.add_argument("--force", action="store_true", help="run every cell")
    options = parser.parse_args(arguments)
    known = {*text_stems(ROOT), *saved(ROOT)}
    if unknown := set(options.stems) - known:
        parser.error(f"no chapter {min(unknown)!r} among {sorted(known)}")
    if options.stems and options.command not in {"execute", "text"}:
        parser.error(f"{options.command} takes all chapters: name none")
    if options.force and options.command != "execute":
        parser.error("--force is for execute alone")
    if options.command == "execute":
        return execute(ROOT, options.stems, options.force)
    if options.command == "text":
        return text(ROOT, options.stems)
    if options.command == "check":
        problems = check(ROOT)
        print("\n".join(problems) or "every chapter agrees with its text")
        return min(len(problems), 1)
    if options.command == "times":
        from runtimes import take_times  # brings torch, which takes its time

        take_times(ROOT, toc_stems(ROOT))
        return 0
    lab = [sys.executable, "-m", "jupyter", "lab"]
    return subprocess.call(lab, cwd=copies(ROOT))


if __name__ == "__main__":
    sys.exit(main())

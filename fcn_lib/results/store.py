"""Read and write measurements: JSON files that say where they come from."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from fcn_lib.checkpoints import write
from fcn_lib.fingerprint import fingerprint

LIBRARY = Path(__file__).parents[1]
HOME = LIBRARY.parent / "chapters/results"
# an installed library carries a copy, see pyproject.toml
COPY = LIBRARY / "measured"

Jobs = Iterator[tuple[str, Callable[[], dict]]]


def read(name: str) -> dict:
    """Read a stored measurement.

    Args:
        name: of the file, without ``.json``.

    Returns:
        What was measured, under "runs", and "provenance".

    Raises:
        ValueError: if there is no such measurement.
    """
    for home in (HOME, COPY):
        path = home / f"{name}.json"
        if path.exists():
            return json.loads(path.read_text("utf-8"))
    known = sorted(
        p.stem for home in (HOME, COPY) for p in home.glob("*.json")
    )
    raise ValueError(f"no measurement {name!r}: there are {known}")


def measure(path: Path, jobs: Jobs, code: str, command: str) -> dict:
    """Do what is not done yet, and store each result at once.

    Args:
        path: of the JSON file. What it holds is kept, if it was made by the
            same code.
        jobs: names, and functions that measure and return plain numbers.
        code: imports of what the results depend on.
        command: what a reader types to measure it again.

    What was measured earlier by the same code stays. The provenance is that
    of the last run that was added, or of today where none was.

    Returns:
        The provenance, and all runs, stored ones and new ones.
    """
    key = code_key(code)
    stored = _stored(path)
    runs = stored["runs"] if stored and _key(stored) == key else {}
    for name, job in jobs:
        if name not in runs:
            print(f"{path.stem}: {name}", file=sys.stderr, flush=True)
            runs[name] = job()
            record = {"provenance": _provenance(code, key, command)}
            record["runs"] = runs
            text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
            write(path, [text.encode()])
    return {"provenance": _provenance(code, key, command), "runs": runs}


def code_key(code: str) -> str:
    """Fingerprint some imports and all of the library that they reach."""
    return fingerprint(LIBRARY.parent, [code])


def stale(root: Path) -> list[str]:
    """Name the measurements that older code made.

    Args:
        root: the folder of the book.
    """
    paths = sorted((root / "chapters/results").glob("*.json"))
    records = [(path.stem, json.loads(path.read_text())) for path in paths]
    return [
        name
        for name, record in records
        if _key(record) != code_key(record["provenance"]["code"])
    ]


def machine() -> str:
    """Describe this machine in a few words."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    # processors round differently, and so do their instructions
    kind = torch.backends.cpu.get_cpu_capability()
    cores = os.cpu_count()
    return f"{platform.machine()} processor with {kind}, {cores} cores"


def _provenance(code: str, key: str, command: str) -> dict:
    git = ["git", "-C", str(LIBRARY), "rev-parse", "--short=12", "HEAD"]
    found = subprocess.run(git, capture_output=True, text=True, check=False)
    return {
        "command": command,
        "commit": found.stdout.strip() or "unknown",
        "code": code,
        "fingerprint": key,
        "torch": torch.__version__,
        "machine": machine(),
    }


def _stored(path: Path) -> dict | None:
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def _key(record: dict) -> str:
    return record["provenance"]["fingerprint"]

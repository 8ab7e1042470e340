"""Numbers that the prose quotes, held against the records they come from.

A comment follows each such number, ``.46<!-- fact: record | path | format
-->``: a file of ``chapters/results``, a path under its "runs", and how Python
is to write the number found there.
"""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

FACT = re.compile(r"<!--\s*fact:(.*?)-->", re.DOTALL)
# at the end of what stands before the comment, also in bold
NUMBER = re.compile(
    r"((?:(?<![\w.])[-+−])?(?:\d[\d,]*)?\.?\d+(?:[ \u00a0]?%)?)\*{0,3}$"
)


def look_up(runs: object, path: str) -> float:
    """Follow a path into a record; average where a pattern stands.

    Args:
        runs: what was measured, numbers in dictionaries.
        path: keys, with ``/`` between them; ``*`` and ``[…]`` match many.

    Raises:
        KeyError: if there is no number at the end of it.

    Example:
        >>> look_up({"net 0": {"iou": 0.25}, "net 1": {"iou": 0.75}},
        ...         "net */iou")
        0.5
    """
    here = [runs]
    for part in path.split("/"):
        here = [
            inner[key]
            for inner in here
            for key in (inner if isinstance(inner, dict) else ())
            if key == part or fnmatchcase(key, part)
        ]
    if not here or any(isinstance(v, dict | list | str) for v in here):
        raise KeyError(path)
    return sum(here) / len(here)


def wrong_facts(text: str, results: Path) -> list[str]:
    """Say, in words, which quoted numbers are not those of the records."""
    problems = []
    for found in FACT.finditer(text):
        parts = [part.strip() for part in found[1].split("|")]
        number = NUMBER.search(text[: found.start()][-30:])
        if len(parts) != 3 or number is None:
            problems.append(f"no number, or not three parts: {found[0]!r}")
            continue
        record, path, form = parts
        try:
            stored = json.loads((results / f"{record}.json").read_text())
            value = format(look_up(stored["runs"], path), form)
        except (OSError, KeyError, ValueError) as error:
            problems.append(f"{record} | {path}: {error!r}")
            continue
        if plain(number[1]) != plain(value):
            problems.append(f"{record} | {path}: {number[1]}, not {value}")
    return problems


def plain(number: str) -> str:
    """Write a number in one way: .5 for 0.5, and - for a minus sign.

    Example:
        >>> plain("−0.46"), plain("12,000"), plain("45 %")
        ('-.46', '12000', '45%')
    """
    number = re.sub(r"[,\s]", "", number).replace("−", "-")
    return re.sub(r"(?<!\d)0\.", ".", number)

"""Numbers that the prose quotes, held against the records they come from.

A comment follows each such number, ``.46<!-- fact: record | path | format
-->``: a file of ``chapters/results``, a path under its "runs", and how Python
is to write the number found there.
"""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from prose import CODE, COMMENT, FORMULA, SPAN, blank

FACT = re.compile(r"<!--\s*fact:(.*?)-->", re.DOTALL)
# at the end of what stands before the comment, also in bold
NUMBER = re.compile(
    r"((?:(?<![\w.])[-+−])?(?:\d[\d,]*)?\.?\d+(?:[ \u00a0]?%)?)\*{0,3}$"
)
# what only a measurement can say: a score, a share, a time, a ratio of times
MEASURED = re.compile(
    r"(?<![\w.])(?:[-+−]?\.\d\d+|\d[\d.,]*\s?%|\d[\d.,]*\s(?:ms|seconds|"
    r"minutes|hours|times\s(?:as\s)?(?:fast|long|slow)\w*))(?!\w)"
)
SOURCE = re.compile(
    r"\]\(https?:|\b(?:table|section|appendix) \w|\bpaper\b|\bauthors\b"
)


class Fact(NamedTuple):
    """A quoted number: how it is written, and where it comes from."""

    number: str
    record: str
    path: str
    form: str


def parse_fact(before: str, comment: str) -> Fact:
    """Read a fact from its comment, and from the text in front of it.

    Raises:
        ValueError: if it has not three parts, or follows no number.

    Example:
        >>> parse_fact("It is **.5**", "<!-- fact: ladder | fcn8s | .1f -->")
        Fact(number='.5', record='ladder', path='fcn8s', form='.1f')
    """
    parts = [part.strip() for part in FACT.match(comment)[1].split("|")]
    number = NUMBER.search(before[-30:])
    if len(parts) != 3 or number is None:
        raise ValueError(f"no number, or not three parts: {comment!r}")
    return Fact(number[1], *parts)


def facts(text: str) -> Iterator[Fact]:
    """Give the facts of a text one by one, but for those in its code.

    Raises:
        ValueError: at one that is none.
    """
    for found in comments(text):
        yield parse_fact(text[: found.start()], found[0])


def comments(text: str) -> list[re.Match]:
    """Find where the facts of a text stand; those in its code do not count."""
    return list(FACT.finditer(blank(text, (CODE,))))


def matching(runs: object, path: str) -> dict[str, float]:
    """Follow a path into a record, and give every number that it reaches.

    Args:
        runs: what was measured, numbers in dictionaries.
        path: keys, with ``/`` between them; ``*`` and ``[…]`` match many.

    Raises:
        KeyError: if there is no number at the end of it.

    Example:
        >>> matching({"net 0": {"iou": 0.25}, "net 1": {"iou": 0.75}},
        ...          "net */iou")
        {'net 0/iou': 0.25, 'net 1/iou': 0.75}
    """
    here = {"": runs}
    for part in path.split("/"):
        here = {
            f"{name}/{key}".lstrip("/"): inner[key]
            for name, inner in here.items()
            for key in (inner if isinstance(inner, dict) else ())
            if key == part or fnmatchcase(key, part)
        }
    numbers = [isinstance(v, int | float) for v in here.values()]
    if not numbers or not all(numbers):
        raise KeyError(path)
    return here


def look_up(runs: object, path: str) -> float:
    """Average the numbers that a path reaches, see ``matching``.

    Example:
        >>> look_up({"net 0": {"iou": 0.25}, "net 1": {"iou": 0.75}},
        ...         "net */iou")
        0.5
    """
    found = matching(runs, path)
    return sum(found.values()) / len(found)


def stored(record: str, results: Path) -> dict:
    """Read a record: "runs", and the "provenance" of its numbers."""
    return json.loads((results / f"{record}.json").read_text("utf-8"))


def origin(provenance: dict) -> str:
    """Say, in Markdown, how the numbers of a record came about."""
    return (
        "Measured by `{command}` at commit `{commit}`, with PyTorch {torch}, "
        "on one {machine}."
    ).format_map(provenance)


def value(fact: Fact, results: Path) -> str:
    """Write the number that a fact's record holds, in the fact's format."""
    runs = stored(fact.record, results)["runs"]
    return format(look_up(runs, fact.path), fact.form)


def wrong_facts(text: str, results: Path) -> list[str]:
    """Say, in words, which quoted numbers are not those of the records."""
    problems = []
    for found in comments(text):
        try:
            fact = parse_fact(text[: found.start()], found[0])
        except ValueError as error:
            problems.append(str(error))
            continue
        try:
            true = value(fact, results)
        except (OSError, KeyError, ValueError) as error:
            problems.append(f"{fact.record} | {fact.path}: {error!r}")
            continue
        if plain(fact.number) != plain(true):
            problems.append(
                f"{fact.record} | {fact.path}: {fact.number}, not {true}"
            )
    return problems


def renewed(text: str, record: str, results: Path) -> str:
    """Write the numbers of a record anew, wherever a text quotes them."""
    for found in reversed(comments(text)):
        before = text[: found.start()]
        fact = parse_fact(before, found[0])
        if fact.record == record:
            start, end = NUMBER.search(before).span(1)
            text = text[:start] + value(fact, results) + text[end:]
    return text


def unbacked(text: str) -> list[str]:
    """List numbers that look measured, with neither record nor source.

    Sources are looked for in the same paragraph, item or table.
    """
    seen = blank(text, (CODE, SPAN, FORMULA))
    marked = blank(FACT.sub(lambda m: "\0" * len(m[0]), seen), (COMMENT,))
    found = []
    for part in re.split(r"\n\s*\n|\n(?=[-*] |\d+\. )", marked):
        if not SOURCE.search(part):
            found += [
                m[0]
                for m in MEASURED.finditer(part)
                if not part[m.end() :].lstrip("*").startswith("\0")
            ]
    return found


def plain(number: str) -> str:
    """Write a number in one way: .5 for 0.5, and - for a minus sign.

    Example:
        >>> plain("−0.46"), plain("12,000"), plain("45 %")
        ('-.46', '12000', '45%')
    """
    number = re.sub(r"[,\s]", "", number).replace("−", "-")
    return re.sub(r"(?<!\d)0\.", ".", number)

"""Every chapter is built alike: a reader finds the same parts in each."""

import re
from pathlib import Path

import pytest

from contents import toc_stems
from facts import facts
from notebooks import from_text, shown_code

ROOT = Path(__file__).parent.parent
STEMS = toc_stems(ROOT)
TEXTS = {
    stem: (ROOT / "chapters/src" / f"{stem}.md").read_text("utf-8")
    for stem in STEMS
}
EVERY = pytest.mark.parametrize("stem", STEMS)


def section(stem: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    parts = re.split(r"^## (.+)$", TEXTS[stem], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[heading]


@EVERY
def test_opening_says_what_for_and_how_long(stem):
    opening = TEXTS[stem].split("```")[0]
    goals = re.search(r"^After this chapter you can:\n\n(.+?)\n\n", opening,
                      re.MULTILINE | re.DOTALL)[1]  # fmt: skip
    assert len(re.findall(r"^- ", goals, re.MULTILINE)) == 3
    assert "*You need: " in opening
    minutes = [(f.record, f.path) for f in facts(opening)][-2:]
    assert minutes == [("runtimes", f"{stem}/{k}") for k in ("read", "run")]


@EVERY
def test_reader_predicts_before_it_is_revealed(stem):
    _, *asked = re.split(r"^\*\*Predict\.\*\*", TEXTS[stem], flags=re.M)
    assert len(asked) >= 5
    # a paragraph that only asks; then a cell, or an answer folded away
    for text in asked:
        assert text.split("\n\n")[1].startswith(("```python", "<details>"))


@EVERY
def test_close_mirrors_the_opening(stem):
    headings = re.findall(r"^## (.+)$", TEXTS[stem], re.MULTILINE)
    assert headings[-4:] == [
        "What we saw", "Check yourself", "Exercises", "Sources",
    ]  # fmt: skip
    points = re.findall(r"^- ", section(stem, "What we saw"), re.MULTILINE)
    assert len(points) >= 3  # one for each goal, or more
    assert "Quiz(" in section(stem, "Check yourself")
    places = r"(?i)\b(?:sections?|tables?|appendix|pages?|figures?)\s"
    assert re.search(places, section(stem, "Sources"))


@EVERY
def test_three_to_six_exercises_with_solutions_that_run(stem):
    first, *exercises = re.split(
        r"^\*\*(?=\d\. )", section(stem, "Exercises"), flags=re.MULTILINE
    )
    numbers = [int(re.match(r"\d", text)[0]) for text in exercises]
    assert numbers == list(range(1, len(exercises) + 1))
    assert 3 <= len(exercises) <= 6
    for text in exercises:
        assert re.search(r'tags=\["hide-cell"[^]]*\]\n# Solution', text)
    assert any("Success:" in text for text in exercises)
    checked = re.findall(r"\b(check_\w+)\(", "".join(exercises))
    assert len({*checked}) >= 2
    # each with nothing yet, and with the solution
    assert all(checked.count(name) >= 2 for name in checked)


@EVERY
def test_no_cell_is_longer_than_a_screen(stem):
    assert max(map(len, shown_code(from_text(ROOT, stem)))) <= 32

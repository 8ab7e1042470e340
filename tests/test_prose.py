"""What the book says, as words: terms, quoted numbers, references, links."""

import json
import re
from pathlib import Path

import pytest
from myst_parser.mdit_to_docutils.base import default_slugify

from contents import toc_files, toc_stems
from facts import facts, look_up, renewed, unbacked, wrong_facts
from prose import anchors, entries, first_uses, links, slug, words

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "chapters"
RESULTS = BOOK / "results"
STEMS = toc_stems(ROOT)
TEXTS = {
    stem: (BOOK / "src" / f"{stem}.md").read_text("utf-8") for stem in STEMS
}
PAGES = {path.stem: path.read_text("utf-8") for path in BOOK.glob("*.md")}
GLOSSARY = entries(PAGES["glossary"])
REFERENCES = entries(PAGES["references"])
USES = first_uses(list(GLOSSARY), TEXTS)


# ---- the glossary


@pytest.mark.parametrize("term", GLOSSARY)
def test_first_use_of_a_term_leads_to_its_entry(term):
    assert term in USES, "in the glossary, and no chapter uses it"
    stem, start, end = USES[term]
    around = {
        link.target
        for link in links(TEXTS[stem])
        if link.start < start and end < link.end
    }
    assert around == {f"glossary.md#{slug(term)}"}, f"see {stem}, {start}"


@pytest.mark.parametrize("term", GLOSSARY)
def test_entry_names_the_chapter_that_first_uses_the_term(term):
    named = [link.target.split(".")[0] for link in links(GLOSSARY[term])]
    assert named == [USES[term][0]]


@pytest.mark.parametrize("term", GLOSSARY)
def test_entry_is_short(term):
    sentences = re.findall(r"[^.…:]{3}[.](?=\s|$)", GLOSSARY[term])
    # one to three, what else it is called, and where it is met
    assert 2 <= len(sentences) <= 5


def test_glossary_is_in_the_order_of_the_alphabet():
    terms = list(GLOSSARY)
    assert len(terms) > 50
    assert terms == sorted(terms, key=str.lower)
    groups = re.split(
        r"^## (.) to (.)$|^## (.)$", PAGES["glossary"], flags=re.MULTILINE
    )
    grouped = []
    for first, last, only, body in zip(
        *(groups[n::4] for n in (1, 2, 3, 4)), strict=True
    ):
        low, high = (first or only).lower(), (last or only).lower()
        for term in entries(body):
            assert low <= term[0].lower() <= high
            grouped.append(term)
    assert grouped == terms


def test_only_first_uses_lead_to_the_glossary():
    found = [
        link.target
        for text in TEXTS.values()
        for link in links(text)
        if link.target.startswith("glossary.md")
    ]
    assert sorted(found) == sorted(f"glossary.md#{slug(t)}" for t in USES)


def test_a_use_is_prose_and_the_longest_term_wins():
    text = """\
# Void

`void` and [void](https://void.org), $void$, <!-- void -->

```python
void = 255  # void
```

The mean
IoU, avoid; two [Voids](glossary.md#void), and void.

## Sources

An IoU.
"""
    terms = ["void", "IoU", "mean", "mean IoU"]
    uses = first_uses(terms, {"one": "Nothing.", "two": text})
    assert {term: text[a:b] for term, (_, a, b) in uses.items()} == {
        "mean IoU": "mean\nIoU",
        "void": "Voids",
    }
    assert len(words(text)) == len(text)


# ---- quoted numbers


EVERY_TEXT = pytest.mark.parametrize(
    "text", [*TEXTS.values(), *PAGES.values()], ids=[*TEXTS, *PAGES]
)


@EVERY_TEXT
def test_quoted_numbers_are_those_of_the_records(text):
    assert wrong_facts(text, RESULTS) == []


@EVERY_TEXT
def test_measured_numbers_have_a_record_or_a_source(text):
    assert unbacked(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FCN-8s reaches .75 there.", [".75"]),
        ("It has **-.46** more.", ["-.46"]),
        ("About 89 % of it, or 12.5%.", ["89 %", "12.5%"]),
        ("It took 22 ms, then 1.5 minutes.", ["22 ms", "1.5 minutes"]),
        ("Nine times: 9 times as long.", ["9 times as long"]),
        # a source serves its own paragraph or item alone
        ("The paper says .63.\n\nOurs: .75.", [".75"]),
        ("- The paper says .63.\n- Ours: .75.", [".75"]),
        # and a fact its own number
        ("It is .75 and .63<!-- fact: a | b | .2f -->.", [".75"]),
    ],
)
def test_a_measured_number_without_record_or_source_is_found(text, found):
    assert unbacked(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "It is **.75**<!-- fact: a | b | .2f -->.",
        "They saw [.63](https://arxiv.org/abs/1411.4038).",
        "There it is .63 (table 2).",
        "A rate of 0.003, 320 steps, 16 times as many cells, version 2.11.",
        "`x * .25`, $.25 x$ and\n\n```python\ny = .25\n```\n",
        "See page.25 and .3 of it.",
    ],
)
def test_other_numbers_need_neither(text):
    assert unbacked(text) == []


@pytest.fixture
def records(tmp_path):
    runs = {
        "net 0": {"iou": 0.25, "class": {"sky": 0.9}},
        "net 1": {"iou": 0.75, "class": {"sky": 0.7}},
        "net long": {"iou": 99},
    }
    record = {"runs": runs, "provenance": {"command": "run"}}
    (tmp_path / "made-up.json").write_text(json.dumps(record))
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        ".50<!-- fact: made-up | net [0-9]/iou | .2f -->",
        "**0.50**<!-- fact: made-up | net [0-9]/iou | .2f -->",
        "25%<!-- fact: made-up | net 0/iou | .0% -->",
        "25 %<!--fact:made-up|net 0/iou|.0%-->",
        ".8<!-- fact: made-up | net ?/class/sky | .1f --> of it",
        "99,000 or 98-99<!-- fact: made-up | net long/iou | .0f -->",
        "No number at all. <!-- a remark -->",
    ],
)
def test_a_true_fact_is_passed(records, text):
    assert wrong_facts(text, records) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".51<!-- fact: made-up | net [0-9]/iou | .2f -->", ".51, not 0.50"),
        ("1.50<!-- fact: made-up | net [0-9]/iou | .2f -->", "1.50, not"),
        ("-.25<!-- fact: made-up | net 0/iou | .2f -->", "-.25, not"),
        ("7.25<!-- fact: made-up | net 0/iou | .2f -->", "7.25, not"),
        ("25<!-- fact: made-up | net 0/iou | .0% -->", "25, not 25%"),
        # a pattern takes more than seeds, if it may
        (".50<!-- fact: made-up | net */iou | .2f -->", "not 33.33"),
        (".25<!-- fact: unknown | net 0/iou | .2f -->", "unknown"),
        (".25<!-- fact: made-up | net 2/iou | .2f -->", "net 2/iou"),
        (".25<!-- fact: made-up | net 0/iou/x | .2f -->", "net 0/iou/x"),
        (".25<!-- fact: made-up | net 0/class | .2f -->", "net 0/class"),
        (".25<!-- fact: made-up | net 0/iou | .2x -->", "format code"),
        ("much<!-- fact: made-up | net 0/iou | .2f -->", "no number"),
        (".25 <!-- fact: made-up | net 0/iou | .2f -->", "no number"),
        (".25<!-- fact: made-up | net 0/iou -->", "not three parts"),
    ],
)
def test_a_wrong_fact_is_found(records, text, said):
    (problem,) = wrong_facts(f"It is {text} here.", records)
    assert said in problem


def test_facts_are_read_from_prose_alone():
    text = "**.5**<!-- fact: made-up | net 0/iou | .1f -->"
    code = f"```text\n{text}\n```\n"
    assert [*facts(code + text)] == [(".5", "made-up", "net 0/iou", ".1f")]


def test_quoted_numbers_follow_their_record(records):
    text = (
        "**.99**<!-- fact: made-up | net 0/iou | .2f -->, "
        "98%<!--fact:made-up|net 1/iou|.0%--> and "
        ".97<!-- fact: other | net 0/iou | .2f -->"
    )
    new = renewed(text, "made-up", records)
    assert new == text.replace(".99", "0.25").replace("98%", "75%")
    assert wrong_facts(new.rpartition("and")[0], records) == []


def test_the_mean_is_that_of_the_record():
    record = (RESULTS / "ladder-scenes.json").read_text("utf-8")
    runs = json.loads(record)["runs"]
    ious = [runs[f"fcn8s {seed}"]["mean_iou"] for seed in (0, 1, 2)]
    found = look_up(runs, "fcn8s [0-9]/mean_iou")
    assert found == pytest.approx(sum(ious) / 3)


# ---- references


def addresses(text: str) -> set[str]:
    """Give the outside links of a text; versions of a paper are one paper."""
    return {
        re.sub(r"(arxiv\.org/abs/[\d.]+)v\d+$", r"\1", link.target)
        for link in links(text)
        if link.target.startswith("http")
    }


@pytest.mark.parametrize("stem", STEMS)
def test_what_a_chapter_cites_is_among_the_references(stem):
    known = set().union(*map(addresses, REFERENCES.values()))
    assert addresses(TEXTS[stem]) - known == set()


@pytest.mark.parametrize("heading", REFERENCES)
def test_a_reference_names_the_chapters_that_cite_it(heading):
    entry = REFERENCES[heading]
    _, cited = re.split(r"Cited\s+in:", entry)
    named = [link.target.removesuffix(".ipynb") for link in links(cited)]
    assert named == [
        stem for stem in STEMS if addresses(TEXTS[stem]) & addresses(entry)
    ]
    assert named


# ---- links inside the book


def inside(text: str) -> list[str]:
    """Give the targets of links that stay in the book."""
    targets = [link.target for link in links(text)]
    return [t for t in targets if not re.match(r"[a-z]+:", t)]


@pytest.mark.parametrize("name", [*STEMS, *PAGES])
def test_links_inside_the_book_lead_somewhere(name):
    for target in inside({**TEXTS, **PAGES}[name]):
        file, _, anchor = target.partition("#")
        page, _, kind = (file or f"{name}.md").rpartition(".")
        is_chapter = page in STEMS
        assert is_chapter or page in PAGES, target
        assert kind == ("ipynb" if is_chapter else "md") or not file, target
        text = TEXTS[page] if is_chapter else PAGES[page]
        assert not anchor or anchor in anchors(text), target


def test_every_page_is_in_the_book():
    listed = [Path(file).name for file in toc_files(ROOT)]
    assert sorted(listed) == sorted([*STEMS, *PAGES])


@EVERY_TEXT
def test_anchors_are_those_of_the_builder(text):
    headings = re.findall(
        r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M
    )
    plain = [re.sub(r"[`*]", "", heading) for heading in headings]
    assert [slug(h) for h in headings] == [default_slugify(h) for h in plain]


def test_a_repeated_heading_gets_a_number():
    text = "# A net\n\n## Why?\n\n```python\n# Why?\n```\n\n### Why?\n## Why?"
    assert anchors(text) == ["a-net", "why", "why-1", "why-2"]

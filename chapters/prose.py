"""Read the book's texts as a reader does: words, links, headings.

Nothing here needs a notebook or torch. What is not prose is blanked out, not
cut out, so that places in the prose are places in the text.
"""

import re
from typing import NamedTuple

CODE = re.compile(r"^(`{3,}|~{3,}).*?^\1[ ]*$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
SPAN = re.compile(r"`[^`]+`")
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.DOTALL)
NOT_WORDS = (
    CODE,
    COMMENT,
    re.compile(r"^## Sources$.*", re.MULTILINE | re.DOTALL),
    re.compile(r"^#{1,6} .*$", re.MULTILINE),
    SPAN,
    FORMULA,
    re.compile(r"<[^>]+>"),  # tags, and addresses in angle brackets
)
LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\(([^()\s]*(?:\([^()\s]*\))?)\)")
HEADING = re.compile(r"^#{1,6} +(.*?) *$", re.MULTILINE)


class Link(NamedTuple):
    """A link: where it begins and ends, what it says, where it leads."""

    start: int
    end: int
    says: str
    target: str


def blank(text: str, patterns: tuple[re.Pattern, ...]) -> str:
    """Put spaces in place of whatever the patterns find, line by line."""
    for pattern in patterns:
        text = pattern.sub(lambda m: re.sub(r"\S", " ", m[0]), text)
    return text


def links(text: str) -> list[Link]:
    """List the links of a text, from its code and comments none."""
    seen = blank(text, (CODE, COMMENT))
    return [
        Link(m.start(), m.end(), " ".join(m[1].split()), m[2])
        for m in LINK.finditer(seen)
    ]


def words(text: str) -> str:
    """Keep a chapter's prose: no code, headings, formulas, sources."""
    prose = blank(text, NOT_WORDS)
    for link in links(text):
        hidden = re.sub(r"\S", " ", text[link.start : link.end])
        inside = link.start + 1
        if link.target.startswith("glossary.md#"):
            said = prose[inside : text.index("](", inside)]
            hidden = f" {said}".ljust(len(hidden))
        prose = prose[: link.start] + hidden + prose[link.end :]
    return prose


def slug(heading: str) -> str:
    """Make a heading's anchor as GitHub and Jupyter Book do.

    Example:
        >>> slug("`F.interpolate`: equal inside, *not* at the rim")
        'finterpolate-equal-inside-not-at-the-rim'
    """
    plain = re.sub(r"[`*]|\]\([^()]*\)|\[", "", heading)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def title(text: str) -> str:
    """Read the title of a chapter or a page."""
    return re.search(r"^# +(.*?) *$", text, re.MULTILINE)[1]


def anchors(text: str) -> list[str]:
    """List the anchors of a text's headings; a repeated one gets a number."""
    found: list[str] = []
    for heading in HEADING.findall(blank(text, (CODE, COMMENT))):
        first = name = slug(heading)
        number = 0
        while name in found:
            number += 1
            name = f"{first}-{number}"
        found.append(name)
    return found


def entries(text: str) -> dict[str, str]:
    """Give what stands under each heading of the third level."""
    parts = re.split(r"^### +(.*?) *$", blank(text, (CODE,)), flags=re.M)
    bodies = (re.split(r"^#", part, flags=re.M)[0] for part in parts[2::2])
    return dict(zip(parts[1::2], bodies, strict=True))


def first_uses(
    terms: list[str], chapters: dict[str, str]
) -> dict[str, tuple[str, int, int]]:
    """Find where a book first uses each term, alone or in the plural.

    Args:
        terms: a longer one wins: "mean IoU" is no use of "IoU".
        chapters: their texts by name, in the book's order.

    Returns:
        For each term that occurs: chapter, start and end.
    """
    longest = sorted(terms, key=len, reverse=True)
    any_term = re.compile(
        r"(?<![\w-])(?:"
        + "|".join(
            f"({re.escape(term)})".replace(r"\ ", r"\s+") for term in longest
        )
        + r")(?:e?s)?(?![\w-])",
        re.IGNORECASE,
    )
    found: dict[str, tuple[str, int, int]] = {}
    for name, text in chapters.items():
        for use in any_term.finditer(words(text)):
            place = name, use.start(), use.end()
            found.setdefault(longest[use.lastindex - 1], place)
    return found

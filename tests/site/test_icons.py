"""The icons of the theme: few are shipped, and all that are shown."""

from functools import cache
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from contents import toc_files

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "_build" / "html"
PAGES = toc_files(ROOT)
# the characters that icons show, by the family of their font
SHOWN = """() => {
  const icons = Array.from(document.querySelectorAll("[class*=fa-]"));
  return icons.map((icon) => {
    const { content, fontFamily } = getComputedStyle(icon, "::before");
    return [icon.className, content, fontFamily];
  });
}"""


@cache
def pictures(kind: str) -> set[int]:
    """The characters that a shipped font, which is small, has."""
    [fonts] = BUILT.glob("_static/vendor/fontawesome/*/webfonts")
    font = fonts / f"fa-{kind}.woff2"
    assert font.stat().st_size < 10_000
    return set(TTFont(font).getBestCmap())


@pytest.mark.parametrize("page", [*PAGES, "search"])
def test_every_icon_has_its_picture_and_few_others_are_shipped(
    open_page, page
):
    icons = open_page((BUILT / f"{page}.html").as_uri()).evaluate(SHOWN)
    assert len(icons) >= 10
    for name, content, family in icons:
        kind = "brands-400" if "Brands" in family else "solid-900"
        character = content.strip('"')
        assert len(character) == 1, (name, content)
        assert ord(character) in pictures(kind), name

"""The icons of the theme: few are shipped, and all that are shown."""

from pathlib import Path

from fontTools.ttLib import TTFont

BUILT = Path(__file__).parents[2] / "_build" / "html"
# the characters that icons show, by the family of their font
SHOWN = """() => {
  const icons = Array.from(document.querySelectorAll("[class*=fa-]"));
  return icons.map((icon) => {
    const { content, fontFamily } = getComputedStyle(icon, "::before");
    return [icon.className, content, fontFamily];
  });
}"""


def test_every_icon_has_its_picture_and_few_others_are_shipped(open_page):
    [fonts] = BUILT.glob("_static/vendor/fontawesome/*/webfonts")
    page = open_page((BUILT / "chapters" / "stride.html").as_uri())
    icons = page.evaluate(SHOWN)
    assert len(icons) >= 10
    for name, content, family in icons:
        kind = "brands-400" if "Brands" in family else "solid-900"
        font = fonts / f"fa-{kind}.woff2"
        character = content.strip('"')
        assert len(character) == 1, (name, content)
        assert ord(character) in TTFont(font).getBestCmap(), name
        assert font.stat().st_size < 10_000

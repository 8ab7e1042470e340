"""Sphinx extension: of the theme's icon fonts, leaves what the pages show.

Font Awesome has thousands of icons, a third of a page's weight; the book
shows some twenty. What is left keeps its names, and its licence beside it.
"""

import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from sphinx.application import Sphinx

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme"
FONTS = "fa-solid-900.woff2", "fa-brands-400.woff2"
NAME = re.compile(r"\bfa-[a-z0-9-]+")
# all names of an icon, and its character
RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}')


def names_in(folder: Path) -> set[str]:
    """Find the names of icons in all pages and scripts of a folder."""
    scripts = (folder / "_static" / "scripts").glob("*.js")
    texts = (p.read_text("utf-8") for p in [*folder.rglob("*.html"), *scripts])
    return {name for text in texts for name in NAME.findall(text)}


def trimmed(sheet: str, wanted: set[str]) -> tuple[str, set[int]]:
    """Drop the rules of unwanted icons; find the characters of the others."""
    characters = set()

    def kept(rule: re.Match) -> str:
        if not wanted.intersection(NAME.findall(rule[1])):
            return ""
        characters.add(int(rule[2], 16))
        return rule[0]

    return RULE.sub(kept, sheet), characters


def write_font(source: Path, target: Path, characters: set[int]) -> None:
    """Write a font with these characters alone, as far as it has them."""
    options = subset.Options(flavor="woff2", ignore_missing_unicodes=True)
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    subset.save_font(font, str(target), options)


def trim_icons(app: Sphinx, error: Exception | None) -> None:
    """Trim style sheet and fonts of the built book; called at the end."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    # from the theme, not from `out`: a second build may need other icons
    [source] = THEME.glob("*/static/vendor/fontawesome/*")
    target = out / "_static" / source.relative_to(source.parents[2])
    sheet = (source / "css" / "all.min.css").read_text("utf-8")
    sheet, characters = trimmed(sheet, names_in(out))
    (target / "css" / "all.min.css").write_text(sheet, "utf-8")
    for name in FONTS:
        path = Path("webfonts") / name
        write_font(source / path, target / path, characters)


def setup(app: Sphinx) -> dict:
    """Register the hook."""
    app.connect("build-finished", trim_icons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Sphinx extension of the book: what theme and settings leave open.

It gives every page a description, and drops what the theme loads too early:
its icon script, whose work a style sheet does as well, and its preloads, which
fail where a page is read from a disk.
"""

import re
from html import escape
from textwrap import shorten
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

# what the theme writes, and what it should
REPLACED = {
    # folded cells: their visible label is the better name
    ' aria-label="Toggle hidden content"': "",
    # a wide table scrolls in its box, which keys have to reach
    '<div class="pst-scrollable-table-container">': (
        '<div class="pst-scrollable-table-container" tabindex="0">'
    ),
}


def description(doctree: nodes.document, length: int = 155) -> str:
    """Return the first paragraph, cut at a word."""
    first = next(doctree.findall(nodes.paragraph), None)
    if not first:
        return ""
    first = first.deepcopy()
    for formula in list(first.findall(nodes.math)):
        formula.replace_self(nodes.Text(as_text(formula.astext())))
    return shorten(first.astext(), length, placeholder="…")


def as_text(formula: str) -> str:
    r"""Write a formula without markup.

    Args:
        formula: TeX.

    Example:
        >>> as_text(r"32 \times 32")
        '32×32'
    """
    return "".join(ElementTree.fromstring(convert(formula)).itertext())


def without_early_loads(head: str) -> str:
    """Drop Font Awesome's script, 1.5 MB before the first paint; preloads."""
    head = re.sub(r"<script [^>]*fontawesome[^>]*></script>", "", head)
    return re.sub(r'<link rel="preload"[^>]*>', "", head)


def prepare_page(app, pagename, templatename, context, doctree) -> None:
    """Fill in what a page lacks; called before each one is written."""
    context["without_early_loads"] = without_early_loads
    if doctree:
        text = escape(description(doctree))
        context["metatags"] += f'<meta name="description" content="{text}">'
        for old, new in REPLACED.items():
            context["body"] = context["body"].replace(old, new)


def setup(app: Sphinx) -> dict:
    """Register the hooks."""
    app.connect("html-page-context", prepare_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

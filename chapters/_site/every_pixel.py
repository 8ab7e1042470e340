"""Sphinx extension of the book: what theme and settings leave open.

It gives every page a description, serves MathJax from the book itself, and
drops the theme's icon script: its style sheet draws the same icons.
"""

import re
import shutil
from html import escape
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from textwrap import shorten

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

LOG = logging.getLogger(__name__)
MATHJAX = "sphinx-mathjax-offline"
FONTS = "output/chtml/fonts/woff-v2"
TEX = "input/tex/extensions"
FOLD_LABEL = ' aria-label="Toggle hidden content"'


def description(doctree: nodes.document, length: int = 155) -> str:
    """Return the first paragraph, cut at a word."""
    first = next(doctree.findall(nodes.paragraph), None)
    text = first.astext() if first else ""
    return shorten(text, length, placeholder="…")


def without_icon_script(head: str) -> str:
    """Drop Font Awesome's script: 1.5 MB that block the first paint."""
    return re.sub(r"<script [^>]*fontawesome[^>]*></script>", "", head)


def prepare_page(app, pagename, templatename, context, doctree) -> None:
    """Fill in what a page lacks; called before each one is written."""
    context["without_icon_script"] = without_icon_script
    if doctree:
        text = escape(description(doctree))
        context["metatags"] += f'<meta name="description" content="{text}">'
        # folded cells: their visible label is the better name
        context["body"] = context["body"].replace(FOLD_LABEL, "")


def mathjax_folder() -> Path:
    """Return where the installed package keeps MathJax 3."""
    root = distribution(MATHJAX).locate_file(MATHJAX)
    return Path(root) / "static" / "mathjax"


def use_own_mathjax(app: Sphinx, config) -> None:
    """Point the pages at the copy that ``copy_mathjax`` makes."""
    try:
        mathjax_folder()
    except PackageNotFoundError:
        LOG.warning("install %s, or maths come from a CDN", MATHJAX)
    else:
        config.mathjax_path = "mathjax/tex-chtml.js"


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Copy the part of MathJax that pages load: 2 of its 24 MB."""
    if error or app.config.mathjax_path.startswith("http"):
        return
    source = mathjax_folder()
    target = Path(app.outdir) / "_static" / "mathjax"
    for part in (FONTS, TEX):
        shutil.copytree(source / part, target / part, dirs_exist_ok=True)
    shutil.copy(source / "tex-chtml.js", target)


def setup(app: Sphinx) -> dict:
    """Register the hooks."""
    app.connect("config-inited", use_own_mathjax)
    app.connect("html-page-context", prepare_page)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

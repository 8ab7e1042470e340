"""Sphinx extension: formulas as MathML, which browsers set by themselves.

No script is loaded for them, and they stand there where scripts are off.
"""

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

LOGARITHM = re.compile(
    r"(</mn>)?(<mi>ln</mi>|<msub><mi>log</mi>.*?</msub>)(?=(<m(?!o))?)"
)
SPACE = '<mspace width="0.167em"/>'


def with_spaces(formula: str) -> str:
    """Set a logarithm off from the number in front and from its argument.

    TeX does so, unless the argument stands in parentheses.

    Example:
        >>> with_spaces("<mi>ln</mi><mn>8</mn>")
        '<mi>ln</mi><mspace width="0.167em"/><mn>8</mn>'
    """

    def spaced(found: re.Match) -> str:
        number, name, argument = found.groups()
        before = number + SPACE if number else ""
        return before + name + (SPACE if argument else "")

    return LOGARITHM.sub(spaced, formula)


def visit_inline(self, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    self.body.append(with_spaces(convert(node.astext())))
    raise nodes.SkipNode


def visit_block(self, node: nodes.math_block) -> None:
    """Write a formula in a line of its own."""
    formula = with_spaces(convert(node.astext(), display="block"))
    # wide ones scroll in their box, which keys have to reach
    self.body.append(f'<div class="math" tabindex="0">{formula}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict:
    """Register the renderer; ``html_math_renderer: mathml`` chooses it."""
    app.add_html_math_renderer(
        "mathml", (visit_inline, None), (visit_block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Sphinx extension: formulas as MathML, which browsers set by themselves.

No script is loaded for them, and they stand there where scripts are off.
"""

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx


def visit_inline(self, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    self.body.append(convert(node.astext()))
    raise nodes.SkipNode


def visit_block(self, node: nodes.math_block) -> None:
    """Write a formula in a line of its own."""
    formula = convert(node.astext(), display="block")
    # wide ones scroll in their box, which keys have to reach
    self.body.append(f'<div class="math" tabindex="0">{formula}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict:
    """Register the renderer; ``html_math_renderer: mathml`` chooses it."""
    app.add_html_math_renderer(
        "mathml", (visit_inline, None), (visit_block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}

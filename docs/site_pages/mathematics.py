"""Formulas as MathML, which browsers set by themselves: no script, no font, no network."""

from __future__ import annotations

import html

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from activations.render.mathml import MathNode, mathml

__all__ = ["formula_html", "setup"]

log = logging.getLogger(__name__)


def setup(app: Sphinx) -> None:
    """Let Sphinx write `$…$` and `{math}` as MathML."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))


def formula_html(latex: str, before: str = "") -> str:
    """A formula of our own language as a block of MathML; empty if it is too long to be set.

    Args:
        latex: what `Expression.latex` gives.
        before: LaTeX of what stands before an equals sign.
    """
    found = mathml(latex)
    if found is None:
        return ""
    left = mathml(before) if before else None
    row = ["mrow", left, ["mo", "="], found] if left else found
    return f'<div class="formula"><math display="block">{_markup(row)}</math></div>'


def _markup(node: MathNode) -> str:
    tag, *children = node
    inside = "".join(html.escape(child) if isinstance(child, str) else _markup(child) for child in children)
    return f"<{tag}>{inside}</{tag}>"


def _inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(_converted(node, block=False))
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="formula">{_converted(node, block=True)}</div>\n')
    raise nodes.SkipNode


def _converted(node: nodes.Element, *, block: bool) -> str:
    try:
        return tex2mathml(node.astext(), as_block=block)
    except MathError as error:
        log.warning("this formula can't be set as MathML: %s", error, location=node)
        return html.escape(node.astext())

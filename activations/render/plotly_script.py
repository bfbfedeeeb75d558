"""plotly.js inside a page, and what the page's policy must allow for it."""

from __future__ import annotations

import re

__all__ = ["PLOTLY_STYLE", "STYLE_ATTRIBUTES", "placeholders", "plotly_script"]

# Empty: the style element that plotly.js fills by rules, which a policy allows by this digest alone.
PLOTLY_STYLE = ""
# plotly.js sets some attributes "style" of its drawings, which no digest can name; style elements stay named.
STYLE_ATTRIBUTES = "style-src-attr 'unsafe-inline'; "
# The style sheets of its maps, which it brings along unless an element has their name; our pages have no maps.
MAP_STYLE = re.compile(r'document\.getElementById\("([0-9a-f]{40,})"\)')


def plotly_script() -> str:
    """The text of plotly.js.

    Raises:
        ValueError: it can't stand in a script element.
    """
    from plotly.offline import get_plotlyjs

    script: str = get_plotlyjs()
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("plotly.js holds '</script' or '<!--', which would end its element early; install another one")
    return script


def placeholders(script: str) -> str:
    """Elements in place of the style sheets that plotly.js would add for its maps."""
    return "".join(f'<template id="{name}"></template>' for name in MAP_STYLE.findall(script))

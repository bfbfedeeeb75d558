"""Formulas and foreign text as matplotlib can draw them."""

from __future__ import annotations

import functools
import re
import unicodedata

__all__ = ["FONT", "formula_text", "plain", "text_size"]

FONT = "DejaVu Sans"  # ships with matplotlib, so that pictures are the same on every machine
LONGEST_TEXT = 160
LONGEST_FORMULA = 600
DEEPEST_FORMULA = 12

CASES = re.compile(r"\\begin\{cases\}(.*?)\\end\{cases\}", re.DOTALL)
RELATIONS = {"le": "leq", "ge": "geq", "ne": "neq"}  # mathtext knows the long names only
LONG_NUMBER = re.compile(r"(?<![\w.])(\d+\.\d{4})\d{3,}")
CONDITION = re.compile(r"\s*\\text\{(if |otherwise)\}(.*)\Z", re.DOTALL)


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """Foreign text as matplotlib shows it literally: one line, no mathtext, no glyph that the font lacks.

    Args:
        text: anything.
        longest: what is longer ends in an ellipsis.
    """
    one_line = " ".join(text.split())
    if len(one_line) > longest:
        one_line = one_line[: longest - 1].rstrip() + "…"
    shown = "".join(letter if _has_glyph(letter) else "□" for letter in one_line)
    return shown.replace("$", r"\$")


def formula_text(latex: str, fallback: str = "", longest: int = LONGEST_TEXT) -> str:
    """LaTeX as one line of matplotlib text, with mathtext where that can draw it.

    Cases, which mathtext lacks, become "x if x > 0, 0 otherwise", in brackets where they are part of a formula, and
    long numbers are cut with dots. What can't be drawn is shown as the fall-back, as plain text.

    Args:
        latex: a formula without dollar signs.
        fallback: the same in plain characters; the LaTeX source itself unless given.
        longest: a fall-back that is longer ends in an ellipsis.
    """
    pieces = _pieces(LONG_NUMBER.sub(r"\1{\\ldots}", latex))
    if pieces and all(_can_draw(piece) for piece, is_formula in pieces if is_formula):
        return "".join(f"${piece}$" if is_formula else piece for piece, is_formula in pieces)
    return plain(LONG_NUMBER.sub(r"\1…", fallback or latex), longest)


@functools.lru_cache(maxsize=4096)
def text_size(text: str, size: float) -> tuple[float, float]:
    """The width and the height of drawn text, in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0, 0.0
    # The corners of all control points: exact enough, and much faster than the extents of the curves.
    corners = TextPath((0.0, 0.0), text, size=size, prop=FontProperties(family=[FONT])).vertices
    width, height = corners.max(axis=0) - corners.min(axis=0)
    return float(width), float(height)


def _pieces(latex: str) -> list[tuple[str, bool]]:
    """The line in pieces: (formula, True) and (words, False); empty if it can't be one line."""
    if len(latex) > LONGEST_FORMULA or _depth(latex) > DEEPEST_FORMULA:
        return []
    latex = latex.strip().replace(r"\bmod", r"\;\mathrm{mod}\;")
    latex = re.sub(r"\\(le|ge|ne)(?![A-Za-z])", lambda match: "\\" + RELATIONS[match[1]], latex)
    # A fraction that is the whole formula may be tall.
    latex = re.sub(r"^\\frac", r"\\dfrac", latex)
    parts = CASES.split(latex)  # what stands between cases, and by turns the cases
    if len(parts) == 1:
        return [(latex, True)]
    # Brackets that grow can't begin in one piece and end in another.
    around = [re.sub(r"\\(left|right)(?![A-Za-z])", "", part).strip() for part in parts[::2]]
    pieces = [(around[0], True)] if around[0] else []
    for cases, before, after in zip(parts[1::2], around, around[1:], strict=False):
        rows = _rows(cases)
        if not rows:
            return []
        bare = (before[-1:], after[:1]) in (("", ""), ("(", ")"))
        pieces += rows if bare else [("(", False), *rows, (")", False)]
        pieces += [(after, True)] if after else []
    return pieces


def _rows(cases: str) -> list[tuple[str, bool]]:
    """The same of what stands between the ends of cases."""
    pieces: list[tuple[str, bool]] = []
    for row in cases.split(r"\\"):
        value, _, remark = row.partition("&")
        condition = CONDITION.match(remark)
        if condition is None:
            return []
        pieces += [(",   ", False)] if pieces else []
        pieces += [(value.strip(), True), ("  " + condition[1], False)]
        pieces += [(condition[2].strip(), True)] if condition[2].strip() else []
    return pieces


@functools.lru_cache(maxsize=4096)
def _can_draw(latex: str) -> bool:
    from matplotlib.mathtext import MathTextParser

    if not latex.strip() or "$" in latex or not all(_has_glyph(letter) for letter in latex):
        return False
    try:
        MathTextParser("path").parse(f"${latex}$")
    except (ValueError, RecursionError, RuntimeError, KeyError, IndexError):
        return False
    return True


def _depth(latex: str) -> int:
    deepest = depth = 0
    for letter in latex:
        depth += (letter == "{") - (letter == "}")
        deepest = max(deepest, depth)
    return deepest


@functools.cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family=[FONT]))).get_charmap())


def _has_glyph(letter: str) -> bool:
    return unicodedata.category(letter)[0] != "C" and ord(letter) in _glyphs()

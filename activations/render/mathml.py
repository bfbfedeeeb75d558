"""The formula language's own LaTeX as MathML, which browsers set without any library."""

from __future__ import annotations

import re
from typing import Any

from activations.render.formula import LONG_NUMBER

__all__ = ["MathNode", "mathml"]

MathNode = list[Any]
"""A MathML element: its tag, then its text, or its children."""

LONGEST = 1500
TOKEN = re.compile(
    r"\\(?:text|operatorname|mathrm)\{[^{}]*\}|\\(?:begin|end)\{cases\}|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?…?|[^\s]"
)
NAMED = re.compile(r"\\(text|operatorname|mathrm)\{([^{}]*)\}")
GREEK = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi
psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"""
LETTERS = dict(zip(GREEK.split(), "αβγδϵζηθικλμνξπρστυϕχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
SIGNS = {
    **{"-": "−", "le": "≤", "ge": "≥", "ne": "≠", "cdot": "·", "neg": "¬", "bmod": "mod"},
    **{"lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "{": "{", "}": "}"},
    **{sign: sign for sign in "+<>=|(),[]/!"},
}
FUNCTIONS = frozenset(
    ("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "ln", "log", "min", "max", "exp")
)
STOPS = frozenset({"}", "&", r"\\", r"\right", r"\end{cases}"})
THIN = ["mtext", "\N{THIN SPACE}"]


def mathml(latex: str) -> MathNode | None:
    """A formula as nested lists: `["mfrac", ["mi", "x"], ["mn", "2"]]`.

    Args:
        latex: what the formula language writes, without dollar signs.

    Returns:
        A row of elements, or None for what is too long to be set or is not the formula language's LaTeX.
    """
    if len(latex) > LONGEST:
        return None
    reader = _Reader(TOKEN.findall(LONG_NUMBER.sub(r"\1…", latex)))
    try:
        row = reader.row()
    except (KeyError, IndexError, RecursionError):
        return None
    return None if reader.tokens else row


class _Reader:
    """Takes the tokens from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens[::-1]

    def row(self, stops: frozenset[str] = STOPS) -> MathNode:
        items: list[MathNode] = []
        named = False  # whether the last item is the name of a function, which wants room around it
        while self.tokens and self.tokens[-1] not in stops:
            token = self.tokens.pop()
            if token in ("^", "_"):
                items.append(_script(token, items.pop(), self.argument()))
                continue
            if token == "'":
                items.append(["msup", items.pop(), ["mo", "\N{PRIME}"]])
                continue
            is_name = token.startswith(r"\operatorname{") or token[1:] in FUNCTIONS
            opens = token == r"\left" and self.tokens[-1] == "("
            if (is_name and items and items[-1][0] != "mo") or (named and not opens and token not in SIGNS):
                items.append(THIN)
            named = is_name
            items.append(self.element(token))
        return items[0] if len(items) == 1 else ["mrow", *items]

    def argument(self) -> MathNode:
        token = self.tokens.pop()
        if token != "{":
            return self.element(token)
        found = self.row()
        if self.tokens.pop() != "}":
            raise KeyError("}")
        return found

    def element(self, token: str) -> MathNode:
        named = NAMED.fullmatch(token)
        if named is not None:
            kind, text = named.groups()
            return (
                ["mtext", text.replace(" ", "\N{NO-BREAK SPACE}")] if kind == "text" else ["mi", text.replace("\\", "")]
            )
        if token[0].isdigit():
            return ["mn", token]
        if token.isalpha() and len(token) == 1:
            return ["mi", token]
        match token:
            case "{":
                self.tokens.append(token)
                return self.argument()
            case r"\frac":
                return ["mfrac", self.argument(), self.argument()]
            case r"\sqrt":
                return self.root()
            case r"\left":
                return self.fenced()
            case r"\begin{cases}":
                return self.cases()
        name = token.removeprefix("\\")
        if name in LETTERS:
            return ["mi", LETTERS[name]]
        return ["mi", name] if name in FUNCTIONS else ["mo", SIGNS[name]]

    def root(self) -> MathNode:
        if self.tokens[-1] != "[":
            return ["msqrt", self.argument()]
        self.tokens.pop()
        index = self.row(frozenset("]"))
        self.tokens.pop()
        return ["mroot", self.argument(), index]

    def fenced(self) -> MathNode:
        first = ["mo", SIGNS[self.tokens.pop().removeprefix("\\")]]
        inside = self.row()
        if self.tokens.pop() != r"\right":
            raise KeyError(r"\right")
        return ["mrow", first, inside, ["mo", SIGNS[self.tokens.pop().removeprefix("\\")]]]

    def cases(self) -> MathNode:
        rows: list[MathNode] = []
        cells: list[MathNode] = []
        while True:
            cells.append(["mtd", self.row()])
            token = self.tokens.pop()
            if token == "&":
                continue
            rows.append(["mtr", *cells])
            cells = []
            if token == r"\end{cases}":
                return ["mtable", *rows]  # its brace is drawn by the style: not every font has one that stretches
            if token != r"\\":
                raise KeyError(token)


def _script(sign: str, base: MathNode, script: MathNode) -> MathNode:
    if sign == "_":
        return ["msub", base, script]
    if base[0] == "msub":
        return ["msubsup", *base[1:], script]
    return ["msup", base, script]

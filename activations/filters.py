"""Filters over measured properties, as typed: `monotone and (smooth or lipschitz<=1) and not odd`.

The language is read by hand and nothing of it is evaluated. Its words are the keys of `FACTS`, true or false, and of
`QUANTITIES`, which are compared with numbers; `not` binds closest, then `and`, then `or`. What makes no sense for an
activation, as being monotone does for one of two inputs, is neither true nor false, and such an activation is left out.
"""

from __future__ import annotations

import difflib
import fnmatch
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activations.errors import ExpressionError, UnknownActivationError
from activations.registry import plain

if TYPE_CHECKING:
    from activations.properties import Properties

__all__ = ["FACTS", "QUANTITIES", "Filter", "FilterError", "family_filter", "parse_filter"]

MAX_LENGTH = 1000
MAX_DEPTH = 50
INFINITE = float("inf")

Judgement = bool | None
Filter = Callable[["Properties"], Judgement]


class FilterError(ExpressionError):
    """A filter is not in the language of filters."""


@dataclass(frozen=True)
class Fact:
    """A word that is true or false of an activation.

    Attributes:
        meaning: what it says, in a few words.
        holds: whether it does, for the properties of a one-input activation.
    """

    meaning: str
    holds: Callable[[Properties], bool]


@dataclass(frozen=True)
class Quantity:
    """A word that stands for a number.

    Attributes:
        meaning: what it is, in a few words.
        value: the number, or None where there is none.
    """

    meaning: str
    value: Callable[[Properties], float | None]


def _low(properties: Properties) -> float:
    return properties.range[0].value if properties.range else -INFINITE


def _high(properties: Properties) -> float:
    return properties.range[1].value if properties.range else INFINITE


def _saturates(properties: Properties, *sides: int) -> bool:
    return any((properties.saturates or (None, None))[side] is not None for side in sides)


FACTS: dict[str, Fact] = {
    "monotone": Fact("never falls or never rises", lambda p: p.monotone is not None),
    "increasing": Fact("never falls", lambda p: p.monotone == "increasing"),
    "decreasing": Fact("never rises", lambda p: p.monotone == "decreasing"),
    "convex": Fact("convex; a straight line is too", lambda p: p.curvature in ("convex", "linear")),
    "concave": Fact("concave; a straight line is too", lambda p: p.curvature in ("concave", "linear")),
    "straight": Fact("a straight line", lambda p: p.curvature == "linear"),
    "odd": Fact("f(-x) = -f(x)", lambda p: p.parity == "odd"),
    "even": Fact("f(-x) = f(x)", lambda p: p.parity == "even"),
    "continuous": Fact("without jumps", lambda p: p.smoothness != "discontinuous"),
    "differentiable": Fact("continuously differentiable", lambda p: p.smoothness in ("C1", "C2", "smooth")),
    "smooth": Fact("three times continuously differentiable or more", lambda p: p.smoothness == "smooth"),
    "kinked": Fact("not differentiable somewhere", lambda p: bool(p.kinks)),
    "jumping": Fact("with a jump", lambda p: bool(p.jumps)),
    "bounded": Fact("bounded on both sides", lambda p: _low(p) > -INFINITE and _high(p) < INFINITE),
    "bounded-below": Fact("bounded below", lambda p: _low(p) > -INFINITE),
    "bounded-above": Fact("bounded above", lambda p: _high(p) < INFINITE),
    "nonnegative": Fact("never negative", lambda p: _low(p) >= 0.0),
    "saturating": Fact("approaches or reaches a constant on either side", lambda p: _saturates(p, 0, 1)),
    "saturating-left": Fact("the same to the left", lambda p: _saturates(p, 0)),
    "saturating-right": Fact("the same to the right", lambda p: _saturates(p, 1)),
}
QUANTITIES: dict[str, Quantity] = {
    "lipschitz": Quantity("the steepest slope, sup |f'|", lambda p: p.lipschitz),
    "gain": Quantity("the gain of initial weights that keeps the mean square", lambda p: p.gain),
    "mean": Quantity("the mean for normal input", lambda p: p.moments.mean if p.moments else None),
    "low": Quantity("the greatest lower bound", lambda p: p.range[0].value if p.range else None),
    "high": Quantity("the least upper bound", lambda p: p.range[1].value if p.range else None),
    "kinks": Quantity("how many kinks, jumps included", lambda p: None if p.kinks is None else len(p.kinks)),
    "jumps": Quantity("how many jumps", lambda p: None if p.jumps is None else len(p.jumps)),
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
JOINTS = ("and", "or", "not")
TOKEN = re.compile(
    r"(?P<number>[-+]?(?:inf\b|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])))"
    r"|(?P<word>[A-Za-z]+(?:[-_][A-Za-z]+)*)"
    r"|(?P<comparison>[<>=!]=|[<>=])"
    r"|(?P<bracket>[()])"
)


def parse_filter(text: str) -> Filter:
    """Read a filter.

    Args:
        text: words of `FACTS`, comparisons of `QUANTITIES` with numbers, `and`, `or`, `not` and brackets.

    Returns:
        A function of measured properties: True, False, or None where the question makes no sense.

    Raises:
        FilterError: the text is no filter; the message says what to write.
    """
    return _Reader(text).whole()


def family_filter(families: Sequence[str], known: Iterable[str]) -> Callable[[str], bool]:
    """A function that tells whether a family is among the given ones; any is if none is given.

    Args:
        families: names or patterns such as "*rectified"; case, `_`, `-` and blanks are ignored.
        known: the families that there are.

    Raises:
        UnknownActivationError: there is no such family; the message holds those that there are.
    """
    by_plain = {plain(family): family for family in known}
    chosen: set[str] = set()
    for family in families:
        found = fnmatch.filter(by_plain, plain(family))
        if not found:
            close = difflib.get_close_matches(plain(family), by_plain, n=3, cutoff=0.6)
            hint = f"did you mean {' or '.join(by_plain[key] for key in close)}? " if close else ""
            raise UnknownActivationError(
                f"unknown family {family[:80]!r}; {hint}there are {', '.join(by_plain.values())}"
            )
        chosen.update(found)
    return lambda family: not families or plain(family) in chosen


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


class _Reader:
    """Reads one filter from left to right; each method reads one rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > MAX_LENGTH:
            raise FilterError(f"the filter has {len(text)} characters; at most {MAX_LENGTH} are read", column=1)
        self.tokens = self._tokens()
        self.position = 0
        self.depth = 0

    def whole(self) -> Filter:
        found = self._either()
        if self._now.kind != "end":
            raise self._error("an operator is missing", self._now, hint="write and, or")
        return found

    def _either(self) -> Filter:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else _joined(parts, decisive=True)

    def _both(self) -> Filter:
        parts = [self._single()]
        while self._take("and"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else _joined(parts, decisive=False)

    def _single(self) -> Filter:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._error(f"more than {MAX_DEPTH} brackets and nots are within each other", self._now)
        opening = self._now
        if self._take("not"):
            found = _negated(self._single())
        elif self._take("("):
            found = self._either()
            if not self._take(")"):
                raise self._error("this bracket is never closed", opening, hint="add )")
        else:
            found = self._word()
        self.depth -= 1
        return found

    def _word(self) -> Filter:
        token = self._now
        name = token.text.lower().replace("_", "-")
        if token.kind != "word" or name in JOINTS:
            found = f"found {token.text!r}" if token.text else "the filter ends"
            raise self._error(f"a property is missing here, {found}", token, hint=_vocabulary())
        if name not in FACTS and name not in QUANTITIES:
            close = difflib.get_close_matches(name, [*FACTS, *QUANTITIES], n=3, cutoff=0.6)
            guess = f"did you mean {' or '.join(close)}? " if close else ""
            raise self._error(f"unknown property {token.text[:60]!r}", token, hint=guess + _vocabulary())
        self.position += 1
        compared = self._now.kind == "comparison"
        if name in QUANTITIES:
            if not compared:
                raise self._error(f"{name} is a number", token, hint=f"compare it, as in {name}<=1")
            return self._comparison(QUANTITIES[name])
        if compared:
            raise self._error(f"{name} is true or false", self._now, hint=f"write {name} alone, or not {name}")
        return _known(FACTS[name])

    def _comparison(self, quantity: Quantity) -> Filter:
        compare = COMPARISONS[self._now.text]
        self.position += 1
        if self._now.kind != "number":
            raise self._error("a number is missing here", self._now, hint="as in lipschitz<=1")
        bound = float(self._now.text)
        self.position += 1

        def judge(properties: Properties) -> Judgement:
            value = quantity.value(properties)
            return None if value is None else compare(value, bound)

        return judge

    @property
    def _now(self) -> _Token:
        return self.tokens[self.position]

    def _take(self, text: str) -> bool:
        taken = self._now.kind in ("word", "bracket") and self._now.text.lower() == text
        self.position += taken
        return taken

    def _tokens(self) -> list[_Token]:
        found: list[_Token] = []
        position = 0
        while position < len(self.text):
            if self.text[position].isspace():
                position += 1
                continue
            match = TOKEN.match(self.text, position)
            if match is None:
                wrong = _Token("wrong", self.text[position], position + 1)
                hints = {"&": "write and", "|": "write or", "!": "write not", "~": "write not", "≤": "write <="}
                raise self._error(f"{wrong.text!r} can't stand here", wrong, hint=hints.get(wrong.text, ""))
            found.append(_Token(str(match.lastgroup), match.group(), position + 1))
            position = match.end()
        return [*found, _Token("end", "", len(self.text) + 1)]

    def _error(self, message: str, token: _Token, hint: str = "") -> FilterError:
        return FilterError(message, text=self.text, column=token.column, hint=hint)


def _known(fact: Fact) -> Filter:
    return lambda properties: None if properties.smoothness is None else fact.holds(properties)


def _negated(inner: Filter) -> Filter:
    def judge(properties: Properties) -> Judgement:
        found = inner(properties)
        return None if found is None else not found

    return judge


def _joined(parts: Sequence[Filter], *, decisive: bool) -> Filter:
    """Or, where one True decides, and and, where one False does; else one unknown part makes all unknown."""

    def judge(properties: Properties) -> Judgement:
        found = [part(properties) for part in parts]
        if decisive in found:
            return decisive
        return None if None in found else not decisive

    return judge


def _vocabulary() -> str:
    return f"properties are {', '.join(FACTS)}; numbers to compare are {', '.join(QUANTITIES)}"

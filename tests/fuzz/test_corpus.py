"""The corpus of the fuzzer of formulas, without the fuzzer: every text that it found worth keeping, once more."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from fuzz.formula_check import check_formula, read_text

from activations.errors import ExpressionError
from activations.expression import Expression

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
MOST_CALLS = 3_000_000  # of functions, for one text


def test_the_corpus_is_small_and_holds_formulas_and_others() -> None:
    assert 20 < len(CORPUS) < 200
    assert sum(path.stat().st_size for path in CORPUS) < 100_000


@pytest.mark.torture(15)
@pytest.mark.parametrize("group", range(4))
def test_every_text_is_a_formula_or_refused_in_bounded_work(group: int) -> None:
    calls, kinds = 0, set()

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += 1

    for path in CORPUS[group::4]:
        calls = 0
        text = read_text(path.read_bytes())
        sys.setprofile(count)
        try:
            kinds.add(check_formula(text))
        finally:
            sys.setprofile(None)
        assert calls < MOST_CALLS, path.name
    assert kinds == {True, False}


def test_what_breaks_a_rule_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Expression, "to_javascript", lambda self, names: "p0 => alert(p0)")
    with pytest.raises(AssertionError, match="alert"):
        check_formula("sin(x)")
    monkeypatch.undo()
    monkeypatch.setattr(Expression, "latex", lambda self: "{")
    with pytest.raises(AssertionError):
        check_formula("sin(x)")
    monkeypatch.undo()

    def fail(self: Expression, name: str = "x", order: int = 1) -> Expression:
        raise ExpressionError("no luck")

    monkeypatch.setattr(Expression, "derivative", fail)
    with pytest.raises(ExpressionError, match="no luck"):
        check_formula("sin(x)")

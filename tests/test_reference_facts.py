"""What is measured of the catalogue against the facts of a reference list, which this code did not make."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from activations import default_registry, measure
from activations.errors import UnknownActivationError
from activations.properties import Properties

REFERENCE: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("reference_facts.json").read_text(encoding="utf-8")
)["activations"]
DIGITS = 1e-8  # the reference gives nine

# (name, fact): what is measured instead, and why
EXCEPTIONS: dict[tuple[str, str], tuple[Any, str]] = {
    ("stair", "kinks"): (tuple(map(float, range(-29, 30))), "every integer is one; the reference lists those to 10"),
    ("spocu", "smoothness"): ("C2", "it leaves its level at -beta*gamma as a cube, whose third derivative jumps"),
    ("pdelu", "range"): ("(-1, inf)", "-1 is reached at x = -10, but by a tenth power, which none of the breaks shows"),
}
ABSENT = {"fpflu", "tanhsoft3", "swim", "seagull"}  # the reference has them from one reader only
TWO_INPUTS = [name for name, facts in REFERENCE.items() if facts["monotone"] is None]
PRESENT = [name for name in REFERENCE if name not in ABSENT and name not in TWO_INPUTS]


def measured(name: str) -> Properties:
    return measure(default_registry()[name].variant())


def differences(found: Properties, expected: dict[str, Any]) -> set[str]:
    """The facts in which the two differ."""
    agreement = {
        "range": found.range_text is not None and _same_interval(found.range_text, expected["range"]),
        "monotone": (found.monotone is not None) == expected["monotone"],
        "kinks": found.kinks == pytest.approx(expected["kinks"], rel=DIGITS, abs=DIGITS),
        "jumps": found.jumps == pytest.approx(expected["jumps"], rel=DIGITS, abs=DIGITS),
        "smoothness": found.smoothness == expected["smoothness"],
    }
    assert agreement.keys() == expected.keys()
    return {fact for fact, holds in agreement.items() if not holds}


def _same_interval(one: str, other: str) -> bool:
    brackets = (one[0], one[-1]) == (other[0], other[-1])
    ends = [[float(end) for end in text[1:-1].split(",")] for text in (one, other)]
    return brackets and all(math.isclose(a, b, rel_tol=DIGITS, abs_tol=DIGITS) for a, b in zip(*ends, strict=True))


@pytest.mark.parametrize("name", PRESENT)
def test_what_is_measured_is_what_the_reference_says(name: str) -> None:
    """All facts agree but those of the table of exceptions, and each of these is needed."""
    found = measured(name)
    assert differences(found, REFERENCE[name]) == {fact for other, fact in EXCEPTIONS if other == name}
    for (other, fact), (own, _) in EXCEPTIONS.items():
        if other == name:
            assert (found.range_text if fact == "range" else getattr(found, fact)) == own


@pytest.mark.parametrize("name", TWO_INPUTS)
def test_two_inputs_have_none_of_these_facts(name: str) -> None:
    found = measured(name)
    assert (found.range, found.monotone, found.kinks, found.jumps, found.smoothness) == (None,) * 5


def test_the_reference_is_covered() -> None:
    registry = default_registry()
    assert len(PRESENT) + len(TWO_INPUTS) + len(ABSENT) == len(REFERENCE) == 246
    for name in ABSENT:
        with pytest.raises(UnknownActivationError):
            registry[name]
    assert {name for name, _ in EXCEPTIONS} <= set(PRESENT)


@pytest.mark.parametrize(
    ("name", "fact", "wrong"),
    [
        ("gelu", "range", "[-0.16997122, inf)"),
        ("gelu", "range", "(-0.169971207, inf)"),
        ("tanh", "range", "(-1, 1]"),
        ("tanh", "range", "(-1, inf)"),
        ("tanh", "monotone", False),
        ("gelu", "monotone", True),
        ("relu", "kinks", []),
        ("hardtanh", "kinks", [-1.0, 1.0000001]),
        ("binary_step", "jumps", []),
        ("elu", "smoothness", "C2"),
    ],
)
def test_a_wrong_fact_is_seen(name: str, fact: str, wrong: Any) -> None:
    assert differences(measured(name), REFERENCE[name]) == set()
    assert differences(measured(name), {**REFERENCE[name], fact: wrong}) == {fact}

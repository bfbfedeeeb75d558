"""Every check over every registered activation, and the negative controls that prove that the checks bite."""

import pytest

from activations.errors import CheckFailedError
from activations.registry import default_registry
from activations.testing import CHECKS, cases, run_check, same_curves, variants_to_prove
from activations.testing.controls import CONTROLS, shared_instance
from activations.testing.modules import check_module

REGISTERED = list(default_registry().values())


# The cases of the list of faults that a check stands for.
NUMBERS = {"shapes": (29,), "dtypes": (28,), "special": (30,)}
MARKED = [
    pytest.param(case, marks=pytest.mark.torture(*NUMBERS[case.check]) if case.check in NUMBERS else ())
    for case in cases(REGISTERED)
]


@pytest.mark.parametrize("case", MARKED, ids=lambda case: case.id)
def test_conformance(case):
    outcome = run_check(case.variant, case.check)
    assert outcome.status != "failed", outcome.message


@pytest.mark.torture(60, 61)
@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"{control.activation.name}-{control.check}")
def test_negative_control(control):
    outcome = run_check(control.activation.variant(), control.check)
    assert outcome.status == "failed"
    assert control.message in outcome.message
    assert control.activation.name in outcome.message
    assert f": {control.check}: " in outcome.message


def test_every_check_has_a_negative_control():
    covered = {control.check for control in CONTROLS}
    assert covered == set(CHECKS)


def test_shared_instance_is_found():
    with pytest.raises(CheckFailedError, match="same instance"):
        check_module(default_registry()["tanh"].variant(), shared_instance())


def test_a_curve_with_two_names_has_a_reason():
    """Of each group with the same values at the defaults, all but the first say so; nobody else does."""
    groups = {}
    for first, second in same_curves(item.variant() for item in REGISTERED):
        groups.setdefault(first, {first}).add(second)
    claims = {item.name: set(item.same_at_defaults) for item in REGISTERED if item.same_at_defaults}
    later = {name for first, names in groups.items() for name in names if name != first}
    assert set(claims) == later
    for name, others in claims.items():
        assert any({name, *others} <= names for names in groups.values()), name


def test_there_are_many_different_curves():
    later = {second for _, second in same_curves(item.variant() for item in REGISTERED)}
    assert len(REGISTERED) >= 230
    assert len(REGISTERED) - len(later) >= 220


def test_same_curves_sees_a_duplicate():
    registry = default_registry()
    pairs = same_curves([registry.variant("tanh"), registry.variant("relu"), registry.variant("2*sigmoid(2*x) - 1")])
    assert pairs == [("tanh", "2*sigmoid(2*x) - 1")]


def test_declared_cases_are_proved():
    labels = {variant.label for variant in variants_to_prove([default_registry()["sigmoid"]])}
    assert labels == {"sigmoid", "sigmoid:beta=2", "sigmoid:beta=-0.5"}


def test_a_check_that_cannot_apply_says_why():
    outcome = run_check(default_registry().variant("glu"), "special")
    assert outcome.status == "skipped"
    assert outcome.message

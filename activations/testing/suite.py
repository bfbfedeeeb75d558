"""The conformance suite: named checks, run over any activations, with strict skips."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

from activations.axis import AxisActivation, AxisVariant
from activations.declare import Activation, Variant
from activations.errors import ActivationsError, CheckFailedError
from activations.testing.axis import AXIS_CHECKS
from activations.testing.gradients import (
    check_closed_form,
    check_gradcheck,
    check_gradient,
    check_learnable,
    check_second_derivative,
)
from activations.testing.kinks import check_kinks
from activations.testing.layout import check_dtypes, check_run_axis, check_shapes
from activations.testing.modules import check_module
from activations.testing.outcome import Measured, Outcome
from activations.testing.transforms import check_compile, check_transforms
from activations.testing.values import check_finite, check_native, check_special, check_value
from activations.trial import trial

__all__ = ["CHECKS", "Check", "checks_of", "run_check", "run_checks", "variants_to_prove"]

Check = Callable[[Variant], Measured]

CHECKS: dict[str, Check] = {
    "value": check_value,
    "gradient": check_gradient,
    "second-derivative": check_second_derivative,
    "closed-form": check_closed_form,
    "gradcheck": check_gradcheck,
    "learnable": check_learnable,
    "kinks": check_kinks,
    "native": check_native,
    "finite": check_finite,
    "special": check_special,
    "shapes": check_shapes,
    "dtypes": check_dtypes,
    "run-axis": check_run_axis,
    "transforms": check_transforms,
    "compile": check_compile,
    "module": check_module,
}
"""Every check of an elementwise activation by name; the docstring's first line says what it holds one to.

Those of functions over a dimension are `activations.testing.AXIS_CHECKS`.
"""


@overload
def variants_to_prove(activations: Iterable[Activation | Variant]) -> list[Variant]: ...


@overload
def variants_to_prove(
    activations: Iterable[Activation | Variant | AxisActivation | AxisVariant],
) -> list[Variant | AxisVariant]: ...


def variants_to_prove(
    activations: Iterable[Activation | Variant | AxisActivation | AxisVariant],
) -> list[Variant] | list[Variant | AxisVariant]:
    """Each activation at its defaults and at its declared cases; a variant as it is."""
    found: list[Variant | AxisVariant] = []
    for item in activations:
        if isinstance(item, (Variant, AxisVariant)):
            found.append(item)
        elif isinstance(item, AxisActivation):
            found += [item.variant(), *(item.variant(**case) for case in item.cases)]
        else:
            found += [item.variant(), *(item.variant(None, **case) for case in item.cases)]
    return found


def checks_of(variant: Variant | AxisVariant) -> list[str]:
    """The names of the checks that there are for its kind."""
    return list(AXIS_CHECKS if isinstance(variant, AxisVariant) else CHECKS)


def run_checks(variants: Sequence[Variant | AxisVariant], checks: Iterable[str] | None = None) -> Iterator[Outcome]:
    """Run the named checks, all of its kind if None, over the variants, and give each outcome as it comes."""
    names = None if checks is None else list(checks)
    for variant in variants:
        for name in checks_of(variant) if names is None else names:
            yield run_check(variant, name)


def run_check(variant: Variant | AxisVariant, name: str) -> Outcome:
    """Run one check. Whatever it raises becomes an outcome; a declared skip that passes is a failure."""
    reason = variant.activation.skip.get(name, "")
    try:
        # Warnings of the code under test are its failures: they would reach every user.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", DeprecationWarning)  # torch's, between its own parts
            measured = _measured(variant, name)
    except CheckFailedError as error:
        failed = str(error)
    except ActivationsError as error:
        failed = f"{type(error).__name__}: {error}"
    except Exception as error:  # the code under test may raise anything
        # What can't be called at all is told as such, and not by what a check stumbled over.
        failed = trial(variant) or f"it raises {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    else:
        return _success(variant, name, measured, reason)
    if reason:
        return Outcome(variant.label, name, "expected", failed, message=reason)
    return Outcome(variant.label, name, "failed", "", message=f"{variant.label}: {name}: {failed}")


def _measured(variant: Variant | AxisVariant, name: str) -> Measured:
    if isinstance(variant, Variant):
        if name in AXIS_CHECKS and name not in CHECKS:
            return Measured("it is a check of functions over a dimension", applies=False)
        return CHECKS[name](variant)
    if name in CHECKS and name not in AXIS_CHECKS:
        return Measured("it is a check of elementwise activations", applies=False)
    return AXIS_CHECKS[name](variant)


def _success(variant: Variant | AxisVariant, name: str, measured: Measured, reason: str) -> Outcome:
    if not measured.applies:
        return Outcome(variant.label, name, "skipped", "", message=measured.compared)
    if reason:
        message = f"{variant.label}: {name}: it passes, but is declared to fail ({reason}); remove the skip"
        return Outcome(variant.label, name, "failed", measured.compared, measured.error, measured.where, message)
    return Outcome(variant.label, name, "passed", measured.compared, measured.error, measured.where)

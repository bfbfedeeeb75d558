"""The suite as pytest parameters, without importing pytest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from activations.axis import AxisActivation, AxisVariant
from activations.declare import Activation, Variant
from activations.testing.suite import checks_of, variants_to_prove

__all__ = ["Case", "cases"]


class Case(NamedTuple):
    """One check on one activation."""

    variant: Variant | AxisVariant
    check: str

    @property
    def id(self) -> str:
        """The test's id."""
        return f"{self.variant.label}-{self.check}"


def cases(activations: Iterable[Activation | Variant | AxisActivation | AxisVariant]) -> list[Case]:
    """Every check on every activation and on each of its declared cases, for `pytest.mark.parametrize`."""
    return [Case(variant, check) for variant in variants_to_prove(activations) for check in checks_of(variant)]

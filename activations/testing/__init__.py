"""The proofs: a conformance suite for any activation, elementwise or over a dimension, built-in or your own.

For pytest, in a plugin's test file:

    import pytest
    from activations.testing import cases, run_check
    from my_plugin import my_activation

    @pytest.mark.parametrize(("variant", "check"), cases([my_activation]))
    def test_conformance(variant, check):
        outcome = run_check(variant, check)
        assert outcome.status != "failed", outcome.message

`PluginSandbox` installs plugins as long as a test runs; `activations.testing.pytest_plugin` has it as a fixture.
"""

from __future__ import annotations

from activations.testing.axis import AXIS_CHECKS
from activations.testing.cases import cases
from activations.testing.duplicates import same_curves
from activations.testing.outcome import Measured, Outcome
from activations.testing.sandbox import PluginSandbox
from activations.testing.suite import CHECKS, checks_of, run_check, run_checks, variants_to_prove

__all__ = [
    "AXIS_CHECKS",
    "CHECKS",
    "Measured",
    "Outcome",
    "PluginSandbox",
    "cases",
    "checks_of",
    "run_check",
    "run_checks",
    "same_curves",
    "variants_to_prove",
]

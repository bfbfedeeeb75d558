"""The proofs: a conformance suite for any activation, built-in or your own.

For pytest, in a plugin's test file:

    import pytest
    from activations.testing import cases, run_check
    from my_plugin import my_activation

    @pytest.mark.parametrize(("variant", "check"), cases([my_activation]))
    def test_conformance(variant, check):
        outcome = run_check(variant, check)
        assert outcome.status != "failed", outcome.message
"""

from __future__ import annotations

from activations.testing.cases import cases
from activations.testing.duplicates import same_curves
from activations.testing.outcome import Measured, Outcome
from activations.testing.suite import CHECKS, run_check, run_checks, variants_to_prove

__all__ = [
    "CHECKS",
    "Measured",
    "Outcome",
    "cases",
    "run_check",
    "run_checks",
    "same_curves",
    "variants_to_prove",
]

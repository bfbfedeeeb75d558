import pytest
from activations_snake import snake_logscale

from activations.testing import cases, run_check


@pytest.mark.parametrize(("variant", "check"), cases([snake_logscale]))
def test_conformance(variant, check):
    outcome = run_check(variant, check)
    assert outcome.status != "failed", outcome.message

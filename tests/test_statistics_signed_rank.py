"""The paired test and its correction, against scipy, statsmodels, scikit-posthocs, baycomp and plain counting."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from activations.benchmark.statistics import signed_rank
from activations.benchmark.statistics.signed_rank import EXACT, holm, paired_differences, signed_rank_test


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 9, 12, 24, 31, 50])
def test_the_p_value_equals_that_of_scipy_without_ties(size: int) -> None:
    rng = np.random.default_rng(size)
    for shift in (0.0, 0.3, -2.0):
        differences = rng.normal(shift, size=size)
        assert signed_rank_test(differences).p_value == pytest.approx(
            stats.wilcoxon(differences, method="exact").pvalue, rel=1e-12
        )


@pytest.mark.parametrize("size", [4, 7, 10])
@pytest.mark.parametrize("zeros", [False, True])
def test_the_p_value_equals_that_of_scipy_with_ties_and_zeros(size: int, zeros: bool) -> None:
    rng = np.random.default_rng(size)
    counted_out = stats.PermutationMethod(n_resamples=10**6)
    for _ in range(4):
        sizes = rng.integers(0 if zeros else 1, 4, size=size)
        sizes[0] = 2
        differences = sizes * rng.choice([-1.0, 1.0], size=size)
        expected = stats.wilcoxon(differences, zero_method="pratt", method=counted_out).pvalue
        assert signed_rank_test(differences).p_value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("size", [51, 80, 300])
def test_many_differences_are_approximated_as_scipy_does(size: int) -> None:
    rng = np.random.default_rng(size)
    smooth = rng.normal(0.1, size=size)
    tied = np.round(smooth * 3 + 0.2) + 0.25  # no zeros, which would bring it below the limit
    zeros = np.concatenate([tied, np.zeros(7)])
    for differences in (smooth, tied, zeros):
        expected = stats.wilcoxon(differences, zero_method="pratt", method="asymptotic").pvalue
        assert signed_rank_test(differences).p_value == pytest.approx(expected, rel=1e-9)


def test_the_approximation_meets_the_counting_where_it_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(3).normal(0.25, size=EXACT)
    counted = signed_rank_test(differences)
    monkeypatch.setattr(signed_rank, "EXACT", 0)
    approximated = signed_rank_test(differences)
    assert approximated.p_value != counted.p_value
    assert approximated.p_value == pytest.approx(counted.p_value, rel=0.05)


@pytest.mark.parametrize(
    "differences",
    [
        [1.0, 2.0, 3.0, -4.0, 5.0],
        [math.inf, math.inf, -0.5, 1.0, 1.0, 0.0],
        [math.inf, -math.inf, 2.0, 2.0, 2.0],
        [0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
    ],
)
def test_the_p_value_is_the_share_of_signs_that_are_as_uneven(differences: list[float]) -> None:
    ranks = stats.rankdata(np.abs(differences))
    kept = [rank for rank, difference in zip(ranks, differences, strict=True) if difference]
    seen = sum(math.copysign(rank, d) for rank, d in zip(ranks, differences, strict=True) if d)
    sums = [np.dot(signs, kept) for signs in itertools.product((-1, 1), repeat=len(kept))]
    result = signed_rank_test(np.array(differences))
    assert result.p_value == pytest.approx(np.mean([abs(total) >= abs(seen) for total in sums]))
    assert result.lean == pytest.approx(seen / sum(kept))


def test_without_any_difference_nothing_is_significant() -> None:
    assert signed_rank_test(np.zeros(12)).p_value == 1
    assert signed_rank_test(np.zeros(12)).lean == 0


def test_two_failed_runs_differ_by_nothing_and_a_failed_one_is_worse_than_any() -> None:
    errors, others = np.array([math.inf, math.inf, 1.0]), np.array([math.inf, 5.0, 2.0])
    assert paired_differences(errors, others).tolist() == [0, math.inf, -1]


def test_holms_correction_by_hand() -> None:
    # 3 * 0.01, then 2 * 0.02, then max(0.04, 1 * 0.03).
    np.testing.assert_allclose(holm(np.array([0.03, 0.01, 0.02])), [0.04, 0.03, 0.04])
    assert holm(np.array([0.6, 0.7])).tolist() == [1, 1]
    assert holm(np.array([])).size == 0


def test_holms_correction_equals_that_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    for size in (1, 2, 7, 40):
        p_values = rng.random(size) ** 4
        np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1])


def test_all_pairs_equal_those_of_scikit_posthocs() -> None:
    posthocs = pytest.importorskip("scikit_posthocs", reason="an oracle that is not among the development packages")
    rng = np.random.default_rng(2)
    errors = rng.normal(size=(5, 14)) + np.arange(5)[:, None] * 0.6
    expected = posthocs.posthoc_wilcoxon(errors.tolist(), p_adjust="holm").to_numpy()
    pairs = list(itertools.combinations(range(5), 2))
    found = holm(np.array([signed_rank_test(errors[i] - errors[j]).p_value for i, j in pairs]))
    np.testing.assert_allclose(found, [expected[pair] for pair in pairs])


def test_the_one_sided_p_value_is_near_the_posterior_of_the_bayesian_signed_rank_test() -> None:
    baycomp = pytest.importorskip("baycomp", reason="an oracle that is not among the development packages")
    rng = np.random.default_rng(4)
    for shift in (-0.6, -0.2, 0.0, 0.3, 0.5):
        errors, others = rng.normal(shift, size=30), np.zeros(30)
        result = signed_rank_test(errors - others)
        worse = 1 - result.p_value / 2 if result.lean > 0 else result.p_value / 2
        left, right = baycomp.SignedRankTest.probs(errors, others, rope=0, nsamples=20_000, random_state=5)
        assert left + right == pytest.approx(1)
        assert worse == pytest.approx(left, abs=0.04)

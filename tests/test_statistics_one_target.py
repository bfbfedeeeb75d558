"""Activations on one target: simulations with known truth, equal activations under many names, and races."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from scipy import stats

from activations.benchmark.statistics import (
    FINALISTS,
    Comparison,
    compare,
    comparison,
    logarithms,
    race,
    resamples,
    seeds_needed,
    significance_possible,
)
from activations.benchmark.statistics.intervals import bootstrap_medians, medians, middle_range, seed_counts
from activations.benchmark.statistics.ranking import mean_ranks, rank_bounds
from activations.errors import DataError


def names(count: int) -> list[str]:
    return [f"a{i:02}" for i in range(count)]


def standings(result: Comparison):
    return {standing.label: standing for standing in result.standings}


# Medians and ranks of many draws


@pytest.mark.parametrize("seeds", [1, 2, 3, 8, 11, 300])
def test_the_medians_of_the_draws_are_those_of_numpy(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    values = rng.integers(0, 5, size=(4, seeds)) + rng.normal(size=(4, 1))
    samples = resamples(seeds, rng, draws=60)
    np.testing.assert_array_equal(
        bootstrap_medians(values, seed_counts(samples)), np.median(values[:, samples], axis=2)
    )


def test_ranks_of_equal_values_reach_from_the_first_to_the_last() -> None:
    values = np.array([[2.0, 1.0, math.inf, 2.0, math.inf], [1.0, 1.0, 1.0, 1.0, 1.0]])
    lowest, highest = rank_bounds(values)
    assert lowest.tolist() == [[2, 1, 4, 2, 4], [1] * 5]
    assert highest.tolist() == [[3, 1, 5, 3, 5], [5] * 5]
    rng = np.random.default_rng(0)
    values = rng.integers(0, 6, size=(30, 9)).astype(float)
    np.testing.assert_array_equal(mean_ranks(values), stats.rankdata(values, axis=1))


DISTRIBUTIONS = {
    "normal": (lambda rng, shape: rng.normal(size=shape), 0.0),
    "skewed": (lambda rng, shape: rng.exponential(size=shape), math.log(2)),
    "heavy tails": (lambda rng, shape: rng.standard_t(2, size=shape), 0.0),
    "two humps": (
        lambda rng, shape: np.where(rng.random(shape) < 0.2, 4.0, 0.0) + rng.normal(size=shape) * 0.3,
        stats.norm.ppf(0.5 / 0.8) * 0.3,
    ),
}


def coverage(distribution: str, seeds: int, confidence: float = 0.95) -> float:
    draw, truth = DISTRIBUTIONS[distribution]
    rng = np.random.default_rng(seeds)
    drawn = bootstrap_medians(draw(rng, (1500, seeds)), seed_counts(resamples(seeds, rng, draws=2000)))
    low, high = middle_range(drawn, confidence)
    return float(np.mean((low <= truth) & (truth <= high)))


@pytest.mark.parametrize("seeds", [10, 11, 12, 15, 20])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_interval_of_the_median_covers_the_truth(distribution: str, seeds: int) -> None:
    assert 0.9 <= coverage(distribution, seeds) <= 0.97


def test_the_check_of_coverage_bites() -> None:
    assert coverage("normal", 3) < 0.9  # no interval of three seeds can do better than 3/4
    assert coverage("normal", 12, confidence=0.85) < 0.9


# Equal activations under many names


def equal_activations(experiments: int, count: int, seeds: int, different: int = 0) -> tuple[float, float]:
    """How often one is called the only best, and how often an equal one is left out, for common and own noise.

    Of the activations, the last `different` ones are truly worse.
    """
    rng = np.random.default_rng(count)
    alone = left_out = 0
    for _ in range(experiments):
        common = rng.normal(size=seeds)
        errors = rng.exponential(0.5, size=(count, seeds)) + common
        errors[count - different :] += 3.0
        result = compare(errors, names(count), rng, draws=2)
        alone += len(result.tie_group) == 1
        left_out += count - different - len(set(result.tie_group) & set(names(count - different)))
    return alone / experiments, left_out / experiments / (count - different)


@pytest.mark.parametrize(("count", "seeds", "experiments"), [(2, 6, 2000), (2, 12, 2000), (3, 12, 1500), (20, 12, 300)])
def test_equal_activations_have_no_single_winner(count: int, seeds: int, experiments: int) -> None:
    alone, left_out = equal_activations(experiments, count, seeds)
    assert alone <= 0.05
    assert left_out <= 0.03


def test_worse_activations_do_not_weaken_the_promise_to_the_equal_ones() -> None:
    alone, left_out = equal_activations(500, 8, 12, different=6)
    assert alone <= 0.06
    assert left_out <= 0.03


def test_the_check_of_equal_activations_bites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "holm", lambda p_values: p_values)
    assert equal_activations(200, 20, 12)[1] > 0.05
    # A test whose p-values are too small by a factor calls somebody the winner too often.
    monkeypatch.setattr(comparison, "LEVEL", 0.15)
    assert equal_activations(600, 2, 12)[0] > 0.06


def test_a_rate_of_false_winners_that_is_right_is_not_zero() -> None:
    assert equal_activations(1000, 2, 12)[0] > 0.02


def test_the_same_numbers_under_twenty_names_tie() -> None:
    errors = np.tile(np.random.default_rng(0).normal(size=12), (20, 1))
    result = compare(errors, names(20), np.random.default_rng(1), draws=500)
    for standing in result.standings:
        assert standing.rank == 1
        assert standing.rank_text == "1–20"
        assert standing.rank_interval == (1, 20)
        assert standing.best_probability == pytest.approx(1 / 20)


# Different activations


def better_by_half(rng: np.random.Generator, noise: float = 0.1) -> np.ndarray:
    """Ten activations with much in common at each seed, the first of which has errors half as large."""
    errors = rng.normal(size=12) + rng.normal(0, noise, size=(10, 12))
    errors[0] -= math.log10(2)
    return errors


def test_a_true_winner_is_found_because_seeds_are_paired() -> None:
    rng = np.random.default_rng(2)
    found = without_pairs = 0
    for _ in range(100):
        errors = better_by_half(rng)
        found += compare(errors, names(10), rng, draws=2).tie_group == ("a00",)
        unpaired = np.stack([rng.permutation(row) for row in errors])
        without_pairs += compare(unpaired, names(10), rng, draws=2).tie_group == ("a00",)
    assert found >= 90
    assert without_pairs <= 10


@pytest.mark.parametrize("step", [0.2, 0.5])
def test_rank_intervals_hold_the_true_rank(step: float) -> None:
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(100):
        errors = rng.normal(size=(8, 12)) + step * np.arange(8)[:, None]
        found = standings(compare(errors, names(8), rng, draws=300))
        for truth, label in enumerate(names(8), start=1):
            low, high = found[label].rank_interval
            hits += low <= truth <= high
    assert hits / 800 >= 0.93


def test_the_interval_of_a_rank_holds_the_rank_itself_among_many_equal_ones() -> None:
    errors = np.random.default_rng(3).normal(size=(300, 8))
    result = compare(errors, names(300), np.random.default_rng(0), draws=300)
    assert len(result.tie_group) == 300  # too few seeds to tell them apart, so that all ranks are those by median
    for standing in result.standings:
        low, high = standing.rank_interval
        assert low <= standing.rank <= high


def test_the_probability_of_being_best_equals_the_count_of_all_samples() -> None:
    errors = np.array([[1.0, 5.0, 3.0], [2.0, 2.0, 4.0], [6.0, 2.0, 2.0]])
    expected = np.zeros(3)
    for sample in itertools.product(range(3), repeat=3):
        smallest = np.median(errors[:, sample], axis=1)
        best = smallest == smallest.min()
        expected += best / best.sum() / 27
    found = standings(compare(errors, names(3), np.random.default_rng(0), draws=40_000))
    np.testing.assert_allclose([found[label].best_probability for label in names(3)], expected, atol=0.01)
    assert sum(standing.best_probability for standing in found.values()) == pytest.approx(1)


def test_p_values_are_those_of_scipy_with_holms_correction_by_hand() -> None:
    errors = np.random.default_rng(5).normal(size=(3, 12)) + np.array([[0.0], [0.6], [1.2]])
    first, second = (stats.wilcoxon(errors[i], errors[0]).pvalue for i in (1, 2))
    assert second < first
    found = standings(compare(errors, names(3), np.random.default_rng(0), draws=10))
    assert found["a00"].p_value is None
    assert found["a02"].p_value == pytest.approx(2 * second)
    assert found["a01"].p_value == pytest.approx(max(2 * second, first))


def test_errors_within_a_tenth_tie_however_certain_the_difference_is() -> None:
    base = np.linspace(-3, -1, 12)
    errors = np.stack([base, base + math.log10(1.09), base + math.log10(1.11)])
    result = compare(errors, names(3), np.random.default_rng(0), draws=10)
    assert standings(result)["a01"].p_value < 0.01
    assert result.tie_group == ("a00", "a01")
    assert [standing.rank_text for standing in result.standings] == ["1–2", "1–2", "3"]


def test_nobody_is_left_out_for_being_better_than_the_best() -> None:
    # The second one is better at nine of twelve seeds, and much; only its median is a little larger.
    errors = np.stack([np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 2.0, 2.1, 2.2, 2.3, 2.4]) for _ in range(2)])
    errors[1, :5] -= 5.0
    errors[1, 5:7] = 0.72, 0.75
    errors[1, 7:] -= 1.2
    result = compare(errors, names(2), np.random.default_rng(0), draws=10)
    assert result.standings[0].label == "a00"
    assert standings(result)["a01"].p_value <= 0.05
    assert result.standings[1].median - result.standings[0].median > math.log10(1.1)
    assert result.tie_group == ("a00", "a01")


def test_failed_runs_count_as_worst_and_are_not_dropped() -> None:
    good, mixed, bad = np.linspace(0, 1, 12), np.linspace(0, 1, 12) - 0.5, np.full(12, math.inf)
    mixed[:7] = math.inf
    result = compare([mixed, bad, good, bad], ["mixed", "bad", "good", "bad too"], np.random.default_rng(0), draws=400)
    found = standings(result)
    assert result.standings[0].label == "good"
    assert found["mixed"].median == math.inf
    assert found["mixed"].tied_with_best  # with five better runs of twelve nothing is sure
    assert not found["bad"].tied_with_best
    assert found["bad"].rank == found["bad too"].rank == 3
    assert found["bad"].interval == (math.inf, math.inf)
    assert not found["bad"].best_probability
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert json.loads(text)["standings"][2]["interval"] == [None, None]


def test_a_perfect_fit_and_a_failure_have_a_median() -> None:
    errors = logarithms([[0.0, math.inf], [0.1, 1000.0]])
    assert errors.tolist() == [[-324, math.inf], [-1, 3]]
    assert 10.0 ** errors[0, 0] == 0
    assert medians(errors).tolist() == [math.inf, 1]
    assert medians(np.array([[-math.inf, -math.inf]])).tolist() == [-math.inf]
    assert compare([[-math.inf, -math.inf], [0, 1]], names(2), np.random.default_rng(0)).standings[0].median == -324


def test_the_order_of_the_activations_makes_no_difference_and_the_generator_alone_does() -> None:
    errors = better_by_half(np.random.default_rng(6), noise=0.5)
    order = np.random.default_rng(7).permutation(10)
    first = compare(errors, names(10), np.random.default_rng(8), draws=300)
    assert first == compare(errors, names(10), np.random.default_rng(8), draws=300)
    assert first == compare(errors[order], np.array(names(10))[order].tolist(), np.random.default_rng(8), draws=300)
    assert first != compare(errors, names(10), np.random.default_rng(9), draws=300)


def test_a_single_seed_and_a_single_activation() -> None:
    result = compare([[1.0], [0.0]], ["a", "b"], np.random.default_rng(0))
    assert [standing.label for standing in result.standings] == ["b", "a"]
    assert result.standings[0].interval is result.standings[0].rank_interval is None
    assert result.tie_group == ("b", "a")
    alone = compare([[1.0, 2.0]], ["a"], np.random.default_rng(0)).standings[0]
    assert (alone.rank_text, alone.best_probability, alone.p_value) == ("1", 1.0, None)


@pytest.mark.parametrize(("count", "seeds"), [(10, 9), (20, 10), (50, 11), (100, 12)])
def test_significance_is_possible_from_so_many_seeds(count: int, seeds: int) -> None:
    assert seeds_needed(count) == seeds
    assert significance_possible(count, seeds)
    assert not significance_possible(count, seeds - 1)
    # The clearest result there is decides it.
    for size, clear in ((seeds, True), (seeds - 1, False)):
        errors = np.random.default_rng(0).normal(size=(count, size))
        errors[0] -= 100
        result = compare(errors, names(count), np.random.default_rng(0), draws=2)
        assert (len(result.tie_group) == 1) == result.significance_possible == clear
        assert bool(result.note) != clear


def test_five_seeds_are_never_enough() -> None:
    assert not significance_possible(2, 5)
    result = compare(np.zeros((12, 5)), names(12), np.random.default_rng(0), draws=2)
    assert result.note == "quick: no significance possible with 5 seeds; 12 activations need 9"


@pytest.mark.parametrize(
    ("errors", "labels", "message"),
    [
        ([[1.0, math.nan]], ["a"], "the error of 'a' at seed 1 is NaN; write inf for a run that failed"),
        ([[1.0], [2.0]], ["a"], "1 labels for 2 activations"),
        ([[1.0], [2.0]], ["a", "a"], "'a' stands in the table twice"),
        ([1.0, 2.0], ["a", "b"], "one row per activation and one column per seed"),
        (np.empty((0, 3)), [], "at least one activation"),
        (np.empty((2, 0)), ["a", "b"], "one column per seed"),
    ],
)
def test_what_cannot_be_compared_is_an_error(errors, labels, message: str) -> None:
    with pytest.raises(DataError, match=message):
        compare(errors, labels, np.random.default_rng(0))


def test_negative_errors_have_no_logarithm() -> None:
    for value in (-1.0, math.nan):
        with pytest.raises(DataError, match="write inf for a run that failed"):
            logarithms([1.0, value])


# Races


def test_the_best_of_the_screening_go_to_the_final_and_equal_ones_go_by_label() -> None:
    errors = [[3.0, 3.0, 9.0], [1.0, 1.0, 1.0], [math.inf, 2.0, 0.0], [math.inf, math.inf, 0.0], [2.0, 2.0, 2.0]]
    result = race(errors, ["e", "b", "d", "a", "c"], keep=2)
    assert result.finalists == ("b", "c")
    assert result.eliminated == ("d", "e", "a")
    assert race(errors[::-1], ["c", "a", "d", "b", "e"], keep=2) == result
    assert json.loads(json.dumps(result.to_dict())) == {"finalists": ["b", "c"], "eliminated": ["d", "e", "a"]}
    assert race(errors, ["e", "b", "d", "a", "c"]).eliminated == ()
    with pytest.raises(DataError, match="keep=0 leaves nobody"):
        race(errors, ["e", "b", "d", "a", "c"], keep=0)


def test_a_clearly_best_activation_survives_the_screening() -> None:
    rng = np.random.default_rng(10)
    for _ in range(200):
        errors = rng.normal(0, 0.3, size=(100, 3))
        errors[50] -= 1.0
        finalists = race(errors, names(100)).finalists
        assert "a50" in finalists
        assert len(finalists) == FINALISTS


def test_the_screening_flatters_the_finalists_and_fresh_seeds_do_not() -> None:
    rng = np.random.default_rng(11)
    screened, fresh = [], []
    for _ in range(300):
        truth = rng.normal(0, 0.1, size=20)
        errors = truth[:, None] + rng.normal(0, 0.3, size=(20, 3))
        winner = names(20).index(race(errors, names(20)).finalists[0])
        screened.append(np.median(errors[winner]) - truth[winner])
        fresh.append(np.median(truth[winner] + rng.normal(0, 0.3, size=12)) - truth[winner])
    assert np.mean(screened) < -0.15
    assert abs(np.mean(fresh)) < 0.03

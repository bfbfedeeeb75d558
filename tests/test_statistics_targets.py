"""Activations over several targets: balance of groups, oracles for each statistic, and simulations with known truth."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from scipy import stats

from activations.benchmark.statistics import aggregate
from activations.benchmark.statistics.cliques import cliques
from activations.benchmark.statistics.digits import digits, interquartile_means, performance_profile
from activations.benchmark.statistics.improvement import probability_of_improvement
from activations.benchmark.statistics.panel import Panel, make_panel, resample_panel
from activations.benchmark.statistics.ratio_profile import ratio_profile
from activations.benchmark.statistics.suite_ranks import (
    kendall_tau,
    leave_one_target_out,
    suite_rank_intervals,
    suite_ranks,
)
from activations.errors import DataError


def panel(errors, groups: str = "") -> Panel:
    """A panel with letters for labels, and one letter per target for its group."""
    values = np.asarray(errors, dtype=float)
    targets = [f"t{i}" for i in range(len(values))]
    return make_panel(values, list("abcdefghijklmnopqrst"[: values.shape[1]]), targets, groups or "g" * len(values))


def random_panel(targets: int, count: int, seeds: int, groups: str = "", seed: int = 0) -> Panel:
    rng = np.random.default_rng(seed)
    errors = rng.normal(size=(targets, count, seeds)) + 0.7 * rng.normal(size=(targets, count, 1)) - 2.5
    return panel(errors + 0.4 * np.arange(count)[:, None], groups)


# Groups, missing cells and draws


def test_all_groups_weigh_the_same() -> None:
    one = panel(np.zeros((4, 1, 2)), "xxxy")
    np.testing.assert_allclose(one.weights, [1 / 6, 1 / 6, 1 / 6, 1 / 2])
    np.testing.assert_allclose(one.cell_weights, np.repeat(one.weights, 2) / 2)
    # "a" is better on the three targets of one group, "b" on the one of the other: balanced, they are level.
    errors = np.array([[[0.0], [1.0]]] * 3 + [[[1.0], [0.0]]])
    assert suite_ranks(panel(errors, "xxxy")).tolist() == [1.5, 1.5]
    assert suite_ranks(panel(errors)).tolist() == [1.25, 1.75]


def test_an_activation_without_all_its_runs_is_left_out_and_named() -> None:
    errors = np.zeros((2, 3, 2))
    errors[1, 1, 0] = math.nan
    errors[0, 2] = math.inf
    result = aggregate(errors, ["a", "b", "c"], ["s", "t"], ["g", "g"], np.random.default_rng(0), draws=50)
    assert [place.label for place in result.places] == ["a", "c"]
    assert result.dropped == ("b",)
    assert result.note == "left out, for want of runs on every target: b"


@pytest.mark.parametrize(
    ("errors", "targets", "message"),
    [
        (np.full((2, 1, 1), math.nan), ["s", "t"], "one of 'a' on 's' is missing; leave out the target"),
        (np.zeros((2, 1)), ["s", "t"], r"give \[targets, activations, seeds\]"),
        (np.zeros((2, 1, 1)), ["s"], "1 labels for 2 targets"),
        (np.zeros((2, 1, 1)), ["s", "s"], "target 's' stands in the table twice"),
        (np.zeros((3, 1, 1)), ["s", "t", "u"], "2 groups for 3 targets"),
        (np.zeros((2, 2, 1)), ["s", "t"], "1 labels for 2 activations"),
    ],
)
def test_what_cannot_be_aggregated_is_an_error(errors, targets, message: str) -> None:
    with pytest.raises(DataError, match=message):
        aggregate(errors, ["a"], targets, ["g", "g"], np.random.default_rng(0))


def test_draws_stay_within_groups_and_weigh_1() -> None:
    one = random_panel(6, 2, 4, "xxxyyz")
    drawn = resample_panel(one, np.random.default_rng(1), draws=200)
    np.testing.assert_allclose(drawn.counts @ drawn.weights, 1)
    by_target = drawn.counts.reshape(200, 6, 4).sum(axis=2)
    # All but one target of each group, each with four seeds; the single one always.
    assert set(by_target[:, :3].sum(axis=1)) == {8}
    assert set(by_target[:, 3:5].sum(axis=1)) == {4}
    assert set(by_target[:, 5]) == {4}
    assert by_target[:, :3].max() == 8
    # Two copies of one target have seeds of their own: with shared ones every count would be even.
    twice = drawn.counts.reshape(200, 6, 4)[by_target[:, 0] == 8, 0]
    assert (twice % 2).any()


def test_weighted_sums_do_not_depend_on_the_size_of_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    one = random_panel(6, 3, 4, "xxxyyz")
    drawn = resample_panel(one, np.random.default_rng(1), draws=50)
    whole = drawn.weighted_sums(one.cells)
    np.testing.assert_allclose(whole, ((drawn.counts * drawn.weights) @ one.cells).T)
    monkeypatch.setattr("activations.benchmark.statistics.panel.CELLS_AT_ONCE", 7 * 24)
    assert len(drawn.pieces()) == 8
    np.testing.assert_allclose(drawn.weighted_sums(one.cells), whole)


# Each statistic against an oracle


def test_mean_ranks_are_those_of_scipy_and_sum_up_the_improvements() -> None:
    one = random_panel(5, 4, 3, "xxyyy")
    by_target = stats.rankdata(one.errors, axis=1).mean(axis=2)
    expected = (by_target[:2].mean(axis=0) + by_target[2:].mean(axis=0)) / 2
    np.testing.assert_allclose(suite_ranks(one), expected)
    matrix = probability_of_improvement(one, resample_panel(one, np.random.default_rng(0), draws=20))
    np.testing.assert_allclose(suite_ranks(one), 0.5 + (1 - matrix.probability).sum(axis=1))


def test_the_interquartile_mean_is_that_of_scipy() -> None:
    one = random_panel(4, 3, 5)  # twenty runs, which four divides
    means, low, high = interquartile_means(one, resample_panel(one, np.random.default_rng(0), draws=500))
    np.testing.assert_allclose(means, [stats.trim_mean(digits(one.errors[:, k]).ravel(), 0.25) for k in range(3)])
    assert (low < means).all()
    assert (means < high).all()


def test_the_interquartile_mean_counts_a_small_group_as_often_as_its_weight_says() -> None:
    one = random_panel(4, 3, 4, "xxxy")
    means, _, _ = interquartile_means(one, resample_panel(one, np.random.default_rng(0), draws=5))
    repeated = one.errors[[0, 1, 2, 3, 3, 3]]
    np.testing.assert_allclose(means, [stats.trim_mean(digits(repeated[:, k]).ravel(), 0.25) for k in range(3)])


def test_the_interval_of_the_interquartile_mean_is_that_of_its_draws() -> None:
    one = random_panel(4, 2, 4, "xxxy")
    drawn = resample_panel(one, np.random.default_rng(0), draws=300)
    # Two of the three targets "x" are drawn, so that a run of "y" weighs twice as much: sixteen runs in all.
    times = drawn.counts.astype(int) * np.repeat([1, 1, 1, 2], 4)
    for k, low, high in zip(range(2), *interquartile_means(one, drawn)[1:], strict=True):
        means = [stats.trim_mean(np.repeat(digits(one.cells[:, k]), row), 0.25) for row in times]
        expected = np.percentile(means, [2.5, 97.5], method="closest_observation")
        np.testing.assert_allclose([low, high], expected)


def test_digits_are_between_0_and_5() -> None:
    assert digits(np.array([math.inf, 1.0, 0.0, -2.5, -7.0])).tolist() == [0, 0, 0, 2.5, 5]


def test_the_profile_counts_runs() -> None:
    one = panel([[[-1.0, -2.0], [math.inf, -9.0]], [[-3.0, 0.0], [-1.0, -1.0]]], "xy")
    found = performance_profile(one, resample_panel(one, np.random.default_rng(0), draws=200))
    at = {round(level, 6): i for i, level in enumerate(found.levels)}
    for level, share, other in ((0.0, 1, 1), (0.1, 0.75, 0.75), (1.0, 0.75, 0.75), (1.1, 0.5, 0.25), (5.0, 0, 0.25)):
        np.testing.assert_allclose(found.shares[:, at[level]], [share, other])
    assert (np.diff(found.shares, axis=1) <= 0).all()
    assert (found.low <= found.shares).all()
    assert (found.shares <= found.high).all()


def test_the_ratio_profile_by_hand() -> None:
    # Best on the first target by a factor 100, on the second the other way round by 10; on the third nobody succeeds.
    one = panel([[[-3.0], [-1.0]], [[-1.0], [-2.0]], [[math.inf], [math.inf]]])
    found = ratio_profile(one)
    at = {round(math.log10(factor), 6): i for i, factor in enumerate(found.factors)}
    for decades, share, other in ((0.0, 1, 1), (0.95, 1, 1), (1.0, 2, 1), (1.95, 2, 1), (2.0, 2, 2), (3.0, 2, 2)):
        np.testing.assert_allclose(found.shares[:, at[decades]], [share / 3, other / 3])


def test_the_probability_of_improvement_counts_paired_runs() -> None:
    one = panel([[[0.0, 1.0, math.inf, 2.0], [1.0, 0.0, math.inf, 2.0]], [[0.0] * 4, [1.0, 1.0, 1.0, -1.0]]], "xy")
    found = probability_of_improvement(one, resample_panel(one, np.random.default_rng(0), draws=300))
    expected = ((1 + 0 + 0.5 + 0.5) / 4 + 3 / 4) / 2
    np.testing.assert_allclose(found.probability, [[0.5, expected], [1 - expected, 0.5]])
    np.testing.assert_allclose(found.low, 1 - found.high.T)
    assert found.low[0, 1] < expected < found.high[0, 1]


def test_leaving_out_each_target_equals_ranking_the_others() -> None:
    one = random_panel(5, 4, 2, "xxxyz", seed=3)
    found = leave_one_target_out(one)
    whole = suite_ranks(one)
    orders, taus = [], []
    for t in range(5):
        rest = [i for i in range(5) if i != t]
        without = suite_ranks(panel(one.errors[rest], "".join(one.groups[i] for i in rest)))
        orders.append(stats.rankdata(without, method="min"))
        taus.append(stats.kendalltau(whole, without).statistic)
    assert found.labels == tuple("abcd"[k] for k in np.argsort(whole, kind="stable"))
    assert found.smallest_tau == pytest.approx(min(taus))
    for label, ends, first, top in zip(found.labels, found.ranks, found.first, found.top, strict=True):
        own = [order["abcd".index(label)] for order in orders]
        assert ends == (min(own), max(own))
        assert first == pytest.approx(np.mean([rank == 1 for rank in own]))
        assert top == pytest.approx(np.mean([rank <= 3 for rank in own]))


def test_one_target_can_carry_a_ranking() -> None:
    # "a" is best by a wide margin on the third target alone, and the ranking falls without it.
    errors = [[[1.0], [0.0], [2.0]], [[1.0], [0.0], [2.0]], [[0.0], [2.0], [1.0]], [[0.0], [2.0], [1.0]]]
    found = leave_one_target_out(panel(errors, "xxyz"))
    assert dict(zip(found.labels, found.ranks, strict=True))["a"][0] == 1
    assert found.smallest_tau < 1
    firm = leave_one_target_out(panel([[[0.0], [1.0], [2.0]]] * 4))
    assert firm.ranks == ((1, 1), (2, 2), (3, 3))
    assert firm.first == (1, 0, 0)
    assert firm.smallest_tau == 1
    assert leave_one_target_out(panel([[[0.0], [1.0]]])) is None
    assert leave_one_target_out(panel(np.zeros((3, 2, 1)))).smallest_tau is None
    assert leave_one_target_out(panel(np.zeros((3, 2, 1)))).first == (0.5, 0.5)
    assert leave_one_target_out(panel(np.zeros((3, 2, 1)))).ranks == ((1, 2), (1, 2))


def test_kendalls_tau_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        values, others = rng.integers(0, 5, size=(2, 9)).astype(float)
        assert kendall_tau(values, others) == pytest.approx(stats.kendalltau(values, others).statistic)
    assert kendall_tau(np.ones(3), np.arange(3.0)) is None


def test_cliques_are_the_largest_sets_without_a_significant_pair() -> None:
    rng = np.random.default_rng(2)
    sets = set()
    for seed in range(8):
        one = random_panel(16, 6, 3, seed=seed)
        found = cliques(one)
        sets.add(found.sets)
        together = {
            subset
            for size in range(1, 7)
            for subset in itertools.combinations(range(6), size)
            if all(found.p_values[i][j] > 0.05 for i, j in itertools.combinations(subset, 2))
        }
        largest = {subset for subset in together if not any(set(subset) < set(other) for other in together)}
        assert len(found.sets) == len(set(found.sets))
        assert set(found.sets) == {tuple(found.labels[i] for i in subset) for subset in largest}
    assert any(len(one) > 1 for one in sets)
    assert cliques(panel(rng.normal(size=(8, 16, 2)))) is None
    assert cliques(panel(rng.normal(size=(8, 15, 2)))) is not None


def test_the_p_values_of_cliques_equal_those_of_scikit_posthocs() -> None:
    posthocs = pytest.importorskip("scikit_posthocs", reason="an oracle that is not among the development packages")
    one = random_panel(14, 5, 3)
    expected = posthocs.posthoc_wilcoxon(one.medians.T.tolist(), p_adjust="holm").to_numpy()
    found = cliques(one)
    for (i, label), (j, other) in itertools.combinations(enumerate(found.labels), 2):
        assert found.p_values[i][j] == pytest.approx(expected["abcde".index(label), "abcde".index(other)])


# Simulations with known truth


def population(rng: np.random.Generator, per_group: int, seeds: int) -> Panel:
    """Targets of two groups, drawn from their populations, with effects that differ from group to group."""
    targets = 2 * per_group
    groups = "x" * per_group + "y" * per_group
    effects = np.array([[0.0, 0.3, 0.6], [0.0, 0.6, -0.3]])[[0] * per_group + [1] * per_group]
    own = effects + 0.7 * rng.normal(size=(targets, 3))
    noise = 0.5 * rng.normal(size=(targets, 3, seeds)) + rng.normal(size=(targets, 1, seeds))
    return panel(own[:, :, None] + noise - 3, groups)


@pytest.fixture(scope="module")
def truth() -> dict[str, np.ndarray]:
    many = population(np.random.default_rng(0), 10_000, 4)
    drawn = resample_panel(many, np.random.default_rng(0), draws=1)
    return {
        "ranks": suite_ranks(many),
        "digits": interquartile_means(many, drawn)[0],
        "improvement": probability_of_improvement(many, drawn).probability[[0, 0, 1], [1, 2, 2]],
        "profile": performance_profile(many, drawn).shares[:, 30],
    }


def intervals(one: Panel, draws) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    matrix, profile = probability_of_improvement(one, draws), performance_profile(one, draws)
    return {
        "ranks": suite_rank_intervals(one, draws),
        "digits": interquartile_means(one, draws)[1:],
        "improvement": (matrix.low[[0, 0, 1], [1, 2, 2]], matrix.high[[0, 0, 1], [1, 2, 2]]),
        "profile": (profile.low[:, 30], profile.high[:, 30]),
    }


def test_intervals_over_targets_cover_the_truth(truth: dict[str, np.ndarray]) -> None:
    rng = np.random.default_rng(1)
    hits = dict.fromkeys(truth, 0.0)
    for _ in range(150):
        one = population(rng, 8, 10)
        for name, (low, high) in intervals(one, resample_panel(one, rng, draws=300)).items():
            hits[name] += np.mean((low <= truth[name]) & (truth[name] <= high)) / 150
    assert all(0.88 <= share <= 0.99 for share in hits.values()), hits


def test_seeds_alone_do_not_speak_of_other_targets(truth: dict[str, np.ndarray]) -> None:
    """The negative control of the coverage: each target a group of its own, so that targets are never drawn."""
    rng = np.random.default_rng(1)
    hits = 0.0
    for _ in range(60):
        one = population(rng, 8, 10)
        fixed = panel(one.errors, "abcdefghijklmnop")
        low, high = suite_rank_intervals(fixed, resample_panel(fixed, rng, draws=300))
        hits += np.mean((low <= truth["ranks"]) & (truth["ranks"] <= high)) / 60
    assert hits < 0.8


# All in one call


def test_the_aggregate_is_in_one_order_and_strict_json() -> None:
    errors = random_panel(6, 4, 3, "xxyyzz").errors.copy()
    errors[:, 1] = math.inf
    errors[0, 2, 0] = -math.inf
    result = aggregate(errors, list("abcd"), list("rstuvw"), list("xxyyzz"), np.random.default_rng(0), draws=100)
    labels = tuple(place.label for place in result.places)
    assert labels[-1] == "b"
    assert [place.rank for place in result.places] == [1, 2, 3, 4]
    assert result.profile.labels == result.ratios.labels == result.improvement.labels == labels
    assert result.stability.labels == result.cliques.labels == labels
    assert [place.mean_rank for place in result.places] == sorted(place.mean_rank for place in result.places)
    assert result.places[-1].digits == 0
    for place in result.places:
        assert place.mean_rank_interval[0] <= place.mean_rank <= place.mean_rank_interval[1]
    read = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert read["places"][0]["label"] == labels[0]
    assert read["dropped"] == []
    assert np.shape(read["improvement"]["probability"]) == (4, 4)


def test_the_order_of_the_activations_makes_no_difference_and_the_generator_alone_does() -> None:
    errors = random_panel(5, 4, 3).errors

    def made(order: list[int], seed: int) -> dict:
        labels = ["abcd"[k] for k in order]
        rng = np.random.default_rng(seed)
        return aggregate(errors[:, order], labels, list("rstuv"), list("xxyyy"), rng, draws=60).to_dict()

    assert made([0, 1, 2, 3], 0) == made([0, 1, 2, 3], 0) == made([2, 0, 3, 1], 0)
    assert made([0, 1, 2, 3], 0) != made([0, 1, 2, 3], 1)


def test_equal_activations_share_a_rank() -> None:
    errors = np.repeat(random_panel(4, 1, 3).errors, 3, axis=1)
    result = aggregate(errors, list("cab"), list("stuv"), list("xxyy"), np.random.default_rng(0), draws=60)
    assert [(place.label, place.rank, place.mean_rank) for place in result.places] == [
        ("a", 1, 2.0),
        ("b", 1, 2.0),
        ("c", 1, 2.0),
    ]
    assert result.cliques.sets == (("a", "b", "c"),)


def test_equal_mean_ranks_are_equal_whatever_their_order_on_the_targets() -> None:
    errors = np.stack([np.roll(np.arange(7.0), shift) for shift in range(7)])[:, :, None]
    assert set(suite_ranks(panel(errors)).tolist()) == {4.0}


def test_a_perfect_fit_and_a_failure_have_a_median_over_targets() -> None:
    assert panel([[[-math.inf, math.inf], [-math.inf, -math.inf]]]).medians.tolist() == [[math.inf, -324]]


def test_a_single_run_has_no_interval_and_a_single_activation_a_place() -> None:
    result = aggregate([[[-1.0], [-2.0]]], ["a", "b"], ["t"], ["g"], np.random.default_rng(0), draws=10)
    assert [place.label for place in result.places] == ["b", "a"]
    assert result.places[0].mean_rank_interval is result.places[0].digits_interval is None
    assert result.stability is None
    alone = aggregate([[[-1.0, -2.0]]] * 2, ["a"], ["s", "t"], ["g", "g"], np.random.default_rng(0), draws=10)
    assert alone.places[0].mean_rank == 1
    assert alone.cliques.sets == (("a",),)
    assert alone.stability.smallest_tau is None
    json.dumps(alone.to_dict(), allow_nan=False)

import dataclasses
import pickle

import numpy as np
import pytest

from activations.errors import DataError, ExpressionError, UnknownTargetError
from activations.fitting.samples import Scaling, draw_samples, evaluate
from activations.fitting.targets import TARGETS, formula_target, resolve_target, target_names


def test_names_and_aliases_are_unique_and_found_however_they_are_spelled():
    names = [name for target in TARGETS for name in (target.name, *target.aliases)]
    assert len(names) == len(set(names))
    assert target_names() == [target.name for target in TARGETS]
    for target in TARGETS:
        for name in (target.name, *target.aliases, target.name.upper().replace("_", "-")):
            assert resolve_target(name) is target


@pytest.mark.torture(24)
def test_an_unknown_word_raises_with_the_nearest_names():
    with pytest.raises(UnknownTargetError, match=r"unknown target 'cubc'; did you mean cubic or .*\?"):
        resolve_target("cubc")
    with pytest.raises(UnknownTargetError, match="see 'activations targets'"):
        resolve_target("qqqqqqq")
    with pytest.raises(ExpressionError):
        resolve_target("sin(x")


def test_a_formula_is_a_target_of_the_dimension_of_its_names():
    assert resolve_target("abs(x)", (-2, 3)).domain == ((-2, 3),)
    assert resolve_target("x1 + x3").domain == ((-1, 1),) * 3
    assert resolve_target("3", ((0, 1), (0, 2))).dimension == 2
    assert formula_target("x1*x2", (0, 1)).domain == ((0, 1), (0, 1))
    with pytest.raises(ExpressionError, match="x alone"):
        resolve_target("x + x2")
    with pytest.raises(DataError, match="2 intervals, the target 3 inputs"):
        resolve_target("x3", ((0, 1), (0, 1)))


@pytest.mark.parametrize("domain", [(1, 1), (2, 1), (float("nan"), 1), (0, float("inf"))])
def test_what_is_no_interval_is_refused(domain):
    with pytest.raises(DataError, match="is no interval"):
        resolve_target("x", domain)


def test_a_named_target_can_be_moved_and_a_data_set_not():
    moved = resolve_target("sin", (0, 1))
    assert (moved.domain, moved.points) == (((0, 1),), 200)
    assert moved.digest != resolve_target("sin").digest
    with pytest.raises(DataError, match="fixed data set"):
        resolve_target("spiral", (0, 1))


def test_the_digest_follows_the_samples_and_not_the_name():
    target = resolve_target("sin")
    assert dataclasses.replace(target, name="other").digest == target.digest
    assert formula_target("2*x").digest == formula_target("2 * x").digest
    for change in ({"points": 201}, {"noise": 0.1}, {"formula": "sin(2*x)"}, {"sampling": "uniform"}):
        assert dataclasses.replace(target, **change).digest != target.digest
    assert pickle.loads(pickle.dumps(target)).digest == target.digest


@pytest.mark.parametrize("name", target_names())
def test_training_validation_and_test_points_are_apart(name):
    samples = draw_samples(resolve_target(name), 3)
    rows = {
        part: {tuple(row) for row in np.round(getattr(samples, part).x, 12)}
        for part in ("training", "validation", "test")
    }
    assert not rows["training"] & rows["validation"]
    assert not rows["test"] & rows["validation"]
    # A grid shares its ends with the test grid, nothing more.
    assert len(rows["test"] & rows["training"]) <= 2
    for part in ("training", "validation", "test"):
        inside = samples.scaling.input_to_network(getattr(samples, part).x)
        assert np.abs(inside).max() <= 1 + 1e-12


def test_the_suite_has_the_points_that_its_sources_give():
    cubic = draw_samples(resolve_target("cubic"), 0)
    np.testing.assert_allclose(cubic.training.x[:, 0], np.arange(40) * 0.1 - 2, atol=1e-12)
    np.testing.assert_allclose(cubic.training.y[:, 0], np.polyval([1, 1, -3, -1], np.arange(40) * 0.1 - 2), atol=1e-12)
    assert cubic.test.x.max() < 2
    sin = draw_samples(resolve_target("sin"), 0)
    assert (len(sin.training.x), sin.training.x.min(), sin.training.x.max()) == (200, -10, 10)
    spiral = draw_samples(resolve_target("spiral"), 0)
    assert (len(spiral.training.x), len(spiral.test.x), spiral.training.y.sum()) == (194, 192, 97)
    np.testing.assert_allclose(spiral.training.x[0], [0, 6.5])
    np.testing.assert_allclose(spiral.training.x[97], [0, -6.5])


def test_a_seed_fixes_positions_and_noise_and_test_values_have_none():
    target = resolve_target("piecewise_noisy")
    first, again, other = draw_samples(target, 1), draw_samples.__wrapped__(target, 1), draw_samples(target, 2)
    np.testing.assert_array_equal(first.training.x, again.training.x)
    np.testing.assert_array_equal(first.training.y, again.training.y)
    assert not np.isin(first.training.x, other.training.x).any()
    np.testing.assert_array_equal(first.test.y, evaluate(target, first.test.x))
    noise = np.concatenate([part.y - evaluate(target, part.x) for part in (first.training, first.validation)])
    assert len(noise) == 120
    assert noise.std() == pytest.approx(0.2, rel=0.2)


def test_values_are_standardised_by_the_training_points():
    samples = draw_samples(resolve_target("cubic"), 0)
    network = samples.scaling.value_to_network(samples.training.y)
    assert (network.mean(), network.std()) == pytest.approx((0, 1), abs=1e-12)
    np.testing.assert_allclose(samples.scaling.value_from_network(network), samples.training.y, atol=1e-12)


@pytest.mark.torture(13)
@pytest.mark.parametrize("magnitude", [1e308, 1e30, 1e-30, 1e-300])
def test_extreme_magnitudes_are_scaled_without_overflow(magnitude):
    y = magnitude * np.linspace(-1, 1, 11)[:, None]
    scaling = Scaling.of(((-magnitude, magnitude),), y)
    assert scaling.value_to_network(y).std() == pytest.approx(1)
    np.testing.assert_allclose(scaling.value_from_network(scaling.value_to_network(y)), y, rtol=1e-12, atol=0)
    np.testing.assert_allclose(scaling.input_to_network(y)[:, 0], np.linspace(-1, 1, 11), atol=1e-15)


@pytest.mark.torture(12)
def test_a_constant_target_has_no_spread():
    for text in ("3", "0*x"):
        samples = draw_samples(formula_target(text), 0)
        assert samples.spread is None
        assert np.isfinite(samples.scaling.value_to_network(samples.training.y)).all()


@pytest.mark.torture(5, 11)
@pytest.mark.parametrize(
    ("text", "domain", "message"),
    [
        ("1/x", (-1, 1), r"1/x: not finite at x=0 \(first of 1\)"),
        ("log(x)", (-1, 1), r"not finite at x=-1 \(first of 51\)"),
        ("x**x**x**x", (-2, 2), r"not finite at x=-2 \(first of \d+\)"),
        ("1/(x1 - x1)", (0, 1), r"not finite at x1=.* \(first of 101\)"),
        ("log(x2)", ((0, 1), (-2, -1)), r"not finite at x1=.*, x2=-1\..* \(first of 512\)"),
    ],
)
def test_values_that_are_not_finite_are_refused_with_the_first_point(text, domain, message):
    with pytest.raises(DataError, match=message):
        draw_samples(formula_target(text, domain), 0)

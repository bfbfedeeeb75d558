"""Targets that a caller brings: curves and Python functions."""

import dataclasses
import pickle

import numpy as np
import pytest

from activations.errors import DataError, ExpressionError
from activations.fitting import function_target
from activations.fitting.evaluation import evaluate
from activations.fitting.samples import draw_samples
from activations.fitting.scaling import Scaling
from activations.fitting.targets import formula_target, resolve_target

SPIRAL = "t -> (t*cos(t), t*sin(t))"


def wave(x):
    return np.sin(3 * x)


def product(a, b):
    return a * b


# Curves


def test_a_curve_has_one_input_and_an_output_per_formula():
    curve = resolve_target(SPIRAL, (0, 6))
    assert (curve.dimension, curve.outputs, curve.network_outputs) == (1, 2, 2)
    assert (curve.variables, curve.domain) == (("t",), ((0, 6),))
    assert curve.latex == r"\left(t \cos\left(t\right),\; t \sin\left(t\right)\right)"
    t = np.array([[0.5], [2.0]])
    np.testing.assert_allclose(evaluate(curve, t), np.hstack([t * np.cos(t), t * np.sin(t)]))
    samples = draw_samples(curve, 0)
    assert samples.training.y.shape == (101, 2)
    assert samples.test.y.shape == (2004, 2)


def test_brackets_and_commas_within_a_coordinate_do_not_part_it():
    curve = formula_target("s->( max(s, 0.5), (1 + s)*2, s )")
    assert [str(expression) for expression in curve.expressions] == ["max(s, 0.5)", "(1 + s)*2", "s"]
    assert formula_target("t -> (t)").outputs == 1


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("t -> (t, q)", 10, "q"),
        ("t -> (sinn(t), t)", 7, "sinn"),
        ("t -> t, t", 5, "stand in brackets"),
        ("t -> (t,)", 9, "empty"),
        ("-> (1, 2)", 1, "needs a name"),
        ("(t) -> (1, 2)", 1, "needs a name"),
        ("t -> (t), (t)", 8, "closes nothing"),
        ("t -> (" + ",".join("t" * 10) + ")", 6, "at most 9"),
        ("t -> (t -> (t, t), t)", 9, "not allowed"),
        ("__import__ -> (1, 2)", 1, "needs a name"),
    ],
)
def test_a_mistake_in_a_curve_is_shown_at_its_column(text, column, message):
    with pytest.raises(ExpressionError, match=message) as caught:
        resolve_target(text)
    assert (caught.value.text, caught.value.column) == (text, column)


def test_a_curve_that_is_not_finite_is_refused():
    with pytest.raises(DataError, match=r"not finite at t=0 \(first of 1\)"):
        draw_samples(formula_target("t -> (t, 1/t)"), 0)
    with pytest.raises(DataError, match="2 intervals, the target 1 inputs"):
        formula_target(SPIRAL, ((0, 1), (0, 1)))


def test_the_digest_of_a_curve_follows_each_coordinate():
    digests = {formula_target(text).digest for text in (SPIRAL, "t -> (t*sin(t), t*cos(t))", "t -> (t, t*sin(t))")}
    assert len(digests) == 3
    assert formula_target("t->(t * cos(t),t*sin(t))").digest == formula_target(SPIRAL).digest


def test_each_output_is_scaled_by_itself():
    samples = draw_samples(formula_target("t -> (1000 + t, 1e-3*t^2, 7)"), 0)
    network = samples.scaling.value_to_network(samples.training.y)
    np.testing.assert_allclose(network.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(network.std(axis=0), [1, 1, 0], atol=1e-9)
    np.testing.assert_allclose(samples.scaling.value_from_network(network), samples.training.y, rtol=1e-9)
    assert samples.spread is not None
    # The constant third output is judged relative to its magnitude.
    np.testing.assert_allclose(samples.spread, [1, 1, 1], rtol=0.1)
    assert samples.scaling.unit[2] == 7
    assert draw_samples(formula_target("t -> (1, 2)"), 0).spread is None


def test_several_magnitudes_are_scaled_together():
    y = np.stack([1e308 * np.linspace(-1, 1, 11), np.linspace(0, 1e-300, 11)], axis=1)
    np.testing.assert_allclose(Scaling.of(((0, 1),), y).value_to_network(y).std(axis=0), 1)


# Python functions


def test_a_function_of_one_array_per_input():
    target = function_target(wave, (-1, 2), points=30)
    assert (target.name, target.points, target.domain, target.outputs) == ("wave", 30, ((-1, 2),), 1)
    samples = draw_samples(target, 0)
    np.testing.assert_array_equal(samples.training.y, np.sin(3 * samples.training.x))
    plane = function_target(product, ((0, 1), (2, 3)))
    assert (plane.dimension, plane.points, plane.variables) == (2, 512, ("x1", "x2"))
    test = draw_samples(plane, 0).test
    np.testing.assert_array_equal(test.y[:, 0], test.x[:, 0] * test.x[:, 1])


def test_a_function_may_give_several_values_or_one_number():
    target = function_target(lambda x: np.stack([x, x**2], axis=1), (0, 1), name="two")
    assert (target.name, target.outputs) == ("two", 2)
    assert draw_samples(target, 0).test.y.shape == (2004, 2)
    constant = function_target(lambda x: 3, (0, 1))
    assert (constant.name, draw_samples(constant, 0).spread) == ("function", None)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: 1 / x, r"not finite at x=0 \(first of 1\); give a domain without"),
        (lambda x: x[:3], r"array of shape \(3,\) for \d+ points; return shape"),
        (lambda x: x[:, None, None], r"array of shape \(\d+, 1, 1\)"),
        (lambda x: "text", "the function failed.*write it with numpy"),
        (lambda x: 1 if x > 0 else 0, r"the function failed.*numpy.vectorize"),
        (lambda x, y: x, "the function failed on 1 arrays"),
        (lambda x: x + 1j, "the function failed"),
    ],
)
def test_what_is_no_such_function_is_refused_with_what_to_write(function, message):
    with pytest.raises(DataError, match=message):
        draw_samples(function_target(function, (-1, 1), points=11), 0)


def test_a_function_that_gives_other_values_has_another_digest():
    target = function_target(wave, (-1, 2))
    assert function_target(lambda x: np.sin(3 * x), (-1, 2), name="again").digest == target.digest
    assert function_target(lambda x: np.sin(3 * x) + 1e-6, (-1, 2)).digest != target.digest
    assert function_target(wave, (-1, 2.1)).digest != target.digest
    assert dataclasses.replace(target, points=7).digest != target.digest
    assert pickle.loads(pickle.dumps(target)) == target


def test_a_function_can_be_noisy_and_moved():
    target = function_target(wave, (-1, 1), noise=0.5)
    samples = draw_samples(target, 0)
    assert np.abs(samples.training.y - wave(samples.training.x)).max() > 0.1
    moved = resolve_target("bessel_j0", (0, 5))
    assert draw_samples(moved, 0).test.x.max() == 5

"""The data of a picture: points, gaps, dots and lines."""

import math

import numpy as np
import pytest
import torch

from activations.declare import formula_activation
from activations.derivatives import derivative
from activations.registry import default_registry
from activations.shape import Dot, shape_info

# One in seven of the registry: that each activation's derivatives are right is the conformance suite's business.
ONE_INPUT = [name for name, item in default_registry().items() if len(item.inputs) == 1][::7]


def info_of(text, **options):
    return shape_info(default_registry().variant(text), **options)


@pytest.mark.parametrize("name", ONE_INPUT)
def test_curves_are_the_derivatives(name):
    info = info_of(name, points=101)
    x = torch.from_numpy(info.x)
    assert np.all(np.diff(info.x) > 0)
    assert (info.x[0], info.x[-1]) == info.window
    assert sorted(info.curves) == [0, 1, 2]
    for order, curve in info.curves.items():
        expected = derivative(default_registry().variant(name), x, order=order, method="formula").numpy()
        drawn = ~np.isnan(curve)
        assert drawn.mean() > 0.9
        drawn &= np.abs(info.x) > 1e-3  # formulas with a quotient 0/0 at 0 say nothing there
        # The formula itself may lose digits; that the code is right is the conformance suite's business.
        np.testing.assert_allclose(curve[drawn], expected[drawn], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ONE_INPUT)
def test_no_join_crosses_a_break(name):
    info = info_of(name)
    for order, places in ((0, info.jumps), (1, info.kinks), (2, info.kinks)):
        for place in places:
            (at,) = np.flatnonzero(info.x == place)
            assert np.isnan(info.curves[order][at])
            beside = info.x[[at - 1, at + 1]] - place
            assert np.all(np.abs(beside) <= 2e-9 * max(1.0, abs(place)))
            assert beside[0] < 0 < beside[1]


def test_a_jump_of_the_slope_is_a_gap_and_the_kink_itself_is_drawn():
    info = info_of("relu")
    (at,) = np.flatnonzero(info.x == 0.0)
    assert info.curves[0][at] == 0.0
    assert list(info.curves[1][at - 1 : at + 2][[0, 2]]) == [0.0, 1.0]
    assert np.isnan(info.curves[1][at])
    assert np.isnan(info.curves[0]).sum() == 0
    assert np.isnan(info.curves[1]).sum() == np.isnan(info.curves[2]).sum() == 1


def test_a_break_of_the_second_derivative_is_a_gap_there_only():
    info = info_of("elu")
    (at,) = np.flatnonzero(info.x == 0.0)
    assert [bool(np.isnan(info.curves[order][at])) for order in (0, 1, 2)] == [False, False, True]
    assert info.kinks == ()


def test_dots_at_jumps():
    assert info_of("relu").dots == ()
    dots = info_of("hardshrink").dots
    assert [(dot.x, round(dot.y, 6), dot.closed) for dot in dots] == [
        (-0.5, -0.5, False),
        (-0.5, 0.0, True),
        (0.5, 0.5, False),
        (0.5, 0.0, True),
    ]
    sign = shape_info(formula_activation("sign(x)").variant())
    assert sign.dots == (Dot(0.0, -1.0, False), Dot(0.0, 1.0, False), Dot(0.0, 0.0, True))
    pole = shape_info(formula_activation("1/x").variant())
    assert all(math.isfinite(dot.y) for dot in pole.dots)


@pytest.mark.parametrize("name", ["gelu", "silu", "mish", "sine", "hardswish"])
def test_extrema_are_among_the_points(name):
    info = info_of(name)
    low = info.properties.range[0]
    assert low.attained
    assert np.nanmin(info.curves[0]) == pytest.approx(low.value, rel=1e-12)


@pytest.mark.parametrize("name", ["sine:omega=30", "softplus:beta=50", "tanh", "x**3", "exp(x)"])
def test_straight_lines_between_the_points_are_close_to_the_curve(name):
    variant = default_registry().variant(name)
    info = shape_info(variant)
    middle = (info.x[1:] + info.x[:-1]) / 2
    value = variant(torch.from_numpy(middle)).numpy()
    height = np.abs(info.curves[0]).max()
    assert np.abs(np.interp(middle, info.x, info.curves[0]) - value).max() < 2e-3 * height
    assert len(info.x) <= 16000


def test_asymptotes_stand_on_their_side_and_only_where_they_tell_something():
    left, right = info_of("tanh").asymptotes
    assert (left.slope, left.intercept, left.x, left.y) == (0.0, -1.0, (-6.0, 0.0), (-1.0, -1.0))
    assert (right.slope, right.intercept, right.x, right.y) == (0.0, 1.0, (0.0, 6.0), (1.0, 1.0))
    assert info_of("relu").asymptotes == ()
    assert info_of("sine").asymptotes == ()
    assert [line.slope for line in info_of("silu").asymptotes] == [0.0, 1.0]


def test_text():
    info = info_of("leaky_relu:negative_slope=0.2")
    assert info.label == "leaky_relu:negative_slope=0.2"
    assert info.parameters == (("negative_slope", 0.2),)
    assert info.symbols["x"] == "x"
    assert "negative" in info.symbols["negative_slope"]
    assert "cases" in info.latex
    assert "cases" in info.slope_latex
    assert info.formula == "x if x > 0 else negative_slope*x"
    assert info.slope_formula == "1 if x > 0 else negative_slope"
    assert info.properties.range_text == "(-inf, inf)"


def test_a_jump_at_the_end_of_the_window_is_no_join():
    info = shape_info(formula_activation("floor(x)").variant(), window=(0, 2))
    assert info.jumps == (0.0, 1.0, 2.0)
    assert np.isnan(info.curves[0][-1])
    assert info.curves[0][-2] == 1.0


def test_window_points_and_orders():
    info = info_of("tanh", window=(-1, 2), points=11, orders=(0,))
    assert info.window == (-1.0, 2.0)
    assert list(info.curves) == [0]
    assert info_of("hardtanh", window=(0, 2)).kinks == (1.0,)
    far = shape_info(formula_activation("abs(x - 40)").variant(), window=(38, 42))
    assert far.kinks == (40.0,)


@pytest.mark.parametrize("window", [(1, 1), (2, 1), (math.nan, 1), (-math.inf, 0)])
def test_an_empty_window_is_refused(window):
    with pytest.raises(ValueError, match="no interval"):
        info_of("tanh", window=window)


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="points=1"):
        info_of("tanh", points=1)


def test_where_a_formula_has_no_value_nothing_is_drawn():
    info = shape_info(formula_activation("log(x)").variant())
    assert np.isnan(info.curves[0][info.x < 0]).all()
    assert np.isfinite(info.curves[0][info.x > 1e-6]).all()


def test_two_inputs_give_a_surface():
    info = info_of("glu", points=21)
    axis, value = info.surface.axis, info.surface.value
    assert value.shape == (21, 21)
    assert (axis[0], axis[-1]) == info.window
    first, second = np.meshgrid(axis, axis)
    gate = 1 / (1 + np.exp(-second))
    np.testing.assert_allclose(value, first * gate, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(info.surface.slopes[0], gate, rtol=1e-12)
    np.testing.assert_allclose(info.surface.slopes[1], first * gate * (1 - gate), rtol=1e-10, atol=1e-15)
    assert info.curves == {}
    assert info.x.size == 0
    assert info.inputs == ("a", "b")

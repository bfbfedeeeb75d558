import math

import mpmath
import pytest

from activations.declare import formula_activation
from activations.moments import gain, gaussian_moments
from activations.registry import default_registry


def moments(text, deviation=1.0):
    return gaussian_moments(default_registry().variant(text), deviation)


@pytest.mark.parametrize(
    ("text", "mean", "square", "slope"),
    [
        ("linear", 0.0, 1.0, 1.0),
        ("linear:alpha=2,beta=3", 2.0, 13.0, 9.0),
        ("relu", 1 / math.sqrt(2 * math.pi), 0.5, 0.5),
        ("leaky_relu:negative_slope=0.5", 0.5 / math.sqrt(2 * math.pi), 0.625, 0.625),
        ("sine", 0.0, (1 - math.exp(-2)) / 2, (1 + math.exp(-2)) / 2),
        ("bilinear", 0.0, 1.0, 2.0),
    ],
)
def test_moments_equal_closed_forms(text, mean, square, slope):
    found = moments(text)
    assert (found.mean, found.mean_square, found.mean_square_slope) == pytest.approx(
        (mean, square, slope), rel=1e-11, abs=1e-12
    )


def test_moments_of_tanh_equal_mpmath():
    with mpmath.workdps(25):

        def expectation(f):
            return float(mpmath.quad(lambda z: f(z) * mpmath.npdf(z), [-12, -4, -1, 0, 1, 4, 12]))

        square = expectation(lambda z: mpmath.tanh(z) ** 2)
        slope = expectation(lambda z: mpmath.sech(z) ** 4)
    found = moments("tanh")
    assert found.mean == pytest.approx(0, abs=1e-14)
    assert found.mean_square == pytest.approx(square, rel=1e-12)
    assert found.mean_square_slope == pytest.approx(slope, rel=1e-12)


def test_kinks_off_the_panel_ends_are_respected():
    # E[min(max(z, 0), c)^2] by parts, at a kink that no panel of the quadrature ends at.
    c = 0.6180339887
    density, tail = math.exp(-(c**2) / 2) / math.sqrt(2 * math.pi), math.erfc(c / math.sqrt(2)) / 2
    expected = (0.5 - tail) - c * density + c**2 * tail
    assert moments(f"hardtanh:min_val=0,max_val={c}").mean_square == pytest.approx(expected, rel=1e-12)


def test_a_deviation_scales_the_input():
    assert moments("relu", 3.0).mean_square == pytest.approx(4.5, rel=1e-11)
    assert moments("sine", 3.0).mean_square == pytest.approx((1 - math.exp(-18)) / 2, rel=1e-11)


def test_gain_brings_the_output_to_mean_square_one_and_is_one_where_it_cannot():
    assert gain(default_registry().variant("relu")) == pytest.approx(math.sqrt(2), rel=1e-11)
    assert gain(formula_activation("0*x").variant()) == 1.0
    assert gain(formula_activation("exp(x^2)").variant()) == 1.0 or moments("exp(x^2)").mean_square > 1e20

"""Measured properties against settled mathematics."""

import json
import math

import pytest
import torch

from activations.declare import formula_activation
from activations.properties import Asymptote, measure, measured_jumps, measured_kinks
from activations.properties.breaks import breaks
from activations.registry import default_registry

INF = math.inf
SELU = 1.0507009873554805 * 1.6732632423543772

# name: (range, monotone, curvature, parity, sup |f'|, kinks, jumps, smoothness)
FACTS = {
    "linear": ("(-inf, inf)", "increasing", "linear", "odd", 1.0, (), (), "smooth"),
    "relu": ("[0, inf)", "increasing", "convex", None, 1.0, (0.0,), (), "C0"),
    "relu6": ("[0, 6]", "increasing", None, None, 1.0, (0.0, 6.0), (), "C0"),
    "leaky_relu": ("(-inf, inf)", "increasing", "convex", None, 1.0, (0.0,), (), "C0"),
    "leaky_relu:negative_slope=-1": ("[0, inf)", None, "convex", "even", 1.0, (0.0,), (), "C0"),
    "softplus": ("(0, inf)", "increasing", "convex", None, 1.0, (), (), "smooth"),
    "softplus:beta=50": ("(0, inf)", "increasing", "convex", None, 1.0, (), (), "smooth"),
    "gelu": ("[-0.16997120748, inf)", None, None, None, 1.128904145185155, (), (), "smooth"),
    "silu": ("[-0.278464542761, inf)", None, None, None, 1.099839320128867, (), (), "smooth"),
    "mish": ("[-0.308843413017, inf)", None, None, None, 1.088498161251728, (), (), "smooth"),
    "hardswish": ("[-0.375, inf)", None, None, None, 1.5, (-3.0, 3.0), (), "C0"),
    "elu": ("(-1, inf)", "increasing", "convex", None, 1.0, (), (), "C1"),
    "elu:alpha=2": ("(-2, inf)", "increasing", None, None, 2.0, (0.0,), (), "C0"),
    "selu": (f"({-SELU:.12g}, inf)", "increasing", None, None, SELU, (0.0,), (), "C0"),
    "celu": ("(-1, inf)", "increasing", "convex", None, 1.0, (), (), "C1"),
    "sigmoid": ("(0, 1)", "increasing", None, None, 0.25, (), (), "smooth"),
    "sigmoid:beta=-2": ("(0, 1)", "decreasing", None, None, 0.5, (), (), "smooth"),
    "tanh": ("(-1, 1)", "increasing", None, "odd", 1.0, (), (), "smooth"),
    "log_sigmoid": ("(-inf, 0)", "increasing", "concave", None, 1.0, (), (), "smooth"),
    "softsign": ("(-1, 1)", "increasing", None, "odd", 1.0, (), (), "C1"),
    "hardtanh": ("[-1, 1]", "increasing", None, "odd", 1.0, (-1.0, 1.0), (), "C0"),
    "hardsigmoid": ("[0, 1]", "increasing", None, None, 1 / 6, (-3.0, 3.0), (), "C0"),
    "hardshrink": ("(-inf, inf)", "increasing", None, "odd", INF, (-0.5, 0.5), (-0.5, 0.5), "discontinuous"),
    "softshrink": ("(-inf, inf)", "increasing", None, "odd", 1.0, (-0.5, 0.5), (), "C0"),
    "tanhshrink": ("(-inf, inf)", "increasing", None, "odd", 1.0, (), (), "smooth"),
    "threshold": ("[0, inf)", "increasing", None, None, INF, (1.0,), (1.0,), "discontinuous"),
    "sine": ("[-1, 1]", None, None, "odd", 1.0, (), (), "smooth"),
    "sine:omega=30": ("[-1, 1]", None, None, "odd", 30.0, (), (), "smooth"),
}

# formula: (kinks, jumps); what bisection alone, a threshold alone or a coarse grid would get wrong
BREAKS = {
    "tanh(50*x)": ((), ()),
    "tanh(1000*x)": ((), ()),
    "sqrt(x**2 + 1e-12)": ((), ()),
    "x**3": ((), ()),
    "exp(x)": ((), ()),
    "exp(-x**2)": ((), ()),
    "log(1 + exp(x))": ((), ()),
    "x if x > 0 else x/(1 + abs(x))": ((), ()),
    "max(x, 0)**1.5": ((), ()),
    "1e-12*max(x - 1/3, 0)": ((1 / 3,), ()),
    "max(x, 0.9999*x)": ((0.0,), ()),
    "max(x - 1, 0) - max(x - 1.05, 0)": ((1.0, 1.05), ()),
    "max(x - 1, 0) - max(x - 1.01, 0)": ((1.0, 1.01), ()),
    "abs(x - pi)**3 + abs(x + e)": ((-math.e,), ()),
    "sqrt(abs(x - pi))": ((math.pi,), ()),
    "cbrt(x - pi)": ((math.pi,), ()),
    "cbrt(x)": ((0.0,), ()),
    "x*log(abs(x))": ((0.0,), ()),
    "1/(x - 2)": ((2.0,), (2.0,)),
    "1/(x - 2)**2": ((2.0,), (2.0,)),
    "x if x > 0 else 0.0025*(sin(x) - cos(x))": ((0.0,), (0.0,)),
    "floor(x) + tanh(x) if abs(x) < 1.5 else tanh(x)": ((-1.5, -1.0, 0.0, 1.0, 1.5), (-1.5, -1.0, 0.0, 1.0, 1.5)),
    "exp(x) if x > 0 else 1 + 0.5*x": ((0.0,), ()),
}


def variant(text):
    return default_registry().variant(text)


def typed(formula):
    return formula_activation(formula).variant()


@pytest.mark.parametrize("name", FACTS)
def test_settled_facts(name):
    interval, monotone, curvature, parity, lipschitz, kinks, jumps, smoothness = FACTS[name]
    found = measure(variant(name))
    assert found.range_text == interval
    assert found.monotone == monotone
    assert found.curvature == curvature
    assert found.parity == parity
    assert found.lipschitz == pytest.approx(lipschitz, rel=1e-12)
    assert found.kinks == pytest.approx(kinks, rel=1e-12)
    assert found.jumps == pytest.approx(jumps, rel=1e-12)
    assert found.smoothness == smoothness


@pytest.mark.parametrize("formula", BREAKS)
def test_kinks_and_jumps(formula):
    kinks, jumps = BREAKS[formula]
    assert measured_kinks(typed(formula)) == pytest.approx(kinks, rel=1e-12, abs=1e-15)
    assert measured_jumps(typed(formula)) == pytest.approx(jumps, rel=1e-12, abs=1e-15)


def test_many_kinks_and_the_window():
    assert measured_kinks(typed("abs(sin(10*x))"), -1.0, 1.0) == pytest.approx(
        [k * math.pi / 10 for k in range(-3, 4)], abs=1e-14
    )
    assert measured_kinks(typed("abs(x - 40)")) == ()
    assert measured_kinks(typed("abs(x - 40)"), 35, 45) == (40.0,)


def test_the_code_is_measured_and_not_the_declaration():
    class Shifted(type(typed("x").activation.function)):
        def __call__(self, *inputs):
            return (inputs[0] - 0.25).abs()

    honest = formula_activation("abs(x - 0.5)", name="honest")
    body = Shifted(honest.formula, ("x",))
    lying = type(honest)(name="lying", function=body, formula=honest.formula, paper="none", summary="Lies.")
    assert measured_kinks(lying.variant()) == (0.25,)


def test_random_kinks_are_found_to_the_last_digits():
    generator = torch.Generator().manual_seed(0)
    places = (torch.rand(40, generator=generator, dtype=torch.float64) * 58 - 29).sort().values
    places = places[torch.cat([torch.tensor([True]), places.diff() > 0.05])]
    found = breaks(lambda x: torch.sin(x) + (x[..., None] > places).sum(-1) * 0.01, -30.0, 30.0)
    assert found == pytest.approx(places.tolist(), rel=1e-12)


def test_curves_without_a_value_on_one_side():
    half = measure(typed("sqrt(x)*x*x"))
    assert half.kinks == half.jumps == ()


@pytest.mark.parametrize(
    ("formula", "interval"),
    [
        ("x - floor(x)", "[0, 1)"),
        ("sign(x)", "[-1, 1]"),
        ("1 if x > 0 else 0", "[0, 1]"),
        ("log(1 + x**2)", "[0, inf)"),
        ("sign(x)*log(1 + abs(x))", "(-inf, inf)"),
        ("x + sin(x)", "(-inf, inf)"),
        ("x*sin(x)", "(-inf, inf)"),
        ("exp(-x**2)", "(0, 1]"),
        ("1/(1 + x**2)", "(0, 1]"),
        ("exp(x**2)", "[1, inf)"),
        ("atan(x)", "(-1.57079632679, 1.57079632679)"),
        ("x/sqrt(1 + sqrt(1 + abs(x))*abs(x)**1.5)", "(-1, 1)"),
        ("(x + sqrt(x**2 + 4))/2", "(0, inf)"),
        ("x*(atan(x)/pi + 1/2)", "(-0.318309886, inf)"),
        ("max(x, 0)**2/(1 + max(x, 0)**2)", "[0, 1)"),
        ("0*x + 3", "[3, 3]"),
        ("1/x", "(-inf, inf)"),
        ("1/x**2", "(0, inf)"),
        ("-log(abs(x)) - 100", "(-inf, inf)"),
        ("sqrt(abs(x))*exp(-abs(x))", "[0, 0.428881942481]"),
        ("x*exp(-abs(x))", "[-0.367879441171, 0.367879441171]"),
    ],
)
def test_range(formula, interval):
    found = measure(typed(formula)).range
    low, high = (float(end) for end in interval.strip("[]()").split(","))
    assert (found[0].value, found[1].value) == pytest.approx((low, high), rel=1e-8, abs=1e-12)
    assert (found[0].attained, found[1].attained) == (interval[0] == "[", interval[-1] == "]")


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("relu", Asymptote(0.0, 0.0), Asymptote(1.0, 0.0)),
        ("tanh", Asymptote(0.0, -1.0), Asymptote(0.0, 1.0)),
        ("log_sigmoid", Asymptote(1.0, 0.0), Asymptote(0.0, 0.0)),
        ("softshrink", Asymptote(1.0, 0.5), Asymptote(1.0, -0.5)),
        ("leaky_relu", Asymptote(0.01, 0.0), Asymptote(1.0, 0.0)),
        ("x*(atan(x)/pi + 1/2)", Asymptote(0.0, -1 / math.pi), Asymptote(1.0, -1 / math.pi)),
        ("(x**3 + 2*x**2)/(1 + x**2)", Asymptote(1.0, 2.0), Asymptote(1.0, 2.0)),
        ("sine", None, None),
        ("x + sin(x)", None, None),
        ("sqrt(abs(x))", None, None),
        ("x + log(1 + x**2)", None, None),
        ("exp(x)", Asymptote(0.0, 0.0), None),
    ],
)
def test_asymptotes(name, left, right):
    found = measure(variant(name)).asymptotes
    for line, expected in zip(found, (left, right), strict=True):
        if expected is None:
            assert line is None
        else:
            assert (line.slope, line.intercept) == pytest.approx((expected.slope, expected.intercept), abs=2e-8)


@pytest.mark.parametrize(
    ("name", "zeros", "fixed_points"),
    [
        ("linear", (0.0,), ((-INF, INF),)),
        ("relu", ((-INF, 0.0),), ((0.0, INF),)),
        ("relu6", ((-INF, 0.0),), ((0.0, 6.0),)),
        ("hardshrink", ((-0.5, 0.5),), ((-INF, -0.5), 0.0, (0.5, INF))),
        ("hardswish", ((-INF, -3.0), 0.0), (0.0, (3.0, INF))),
        ("gelu", (0.0,), (0.0,)),
        ("tanh", (0.0,), (0.0,)),
        ("sigmoid", (), (0.6590460684074,)),
        ("softplus", (), ()),
        ("exp(-x**2)", (), (0.65291864042,)),
        ("x**2", (0.0,), (0.0, 1.0)),
        ("(x - 1/3)**2", (1 / 3,), (0.069570717507, 1.597095949159)),
        ("x**3 + x**2 - 3*x - 1", (-2.170086486626, -0.311107817466, 1.481194304092), None),
        ("sign(x)", (0.0,), (-1.0, 0.0, 1.0)),
        ("1/x", (), (-1.0, 1.0)),
    ],
)
def test_zeros_and_fixed_points(name, zeros, fixed_points):
    found = measure(variant(name))
    expected = (zeros, fixed_points if fixed_points is not None else found.fixed_points)
    for measured, settled in zip((found.zeros, found.fixed_points), expected, strict=True):
        assert len(measured) == len(settled)
        for one, other in zip(measured, settled, strict=True):
            assert one == pytest.approx(other, abs=1e-7)


def test_saturation():
    assert measure(variant("relu")).saturates == ("hard", None)
    assert measure(variant("silu")).saturates == ("soft", None)
    assert measure(variant("hardtanh")).saturates == ("hard", "hard")
    assert measure(variant("sine")).saturates == (None, None)


@pytest.mark.parametrize("name", ["linear", "sigmoid", "tanh", "relu", "leaky_relu:negative_slope=0.2", "selu"])
def test_gain_stands_beside_the_one_of_torch(name):
    found = measure(variant(name))
    kind, _, setting = name.partition(":negative_slope=")
    assert found.torch_gain == torch.nn.init.calculate_gain(kind, float(setting) if setting else None)
    assert found.gain == pytest.approx(found.moments.mean_square**-0.5)


def test_the_gain_of_rectifiers_is_the_one_of_torch():
    for name in ("linear", "relu", "leaky_relu"):
        found = measure(variant(name))
        assert found.gain == pytest.approx(found.torch_gain, rel=1e-9)
    assert measure(variant("gelu")).torch_gain is None


def test_two_inputs_have_moments_only():
    found = measure(variant("glu"))
    assert found.moments is not None
    assert found.gain == pytest.approx(found.moments.mean_square**-0.5)
    assert found.range is found.kinks is found.zeros is found.range_text is None
    assert measured_kinks(variant("glu")) == ()


def test_measured_once():
    assert measure(variant("gelu")) is measure(variant("gelu"))


@pytest.mark.parametrize("name", ["relu", "hardshrink", "sine", "glu", "exp(x)"])
def test_properties_are_strict_json(name):
    facts = json.loads(json.dumps(measure(variant(name)).to_dict(), allow_nan=False))
    assert set(facts) >= {"range", "range_text", "monotone", "kinks", "lipschitz", "moments", "gain"}
    if name == "relu":
        assert facts["zeros"] == [[None, 0.0]]
        assert facts["range"][1] == {"value": None, "attained": False}
    if name == "hardshrink":
        assert facts["lipschitz"] == "inf"


def test_a_derivative_that_torch_lacks_comes_from_the_formula():
    # torch has no second derivative of hardsigmoid; the class needs it only if the first were continuous.
    x = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(torch.nn.functional.hardsigmoid(x), x, create_graph=True)
    with pytest.raises(RuntimeError, match="not implemented"):
        torch.autograd.grad(slope, x)
    assert measure(variant("hardsigmoid")).asymptotes == (Asymptote(0.0, 0.0), Asymptote(0.0, 1.0))

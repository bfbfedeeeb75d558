import dataclasses
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline, LSQUnivariateSpline

from activations.benchmark.references import reference_rows
from activations.declare import formula_activation
from activations.errors import DataError
from activations.fitting.engine import predict
from activations.fitting.network import Network
from activations.fitting.samples import draw_samples
from activations.fitting.settings import SettingError
from activations.fitting.targets import csv_target, formula_target, resolve_target
from activations.floors import (
    Floor,
    NoFloor,
    distance_sentence,
    exact_floor,
    own_pieces_floor,
    reference_fits,
    segmented_floor,
    trained_pieces,
)
from activations.floors.exact_polynomials import real_roots
from activations.floors.knots import trained_breaks
from activations.floors.limits import accuracy_ceiling, largest_jump, noise_floor, sup_error_floor
from activations.floors.pieces import Pieces, activation_pieces, network_pieces
from activations.floors.piecewise import piecewise_of
from activations.floors.polynomials import fit_polynomial, largest_degree, polynomial_terms
from activations.floors.segments import MAX_POINTS, best_breaks
from activations.floors.splines import fit_free_knots, fit_natural_spline, spread_knots
from activations.properties.curves import curve
from activations.registry import default_registry

REGISTRY = default_registry()
SIN = resolve_target("sin")
P4 = formula_target("(35*x^4 - 30*x^2 + 3)/8")


def typed(text):
    return formula_activation(text).variant()


# The dynamic program


def least_squares_cost(x, y, degree):
    """The sum of squares that the best polynomial leaves."""
    basis = np.vander(x - x.mean(), degree + 1)
    return float(np.sum((y - basis @ np.linalg.lstsq(basis, y, rcond=None)[0]) ** 2))


def prefix_costs(x, y):
    """Costs of straight pieces over points i to j at [i, j], from prefix sums in extended precision."""
    wide = np.longdouble
    x, y = x.astype(wide), y.astype(wide)
    sums = [np.concatenate([[wide(0)], np.cumsum(values)]) for values in (np.ones_like(x), x, y, x * x, x * y, y * y)]
    n, sx, sy, sxx, sxy, syy = (total[None, 1:] - total[:-1, None] for total in sums)
    with np.errstate(all="ignore"):
        variance, covariance = sxx - sx * sx / n, sxy - sx * sy / n
        rest = syy - sy * sy / n - np.where(variance > 0, covariance**2 / variance, 0)
    return np.where(n < 1, np.inf, np.where(n <= 2, 0, rest)).astype(float)


def plain_program(costs, pieces):
    """RMSE of at most 1, 2, … pieces, by the recursion as it stands in the book."""
    count = len(costs)
    best = [list(costs[0])]
    for k in range(1, pieces):
        row = [
            min([best[k - 1][j], *(best[k - 1][i - 1] + costs[i][j] for i in range(1, j + 1))]) for j in range(count)
        ]
        best.append(row)
    return np.sqrt([max(row[-1], 0.0) / count for row in best])


def fast_program(costs, pieces):
    """The same with the inner loop in numpy."""
    best = costs[0]
    errors = [best[-1]]
    for _ in range(pieces - 1):
        best = np.minimum(best, (np.concatenate([[0.0], best[:-1]])[:, None] + costs).min(axis=0))
        errors.append(best[-1])
    return np.sqrt(np.array(errors) / len(costs))


def test_the_program_equals_a_plain_one_with_a_least_squares_fit_of_every_piece():
    rng = np.random.default_rng(3)
    for degree, count in ((0, 30), (1, 30), (2, 25), (3, 20)):
        x, y = np.sort(rng.uniform(5, 6, count)), rng.normal(size=count)
        costs = [
            [least_squares_cost(x[i : j + 1], y[i : j + 1], degree) if j >= i else math.inf for j in range(count)]
            for i in range(count)
        ]
        expected = plain_program(costs, 8)
        assert segmented_floor(x, y, 8, degree) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_sine_with_17_pieces_equals_a_fit_of_every_piece_to_seven_digits():
    x = np.linspace(-10, 10, 201)
    y = np.sin(x)
    costs = np.full((201, 201), np.inf)
    for i in range(201):
        for j in range(i, 201):
            costs[i, j] = least_squares_cost(x[i : j + 1], y[i : j + 1], 1)
    assert segmented_floor(x, y, 17) == pytest.approx(fast_program(costs, 17), rel=1e-7)


def test_sine_with_relu_at_widths_16_32_and_64_equals_an_independent_program_to_seven_digits():
    test = draw_samples(SIN, 0).test
    expected = fast_program(prefix_costs(test.x[:, 0], test.y[:, 0]), 65)
    for width in (16, 32, 64):
        floor = exact_floor(SIN, REGISTRY.variant("relu"), (width,))
        assert floor.value == pytest.approx(expected[width], rel=1e-7)
        # A program that forgets a piece would be seen.
        assert floor.value != pytest.approx(expected[width - 1], rel=1e-2)
        assert floor.how == f"{width + 1} linear pieces"
        assert floor.relative == pytest.approx(floor.value / test.y[:, 0].std(), rel=1e-12)


# On 1001 uniform points, four digits, by one hidden layer of n units with one kink, with two, and of steps.
PUBLISHED = [
    (
        lambda x: np.sin(x),
        (-10, 10),
        {4: 0.3618, 8: 0.07139, 16: 0.02229, 32: 0.006078},
        {4: 0.07139, 8: 0.02229, 16: 0.006078},
        {8: 0.2789, 16: 0.1723, 32: 0.09565},
    ),
    (
        lambda x: x**3 + x**2 - 3 * x - 1,
        (-2, 2),
        {4: 0.1126, 8: 0.03444, 16: 0.0102, 32: 0.002791},
        {4: 0.03444, 8: 0.0102, 16: 0.002791},
        {8: 0.3417, 16: 0.1884, 32: 0.1005},
    ),
    (
        lambda x: 1 / (1 + 25 * x**2),
        (-1, 1),
        {4: 0.01768, 8: 0.005211, 16: 0.001619, 32: 0.0004549},
        {4: 0.005211, 8: 0.001619, 16: 0.0004549},
        {8: 0.04705, 16: 0.0258, 32: 0.01355},
    ),
    (
        lambda x: np.where(x < -1, -x - 1, np.where(x < 1, x**2 - 1, 2 * x - 2)),
        (-3, 3),
        {4: 0.01387, 8: 0.00309, 16: 0.0007212, 32: 0.0001721},
        {4: 0.00309, 8: 0.0007212, 16: 0.0001721},
        {8: 0.2267, 16: 0.1252, 32: 0.06574},
    ),
]


@pytest.mark.parametrize(("function", "domain", "one_kink", "two_kinks", "steps"), PUBLISHED)
def test_floors_equal_the_ones_computed_elsewhere(function, domain, one_kink, two_kinks, steps):
    x = np.linspace(*domain, 1001)
    lines, constants = segmented_floor(x, function(x), 33), segmented_floor(x, function(x), 33, degree=0)
    assert {n: float(f"{lines[n]:.4g}") for n in one_kink} == one_kink
    assert {n: float(f"{lines[2 * n]:.4g}") for n in two_kinks} == two_kinks
    assert {n: float(f"{constants[n]:.4g}") for n in steps} == steps


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_more_pieces_are_never_worse_and_enough_of_them_are_exact(degree):
    rng = np.random.default_rng(degree)
    x, y = rng.uniform(size=40), rng.normal(size=40)
    errors = segmented_floor(x, y, 60, degree)
    assert (np.diff(errors) <= 0).all()
    assert errors.shape == (60,) and errors[0] > 0.5
    assert errors[math.ceil(40 / (degree + 1)) - 1 :].max() <= 1e-15
    order = rng.permutation(40)
    assert segmented_floor(x[order], y[order], 60, degree) == pytest.approx(errors, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1e-8, 1.0), (1e200, 0.0), (1e-200, 0.0), (1.0, 1e6)])
def test_an_exact_fit_costs_rounding_and_not_its_root(scale, shift):
    x = np.linspace(0, 1, 500) * scale + shift
    line = 3 * np.linspace(0, 1, 500) - 7
    # A large shift rounds x itself.
    assert segmented_floor(x, line, 3).max() <= (1e-7 if shift else 1e-14)
    bent = np.abs(np.linspace(-1, 1, 501))
    two = segmented_floor(np.linspace(-1, 1, 501) * scale, bent * 1e300, 2)
    assert two[1] <= 1e-14 * 1e300 < 1e299 < two[0]


def test_points_of_equal_x_lie_in_one_piece():
    x = np.array([0.0, 0.0, 1.0, 1.0, 1.0, 2.0])
    y = np.array([1.0, 3.0, 5.0, 5.0, 8.0, 0.0])
    least = np.sqrt((2 * 1 + (1 + 1 + 4)) / 6)  # what is left by the mean at each x
    assert segmented_floor(x, y, 5) == pytest.approx([math.sqrt(least_squares_cost(x, y, 1) / 6), *[least] * 4])
    assert segmented_floor(x, y, 3, degree=0)[2] == pytest.approx(least)


def test_an_isolated_value_saves_one_point_at_each_break():
    x, y = np.arange(9.0), np.array([0, 0, 0, 7, 1, 1, 1, 1, 1.0])
    joined, free = (segmented_floor(x, y, 3, degree=0, isolated=isolated) for isolated in (False, True))
    assert joined[1] > 1 and joined[2] == 0
    assert free[0] == joined[0] and free[1] == 0
    # At the ends too: the piece beyond is empty.
    assert segmented_floor(x[:4], y[:4], 2, degree=0, isolated=True)[1] == 0
    assert segmented_floor(x[3:], y[3:], 2, degree=0, isolated=True)[1] == 0


@pytest.mark.parametrize(
    ("x", "y", "settings", "message"),
    [
        ([], [], {}, "equally many"),
        ([1, 2], [1], {}, "equally many"),
        ([1, math.nan], [1, 2], {}, "not finite"),
        (range(MAX_POINTS + 1), range(MAX_POINTS + 1), {}, "give fewer"),
        ([1], [1], {"degree": 9}, "degree"),
        ([1], [1], {"pieces": 0}, "pieces"),
    ],
)
def test_what_cannot_be_fitted_is_refused(x, y, settings, message):
    with pytest.raises((DataError, SettingError), match=message):
        segmented_floor(np.array(x, float), np.array(y, float), **{"pieces": 2, **settings})


def test_the_breaks_are_where_the_best_pieces_meet():
    x = np.linspace(0, 1, 101)
    assert best_breaks(x, np.where(x < 0.305, 2 * x, np.where(x < 0.705, 5 - x, x)), 3) == pytest.approx([0.305, 0.705])
    assert len(best_breaks(x, 2 * x, 1)) == 0


# What an activation is made of


@pytest.mark.parametrize(
    ("names", "pieces"),
    [
        (("relu", "leaky_relu", "prelu", "abs", "maxout2"), "2 linear pieces"),
        (("hardtanh", "relu6", "hardsigmoid", "softshrink", "relun", "dual_relu"), "3 linear pieces"),
        (("tent", "hat"), "4 linear pieces"),
        (("linear",), "an affine function"),
        (("square", "squ", "bilinear"), "a polynomial of degree 2"),
        (("cube", "ncu"), "a polynomial of degree 3"),
        (("binary_step", "sign"), "2 constant pieces"),
        (("squared_relu", "reglu"), "2 quadratic pieces"),
        (("cubic_bspline",), "6 cubic pieces"),
        (("gelu", "tanh", "sigmoid", "sine", "elu", "softplus", "stair", "swiglu", "snake"), "None"),
    ],
)
def test_pieces_of_activations(names, pieces):
    assert {name: str(activation_pieces(REGISTRY.variant(name))) for name in names} == dict.fromkeys(names, pieces)


ONE_INPUT = [name for name in REGISTRY if len(REGISTRY[name].inputs) == 1]
SETTINGS = [(name, values) for name in ONE_INPUT for values in ({}, *REGISTRY[name].cases)]


@pytest.mark.parametrize(("name", "values"), SETTINGS)
def test_pieces_are_those_of_the_code(name, values):
    """Where there are pieces the code follows them; where there are none it is not made of straight ones."""
    variant = REGISTRY[name].variant(False, **values)
    activation = variant.activation
    found = piecewise_of(activation.formula.tree, activation.inputs[0], dict(variant.values))
    x = torch.linspace(*activation.window, 2001, dtype=torch.float64) + 1e-7
    if found is None:
        bend = curve(variant, 2)(x)
        assert name == "stair" or float(bend[bend.isfinite()].abs().max()) > 1e-4
        return
    breaks = [float(place) for place in found.breaks]
    piece = np.searchsorted(breaks, x.numpy())
    expected = np.array(
        [np.polyval([float(c) for c in found.pieces[i][::-1]], at) for i, at in zip(piece, x.numpy(), strict=True)]
    )
    assert variant(x).numpy() == pytest.approx(expected, rel=1e-11, abs=1e-11 * np.abs(expected).max())
    at = torch.tensor(breaks, dtype=torch.float64)
    assert variant(at).tolist() == pytest.approx([float(value) for value in found.at], abs=1e-9)
    if found.degree <= 1:
        assert breaks == pytest.approx(variant.kinks, abs=1e-15)


@pytest.mark.parametrize("name", [name for name in ONE_INPUT if REGISTRY[name].learnable])
def test_learnable_parameters_are_bounded_for_all_their_values(name):
    activation = REGISTRY[name]
    bound = activation_pieces(activation.variant())
    # Those of this list are straight at their defaults alone.
    assert bound or not activation_pieces(activation.variant(False)) or name in ("blu", "soft_exponential")
    for values in ({}, *activation.cases):
        exact = activation_pieces(activation.variant(False, **values))
        if bound is not None:
            assert exact.count <= bound.count and exact.degree <= bound.degree


@pytest.mark.parametrize(
    ("formula", "breaks", "degree", "isolated"),
    [
        ("max(x - 100, 0)", [100], 1, False),
        ("abs(abs(abs(x) - 1) - 2)", [-3, -1, 0, 1, 3], 1, False),
        ("clip(2*x, -1, 1) + relu(-x)", [-0.5, 0, 0.5], 1, False),
        ("x*sign(x)", [0], 1, False),
        ("(x + abs(x))/2 - (x if x > 0 else 0)", [], 0, False),
        ("abs((x - 1)^2*(x + 2))", [-2], 3, False),
        ("sign(x^2 - 2)", [-math.sqrt(2), math.sqrt(2)], 0, True),
        ("1 if 0 <= x < 1 else 0", [0, 1], 0, False),
        ("1 if not (x > 0 and x < 2 or x == 5) else 0", [0, 2, 5], 0, True),
        ("sqrt(2)*x + x/(1 + 2^0.5)", [], 1, False),
        ("x/(1 if x > 0 else 2)", [0], 1, False),
        ("min(x, 0)^3", [0], 3, False),
        ("x + (2 - 2)*exp(x)", [], 1, False),
        ("abs(x) if 1 > 2 or 3 > 1 else tanh(x)", [0], 1, False),
    ],
)
def test_pieces_of_formulas(formula, breaks, degree, isolated):
    found = piecewise_of(typed(formula).activation.formula.tree, "x", {})
    assert [float(place) for place in found.breaks] == pytest.approx(breaks, abs=1e-15)
    assert (found.degree, found.isolated) == (degree, isolated)


@pytest.mark.parametrize("formula", ["exp(x)", "1/x", "sqrt(x^2)", "floor(x)", "x % 1", "2^x", "x^0.5", "((x^9)^9)^9"])
def test_what_has_no_finite_pieces_is_none(formula):
    assert activation_pieces(typed(formula)) is None


def test_roots_are_counted_exactly():
    close = Fraction(1, 2) + Fraction(1, 2**40)
    polynomial = [Fraction(1)]
    for root in (Fraction(-3), Fraction(-3), Fraction(1, 2), close, Fraction(7)):
        polynomial = [up - root * here for up, here in zip([0, *polynomial], [*polynomial, 0], strict=True)]
    assert [float(root) for root in real_roots(tuple(polynomial))] == [-3, 0.5, float(close), 7]
    assert real_roots((Fraction(1), Fraction(0), Fraction(1))) == []
    assert real_roots((Fraction(0), Fraction(0), Fraction(-1), Fraction(1))) == [0, 1]
    assert real_roots((Fraction(0), Fraction(-1), Fraction(0), Fraction(9))) == [
        Fraction(-1, 3),
        0,
        Fraction(1, 3),
    ]
    assert [float(root) ** 3 for root in real_roots((Fraction(-2), Fraction(0), Fraction(0), Fraction(1)))] == [
        pytest.approx(2, rel=1e-15)
    ]


# Networks


@pytest.mark.parametrize(
    ("activation", "hidden", "expected"),
    [
        (Pieces(2, 1), (32,), Pieces(33, 1)),
        (Pieces(3, 1), (16,), Pieces(33, 1)),
        (Pieces(2, 1), (4, 3), Pieces(20, 1)),
        (Pieces(1, 2), (9, 9, 9), Pieces(1, 8)),
        (Pieces(1, 1), (5, 5), Pieces(1, 1)),
        (Pieces(2, 0), (8, 8), Pieces(9, 0)),
        (Pieces(2, 2), (2, 2), Pieces(15, 4)),
        (Pieces(2, 0, isolated=True), (8,), Pieces(9, 0, isolated=True)),
    ],
)
def test_pieces_of_networks(activation, hidden, expected):
    assert network_pieces(activation, hidden) == expected


PIECEWISE = [name for name in REGISTRY if activation_pieces(REGISTRY[name].variant(False)) is not None]
SMALL = formula_target("sin(3*x) + x^2")


def best_of_random_networks(variant, hidden, target, rng, tries=12):
    """The least RMSE at the test points of networks with random hidden layers and fitted output layers."""
    test = draw_samples(target, 0).test
    best = math.inf
    for _ in range(tries):
        values = torch.from_numpy(test.x)
        for width in hidden:
            weight = torch.from_numpy(rng.normal(scale=2, size=(values.shape[1], width * variant.inputs)))
            linear = values @ weight + torch.from_numpy(rng.normal(scale=1.5, size=width * variant.inputs))
            values = variant(*linear.chunk(variant.inputs, dim=1))
        outputs = np.column_stack([values.numpy(), np.ones(len(test.y[:, 0]))])
        fitted = outputs @ np.linalg.lstsq(outputs, test.y[:, 0], rcond=None)[0]
        best = min(best, float(np.sqrt(np.mean((fitted - test.y[:, 0]) ** 2))))
    return best


@pytest.mark.parametrize("name", PIECEWISE)
@pytest.mark.parametrize("hidden", [(2,), (1, 2)])
def test_no_network_goes_below_its_floor(name, hidden):
    variant = REGISTRY[name].variant(False)
    floor = exact_floor(SMALL, variant, hidden)
    if isinstance(floor, NoFloor):
        assert "degree" in floor.reason
        return
    reached = best_of_random_networks(variant, hidden, SMALL, np.random.default_rng(len(name)))
    assert reached >= floor.value * (1 - 1e-9)


def test_a_floor_of_too_few_pieces_would_be_undercut():
    rng = np.random.default_rng(0)
    test = draw_samples(SMALL, 0).test
    too_few = segmented_floor(test.x[:, 0], test.y[:, 0], 2)
    assert best_of_random_networks(REGISTRY.variant("tent"), (2,), SMALL, rng, tries=200) < too_few[1]


def test_a_polynomial_activation_gives_the_best_polynomial():
    square = REGISTRY.variant("square")
    one, two = exact_floor(P4, square, (8,)), exact_floor(P4, square, (8, 8))
    # The test grid includes both ends, which weigh a little more than in the mean over the interval.
    assert one.value == pytest.approx(1 / 3, rel=3e-3)
    assert two == Floor(0.0, "exact", "a polynomial of degree 4", 0.0)
    assert two.distance(1e-3) is None
    x = (np.arange(20000) + 0.5) / 10000 - 1
    y = (35 * x**4 - 30 * x**2 + 3) / 8
    rest = [float(np.sqrt(np.mean((fit_polynomial(x[:, None], y, d)(x[:, None]) - y) ** 2))) for d in (1, 2, 3, 4)]
    assert rest == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0], rel=1e-7, abs=1e-14)


def test_floors_in_more_inputs_exist_for_polynomials_only():
    target = formula_target("x1*x2 + x3")
    assert exact_floor(target, REGISTRY.variant("bilinear"), (4,)).value == 0
    assert exact_floor(target, REGISTRY.variant("cube"), (4,)).value == 0
    affine = exact_floor(target, REGISTRY.variant("linear"), (4, 4))
    test = draw_samples(target, 0).test
    basis = np.column_stack([test.x, np.ones(len(test.y[:, 0]))])
    rest = test.y[:, 0] - basis @ np.linalg.lstsq(basis, test.y[:, 0], rcond=None)[0]
    assert affine.value == pytest.approx(float(np.sqrt(np.mean(rest**2))), rel=1e-10)
    assert affine.relative == pytest.approx(affine.value / test.y[:, 0].std(), rel=1e-12)
    assert "more than one input" in exact_floor(target, REGISTRY.variant("relu"), (4,)).reason


def test_why_there_is_no_floor():
    def reason(target, activation, hidden):
        found = exact_floor(target, REGISTRY.variant(activation), hidden)
        assert isinstance(found, NoFloor)
        return found.reason

    assert reason(SIN, "tanh", (8,)) == "no exact floor is known for tanh"
    assert reason(resolve_target("spiral"), "relu", (8,)) == "no exact floor is known for a classification"
    assert reason(SIN, "relu", (32, 32)) == "1089 linear pieces could pass through all 2004 test points"
    assert "degrees go up to 8" in reason(SIN, "squared_relu", (2,) * 4)
    assert "too high for 2004 test points" in reason(SIN, "square", (2,) * 7)


def test_floors_do_not_depend_on_units_and_a_constant_has_no_relative_one():
    relu = REGISTRY.variant("relu")
    floor = exact_floor(formula_target("sin(4*x)"), relu, (4,))
    large = exact_floor(formula_target("1e300*sin(4*x)"), relu, (4,))
    assert large.value == pytest.approx(1e300 * floor.value, rel=1e-9)
    assert large.relative == pytest.approx(floor.relative, rel=1e-9)
    assert exact_floor(formula_target("2*x - 1"), relu, (4,)) == Floor(0.0, "exact", "5 linear pieces", 0.0)
    assert exact_floor(formula_target("3 + 0*x"), relu, (4,)).relative is None


def test_the_floor_of_a_table_is_the_median_over_its_splits(tmp_path):
    rng = np.random.default_rng(5)
    path = tmp_path / "data.csv"
    path.write_text("x,y\n" + "".join(f"{x},{y}\n" for x, y in rng.normal(size=(100, 2))))
    target, relu = csv_target(str(path)), REGISTRY.variant("relu")
    single = [exact_floor(target, relu, (3,), [seed]).value for seed in range(5)]
    assert len(set(single)) == 5
    assert exact_floor(target, relu, (3,), range(4)).value == np.median(single[:4])
    for seed, value in enumerate(single):
        test = draw_samples(target, seed).test
        assert value == pytest.approx(segmented_floor(test.x[:, 0], test.y[:, 0], 4)[-1], rel=1e-9)
    assert "could pass through all 20 test points" in exact_floor(target, relu, (30,), [0]).reason


# The pieces of trained networks


@pytest.mark.parametrize("name", ["relu", "abs", "hardtanh", "prelu", "tent", "plu"])
@pytest.mark.parametrize("hidden", [(5,), (4, 3)])
def test_the_pieces_of_a_network_are_those_that_its_values_show(name, hidden):
    variant = REGISTRY.variant(name)
    network = Network(1, hidden, 1, variant)
    rng = np.random.default_rng(11)
    seen = 0
    for _ in range(5):
        row = rng.normal(size=network.parameters)
        breaks = trained_breaks(network, row)
        x = np.linspace(-1, 1, 20001)
        y = predict(network, torch.from_numpy(row)[None], torch.from_numpy(x)[None, :, None])[0, :, 0].numpy()
        bent = x[1:-1][np.abs(np.diff(y, 2)) > 1e-9 * np.abs(np.diff(y)).max()]
        # Every bend that is seen is at a break, and between the breaks the network is straight.
        assert all(np.abs(breaks - place).min() <= 1.01e-4 for place in bent)
        assert len(bent) >= len(breaks)
        seen += len(breaks)
        knots = np.concatenate([[-1], breaks, [1]])
        at = predict(network, torch.from_numpy(row)[None], torch.from_numpy(knots)[None, :, None])[0, :, 0].numpy()
        assert np.interp(x, knots, at) == pytest.approx(y, abs=1e-4 * np.ptp(y))
        assert trained_pieces(network, row) == len(breaks) + 1
        assert trained_pieces(network, row) <= network_pieces(activation_pieces(variant), hidden).count
    assert seen >= 5


def test_pieces_that_do_not_show_are_not_counted():
    network = Network(1, (3,), 1, REGISTRY.variant("relu"))
    # Breaks at 0 with weight 1, at 0.5 without weight, and outside of the domain.
    row = np.array([1, 1, 1, 0, -0.5, 5, 1, 0, 1, 0], float)
    assert trained_breaks(network, row) == pytest.approx([0])
    assert trained_pieces(network, np.zeros(10)) == 1


def test_networks_that_are_not_straight_have_no_count():
    for name in ("tanh", "square", "sign", "maxout2"):
        network = Network(1, (3,), 1, REGISTRY.variant(name))
        assert trained_pieces(network, np.ones(network.parameters)) is None
    assert trained_pieces(Network(2, (3,), 1, REGISTRY.variant("relu")), np.ones(13)) is None


def test_a_network_is_compared_with_the_best_of_its_own_pieces():
    floor = own_pieces_floor(SIN, 17)
    assert floor == dataclasses.replace(exact_floor(SIN, REGISTRY.variant("relu"), (16,)), kind="own pieces")
    assert (
        distance_sentence("relu", (32, 32), 0.1, dataclasses.replace(floor, value=0.02))
        == "relu 2x32  RMSE 1e-1 | floor of its 17 linear pieces 2e-2 | distance x5"
    )
    assert isinstance(own_pieces_floor(formula_target("x1*x2"), 5), NoFloor)


# Sentences


def test_sentences_are_as_the_protocol_writes_them():
    exact, best = Floor(7.47e-4, "exact", "33 linear pieces"), Floor(7.2e-7, "best known", "LM, 10 starts")
    assert (
        distance_sentence("leaky_relu", (32,), 1.01e-2, exact)
        == "leaky_relu 1x32  RMSE 1.01e-2 | exact floor 7.47e-4 | distance x13.5"
    )
    assert (
        distance_sentence("tanh", (16,), 1.8e-3, best) == "tanh 1x16  RMSE 1.8e-3 | best known 7.2e-7 (LM, 10 starts)"
    )
    assert (
        distance_sentence("relu", (8, 4), 20.0, exact) == "relu 8-4  RMSE 2e1 | exact floor 7.47e-4 | distance x2.68e4"
    )
    zero = dataclasses.replace(exact, value=0.0)
    assert distance_sentence("relu", (8, 8), math.inf, zero) == "relu 2x8  RMSE inf | exact floor 0"
    assert distance_sentence("relu", (8,), math.inf, exact) == "relu 1x8  RMSE inf | exact floor 7.47e-4"
    missing = NoFloor("no exact floor is known for tanh")
    assert distance_sentence("tanh", (8,), 0.5, missing) == "tanh 1x8  RMSE 5e-1 | no exact floor is known for tanh"
    assert best.distance(7.2e-6) == pytest.approx(10)


# Limits


def test_a_jump_is_seen_and_halved():
    step = formula_target("2.5*sign(x - 0.3) + sin(x)")
    assert largest_jump(step) == pytest.approx(5, rel=1e-7)
    assert sup_error_floor(step, REGISTRY.variant("relu")) == pytest.approx(2.5, rel=1e-7)
    assert sup_error_floor(step, typed("tanh(x)")) == pytest.approx(2.5, rel=1e-7)
    assert sup_error_floor(step, REGISTRY.variant("sign")) is None
    assert sup_error_floor(step, typed("sign(x)*2")) is None
    assert (
        largest_jump(SIN)
        == largest_jump(formula_target("abs(x)"))
        == largest_jump(formula_target("sign(x1 + x2)"))
        == 0
    )


def test_noise_and_wrong_labels_limit_what_can_be_reached():
    assert noise_floor(resolve_target("piecewise_noisy")) == 0.2
    assert accuracy_ceiling(0.05) == 0.95


# References


def test_polynomials_equal_numpy_and_recover_themselves():
    rng = np.random.default_rng(2)
    x, y = rng.uniform(3, 5, 60), rng.normal(size=60)
    fitted = fit_polynomial(x[:, None], y, 7)
    assert fitted(x[:, None]) == pytest.approx(np.polynomial.Polynomial.fit(x, y, 7)(x), rel=1e-9)
    inputs = rng.normal(size=(80, 3))
    values = 1 + inputs[:, 0] * inputs[:, 1] * inputs[:, 2] - inputs[:, 2] ** 3
    other = rng.normal(size=(20, 3))
    expected = 1 + other[:, 0] * other[:, 1] * other[:, 2] - other[:, 2] ** 3
    assert fit_polynomial(inputs, values, 3)(other) == pytest.approx(expected, rel=1e-9)
    assert np.abs(fit_polynomial(inputs, values, 2)(other) - expected).max() > 0.1


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_terms_and_degrees_belong_together(dimension):
    for degree in range(5):
        exponents = [e for e in itertools.product(range(degree + 1), repeat=dimension) if sum(e) <= degree]
        assert polynomial_terms(dimension, degree) == len(exponents)
        assert largest_degree(dimension, len(exponents)) == degree
        assert largest_degree(dimension, len(exponents) - 1) == degree - 1


def natural(knots, values, x):
    """scipy's natural spline, which goes on as a cubic: beyond the ends its tangent is taken."""
    spline = CubicSpline(knots, values, bc_type="natural")
    inside = np.clip(x, knots[0], knots[-1])
    return spline(inside) + (x - inside) * spline(inside, 1)


@pytest.mark.parametrize("count", [2, 3, 4, 25])
def test_the_natural_spline_equals_scipy(count):
    rng = np.random.default_rng(count)
    x, y = np.sort(rng.uniform(size=count)), rng.normal(size=count)
    wide = np.linspace(-0.5, 1.5, 300)
    assert fit_natural_spline(x, y, x)(wide) == pytest.approx(natural(x, y, wide), rel=1e-8, abs=1e-8)


def test_the_least_squares_natural_spline_equals_one_on_scipys_basis():
    rng = np.random.default_rng(9)
    x, y = np.sort(rng.uniform(size=60)), rng.normal(size=60)
    knots = spread_knots(x, 9)
    basis = np.stack([natural(knots, unit, x) for unit in np.eye(9)], axis=1)
    values = np.linalg.lstsq(basis, y, rcond=None)[0]
    assert len(knots) == 9 and set(knots) <= set(x)
    assert fit_natural_spline(x, y, knots).values == pytest.approx(values, rel=1e-7)


def test_free_knots_are_found():
    x = np.linspace(0, 1, 90)
    knots, values = [0, 0.2345, 0.5011, 0.803, 1], [0, 1, -1, 2, 0]
    spline = fit_free_knots(x, np.interp(x, knots, values), 3)
    assert spline.knots == pytest.approx(knots, abs=1e-6)
    assert spline(np.array([0.2345, 0.803, 1.5])) == pytest.approx([1, 2, -(2 / 0.197) * 0.5], abs=1e-4)


@pytest.mark.parametrize("inner", [3, 8, 16])
def test_free_knots_beat_fixed_ones_and_lie_above_the_floor(inner):
    x = np.linspace(-10, 10, 200)
    y = np.sin(x) * np.exp(x / 8)
    fixed = LSQUnivariateSpline(x, y, spread_knots(x, inner + 2)[1:-1], k=1)
    free = fit_free_knots(x, y, inner)
    assert len(free.knots) <= inner + 2
    error = float(np.sqrt(np.mean((free(x) - y) ** 2)))
    assert error < float(np.sqrt(np.mean((fixed(x) - y) ** 2)))
    assert error >= segmented_floor(x, y, inner + 1)[-1]


@pytest.mark.parametrize("parameters", [7, 25, 49, 97])
def test_references_have_as_many_parameters_as_the_network_or_a_few_less(parameters):
    samples = draw_samples(SIN, 1)
    counts = {fit.name: fit.parameters for fit in reference_fits(samples, parameters)}
    assert counts["affine"] == 2
    assert counts["polynomial"] == min(parameters, 28)
    assert counts["natural cubic spline"] == parameters
    assert parameters - 1 <= counts["free-knot spline"] <= parameters


def test_references_are_judged_as_networks_are():
    cubic = resolve_target("cubic")
    rows = {row.name: row for row in reference_rows(cubic, 25, [1, 2])}
    assert list(rows) == ["affine", "polynomial", "natural cubic spline", "free-knot spline"]
    assert rows["polynomial"].nrmse < 1e-12
    assert 0.5 < rows["affine"].nrmse < 1 and rows["affine"].r2 == pytest.approx(1 - rows["affine"].nrmse ** 2)
    test = draw_samples(cubic, 1).test
    assert rows["affine"].nrmse == pytest.approx(rows["affine"].rmse / test.y[:, 0].std(), rel=1e-9)
    assert rows["affine"].to_dict()["parameters"] == 2 and rows["affine"].seeds == 2
    assert [row.name for row in reference_rows(formula_target("x1*x2"), 30, [1])] == ["affine", "polynomial"]
    assert reference_rows(resolve_target("spiral"), 30, [1]) == ()


def test_references_see_the_training_points_alone():
    target = resolve_target("piecewise_noisy")
    samples = draw_samples(target, 3)
    blind = dataclasses.replace(samples, test=draw_samples(target, 4).training, validation=samples.training)
    x = np.linspace(-1, 1, 50)[:, None]
    for first, second in zip(reference_fits(samples, 30), reference_fits(blind, 30), strict=True):
        assert (first.outputs(x) == second.outputs(x)).all() and first.outputs(x).shape == (50, 1)
    other = dataclasses.replace(samples, training=draw_samples(target, 4).training)
    for first, second in zip(reference_fits(samples, 30), reference_fits(other, 30), strict=True):
        assert (first.outputs(x) != second.outputs(x)).any()


@pytest.mark.parametrize("formula", ["3 + 0*x", "2*x", "1e300*x^2", "1e-300*sin(x)", "abs(x) + 1e9"])
def test_references_bear_degenerate_targets(formula):
    for row in reference_rows(formula_target(formula, points=9), 40, [0]):
        assert math.isfinite(row.rmse)
    assert len(reference_fits(draw_samples(formula_target(formula, points=2), 0), 40)) >= 1

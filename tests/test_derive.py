"""Value and derivatives by independent means, where they break, and the graph that autograd records."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import mpmath
import pytest
import torch

from activations import default_registry
from activations.declare import activation
from activations.derivation import Derivation, bilinear_gradients, computation_graph, derive, value_graphs
from activations.derivation.bilinear import example
from activations.errors import DataError
from activations.render.graph import draw_graphs

REGISTRY = default_registry()


def at(text: str, *place: float, order: int = 2) -> Derivation:
    return derive(REGISTRY.variant(text), *place, order=order)


def test_all_means_give_the_textbook_derivatives_of_the_sigmoid() -> None:
    found = at("sigmoid:beta=2", 0.5, order=3)
    s = 1 / (1 + math.exp(-1.0))
    expected = {
        (): s,
        ("x",): 2 * s * (1 - s),
        ("x", "x"): 4 * s * (1 - s) * (1 - 2 * s),
        ("x", "x", "x"): 8 * s * (1 - s) * (1 - 6 * s + 6 * s * s),
        ("beta",): 0.5 * s * (1 - s),
    }
    assert [derivative.index for derivative in found.derivatives] == list(expected)
    for index, value in expected.items():
        derivative = found.of(*index)
        methods = {estimate.method for estimate in derivative.estimates}
        assert {"mpmath", "closed form", "autograd"} <= methods
        assert ("float64 difference" in methods) == ("mpmath difference" in methods) == bool(index)
        for estimate in derivative.estimates:
            tolerance = 1e-13 if estimate.error is None else 3 * estimate.error
            assert estimate.value == pytest.approx(value, abs=tolerance, rel=0)
        assert derivative.agrees is True
    assert found.agrees
    assert found.breaks == {}
    with pytest.raises(KeyError, match="higher order"):
        found.of(*"xxxx")


def test_the_reference_has_fifty_digits_and_the_difference_knows_no_rule() -> None:
    found = at("mish", 0.7).of("x")
    with mpmath.workdps(60):
        x = mpmath.mpf(0.7)
        truth = mpmath.diff(lambda t: t * mpmath.tanh(mpmath.log1p(mpmath.exp(t))), x)
        assert abs(mpmath.mpf(found.by("mpmath").text) - truth) < mpmath.mpf(10) ** -28
    assert found.by("mpmath difference").difference < 1e-90
    assert found.by("mpmath").difference is None


def test_no_two_means_contradict_each_other_anywhere_in_the_catalogue() -> None:
    for number, name in enumerate(REGISTRY):
        variant = REGISTRY[name].variant()
        x = (0.37, -2.3)[number % 2]
        found = derive(variant, *[x, -0.81][: variant.inputs], order=1)
        assert found.agrees, (name, [d for d in found.derivatives if d.agrees is False])


def wrong(factor: float, formula: str = "sin(x)", declared: bool = True):  # type: ignore[no-untyped-def]
    @activation(formula=formula, paper="none", **({"derivative": lambda x: factor * torch.cos(x)} if declared else {}))
    def wavy(x):  # type: ignore[no-untyped-def]
        """A sine with a derivative that may be wrong."""
        return torch.sin(x) if declared else factor * torch.sin(x)

    return wavy.variant()


def test_a_wrong_closed_form_and_a_wrong_formula_are_told() -> None:
    assert derive(wrong(1.0), 0.5).agrees
    found = derive(wrong(1.001), 0.5)
    assert not found.agrees
    assert found.of().agrees is True
    assert found.of("x").agrees is False
    assert found.of("x").by("closed form").difference == pytest.approx(0.001 * math.cos(0.5))
    assert found.of("x").by("autograd").difference < 1e-15, "autograd looks through the body, not at the closed form"
    assert derive(wrong(1.0, declared=False), 0.5).agrees
    found = derive(wrong(1.001, declared=False), 0.5)
    assert found.of("x").by("autograd").difference > 1e-4
    assert found.of("x").by("closed form").difference < 1e-15
    assert not found.agrees


def test_what_overflows_in_float64_disagrees_with_fifty_digits() -> None:
    found = at("log(1 + exp(x))", 1000.0)
    assert found.of().by("mpmath").value == 1000.0
    assert found.of("x").by("mpmath").value == 1.0
    assert not math.isfinite(found.of("x").by("autograd").value)
    assert not found.agrees
    assert found.to_dict()["derivatives"][1]["estimates"][2]["value"] == "nan"


def test_where_smooth_branches_meet_the_values_are_the_truth_and_not_the_rule() -> None:
    found = at("min(x, 0) - log1p(exp(-abs(x)))", 0.0)
    assert found.breaks == {}
    slope = found.of("x")
    assert slope.by("mpmath difference").difference is None
    assert slope.by("mpmath difference").value == pytest.approx(0.5, abs=1e-15)
    assert slope.by("mpmath").difference == pytest.approx(0.5)
    assert slope.agrees is False
    assert at("min(x, 0) - log1p(exp(-abs(x)))", 0.1).agrees


@pytest.mark.parametrize(
    ("text", "x", "expected", "ends"),
    [
        ("relu", 0.0, (1, "kink"), (0.0, 1.0)),
        ("abs(3*x - 1)", 1 / 3, (1, "kink"), (-3.0, 3.0)),
        ("hardtanh:max_val=0.1", 0.1, (1, "kink"), (1.0, 0.0)),
        ("heaviside", 0.0, (0, "jump"), (0.0, 1.0)),
        ("1/x", 0.0, (0, "pole"), (-math.inf, math.inf)),
        ("1/x**2", 0.0, (0, "pole"), (math.inf, math.inf)),
        ("log(x)", 0.0, (0, "edge of the domain"), (math.nan, -math.inf)),
        ("sin(x)/x", 0.0, (0, "gap"), (1.0, 1.0)),
        ("sqrt(abs(x))", 0.0, (1, "infinite slope"), (-math.inf, math.inf)),
        ("elu", 0.0, (2, "break of the derivative of order 2"), (1.0, 0.0)),
    ],
)
def test_breaks_are_told_with_both_sides(text: str, x: float, expected: object, ends: tuple[float, float]) -> None:
    found = at(text, x)
    assert found.breaks == {"x": expected}
    order = found.breaks["x"][0]
    both = found.of(*"x" * order).sides
    assert both is not None
    assert (both.left, both.right) == pytest.approx(ends, nan_ok=True)
    for derivative in found.derivatives:
        gone = set(derivative.index) <= {"x"} and derivative.order >= order
        assert (derivative.sides is None) == (derivative.agrees is not None)
        if gone:
            assert derivative.agrees is None
            assert {estimate.method for estimate in derivative.estimates} == {"mpmath", "closed form", "autograd"}


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("relu", 1e-300),
        ("relu", -2.3e-308),
        ("abs(3*x - 1)", 1 / 3 + 1e-12),
        ("tanh", 0.0),
        ("x**3", 0.0),
        ("1e-20*sin(x)", 0.0),
        ("1e8*x", 3.0),
        ("mish", 0.0),
        ("sin(1000*x)", 100.0),
    ],
)
def test_no_break_is_seen_where_there_is_none(text: str, x: float) -> None:
    found = at(text, x)
    assert found.breaks == {}
    assert found.agrees


def test_a_break_in_one_input_spares_the_other() -> None:
    found = at("reglu", 0.5, 0.0)
    assert found.breaks == {"b": (1, "kink")}
    assert found.of("a").agrees is True
    assert found.of("b").agrees is None
    assert found.of("a", "b").agrees is None
    assert at("reglu", 0.0, 0.0).of("a", "b").agrees is None, "at the corner only the mixed derivative breaks"


def test_a_parameter_s_derivative_breaks_with_the_kink_it_moves() -> None:
    found = at("hardtanh", 1.0)
    assert found.of("max_val").agrees is None
    assert found.of("min_val").agrees is True


@pytest.mark.parametrize(
    ("name", "place", "order"),
    [("relu", (), 1), ("relu", (1.0, 2.0), 1), ("bilinear", (1.0,), 1), ("relu", (math.nan,), 1), ("relu", (1.0,), 9)],
)
def test_what_cannot_be_differentiated_is_refused(name: str, place: tuple[float, ...], order: int) -> None:
    with pytest.raises(DataError):
        derive(REGISTRY.variant(name), *place, order=order)


def test_the_gradients_of_the_bilinear_form_by_hand_are_those_of_torch() -> None:
    generator = torch.Generator().manual_seed(1)
    x1, x2, matrix, shift = (
        torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((4,), (3,), (4, 3), ())
    )
    found = bilinear_gradients(x1, x2, matrix, shift)
    assert found.difference < 1e-14
    assert found.value == pytest.approx(float(torch.einsum("i,ij,j->", x1, matrix, x2) + shift))
    h = 1e-6
    for i in range(4):
        for j in range(3):
            moved = [matrix.clone(), matrix.clone()]
            moved[0][i, j] += h
            moved[1][i, j] -= h
            up, down = (bilinear_gradients(x1, x2, part, shift).value for part in moved)
            assert float(found.by_hand["A"][i, j]) == pytest.approx((up - down) / (2 * h), abs=1e-8)
    transposed = replace(found, by_hand={**found.by_hand, "x1": found.by_hand["x1"].flip(0)})
    assert transposed.difference > 0.01
    with pytest.raises(DataError, match=r"\(m, n\)"):
        bilinear_gradients(x2, x1, matrix, shift)
    assert example().difference < 1e-15


def test_the_graph_holds_the_nodes_and_what_they_save() -> None:
    runs, body = value_graphs(REGISTRY.variant("sigmoid:beta=2"), 0.5)
    assert [node.title for node in runs.nodes] == ["ClosedFormBackward", "x"]
    assert sorted(node.title for node in body.nodes) == ["MulBackward", "SigmoidBackward", "beta", "x"]
    sigmoid = body.nodes[0]
    (saved,) = sigmoid.saved
    assert (saved.name, saved.shape, saved.dtype) == ("result", (), "float64")
    assert float(saved.text) == pytest.approx(1 / (1 + math.exp(-1)), rel=1e-5)
    multiply = body.nodes[sigmoid.inputs[0]]
    assert {part.text for part in multiply.saved} == {"x = 0.5", "beta = 2"}
    by_title = {node.title: node for node in body.nodes}
    slope = 2 * 0.7310585786300049 * (1 - 0.7310585786300049)
    assert by_title["x"].gradient == pytest.approx(slope)
    assert by_title["beta"].gradient == pytest.approx(slope / 4)
    assert multiply.gradient == pytest.approx(slope / 2)
    assert not by_title["MulBackward"].variable
    assert by_title["x"].variable


def test_a_shared_node_is_listed_once_and_shapes_are_told() -> None:
    x = torch.linspace(0, 1, 6, dtype=torch.float32).reshape(2, 3).requires_grad_()
    y = torch.exp(x)
    graph = computation_graph((y * y).sum(), {"x": x}, "a square")
    titles = [node.title for node in graph.nodes]
    assert titles == ["SumBackward", "MulBackward", "ExpBackward", "x"]
    assert graph.nodes[1].inputs == (2, 2)
    assert graph.nodes[2].saved[0].shape == (2, 3)
    assert graph.nodes[2].saved[0].dtype == "float32"
    assert x.grad is None, "to tell the gradients nothing is accumulated"
    constant = computation_graph(torch.tensor(1.0), {}, "nothing")
    assert constant.nodes == ()


def test_the_picture_is_deterministic_xml_with_every_node_and_escaped_text() -> None:
    graphs = value_graphs(REGISTRY.variant("bilinear"), 0.5, -1.5)
    first, again = (draw_graphs(graphs, "a < b & <script>\x1b", "dark") for _ in range(2))
    assert first == again
    root = ElementTree.fromstring(first)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    for graph in graphs:
        for title in {node.title for node in graph.nodes}:
            assert texts.count(title) >= sum(node.title == title for node in graph.nodes)
    assert b"<script" not in first
    assert b"\x1b" not in first
    assert draw_graphs(graphs, "", "light") != first


def test_boxes_of_a_picture_stand_apart() -> None:
    graphs = value_graphs(REGISTRY.variant("sin(x)*tanh(x) + x*x*exp(-x) + log(1 + x*x)"), 0.5)
    root = ElementTree.fromstring(draw_graphs(graphs))
    boxes = [
        [float(element.get(key, "nan")) for key in ("x", "y", "width", "height")]
        for element in root.iter("{http://www.w3.org/2000/svg}rect")
        if element.get("x")
    ]
    assert len(boxes) == sum(len(graph.nodes) for graph in graphs)
    width, height = float(root.get("width", "nan")), float(root.get("height", "nan"))
    for number, (x, y, w, h) in enumerate(boxes):
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
        for other in boxes[:number]:
            apart = x + w < other[0] or other[0] + other[2] < x or y + h < other[1] or other[1] + other[3] < y
            assert apart


def test_a_graph_of_nothing_can_be_drawn() -> None:
    empty = computation_graph(torch.tensor(1.0), {}, "a constant")
    assert b"no graph" in draw_graphs([empty])
    found = derive(REGISTRY.variant("3"), 0.5)
    assert found.agrees
    assert found.of("x").by("autograd").value == 0
    assert value_graphs(REGISTRY.variant("3"), 0.5)


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_the_code_of_log_sigmoid_has_its_slope_at_0(beta: float) -> None:
    x, scale = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (0.0, beta))
    slopes = torch.autograd.grad(REGISTRY["log_sigmoid"](x, beta=scale), [x, scale])
    assert [float(slope) for slope in slopes] == [beta / 2, 0.0]

"""The nearest known curves, duplicates, and affine maps."""

from __future__ import annotations

import json

import pytest
import torch
from click.testing import CliRunner, Result

from activations import default_registry, similar
from activations.errors import ExpressionError, UnknownActivationError
from activations.registry import BUILT_IN, Registry
from activations_cli.main import cli

FEW = (
    "linear",
    "relu",
    "relu6",
    "leaky_relu",
    "softplus",
    "silu",
    "mish",
    "quick_gelu",
    "sigmoid",
    "tanh",
    "sine",
    "glu",
)
FEW += ("binary_step", "swiglu", "geglu", "square", "cosine")


@pytest.fixture(scope="module")
def few() -> Registry:
    return Registry([(BUILT_IN, default_registry()[name]) for name in FEW])


def labels(found) -> list[str]:
    return [item.variant.label for item in found]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("x*sigmoid(x)", ["silu"]),
        ("x/(1 + exp(-1.702*x))", ["quick_gelu"]),
        ("max(x, 0)", ["relu"]),
        ("min(max(x, 0), 6)", ["relu6"]),
        ("silu", []),
        ("x*sigmoid(1.0000001*x)", []),
        ("max(x, 0) + 1e-7", []),
        ("x1*sigmoid(x2)", ["glu"]),
        ("x2*sigmoid(x1)", []),
        ("max(x, 0) if x < 29 else 29", []),
    ],
)
def test_exact_duplicates_are_recognised_and_nothing_else(text: str, same: list[str], few: Registry) -> None:
    found = similar(text, registry=few)
    assert [variant.label for variant in found.same] == same
    assert not set(same) & set(labels(found.nearest))
    assert found.variant.label not in labels(found.nearest)


def test_the_nearest_come_first_and_count_is_kept(few: Registry) -> None:
    found = similar("mish", count=3, registry=few)
    assert labels(found.nearest)[0] == "silu"
    assert len(found.nearest) == len(found.affine) == 3
    distances = [item.distance for item in found.nearest]
    assert distances == sorted(distances)
    x = torch.linspace(-8, 8, 1601, dtype=torch.float64)
    difference = default_registry()["mish"](x) - default_registry()["silu"](x)
    assert found.nearest[0].largest_difference == pytest.approx(float(difference.abs().max()), rel=1e-3)
    assert found.nearest[0].distance == pytest.approx(
        float(difference.norm() / default_registry()["mish"](x).norm()), rel=1e-2
    )


def test_distance_is_symmetric_and_scaled(few: Registry) -> None:
    there = {item.variant.label: item.distance for item in similar("relu", count=20, registry=few).nearest}
    back = {item.variant.label: item.distance for item in similar("softplus", count=20, registry=few).nearest}
    assert there["softplus"] == back["relu"]
    assert 0 < there["leaky_relu"] < there["softplus"] < there["tanh"] < 2


@pytest.mark.parametrize(
    ("text", "name", "formula"),
    [
        ("tanh", "sigmoid", "2*sigmoid(2*x) - 1"),
        ("3*max(x, 0) - 1", "relu", "3*relu(x) - 1"),
        ("softplus(0.5 - 3*x)", "softplus", "softplus(-3*x + 0.5)"),
        ("sin(2*x + 1)", "sine", "sine(2*x + 1)"),
        ("(2*x - 1)*sigmoid(x/2 - 0.25)", "silu", "4*silu(0.5*x - 0.25)"),
        ("7 - 2*x", "linear", "-2*linear(x) + 7"),
    ],
)
def test_affine_images_are_recognised(text: str, name: str, formula: str, few: Registry) -> None:
    (found,) = (item for item in similar(text, registry=few).affine if item.variant.label == name)
    assert found.exact
    assert found.formula == formula
    x = torch.linspace(-3, 3, 7, dtype=torch.float64)
    image = found.output_scale * found.variant(found.input_scale * x + found.input_shift) + found.output_shift
    torch.testing.assert_close(image, default_registry().variant(text)(x), rtol=1e-7, atol=1e-7)


def test_what_is_only_near_is_not_called_exact(few: Registry) -> None:
    assert not any(item.exact for item in similar("mish", registry=few).affine)
    relu6 = [item for item in similar("max(x, 0)", count=20, registry=few).affine if item.variant.label == "relu6"]
    assert not any(item.exact for item in relu6)


def test_curves_without_comparison(few: Registry) -> None:
    assert similar("log(x)", registry=few).nearest == ()
    constant = similar("3 + 0*x", registry=few)
    assert constant.affine == ()
    assert all(item.distance > 0.1 for item in constant.nearest)
    zero = similar("0*x", registry=few)
    assert all(item.distance == pytest.approx(1) for item in zero.nearest)
    assert similar("glu", registry=few).affine == ()
    assert set(labels(similar("glu", registry=few).nearest)) == {"swiglu", "geglu"}
    assert len(similar("exp(x**2)", registry=few).nearest) == 5


def test_it_takes_declarations_and_refuses_nonsense(few: Registry) -> None:
    item = default_registry()["mish"]
    assert similar(item, registry=few) == similar(item.variant(), registry=few) == similar("mish", registry=few)
    with pytest.raises(UnknownActivationError):
        similar("mihs")
    with pytest.raises(ExpressionError):
        similar("x +")
    with pytest.raises(ValueError, match="count=0"):
        similar("mish", count=0)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "100", "NO_COLOR": "1"})


def test_the_command() -> None:
    found = run("similar", "x*sigmoid(x)", "-n", "2")
    assert found.exit_code == 0, found.stderr
    assert found.stdout.startswith("this is silu: ")
    told = json.loads(run("similar", "x*sigmoid(x)", "-n", "2", "--json").stdout)
    assert told["activation"] == "x*sigmoid(x)"
    assert "silu" in told["same"]
    assert len(told["nearest"]) == len(told["affine"]) == 2
    assert set(told["nearest"][0]) == {"activation", "distance", "largest_difference"}
    assert run("similar", "log(x)").stderr == "No known curve can be compared with it on [-8, 8].\n"
    for wrong in (["similar"], ["similar", "mihs"], ["similar", "mish", "-n", "0"], ["similar", "x +"]):
        assert run(*wrong).exit_code == 2

"""Activations as ONNX models: all of the catalogue, the rules for what ONNX lacks, and faults that must be found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from activations import catalogue
from activations.axis import axis_activation
from activations.declare import Variant, activation, formula_activation
from activations.errors import DataError, MissingExtraError
from activations.files import OutputExistsError
from activations.fitting.fused.graph import Graph
from activations.fitting.settings import SettingError
from activations.networks.fit import fit
from activations.networks.onnx_file import onnx_bytes
from activations.onnx import OPSETS, OnnxModel, comparison, extra, lowering, onnx_model, standard
from activations.onnx.comparison import SPECIAL, evaluated
from activations.onnx.lowering import OPERATORS, RULES, lowered
from activations.onnx.parts import Parts
from activations.onnx.standard import SINGLE, Single
from activations.onnx.writing import add_value, serialized
from activations.registry import default_registry
from activations_cli.main import cli

onnx: Any = pytest.importorskip("onnx", reason="the extra onnx is not installed")
ITEMS = [*catalogue.declarations(), *catalogue.axis_declarations()]
LATER = {"silu", "quick_gelu", "swish_beta"}  # Swish came with opset 24
OTHER_AT_NAN = {"hardshrink", "softshrink", "threshold", "sign"}


def operators(data: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(data).graph.node]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_every_activation_can_be_written(item: Any) -> None:
    model = onnx_model(item.variant())
    assert model.points >= 30 and model.difference < 1e-6
    assert operators(model.data) == list(model.operators)


@pytest.mark.parametrize("name", SINGLE)
def test_what_the_standard_has_is_a_single_operator(name: str) -> None:
    variant = default_registry()[name].variant(False)
    alone = SINGLE[name](dict(variant.values))
    model = onnx_model(variant, opset=24)
    assert alone is not None and model.native is (name not in OTHER_AT_NAN)
    assert model.operators == (alone.operator,) or f"{alone.operator} gives other values" in model.reason
    assert onnx_model(variant).native is (name not in OTHER_AT_NAN | LATER)


def test_a_wrong_declaration_of_an_operator_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standard, "SINGLE", {**SINGLE, "relu": lambda values: Single("LeakyRelu", {"alpha": 1e-4})})
    model = onnx_model("relu")
    assert model.operators == ("LessOrEqual", "Where")
    assert model.reason == "LeakyRelu gives other values: relu as ONNX differs from torch at -8: -0.0008 and not 0"


def test_a_wrong_rule_is_found_and_nothing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(graph: Graph, x: Any) -> Any:
        return graph.apply("log", x + 1.0)

    onnx_model("symlog")
    monkeypatch.setattr(lowering, "RULES", {**RULES, "log1p": careless})
    found = CliRunner().invoke(cli, ["export", "log_cosh", "-o", str(tmp_path / "a.onnx")])
    assert found.exit_code == 0  # rounding alone is within what is allowed
    monkeypatch.setattr(lowering, "RULES", {**RULES, "log1p": lambda graph, x: careless(graph, x) * 1.0001})
    found = CliRunner().invoke(cli, ["export", "symlog", "-o", str(tmp_path / "b.onnx")])
    assert found.exit_code != 0 and "symlog as ONNX differs from torch at " in found.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.onnx"]


def test_infinity_in_place_of_a_number_is_a_difference() -> None:
    one, far = np.array([1.0, 1.0, np.inf, np.nan]), np.array([np.inf, np.nan, np.inf, np.nan])
    assert comparison._apart(far, one)[0].tolist() == [True, True, False, False]
    assert comparison._apart(one, far)[0].tolist() == [True, True, False, False]


# What ONNX lacks

TORCH = {
    "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3),
    "softplus": lambda x: torch.nn.functional.softplus(x, threshold=100),
}
GRID = np.array([*np.linspace(-6, 6, 61), *SPECIAL, -1e-4, 1e-4, 1e-8, -1e-8, 50, -50, 1e10, -1e10], dtype=np.float32)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("operation", RULES)
def test_rules_give_torchs_values(operation: str, precision: Any) -> None:
    function = TORCH.get(operation) or getattr(torch, operation)
    two = operation in ("atan2", "copysign", "hypot", "logaddexp", "ne", "remainder")
    grid = GRID.astype(precision)
    given = [np.ascontiguousarray(x.flatten()) for x in np.meshgrid(grid, grid)] if two else [grid]
    graph = Graph(precision)
    value = graph.real(graph.apply(operation, *(graph.input(number) for number in range(len(given)))))
    parts = Parts(("a", "b")[: len(given)], precision=precision)
    parts.finish(add_value(parts, lowered(value), parts.inputs))
    assert {part.operator for part in parts.used} <= {*OPERATORS.values(), "Identity"}
    data = serialized(parts, 20, dict.fromkeys(parts.inputs, ("n",)), ("n",), "", {})
    found = evaluated(data, dict(zip(parts.inputs, given, strict=True)))
    wanted = function(*map(torch.from_numpy, given)).to(getattr(torch, precision)).numpy()
    meant = np.ones_like(found, dtype=bool)
    if operation in ("remainder", "atan2"):  # at 0 and infinity the two sides have conventions of their own
        meant = np.isfinite(given[0]) & np.isfinite(given[1]) & (np.abs(given[0]) < 1e30)
        meant &= (np.abs(given[1]) > 1e-30) & (given[0] != 0)
    elif operation == "hypot":  # inf for infinity beside NaN
        meant = ~(np.isinf(given[0]) & np.isnan(given[1]) | np.isnan(given[0]) & np.isinf(given[1]))
    tight = 1e-5 if precision == "float32" else 1e-11 if operation != "erfc" else 1e-6  # onnx's erf has 32 bits
    np.testing.assert_allclose(found[meant], wanted[meant], rtol=tight, atol=tight / 10)


def test_every_operation_of_a_graph_can_be_written() -> None:
    from activations.fitting.fused.code import _FORMS

    assert set(_FORMS) <= {*OPERATORS, *RULES}


# Settings, parameters, shapes


def test_parameters_are_as_given_and_learnt_ones_have_their_names() -> None:
    model = onnx.load_from_string(onnx_model("hardtanh:min_val=-2,max_val=pi/2,learnable=max_val").data)
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    assert tensors["max_val"] == np.float32(np.pi / 2) and -2.0 in [tensor.item() for tensor in tensors.values()]
    assert {entry.key: entry.value for entry in model.metadata_props}["activation"].startswith("hardtanh:min_val=-2")
    # An attribute can't be trained, so that what is learnt keeps its tensor.
    assert onnx_model("elu").native and not onnx_model("elu:learnable").native
    assert onnx_model("prelu").operators == ("PRelu",) and onnx_model("relun:n=3").operators == ("Clip",)


@pytest.mark.parametrize("item", [item for item in ITEMS if item.cases], ids=lambda item: item.name)
def test_other_settings_of_some(item: Any) -> None:
    for case in item.cases[:1]:
        assert onnx_model(item.variant(**case)).difference < 1e-6


@pytest.mark.parametrize("text", ["x*sigmoid(1.702*x)", "max(x1, x2)*x1", "x1 if x1 > 0 else 0*x2", "3"])
def test_formulas(text: str) -> None:
    model = onnx_model(text)
    assert model.label == str(formula_activation(text).variant().label)
    inputs = {name: np.full((2, 3), 1.5, np.float32) for name in formula_activation(text).inputs}
    assert evaluated(model.data, inputs).shape == (2, 3)


def test_names_that_are_taken() -> None:
    @activation(formula="y*c0 + v0", paper="P")
    def scaled(y: torch.Tensor, *, c0: float = 2.0, v0: float = 3.0) -> torch.Tensor:
        """A line."""
        return y * c0 + v0

    model = onnx_model(scaled.variant(True))
    found = evaluated(model.data, {"y": np.ones((1, 1), np.float32)})
    assert found.item() == 5.0


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_the_rank_is_as_asked(rank: int) -> None:
    for name in ("gelu", "log_cosh"):
        shape = onnx.load_from_string(onnx_model(name, rank=rank).data).graph.input[0].type.tensor_type.shape
        assert [size.dim_param for size in shape.dim] == [f"d{number}" for number in range(rank)]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("softmax:dim=1", (3, 4, 5)),
        ("crelu:dim=0", (4, 6)),
        ("maxout:pieces=3,dim=-2", (2, 9, 4)),
        ("group_sort:group_size=4,dim=1", (2, 8, 3)),
        ("sparsemax:dim=0", (7, 3)),
    ],
)
def test_functions_over_other_dimensions(text: str, shape: tuple[int, ...]) -> None:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    found = evaluated(onnx_model(text, rank=len(shape)).data, {"x": x.numpy()})
    np.testing.assert_allclose(found, default_registry().any_variant(text)(x).numpy(), atol=1e-6)


def test_models_are_the_same_each_time_and_for_old_runtimes() -> None:
    for opset in OPSETS:
        if opset > onnx.defs.onnx_opset_version():
            continue
        one = onnx_model("mish", opset=opset)
        model = onnx.load_from_string(one.data)
        assert one.data == onnx_model("mish", opset=opset).data and model.opset_import[0].version == opset
        assert model.ir_version <= {18: 8, 19: 9, 20: 9}.get(opset, 12)


# What can't be written


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"opset": 17}, "choose one of 18 to"),
        ({"opset": 99}, "choose one of 18 to"),
        ({"opset": True}, "choose one of 18 to"),
        ({"rank": 0}, "1 to 8 dimensions"),
        ({"rank": 9}, "1 to 8 dimensions"),
    ],
)
def test_settings_that_make_no_sense(settings: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        onnx_model("relu", **settings)
    with pytest.raises(SettingError, match="takes tensors of 3 or 4 dimensions"):
        onnx_model("softmax2d", rank=2)


def declared(body: Any) -> Variant:
    return activation(formula="x", paper="P")(body).variant()


def test_what_is_no_function_of_each_element_is_refused_with_the_reason() -> None:
    def drawn(x: torch.Tensor) -> torch.Tensor:
        """Random."""
        return x * torch.rand_like(x)

    def looking(x: torch.Tensor) -> torch.Tensor:
        """By its values."""
        return x if x[0] > 0 else -x

    def failing(x: torch.Tensor) -> torch.Tensor:
        """Fails."""
        raise RuntimeError("not today")

    for body, message in ((drawn, "it is random"), (looking, "it changes the shape"), (failing, "not today")):
        with pytest.raises(DataError, match=message):
            onnx_model(declared(body))

    @axis_activation(formula="x", paper="P", reference=list)
    def shares(x: torch.Tensor, *, dim: int = -1) -> torch.Tensor:
        """Another one."""
        return x.softmax(dim)

    with pytest.raises(DataError, match=r"torch\.onnx\.export"):
        onnx_model(shares.variant())


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "has_onnx", lambda: False)
    with pytest.raises(MissingExtraError, match=r"pip install 'torch-activations\[onnx\]'"):
        onnx_model("relu")
    assert CliRunner().invoke(cli, ["export", "relu"]).exit_code == 4


# Files and the command line


def test_files_are_not_overwritten_unasked(tmp_path: Path) -> None:
    model = onnx_model("relu")
    assert isinstance(model, OnnxModel) and model.write(tmp_path / "a.onnx").read_bytes() == model.data
    with pytest.raises(OutputExistsError):
        model.write(tmp_path / "a.onnx")
    model.write(tmp_path / "a.onnx", overwrite=True)


def test_the_command_writes_and_tells(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    found = CliRunner().invoke(cli, ["export", "leaky_relu:negative_slope=0.2", "-o", str(path), "--json"])
    told = json.loads(found.stdout)
    assert (told["native"], told["operators"], told["opset"], told["bytes"]) == (
        True,
        ["LeakyRelu"],
        20,
        path.stat().st_size,
    )
    assert found.stderr == f"Wrote {path}\n"
    assert CliRunner().invoke(cli, ["export", "relu", "-o", str(path)]).exit_code != 0
    found = CliRunner().invoke(cli, ["export", "threshold", "-o", str(path), "--force", "--rank", "1"])
    assert found.exit_code == 0 and "ThresholdedRelu gives other values" in " ".join(found.stdout.split())
    assert CliRunner().invoke(cli, ["export", "relu", "--force"]).exit_code == 2
    assert CliRunner().invoke(cli, ["export", "relux"]).exit_code == 2


# Networks


@pytest.mark.parametrize(
    "settings",
    [
        {"activation": "gelu", "precision": "float64"},
        {"activation": "elu:alpha=0.3", "precision": "float64"},
        {"activation": "swiglu", "hidden": (4, 3), "bias": False},
        {"activation": "prelu", "scaling": "none"},
        {"target": "spiral", "activation": "softplus"},
    ],
)
def test_networks_of_all_kinds(settings: dict[str, Any]) -> None:
    found = fit(settings.pop("target", "cubic"), **{"hidden": (5,), "steps": 20, **settings})
    model = onnx.load_from_string(onnx_bytes(found))
    x = found.test.x.astype(found.settings.precision)
    wanted = found.to_module()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(evaluated(model.SerializeToString(), {"x": x}), wanted, atol=1e-5)

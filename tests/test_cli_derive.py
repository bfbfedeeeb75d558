"""`activations derive`: tables, graphs, JSON and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from activations_cli.main import cli


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "120", "NO_COLOR": "1", **environment})


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not strict JSON")


def read(result: Result) -> Any:
    return json.loads(result.stdout, parse_constant=refuse_constant)


def test_all_means_stand_side_by_side_with_the_graph() -> None:
    found = run("derive", "sigmoid:beta=2", "--at", "0.5", "--order", "1")
    assert found.exit_code == 0, found.stderr
    for text in (
        "sigmoid:beta=2  at x = 0.5",
        "0.731058578630004879251159241821…",
        "0.39322386648296370",
        "∂f/∂beta",
        "the declared derivative",
        "float64 difference",
        "They agree",
        "ClosedFormBackward 0",
        "└─ SigmoidBackward 0",
        "other: x = 0.5, float64 scalar",
    ):
        assert text in found.stdout, text
    assert "f″" not in found.stdout
    assert "f″" in run("derive", "sigmoid:beta=2").stdout


def test_points_are_constant_formulas_and_several_are_taken() -> None:
    described = read(run("derive", "sin(x)", "--at", "pi/3", "--at=-2", "--order", "0", "--json"))
    assert [point["at"]["x"] for point in described["points"]] == pytest.approx([1.0471975511965976, -2.0])
    (value,) = described["points"][0]["derivatives"]
    assert value["estimates"][0]["value"] == pytest.approx(0.75**0.5)
    assert value["estimates"][0]["digits"].startswith("0.866025403784438")


@pytest.mark.parametrize("name", ["relu", "1/x", "log(x)", "sin(x)/x", "heaviside"])
def test_at_a_break_both_sides_are_told_and_json_stays_strict(name: str) -> None:
    found = run("derive", name, "--at", "0")
    assert found.exit_code == 0
    assert "from both sides" in found.stdout
    described = read(run("derive", name, "--at", "0", "--json"))
    assert described["points"][0]["breaks"][0]["variable"] == "x"
    assert any(kind in found.stdout for kind in ("Kink at", "Pole at", "Edge of the domain at", "gap there", "Jump at"))


def test_a_disagreement_ends_with_exit_code_1() -> None:
    found = run("derive", "log(1 + exp(x))", "--at", "1000")
    assert found.exit_code == 1
    assert "They disagree on f, f′, f″" in found.stdout
    assert run("derive", "softplus", "--at", "1000").exit_code == 0
    assert run("derive", "log(1 + exp(x))", "--at", "1").exit_code == 0


def test_bilinear_shows_the_gradients_of_vectors_and_matrix() -> None:
    found = run("derive", "bilinear")
    assert found.exit_code == 0
    for text in (
        "torch.nn.Bilinear(3, 2, 1)",
        "x1·x2ᵀ",
        "[[0.75, 0.125], [-1.5, -0.25], [3, 0.5]]",
        "∂f/∂A",
        "∂²f/∂x1∂x2",
    ):
        assert text in found.stdout, text
    described = read(run("derive", "bilinear", "--at", "2,3", "--json"))
    assert described["vectors"]["gradients"]["x1"]["by_hand"] == [1.375, 0.875, -2.0625]
    assert described["vectors"]["largest_difference"] < 1e-15
    slopes = {tuple(item["in"]): item["estimates"][0]["value"] for item in described["points"][0]["derivatives"]}
    assert slopes["x1",] == 3.0
    assert slopes["x2",] == 2.0
    assert slopes["A",] == 6.0
    assert slopes["x1", "x2"] == 1.0
    assert "vectors" not in read(run("derive", "swiglu", "--json"))


def test_the_graph_is_written_whole_and_not_over_another_file(tmp_path: Path) -> None:
    place = tmp_path / "graph.svg"
    assert run("derive", "mish", "--graph", str(place)).exit_code == 0
    first = place.read_bytes()
    assert first.startswith(b"<svg ")
    assert b"TanhBackward" in first
    again = run("derive", "mish", "--graph", str(place))
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert run("derive", "mish", "--graph", str(place), "--force").exit_code == 0
    assert place.read_bytes() == first
    assert [item.name for item in tmp_path.iterdir()] == ["graph.svg"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["mish", "--at", "two"], 2, "is no number"),
        (["mish", "--at", "1/0"], 2, "division by zero"),
        (["mish", "--at", "1,2"], 2, "is no number"),
        (["bilinear", "--at", "1"], 2, "takes x1, x2"),
        (["mish", "--order", "9"], 2, "0<=x<=8"),
        (["mish", "--order", "-1"], 2, "0<=x<=8"),
        (["mish", "--graph", "g.png"], 2, ".svg"),
        (["mish", "--graph", "/nowhere/g.svg"], 4, "folder does not exist"),
        (["mish", "--force"], 2, "--graph"),
        (["mihs"], 2, "mish"),
        (["softmax"], 2, "elementwise"),
        (["*elu"], 2, "name one"),
        (["[red]x"], 2, "[red]x"),
        ([], 2, "NAME"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: list[str], code: int, message: str) -> None:
    found = run("derive", *arguments)
    assert found.exit_code == code, found.output
    assert message in found.stderr
    assert found.stdout == ""
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("columns", ["20", "60", "200"])
def test_it_fits_the_terminal_and_ascii(columns: str) -> None:
    found = run("derive", "bilinear", COLUMNS=columns, LC_ALL="C", PYTHONIOENCODING="", PYTHONUTF8="")
    assert found.exit_code == 0
    assert found.stdout.isascii()
    assert "`- AddBackward" in found.stdout
    table = found.stdout.partition("with vectors")[0]
    assert max(map(len, table.splitlines())) <= int(columns)


def test_on_eighty_columns_no_number_is_cut() -> None:
    found = run("derive", "sigmoid:beta=2", COLUMNS="80", LC_ALL="C", PYTHONIOENCODING="", PYTHONUTF8="")
    for text in (
        "f'' ",
        "df/dbeta",
        "0.7310585786300049 ",
        "float64 difference",
        "+- 5.7e-11",
        "0.73105857863000487925...",
    ):
        assert text in found.stdout, text

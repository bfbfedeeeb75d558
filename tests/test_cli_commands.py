"""The commands that describe, draw and prove."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import activations.plugins
import activations.registry
import activations.testing.suite
from activations import default_registry
from activations.discovery import Origin, Problem
from activations.errors import CheckFailedError
from activations.registry import BUILT_IN, Registry
from activations_cli.main import cli


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "100", "NO_COLOR": "1", **environment})


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not strict JSON")


def read(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout, parse_constant=refuse_constant)


def test_list_shows_every_activation_once() -> None:
    rows = read(run("list", "--json"))
    assert [row["name"] for row in rows] == [*default_registry(), *default_registry().axis]
    row = next(row for row in rows if row["name"] == "leaky_relu")
    assert row["parameters"] == {"negative_slope": 0.01}
    assert "LeakyReLU" in row["aliases"]
    assert row["family"] == "rectified"
    assert row["origin"] == "built-in"
    assert set(row) == {"name", "kind", "aliases", "inputs", "parameters", "family", "origin", "summary"}


def test_list_takes_patterns() -> None:
    found = run("list", "*elu", "tanh")
    assert found.exit_code == 0
    names = {line.split()[0] for line in found.stdout.splitlines() if line.startswith("  ")}
    assert {"relu", "elu", "tanh"} <= names
    assert "mish" not in names


@pytest.mark.parametrize("columns", ["20", "80", "200"])
@pytest.mark.parametrize("arguments", [["list"], ["targets"], ["show", "mish"], ["plugins"]])
def test_tables_fit_the_terminal(columns: str, arguments: list[str]) -> None:
    found = run(*arguments, COLUMNS=columns)
    assert found.exit_code == 0
    assert max(map(len, found.stdout.splitlines())) <= int(columns)
    assert "\x1b" not in found.stdout


@pytest.mark.torture(45)
def test_ascii_terminals_get_ascii() -> None:
    for arguments in (["list"], ["targets"], ["show", "hardtanh"], ["show", "sigmoid"]):
        found = run(*arguments, LC_ALL="C", PYTHONIOENCODING="", PYTHONUTF8="")
        assert found.exit_code == 0
        assert found.stdout.isascii()


def test_color_can_be_asked_for_before_and_after_the_command() -> None:
    for arguments in (["--color", "always", "list", "relu"], ["list", "relu", "--color", "always"]):
        assert "\x1b[" in run(*arguments).stdout
    assert "\x1b[" not in run("--color", "never", "list", "relu", FORCE_COLOR="1", NO_COLOR="").stdout


def test_quiet_leaves_out_the_notes() -> None:
    assert run("list", "relu").stderr != ""
    assert run("list", "relu", "-q").stderr == run("-q", "list", "relu").stderr == ""


def test_show_tells_everything() -> None:
    found = run("show", "hardtanh")
    assert found.exit_code == 0
    for text in ("min(max(x, min_val), max_val)", "min_val=-1", "[-1, 1]", "odd", "Collobert", "piecewise_linear.py:"):
        assert text in found.stdout
    assert "⠉" in found.stdout


def test_show_knows_settings_and_latex() -> None:
    found = run("show", "sigmoid:beta=2", "--latex")
    assert "beta=2 (default 1)" in found.stdout
    assert r"\frac" in found.stdout
    described = read(run("show", "sigmoid:beta=2", "--json"))
    assert described["parameters"] == {"beta": 2.0}
    assert described["label"] == "sigmoid:beta=2"
    assert described["properties"]["lipschitz"] == pytest.approx(0.5)
    assert described["derivative"]["x"]
    assert described["latex"]


@pytest.mark.torture(91)
@pytest.mark.parametrize("name", ["relu", "glu", "log_sigmoid", "hardshrink", "x**2", "1/x", "bilinear"])
def test_show_json_is_strict_for_any_shape(name: str) -> None:
    described = read(run("show", name, "--json"))
    assert set(described["derivative"]) == set(described["inputs"])
    assert run("show", name).exit_code == 0


def test_a_formula_with_markup_is_shown_as_text() -> None:
    found = run("show", "[red]x")
    assert found.exit_code == 2
    assert "[red]x" in found.stderr


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml"), ("a.pdf", b"%PDF")])
def test_plot_writes_the_format_of_the_extension(name: str, start: bytes, tmp_path: Path) -> None:
    place = tmp_path / name
    found = run("plot", "relu", "x*sigmoid(1.702*x)", "-o", str(place), "--window", "-1", "2", "--theme", "dark")
    assert found.exit_code == 0, found.stderr
    assert found.stdout.strip().replace("\n", "") == str(place)
    assert place.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [place]


def test_plot_names_its_file_and_overwrites_only_if_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("plot", "leaky_relu").stdout == "leaky-relu.png\n"
    before = (tmp_path / "leaky-relu.png").read_bytes()
    again = run("plot", "leaky_relu", "--theme", "dark")
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert (tmp_path / "leaky-relu.png").read_bytes() == before
    assert run("plot", "leaky_relu", "--theme", "dark", "--force").exit_code == 0
    assert (tmp_path / "leaky-relu.png").read_bytes() != before


@pytest.mark.torture(74)
def test_plot_refuses_bad_places(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    for place in ("missing/a.png", "file/a.png", "folder.png"):
        found = run("plot", "relu", "-o", str(tmp_path / place))
        assert found.exit_code == 4
        assert found.stderr.startswith("Error: ")


def test_check_passes_and_says_what_was_compared() -> None:
    found = run("check", "relu", "--only", "value", "--only", "kinks")
    assert found.exit_code == 0, found.stdout
    assert "all passed" in found.stdout
    assert "points" in found.stdout
    outcomes = read(run("check", "leaky_relu", "--only", "value", "--json"))["outcomes"]
    assert {outcome["check"] for outcome in outcomes} == {"value"}
    assert outcomes[0]["activation"] == "leaky_relu"
    assert outcomes[0]["status"] == "passed"
    assert outcomes[0]["error"] < 1e-12


def test_check_fails_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    def off(variant: Any) -> Any:
        raise CheckFailedError("value is off by 0.001 at x=[1.5]")

    monkeypatch.setitem(activations.testing.suite.CHECKS, "value", off)
    found = run("check", "relu", "tanh", "--only", "value")
    assert found.exit_code == 1
    assert "2 failed" in found.stdout
    assert "relu: value: value is off by 0.001 at x=[1.5]" in found.stdout
    assert run("check", "relu", "tanh", "--only", "value", "-x").stdout.count("x=[1.5]") < found.stdout.count("x=[1.5]")
    as_json = run("check", "relu", "--only", "value", "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["passed"] is False


def test_check_summary_has_one_line_per_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = activations.testing.suite.CHECKS
    for name in [name for name in checks if name not in ("value", "gradient")]:
        monkeypatch.delitem(checks, name)
    registry = Registry([(BUILT_IN, default_registry()[name]) for name in ("relu", "elu")])
    monkeypatch.setattr(activations.registry, "default_registry", lambda: registry)
    found = run("check")
    assert found.exit_code == 0, found.stdout
    lines = [line.split() for line in found.stdout.splitlines()]
    assert [line[1] for line in lines if line and line[0] in ("relu", "elu")] == ["2/2", "2/2"]
    in_full = run("check", "relu")
    assert in_full.stdout.count("points") >= 2


@pytest.mark.torture(25)
def test_names_given_twice_are_taken_once_with_a_note() -> None:
    found = run("check", "relu", "relu", "--only", "value", "--json")
    assert len(read(found)["outcomes"]) == 1
    assert "taken once: relu" in found.stderr


def test_targets() -> None:
    rows = read(run("targets", "--json"))
    assert {"sin", "cubic", "x2", "abs", "spiral"} <= {row["name"] for row in rows}
    assert run("targets").stdout.count("\n") == len(rows) + 2
    assert len(rows) == 50
    by_name = {row["name"]: row for row in rows}
    assert by_name["cubic"]["extrapolation"] == [[-2.5, -2], [2, 2.5]]
    assert by_name["heteroscedastic"]["noise_profile"] == "1 + 2*x"
    assert by_name["bessel_j0"]["formula"] is None
    assert by_name["abs"]["latex"] == r"\left|x\right|"


def test_targets_of_suites() -> None:
    rows = read(run("targets", "--suite", "kinked", "--suite", "seeds", "--json"))
    names = [row["name"] for row in rows]
    assert names == ["abs", "triangle", "sqrt_cusp", "nguyen8", *(row["name"] for row in rows if row["seed_target"])]
    found = run("targets", "--suite", "smoth")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "did you mean smooth?" in found.stderr


def test_targets_are_drawn_into_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    found = run("targets", "--suite", "control", "--plot", str(folder), "--json")
    assert found.exit_code == 0, found.stderr
    assert len(read(found)) == 3
    assert sorted(path.name for path in folder.iterdir()) == [
        "control-affine.png",
        "control-constant.png",
        "control-noise.png",
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in folder.iterdir())
    again = run("targets", "--suite", "control", "--plot", str(folder))
    assert (again.exit_code, again.stdout) == (2, "")
    assert "--force" in again.stderr
    assert run("targets", "--suite", "control", "--plot", str(folder), "--force").exit_code == 0
    assert run("targets", "--force").exit_code == 2
    assert run("targets", "--plot", str(tmp_path / "missing" / "folder")).exit_code == 4


def test_a_broken_plugin_is_told_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem(Origin("activations-bad", "1.0"), "failed: \x1b[31mImportError\nmore", "remove it")
    monkeypatch.setattr(activations.plugins, "problems", lambda: (problem, problem))
    found = run("list", "relu", "--json")
    assert [row["name"] for row in read(found)] == ["relu"]
    assert found.stderr.splitlines() == [
        "Warning: plugin activations-bad 1.0: failed: \\x1b[31mImportError more; remove it"
    ]


def test_plugins_is_strict_json() -> None:
    assert isinstance(read(run("plugins", "--json")), list)

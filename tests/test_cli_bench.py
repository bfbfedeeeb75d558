"""`activations bench` from the command line; the numbers themselves are tested with the library."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import activations.benchmark
from activations.benchmark import DEFAULT_ACTIVATIONS, PRESETS
from activations.fitting import engine, recipe
from activations_cli import training
from activations_cli.commands import bench
from activations_cli.main import cli


@pytest.fixture(scope="module", autouse=True)
def little_work() -> Any:
    """A few steps of training are enough to see what is printed."""
    with pytest.MonkeyPatch.context() as patch:
        whole = activations.benchmark.benchmark

        def little(*arguments: Any, **options: Any) -> Any:
            few = {"steps": options.pop("steps") or 4, "seeds": options.pop("seeds") or 3}
            return whole(*arguments, **few, **options)

        patch.setitem(vars(activations.benchmark), "benchmark", little)
        yield


def run(*arguments: str, **environment: str) -> Result:
    few = [] if "-a" in arguments else ["-a", "relu", "-a", "tanh"]
    return CliRunner().invoke(
        cli,
        ["bench", *arguments, *few, "--hidden", "4", "-j", "1"],
        env={"COLUMNS": "120", "NO_COLOR": "1", **environment},
    )


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not strict JSON")


def read(text: str) -> Any:
    return json.loads(text, parse_constant=refuse_constant)


def test_presets_and_default_activations_are_the_library_s() -> None:
    assert tuple(PRESETS) == bench.PRESETS
    assert list(bench.default_names()) == list(DEFAULT_ACTIVATIONS)


def test_json_has_the_promised_shape() -> None:
    found = run("cubic", "--json")
    assert found.exit_code == 0, found.stderr
    (target,) = read(found.stdout)["targets"]
    assert target["target"] == "cubic"
    assert {row["activation"] for row in target["ranking"]} == {"relu", "tanh"}
    for row in target["ranking"]:
        assert {"rank", "nrmse", "interval", "failed", "learning_rate", "parameters", "seconds"} <= set(row)
        assert len(row["interval"]) == 2


def test_a_real_csv_file(tmp_path: Path) -> None:
    """The sunspots that ship with statsmodels: quoted headers, 309 years."""
    spec = importlib.util.find_spec("statsmodels")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "datasets" / "sunspots" / "sunspots.csv"
    found = run("--csv", str(file), "--x", "YEAR", "--y", "SUNACTIVITY", "--json", "-o", str(tmp_path / "out"))
    assert found.exit_code == 0, found.stderr
    (target,) = read(found.stdout)["targets"]
    assert target["target"] == "sunspots.csv"
    assert all(0.5 < row["nrmse"] < 3 for row in target["ranking"])
    assert len(list((tmp_path / "out" / "figures").glob("*-fits.png"))) == 1


@pytest.mark.torture(90)
@pytest.mark.parametrize("columns", ["20", "80", "200"])
def test_the_table_fits_the_terminal(columns: str) -> None:
    found = run("x^2", "--domain", "-1", "2.5", COLUMNS=columns)
    assert found.exit_code == 0, found.stderr
    assert max(map(len, found.stdout.splitlines())) <= int(columns)
    if columns != "20":
        assert "[-1, 2.5]" in found.stdout
        for text in ("relu", "tanh", "NRMSE", "interval", "failed"):
            assert text in found.stdout


def test_a_formula_may_begin_with_a_minus_sign_after_two_dashes() -> None:
    found = CliRunner().invoke(cli, ["bench", "-a", "relu", "--hidden", "4", "--json", "--", "-x"])
    assert found.exit_code == 0, found.stderr
    assert read(found.stdout)["targets"][0]["target"] == "-x"


@pytest.mark.torture(25)
def test_what_is_given_twice_is_taken_once_with_a_note() -> None:
    found = run("cubic", "cubic", "-a", "relu", "-a", "relu", "--json")
    assert found.exit_code == 0, found.stderr
    (target,) = read(found.stdout)["targets"]
    assert len(target["ranking"]) == 1
    assert "taken once: relu" in found.stderr
    assert "taken once: cubic" in found.stderr


def test_files_come_whole_into_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    found = run("cubic", "sin(x) + [", "-o", str(folder))
    assert found.exit_code == 2
    assert not folder.exists()
    found = run("cubic", "sin(x)/2", "-o", str(folder))
    assert found.exit_code == 0, found.stderr
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["figures", "ranking.csv", "ranking.json", "ranking.md", "report.html"]
    figures = sorted(path.name for path in (folder / "figures").iterdir())
    assert len(figures) == 12
    assert {"cubic-fits.svg", "cubic-ranking.png", "heat-map.png", "performance-profile.svg"} <= set(figures)
    assert sum(name.startswith("sin-x-2-") for name in figures) == 4
    assert (folder / "figures" / "cubic-fits.png").read_bytes().startswith(b"\x89PNG")
    for place in (folder / "report.html", folder / "figures" / "cubic-fits.png"):
        assert f"Wrote {place}" in found.stderr
    assert len(read((folder / "ranking.json").read_text())["targets"]) == 2
    again = run("cubic", "-o", str(folder))
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert run("cubic", "-o", str(folder), "--force").exit_code == 0


@pytest.mark.torture(74)
def test_a_folder_that_cannot_be_made_is_refused_before_any_training(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in ("missing/out", "file", "file/out"):
        found = run("cubic", "-o", str(tmp_path / place))
        assert found.exit_code == 4
        assert place.partition("/")[0] in found.stderr


@pytest.mark.torture(33, 36, 37)
def test_csv_files_with_hostile_headers(tmp_path: Path) -> None:
    place = tmp_path / "data.csv"
    rows = [f"{i / 10},{(i / 10) ** 2}" for i in range(40)]
    place.write_text("\n".join(["[red]time\x1b[2J,<script>", *rows, ",1", "0.1,5"]))
    refused = run("--csv", str(place))
    assert refused.exit_code == 2
    assert "\x1b" not in refused.stderr
    found = run("--csv", str(place), "--x", "1", "--y", "<script>", "--drop-na")
    assert found.exit_code == 0, found.stderr
    assert "[red]time\\x1b[2J" in found.stdout
    assert "\x1b" not in found.stdout
    assert "1 rows without finite values" in found.stderr
    assert "1 rows repeat" in found.stderr


def test_classes_of_a_csv_file(tmp_path: Path) -> None:
    place = tmp_path / "data.csv"
    place.write_text("x,kind\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
    for arguments, task in ((["--classify"], "classification"), ([], "regression")):
        found = run("--csv", str(place), "--json", *arguments)
        assert found.exit_code == 0, found.stderr
        (target,) = read(found.stdout)["targets"]
        assert (target["task"], target["ranking"][0]["accuracy"] is None) == (task, not arguments)
    assert run("cubic", "--classify").exit_code == 2


def test_a_curve(tmp_path: Path) -> None:
    found = run("t -> (t*cos(t), t*sin(t))", "--domain", "0", "12", "--json", "-o", str(tmp_path / "out"))
    assert found.exit_code == 0, found.stderr
    (target,) = read(found.stdout)["targets"]
    assert (target["outputs"], target["domain"]) == (2, [[0, 12]])
    assert len(list((tmp_path / "out" / "figures").glob("t-t-cos-t-t-sin-t-*-fits.png"))) == 1
    wrong = run("t -> (t, q)")
    assert wrong.exit_code == 2
    assert "         ^" in wrong.stderr


@pytest.mark.torture(21)
def test_the_exit_code_says_if_everything_diverged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "everything_diverged", lambda result: True)
    found = run("cubic")
    assert found.exit_code == 1
    assert "relu" in found.stdout


def test_layers_recipe_and_effort_are_taken_from_the_options() -> None:
    arguments = ["bench", "x2", "-a", "relu", "--hidden", "3,sine:2", "--steps", "20", "--seeds", "2", "--batch", "25"]
    arguments += ["--optimizer", "momentum", "--schedule", "step", "--loss", "huber", "-j", "1", "--json"]
    found = CliRunner().invoke(cli, arguments)
    assert found.exit_code == 0, found.output
    settings = json.loads(found.stdout)["settings"]
    assert settings["hidden"] == [3, 2]
    assert settings["own"] == [None, "sine"]
    assert (settings["steps"], settings["seeds"]) == (20, 2)
    assert settings["optimizer"] == "momentum, minibatches of 25, rate in three steps, huber loss"
    assert settings["recipe"]["batch_size"] == 25


def test_the_choices_are_those_of_the_library() -> None:
    assert training.OPTIMIZERS == recipe.OPTIMIZERS
    assert training.SCHEDULES == recipe.SCHEDULES
    assert training.ENGINES == engine.ENGINES
    assert {*training.LOSSES, "cross-entropy"} == {*recipe.LOSSES}


def test_a_suite_is_ranked_target_by_target_and_as_a_whole() -> None:
    found = CliRunner().invoke(
        cli, ["bench", "--suite", "kinked", "-a", "relu", "-a", "linear", "--hidden", "2", "-j", "1"]
    )
    assert found.exit_code == 0, found.output
    assert "all targets" in found.stdout
    assert "digits" in found.stdout


def test_an_unknown_suite_is_a_usage_error_that_lists_them() -> None:
    found = CliRunner().invoke(cli, ["bench", "--suite", "cores"])
    assert found.exit_code == 2
    assert "core" in found.stderr


def test_errors_beyond_the_domain_have_a_column_where_there_are_such_points() -> None:
    arguments = ["bench", "-a", "relu", "--hidden", "2", "-j", "1"]
    terminal = {"COLUMNS": "200"}
    assert "outside" in CliRunner().invoke(cli, [*arguments, "sin"], env=terminal).stdout
    assert "outside" not in CliRunner().invoke(cli, [*arguments, "sin(x)"], env=terminal).stdout


def test_the_help_shows_its_examples_line_by_line() -> None:
    text = CliRunner().invoke(cli, ["bench", "--help"]).stdout
    assert "\\b" not in text and "\b" not in text
    assert "\n    activations bench sin\n" in text


def test_levenberg_marquardt_needs_double_precision() -> None:
    words = [
        "bench",
        "sin",
        "-a",
        "tanh",
        "--hidden",
        "3",
        "--steps",
        "20",
        "--seeds",
        "2",
        "--optimizer",
        "lm",
        "-j",
        "1",
    ]
    refused = CliRunner().invoke(cli, words)
    assert refused.exit_code == 2
    assert "float64" in refused.stderr
    found = CliRunner().invoke(cli, [*words, "--precision", "float64", "--json"])
    assert found.exit_code == 0, found.stderr
    assert read(found.stdout)["settings"]["recipe"]["optimizer"] == "lm"

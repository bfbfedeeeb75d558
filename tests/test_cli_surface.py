"""`activations surface`: what it prints and writes, and what it refuses."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from activations.networks.plane import DIRECTIONS
from activations.networks.surface_presets import SURFACE_PRESETS
from activations_cli.commands import surface
from activations_cli.contour import Relief, contour
from activations_cli.main import cli

SMALL = ("--points", "9", "--steps", "5")
FILES = {
    "surface.html",
    "surface.json",
    "surface.npz",
    *(f"figures/{name}.{ending}" for name in ("contours", "surfaces") for ending in ("png", "svg")),
}


def run(*arguments, **environment):
    return CliRunner().invoke(cli, ["surface", *arguments], env={"COLUMNS": "100", "NO_COLOR": "1", **environment})


def refuse_constant(name):
    raise AssertionError(f"{name} is not strict JSON")


def files_in(folder):
    return {path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()}


def test_a_sketch_and_facts_in_the_terminal():
    found = run("sin", *SMALL)
    assert found.exit_code == 0, found.stderr
    assert "tanh 1-1-1 without biases" in found.stdout
    assert "Lowest of the grid" in found.stdout and "Path ends at" in found.stdout
    assert any("⠀" < letter <= "⣿" for letter in found.stdout)
    assert "●" in found.stdout and "★" in found.stdout
    assert "\x1b" not in found.stdout


@pytest.mark.parametrize("columns", ["20", "60", "200"])
def test_nothing_is_wider_than_the_terminal(columns):
    found = run("sin", "-a", "tanh", "-a", "relu", *SMALL, COLUMNS=columns)
    assert found.exit_code == 0
    assert max(map(len, found.stdout.splitlines())) <= int(columns)


def test_ascii_terminals_get_ascii():
    found = run("sin", *SMALL, LC_ALL="C", PYTHONIOENCODING="", PYTHONUTF8="")
    assert found.exit_code == 0
    assert found.stdout.isascii() and "\\u" not in found.stdout
    assert "S" in found.stdout and "E" in found.stdout


def test_several_activations_have_a_table():
    found = run("sin", "-a", "tanh", "-a", "relu", "-a", "x if x < 0 else 3*x", *SMALL)
    lines = found.stdout.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("activation"))
    assert "lowest of the grid" in lines[head]
    assert [line.split()[0] for line in lines[head + 2 :]] == ["tanh", "relu", "x"]


def test_json_is_strict_and_whole():
    found = run("sin", "-a", "tanh", "-a", "exp(exp(x))", "--span", "-9", "9", *SMALL, "--json")
    assert found.exit_code == 0, found.stderr
    tanh, other = json.loads(found.stdout, parse_constant=refuse_constant)
    assert (tanh["activation"], tanh["settings"]["steps"], len(tanh["losses"])) == ("tanh", 5, 9)
    assert tanh["settings"]["span"] == [[-9.0, 9.0], [-9.0, 9.0]]
    assert any(value is None for row in other["losses"] for value in row)


def test_a_preset_by_its_name_and_what_is_given_besides_wins():
    found = run("--preset", "surface-tanh", "--points", "5", "--epochs", "1", "--json")
    assert found.exit_code == 0, found.stderr
    (preset,) = json.loads(found.stdout)
    assert preset["training_points"] == 10_000
    assert preset["settings"]["start"] == [-1.0, -1.0]
    assert (preset["settings"]["points"], preset["settings"]["steps"]) == (5, 312)
    found = run("sin", "--preset", "surface-tanh", "-a", "relu", "--batch", "8", *SMALL, "--from", "1", "-1", "--json")
    (changed,) = json.loads(found.stdout)
    assert (changed["target"], changed["activation"]) == ("sin", "relu")
    assert (changed["settings"]["steps"], changed["path"]["x"][0], changed["path"]["y"][0]) == (5, 1.0, -1.0)
    assert changed["settings"]["learning_rate"] == preset["settings"]["learning_rate"] == 0.01


def test_larger_networks_and_csv(tmp_path):
    rows = ["x,y", *(f"{i / 20},{(i / 20) ** 2}" for i in range(-20, 21))]
    (tmp_path / "square.csv").write_text("\n".join(rows))
    options = ("--hidden", "4,3", "--directions", "trajectory", "--points", "5", "--steps", "9", "--no-bias", "--json")
    found = run("--csv", str(tmp_path / "square.csv"), *options)
    (surface,) = json.loads(found.stdout)
    assert surface["network"] == [1, 4, 3, 1]
    assert surface["settings"]["bias"] is False
    assert len(surface["explained"]) == 2
    assert surface["labels"][0].startswith("component 1")


def test_files_are_whole_equal_and_not_overwritten(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        found = run("sin", "-a", "tanh", "-a", "relu", *SMALL, "-o", str(folder))
        assert found.exit_code == 0, found.stderr
        assert found.stdout.splitlines()[-1] == str(folder / "surface.html")
        assert files_in(folder) == FILES
    for name in FILES:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    with np.load(io.BytesIO((one / "surface.npz").read_bytes())) as arrays:
        listed = json.loads((one / "surface.json").read_text(), parse_constant=refuse_constant)
        assert np.array_equal(arrays["tanh_losses"], np.array(listed[0]["losses"]))
        assert arrays["relu_path_parameters"].shape[1] == 4
    before = {name: (one / name).stat().st_mtime_ns for name in FILES}
    refused = run("sin", *SMALL, "-o", str(one))
    assert refused.exit_code == 2 and "--force" in refused.stderr
    assert {name: (one / name).stat().st_mtime_ns for name in FILES} == before
    assert run("sin", *SMALL, "-o", str(one), "--force").exit_code == 0
    assert (one / "surface.json").read_bytes() != (other / "surface.json").read_bytes()


@pytest.mark.parametrize("place", ["missing/folder", "a-file"])
def test_a_folder_that_cannot_be_is_an_error_before_the_work(tmp_path, place):
    (tmp_path / "a-file").write_text("")
    found = run("sin", "--steps", "100000000", "-o", str(tmp_path / place))
    assert found.exit_code == 4
    assert len(found.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Name a TARGET"),
        (["sin", "--csv", "x.csv"], "contradict"),
        (["sin", "--y", "2"], "--csv FILE"),
        (["--preset", "surface-tanh", "--domain", "0", "1"], "TARGET"),
        (["sin", "--span", "3", "1"], "lower end first"),
        (["sin", "--steps", "3", "--epochs", "3"], "contradict"),
        (["sin", "--hidden", "relu:3"], "widths alone"),
        (["sin", "--force"], "-o DIR"),
        (["sin", "--points", "2"], "3<=x<=501"),
        (["--preset", "surface-cosh"], "surface-tanh"),
    ],
)
def test_usage_errors_are_told_before_anything_heavy_is_imported(arguments, words):
    code = (
        "import sys\nfrom activations_cli.main import main\n"
        f"sys.argv = {['activations', 'surface', *arguments]!r}\n"
        "try:\n    main()\nfinally:\n    print('numpy' in sys.modules, 'torch' in sys.modules, 'rich' in sys.modules)"
    )
    environment = {**os.environ, "COLUMNS": "200"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert found.returncode == 2
    assert words in found.stderr
    assert found.stdout.strip() == "False False False"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sin", "--hidden", "3", "--directions", "weights"], "directions='random'"),
        (["sine-wave"], "unknown target"),
        (["sin", "-a", "tanhh"], "tanh"),
        (["sin", "--batch", "100000"], "training points"),
    ],
)
def test_other_errors_are_one_clean_line(arguments, words):
    found = run(*arguments)
    assert found.exit_code == 2
    assert words in found.stderr and "Traceback" not in found.stderr
    assert found.stdout == ""


def test_choices_are_those_of_the_library():
    assert surface.DIRECTIONS == DIRECTIONS
    assert tuple(preset.name for preset in SURFACE_PRESETS) == surface.PRESETS


def bowl(gap=False):
    line = [i / 10 - 1 for i in range(21)]
    heights = [[float("nan") if gap and x > 0.5 else x * x + y * y for x in line] for y in line]
    path = [(-0.9, -0.9), (0.0, 0.0)]
    return Relief((-1.0, 1.0), (-1.0, 1.0), heights, [0.25, 1.0], path, [(0.5, 0.5)])


@pytest.mark.parametrize("unicode", [True, False])
def test_a_contour_is_where_its_level_is(unicode):
    lines = ["".join(text for text, _ in line) for line in contour(bowl(), 47, 21, unicode)]
    assert all(len(line) <= 47 for line in lines) and len(lines) == 22
    grid = [line[7:].ljust(40) for line in lines[:-1]]
    start, end, low = ("○", "●", "★") if unicode else ("S", "E", "*")
    assert grid[19][2] == start  # low left, as the axes point right and up
    assert grid[10].index(end) in (19, 20)
    assert grid[5].index(low) in (29, 30)
    middle = [column for column, letter in enumerate(grid[10]) if letter not in (" ", end)]
    # At height 0 the contours cross at -1, -0.5, 0.5 and 1 of 40 columns.
    assert {round(column / 39 * 4) for column in middle} <= {0, 1, 2, 3, 4}
    assert any(abs(column - 29.5) <= 1.5 for column in middle)


def test_a_gap_has_no_contours():
    lines = ["".join(text for text, _ in line) for line in contour(bowl(gap=True), 47, 21, False)]
    right = [line[7:].ljust(40)[32:] for line in lines[:-1]]
    assert not "".join(right).strip()

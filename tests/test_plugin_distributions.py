"""The distributions in plugins/, each installed by pip, seen by every command, typed, and passing its own tests."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLUGINS = ROOT / "plugins"
PROVIDED = {
    "activations-inr": ["inr_siren", "inr_finer", "inr_gabor", "inr_gaussian", "inr_sinc"],
    "activations-rational": ["pau_leaky_relu", "pau_tanh", "pau_gelu"],
    "activations-snake": ["snake_logscale"],
    "activations-targets": [],
}
WITH_ACTIVATIONS = [name for name, activations in PROVIDED.items() if activations]
FIRST = [PROVIDED[name][0] for name in WITH_ACTIVATIONS]
SERIES = ["sunspots", "nile_flow", "mauna_loa_co2", "us_unemployment"]
MEASURED = ["el_nino", "us_bill_rate", "engel_food"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Folders into each of which pip installed one distribution, by name."""
    folders = {name: tmp_path_factory.mktemp(name) for name in PROVIDED}
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    for name, folder in folders.items():
        subprocess.run([*pip, "--target", str(folder), str(PLUGINS / name)], check=True, capture_output=True)
    return folders


@pytest.fixture(scope="module")
def user(tmp_path_factory):
    """Folders of a user who has no configuration, no cache and no results yet."""
    return tmp_path_factory.mktemp("user")


@pytest.fixture
def run(installed, user):
    """Run Python with some of the distributions beside this checkout."""

    def run(*arguments, plugins, module="activations", **options):
        paths = [*(installed[name] for name in plugins), ROOT, ROOT / "cli"]
        folders = {f"XDG_{kind}_HOME": str(user / kind.lower()) for kind in ("CACHE", "DATA", "CONFIG")}
        environment = {**os.environ, **folders, "PYTHONPATH": os.pathsep.join(map(str, paths)), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, **options)

    return run


def test_every_distribution_is_among_these():
    assert sorted(PROVIDED) == sorted(path.parent.name for path in PLUGINS.glob("*/pyproject.toml"))


def test_an_installation_is_one_module_and_its_metadata(installed):
    for name, folder in installed.items():
        module = name.replace("-", "_")
        found = {path.name for path in folder.iterdir()} - {"__pycache__"}
        assert found == {f"{module}.py", f"{module}-0.1.0.dist-info"}


@pytest.mark.parametrize("name", WITH_ACTIVATIONS)
def test_they_are_listed_with_their_origin(run, name):
    result = run("list", *PROVIDED[name], "--json", plugins=[name])
    assert result.returncode == 0, result.stderr
    rows = json.loads(result.stdout)
    assert [row["name"] for row in rows] == PROVIDED[name]
    assert {row["origin"] for row in rows} == {f"{name} 0.1.0"}
    assert result.stderr == ""


@pytest.mark.parametrize("name", WITH_ACTIVATIONS)
def test_they_are_absent_without_it(run, name):
    others = [other for other in PROVIDED if other != name]
    assert run("list", PROVIDED[name][0], "--json", plugins=others).returncode == 2


def test_all_of_them_are_found_together(run):
    assert run("targets", "--json", plugins=PROVIDED).returncode == 0  # now each has been loaded once
    result = run("plugins", "--json", plugins=PROVIDED)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    rows = json.loads(result.stdout)
    assert [row["version"] for row in rows] == ["0.1.0"] * len(PROVIDED)
    assert [row["problems"] for row in rows] == [[]] * len(PROVIDED)
    for name, activations in PROVIDED.items():
        for text in (name, *activations):
            assert f'"{text}"' in result.stdout


def test_they_are_proved(run):
    result = run("check", *FIRST, "--only", "value", "--only", "gradient", "--json", plugins=PROVIDED)
    assert result.returncode == 0, result.stdout + result.stderr
    outcomes = json.loads(result.stdout)["outcomes"]
    assert {row["activation"].partition(":")[0] for row in outcomes} == set(FIRST)
    assert {row["check"] for row in outcomes} == {"value", "gradient"}
    assert {row["status"] for row in outcomes} == {"passed"}


def test_they_are_drawn(run, tmp_path):
    picture = tmp_path / "curves.svg"
    result = run("plot", *FIRST, "-o", str(picture), plugins=PROVIDED)
    assert result.returncode == 0, result.stderr
    assert picture.read_text().lstrip().startswith("<?xml")


def test_they_are_ranked(run):
    names = [name for activations in PROVIDED.values() for name in activations]
    tiny = ["--steps", "20", "--seeds", "2", "--hidden", "8", "--no-race", "--no-store", "--json"]
    chosen = [text for name in (*names, "linear") for text in ("-a", name)]
    result = run("bench", "x*x", "--domain", "-1", "1", *chosen, *tiny, plugins=PROVIDED)
    assert result.returncode in (0, 5), result.stderr
    ranking = json.loads(result.stdout)["targets"][0]["ranking"]
    assert sorted(row["activation"] for row in ranking) == sorted([*names, "linear"])
    places = [row["activation"] for row in ranking]
    assert places.index("snake_logscale") < places.index("linear")


def test_an_initialisation_of_its_own_is_told(run):
    result = run("show", "inr_siren", "--json", plugins=["activations-inr"])
    assert result.returncode == 0, result.stderr
    shown = json.loads(result.stdout)
    (item,) = shown if isinstance(shown, list) else [shown]
    assert item["init"]["hidden"] == "sqrt(6/n)/omega_0"


@pytest.mark.parametrize(("suite", "expected"), [("series", SERIES), ("data", ["diabetes", *MEASURED])])
def test_targets_are_listed_and_belong_to_suites(run, suite, expected):
    result = run("targets", "--suite", suite, "--json", plugins=["activations-targets"])
    assert result.returncode == 0, result.stderr
    rows = json.loads(result.stdout)
    assert [row["name"] for row in rows] == expected
    assert all("public domain, from statsmodels" in row["source"] for row in rows if row["name"] != "diabetes")


def test_a_target_is_fitted(run):
    tiny = ["--steps", "20", "--seeds", "2", "--hidden", "8", "--no-store", "--json"]
    result = run("bench", "nile_flow", "-a", "relu", "-a", "tanh", *tiny, plugins=["activations-targets"])
    assert result.returncode in (0, 5), result.stderr
    (target,) = json.loads(result.stdout)["targets"]
    assert target["target"] == "nile_flow"
    assert len(target["ranking"]) == 2


def test_the_command_lists_and_exports_the_data(run, tmp_path):
    result = run("datasets", "--json", plugins=["activations-targets"])
    assert result.returncode == 0, result.stderr
    assert [row["name"] for row in json.loads(result.stdout)] == [*SERIES, *MEASURED]
    place = tmp_path / "nile.csv"
    result = run("datasets", "--export", "nile_flow", "-o", str(place), plugins=["activations-targets"])
    assert result.returncode == 0, result.stderr
    assert next(csv.reader(io.StringIO(place.read_text()))) == ["year", "volume"]
    # The tool's own way with a file that exists, and with a name that nobody knows.
    again = run("datasets", "--export", "nile_flow", "-o", str(place), plugins=["activations-targets"])
    assert again.returncode == 2
    assert "--force" in again.stderr and "Traceback" not in again.stderr
    assert run("datasets", "--export", "nil", plugins=["activations-targets"]).returncode == 2
    assert run("datasets", plugins=["activations-inr"]).returncode == 2


@pytest.mark.parametrize("name", PROVIDED)
def test_its_own_tests_pass(run, name):
    folder = PLUGINS / name
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(folder), str(folder)]
    result = run(*arguments, plugins=[name], module="pytest", cwd=folder)
    assert result.returncode == 0, result.stdout
    assert "passed" in result.stdout and "skipped" not in result.stdout


@pytest.mark.parametrize("name", PROVIDED)
def test_it_is_typed(run, name):
    module = PLUGINS / name / f"{name.replace('-', '_')}.py"
    arguments = ["--strict", "--config-file", str(ROOT / "pyproject.toml"), str(module)]
    result = run(*arguments, plugins=[], module="mypy", cwd=ROOT)
    assert result.returncode == 0, result.stdout

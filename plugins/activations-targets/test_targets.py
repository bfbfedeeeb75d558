import csv
import json
import subprocess
import sys
from importlib.machinery import ModuleSpec

import activations_targets
import click
import pytest
from activations_targets import DATA_SETS, provide_targets, register_commands
from click.testing import CliRunner

from activations import csv_target
from activations.fitting.samples import draw_samples

BY_NAME = {item.name: item for item in DATA_SETS}
TARGETS = {target.name: target for target in provide_targets()}


def command(*arguments):
    cli = click.Group()
    register_commands(cli)
    return CliRunner().invoke(cli, ["datasets", *arguments])


def test_every_data_set_is_a_target_with_its_origin_told():
    assert list(TARGETS) == list(BY_NAME)
    for name, target in TARGETS.items():
        assert target.title and "public domain, from statsmodels/datasets/" in target.source
        assert target.group == ("series" if BY_NAME[name].x in {("year",), ("time",)} else "data")
        assert target.variables == BY_NAME[name].x
        assert target.points == len(target.table.y) >= 100


@pytest.mark.parametrize(
    ("name", "rows", "first", "last"),
    [
        ("sunspots", 309, ((1700.0,), 5.0), ((2008.0,), 2.9)),
        ("nile_flow", 100, ((1871.0,), 1120.0), ((1970.0,), 740.0)),
        ("us_unemployment", 203, ((1959.125,), 5.8), ((2009.625,), 9.6)),
        ("el_nino", 732, ((1950.0, 1.0), 23.11), ((2010.0, 12.0), 22.07)),
        ("us_bill_rate", 203, ((1959.125, 0.0, 5.8), 2.82), ((2009.625, 3.56, 9.6), 0.12)),
    ],
)
def test_rows_are_those_of_the_files(name, rows, first, last):
    table = TARGETS[name].table
    assert len(table.y) == rows
    assert (table.x[0], table.y[0]) == first
    assert (table.x[-1], table.y[-1]) == last


def test_dates_become_parts_of_a_year_and_missing_weeks_are_counted():
    table = TARGETS["mauna_loa_co2"].table
    assert table.x[0][0] == pytest.approx(1958 + 87 / 365)
    assert table.y[0] == 316.1
    assert (len(table.y), table.dropped) == (2225, 59)
    assert list(table.x) == sorted(table.x)


@pytest.mark.parametrize("name", BY_NAME)
def test_they_can_be_sampled(name):
    samples = draw_samples(TARGETS[name], seed=1)
    parts = (samples.training, samples.validation, samples.test)
    assert sum(len(part.x) for part in parts) == TARGETS[name].points


def test_loading_imports_neither_statsmodels_nor_torch():
    code = (
        "import sys, activations_targets as t; t.provide_targets();"
        "print([name for name in ('statsmodels', 'pandas', 'torch', 'numpy', 'click') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_missing_statsmodels_is_told(monkeypatch):
    monkeypatch.setattr(activations_targets.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="statsmodels, whose data these are, is not installed; run 'pip"):
        provide_targets()


def test_a_file_that_another_version_lacks_leaves_the_others(monkeypatch, tmp_path):
    whole = activations_targets.data_folder()
    (tmp_path / "datasets" / "nile").mkdir(parents=True)
    (tmp_path / "datasets" / "nile" / "nile.csv").write_bytes((whole / "nile" / "nile.csv").read_bytes())
    spec = ModuleSpec("statsmodels", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(activations_targets.importlib.util, "find_spec", lambda name: spec)
    assert [target.name for target in provide_targets()] == ["nile_flow"]
    assert [row["name"] for row in json.loads(command("--json").stdout)] == ["nile_flow"]


def test_the_command_lists_them():
    rows = json.loads(command("--json").stdout)
    assert [row["name"] for row in rows] == list(BY_NAME)
    assert rows[2]["rows"] == 2225 and rows[2]["dropped"] == 59
    text = command().stdout
    assert "nile_flow: yearly flow of the Nile" in text
    assert "100 rows, volume from year; group series" in text


def test_an_exported_one_is_the_same_target(tmp_path):
    place = tmp_path / "el_nino.csv"
    assert command("--export", "el_nino", "-o", str(place)).exit_code == 0
    assert csv_target(str(place)).digest == TARGETS["el_nino"].digest
    again = command("--export", "el_nino", "-o", str(place))
    assert isinstance(again.exception, FileExistsError)
    assert command("--export", "el_nino", "-o", str(place), "--force").exit_code == 0
    printed = list(csv.reader(command("--export", "nile_flow").stdout.splitlines()))
    assert printed[:2] == [["year", "volume"], ["1871.0", "1120.0"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.csv"], "name it with --export"),
        (["--export", "nile_flow", "--json"], "leave --json out"),
        (["--export", "nil"], "nile_flow"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message):
    result = command(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr

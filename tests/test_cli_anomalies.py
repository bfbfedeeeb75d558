"""`activations anomalies`: tables, files, models, and bad data."""

from __future__ import annotations

import csv
import json
import math
import os
import random
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from activations import fit
from activations_cli.main import cli

FAST = ("--hidden", "8", "--steps", "200", "--lr", "0.03")
MOVED = 30  # the row that is off
NAMES = {"anomalies.csv", "anomalies.json", "anomalies.svg", "anomalies.png"}


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["anomalies", *arguments], env={"COLUMNS": "100", "NO_COLOR": "1", **environment})


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not strict JSON")


def read(text: str) -> Any:
    return json.loads(text, parse_constant=refuse_constant)


def lines(rows: int = 60, header: str = "time,value", seed: int = 0) -> list[str]:
    source = random.Random(seed)
    found = [header] if header else []
    for i in range(rows):
        x = -1 + 2 * i / (rows - 1)
        found.append(f"{x:.6f},{math.sin(3 * x) + source.gauss(0, 0.03) + (2.0 if i + 1 == MOVED else 0.0):.6f}")
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text("\n".join(lines()) + "\n")
    return path


def test_the_row_that_is_off_is_marked_and_the_rest_explained(data: Path) -> None:
    found = run("--csv", str(data), *FAST)
    assert found.exit_code == 0, found.stderr
    table = [line.split() for line in found.stdout.splitlines()]
    row = next(cells for cells in table if cells and cells[0] == str(MOVED))
    assert row[1] == str(MOVED + 1), "its line in the file, below the header"
    assert "alpha 0.01 lets 0.6 of 60 normal rows be marked by chance" in found.stdout
    assert "1.4826 MAD" in found.stdout
    described = read(run("--csv", str(data), *FAST, "--json").stdout)
    first = described["anomalies"][0]
    assert (first["row"], first["line"]) == (MOVED, MOVED + 1)
    assert first["y"] - first["prediction"] == pytest.approx(first["residual"])
    assert first["p_value"] < 1e-10
    assert described["expected_false_alarms"] == pytest.approx(0.6)
    assert described["source"] == "folds"


def test_files_are_whole_strict_and_equal_on_repeat(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert run("--csv", str(data), *FAST, "-o", str(folder)).exit_code == 0
    first = {place.name: place.read_bytes() for place in folder.iterdir()}
    assert set(first) == NAMES
    again = run("--csv", str(data), *FAST, "-o", str(folder))
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert run("--csv", str(data), *FAST, "-o", str(folder), "--force").exit_code == 0
    assert {place.name: place.read_bytes() for place in folder.iterdir()} == first
    rows = list(csv.DictReader(first["anomalies.csv"].decode().splitlines()))
    assert len(rows) == 60
    assert rows[MOVED - 1]["anomaly"] == "true"
    marked = [number for number, row in enumerate(rows, start=1) if row["anomaly"] == "true"]
    described = read(first["anomalies.json"].decode())
    assert sorted(row["row"] for row in described["anomalies"]) == marked
    ElementTree.fromstring(first["anomalies.svg"])
    assert first["anomalies.png"].startswith(b"\x89PNG")


def test_conformal_says_what_its_rate_takes(data: Path) -> None:
    found = run("--csv", str(data), *FAST, "--method", "conformal")
    assert found.exit_code == 2
    assert found.stdout == ""
    assert "at least 99 held-out rows, and of 60 rows 24 are held out" in found.stderr
    told = run("--csv", str(data), *FAST, "--method", "conformal", "--alpha", "0.05")
    assert told.exit_code == 0
    assert f"\n {MOVED}" in told.stdout.replace("\n  ", "\n ")
    assert "(1 + larger ones) / (1 + 24)" in " ".join(told.stdout.split())
    rate = run("--csv", str(data), *FAST, "--method", "conformal", "--fdr", "0.2")
    assert rate.exit_code == 0
    assert "0 of 60 rows marked; on average at most 0.2" in rate.stdout
    assert "unless at least 12 are beyond all of them" in " ".join(rate.stdout.split())


def test_a_model_judges_the_columns_that_it_knows_without_training(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model.safetensors"
    fit("sin(3*x)", "tanh", hidden=(12,), steps=400, learning_rate=0.03).save(model)
    other = tmp_path / "other.csv"
    other.write_text(
        "\n".join(["y,note,x", *(f"{b},{i},{a}" for i, (a, b) in enumerate(map(halves, lines(header=""))))])
    )
    monkeypatch.setattr("activations.networks.anomalies.train_folds", None)
    monkeypatch.setattr("activations.networks.fit.Fitting.run", None)
    for arguments in ((str(data),), (str(other),), (str(other), "--x", "x", "--y", "1")):
        described = read(run(str(model), "--csv", *arguments, "--json").stdout)
        assert described["source"] == "model"
        assert described["anomalies"][0]["row"] == MOVED
    wrong = run(str(model), "--csv", str(other), "--x", "x", "--x", "note", "--y", "y")
    assert wrong.exit_code == 2
    assert "takes 1 inputs (x)" in wrong.stderr


def halves(line: str) -> tuple[str, str]:
    first, _, second = line.partition(",")
    return first, second


def test_a_target_says_what_values_ought_to_be_and_a_reference_what_is_normal(data: Path, tmp_path: Path) -> None:
    described = read(run("sin(3*x)", "--csv", str(data), *FAST, "--json").stdout)
    assert described["source"] == "model"
    assert described["anomalies"][0]["row"] == MOVED
    good = tmp_path / "good.csv"
    good.write_text("\n".join(line for i, line in enumerate(lines(300, seed=1)) if i != MOVED))
    told = read(run("--csv", str(data), "--reference", str(good), *FAST, "--method", "conformal", "--json").stdout)
    assert told["source"] == "reference"
    assert told["held_out"] in (149, 150)
    assert told["anomalies"][0]["row"] == MOVED


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found 0"),
        (b"time,value\n", "found 0"),
        (b"time,value\n1,2\n", "found 1"),
        (b"time,value\n" + b"1,2\n" * 12, "all values are"),
        (b"time,value\n" + b"nan,nan\n" * 12, "line 2"),
        (b"time,value\n" + b"1,2\n2,3\n" * 8 + b"3,inf\n", "line 18"),
        (b"time,value\n" + b"1,2\n2,3\n" * 8 + b"3\n", "line 18: 1 cells"),
        (b"time,value\n" + b"1,2\n2,3\n" * 8 + b"3,abc\n", "line 18, column 2"),
        (b"time,value\n" + b"1,2\n2,3\n" * 8 + b"3,\x00\n", "NUL"),
        ("time,value\n1,2\n".encode("utf-16"), "UTF-8"),
        ("zeit,größe\n1,2\n".encode("latin-1"), "UTF-8"),
        (b"time;value\n" + b"1,5;2,5\n2,5;3,5\n" * 8, "decimal point"),
        (b"time,value,value\n" + b"1,2,3\n2,3,4\n" * 8, "both"),
        (b"time,kind\n" + b"1,a\n2,b\n" * 8, "classes"),
    ],
)
def test_bad_data_end_in_one_line_and_leave_no_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    columns = ("--y", "value") if b"value,value" in content else ()
    found = run("--csv", str(path), *columns, *FAST, "-o", str(tmp_path / "out"))
    assert found.exit_code == 2, found.output
    assert message in found.stderr
    assert "Traceback" not in found.stderr
    assert found.stdout == ""
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_accepted_oddities(tmp_path: Path) -> None:
    rows = lines()
    contents = {
        "bom.csv": "\ufeff" + "\n".join(rows),
        "cr.csv": "\r".join(rows),
        "tabs.csv": "\n".join(rows).replace(",", "\t"),
        "shuffled.csv": "\n".join([rows[0], *random.Random(3).sample(rows[1:], 60)]),
        "bare.csv": "\n".join(rows[1:]),
        "missing.csv": "\n".join([*rows, "0.5,", "nan,1"]),
        "twice.csv": "\n".join([*rows, rows[7], rows[7].rpartition(",")[0] + ",0.1"]),
        "huge.csv": "\n".join([rows[0], *(row + "e307" for row in rows[1:])]),
    }
    for name, content in contents.items():
        path = tmp_path / name
        path.write_text(content, newline="")
        found = run("--csv", str(path), "--drop-na", *FAST, "--json")
        assert found.exit_code == 0, (name, found.stderr)
        described = read(found.stdout)
        first = described["anomalies"][0]
        x = -1 + 2 * (MOVED - 1) / 59
        assert first["x"][0] == pytest.approx(x, abs=1e-5), name
        assert described["rows_left_out"] == (2 if name == "missing.csv" else 0)
        assert "Warning" not in found.stderr
        if name == "missing.csv":
            assert "2 rows of missing.csv" in found.stderr
        if name == "twice.csv":
            assert "2 rows of twice.csv repeat" in found.stderr


def test_missing_cells_are_refused_unless_they_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text("\n".join([*lines(), "0.5,"]))
    found = run("--csv", str(path), *FAST)
    assert found.exit_code == 2
    assert "line 62" in found.stderr


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "zero"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "thing"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "zero":
        path = Path("/dev/zero")
    found = run("--csv", str(path))
    assert found.exit_code == 4
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "--csv"),
        (("--csv", "DATA", "--alpha", "0"), 2, "0<x<1"),
        (("--csv", "DATA", "--alpha", "1"), 2, "0<x<1"),
        (("--csv", "DATA", "--fdr", "nan"), 2, "fdr=nan"),
        (("--csv", "DATA", "--method", "magic"), 2, "mad"),
        (("--csv", "DATA", "--folds", "1"), 2, "2<=x<=50"),
        (("--csv", "DATA", "--force"), 2, "-o DIR"),
        (("--csv", "DATA", "-a", "*elu"), 2, "name one"),
        (("--csv", "DATA", "-a", "mihs"), 2, "mish"),
        (("--csv", "DATA", "--hidden", "relu:8"), 2, "-a"),
        (("--csv", "DATA", "--y", "valu"), 2, "value"),
        (("--csv", "DATA", "--lr", "1e30", "--steps", "20", "--optimizer", "sgd", "-a", "relu"), 2, "diverged"),
        (("--csv", "DATA", "--device", "cuda:99"), 4, "available"),
        (("sinn", "--csv", "DATA"), 2, "did you mean"),
        (("nowhere.safetensors", "--csv", "DATA"), 4, "nowhere.safetensors"),
        (("--csv", "DATA", "-o", "/nowhere/out"), 4, "nowhere"),
        (("--csv", "DATA", "--reference", "/nowhere.csv"), 4, "nowhere.csv"),
    ],
)
def test_what_makes_no_sense_is_refused(data: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    found = run(*(str(data) if argument == "DATA" else argument for argument in arguments))
    assert found.exit_code == code, found.output
    assert message in found.stderr
    assert found.stdout == ""
    assert "Traceback" not in found.stderr


def test_a_foreign_model_file_is_refused(data: Path, tmp_path: Path) -> None:
    model = tmp_path / "odd.safetensors"
    model.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00not a header at all")
    found = run(str(model), "--csv", str(data))
    assert found.exit_code in (2, 4)
    assert "odd.safetensors" in found.stderr
    assert "Traceback" not in found.stderr


def test_a_fit_that_explains_nothing_says_so(data: Path) -> None:
    poor = run("--csv", str(data), "--lr", "1e20", "--steps", "20")
    assert poor.exit_code == 0
    assert "explains nothing of the spread of value" in " ".join(poor.stdout.split())
    good = run("--csv", str(data), *FAST)
    assert "explains nothing" not in good.stdout
    assert read(run("--csv", str(data), *FAST, "--json").stdout)["explained"] > 0.5


def test_foreign_names_are_harmless_in_every_output(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    header = "<script>alert(1)</script>,\"=cmd|'/c calc'!A1\x1b[31m\""
    path.write_text("\n".join(lines(header=header)), encoding="utf-8")
    folder = tmp_path / "out"
    found = run("--csv", str(path), *FAST, "-o", str(folder))
    assert found.exit_code == 0, found.stderr
    assert "\x1b" not in found.stdout
    text = (folder / "anomalies.csv").read_text()
    assert text.splitlines()[0].startswith("<script>alert(1)</script>,'=cmd|")
    for name in ("anomalies.csv", "anomalies.svg", "anomalies.json"):
        assert b"\x1b" not in (folder / name).read_bytes()
    assert b"<script" not in (folder / "anomalies.svg").read_bytes()


@pytest.mark.parametrize("columns", ["20", "60", "200"])
def test_it_fits_the_terminal_and_ascii(data: Path, columns: str) -> None:
    found = run("--csv", str(data), *FAST, COLUMNS=columns, LC_ALL="C", PYTHONIOENCODING="", PYTHONUTF8="")
    assert found.exit_code == 0
    assert found.stdout.isascii()
    assert max(map(len, found.stdout.splitlines())) <= int(columns)

"""`activations fit` and `activations predict`; the numbers themselves are tested with the library."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from activations.networks import settings
from activations.networks.fit import Fit, fit
from activations.networks.onnx_file import has_onnx
from activations_cli.commands import fit as command
from activations_cli.fits import FILES, ONNX
from activations_cli.main import cli
from activations_cli.sketch import Curve, sketch

SMALL = ("--hidden", "4", "--steps", "20")


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "100", "NO_COLOR": "1", **environment})


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not strict JSON")


def read(text: str) -> Any:
    return json.loads(text, parse_constant=refuse_constant)


def table(path: Path, header: str = "height,width,kind", kinds: str = "ab") -> Path:
    lines = [f"{i / 10},{math.sin(i / 10):.4f},{kinds[i % len(kinds)]}" for i in range(60)]
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


# --- Fitting -------------------------------------------------------------------------------------------------------


def test_errors_parameters_and_how_to_go_on_are_shown() -> None:
    found = run("fit", "cubic", *SMALL)
    assert found.exit_code == 0, found.stderr
    wanted = fit("cubic", hidden=(4,), steps=20)
    assert f"{wanted.errors().rmse:#.4g}".rstrip("0") in found.stdout
    for text in ("1-4-1, 13 parameters", "rate 0.02", "training (40 points)", "R²", "hidden.0.weight", "4 x 1"):
        assert text in found.stdout
    assert "-o DIR" in found.stderr and "step 20 of 20" in found.stderr
    assert any(0x2800 < ord(letter) < 0x2900 for letter in found.stdout)


def test_quiet_and_ascii() -> None:
    found = run("fit", "cubic", *SMALL, "-q", LC_ALL="C")
    assert found.stderr == "" and found.stdout.isascii() and "*" in found.stdout


def test_json_is_strict_and_whole() -> None:
    found = run("fit", "cubic", *SMALL, "--optimizer", "sgd", "--lr", "1e30", "--json")
    assert found.exit_code == 1  # it diverged
    values = read(found.stdout)
    assert values["state"] == "diverged" and values["settings"]["learning_rate"] == 1e30
    assert "try a lower --lr" in found.stderr
    sound = read(run("fit", "cubic", *SMALL, "--json").stdout)
    assert sound["state"] == "finished" and sound["test_error"]["r2"] > 0
    assert [layer["count"] for layer in sound["layers"]] == [4, 4, 4, 1]
    assert len(sound["history"]["steps"]) == 21


def test_every_option_reaches_the_library() -> None:
    arguments = (
        "--optimizer sgd --lr 0.03 --batch 8 --split 0.8 --seed 5 --schedule step --loss huber --init torch "
        "--scaling none --no-bias --precision float64 --hidden relu:4,3 --steps 9"
    )
    values = read(run("fit", "cubic", "-a", "gelu", *arguments.split(), "--json").stdout)
    assert values["settings"] == {
        "hidden": [4, 3], "learning_rate": 0.03, "steps": 9, "split": 0.8, "seed": 5, "initialisation": "torch",
        "scaling": "none", "bias": False, "precision": "float64",
        "recipe": {"optimizer": "sgd", "schedule": "step", "loss": "huber", "batch_size": 8, "weight_decay": None},
    }  # fmt: skip
    assert values["activation"] == "relu gelu"
    assert (values["training_points"], values["test_points"]) == (32, 8)


def test_what_the_options_offer_is_what_the_library_knows() -> None:
    assert command.SCALINGS == settings.SCALINGS
    option = next(option for option in command.command.params if option.name == "rate")
    rates = settings.DEFAULT_RATES
    wanted = f"adam {rates['adam']:g}, sgd {rates['sgd']:g}, momentum {rates['momentum']:g}"
    assert wanted in str(option.to_info_dict()["help"])
    assert rates["adam"] == rates["adamw"]


def test_domain_and_curve() -> None:
    found = run("fit", "t -> (cos(t), sin(t))", "--domain", "0", "6", *SMALL, "--json")
    values = read(found.stdout)
    assert values["target"]["domain"] == [[0, 6]] and values["target"]["outputs"] == 2
    assert "RMSE" in run("fit", "t -> (cos(t), sin(t))", *SMALL).stdout


def test_a_preset_has_its_settings_but_for_those_that_are_typed() -> None:
    values = read(run("fit", "--preset", "relu-sin", "--steps", "30", "--json").stdout)
    assert values["hidden"] == [512] and values["activation"] == "relu"
    assert values["settings"]["steps"] == 30 and values["settings"]["recipe"]["batch_size"] == 32
    assert values["settings"]["split"] == 0.8
    other = read(run("fit", "--preset", "relu-sin", "--steps", "30", "--split", "0.5", "-a", "tanh", "--json").stdout)
    assert other["settings"]["split"] == 0.5 and other["activation"] == "tanh"
    assert "did you mean relu-sin" in run("fit", "--preset", "relu-sine").stderr


def test_rows_of_a_file(tmp_path: Path) -> None:
    file = table(tmp_path / "data.csv", "a,<b>,kind")
    found = run("fit", "--csv", str(file), *SMALL)
    assert found.exit_code == 0, found.stderr
    assert "accuracy" in found.stdout and "2-4-2" in found.stdout
    found = run("fit", "--csv", str(file), "--x", "a", "--y", "<b>", *SMALL, "--json")
    assert read(found.stdout)["target"]["inputs"] == ["a"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "Name a TARGET"),
        (["cubic", "--preset", "cubic-1"], 2, "both say what to fit"),
        (["cubic", "--y", "a"], 2, "--csv FILE"),
        (["--csv", "x.csv", "--domain", "0", "1"], 2, "--domain is for"),
        (["cubic", "--domain", "1", "0"], 2, "no interval"),
        (["cubic", "--force"], 2, "-o DIR"),
        (["kubic"], 2, "did you mean cubic"),
        (["sin(x"], 2, "column"),
        (["cubic", "-a", "tahn"], 2, "did you mean"),
        (["cubic", "-a", "softmax"], 2, "softmax"),
        (["cubic", "--split", "1.5"], 2, "between 0 and 1"),
        (["cubic", "--lr", "nan"], 2, "learning_rate=nan"),
        (["cubic", "--batch", "100"], 2, "40 training points"),
        (["cubic", "--optimizer", "lm"], 2, "float64"),
        (["cubic", "--optimizer", "lbfgs", "--lr", "1"], 2, "no learning rate"),
        (["cubic", "--hidden", "1000000,1000000"], 2, "GiB"),
        (["cubic", "--device", "cuda:99"], 4, "not available"),
        (["1/x"], 2, "not finite"),
        (["--csv", "/dev/zero"], 4, "not a regular file"),
        (["--csv", "missing.csv"], 4, "No such file"),
        (["--csv", "."], 4, "directory"),
        (["cubic", "-o", "missing/folder"], 4, "No such file"),
        (["cubic", "--model", "missing/model"], 4, "folder does not exist"),
        (["cubic", "--model", "/dev/full"], 4, "not a regular file"),
        (["cubic", "--dump-weights", "w.txt"], 2, ".json or .csv"),
        (["cubic", "--animate", "a.webm"], 2, ".gif, .mp4 or .html"),
    ],
)
def test_mistakes_are_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("fit", *arguments)
    assert found.exit_code == code, found.output
    assert message in found.stderr and "Traceback" not in found.stderr and found.stdout == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n" + b"1,2\n" * 9 + b"1\n", "line 11: 1 cells, expected 2"),
        (b"a,b\n" + b"1,2\n2,3\n" * 9 + b"1,x\n", "line 20, column 2 (b): 'x' is no number"),
        (b"a,b\n1,\0\n", "NUL byte"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-8"),
        (b"a,b\n" + b"1,2\n2,1\n" * 3, "at least 10"),
        (b"a;b\n" + b"1,5;2\n" * 20, "decimal point"),
        (b"a,b\n" + b"1,2\n" * 20, "all values are"),
    ],
)
def test_broken_files_are_told_by_line_and_column(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "data.csv"
    file.write_bytes(content)
    found = run("fit", "--csv", str(file))
    assert found.exit_code == 2 and message in found.stderr, found.output


# --- Files ---------------------------------------------------------------------------------------------------------


def test_a_folder_gets_pictures_model_and_report(tmp_path: Path) -> None:
    folder = tmp_path / "result"
    found = run("fit", "cubic", *SMALL, "-o", str(folder))
    assert found.exit_code == 0, found.stderr
    assert {path.name for path in folder.iterdir()} == {*FILES, *([ONNX] if has_onnx() else [])}
    report = read((folder / "fit.json").read_text())
    assert report["test_points"] == 2003
    again = Fit.load(folder / "model.safetensors")
    np.testing.assert_array_equal(again.parameters, fit("cubic", hidden=(4,), steps=20).parameters)
    assert (folder / "fit.png").read_bytes().startswith(b"\x89PNG")
    assert f"activations predict {folder}/model.safetensors --at 0.5" in found.stderr
    before = {path: path.read_bytes() for path in folder.iterdir()}
    refused = run("fit", "cubic", *SMALL, "--seed", "1", "-o", str(folder))
    assert refused.exit_code == 2 and "--force" in refused.stderr
    assert before == {path: path.read_bytes() for path in folder.iterdir()}
    assert run("fit", "cubic", *SMALL, "--seed", "1", "-o", str(folder), "--force").exit_code == 0
    assert not np.array_equal(Fit.load(folder / "model.safetensors").parameters, again.parameters)


def test_model_and_weights_alone(tmp_path: Path) -> None:
    model, weights = tmp_path / "m.safetensors", tmp_path / "w.json"
    found = run("fit", "cubic", *SMALL, "--model", str(model), "--dump-weights", str(weights))
    assert found.exit_code == 0, found.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.safetensors", "w.json"]
    assert len(read(weights.read_text())["hidden.0.bias"]) == 4


def test_an_animation(tmp_path: Path) -> None:
    page = tmp_path / "fit.html"
    found = run("fit", "cubic", *SMALL, "--animate", str(page))
    assert found.exit_code == 0, found.stderr
    assert page.read_text().startswith("<!")


@pytest.mark.torture(43)
def test_onnx_needs_its_extra(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    found = run("fit", "cubic", *SMALL, "--onnx", str(file))
    if has_onnx():
        assert found.exit_code == 0 and file.stat().st_size > 500
    else:
        assert found.exit_code == 4 and "torch-activations[onnx]" in found.stderr and not file.exists()


# --- Predicting ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    return fit("cubic", hidden=(4,), steps=20).save(path)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("classes")
    file = table(folder / "data.csv")
    assert run("fit", "--csv", str(file), *SMALL, "--model", str(folder / "model")).exit_code == 0
    return folder / "model", file


def test_numbers(model: Path) -> None:
    found = run("predict", str(model), "--at", "0.5", "--at", "-99", "--json")
    values = read(found.stdout)
    assert values[0]["x"] == [0.5]
    assert values[0]["prediction"] == Fit.load(model).predict([0.5])[0, 0]
    assert "1 of 2 lie outside" in found.stderr
    assert f"{values[0]['prediction']:.9g}" in run("predict", str(model), "--at", "0.5").stdout


def test_rows_come_back_with_their_predictions(classes: tuple[Path, Path], tmp_path: Path) -> None:
    model, file = classes
    out = tmp_path / "out.csv"
    found = run("predict", str(model), "--csv", str(file), "-o", str(out))
    assert (found.exit_code, found.stdout) == (0, f"{out}\n")
    lines = list(csv.reader(io.StringIO(out.read_text())))
    assert lines[0] == ["height", "width", "kind", "prediction", "probability"] and len(lines) == 61
    assert {line[3] for line in lines[1:]} <= {"a", "b"}
    assert lines[1][:3] == ["0.0", "0.0000", "a"]
    assert run("predict", str(model), "--csv", str(file)).stdout == out.read_text()
    assert run("predict", str(model), "--csv", str(file), "-o", str(out)).exit_code == 2
    assert len(read(run("predict", str(model), "--csv", str(file), "--json").stdout)) == 60


def test_columns_are_found_by_name_whatever_their_order(classes: tuple[Path, Path], tmp_path: Path) -> None:
    model, file = classes
    turned = tmp_path / "turned.csv"
    rows = [line.split(",") for line in file.read_text().splitlines()]
    turned.write_text("\n".join(",".join([row[1], "note", row[0]]) for row in rows[:5]) + "\n")
    whole = run("predict", str(model), "--csv", str(file)).stdout.splitlines()
    part = run("predict", str(model), "--csv", str(turned)).stdout.splitlines()
    assert [line.split(",")[-2] for line in part] == [line.split(",")[-2] for line in whole[:5]]
    chances = [[float(line.split(",")[-1]) for line in lines[1:5]] for lines in (whole, part)]
    np.testing.assert_allclose(*chances, rtol=1e-6)  # the last digit depends on how many rows there are
    swapped = run("predict", str(model), "--csv", str(turned), "--x", "1", "--x", "3").stdout.splitlines()
    assert swapped != part


def test_single_rows_and_rows_without_a_header(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_text("0.5\n")
    found = run("predict", str(model), "--csv", str(file))
    value = float(Fit.load(model).predict([0.5])[0, 0])
    assert found.stdout == f"column 1,prediction\n0.5,{value:.9g}\n", found.stderr


@pytest.mark.torture(36)
def test_cells_that_a_spreadsheet_would_run(classes: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("height,width,=HYPERLINK(1)\n-0.5,+1,=cmd|'/c calc'!A1\n1,2,@x\n")
    lines = run("predict", str(classes[0]), "--csv", str(file)).stdout.splitlines()
    assert lines[0].startswith("height,width,'=HYPERLINK(1),prediction")
    assert lines[1].startswith("-0.5,+1,'=cmd|'/c calc'!A1,") and lines[2].startswith("1,2,'@x,")


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("a,b\n1,2\n", [], "no column 'height'"),
        ("height,height,width\n1,2,3\n", [], "2 columns are called 'height'"),
        ("a,b\n1,2\n", ["--x", "a"], "1 columns for the 2 inputs"),
        ("a,b\n1,2\n", ["--x", "a", "--x", "c"], "no column 'c'"),
        ("height,width\n1,two\n", [], "line 2, column 2 (width): 'two' is no number"),
        ("height,width\n1,\n", [], "not finite"),
        ("height,width\n1\n", [], "1 cells, expected 2"),
        ("height,width\n", [], "no rows"),
        ("", [], "no rows"),
    ],
)
def test_rows_are_checked(
    classes: tuple[Path, Path], tmp_path: Path, content: str, arguments: list[str], message: str
) -> None:
    file = tmp_path / "data.csv"
    file.write_text(content)
    found = run("predict", str(classes[0]), "--csv", str(file), *arguments)
    assert found.exit_code == 2 and message in found.stderr and found.stdout == "", found.output


def test_rows_with_missing_inputs_are_left_out_on_request(classes: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("height,width\n1,\n1,2\n")
    found = run("predict", str(classes[0]), "--csv", str(file), "--drop-na")
    assert len(found.stdout.splitlines()) == 2 and "1 rows without finite inputs" in found.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "neither given"),
        (["--at", "1", "--csv", "x.csv"], 2, "both given"),
        (["--at", "one"], 2, "no number"),
        (["--at", "inf"], 2, "not finite"),
        (["--at", "1,2"], 2, "2 numbers, the network 1 inputs"),
        (["--at", "1", "-o", "x.csv"], 2, "go with the rows"),
        (["--csv", "x.csv", "--force"], 2, "-o OUT.csv"),
        (["--csv", "x.csv", "-o", "y.csv", "--json"], 2, "one of them"),
        (["--csv", "missing.csv"], 4, "No such file"),
        (["--csv", "missing.csv", "-o", "nowhere/out.csv"], 4, "folder does not exist"),
    ],
)
def test_mistakes_of_predict(model: Path, arguments: list[str], code: int, message: str) -> None:
    found = run("predict", str(model), *arguments)
    assert found.exit_code == code and message in found.stderr and found.stdout == "", found.output


def test_other_files_are_no_models(tmp_path: Path) -> None:
    assert run("predict", str(tmp_path / "missing"), "--at", "1").exit_code == 4
    assert run("predict", "/dev/zero", "--at", "1").exit_code == 4
    found = run("predict", str(table(tmp_path / "data.csv")), "--at", "1")
    assert found.exit_code == 2 and "no model of 'activations fit'" in found.stderr


# --- Processes -----------------------------------------------------------------------------------------------------


def usual_signals() -> None:
    """As in a terminal, also where the tests run in the background, which may ignore both."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


STOPPING = """
import pathlib, sys, time
from activations.networks import checkpoint, fit
checkpoint.Checkpoint.is_due = True
whole = fit.Fitting.run
def run(self, progress):
    def tell(moment):
        progress(moment)
        if moment.step >= 150:
            pathlib.Path(sys.argv[1]).touch()
            time.sleep(60)
    whole(self, tell)
fit.Fitting.run = run
from activations_cli.main import cli
cli.main(sys.argv[2:], prog_name="activations")
"""


def stopped(ready: Path, number: signal.Signals, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a fit that gets a signal behind step 150."""
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPING, str(ready), "fit", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=usual_signals,
    )
    while not ready.exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(number)
    out, error = process.communicate(timeout=60)
    return process.returncode, out, error


LONG = ("cubic", "--hidden", "4", "--steps", "200")


@pytest.mark.torture(72)
def test_ctrl_c_keeps_the_best_so_far_and_the_same_command_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "result"
    code, out, error = stopped(tmp_path / "ready", signal.SIGINT, *LONG, "-o", str(folder))
    assert code == 130, error
    assert "interrupted" in out and "Traceback" not in error
    kept = Fit.load(folder / "model.safetensors")
    assert kept.state == "interrupted" and kept.step <= 150
    assert read((folder / "fit.json").read_text())["state"] == "interrupted"
    again = error.splitlines()[-1].strip()
    assert again == f"activations fit {' '.join(LONG)} -o {folder} --force"
    found = run(*again.split()[1:])
    assert found.exit_code == 0 and "Going on from step 1" in found.stderr, found.output
    whole = fit("cubic", hidden=(4,), steps=200)
    np.testing.assert_array_equal(Fit.load(folder / "model.safetensors").parameters, whole.parameters)
    assert not (folder / "fit.checkpoint").exists()


@pytest.mark.torture(70)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_fit_that_is_killed_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    model = folder / "model"
    code, _, error = stopped(tmp_path / "ready", number, *LONG, "--model", str(model))
    assert code == (143 if number is signal.SIGTERM else -9), error
    assert ("goes on from there" in error) == (number is signal.SIGTERM)
    assert [path.name for path in folder.iterdir()] == ["model.checkpoint"]
    refused = run("fit", *LONG, "--seed", "1", "--model", str(model))
    assert refused.exit_code == 2 and "other settings" in refused.stderr
    found = run("fit", *LONG, "--model", str(model))
    assert found.exit_code == 0 and "Going on from step 1" in found.stderr
    np.testing.assert_array_equal(Fit.load(model).parameters, fit("cubic", hidden=(4,), steps=200).parameters)
    assert [path.name for path in folder.iterdir()] == ["model"]


def test_no_resume_begins_anew(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("of another fit")
    assert run("fit", *LONG, "--checkpoint", str(state)).exit_code == 2
    found = run("fit", *LONG, "--checkpoint", str(state), "--no-resume")
    assert found.exit_code == 0 and "Going on" not in found.stderr and not state.exists()


def test_ctrl_c_without_a_file_shows_the_best_so_far(tmp_path: Path) -> None:
    code, out, error = stopped(tmp_path / "ready", signal.SIGINT, *LONG, "--json")
    assert code == 130 and read(out)["state"] == "interrupted" and "Traceback" not in error


@pytest.mark.torture(89)
@pytest.mark.parametrize("reader", ["head -n 1", "true"])
def test_a_reader_that_has_enough(reader: str, model: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("x\n" + "0.5\n" * 50_000)
    entry = f"{sys.executable} -m activations_cli.main"
    for arguments in (f"fit cubic {' '.join(SMALL)} -q --json", f"predict {model} --csv {rows}"):
        line = f"set -o pipefail; {entry} {arguments} | {reader}"
        found = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
        assert found.returncode in (0, 141) and found.stderr == "", found.stderr


@pytest.mark.torture(73)
def test_a_full_disk_is_told(model: Path) -> None:
    line = f"{sys.executable} -m activations_cli.main predict {model} --at 1 > /dev/full"
    found = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert found.returncode == 4 and "No space left" in found.stderr and "Traceback" not in found.stderr


def test_the_live_view_on_a_terminal() -> None:
    """A pseudo terminal as stderr: the picture is redrawn and taken away at the end."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "activations_cli.main", "fit", "sin", "--steps", "400"],
        stdout=subprocess.PIPE,
        stderr=follower,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "40"},
    )
    os.close(follower)
    seen = b""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        seen += part
    out, _ = process.communicate(timeout=60)
    os.close(leader)
    text = seen.decode()
    assert process.returncode == 0 and "RMSE" in out.decode()
    assert "step 400 of 400" in text and "\x1b[2K" in text
    assert sum(0x2800 < ord(letter) < 0x2900 for letter in text) > 50


def test_dots_are_drawn_where_the_points_are() -> None:
    frame = Curve("", [0.0, 4.0], [math.nan, math.nan], "", " ")
    dotted = Curve("", [0.0, 4.0], [-1.0, 1.0], "", "o", dotted=True)
    lines = ["".join(text for text, _ in pieces) for pieces in sketch([frame, dotted], 40, 5, False, (-1, 1))]
    assert sum(line.count("o") for line in lines) == 2
    assert lines[0].rstrip().endswith("o") and "o" in lines[4]

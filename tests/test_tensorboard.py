"""Logs for TensorBoard, read back with TensorBoard's own reader: numbers, pictures, texts and hyperparameters."""

from __future__ import annotations

import io
import json
import math
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from report_results import HOSTILE, IMAGE, odd_result

import activations
import activations.benchmark
from activations.errors import MissingExtraError
from activations.files import OutputExistsError
from activations.render.board import extra, places
from activations.render.board.extra import require_tensorboard
from activations.render.board.places import NAME, run_names, write_log
from activations.render.report.runs import error_of, median_outcome
from activations_cli.main import cli

pytest.importorskip("tensorboard", reason="the extra 'tensorboard' has it, and so has 'dev'")
require_tensorboard()  # imports what the following needs, with its warnings kept away

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

from activations.render.board.events import Events
from activations.render.board.fitted import fit_log
from activations.render.board.ranking import ranking_log

SAFE = re.compile(r"[a-z0-9_-]+(/[0-9]+-[a-z0-9_-]+)?")
SMALL = ("--steps", "20", "--seeds", "2", "--hidden", "3", "-j", "1", "-a", "relu", "-a", "x*sigmoid(2*x)")


class Log:
    """What TensorBoard reads from the content of one event file."""

    def __init__(self, data: bytes, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / NAME).write_bytes(data)
        self.reader = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
        self.reader.Reload()

    @property
    def numbers(self) -> dict[str, list[tuple[int, float]]]:
        tags = self.reader.Tags()["scalars"]
        return {tag: [(event.step, event.value) for event in self.reader.Scalars(tag)] for tag in tags}

    @property
    def pictures(self) -> dict[str, Image.Image]:
        tags = self.reader.Tags()["images"]
        found = {tag: self.reader.Images(tag)[0] for tag in tags}
        opened = {tag: Image.open(io.BytesIO(event.encoded_image_string)) for tag, event in found.items()}
        assert all(opened[tag].size == (event.width, event.height) for tag, event in found.items())
        return opened

    @property
    def texts(self) -> dict[str, str]:
        tags = [tag for tag in self.reader.Tags()["tensors"] if not tag.startswith("_hparams_")]
        return {tag: self.reader.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in tags}

    @property
    def columns(self) -> list[str]:
        return [info.name for info in self.experiment.hparam_infos]

    @property
    def experiment(self):
        content = self.reader.PluginTagToContent("hparams")[metadata.EXPERIMENT_TAG]
        return metadata.parse_experiment_plugin_data(content)

    @property
    def row(self) -> dict[str, object]:
        content = self.reader.PluginTagToContent("hparams")[metadata.SESSION_START_INFO_TAG]
        found = metadata.parse_session_start_info_plugin_data(content).hparams
        return {name: getattr(value, value.WhichOneof("kind")) for name, value in found.items()}

    @property
    def status(self) -> int:
        content = self.reader.PluginTagToContent("hparams")[metadata.SESSION_END_INFO_TAG]
        return metadata.parse_session_end_info_plugin_data(content).status


def read(log, folder):
    return {run: Log(data, folder / str(number)) for number, (run, data) in enumerate(log.items())}


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    whole = odd_result(tmp_path_factory.mktemp("odd"))
    # A function, rows of a file with a hostile name, a constant: each picture takes a while.
    return replace(whole, targets=tuple(whole.targets[place] for place in (0, 1, 5)))


@pytest.fixture(scope="module")
def logs(odd, tmp_path_factory):
    return read(ranking_log(odd), tmp_path_factory.mktemp("logs"))


def rows_of(odd):
    """Each run's folder with the target and the row of the ranking that it should be of."""
    names = run_names(found.target.name for found in odd.targets)
    for name, found in zip(names, odd.targets, strict=True):
        labels = run_names(row.activation for row in found.ranking)
        for place, (row, label) in enumerate(zip(found.ranking, labels, strict=True), start=1):
            yield f"{name}/{place:02}-{label}", name, place, found, row


def test_each_activation_is_a_run_with_its_median_error_and_interval(odd, logs):
    expected = list(rows_of(odd))
    assert list(logs) == [*(run for run, *_ in expected), "ranking"]
    finite = 0
    for run, name, place, found, row in expected:
        numbers, error = logs[run].numbers, error_of(row, found.metric)
        finite += math.isfinite(error)
        if not math.isfinite(error):
            assert f"error/{found.metric}" not in numbers and f"ranking-1-median/{name}" not in numbers
            continue
        assert numbers[f"error/{found.metric}"] == [(0, np.float32(error))]
        assert numbers[f"ranking-1-median/{name}"] == [(place, np.float32(error))]
        for tag, end in zip(("ranking-2-low", "ranking-3-high"), row.interval, strict=True):
            assert numbers.get(f"{tag}/{name}", []) == ([(place, np.float32(end))] if math.isfinite(end) else [])
    assert 0 < finite < len(expected)


def test_errors_of_single_seeds_and_the_median_run_s_training_curve_are_there(odd, logs):
    for run, name, _, found, row in rows_of(odd):
        outcomes = found.outcomes[row.activation]
        errors = [o.test.relative if found.metric == "nrmse" else o.test.rmse for o in outcomes]
        wanted = [(number, np.float32(error)) for number, error in enumerate(errors) if math.isfinite(error)]
        assert logs[run].numbers.get(f"error-by-seed/{name}", []) == wanted
        losses = [(step, np.float32(loss)) for step, loss in median_outcome(outcomes).losses]
        assert logs[run].numbers.get(f"loss/{name}", []) == losses


def test_the_table_of_hyperparameters_is_the_ranking(odd, logs):
    experiment = logs["ranking"].experiment
    assert {info.name.tag: info.display_name for info in experiment.metric_infos} == {
        "error/nrmse": "median test NRMSE",
        "error/rmse": "median test RMSE",
    }
    assert logs["ranking"].columns == ["activation", "learning_rate", "weight_scale", "rank", "seed", "target"]
    states = set()
    for run, _, _, found, row in rows_of(odd):
        said = logs[run].row
        assert (said["rank"], said["learning_rate"], said["weight_scale"]) == (row.rank, row.learning_rate, row.scale)
        assert said["seed"] == median_outcome(found.outcomes[row.activation]).run.seed
        assert "\x1b" not in said["target"] and "\x1b" not in said["activation"]
        states.add((row.failed == 1.0, logs[run].status))
    assert states == {(False, 1), (True, 2)}  # STATUS_SUCCESS, STATUS_FAILURE


def test_pictures_and_texts_say_who_won(odd, logs):
    names = run_names(found.target.name for found in odd.targets)
    overview = logs["ranking"]
    assert set(overview.pictures) == {
        *(f"best/{name}-{kind}" for name in names for kind in ("1-fits", "2-errors")),
        "best/all-targets",
    }
    assert all(picture.width >= 500 for picture in overview.pictures.values())
    assert set(overview.texts) == {*(f"ranking/{name}" for name in names), "ranking/all-targets"}
    best = odd.targets[0].ranking[0]
    text = overview.texts[f"ranking/{names[0]}"]
    assert text.startswith(f"{best.activation}: NRMSE ")
    assert "| 1" in text


def test_foreign_names_are_safe_in_folders_tags_and_texts(odd, logs):
    assert any("<b>" in found.target.name for found in odd.targets)
    for run, log in logs.items():
        assert SAFE.fullmatch(run), run
        for tag in (*log.numbers, *log.pictures, *log.texts):
            assert re.fullmatch(r"[a-z0-9_/-]+", tag), tag
        for text in log.texts.values():
            assert "<" not in text.replace("\\<", "") and "\x1b" not in text
    hostile = [f"../{IMAGE}", HOSTILE, "..", "con", "a/b", "A b", "abs(x)", "abs-x", "abs[x]", "", "é", "x" * 300]
    found = run_names(hostile)
    assert len(set(found)) == len(hostile)
    assert all(re.fullmatch(r"[a-z0-9-]+", name) and len(name) < 80 for name in found)
    assert found[3] != "con" and found[6:8] != ("abs-x", "abs-x")
    assert run_names(["abs(x)", "sin"]) == ("abs-x", "sin")


def test_equal_results_give_equal_bytes(odd):
    few = replace(odd, targets=odd.targets[:1])
    assert ranking_log(few) == ranking_log(replace(few, seconds=1e9, reused=3))


def test_another_error_would_be_seen(odd, tmp_path):
    """A negative control: the comparison above tells a log with one wrong number from a right one."""
    found = odd.targets[0]
    wrong = replace(found.ranking[0], nrmse=2 * found.ranking[0].nrmse)
    changed = replace(found, ranking=(wrong, *found.ranking[1:]))
    (run, *_), *_ = rows_of(odd)
    log = Log(ranking_log(replace(odd, targets=(changed,), overall=None))[run], tmp_path / "log")
    assert log.numbers["error/nrmse"] != [(0, np.float32(found.ranking[0].nrmse))]


def test_a_damaged_file_is_not_read_as_if_it_were_whole(odd, tmp_path):
    """A negative control for the reader: records carry checksums that it looks at."""
    events = Events()
    events.add_curve("loss", [(step, 1.0) for step in range(50)])
    data = events.to_bytes()
    assert len(Log(data, tmp_path / "whole").numbers["loss"]) == 50
    middle = len(data) // 2
    damaged = data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]
    assert len(Log(damaged, tmp_path / "damaged").numbers["loss"]) < 50


def test_a_long_benchmark_keeps_the_best_of_each_target(odd, monkeypatch):
    monkeypatch.setattr("activations.render.board.ranking.MOST", 4)
    runs = list(ranking_log(replace(odd, targets=odd.targets[:2], overall=None)))
    assert len(runs) == 2 * 2 + 1
    assert all(re.search(r"/0[12]-", run) for run in runs[:-1])


# The command line


def run(*arguments):
    return CliRunner().invoke(cli, [*arguments], env={"COLUMNS": "120", "NO_COLOR": "1"})


@pytest.fixture(scope="module")
def benched(tmp_path_factory):
    """A benchmark with a log and a store, and its JSON."""
    folder = tmp_path_factory.mktemp("benched")
    found = run("bench", "sin(3*x)", *SMALL, "--store", f"{folder}/r.db", "--tensorboard", f"{folder}/log", "--json")
    assert found.exit_code == 0, found.stderr
    assert f"tensorboard --logdir {folder}/log" in found.stderr
    return folder, json.loads(found.stdout)


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_bench_writes_what_it_prints(benched, tmp_path):
    folder, printed = benched
    ranking = printed["targets"][0]["ranking"]
    found = files(folder / "log")
    assert len(found) == 1 + len(ranking)
    for row in ranking:
        (name,) = [name for name in found if f"/{row['rank']:02}-" in name]
        log = Log(found[name], tmp_path / str(row["rank"]))
        assert log.row["activation"] == row["activation"]
        assert log.numbers["error/nrmse"] == [(0, np.float32(row["nrmse"]))]


def test_report_writes_the_same_log_from_the_store_without_training(benched, tmp_path, monkeypatch):
    folder, _ = benched
    monkeypatch.setattr("activations.fitting.engine.train", None)
    found = run("report", f"{folder}/r.db", "--tensorboard", f"{tmp_path}/log")
    assert found.exit_code == 0, found.stderr
    assert files(tmp_path / "log") == files(folder / "log")
    assert run("report", f"{folder}/r.db").exit_code == 2
    both = run("report", f"{folder}/r.db", "-o", f"{tmp_path}/both", "--tensorboard", f"{tmp_path}/both")
    assert both.exit_code == 0, both.stderr
    assert {"report.html", f"ranking/{NAME}"} <= set(files(tmp_path / "both"))


def no_training(monkeypatch):
    def fail(*arguments, **options):
        raise AssertionError("it was trained")

    monkeypatch.setitem(vars(activations.benchmark), "benchmark", fail)
    monkeypatch.setattr("activations.networks.fit.Fitting.run", fail)


@pytest.mark.parametrize("command", ["bench", "fit", "report"])
def test_without_the_extra_one_line_says_what_to_install_before_any_training(command, benched, tmp_path, monkeypatch):
    no_training(monkeypatch)
    monkeypatch.setattr(extra.importlib.util, "find_spec", lambda name: None)
    operand = f"{benched[0]}/r.db" if command == "report" else "sin"
    found = run(command, operand, "--tensorboard", f"{tmp_path}/log")
    assert found.exit_code == 4
    assert found.stderr.count("\n") == 1
    assert "pip install 'torch-activations[tensorboard]'" in found.stderr
    assert not (tmp_path / "log").exists()


def test_a_broken_extra_is_told_in_a_line(monkeypatch):
    def fail(name):
        raise TypeError("Descriptors cannot be created directly.\n\nIf this call came from a _pb2.py file")

    monkeypatch.setattr(extra.importlib, "import_module", fail)
    with pytest.raises(MissingExtraError, match=r"TypeError: Descriptors .* install it again: pip install") as caught:
        require_tensorboard()
    assert "\n" not in str(caught.value)


def test_a_folder_with_a_log_is_refused_before_any_training(benched, monkeypatch):
    no_training(monkeypatch)
    folder, _ = benched
    before = files(folder / "log")
    found = run("bench", "sin", *SMALL, "--tensorboard", f"{folder}/log")
    assert found.exit_code != 0
    assert found.stderr.count("\n") == 1 and "--force" in found.stderr
    assert files(folder / "log") == before
    missing = run("bench", "sin", *SMALL, "--tensorboard", f"{folder}/no/log")
    assert missing.exit_code == 4 and missing.stderr.count("\n") == 1
    taken = run("bench", "sin", *SMALL, "--tensorboard", f"{folder}/r.db")
    assert taken.exit_code == 4 and taken.stderr.count("\n") == 1
    assert run("bench", "sin", *SMALL, "--force").exit_code == 2


def test_force_replaces_our_log_whole_and_leaves_other_files(tmp_path):
    write_log(tmp_path, {"old/01-relu": b"1", "ranking": b"2"})
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "old/01-relu" / f".{NAME}.abcdefgh.tmp").write_bytes(b"half")
    other = tmp_path / "other" / "events.out.tfevents.1700000000.host.1.0"
    other.parent.mkdir()
    other.write_bytes(b"theirs")
    with pytest.raises(OutputExistsError, match="--force"):
        write_log(tmp_path, {"new/01-relu": b"3"})
    write_log(tmp_path, {"new/01-relu": b"3"}, overwrite=True)
    assert set(files(tmp_path)) == {f"new/01-relu/{NAME}", "notes.txt", str(other.relative_to(tmp_path))}
    assert not (tmp_path / "old").exists()


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_links_are_not_followed_to_logs_elsewhere(tmp_path):
    write_log(tmp_path / "kept", {"run": b"1"})
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "link").symlink_to(tmp_path / "kept")
    write_log(tmp_path / "log", {"run": b"2"}, overwrite=True)
    assert (tmp_path / "kept" / "run" / NAME).read_bytes() == b"1"


def test_a_full_disk_leaves_whole_files_and_the_line_that_writes_them_again(benched, tmp_path, monkeypatch):
    folder, _ = benched
    whole = files(folder / "log")
    write, written = places.write_atomically, []

    def fail(path, data, **options):
        if written:
            raise OSError(28, "No space left on device", str(path))
        written.append(path)
        return write(path, data, **options)

    monkeypatch.setattr(places, "write_atomically", fail)
    options = ("--store", f"{folder}/r.db", "--tensorboard", f"{tmp_path}/log")
    found = run("bench", "sin(3*x)", *SMALL, *options)
    assert found.exit_code == 4
    assert f"activations report {folder}/r.db --tensorboard {tmp_path}/log" in found.stderr
    (name,) = files(tmp_path / "log")
    assert files(tmp_path / "log")[name] == whole[name]


# One fit


def test_a_fit_s_log_has_both_losses_its_picture_and_its_row(tmp_path):
    options = ("sin", "-a", "tanh", "--hidden", "3", "--steps", "20", "--tensorboard", f"{tmp_path}/a")
    found = run("fit", *options, "--json")
    assert found.exit_code == 0, found.stderr
    printed = json.loads(found.stdout)
    logs = {name: Log(data, tmp_path / f"read-{name[:4]}") for name, data in files(tmp_path / "a").items()}
    training, test = logs[f"training/{NAME}"], logs[f"test/{NAME}"]
    history = printed["history"]
    for log, part in ((training, "training_losses"), (test, "test_losses")):
        wanted = [(step, np.float32(loss)) for step, loss in zip(history["steps"], history[part], strict=True)]
        assert log.numbers["loss"] == wanted
    assert test.numbers["error/nrmse"] == [(20, np.float32(printed["test_error"]["nrmse"]))]
    assert test.row["activation"] == "tanh" and test.row["steps"] == 20
    assert set(test.row) == set(test.columns)
    assert set(test.pictures) == {"fit"}
    again = run("fit", *options)
    assert "--force" in again.stderr and again.exit_code != 0


def test_a_fit_without_test_points_has_a_log_too(tmp_path):
    fit = activations.fit("sin", "tanh", hidden=(3,), steps=5)
    bare = type(fit).load(fit.save(tmp_path / "m.safetensors"))
    logs = read(fit_log(bare), tmp_path / "log")
    assert set(logs["test"].pictures) == {"fit"}
    assert logs["test"].row["target"] == "sin"

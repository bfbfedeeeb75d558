"""`activations runs`, `rank`, `report` and `bench --store`: full disks, broken files and hostile names."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from plain_rights import GIVE_UP_RIGHTS
from test_cli_startup import probe

from activations.benchmark import PRESETS
from activations.benchmark.presets import Preset
from activations_cli import results
from activations_cli.main import cli

TINY = Preset("quick", (4,), steps=5, seeds=3, tuning_seeds=3, finalists=2, scales=(1.0, 3.0))
WORK = ("bench", "cubic", "-a", "relu", "-a", "tanh", "-j", "1")
TERMINAL = {"COLUMNS": "200", "NO_COLOR": "1"}


@pytest.fixture(scope="module", autouse=True)
def _small_preset() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "quick", TINY)
        yield


def run(*arguments: object, answer: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], env=TERMINAL, input=answer)


def bench(file: Path, *arguments: object) -> Result:
    found = run(*WORK, "--store", file, *arguments)
    assert found.exit_code == 0, found.stderr
    return found


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not strict JSON")


def read(text: str) -> Any:
    return json.loads(text, parse_constant=refuse_constant)


def comparable(text: str) -> Any:
    """Everything but wall times and what was reused."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in ("seconds", "reused")}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return strip(read(text))


def select(file: Path, statement: str) -> list[Any]:
    connection = sqlite3.connect(file)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite3"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that no test changes."""
    file = tmp_path_factory.mktemp("made") / "runs.sqlite3"
    bench(file)
    return file


# What is kept


def test_bench_keeps_and_rank_finds_the_same(file: Path) -> None:
    first = bench(file, "--json")
    again = bench(file, "--json")
    ranked = run("rank", file, "--json")
    assert ranked.exit_code == 0, ranked.stderr
    assert comparable(first.stdout) == comparable(again.stdout) == comparable(ranked.stdout)
    count = select(file, "SELECT count(*) FROM runs")[0][0]
    assert (read(first.stdout)["reused"], read(again.stdout)["reused"]) == (0, count)
    assert f"{count} runs taken from the store" in bench(file).stdout
    assert "from the store" in run("rank", file).stdout


def test_the_own_store_is_used_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    own = tmp_path / "activations" / "runs.sqlite3"
    assert run(*WORK, "--no-store").exit_code == 0
    assert not own.exists()
    missing = run("rank")
    assert (missing.exit_code, missing.stdout) == (4, "")
    assert "bench --store FILE" in missing.stderr
    assert run(*WORK).exit_code == 0
    assert run("rank", "--json").stdout == run("rank", own, "--json").stdout
    both = run(*WORK, "--no-store", "--store", own)
    assert both.exit_code == 2
    assert "contradict" in both.stderr


def test_another_activation_joins_and_another_effort_does_not(file: Path) -> None:
    bench(file)
    kept = select(file, "SELECT count(*) FROM runs")[0][0]
    wider = ("bench", "cubic", "-a", "relu", "-a", "tanh", "-a", "elu", "-j", "1", "--store", file, "--json")
    joined = run(*wider)
    assert read(joined.stdout)["reused"] == kept
    other = run(*wider, "--steps", "6")
    assert read(other.stdout)["reused"] == 0
    told = run("rank", file)
    assert "'activations runs' lists 1 more" in told.stderr
    names = {row["activation"] for target in read(joined.stdout)["targets"] for row in target["ranking"]}
    assert names == {"relu", "tanh", "elu"}


def test_a_report_of_a_store_has_the_bytes_of_the_benchmark_s(file: Path, tmp_path: Path) -> None:
    bench(file, "-o", tmp_path / "live")
    found = run("report", file, "-o", tmp_path / "kept")
    assert found.exit_code == 0, found.stderr
    for place in ("ranking.csv", "ranking.json", "ranking.md"):
        assert (tmp_path / "live" / place).read_bytes() == (tmp_path / "kept" / place).read_bytes()
    assert run("report", file, "-o", tmp_path / "kept").exit_code == 2
    assert run("report", file, "-o", tmp_path / "kept", "--force").exit_code == 0


@pytest.mark.torture(91)
def test_json_of_every_command_is_strict(made: Path) -> None:
    store = read(run("runs", "--store", made, "--json").stdout)
    listed = read(run("runs", "list", "--store", made, "--json").stdout)
    assert sum(store["runs"].values()) == len(listed) == select(made, "SELECT count(*) FROM runs")[0][0]
    assert store["protocols"][0]["targets"] == ["cubic"]
    assert read(run("runs", "list", "--store", made, "--json", "-a", "nothing").stdout) == []
    assert read(run("rank", made, "-a", "relu", "-t", "cubic", "--json").stdout)["targets"][0]["target"] == "cubic"


def test_the_last_runs_are_listed_and_the_rest_counted(made: Path) -> None:
    total = select(made, "SELECT count(*) FROM runs")[0][0]
    found = run("runs", "list", "--store", made, "--limit", "3")
    assert f"the last 3 of {total} runs" in found.stdout
    assert found.stdout.count("ranking") == 3
    whole = run("runs", "list", "--store", made, "--limit", total)
    assert "the last" not in whole.stdout


def test_what_is_in_a_store_is_shown_without_torch(made: Path) -> None:
    for arguments in (["runs"], ["runs", "list"]):
        found = probe(*arguments, "--json", "--store", str(made), blocked=("torch",))
        assert found.returncode == 0, found.stderr
        assert read(found.stdout)
    assert probe("rank", str(made), blocked=("torch",)).returncode == 4


# Wrong commands


@pytest.mark.torture(16, 17, 18, 25)
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bench", "sin", "--steps", "1000001"], "from 1 to 1000000"),
        (["bench", "sin", "--seeds", "1001"], "from 1 to 1000"),
        (["bench", "sin", "--seed", "9223372036854775808"], "from 0 to 1099511627775"),
        (["bench", "sin", "-a", "relu", "--batch", "1000"], "more than the"),
        (["bench", "sin", "-j", "100000"], "from 1 to 1024"),
        (["bench", "sin", "--hidden", "1000000000000"], "from 1 to 1048576"),
        (["bench", "sin", "--hidden", "0"], "from 1 to 1048576"),
        (["bench", "sin", "--hidden", "nan"], "whole numbers"),
        (["bench", "sin", "--steps", "0"], "0"),
        (["bench", "sin", "--seeds", "-1"], "-1"),
        (["bench", "sin", "--batch", "0"], "0"),
        (["bench", "sin", "-a", "zz*"], "zz*"),
    ],
)
def test_a_wrong_command_promises_no_resume(arguments: list[str], told: str) -> None:
    found = run(*arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert told in found.stderr
    assert "goes on" not in found.stderr
    assert len(found.stderr.splitlines()) <= 2


@pytest.mark.torture(40)
def test_a_missing_device_promises_no_resume() -> None:
    found = run("bench", "sin", "-a", "relu", "--device", "cuda:99")
    assert (found.exit_code, found.stdout) == (4, "")
    assert "not available" in found.stderr
    assert len(found.stderr.splitlines()) == 1


@pytest.mark.torture(93)
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["runs", "lst"], 2, "Did you mean 'list'?"),
        (["rnak"], 2, "Did you mean 'rank'?"),
        (["runs", "list", "--limit", "0"], 2, "x>=1"),
        (["runs", "list", "--status", "bad"], 2, "diverged"),
        (["runs", "export", "x.txt"], 2, "csv, json, parquet"),
        (["runs", "delete"], 2, "--all"),
        (["runs", "delete", "--all", "-a", "relu"], 2, "--all"),
        (["report"], 2, "--output"),
        (["rank", "{made}", "--protocol", "9"], 4, "choose from 1"),
        (["rank", "{made}", "-a", "zz"], 4, "its targets are cubic"),
        (["report", "{made}", "-t", "zz", "-o", "{made}.report"], 4, "nothing of the kind"),
        (["runs", "export", "{made}/x.csv", "--store", "{made}"], 4, "not a folder"),
    ],
)
def test_other_commands_say_what_to_write(arguments: list[str], code: int, told: str, made: Path) -> None:
    found = run(*(argument.format(made=made) for argument in arguments))
    assert (found.exit_code, found.stdout) == (code, "")
    assert told in found.stderr
    assert len(found.stderr.splitlines()) <= 2
    assert not Path(f"{made}.report").exists()


def test_runs_are_deleted_after_a_question(file: Path) -> None:
    bench(file)
    total = select(file, "SELECT count(*) FROM runs")[0][0]
    delete = ("runs", "delete", "--store", file, "-a", "relu")
    refused = run(*delete, answer="n\n")
    assert refused.exit_code == 130
    assert "Nothing deleted" in refused.stderr
    nobody = run(*delete, answer="")
    assert nobody.exit_code == 2
    assert "-y deletes without asking" in nobody.stderr
    assert select(file, "SELECT count(*) FROM runs")[0][0] == total
    assert run("runs", "delete", "--store", file, "-a", "zz", "-y").exit_code == 0
    found = run(*delete, answer="y\n")
    assert found.exit_code == 0
    assert f"Deleted {total // 2} runs" in found.stderr
    assert select(file, "SELECT DISTINCT activation FROM runs") == [("tanh",)]
    assert run("runs", "delete", "--store", file, "--all", "-y").exit_code == 0
    assert run("rank", file).exit_code == 4


def test_nothing_is_made_by_deleting(file: Path) -> None:
    found = run("runs", "delete", "--all", "-y", "--store", file)
    assert found.exit_code == 4
    assert not file.exists()


# What runs can come to


@pytest.mark.torture(23)
def test_one_seed_has_no_interval_and_no_significance() -> None:
    found = run(*WORK, "--no-store", "--seeds", "1")
    assert found.exit_code == 0, found.stderr
    assert "n=1" in found.stdout
    assert "no significance possible with 1 seed;" in found.stdout
    data = read(run(*WORK, "--no-store", "--seeds", "1", "--json").stdout)
    for row in data["targets"][0]["ranking"]:
        assert row["interval"] is row["best_probability"] is None
        assert row["seeds"] == 1
    assert "n=1" not in run(*WORK, "--no-store").stdout


WILD = "exp(exp(x**4 + 9))"  # not finite at the first step


@pytest.mark.torture(19, 20)
def test_what_diverges_is_last_and_changes_nothing_else(file: Path) -> None:
    alone = read(run("bench", "sin", "-a", "relu", "-j", "1", "--no-store", "--json").stdout)
    found = run("bench", "sin", "-a", WILD, "-a", "relu", "-j", "1", "--store", file, "--json")
    assert found.exit_code == 0, found.stderr
    first, last = read(found.stdout)["targets"][0]["ranking"]
    assert first["nrmse"] == alone["targets"][0]["ranking"][0]["nrmse"]
    assert (last["activation"], last["diverged"], last["nrmse"]) == (WILD, 1, None)
    rows = select(
        file, f"SELECT DISTINCT status, typeof(error), typeof(r2), diverged_at FROM runs WHERE activation='{WILD}'"
    )
    assert rows == [("diverged", "null", "null", 0)]


@pytest.mark.torture(21)
def test_where_all_diverge_the_code_and_the_report_say_so(file: Path, tmp_path: Path) -> None:
    found = run("bench", "sin", "-a", WILD, "-j", "1", "--store", file, "-o", tmp_path / "out")
    assert found.exit_code == 1
    assert "Every run diverged" in found.stderr
    assert "100%" in found.stdout
    assert "Every run diverged" in (tmp_path / "out" / "report.html").read_text()
    assert read((tmp_path / "out" / "ranking.json").read_text())["targets"][0]["ranking"][0]["nrmse"] is None


HEADERS = ("<script>alert(1)</script>", "=cmd|'/c calc'!A1", "y\x1b[31m")


@pytest.mark.torture(36, 84)
def test_hostile_names_are_harmless_everywhere(file: Path, tmp_path: Path) -> None:
    table = tmp_path / "=2+5.csv"
    table.write_text("\n".join([",".join(HEADERS), *(f"{i},{i % 7},{i * i}" for i in range(30))]))
    found = run("bench", "--csv", table, "-a", "relu", "-j", "1", "--store", file, "-o", tmp_path / "out")
    assert found.exit_code == 0, found.stderr
    html = (tmp_path / "out" / "report.html").read_text()
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    export = tmp_path / "x.csv"
    assert run("runs", "export", export, "--store", file).exit_code == 0
    for place in (tmp_path / "out" / "ranking.csv", export):
        rows = list(csv.DictReader(place.read_text().splitlines()))
        assert {row["target"] for row in rows} == {"'=2+5.csv"}
    for shown in (found, run("runs", "--store", file), run("runs", "list", "--store", file), run("rank", file)):
        assert shown.exit_code == 0
        assert "\x1b" not in shown.stdout + shown.stderr


@pytest.mark.torture(39)
def test_a_name_that_climbs_stays_in_the_folder(tmp_path: Path) -> None:
    table = tmp_path / "..\\..\\x.csv"
    table.write_text("x,y\n" + "".join(f"{i},{i * i}\n" for i in range(30)))
    found = run("bench", "--csv", table, "-a", "relu", "-j", "1", "--no-store", "-o", tmp_path / "out")
    assert found.exit_code == 0, found.stderr
    assert sorted(os.listdir(tmp_path)) == [table.name, "out"]
    for path in (tmp_path / "out" / "figures").iterdir():
        assert set(path.stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.torture(36)
def test_a_very_long_header_is_cut(tmp_path: Path) -> None:
    table = tmp_path / "data.csv"
    table.write_text("h" * 1_000_000 + ",y\n" + "".join(f"{i},{i * i}\n" for i in range(30)))
    found = run("bench", "--csv", table, "-a", "relu", "-j", "1", "--no-store", "-o", tmp_path / "out")
    assert found.exit_code == 0, found.stderr
    assert "hhh…" in found.stdout
    assert "h" * 50 not in found.stdout + (tmp_path / "out" / "report.html").read_text()


@pytest.mark.torture(38)
@pytest.mark.filterwarnings("error")
def test_values_near_the_largest_number_are_ranked_without_warnings(tmp_path: Path) -> None:
    table = tmp_path / "data.csv"
    table.write_text("x,y\n" + "".join(f"{(i - 15) / 15 * 1e308},{(i % 7 - 3) / 3 * 1e308}\n" for i in range(30)))
    found = run("bench", "--csv", table, "-a", "relu", "-j", "1", "--no-store", "--json", "-o", tmp_path / "out")
    assert found.exit_code == 0, found.stderr
    assert "Warning" not in found.stderr
    (row,) = read(found.stdout)["targets"][0]["ranking"]
    assert 0.1 < row["nrmse"] < 10
    assert '"kind":"large"' in (tmp_path / "out" / "report.html").read_text().replace(" ", "")
    assert row["rmse"] > 1e306


@pytest.mark.torture(35)
@pytest.mark.parametrize("what", ["fifo", "loop", "folder", "missing", "below a file", "/dev/zero"])
def test_what_is_no_table_does_not_hang(what: str, tmp_path: Path) -> None:
    place = Path(what) if what.startswith("/") else tmp_path / what
    if what == "fifo":
        os.mkfifo(place)
    elif what == "loop":
        place.symlink_to(place)
    elif what == "folder":
        place.mkdir()
    elif what == "below a file":
        (tmp_path / "file").touch()
        place = tmp_path / "file" / "x.csv"
    for arguments in (
        ("bench", "--csv", place),
        ("rank", place),
        ("runs", "--store", place, "salvage", tmp_path / "n"),
    ):
        found = run(*arguments)
        assert (found.exit_code, found.stdout) == (4, "")
        assert str(place) in found.stderr
        assert len(found.stderr.splitlines()) == 1


# Full, read-only and broken


@pytest.mark.torture(73)
def test_a_report_on_a_full_disk_is_told_and_can_be_written_later(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource", reason="limits are those of POSIX")
    write = results.write_result

    def limited(*arguments: Any, **settings: Any) -> None:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            write(*arguments, **settings)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    size, out = 20_000, tmp_path / "the report"
    monkeypatch.setattr(results, "write_result", limited)
    found = run(*WORK, "--store", file, "-o", out)
    monkeypatch.undo()
    assert found.exit_code == 4
    assert f"Error: '{out}/report.html': File too large" in found.stderr
    assert f"activations report {file} -o '{out}'" in found.stderr
    assert [path for path in out.rglob("*") if path.is_file()] == []
    assert run("report", file, "-o", out).exit_code == 0
    assert (out / "report.html").stat().st_size > size


def broken(file: Path, made: Path, what: str) -> None:
    if what == "a folder":
        file.mkdir()
    elif what == "empty":
        file.touch()
    elif what == "text":
        file.write_text("hello, this is no database\n" * 10)
    elif what == "another program":
        select(file, "CREATE TABLE notes (text)")
    elif what == "a link to nothing":
        file.symlink_to(file.parent / "nothing")
    else:
        data = bytearray(made.read_bytes())
        if what == "newer":
            data[60:64] = (99).to_bytes(4, "big")
        elif what == "truncated":
            data = data[: len(data) * 3 // 4]
        elif what == "cut in its header":
            data = data[:50]
        elif what == "flipped":
            for place in range(4096, len(data), 64):
                data[place] ^= 0xFF
        elif what == "zeros":
            data[4096:] = bytes(len(data) - 4096)
        file.write_bytes(data)


@pytest.mark.torture(77)
@pytest.mark.parametrize(
    ("what", "words", "check"),
    [
        ("a folder", "is a folder", 4),
        ("empty", "is empty and no store", 4),
        ("text", "not a SQLite file", 4),
        ("another program", "another program", 4),
        ("a link to nothing", "leads nowhere", 4),
        ("newer", "newer version", 4),
        ("cut in its header", "not a SQLite file", 4),
        ("truncated", "truncated", 1),
        ("flipped", "damaged", 1),
        ("zeros", "damaged", 1),
    ],
)
def test_a_broken_store_is_named_by_every_command_and_left_alone(
    what: str, words: str, check: int, file: Path, made: Path, tmp_path: Path
) -> None:
    broken(file, made, what)
    before = file.read_bytes() if file.is_file() else None
    new = tmp_path / "new.sqlite3"
    for arguments in (
        (*WORK, "--store", file),
        ("rank", file),
        ("report", file, "-o", tmp_path / "out"),
        ("runs", "delete", "-a", "relu", "-y", "--store", file),
    ):
        found = run(*arguments)
        assert (found.exit_code, found.stdout) == (4, ""), arguments
        assert str(file) in found.stderr and words in found.stderr
        assert "Traceback" not in found.stderr and "goes on from there" not in found.stderr
        assert len(found.stderr.splitlines()) == 1
    found = run("runs", "check", "--store", file)
    assert found.exit_code == check
    assert words in (found.stdout if check == 1 else found.stderr)
    salvaged = run("runs", "salvage", new, "--store", file)
    if what in ("truncated", "newer"):
        assert salvaged.exit_code == 0
        assert run("runs", "check", "--store", new).exit_code == 0
    else:
        assert salvaged.exit_code == 4, salvaged.stderr
        assert len(salvaged.stderr.splitlines()) == 1
        assert not new.exists()
    assert not (tmp_path / "out").exists()
    assert (file.read_bytes() if file.is_file() else None) == before


@pytest.mark.torture(74)
@pytest.mark.parametrize("place", ["missing/runs.sqlite3", "file/runs.sqlite3", "/dev/full", "/dev/null"])
def test_a_place_where_no_store_can_be_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = run(*WORK, "--store", tmp_path / place)
    assert (found.exit_code, found.stdout) == (4, "")
    assert len(found.stderr.splitlines()) == 1
    assert os.listdir(tmp_path) == ["file"]


WITH_PLAIN_RIGHTS = """
import os, sys
from activations_cli.main import cli
def run(*arguments):
    try:
        cli.main(arguments, prog_name="activations")
    except SystemExit as end:
        return end.code
file, folder, out = sys.argv[1:]
import concurrent.futures.process, activations.benchmark.store.repair
run("report", file, "-o", folder)  # imports what a report needs
{give_up}
work = {work!r}
print(
    run("runs", "list", "--store", file, "--json", "-a", "nothing"),
    run("report", file, "-o", out, "-q"),
    run(*work, "--hidden", "5", "--store", file),
    run("runs", "delete", "--all", "-y", "--store", file),
)
"""


@pytest.mark.torture(74)
@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_a_store_in_a_read_only_folder_can_be_used_to_read(made: Path, tmp_path: Path) -> None:
    script = WITH_PLAIN_RIGHTS.format(give_up=GIVE_UP_RIGHTS, work=WORK)
    folder = tmp_path / "kept"
    file, out = folder / "runs.sqlite3", folder / "out"
    out.mkdir(parents=True)
    shutil.copy(made, file)
    file.chmod(0o444)
    folder.chmod(0o555)
    try:
        found = subprocess.run(
            [sys.executable, "-c", script, str(file), str(tmp_path / "out"), str(out)],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        folder.chmod(0o755)
    assert found.stdout == "[]\n0 0 4 4\n", found.stderr
    errors = [line for line in found.stderr.splitlines() if not line.startswith("Wrote")]
    assert len(errors) == 2
    assert all(str(file) in line and "--store" in line for line in errors)
    assert (out / "report.html").exists()
    assert file.read_bytes() == made.read_bytes()
    assert sorted(os.listdir(folder)) == ["out", "runs.sqlite3"]


@pytest.mark.torture(65)
def test_an_activation_that_changed_is_trained_again_and_noted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from activations.declare import activation
    from activations_cli.commands import bench as command

    def declared(formula: str, factor: float) -> Any:
        @activation(formula=formula, paper="typed 2026")
        def stored_plugin(x: Any) -> Any:
            """Made for a test."""
            return x * x / factor

        return stored_plugin.variant()

    for formula, factor in (("x*x/4", 4.0), ("x*x/5", 5.0)):
        variant = declared(formula, factor)
        monkeypatch.setattr(command, "read_variants", lambda output, names, variant=variant: [variant])
        found = run("bench", "sin", "-a", "stored_plugin", "-j", "1", "--store", file, "--json")
        assert found.exit_code == 0, found.stderr
        assert read(found.stdout)["reused"] == 0
    again = run("bench", "sin", "-a", "stored_plugin", "-j", "1", "--store", file, "--json")
    assert read(again.stdout)["reused"] == select(file, "SELECT count(*) FROM runs")[0][0] // 2
    ranked = run("rank", file)
    assert ranked.exit_code == 0
    assert "older versions of activations left out: stored_plugin" in ranked.stderr


def test_copies_of_a_store_are_read_wherever_they_are(made: Path, tmp_path: Path) -> None:
    """A file name that means something to a URI or a shell is a file name."""
    for name in ("a b?mode=ro#.sqlite3", "-rf", "ü%20.sqlite3"):
        copy = tmp_path / name
        shutil.copy(made, copy)
        assert run("rank", "--json", "--", copy).stdout == run("rank", "--json", made).stdout

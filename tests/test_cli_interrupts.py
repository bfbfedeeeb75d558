"""A benchmark with a store that ends before its time: the same command goes on from there, to the same ranking."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from test_cli_runs import TINY, WORK, bench, comparable, read, run, select

from activations.benchmark import PRESETS


@pytest.fixture(scope="module", autouse=True)
def _small_preset() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "quick", TINY)
        yield


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite3"


@pytest.fixture(scope="module")
def uninterrupted() -> Any:
    return comparable(run(*WORK, "--no-store", "--json").stdout)


STOPPING = """
import multiprocessing, os, pathlib, sys, time
import activations.benchmark as b
from activations.benchmark.presets import Preset
b.PRESETS["quick"] = Preset("quick", (4,), steps=5, seeds=3, tuning_seeds=3, finalists=2, scales=(1.0, 3.0))
whole = b.benchmark
def benchmark(*args, progress, **settings):
    seen = []
    def tell(step):
        progress(step)
        seen.append(step)
        if len(seen) == 3 and {kill!r}:
            multiprocessing.active_children()[0].kill()
        elif len(seen) == 3:
            pathlib.Path({ready!r}).touch()
            time.sleep(100)
    return whole(*args, progress=tell, **settings)
if __name__ == "__main__":
    b.benchmark = benchmark
    from activations_cli.main import cli
    cli.main({arguments!r}, prog_name="activations")
"""


def stopping(arguments: list[str], ready: Path, *, kill: bool = False) -> subprocess.Popen[str]:
    """A benchmark that waits after the third chunk of runs, or in which a worker is killed there."""
    return started(STOPPING.format(arguments=arguments, ready=str(ready), kill=kill))


def started(script: str) -> subprocess.Popen[str]:
    """A process of Python with signals as in a terminal, in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=usual_signals,
    )


def usual_signals() -> None:
    """As in a terminal, also where the tests run in the background, which may ignore both."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def living(group: int) -> list[str]:
    """The processes of a group that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] not in "ZX":
            found.append(str(stat))
    return found


def wait_until(condition: Any, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


@pytest.mark.torture(72)
@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
@pytest.mark.parametrize(
    ("number", "times", "jobs", "codes"),
    [
        (signal.SIGINT, 1, 1, (130,)),
        (signal.SIGINT, 2, 1, (130, -signal.SIGINT)),  # the second may come when Python itself is leaving
        (signal.SIGINT, 1, 2, (130,)),
        (signal.SIGTERM, 1, 1, (143,)),
        (signal.SIGHUP, 1, 1, (129,)),
    ],
)
def test_a_signal_leaves_a_store_from_which_the_same_command_goes_on(
    number: int, times: int, jobs: int, codes: tuple[int, ...], file: Path, tmp_path: Path, uninterrupted: Any
) -> None:
    arguments = [*WORK[:-1], str(jobs), "--store", str(file), "--json"]
    ready = tmp_path / "ready"
    process = stopping(arguments, ready)
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None)
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.05)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode in codes, stderr
    assert stdout == ""
    assert "Traceback" not in stderr
    assert f"activations {' '.join(arguments)}" in stderr
    if Path("/proc/self/stat").exists():
        wait_until(lambda: not living(process.pid), 10)
        assert living(process.pid) == []
    kept = select(file, "SELECT count(*) FROM runs")[0][0]
    assert kept > 0
    assert run("runs", "check", "--store", file).stdout == f"{file}: sound\n"
    assert sorted(os.listdir(tmp_path)) == ["ready", "runs.sqlite3"]
    resumed = bench(file, "--json")
    assert read(resumed.stdout)["reused"] == kept
    assert comparable(resumed.stdout) == uninterrupted


@pytest.mark.torture(80)
def test_a_worker_that_vanishes_is_told_and_loses_nothing(file: Path, tmp_path: Path, uninterrupted: Any) -> None:
    process = stopping([*WORK[:-1], "2", "--store", str(file)], tmp_path / "ready", kill=True)
    stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stdout) == (4, "")
    assert "a training process ended by itself" in stderr
    assert "the same command goes on" in stderr
    kept = select(file, "SELECT count(*) FROM runs")[0][0]
    resumed = bench(file, "--json")
    assert read(resumed.stdout)["reused"] == kept > 0
    assert comparable(resumed.stdout) == uninterrupted


@pytest.mark.torture(72, 89)
def test_a_reader_that_leaves_early_loses_no_result(file: Path, uninterrupted: Any) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "activations", *WORK, "--hidden", "4", "--steps", "5", "--seeds", "3", "--json"]
    found = subprocess.run(
        [*command, "--store", str(file)], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (found.returncode, found.stderr) == (141, "")
    assert run("rank", file).exit_code == 0

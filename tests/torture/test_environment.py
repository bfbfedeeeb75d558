"""Cases 35 to 49 where no other test covers them: devices, extras, consoles, homes, folders, processors, clocks."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from plain_rights import GIVE_UP_RIGHTS
from torture.commands import LITTLE, apart, clean, files_below, run, strict

from activations.benchmark import chunk, jobs
from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run
from activations.onnx import extra
from activations_cli.main import cli

torture = pytest.mark.torture
ROOT = Path(__file__).parents[2]

# Data files


@torture(35)
@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_a_table_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("x,y\n" + "".join(f"{i},{i * i}\n" for i in range(20)))
    file.chmod(0)
    try:
        found = apart("bench", "--csv", file, "-a", "relu", *LITTLE, "--no-store", before=GIVE_UP_RIGHTS)
    finally:
        file.chmod(0o644)
    assert clean(found, 4, f"'{file}': Permission denied")


@torture(37)
def test_rows_in_any_order_are_the_same_table(tmp_path: Path) -> None:
    rows = [f"{i % 7},{i}\n" for i in range(30)]
    file = tmp_path / "data.csv"
    file.write_text("x,y\n" + "".join(rows))
    found = run("bench", "--csv", file, "-a", "relu", *LITTLE, "--no-store", "--json")
    assert found.exit_code == 0, found.stderr
    assert "23 rows repeat the x of an earlier row" in found.stderr
    assert strict(found.stdout)["targets"]


@torture(39)
def test_what_a_shared_configuration_names_is_neither_read_nor_written(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("x,y\n" + "".join(f"{i},{i}\n" for i in range(20)))
    work = tmp_path / "work"
    work.mkdir()
    for option in ("csv", "output", "store"):
        (work / "activations.toml").write_text(f"[bench]\n{option} = '../secret.csv'\n")
        found = apart("bench", "sin", "-a", "relu", *LITTLE, folder=work, ACTIVATIONS_CONFIG=None)
        assert clean(found, 2, f"activations.toml:2: '{option}' names a file")
    assert files_below(tmp_path) == ["secret.csv", "work/activations.toml"]


# Devices


@torture(42)
def test_a_device_that_is_lost_ends_the_grid_and_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Mac's device, played by the CPU, which is lost after the second batch."""
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    whole, calls = chunk.train_chunk, []

    def train(runs: Sequence[Run], device: str = "cpu", *more: object) -> list[Outcome]:
        calls.append(len(runs))
        if len(calls) == lost:
            raise RuntimeError("CUDA error: unspecified launch failure\nCompile with TORCH_USE_CUDA_DSA")
        return whole(runs)

    monkeypatch.setattr(chunk, "train_chunk", train)
    file = tmp_path / "runs.sqlite3"
    command = ("bench", "sin", "-a", "relu", "-a", "tanh", *LITTLE, "--device", "mps", "--json", "--store")
    lost = 3
    found = run(*command, file)
    assert clean(found, 4, "device mps failed while")
    assert "unspecified launch failure" in found.stderr and f"--store {file}" in found.stderr
    assert len(calls) == lost  # and nothing else was tried on it
    lost = 0
    again = run(*command, file)
    assert again.exit_code == 0, again.stderr
    assert strict(again.stdout)["reused"] == sum(calls[: 3 - 1]) > 0
    plain = run(*command, tmp_path / "other.sqlite3")
    assert strict(again.stdout)["targets"][0]["ranking"][0]["nrmse"] == pytest.approx(
        strict(plain.stdout)["targets"][0]["ranking"][0]["nrmse"]
    )


@torture(41)
def test_a_device_whose_memory_is_full_fails_the_run_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    whole = chunk.train_chunk

    def train(runs: Sequence[Run], device: str = "cpu", *more: object) -> list[Outcome]:
        if any(run.variant.label == "tanh" for run in runs):
            raise torch.OutOfMemoryError("MPS backend out of memory (MPS allocated: 9.00 GB)")
        return whole(runs)

    monkeypatch.setattr(chunk, "train_chunk", train)
    file = tmp_path / "runs.sqlite3"
    found = run("bench", "sin", "-a", "relu", "-a", "tanh", *LITTLE, "--device", "mps", "--json", "--store", file)
    assert found.exit_code == 0, found.stderr
    first, last = strict(found.stdout)["targets"][0]["ranking"]
    assert (first["activation"], last["activation"], last["nrmse"], last["failed"]) == ("relu", "tanh", None, 1)
    failed = strict(run("runs", "list", "-a", "tanh", "--store", file, "--json").stdout)
    assert {row["reason"] for row in failed} == {"out of memory"}


# Extras


@torture(43)
def test_an_extra_that_is_missing_is_named_with_its_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extra, "has_onnx", lambda: False)
    found = run("fit", "sin", "--steps", "3", "--hidden", "2", "-q", "--onnx", tmp_path / "a.onnx")
    assert clean(found, 4, "pip install 'torch-activations[onnx]'")
    assert files_below(tmp_path) == []
    missing = apart("plot", "relu", before="sys.modules['matplotlib'] = None", folder=tmp_path)
    assert clean(missing, 4, "can't import matplotlib")
    assert files_below(tmp_path) == []


BROKEN = """
import sys
sys.path.insert(0, {folder!r})
from activations.errors import MissingExtraError
def told(use):
    try:
        use()
    except MissingExtraError as error:
        print(error)
def sklearn():
    import activations.sklearn
def onnx():
    from activations.networks.onnx_file import require_onnx
    require_onnx()
def parquet():
    from activations.benchmark.store.listing import export_runs
    export_runs([], "parquet")
for use in (sklearn, onnx, parquet):
    told(use)
"""


@torture(44)
def test_an_extra_that_breaks_when_it_is_imported_is_told_with_the_cause(tmp_path: Path) -> None:
    """A package that was built for another numpy raises a ValueError."""
    for name in ("sklearn", "onnx", "pandas"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ValueError('numpy.dtype size changed')\n")
    code = BROKEN.format(folder=str(tmp_path))
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    lines = found.stdout.splitlines()
    remedies = ("torch-activations[sklearn]", "torch-activations[onnx]", "pip install pandas pyarrow")
    assert len(lines) == len(remedies), found.stderr
    for line, remedy in zip(lines, remedies, strict=True):
        assert "numpy.dtype size changed" in line and remedy in line


# Consoles, homes and folders


@torture(45, 90)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_every_table_goes_to_a_console_without_unicode(encoding: str) -> None:
    for command in (
        ("list", "relu", "softplus"),
        ("show", "sigmoid"),
        ("targets",),
        ("similar", "relu"),
        ("bench", "sin", "-a", "relu", *LITTLE, "--no-store"),
        ("fit", "sin", "--steps", "3", "--hidden", "2"),
        ("derive", "sigmoid"),
        ("bench", "λ"),
    ):
        environment = {"LC_ALL": "C", "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "COLUMNS": "80"}
        found = CliRunner(charset=encoding).invoke(cli, command, env=environment)
        assert found.exit_code == (2 if "λ" in command else 0), (command, found.stderr)
        assert (found.stdout + found.stderr).isascii()
        assert "this is a bug" not in found.stderr


@torture(45)
def test_a_process_with_an_ascii_console_prints() -> None:
    found = apart("list", "sigmoid", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert found.returncode == 0, found.stderr
    assert found.stdout.isascii() and "Traceback" not in found.stderr


@torture(46)
@pytest.mark.parametrize("home", [None, "/dev/null/nobody"])
def test_without_a_home_results_need_a_place_and_the_rest_works(
    home: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if home is None:
        monkeypatch.delenv("HOME", raising=False)
        # Python asks the system's list of users next; on this one nobody is in it.
        monkeypatch.setattr(Path, "home", classmethod(lambda kind: (_ for _ in ()).throw(RuntimeError("no home"))))
    else:
        monkeypatch.setenv("HOME", home)
    for kind in ("DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", "relative/is/ignored")
    monkeypatch.delenv("ACTIVATIONS_CONFIG")
    monkeypatch.chdir(tmp_path)
    bench = ("bench", "sin", "-a", "relu", *LITTLE)
    assert clean(run(*bench), 4, "--store FILE")
    assert run(*bench, "--store", tmp_path / "runs.sqlite3").exit_code == 0
    assert run("list", "relu", "tanh", "--where", "monotone").exit_code == 0
    assert run("show", "relu").exit_code == 0
    assert files_below(tmp_path) == ["runs.sqlite3"]


SCRIPT = "from activations_cli.main import main\nif __name__ == '__main__':\n    main()\n"
# Modules of the standard library and of others that this process and those that train import.
IMPOSTORS = ("random", "timeit", "torch", "numpy", "signal", "socket", "tempfile")


@torture(47)
@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python itself takes modules from there before 3.11")
def test_a_benchmark_in_several_processes_works_in_a_hostile_folder(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "activations").write_text(SCRIPT)  # as pip writes it
    for name in IMPOSTORS:
        (work / f"{name}.py").write_text("raise SystemExit('wrong module')\n")
    found = subprocess.run(
        [sys.executable, str(tmp_path / "activations"), "bench", "sin", "-a", "relu", *LITTLE[:-1], "2", "--no-store"],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if os.path.isabs(part))},
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert "relu" in found.stdout


LOST = """
import os
from activations_cli.surroundings import settle
os.mkdir("lost"); os.chdir("lost"); os.rmdir("../lost")
settle()
try:
    open("relu.png", "w")
except FileNotFoundError:
    print("nowhere")
import torch
zeros = torch.zeros(1, 4, 4)
print(torch.baddbmm(zeros, zeros, zeros).sum().item(), flush=True)  # ends the process in a folder that is gone
"""


@torture(47)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a lost folder does no harm")
def test_in_a_lost_folder_torch_works_and_no_file_lands_elsewhere(tmp_path: Path) -> None:
    found = subprocess.run([sys.executable, "-c", LOST], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.stdout.splitlines() == ["nowhere", "0.0"], found.stderr


# Processors and clocks


@torture(48)
def test_the_number_of_processes_is_that_of_the_processors_one_may_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CONTROL_GROUPS", tmp_path)
    for cores in (1, 3, 64):
        monkeypatch.setattr(os, "sched_getaffinity", lambda who, cores=cores: set(range(cores)), raising=False)
        assert jobs.available_jobs() == cores
    for written, share in (("max 100000", 64), ("250000 100000", 2), ("50000 100000", 1), ("nonsense", 64), ("", 64)):
        (tmp_path / "cpu.max").write_text(written)
        assert jobs.available_jobs() == share
    (tmp_path / "cpu.max").unlink()
    (tmp_path / "cpu").mkdir()
    for quota, share in (("-1", 64), ("400000", 4)):
        (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
        (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
        assert jobs.available_jobs() == share


@torture(48)
def test_no_process_computes_with_more_than_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, threads = chunk.train_chunk, []

    def train(runs: Sequence[Run], device: str = "cpu", *more: object) -> list[Outcome]:
        threads.append(torch.get_num_threads())
        return whole(runs, device)

    monkeypatch.setattr(chunk, "train_chunk", train)
    before = torch.get_num_threads()
    torch.set_num_threads(8)  # as OMP_NUM_THREADS=8 would
    try:
        assert run("bench", "sin", "-a", "relu", *LITTLE, "--no-store").exit_code == 0
        assert torch.get_num_threads() == 8
    finally:
        torch.set_num_threads(before)
    assert set(threads) == {1}


@torture(49)
def test_a_clock_that_jumps_back_gives_no_negative_durations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(2_000_000_000, 0, -1000))
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    file = tmp_path / "runs.sqlite3"
    found = run("bench", "sin", "-a", "relu", *LITTLE, "--store", file, "--json", "-o", tmp_path / "out")
    assert found.exit_code == 0, found.stderr
    rows = strict(run("runs", "list", "--store", file, "--json").stdout)
    assert rows and all(0 < row["seconds"] < 1000 for row in rows)
    assert 0 < strict(found.stdout)["seconds"] < 1000
    fitted = run("fit", "sin", "--steps", "3", "--hidden", "2", "--json", "-q")
    assert 0 < strict(fitted.stdout)["seconds"] < 1000


def clocks(folder: Path) -> set[tuple[str, str]]:
    """Where a package asks for the time of day."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
                text = ast.unparse(node)
                if text in ("time.time", "time.time_ns", "datetime.now", "datetime.datetime.now", "datetime.utcnow"):
                    found.add((path.relative_to(folder).as_posix(), text))
    return found


@torture(49)
def test_the_time_of_day_is_asked_for_the_age_of_files_alone(tmp_path: Path) -> None:
    # How old a left-over temporary file is, and a compiled library.
    allowed = {("files.py", "time.time"), ("fitting/fused/cache.py", "time.time")}
    assert clocks(ROOT / "activations") == allowed
    assert clocks(ROOT / "cli" / "activations_cli") == set()
    (tmp_path / "wrong.py").write_text("import time\nbegan = time.time()\n")
    assert clocks(tmp_path) == {("wrong.py", "time.time")}

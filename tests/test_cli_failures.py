"""How the command line fails: exit codes, one clean line, pipes, full disks and signals."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from activations.errors import (
    ActivationsError,
    CheckFailedError,
    DataError,
    DeviceError,
    ExpressionError,
    MissingExtraError,
    PluginError,
    StoreError,
    UnknownActivationError,
)
from activations_cli.failures import ExitCode, Terminated, guarded
from activations_cli.main import cli

COMMAND = [sys.executable, "-m", "activations"]


def raising(error: BaseException) -> Callable[[], None]:
    def run() -> None:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (click.exceptions.Exit(5), 5, ""),
        (click.UsageError("no"), ExitCode.USAGE, "Error: no"),
        (UnknownActivationError("unknown activation 'x'"), ExitCode.USAGE, "Error: unknown activation 'x'"),
        (DataError("row 3"), ExitCode.USAGE, "Error: row 3"),
        (DeviceError("not available"), ExitCode.ENVIRONMENT, "Error: not available"),
        (StoreError("locked"), ExitCode.ENVIRONMENT, "Error: locked"),
        (PluginError("broken"), ExitCode.ENVIRONMENT, "Error: broken"),
        (MissingExtraError("pip install x"), ExitCode.ENVIRONMENT, "Error: pip install x"),
        (CheckFailedError("off"), ExitCode.CHECKS_FAILED, "Error: off"),
        (ActivationsError("other"), ExitCode.USAGE, "Error: other"),
        (
            FileNotFoundError(errno.ENOENT, "No such file", "a.csv"),
            ExitCode.ENVIRONMENT,
            "Error: 'a.csv': No such file",
        ),
        (OSError("strange"), ExitCode.ENVIRONMENT, "Error: strange"),
        (MemoryError(), ExitCode.ENVIRONMENT, "Error: not enough memory"),
        (
            ModuleNotFoundError("No module named 'torch'", name="torch"),
            ExitCode.ENVIRONMENT,
            "Error: can't import torch",
        ),
        (ModuleNotFoundError("gone", name="activations.gone"), ExitCode.BUG, "Error: this is a bug in activations"),
        (ZeroDivisionError("division"), ExitCode.BUG, "ZeroDivisionError: division\nPlease report it"),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "Interrupted."),
        (Terminated(signal.SIGTERM), 143, "Terminated."),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), ExitCode.PIPE_CLOSED, ""),
    ],
)
def test_each_failure_has_its_code_and_a_clean_line(
    error: BaseException, code: int, told: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activations_cli.failures._discard", lambda stream: None)
    assert guarded(raising(error)) == code
    captured = capfd.readouterr()
    assert told in captured.err
    assert bool(told) == bool(captured.err)
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_bug_shows_its_traceback_only_when_asked(capfd: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(ZeroDivisionError("division")), verbose=True) == ExitCode.BUG
    assert "Traceback" in capfd.readouterr().err


def test_a_formula_error_points_at_the_column(capfd: pytest.CaptureFixture[str]) -> None:
    error = ExpressionError("unknown name", text="sin(y)", column=5, hint="write x")
    assert guarded(raising(error)) == ExitCode.USAGE
    assert capfd.readouterr().err == "Error: unknown name at column 5 (write x)\n  sin(y)\n      ^\n"


@pytest.mark.torture(90)
def test_control_characters_of_messages_are_shown_as_escapes(capfd: pytest.CaptureFixture[str]) -> None:
    guarded(raising(DataError("column \x1b[31mred\x07")))
    assert capfd.readouterr().err == "Error: column \\x1b[31mred\\x07\n"


@pytest.mark.torture(16, 17, 18, 24, 40, 93)
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bnch"], "Did you mean 'bench'?"),
        (["list", "--jsno"], "Did you mean '--json'?"),
        (["show", "msh"], "did you mean mish"),
        (["bench", "cubc"], "did you mean cubic or"),
        (["bench", "sin", "-a", "rel"], "did you mean"),
        (["bench", "sin", "--preset", "quik"], "quick"),
        (["bench", "-x"], "Write -- before a formula"),
        (["list", "zz*"], "zz*"),
        (["check", "relu", "--only", "valu"], "did you mean value?"),
        (["bench", "sin", "--device", "cpu:7"], "write auto, cpu, cuda, cuda:0 or mps"),
        (["bench", "sin", "--device", "meta"], "write auto, cpu, cuda, cuda:0 or mps"),
        (["bench", "sin", "--hidden", "1000000000000"], "from 1 to 1048576"),
        (["bench", "sin", "--hidden", "100000,100000"], "GiB"),
        (["bench", "sin", "--hidden", "3.5"], "whole numbers"),
        (["bench", "sin", "--seed", "-1"], "no seed"),
        (["bench", "x", "--domain", "1", "-1"], "no interval"),
        (["bench", "x", "--domain", "nan", "1"], "no interval"),
        (["bench"], "Name a TARGET"),
        (["bench", "sin", "--x", "a"], "--csv FILE"),
        (["bench", "--csv", "a.csv", "--domain", "0", "1"], "--domain"),
        (["bench", "sin", "--force"], "-o DIR"),
        (["plot", "relu", "-o", "a.gif"], ".png, .svg, .pdf"),
        (["plot", "relu", "-o", "a.png", "--window", "1", "0"], "no interval"),
    ],
)
def test_usage_errors_say_what_to_write(arguments: list[str], told: str) -> None:
    found = CliRunner().invoke(cli, arguments)
    assert found.exit_code == ExitCode.USAGE
    assert told in found.stderr
    assert found.stdout == ""
    assert 1 <= len(found.stderr.splitlines()) <= 3


def test_without_a_command_the_help_is_shown() -> None:
    found = CliRunner().invoke(cli, [])
    assert found.exit_code == ExitCode.USAGE
    assert found.stderr.startswith("Usage: activations")


@pytest.mark.torture(40)
def test_a_missing_device_is_an_error_of_the_environment() -> None:
    found = CliRunner().invoke(cli, ["bench", "sin", "-a", "relu", "--device", "cuda:99"])
    assert found.exit_code == ExitCode.ENVIRONMENT
    assert "is not available; available: cpu" in found.stderr


@pytest.mark.torture(35)
def test_a_missing_file_is_an_error_of_the_environment(tmp_path: Path) -> None:
    for place in (tmp_path / "missing.csv", tmp_path):
        found = CliRunner().invoke(cli, ["bench", "--csv", str(place)])
        assert found.exit_code == ExitCode.ENVIRONMENT
        assert str(place) in found.stderr


@pytest.mark.torture(73)
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    for command in (["list"], ["list", "--json"], ["--help"]):
        with open("/dev/full", "w") as full:
            found = subprocess.run([*COMMAND, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert found.returncode == ExitCode.ENVIRONMENT
        assert "No space left on device" in found.stderr
        assert "Traceback" not in found.stderr
        assert "Exception ignored" not in found.stderr


@pytest.mark.torture(89)
def test_a_reader_that_leaves_early_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    found = subprocess.run([*COMMAND, "list"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert found.returncode == ExitCode.PIPE_CLOSED
    assert "Traceback" not in found.stderr
    assert "Broken" not in found.stderr


@pytest.mark.torture(89)
def test_closed_streams_are_survived() -> None:
    found = subprocess.run(["sh", "-c", '"$@" >&- 2>&-', "sh", *COMMAND, "list"], check=False)
    assert found.returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_benchmark_at_once(number: int, code: int, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = (
        "import pathlib, sys, activations.benchmark as b\n"
        "whole = b.benchmark\n"
        "def benchmark(*args, progress, **settings):\n"
        "    def tell(seen):\n"
        f"        pathlib.Path({str(ready)!r}).touch()\n"
        "        progress(seen)\n"
        "    return whole(*args, progress=tell, **settings)\n"
        "b.benchmark = benchmark\n"
        "from activations_cli.main import cli\n"
        "cli.main(['bench', 'sin', 'cubic', '--preset', 'standard', '-o', sys.argv[1]])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        deadline = time.monotonic() + 120
        while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == code
    assert stdout == ""
    assert "Traceback" not in stderr
    assert stderr.strip().splitlines()[-1] in ("Interrupted.", "Terminated.")
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


@pytest.mark.torture(47)
def test_a_deleted_folder_and_foreign_modules_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('wrong module')")
    (tmp_path / "torch.py").write_text("raise SystemExit('wrong module')")
    script = "from activations_cli.main import main; main()"
    command = (
        [sys.executable, "-P", "-c", script] if sys.version_info >= (3, 11) else [sys.executable, "-I", "-c", script]
    )
    for after in ("", f"rm -r '{tmp_path}';"):
        found = subprocess.run(
            ["sh", "-c", f'{after} "$@"', "sh", *command, "list", "--json"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (found.returncode, found.stderr) == (0, "")

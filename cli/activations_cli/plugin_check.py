"""Have plugins looked into by processes of their own, and tell how those ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from activations.discovery import FoundPlugin, Problem
from activations_cli.terminal import clean

__all__ = ["Verdict", "check_plugin"]

Status: TypeAlias = Literal["sound", "faulty", "failed", "crashed", "hung"]

MEMORY = 4 << 30  # bytes
# The child looks where this process looks, and nowhere else: `python -m` would look into the working folder first.
CHILD = (
    "import sys; sys.path[:] = sys.argv[2].split(sys.argv[3]); import runpy; "
    "runpy.run_module('activations_cli.plugin_probe', run_name='__main__')"
)
START = 120.0  # seconds in which torch must have been imported
PAUSE = 0.02  # seconds between looks
MAX_OUTPUT = 200  # characters of foreign output that are shown


@dataclass(frozen=True)
class Verdict:
    """What came of looking into a plugin.

    Attributes:
        found: which one.
        status: "faulty" if it works and does what it should not.
        findings: what is wrong, each with what to do about it.
        provides: what it provides, by kind.
    """

    found: FoundPlugin
    status: Status
    findings: tuple[Problem, ...]
    provides: dict[str, list[str]]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.found.origin.distribution,
            "version": self.found.origin.version,
            "status": self.status,
            "provides": self.provides,
            "problems": [{"reason": problem.reason, "remedy": problem.remedy} for problem in self.findings],
        }


def check_plugin(found: FoundPlugin, seconds: float, files: Sequence[str] = ()) -> Verdict:
    """Look into a plugin in a child process.

    Args:
        found: which one.
        seconds: how long it may take; torch's own import does not count.
        files: Python files that are plugins.
    """
    with tempfile.TemporaryDirectory(prefix="activations-check-") as folder:
        report = Path(folder) / "report"
        report.touch()
        settings = {"key": found.key, "report_path": str(report), "memory": MEMORY, "files": list(files)}
        command = [sys.executable, "-c", CHILD, json.dumps(settings), os.pathsep.join(sys.path), os.pathsep]
        with (Path(folder) / "stdout").open("w+b") as output:
            ending = _run(command, output.fileno(), seconds, report)
            output.seek(0)
            printed = output.read(10 * MAX_OUTPUT).decode("utf-8", "replace")
        lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    return _verdict(found, lines, ending, printed, seconds)


def _run(command: Sequence[str], stdout: int, seconds: float, report: Path) -> int | None:
    """The exit code of a command; None if it had to be ended."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL, start_new_session=True
    )
    begun, end = False, time.monotonic() + START
    try:
        while process.poll() is None:
            if not begun and report.stat().st_size:
                begun, end = True, time.monotonic() + seconds
            if time.monotonic() > end:
                return None
            time.sleep(PAUSE)
        return process.returncode
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it has started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _verdict(
    found: FoundPlugin, lines: Sequence[dict[str, Any]], ending: int | None, printed: str, seconds: float
) -> Verdict:
    findings = [Problem(found.origin, line["finding"], line["remedy"]) for line in lines if "finding" in line]
    done = any("done" in line for line in lines)
    provides: dict[str, list[str]] = {"activations": [], "targets": [], "commands": []}
    for line in lines:
        provides.update(line if provides.keys() <= line.keys() else {})
    doing = next((line["doing"] for line in reversed(lines) if "doing" in line), "is started")
    remedy = f"leave it out with 'activations plugins disable {found.origin.distribution}', and tell its author"
    status: Status = "sound"
    if not done and ending is None:
        status = "hung"
        findings.append(Problem(found.origin, f"it hangs when it {doing}: ended after {seconds:g} seconds", remedy))
    elif not done:
        status = "crashed"
        findings.append(Problem(found.origin, f"it {_ending_text(ending or 0)} when it {doing}", remedy))
    elif findings:
        status = "faulty" if provides["activations"] or provides["targets"] or provides["commands"] else "failed"
    if printed.strip():
        shown = clean(" ".join(printed.split()))[:MAX_OUTPUT]
        findings.append(Problem(found.origin, f"it writes to stdout: {shown!r}", "it should print nothing, or log"))
        status = "faulty" if status == "sound" else status
    return Verdict(found, status, tuple(findings), provides)


def _ending_text(code: int) -> str:
    if code >= 0:
        return f"ended the process with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    return f"crashed (signal {-code}, {name})"

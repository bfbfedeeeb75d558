"""The command line in this process, as tests of faults use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from activations_cli.main import cli

__all__ = ["LITTLE", "apart", "clean", "files_below", "run", "strict"]

# Next to no work: for commands that must go through the whole of a benchmark.
LITTLE = ("--hidden", "3", "--steps", "3", "--seeds", "2", "-j", "1")


def run(*arguments: object, answer: str | None = None, **environment: str) -> Result:
    """Run a command."""
    terminal = {"COLUMNS": "200", "NO_COLOR": "1", **environment}
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], env=terminal, input=answer)


def apart(
    *arguments: object, before: str = "", folder: Path | None = None, **environment: str | None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own; None takes a variable away."""
    changed = {**os.environ, **environment}
    code = f"import sys; sys.argv[0] = 'activations'\n{before}\nfrom activations_cli.main import main; main()"
    return subprocess.run(
        [sys.executable, *(["-P"] if sys.version_info >= (3, 11) else []), "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={name: value for name, value in changed.items() if value is not None},
        cwd=folder,
        check=False,
    )


def clean(found: Result | subprocess.CompletedProcess[str], code: int, told: str = "", lines: int = 3) -> bool:
    """Whether a command ended as a refusal must: its code, a few lines on stderr, nothing else.

    Raises:
        AssertionError: it did not; the message says how.
    """
    seen = found.exit_code if isinstance(found, Result) else found.returncode
    assert seen == code, (seen, found.stderr)
    assert told in found.stderr, found.stderr
    assert found.stdout == ""
    assert 1 <= len(found.stderr.splitlines()) <= lines, found.stderr
    assert "Traceback" not in found.stderr
    return True


def strict(text: str) -> Any:
    """JSON without NaN or Infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not strict JSON")

    return json.loads(text, parse_constant=refuse)


def files_below(folder: Path) -> list[str]:
    """All files of a folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())

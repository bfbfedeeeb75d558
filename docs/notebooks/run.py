"""Runs the notebooks as Jupyter would, and writes their outputs into them: `make notebooks`.

Each one runs in a process and an empty folder of its own, in IPython's shell, which renders what a cell shows. Needs
the extra `dev`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SHOWN = ("text/html", "image/png", "text/plain")
LONGEST = 200  # characters of the plain text beside a better form


def executed(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook with the outputs of its cells, run in order in this process.

    Raises:
        Exception: what a cell raised.
    """
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type

    outputs: list[dict[str, Any]] = []

    class Hook(DisplayHook):
        """Keeps what the last expression of a cell shows."""

        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
            outputs.append(shown("execute_result", format_dict) | {"execution_count": self.prompt_count})

        def finish_displayhook(self) -> None:
            pass

    class Publisher(DisplayPublisher):
        """Keeps what `display` shows."""

        def publish(self, data: dict[str, Any], metadata: Any = None, **others: Any) -> None:
            outputs.append(shown("display_data", data))

    class Shell(InteractiveShell):
        displayhook_class = Type(Hook)
        display_pub_class = Type(Publisher)

        def enable_gui(self, gui: str | None = None) -> None:
            """There is no window whose events would want a loop."""

    shell = Shell.instance(colors="nocolor")
    shell.history_manager.enabled = False
    cells = []
    number = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            number += 1
            outputs.clear()
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                result = shell.run_cell("".join(cell["source"]), store_history=True)
            result.raise_error()
            stream = [{"name": "stdout", "output_type": "stream", "text": lines(printed.getvalue())}]
            found = (stream if printed.getvalue() else []) + [dict(output) for output in outputs]
            cell = {**cell, "execution_count": number, "outputs": found}
        cells.append(cell)
    return {**notebook, "cells": cells}


def shown(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """An output with the best of the forms that a value has, and its plain text unless that is long."""
    best = next(form for form in SHOWN if form in data)
    kept = {best: data[best]}
    if len(data.get("text/plain", "")) <= LONGEST:
        kept["text/plain"] = data.get("text/plain", "")
    values = {form: value if form == "image/png" else lines(value) for form, value in kept.items()}
    return {"output_type": kind, "metadata": {}, "data": values}


def lines(text: str) -> list[str]:
    """Text as notebooks keep it."""
    return text.splitlines(keepends=True)


def run(path: Path) -> dict[str, Any]:
    """A notebook with its outputs, run in a process of its own.

    Raises:
        RuntimeError: a cell failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "IPYTHONDIR": f"{folder}/ipython", "MPLBACKEND": "agg", "PYTHONHASHSEED": "0"}
        work = Path(folder) / "work"
        work.mkdir()
        done = subprocess.run(
            [sys.executable, __file__, "--cells"],
            input=path.read_text(encoding="utf-8"),
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=work,
            env=environment,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{path.name} failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def text_of(notebook: dict[str, Any]) -> str:
    """The file, as Jupyter writes it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> None:
    """Run all, or with `--cells` the one on standard input."""
    if sys.argv[1:] == ["--cells"]:
        told = sys.stdout
        notebook = executed(json.load(sys.stdin))
        told.write(json.dumps(notebook))
        return
    for path in sorted(HERE.glob("*.ipynb")):
        path.write_text(text_of(run(path)), encoding="utf-8")
        print(f"ran {path.name}")


if __name__ == "__main__":
    main()

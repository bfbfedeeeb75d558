"""Look into one plugin in a process of its own, which may crash or hang: `python -m activations_cli.plugin_probe`.

The process writes to a file what it does next before it does it, and what it finds; who started it reads that, however
the process ends. See `activations_cli.plugin_check`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from activations_cli.plugin_commands import commands_of

if TYPE_CHECKING:
    from activations.discovery import Problem
    from activations.plugins import Plugin

__all__ = ["main"]

Value = TypeVar("Value")


class Report:
    """A file of lines of JSON."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def write(self, **fields: Any) -> None:
        """Add a line, at once."""
        self._file.write(json.dumps(fields) + "\n")
        self._file.flush()

    def found(self, problem: Problem | None) -> None:
        """Add a problem of the plugin."""
        if problem is not None:
            self.write(finding=problem.reason, remedy=problem.remedy)

    def changes(self, changed: tuple[str, ...], when: str) -> None:
        """Add what of the process's state was changed."""
        if changed:
            self.write(finding=f"{when} it changes {', '.join(changed[:20])}", remedy="tell its author")

    def attempt(self, what: str, call: Callable[[], Value]) -> Value | None:
        """Make a call; None if it raises, which is reported."""
        from activations.plugins.guard import guarded_call

        self.write(doing=what)
        result, changed = guarded_call(call, what, contextlib.nullcontext)
        self.changes(changed, f"when {what}")
        if isinstance(result, Exception):
            self.write(finding=f"when {what}: {type(result).__name__}: {result}", remedy="tell its author")
            return None
        return result


def main(key: str, report_path: str, memory: int, files: list[str]) -> None:
    """Load a plugin and use what it provides once.

    Args:
        key: of the plugin, as `FoundPlugin.key`.
        report_path: a file to write to.
        memory: bytes that it may take beside what torch takes.
        files: Python files that are plugins.
    """
    # What any command imports is not the plugin's doing, and what is not there yet can't be seen to change.
    import torch  # noqa: F401

    import activations.fitting.targets
    import activations.registry  # noqa: F401
    from activations.discovery import discover
    from activations.plugins import Plugin
    from activations.plugins.files import add
    from activations.plugins.files import load as load_file
    from activations.plugins.loader import load
    from activations.plugins.records import Records
    from activations.trial import memory_limit

    report = Report(Path(report_path))
    given = [add(file) for file in files]
    found = next(found for found in (*discover(), *given) if found.key == key)
    records = Records()
    # Its output is looked for, so it is not sent aside.
    loading = functools.partial(load_file if found in given else load, aside=contextlib.nullcontext)
    plugin = Plugin(found, load=loading, remember=(lambda *_: None) if found in given else records.remember)
    report.write(doing="is imported")
    with memory_limit(memory):
        examine(plugin, report)
    records.save()
    report.write(done=True)


def examine(plugin: Plugin, report: Report) -> None:
    """Load it, and try each thing that it provides; what is wrong goes into the report."""
    from activations.errors import PluginError
    from activations.trial import trial

    try:
        loaded = plugin.load()
    except PluginError:
        report.found(plugin.problem)
        return
    report.changes(loaded.facts.changed, "while it is loaded")
    for item in loaded.activations:
        variant = item.variant()
        reason = report.attempt(f"{item.name} is called", lambda: trial(variant))  # noqa: B023 (called at once)
        if reason:
            report.write(finding=f"{item.name}: {reason}", remedy=f"'activations check {item.name}' tells more")
    for target in loaded.targets:
        from activations.fitting.samples import draw_samples

        report.attempt(f"points of {target.name} are drawn", lambda: draw_samples(target, 0))  # noqa: B023
    report.write(doing="is asked for its commands")
    before = plugin.problem
    names = list(commands_of(plugin))
    if plugin.problem is not before:
        report.found(plugin.problem)
    report.write(
        activations=[item.name for item in loaded.activations],
        targets=[target.name for target in loaded.targets],
        commands=names,
    )


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # what a plugin left behind, such as a thread, must not keep the process

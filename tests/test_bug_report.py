"""`activations --version --verbose`: what a bug report needs, whatever is broken, and nothing of who asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from plugin_code import HEALTHY

from activations import __version__
from activations.testing import PluginSandbox
from activations_cli import bug_report
from activations_cli.main import cli


def told(*arguments: str) -> list[tuple[str, str]]:
    """The labels and texts that the command line prints in this process."""
    found = CliRunner().invoke(cli, arguments)
    assert (found.exit_code, found.stderr) == (0, "")
    first, *lines = found.stdout.splitlines()
    assert first == f"activations {__version__}"
    return [(line[: bug_report.WIDTH].strip(), line[bug_report.WIDTH :].strip()) for line in lines]


def test_it_tells_versions_builds_devices_compiler_and_folders() -> None:
    rows = dict(told("--version", "--verbose"))
    assert rows["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")
    for name in ("torch", "numpy", "matplotlib", "sympy", "click", "pluggy"):
        assert rows[name][0].isdigit(), name
    assert {"platform", "torch build", "torch threads", "devices", "compiler", "cache", "settings"} <= rows.keys()
    assert "MPS" in rows["torch build"] and rows["devices"].startswith("cpu")
    assert all(rows.values()) and not any(text.startswith("can't be told") for text in rows.values())


@pytest.mark.parametrize("words", [("-v", "--version"), ("-qv", "--version"), ("--version", "-vv")])
def test_details_may_be_asked_for_in_any_order(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bug_report, "PARTS", (bug_report.system,))
    assert [label for label, _ in told(*words)] == ["platform"]


@pytest.mark.parametrize("words", [("--version",), ("-q", "--version"), ("--version", "--color", "never")])
def test_the_version_alone_stays_one_line(words: tuple[str, ...]) -> None:
    assert told(*words) == []


def test_extras_are_told_with_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ['nothing-there>=1 ; extra == "more"', "click>=8", 'click>=8; extra == "more"', 'ruff; extra == "dev"']
    monkeypatch.setattr(bug_report.metadata, "requires", lambda name: lines)
    ((label, text),) = bug_report.extras()
    assert label == "extra" and text.startswith("more: nothing-there missing, click 8")


def test_what_is_broken_keeps_nothing_else_from_being_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def torch() -> bug_report.Rows:
        raise OSError("libtorch.so: cannot open\nshared object file")

    def leaving() -> bug_report.Rows:
        raise SystemExit(3)

    monkeypatch.setattr(bug_report, "PARTS", (torch, leaving, bug_report.system))
    rows = told("--version", "-v")
    assert rows[0] == ("torch", "can't be told: OSError: libtorch.so: cannot open shared object file")
    assert [label for label, _ in rows] == ["torch", "leaving", "platform"]


def test_foreign_text_is_one_printable_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def foreign() -> bug_report.Rows:
        return [("plugin", "a\x1b[31mb\n```\n\u202ec" + "x" * 1000)]

    monkeypatch.setattr(bug_report, "PARTS", (foreign,))
    ((label, text),) = told("--version", "-v")
    assert label == "plugin" and text.startswith(r"a\x1b[31mb ``` \u202ec") and len(text) == bug_report.LONGEST


def test_the_home_folder_is_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = tmp_path / "alice"
    real.mkdir()
    link = tmp_path / "al"
    link.symlink_to(real)
    monkeypatch.setenv("HOME", str(link))
    for home in (link, real):
        assert bug_report.tidy(f"{home}/x (by {home}), {home}") == "~/x (by ~), ~"
        assert bug_report.tidy(f"{home}son/x {home}.d {home}-2") == f"{home}son/x {home}.d {home}-2"
    monkeypatch.setenv("HOME", "/")
    assert bug_report.tidy("/usr/bin") == "/usr/bin"


def test_plugins_are_told_with_what_is_wrong_and_nothing_of_the_environment(tmp_path: Path) -> None:
    with PluginSandbox(tmp_path) as sandbox:
        sandbox.add("zz-healthy", code=HEALTHY)
        sandbox.add("broken", code="import there_is_no_such_module", version="3.1")
        sandbox.run("list", "my_cube")
        sandbox.run("plugins", "disable", "zz-healthy")
        found = sandbox.run("--version", "-v", HOME=str(tmp_path), SECRET_TOKEN="hunter2-in-the-environment")
    assert (found.returncode, found.stderr) == (0, "")
    lines = found.stdout.splitlines()
    assert any(line.split(maxsplit=1)[-1] == "zz-healthy 1.0: disabled" for line in lines)
    (line,) = (line for line in lines if "broken 3.1: failed: " in line)
    assert "there_is_no_such_module" in line
    assert any(line.startswith("cache ") and line.endswith("~/home/cache/activations") for line in lines)
    assert "hunter2" not in found.stdout and str(tmp_path) not in found.stdout


def test_it_is_told_where_rich_and_torch_are_missing() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('rich', 'torch', 'numpy')))\n"
        "sys.argv = ['activations', '--version', '-v']\n"
        "from activations_cli.main import main; main()"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    assert "\ntorch          can't be told: ModuleNotFoundError" in found.stdout and "\ncompiler " in found.stdout

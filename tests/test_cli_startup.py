"""What the command line costs before it works: help, usage errors and completion without anything heavy."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest

from activations_cli.main import COMMANDS, cli

HEAVY = ("torch", "numpy", "scipy", "matplotlib", "sympy", "mpmath", "rich", "plotly")
PROBE = """
import sys
for name in {blocked!r}:
    sys.modules[name] = None
from activations_cli.main import main
sys.argv = {arguments!r}
try:
    main()
finally:
    print(*(n for n in {heavy!r} if sys.modules.get(n) is not None), file=sys.stderr, sep=",", end="")
"""


def probe(*arguments: str, blocked: tuple[str, ...] = (), **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process that tells on its last line of stderr which heavy modules it loaded."""
    code = PROBE.format(blocked=blocked, arguments=["activations", *arguments], heavy=HEAVY)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def loaded(found: subprocess.CompletedProcess[str]) -> str:
    return found.stderr.rpartition("\n")[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["bench", "--help"],
        ["bnch"],
        ["list", "--jsno"],
        ["bench"],
        ["bench", "sin", "--domain", "1", "-1"],
        ["bench", "sin", "--device", "toaster"],
        ["bench", "sin", "--hidden", "0"],
        ["bench", "sin", "--y", "2"],
    ],
)
def test_help_and_usage_errors_load_nothing_heavy(arguments: list[str]) -> None:
    found = probe(*arguments)
    assert found.returncode in (0, 2)
    assert loaded(found) == ""


@pytest.mark.torture(94)
@pytest.mark.parametrize(
    "name", ["", *COMMANDS, *(f"runs {name}" for name in ("list", "export", "delete", "check")), "plugins new"]
)
def test_help_works_without_torch(name: str) -> None:
    found = probe(*name.split(), "--help", blocked=("torch", "numpy", "matplotlib", "sympy", "rich"))
    assert found.returncode == 0
    assert found.stdout.startswith(f"Usage: activations{f' {name}' if name else ''} [OPTIONS]")


def test_list_and_targets_need_no_torch() -> None:
    for name in ("list", "targets"):
        found = probe(name, "--json", blocked=("torch", "numpy"))
        assert found.returncode == 0
        assert found.stdout.startswith("[")


@pytest.mark.torture(92)
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("activations be", "bench"),
        ("activations show leak", "leaky_relu"),
        ("activations check hard", "hardtanh"),
        ("activations check sparse", "sparsemax"),
        ("activations list --family ax", "axis"),
        ("activations bench cub", "cubic"),
        ("activations bench --suite kin", "kinked"),
        ("activations targets --suite se", "seeds"),
        ("activations bench sin -a mi", "mish"),
        ("activations bench sin --device cu", "cuda"),
        ("activations bench --pres", "--preset"),
    ],
)
def test_completion_is_cheap_and_silent(words: str, expected: str) -> None:
    found = probe(_ACTIVATIONS_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1))
    offered = [line.partition(",")[2] for line in found.stdout.splitlines()]
    assert expected in offered
    assert found.stderr == loaded(found) == ""


def test_every_command_has_a_summary_and_short_help() -> None:
    context = click.Context(cli, **cli.context_settings)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.get_short_help_str(200).endswith(".")
        assert all(p.help for p in command.params if isinstance(p, click.Option) and p.name != "theme")


def test_python_m_activations_is_the_same_command() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "activations", "--version"], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith("activations ")

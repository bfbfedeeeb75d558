"""The README is true: its commands are the Makefile's, its tables the registry's, its Python runs."""

import importlib.util
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from activations.benchmark import PRESETS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def generator():
    spec = importlib.util.spec_from_file_location("readme", ROOT / ".ci" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_those_of_the_registry():
    module = generator()
    assert module.generated(TEXT) == TEXT, "run 'python .ci/readme.py'"
    assert "`tanh`" in TEXT


def test_it_opens_with_the_two_commands_of_the_makefile():
    first = blocks("sh")[0]
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["make bench", "make test"]
    makefile = (ROOT / "Makefile").read_text()
    ci = (ROOT / ".ci" / "run").read_text()
    for target in ("bench", "test"):
        assert f"\n{target}:" in makefile
        assert f"\nmake {target}" in ci


def test_the_python_runs(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(PRESETS, "quick", replace(PRESETS["quick"], steps=20, seeds=2))
    code = "\n".join(blocks("python"))
    assert "create(" in code
    exec(compile(code, "README.md", "exec"), {})


def command_lines():
    for block in blocks("sh"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["activations"]:
                yield words[1:]


@pytest.mark.parametrize("words", list(command_lines()), ids=" ".join)
def test_every_command_line_is_one_of_ours(words):
    """Parsed by the real parser, without running the command."""
    import click

    from activations_cli.main import cli

    if all(word.startswith("-") for word in words):
        assert set(words) <= {name for option in cli.params for name in option.opts}
        return
    context = click.Context(cli, **cli.context_settings)
    name, command, rest = cli.resolve_command(context, list(words))
    parsed = command.make_context(name, rest, parent=context)
    assert parsed.params


def test_constraints_fit_the_declared_ranges():
    declared = (ROOT / "pyproject.toml").read_text()
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    ranges = re.findall(r'^    "([\w-]+)>=([\d.]+)",$', declared, re.MULTILINE)
    assert len(ranges) >= 15
    for name, lowest in ranges:
        assert tuple(map(int, pinned[name].split(".")[:2])) >= tuple(map(int, lowest.split(".")[:2])), name
    assert pinned["torch"] == "2.13.0"

"""The README tells every hook with its arguments, as activations/hookspecs.py declares them, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = (ROOT / "activations" / "hookspecs.py").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def declared(source: str) -> dict[str, list[str]]:
    """The arguments of each hook by its name, in order."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and any("hookspec" in ast.dump(d) for d in node.decorator_list):
            arguments = node.args
            assert not (arguments.vararg or arguments.kwarg), f"pluggy passes no * or ** to {node.name}"
            found[node.name] = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return found


def documented(text: str) -> dict[str, list[str]]:
    """The same from the table of hooks."""
    table = text.partition("| hook |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)\(([^`]*)\)` \| \S", table, re.MULTILINE)
    return {name: [word.strip() for word in arguments.split(",") if word.strip()] for name, arguments in rows}


def test_the_readme_has_the_hooks_with_their_arguments() -> None:
    assert documented(README) == declared(SOURCE)
    assert list(documented(README)) == list(declared(SOURCE))


def test_pluggy_sees_the_same() -> None:
    import pluggy

    from activations import hookspecs

    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    seen = {name: list(caller.spec.argnames) for name, caller in vars(manager.hook).items() if caller.has_spec()}
    assert seen == declared(SOURCE)
    assert set(seen) <= set(hookspecs.__all__)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def provide_targets()", "def provide_goals()"),
        ("def provide_targets()", "def provide_targets(registry: Any)"),
        ("def provide_activations()", "def provide_activations(*, registry: Any = None)"),
        ("register_commands(cli: Any)", "register_commands(group: Any)"),
        ("register_commands(cli: Any)", "register_commands()"),
        ("@hookspec\ndef provide_targets", "def provide_targets"),
        ("@hookspec\ndef provide_targets", "@hookspec\ndef another() -> None: ...\n@hookspec\ndef provide_targets"),
        ("@hookspec\ndef provide_targets", "@hookspec(firstresult=True)\ndef more() -> None: ...\ndef provide_targets"),
    ],
)
def test_a_change_is_noticed(old: str, new: str) -> None:
    assert old in SOURCE
    assert declared(SOURCE.replace(old, new)) != documented(README)


def test_every_hook_says_what_it_is_for() -> None:
    for node in ast.parse(SOURCE).body:
        if isinstance(node, ast.FunctionDef):
            assert ast.get_docstring(node), node.name

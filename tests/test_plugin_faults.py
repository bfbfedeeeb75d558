"""Plugins that can't be loaded, each a really installed distribution, all at once and beside a healthy one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest
from plugin_code import HALF, HEALTHY, START

from activations.testing import PluginSandbox

pytest_plugins = ["activations.testing.pytest_plugin"]

NAMED = (
    START + "import activations.declare as d\nfrom activations.expression import parse\nimport torch\n"
    "@hookimpl\ndef provide_activations():\n"
    "    return [d.Activation(name=NAME, function=torch.tanh, formula=parse('tanh(x)', names=('x',)), paper='P',"
    " summary='S')]\n"
)


def gives(what: str) -> str:
    return f"{START}import torch\n@hookimpl\ndef provide_activations(): return {what}\n"


# What is wrong, with what must be told of it.
FAULTS: dict[str, tuple[str, str]] = {
    "import-error": ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
    "syntax-error": ("def (:", "SyntaxError"),
    "exits": ("raise SystemExit(3)", "SystemExit: 3"),
    "interrupts": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "raises-its-own": ("class Odd(BaseException): pass\nraise Odd('odd')", "Odd: odd"),
    "misspelt": (START + "@hookimpl\ndef provide_activation(): return []", "unknown hook 'provide_activation'"),
    "wrong-signature": (START + "@hookimpl\ndef provide_activations(cli): return []", "provide_activations"),
    "no-hook": (START + "def provide_activations(): return []", "it implements no hook"),
    "hook-raises": (START + "@hookimpl\ndef provide_activations(): raise ValueError('no luck')", "no luck"),
    "raises-late": (
        START + HALF + "@hookimpl\ndef provide_activations():\n    yield half\n    raise ValueError('after one')",
        "after one",
    ),
    "gives-nothing": (
        START + "@hookimpl\ndef provide_activations(): pass",
        "provide_activations gave None; return a list",
    ),
    "gives-number": (gives("3"), "TypeError"),
    "endless": (
        START + "import itertools\n@hookimpl\ndef provide_targets(): return itertools.count()",
        "more than 10000",
    ),
    "million": (gives("range(1_000_000)"), "more than 10000"),
    "class": (gives("[dict]"), "provide_activations gave the class dict"),
    "module-class": (gives("[torch.nn.Tanh]"), "provide_activations gave the class Tanh"),
    "function": (gives("[torch.tanh]"), "decorated with @activation"),
    "lambda": (gives("[lambda x: x]"), "gave the function <lambda>"),
    "instance": (gives("[torch.nn.Tanh()]"), "gave an object of type Tanh"),
    "needs-arguments": (
        START + "@activation(formula='x', paper='P')\ndef needy(x, y, z):\n    'S.'\n    return x\n",
        "needy has 3 inputs",
    ),
    "no-docstring": (START + "@activation(formula='x', paper='P')\ndef silent(x):\n    return x\n", "no docstring"),
    "no-target": (START + "@hookimpl\ndef provide_targets(): return ['sin']", "make it with activations.Target"),
    "newer": ("requires_api = 99\nfrom activations import nothing_yet", "it needs version 99 of the plugin hooks"),
    "name-empty": (NAMED.replace("NAME", "''"), "'' can't name an activation"),
    "name-path": (NAMED.replace("NAME", "'../../etc/x'"), "'../../etc/x' can't name an activation"),
    "name-capital": (NAMED.replace("NAME", "'CON'"), "'CON' can't name an activation"),
    "name-html": (NAMED.replace("NAME", "'<b>'"), "can't name an activation"),
    "name-markup": (NAMED.replace("NAME", "'[red]'"), "can't name an activation"),
    "name-option": (NAMED.replace("NAME", "'-rf'"), "can't name an activation"),
    "name-newline": (NAMED.replace("NAME", "'a\\nb'"), r"'a\nb' can't name an activation"),
    "name-nul": (NAMED.replace("NAME", "'a\\0'"), r"'a\x00' can't name an activation"),
    "name-long": (NAMED.replace("NAME", "'a' * 10_000"), "can't name an activation"),
    "name-emoji": (NAMED.replace("NAME", "'\\U0001f600'"), "can't name an activation"),
    "target-name": (
        START + "@hookimpl\ndef provide_targets(): return [Target('a/b', ((0, 1),), formula='x')]",
        "'a/b' can't name a target",
    ),
}
ENTRIES = {
    "entry-empty": ("", "names no module"),
    "entry-malformed": ("not a module: at all", "names no module"),
    "entry-missing": ("entry_missing:nothing", "nothing"),
    "entry-ghost": ("no_such_module_here", "no_such_module_here"),
}


@pytest.fixture(scope="module")
def infested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginSandbox]:
    """Every broken plugin and a healthy one, which comes last."""
    with PluginSandbox(tmp_path_factory.mktemp("infested")) as sandbox:
        for name, (code, _) in FAULTS.items():
            sandbox.add(name, code=code, version="3.1")
        for name, (value, _) in ENTRIES.items():
            info = sandbox.add(name, code="x = 1", version="3.1")
            (info / "entry_points.txt").write_text(f"[activations]\nit = {value}\n")
        binary = sandbox.add("zz-binary", code="x = 1")
        (binary / "METADATA").write_bytes(b"Name: \xff\xfe\n")
        sandbox.add("zz-healthy", code=HEALTHY)
        yield sandbox


@pytest.fixture(scope="module")
def listed(infested: PluginSandbox) -> subprocess.CompletedProcess[str]:
    return infested.run("list", "my_cube", "half", "--json")


# The cases of the list of faults, by the first word of a plugin's name; 59 for what is of a wrong type.
NUMBERS = {"import": 50, "syntax": 50, "entry": 50, "raises-its-own": 51, "raises": 62, "exits": 51,
           "interrupts": 51, "misspelt": 62,
           "no": 62, "hook": 62, "endless": 62, "million": 62, "gives": 62, "newer": 63, "name": 57, "target": 57,
           "wrong": 62}  # fmt: skip
MARKED = [
    pytest.param(name, marks=pytest.mark.torture(NUMBERS.get(name) or NUMBERS.get(name.partition("-")[0], 59)))
    for name in [*FAULTS, *ENTRIES]
]


@pytest.mark.parametrize("name", MARKED)
def test_a_broken_plugin_is_told_in_one_line_with_a_remedy(name: str, listed: subprocess.CompletedProcess[str]) -> None:
    lines = [line for line in listed.stderr.splitlines() if f"plugin {name} 3.1: " in line]
    assert len(lines) == 1, listed.stderr
    assert {**FAULTS, **ENTRIES}[name][1] in lines[0]
    reason, _, remedy = lines[0].partition("; ")
    assert reason
    assert remedy
    assert len(lines[0]) < 700


@pytest.mark.torture(50, 51, 57, 59, 62, 63, 91)
def test_beside_all_of_them_the_healthy_one_works(
    infested: PluginSandbox, listed: subprocess.CompletedProcess[str]
) -> None:
    assert "Traceback" not in listed.stderr
    # `half` came from a plugin that failed after it: nothing of that is taken.
    assert listed.returncode == 2
    found = infested.run("list", "my_cube", "--json")
    assert found.returncode == 0
    assert [row["name"] for row in json.loads(found.stdout)] == ["my_cube"]
    assert infested.run("hello").stdout == "hello\n"


@pytest.mark.torture(50)
def test_strict_plugins_make_an_error_of_it(infested: PluginSandbox) -> None:
    found = infested.run("list", "my_cube", "--json", "--strict-plugins")
    assert (found.returncode, found.stdout) == (4, "")
    assert found.stderr.startswith("Error: plugin ")
    assert f"(and {len(FAULTS) + len(ENTRIES)} more)" in found.stderr
    assert infested.run("--no-plugins", "list", "tanh", "--strict-plugins").returncode == 0


@pytest.mark.torture(50)
def test_the_list_tells_all_and_imports_none(infested: PluginSandbox) -> None:
    infested.run("list", "my_cube")
    rows = {row["name"]: row for row in json.loads(infested.run("plugins", "--json").stdout)}
    assert rows["zz-healthy"] == {
        "name": "zz-healthy",
        "version": "1.0",
        "entry_point": "zz_healthy = zz_healthy",
        "status": "loaded",
        "provides": {"activations": ["my_cube"], "targets": ["my_bumps"], "commands": ["hello"]},
        "hooks": ["provide_activations", "provide_targets", "register_commands"],
        "problems": [],
    }
    for name in (*FAULTS, *ENTRIES):
        assert rows[name]["status"] == "failed", name
        assert rows[name]["problems"][0]["reason"], name
        assert rows[name]["problems"][0]["remedy"], name


@pytest.mark.torture(50)
def test_entry_points_that_cannot_be_read_are_told(plugin_sandbox: PluginSandbox) -> None:
    # torch itself can't be imported beside such a file; what needs no torch works.
    info = plugin_sandbox.add("unreadable", code="x = 1", version="3.1")
    (info / "entry_points.txt").write_text("[activations]\nno equals sign here\n")
    (row,) = json.loads(plugin_sandbox.run("plugins", "--json").stdout)
    assert (row["name"], row["version"], row["status"]) == ("unreadable", "3.1", "failed")
    found = plugin_sandbox.run("list", "tanh", "--json")
    assert (found.returncode, len(json.loads(found.stdout))) == (0, 1)
    assert "plugin unreadable 3.1: its entry points can't be read" in found.stderr

"""Meddling, deadly, clashing and changing plugins, each a really installed distribution."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from plugin_code import HALF, HEALTHY, START

from activations import default_registry
from activations.benchmark.plan import require_picklable
from activations.errors import PluginError, UnknownActivationError
from activations.plugins import installed_plugins, known_plugins, problems
from activations.testing import PluginSandbox
from activations.trial import trial

pytest_plugins = ["activations.testing.pytest_plugin"]

# What a plugin changes

MEDDLING = (
    """
import logging, os, random, signal, sys, warnings
import torch, torch.nn.functional as F
import numpy as np
F.relu = lambda x: x
torch.Tensor.__add__ = lambda self, other: self
torch.Tensor.shout = lambda self: 'hey'
torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
random.seed(1)
np.random.seed(1)
torch.set_num_threads(torch.get_num_threads() + 1)
torch.set_grad_enabled(False)
os.environ['MEDDLED'] = '1'
os.environ['ACTIVATIONS_LIST_JSON'] = '1'
os.chdir('/')
sys.argv[:] = ['activations', 'gallery']
signal.signal(signal.SIGUSR1, lambda *a: None)
warnings.simplefilter('ignore')
logging.getLogger().addHandler(logging.NullHandler())
sys.setrecursionlimit(12345)
import activations.registry
activations.registry.default_registry = None
print('noise on stdout')
os.write(1, b'raw noise\\n')
"""
    + HEALTHY.replace("    ", "\t").replace("\n\t", "\n").replace("\t", "    ").replace("my_", "meddling_")
).replace("hello", "meddle")
CHANGED = (
    "torch.nn.functional.relu",
    "torch.Tensor.__add__",
    "torch.Tensor.shout",
    "activations.registry.default_registry",
    "torch's default dtype",
    "torch's random generator",
    "Python's random generator",
    "numpy's random generator",
    "torch's number of threads",
    "torch's grad mode",
    "environment variables",
    "the working folder",
    "sys.argv",
    "signal handlers",
    "the warnings filters",
    "the root logger",
    "the recursion limit",
)
STATE = """
import logging, os, random, signal, sys, warnings
import numpy, torch
import torch.nn.functional as F
def state():
    return [F.relu, torch.Tensor.__add__, hasattr(torch.Tensor, "shout"), torch.get_default_dtype(),
            torch.get_rng_state().tolist(), random.getstate(), numpy.random.get_state()[1].tolist(),
            torch.get_num_threads(), torch.is_grad_enabled(), dict(os.environ), os.getcwd(), sys.argv,
            signal.getsignal(signal.SIGUSR1), list(warnings.filters), logging.getLogger().handlers,
            sys.getrecursionlimit()]
before = state()
import activations
assert "meddling_cube" in activations.default_registry()
activations.create("meddling_cube")
import activations.registry
assert activations.registry.default_registry is not None
assert [a == b for a, b in zip(before, state())] == [True] * len(before), [a == b for a, b in zip(before, state())]
"""


@pytest.mark.torture(53, 55, 69, 91)
def test_what_a_plugin_changes_is_put_back_and_named(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("meddler", code=MEDDLING)
    plugin_sandbox.add("zz-healthy", code=HEALTHY)
    found = plugin_sandbox.run("list", "meddling_cube", "my_cube", "--json")
    assert found.returncode == 0, found.stderr
    assert [row["name"] for row in json.loads(found.stdout)] == ["meddling_cube", "my_cube"]  # strict JSON
    assert "Warning: plugin meddler 1.0: while it was loaded it changed " in found.stderr
    (verdict,) = json.loads(plugin_sandbox.run("plugins", "check", "meddler", "--json").stdout)
    told = " ".join(problem["reason"] for problem in verdict["problems"])
    assert verdict["status"] == "faulty"
    for what in CHANGED:
        assert what in told
    assert "it writes to stdout: 'noise on stdout raw noise'" in told
    script = subprocess.run(
        [sys.executable, "-c", STATE],
        env={**__import__("os").environ, "PYTHONPATH": str(plugin_sandbox.site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (script.returncode, script.stdout) == (0, ""), script.stderr


# What ends or stops a process

DEADLY = {
    "dies": ("import os\nos._exit(7)", "crashed", "it ended the process with exit code 7 when it is imported"),
    "segfaults": (
        "import ctypes, resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nctypes.string_at(0)",
        "crashed",
        "crashed (signal 11, SIGSEGV) when it is imported",
    ),
    "hangs": ("import time\ntime.sleep(600)", "hung", "it hangs when it is imported: ended after 2 seconds"),
    "hangs-later": (
        START + "import time\n@activation(formula='x', paper='P')\ndef sleepy(x):\n    'S.'\n    time.sleep(600)\n"
        "@hookimpl\ndef provide_activations(): return [sleepy]\n",
        "hung",
        "it hangs when it sleepy is called",
    ),
    "greedy": (
        START + "import torch\n@activation(formula='x', paper='P')\ndef greedy(x):\n    'S.'\n"
        "    return torch.ones(13 << 30)\n"
        "@hookimpl\ndef provide_activations(): return [greedy]\n",
        "faulty",
        "takes more than 4 GiB of memory",
    ),
    "greedy-early": ("import torch\ntorch.ones(13 << 30)", "failed", "allocate memory"),
}


NUMBERS = {"dies": 51, "segfaults": 51, "hangs": 52, "hangs-later": 52, "greedy": 54, "greedy-early": 54}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.torture(NUMBERS[name])) for name in DEADLY])
def test_check_survives_what_ends_or_stops_a_process(name: str, plugin_sandbox: PluginSandbox) -> None:
    code, status, reason = DEADLY[name]
    plugin_sandbox.add(name, code=code, version="0.3")
    plugin_sandbox.add("zz-healthy", code=HEALTHY)
    found = plugin_sandbox.run("plugins", "check", "--timeout", "2", "--json")
    assert found.returncode == 1, found.stderr
    broken, healthy = json.loads(found.stdout)
    assert (broken["name"], broken["version"], broken["status"]) == (name, "0.3", status)
    assert reason in broken["problems"][0]["reason"]
    assert broken["problems"][0]["remedy"]
    assert (healthy["status"], healthy["problems"]) == ("sound", [])


@pytest.mark.torture(51, 68)
def test_what_can_never_be_imported_can_be_disabled(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("deadly", code="import os\nos._exit(7)")
    plugin_sandbox.add("zz-healthy", code=HEALTHY)
    assert plugin_sandbox.run("list", "my_cube").returncode == 7  # so it is imported, which disabling must not do
    assert plugin_sandbox.run("--help").returncode == 0
    assert plugin_sandbox.run("plugins", "list").returncode == 0
    assert plugin_sandbox.run("plugins", "disable", "deadly").stdout == "deadly is disabled\n"
    assert plugin_sandbox.run("plugins", "disable", "deadly").stdout == "deadly was disabled already\n"
    assert plugin_sandbox.run("list", "my_cube").returncode == 0
    rows = json.loads(plugin_sandbox.run("plugins", "--json").stdout)
    assert [row["status"] for row in rows] == ["disabled", "loaded"]
    assert plugin_sandbox.run("plugins", "enable", "deadly").stdout == "deadly is enabled\n"
    assert plugin_sandbox.run("list", "my_cube").returncode == 7
    unknown = plugin_sandbox.run("plugins", "disable", "deadli")
    assert unknown.returncode == 2
    assert "did you mean deadly" in unknown.stderr
    ours = plugin_sandbox.run("plugins", "disable", "built-in")
    assert ours.returncode == 2
    assert "can't be disabled" in ours.stderr


@pytest.mark.torture(52)
def test_a_slow_plugin_is_named_while_it_is_waited_for(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("slow-one", code="import time\ntime.sleep(4)\n")
    assert "waiting for plugin slow-one 1.0; Ctrl-C stops" in plugin_sandbox.run("list", "tanh").stderr


# Names


@pytest.mark.torture(56)
def test_a_clash_keeps_ours_and_qualifies_theirs(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("clashing", code=HEALTHY.replace("my_cube", "tanh").replace("my_bumps", "sin"))
    ours, theirs = json.loads(plugin_sandbox.run("list", "tanh", "clashing:tanh", "--json").stdout)
    assert (ours["origin"], theirs["origin"]) == ("built-in", "clashing 1.0")
    assert "write 'clashing:tanh' to use it" in plugin_sandbox.run("list", "tanh").stderr
    shown = json.loads(plugin_sandbox.run("show", "clashing:tanh", "--json").stdout)
    assert (shown["origin"], shown["formula"]) == ("clashing 1.0", "x*x*x")
    (row,) = json.loads(plugin_sandbox.run("plugins", "--json").stdout)
    assert row["status"] == "clash"
    assert len(row["problems"]) == 2


@pytest.mark.torture(56)
def test_of_two_plugins_the_first_in_the_alphabet_has_the_name(plugin_sandbox: PluginSandbox) -> None:
    spellings = {"b-plugin": "my_cube", "a-plugin": "mycube", "c-plugin": "my__cube"}
    outcomes = []
    for order in (list(spellings), list(reversed(spellings))):
        for name in order:
            plugin_sandbox.add(name, code=HEALTHY.replace("my_cube", spellings[name]).replace("hello", name[0]))
        found = plugin_sandbox.run("list", "My-Cube", "b-plugin:my_cube", "c-plugin:my_cube", "--json")
        outcomes.append((json.loads(found.stdout), found.stderr))
        for name in order:
            plugin_sandbox.remove(name)
    assert outcomes[0] == outcomes[1]
    assert [row["origin"] for row in outcomes[0][0]] == ["a-plugin 1.0", "b-plugin 1.0", "c-plugin 1.0"]


@pytest.mark.torture(56)
def test_a_name_twice_in_one_plugin_is_told(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("twice", code=HEALTHY.replace("return [my_cube]", "return [my_cube, my_cube]"))
    found = plugin_sandbox.run("list", "my_cube", "--json")
    assert len(json.loads(found.stdout)) == 1
    assert "plugin twice 1.0: 'my_cube' of twice 1.0 is already" in found.stderr


def test_a_plugin_may_bring_functions_over_a_dimension(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("both-kinds", code=BOTH_KINDS)
    rows = json.loads(plugin_sandbox.run("list", "my_*", "--json").stdout)
    assert [(row["name"], row["kind"], row["origin"]) for row in rows] == [
        ("my_cube", "elementwise", "both-kinds 1.0"),
        ("my_centre", "axis", "both-kinds 1.0"),
    ]
    result = plugin_sandbox.run("check", "both-kinds", "--only", "value", "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    assert [row["activation"] for row in json.loads(result.stdout)["outcomes"]] == ["my_centre", "my_cube"]


BOTH_KINDS = """
    import torch
    from activations import activation, axis_activation, hookimpl

    @axis_activation(formula="x_i - the mean", reference=lambda values: [x - sum(values) / len(values) for x in values],
                     paper="Somebody 2020", permutation="equivariant")
    def my_centre(x, *, dim=-1):
        '''The input without its mean.'''
        return x - x.mean(dim, keepdim=True)

    @activation(formula="x*x*x", paper="Somebody 2020")
    def my_cube(x):
        '''A cube.'''
        return x * x * x

    @hookimpl
    def provide_activations():
        return [my_centre, my_cube]
"""


# What is imported when

COUNTING = "import pathlib\nwith open(pathlib.Path(__file__).parent / 'imports', 'a') as f: f.write('x')\n"


def counting(code: str) -> str:
    import textwrap

    return COUNTING + textwrap.dedent(code)


def imports(sandbox: PluginSandbox) -> int:
    file = sandbox.site / "imports"
    return len(file.read_text()) if file.exists() else 0


def test_nothing_is_imported_that_is_not_used(plugin_sandbox: PluginSandbox) -> None:
    for letter in "abc":
        code = HEALTHY.replace("my_cube", f"{letter}_cube").replace("my_bumps", f"{letter}_bumps")
        plugin_sandbox.add(f"plugin-{letter}", code=counting(code.replace("hello", f"hello_{letter}")))
    for arguments in (["--help"], ["plugins"], ["plugins", "list", "--all"], ["plugins", "disable", "plugin-a"]):
        assert plugin_sandbox.run(*arguments).returncode == 0
    plugin_sandbox.run("plugins", "enable", "plugin-a")
    assert complete(plugin_sandbox, "show", "a_c") == []  # nobody has seen it yet
    assert imports(plugin_sandbox) == 0
    assert plugin_sandbox.run("list", "a_cube").returncode == 0
    assert imports(plugin_sandbox) == 3  # once, to see what they provide
    # From now on it is known.
    assert len(json.loads(plugin_sandbox.run("list", "?_cube", "--json").stdout)) == 3
    assert "hello-a" in plugin_sandbox.run("--help").stdout or "hello_a" in plugin_sandbox.run("--help").stdout
    assert complete(plugin_sandbox, "show", "a_c") == ["a_cube"]
    assert complete(plugin_sandbox, "bench", "b_b") == ["b_bumps"]
    assert complete(plugin_sandbox, "hello") == ["hello_a", "hello_b", "hello_c"]
    assert complete(plugin_sandbox, "plugins", "enable", "plugin-b") == ["plugin-b"]
    assert plugin_sandbox.run("show", "tanh", "--json").returncode == 0
    assert imports(plugin_sandbox) == 3
    assert plugin_sandbox.run("show", "a_cube", "--json").returncode == 0
    assert imports(plugin_sandbox) == 4
    assert plugin_sandbox.run("hello_b").stdout == "hello\n".replace("hello", "hello_b")
    assert imports(plugin_sandbox) == 5
    # A new version is looked at again.
    code = HEALTHY.replace("my_cube", "d_cube").replace("my_bumps", "a_bumps").replace("hello", "hello_a")
    plugin_sandbox.add("plugin-a", code=counting(code))
    assert plugin_sandbox.run("list", "d_cube").returncode == 0
    assert imports(plugin_sandbox) == 6


@pytest.mark.torture(67)
def test_many_plugins_that_are_not_used_are_not_imported(plugin_sandbox: PluginSandbox) -> None:
    for number in range(60):
        plugin_sandbox.add(
            f"plugin-{number}",
            code=counting(HALF.replace("half", f"half_{number}").replace("@act", START + "@act"))
            + f"@hookimpl\ndef provide_activations(): return [half_{number}]\n",
        )
    assert len(json.loads(plugin_sandbox.run("list", "half_*", "--json").stdout)) == 60
    assert imports(plugin_sandbox) == 60
    assert len(json.loads(plugin_sandbox.run("list", "half_*", "--json").stdout)) == 60
    assert imports(plugin_sandbox) == 60


def complete(sandbox: PluginSandbox, *words: str) -> list[str]:
    found = subprocess.run(
        [sys.executable, "-c", "from activations_cli.main import main; main()"],
        env={
            **__import__("os").environ,
            "PYTHONPATH": str(sandbox.site),
            "_ACTIVATIONS_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["activations", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stderr == ""
    return [line.partition(",")[2] for line in found.stdout.splitlines() if line]


# Switches


def test_the_environment_lists_what_is_on(plugin_sandbox: PluginSandbox) -> None:
    for letter in "ab":
        plugin_sandbox.add(f"plugin-{letter}", code=HEALTHY.replace("my_", f"{letter}_").replace("hello", letter * 3))

    def on(*arguments: str, **environment: str) -> list[str]:
        found = plugin_sandbox.run(*arguments, "list", "?_cube", "--json", **environment)
        return [row["name"] for row in json.loads(found.stdout)] if found.returncode == 0 else []

    assert on() == ["a_cube", "b_cube"]
    assert on(ACTIVATIONS_PLUGINS="") == []
    assert on(ACTIVATIONS_PLUGINS="Plugin_A") == ["a_cube"]
    assert on(ACTIVATIONS_PLUGINS="plugin_b, plugin-a") == ["a_cube", "b_cube"]
    assert on("--no-plugins") == []
    assert on("--no-plugins=plugin-b") == ["a_cube"]
    assert on("--no-plugins=a,plugin-b") == ["a_cube"]
    found = plugin_sandbox.run("list", "a_cube", "--no-plugins=plugin-b", "--json", ACTIVATIONS_PLUGINS="plugin-a,nope")
    assert [row["name"] for row in json.loads(found.stdout)] == ["a_cube"]
    assert "plugin nope: ACTIVATIONS_PLUGINS lists it, and it is not installed" in found.stderr
    assert plugin_sandbox.run("list", "tanh", "--no-plugins").returncode == 0  # ours can't be left out


def test_a_broken_list_of_disabled_plugins_is_told(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("zz-healthy", code=HEALTHY)
    plugin_sandbox.run("plugins", "disable", "zz-healthy")
    (file,) = (plugin_sandbox.home / "config" / "activations").iterdir()
    file.write_bytes(b"\x00nonsense")
    found = plugin_sandbox.run("list", "tanh")
    assert found.returncode == 4
    assert str(file) in found.stderr
    assert "remove it" in found.stderr


# Commands

COMMANDS = START + (
    "import click\n@hookimpl\ndef register_commands(cli):\n"
    "    @cli.command('fails')\n    def fails():\n        'Fail.'\n        raise ZeroDivisionError('by nought')\n"
    "    @cli.command('list')\n    def ours():\n        'Not yours.'\n"
    "    @cli.command('refuses')\n    def refuses():\n        raise click.UsageError('not so')\n"
    "    @cli.command('greets')\n    @click.option('--name', default='you')\n    def greets(name):\n"
    "        'Greet [red]\\x1b[31m<b>.'\n        click.echo(f'hello {name}')\n"
)


def test_commands_of_plugins(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("speaking", code=COMMANDS)
    plugin_sandbox.add("zz-bad", code=START + "@hookimpl\ndef register_commands(cli): raise OSError('no')\n")
    plugin_sandbox.add("zz-names", code=START + "@hookimpl\ndef register_commands(cli): cli.command('../x')(print)\n")
    found = plugin_sandbox.run("greets", "--name", "me")
    assert (found.returncode, found.stdout) == (0, "hello me\n")
    failed = plugin_sandbox.run("fails")
    assert failed.returncode == 4
    assert "ZeroDivisionError: by nought; it comes from plugin speaking 1.0" in failed.stderr
    assert "Traceback" not in failed.stderr
    refused = plugin_sandbox.run("refuses")
    assert (refused.returncode, "not so" in refused.stderr) == (2, True)
    listed = plugin_sandbox.run("list", "tanh", "--json")
    assert [row["name"] for row in json.loads(listed.stdout)] == ["tanh"]
    checked = plugin_sandbox.run("plugins", "check").stdout.replace("\n", " ")
    for told in ("'list' is taken", "register_commands failed: OSError: no", "'../x' can't name a command"):
        assert told in checked
    help_text = plugin_sandbox.run("--help").stdout
    assert "Commands of plugins:" in help_text
    assert r"Greet [red]\x1b[31m<b>." in help_text
    assert "\x1b" not in help_text
    near = plugin_sandbox.run("greet")
    assert near.returncode == 2
    assert "Did you mean 'greets'?" in near.stderr


# Results


def ranking(found: subprocess.CompletedProcess[str]) -> list[str]:
    return [row["activation"] for row in json.loads(found.stdout)["targets"][0]["ranking"]]


BENCH = ("bench", "cubic", "-a", "tanh", "--steps", "5", "--seeds", "2", "-j", "1", "--json")


@pytest.mark.torture(64, 65)
def test_a_changed_plugin_is_trained_anew_and_a_missing_one_is_told(plugin_sandbox: PluginSandbox) -> None:
    bench = (*BENCH, "-a", "my_cube")
    plugin_sandbox.add("zz-healthy", code=HEALTHY)
    first = plugin_sandbox.run(*bench)
    assert json.loads(first.stdout)["reused"] == 0
    runs = json.loads(plugin_sandbox.run(*bench).stdout)["reused"]
    plugin_sandbox.add("zz-healthy", code=HEALTHY, version="2.0")
    again = plugin_sandbox.run(*bench)
    assert json.loads(again.stdout)["reused"] == runs / 2  # those of tanh
    assert "my_cube has changed since runs of it were kept" in again.stderr
    plugin_sandbox.remove("zz-healthy")
    ranked = plugin_sandbox.run("rank", "--json")
    assert ranked.returncode == 0, ranked.stderr
    assert "my_cube" in ranking(ranked)
    assert "not installed, or in another version: my_cube" in ranked.stderr


UNUSABLE = START + (
    "import time, torch\n"
    "def declare(function): return activation(formula='x', paper='P')(function)\n"
    "@declare\ndef u_shape(x):\n    'S.'\n    return x.sum()\n"
    "@declare\ndef u_none(x):\n    'S.'\n"
    "@declare\ndef u_dtype(x):\n    'S.'\n    return x.double()\n"
    "@declare\ndef u_raises(x):\n    'S.'\n    raise ValueError('not today')\n"
    "@declare\ndef u_exits(x):\n    'S.'\n    raise SystemExit(3)\n"
    "@declare\ndef u_late(x):\n    'S.'\n    if x.numel() > 1000: raise ValueError('too many')\n    return x + 0\n"
    "@declare\ndef u_huge(x):\n    'S.'\n    if x.numel() > 1000: torch.ones(1 << 50)\n    return x + 0\n"
    "@declare\ndef u_prints(x):\n    'S.'\n    print('noise')\n    return x + 0\n"
    "@hookimpl\ndef provide_activations():\n"
    "    return [u_shape, u_none, u_dtype, u_raises, u_exits, u_late, u_huge, u_prints]\n"
)


@pytest.mark.torture(54, 60)
def test_a_benchmark_goes_on_without_what_cannot_be_called(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("unusable", code=UNUSABLE)
    found = plugin_sandbox.run(*BENCH, "-a", "u_*")
    assert found.returncode == 5, found.stderr
    assert set(ranking(found)[-2:]) == {"u_late", "u_huge"}  # they fail in training, and rank last
    assert set(ranking(found)) == {"tanh", "u_late", "u_huge", "u_prints"}
    left = [line for line in found.stderr.splitlines() if "is left out" in line]
    assert len(left) == 5
    assert "u_shape of plugin unusable 1.0 is left out: it returns the shape ()" in left[0]
    failed = json.loads(plugin_sandbox.run("runs", "list", "-a", "u_late", "--json").stdout)
    assert {run["reason"] for run in failed} == {"its code raised ValueError"}
    huge = json.loads(plugin_sandbox.run("runs", "list", "-a", "u_huge", "--json").stdout)
    assert {run["reason"] for run in huge} == {"not enough memory"}
    nothing = plugin_sandbox.run("bench", "cubic", "-a", "u_none")
    assert nothing.returncode == 4
    assert "no activation is left" in nothing.stderr


@pytest.mark.torture(52, 54)
def test_what_hangs_or_takes_all_memory_is_left_out(plugin_sandbox: PluginSandbox) -> None:
    for name in ("hangs-later", "greedy"):
        plugin_sandbox.add(name, code=DEADLY[name][0])
    registry = default_registry()
    assert trial(registry.variant("sleepy"), seconds=0.2) == "it has not answered within 0.2 seconds"
    assert trial(registry.variant("greedy")) == "it takes more than 4 GiB of memory for twelve numbers"
    assert trial(registry.variant("tanh")) == ""


@pytest.mark.torture(66)
def test_what_cannot_be_sent_to_a_process_is_refused_before_the_grid(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add(
        "hidden-inside",
        code=START + "def make():\n    @activation(formula='x', paper='P')\n    def inner(x):\n        'S.'\n"
        "        return x + 0\n    return inner\n@hookimpl\ndef provide_activations(): return [make()]\n",
    )
    found = plugin_sandbox.run("bench", "cubic", "-a", "inner", "--steps", "5", "--seeds", "2", "-j", "2")
    assert found.returncode == 4
    assert "inner can't be sent to other processes" in found.stderr
    with pytest.raises(PluginError, match="train with jobs=1"):
        require_picklable([], [default_registry().variant("inner")])


# Files

FILE = START + "@activation(formula='x*x*x', paper='me')\ndef my_file_cube(x):\n    'A cube.'\n    return x * x * x\n"


def test_a_file_is_a_plugin_for_one_command(plugin_sandbox: PluginSandbox) -> None:
    (plugin_sandbox.work / "cubes.py").write_text(FILE)
    (row,) = json.loads(plugin_sandbox.run("--plugin", "cubes.py", "list", "my_file_cube", "--json").stdout)
    assert row["origin"].startswith("cubes.py ")
    assert row["family"] == "cubes"
    assert plugin_sandbox.run("list", "my_file_cube").returncode == 2
    # Processes that train see it too.
    bench = (*BENCH[:-2], "2", "--json", "-a", "my_file_cube")
    found = plugin_sandbox.run(*bench, "--plugin", "cubes.py")
    assert found.returncode == 0, found.stderr
    assert set(ranking(found)) == {"tanh", "my_file_cube"}
    checked = plugin_sandbox.run("check", "cubes.py", "--only", "value")
    assert checked.returncode == 0
    assert "activations bench sin -a my_file_cube -a relu -a tanh --plugin cubes.py" in checked.stderr
    (verdict,) = json.loads(plugin_sandbox.run("plugins", "check", "--plugin", "cubes.py", "--json").stdout)
    assert (verdict["name"], verdict["status"]) == ("cubes.py", "sound")


@pytest.mark.parametrize(
    ("name", "text", "code", "told"),
    [
        ("gone.py", None, 4, "'gone.py' is no file"),
        ("cubes.txt", FILE, 4, "'cubes.txt' is no Python file"),
        ("empty.py", "", 0, "it declares nothing; write @activation above a function"),
        ("wrong.py", "def (:", 0, "SyntaxError"),
        ("hooks.py", FILE + "@hookimpl\ndef provide_activation(): return []\n", 0, "unknown hook"),
    ],
)
def test_a_file_that_is_no_plugin_is_told(
    name: str, text: str | None, code: int, told: str, plugin_sandbox: PluginSandbox
) -> None:
    if text is not None:
        (plugin_sandbox.work / name).write_text(text)
    found = plugin_sandbox.run("list", "tanh", "--plugin", name)
    assert (found.returncode, found.stderr.count("\n") <= 2) == (code, True)
    assert told in found.stderr


# What the conformance suite finds

WRONG = START + (
    "import torch\n"
    "def declare(function): return activation(formula='x*cos(x)', paper='P')(function)\n"
    "class Off(torch.autograd.Function):\n"
    "    @staticmethod\n    def forward(ctx, x):\n        ctx.save_for_backward(x)\n        return x * torch.cos(x)\n"
    "    @staticmethod\n    def backward(ctx, grad):\n        x, = ctx.saved_tensors\n"
    "        return grad * (torch.cos(x) - x * torch.sin(x)) * 1.001\n"
    "class Once(torch.autograd.Function):\n"
    "    @staticmethod\n    def forward(ctx, x):\n        ctx.save_for_backward(x)\n        return x * torch.cos(x)\n"
    "    @staticmethod\n    @torch.autograd.function.once_differentiable\n    def backward(ctx, grad):\n"
    "        x, = ctx.saved_tensors\n        return grad * (torch.cos(x) - x * torch.sin(x))\n"
    "@declare\ndef w_shape(x):\n    'S.'\n    return (x * torch.cos(x)).reshape(-1)\n"
    "@declare\ndef w_dtype(x):\n    'S.'\n    return (x.double() * torch.cos(x.double()))\n"
    "@declare\ndef w_none(x):\n    'S.'\n"
    "@declare\ndef w_tuple(x):\n    'S.'\n    return (x * torch.cos(x),)\n"
    "@declare\ndef w_detached(x):\n    'S.'\n    return (x * torch.cos(x)).detach()\n"
    "@declare\ndef w_constant(x):\n    'S.'\n    return torch.zeros_like(x)\n"
    "@declare\ndef w_device(x):\n    'S.'\n    return (x * torch.cos(x)).to('meta')\n"
    "@declare\ndef w_modifies(x):\n    'S.'\n    y = x * torch.cos(x)\n    x.data.mul_(2)\n    return y\n"
    "@declare\ndef w_random(x):\n    'S.'\n    return x * torch.cos(x) + 1e-9 * torch.randn_like(x)\n"
    "@declare\ndef w_gradient(x):\n    'S.'\n    return Off.apply(x)\n"
    "@declare\ndef w_second(x):\n    'S.'\n    return Once.apply(x)\n"
    "@activation(formula='x*cos(x)', paper='P')\ndef w_nan(x):\n    'S.'\n"
    "    return torch.sqrt(x * x) * torch.sign(x) * torch.cos(x)\n"
    "@hookimpl\ndef provide_activations():\n"
    "    return [value for name, value in globals().items() if name.startswith('w_')]\n"
)
CAUGHT = {
    "w_shape": "shapes",
    "w_dtype": "dtypes",
    "w_none": "value",
    "w_tuple": "value",
    "w_detached": "gradient",
    "w_constant": "value",
    "w_device": "value",
    "w_modifies": "shapes",
    "w_random": "shapes",
    "w_gradient": "gradient",
    "w_second": "second-derivative",
    "w_nan": "gradient",
}


@pytest.mark.torture(60, 61)
def test_each_fault_is_caught_by_the_check_that_is_for_it(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("wrong-ones", code=WRONG)
    only = [word for check in dict.fromkeys(CAUGHT.values()) for word in ("--only", check)]
    found = plugin_sandbox.run("check", "wrong-ones", *only, "--json")
    assert found.returncode == 1, found.stderr
    failed: dict[str, set[str]] = {}
    for outcome in json.loads(found.stdout)["outcomes"]:
        if outcome["status"] == "failed":
            failed.setdefault(outcome["activation"], set()).add(outcome["check"])
    assert {name: check in failed.get(name, set()) for name, check in CAUGHT.items()} == dict.fromkeys(CAUGHT, True)
    told = plugin_sandbox.run("check", "w_none", "w_gradient", *only)
    assert (
        "w_none: value, gradient, second-derivative, shapes, dtypes: it returns NoneType and not a tensor"
        in " ".join(told.stdout.split()).replace(
            "value, shapes, dtypes, gradient, second-derivative", "value, gradient, second-derivative, shapes, dtypes"
        )
    )
    assert "What to write next:" in told.stdout


# In this process


def test_a_plugin_that_breaks_later_is_left_out_where_all_are_asked_for(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("fickle", code="import os\nassert 'FICKLE' not in os.environ\n" + dedented(HEALTHY))
    assert plugin_sandbox.run("list", "my_cube").returncode == 0
    found = plugin_sandbox.run("show", "my_cube", FICKLE="1")
    assert found.returncode == 4
    assert "plugin fickle 1.0: fickle failed: AssertionError" in found.stderr
    every = plugin_sandbox.run("cite", "*cub*", FICKLE="1")
    assert every.returncode == 0
    assert "plugin fickle 1.0: fickle failed: AssertionError" in every.stderr


def dedented(code: str) -> str:
    import textwrap

    return textwrap.dedent(code)


def test_the_registry_loads_what_it_is_asked_for(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("zz-healthy", code=HEALTHY)
    plugin_sandbox.add("zz-other", code=HEALTHY.replace("my_", "other_").replace("hello", "other"))
    assert {plugin.status for plugin in known_plugins()} == {"new"}
    assert {plugin.status for plugin in installed_plugins()} == {"loaded"}
    from activations.plugins import forget

    forget()
    registry = default_registry()
    assert [plugin.status for plugin in known_plugins()] == ["ready", "ready"]
    assert "my_cube" in registry
    assert [plugin.status for plugin in known_plugins()] == ["ready", "ready"]
    assert str(registry.origin("my_cube")) == "zz-healthy 1.0"
    assert [plugin.status for plugin in known_plugins()] == ["loaded", "ready"]
    assert problems() == ()
    assert "other_cube" in list(registry)
    assert [plugin.status for plugin in known_plugins()] == ["loaded", "loaded"]


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"[]", b'{"version": 1, "records": {"a": {}}}', b"[" * 100_000])
def test_a_damaged_record_is_no_record(damage: bytes, plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("zz-healthy", code=HEALTHY)
    assert "my_cube" in default_registry()
    from activations.plugins import forget

    (file,) = (plugin_sandbox.home / "cache" / "activations").glob("plugins.json")
    file.write_bytes(damage)
    forget()
    assert [plugin.status for plugin in known_plugins()] == ["new"]
    assert "my_cube" in default_registry()


def test_a_forged_record_gives_no_bad_name(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("zz-healthy", code=HEALTHY)
    assert "my_cube" in default_registry()
    from activations.plugins import forget

    (file,) = (plugin_sandbox.home / "cache" / "activations").glob("plugins.json")
    file.write_text(file.read_text().replace("my_cube", "../../my_cube"))
    forget()
    assert [plugin.status for plugin in known_plugins()] == ["new"]


def test_a_stale_record_is_told(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("zz-healthy", code=HEALTHY)
    assert "my_cube" in default_registry()
    from activations.plugins import forget

    (file,) = (plugin_sandbox.home / "cache" / "activations").glob("plugins.json")
    file.write_text(file.read_text().replace("my_cube", "my_square"))
    forget()
    with pytest.raises(PluginError, match=r"plugin zz-healthy 1\.0 no longer provides 'my_square'"):
        default_registry()["my_square"]
    assert "my_square" not in list(default_registry())
    with pytest.raises(UnknownActivationError):
        default_registry()["my_cub"]


def test_the_built_in_part_is_listed_with_all(plugin_sandbox: PluginSandbox) -> None:
    rows: list[Any] = json.loads(plugin_sandbox.run("plugins", "list", "--all", "--json").stdout)
    assert [row["name"] for row in rows] == ["built-in"]
    assert "tanh" in rows[0]["provides"]["activations"]
    assert json.loads(plugin_sandbox.run("plugins", "--json").stdout) == []
    assert "No plugin is installed." in plugin_sandbox.run("plugins").stdout

"""Plugins: broken ones beside healthy ones, which must not be hurt."""

import json
import os
import subprocess
import sys
import textwrap
from importlib import metadata
from pathlib import Path

import pytest

from activations.plugins import Origin, load_plugin

ROOT = Path(__file__).parents[1]

HEALTHY = """
    from activations import activation, hookimpl

    @activation(formula="x*x*x", paper="Somebody 2020")
    def my_cube(x):
        '''A cube.'''
        return x * x * x

    @hookimpl
    def provide_activations():
        return [my_cube]
"""
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
BROKEN = {
    "import-error": ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
    "syntax-error": ("def (:", "SyntaxError"),
    "exits": ("raise SystemExit(3)", "SystemExit"),
    "misspelt": (
        "from activations import hookimpl\n@hookimpl\ndef provide_activation(): return []",
        "unknown hook 'provide_activation'",
    ),
    "wrong-type": (
        "from activations import hookimpl\n@hookimpl\ndef provide_activations(): return [abs]",
        "decorate the function with @activation",
    ),
    "raises-late": (
        "from activations import hookimpl, activation\n"
        "@activation(formula='x', paper='P')\ndef half(x):\n    'Half.'\n    return x\n"
        "@hookimpl\ndef provide_activations():\n    yield half\n    raise ValueError('after one')",
        "after one",
    ),
    "endless": (
        "import itertools\nfrom activations import hookimpl\n"
        "@hookimpl\ndef provide_targets(): return itertools.count()",
        "more than 10000",
    ),
    "prints": ("print('noise on stdout')\nimport nothing_at_all", "nothing_at_all"),
}


def distribution(folder, name, code, version="1.0"):
    """A distribution as pip leaves it: a module and its metadata with an entry point."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(textwrap.dedent(code))
    info = folder / f"{module}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[activations]\nit = {module}\n")


def run(path, *arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "activations", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, **options)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_leaves_a_line_and_the_healthy_one_works(name, tmp_path):
    code, reason = BROKEN[name]
    distribution(tmp_path, name, code, version="3.1")
    distribution(tmp_path, "zz-healthy", HEALTHY)
    result = run(tmp_path, "list", "my_cube", "--json")
    assert result.returncode == 0, result.stderr
    assert [row["name"] for row in json.loads(result.stdout)] == ["my_cube"]
    problems = [line for line in result.stderr.splitlines() if f"{name} 3.1" in line]
    assert len(problems) == 1, result.stderr
    assert reason in problems[0]
    assert f"pip uninstall {name}" in problems[0]
    assert "Traceback" not in result.stderr


def test_half_of_a_plugin_is_nothing_of_it(tmp_path):
    distribution(tmp_path, "raises-late", BROKEN["raises-late"][0])
    result = run(tmp_path, "list", "half", "--json")
    assert result.returncode == 2


def test_a_name_of_ours_stays_ours(tmp_path):
    distribution(tmp_path, "clashing", HEALTHY.replace("my_cube", "tanh"))
    ours = json.loads(run(tmp_path, "list", "tanh", "--json").stdout)
    assert [row["origin"] for row in ours] == ["built-in"]
    result = run(tmp_path, "list", "tanh", "--json")
    assert "clashing:tanh" in result.stderr


def test_a_plugin_may_bring_functions_over_a_dimension(tmp_path):
    distribution(tmp_path, "both-kinds", BOTH_KINDS)
    rows = json.loads(run(tmp_path, "list", "my_*", "--json").stdout)
    assert [(row["name"], row["kind"], row["origin"]) for row in rows] == [
        ("my_cube", "elementwise", "both-kinds 1.0"),
        ("my_centre", "axis", "both-kinds 1.0"),
    ]
    result = run(tmp_path, "check", "my_centre", "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    (row,) = json.loads(run(tmp_path, "plugins", "--json").stdout)
    assert row["activations"] == ["my_centre", "my_cube"]


TARGETS = """
    from activations import Target, hookimpl

    @hookimpl
    def provide_targets():
        return [
            Target("two_bumps", ((-1, 1),), formula="abs(abs(x) - 1/2)", group="kinked"),
            Target("ABS", ((0, 1),), formula="x"),
            "no target",
        ]
"""


def test_targets_of_a_plugin_are_listed_and_what_is_wrong_is_told(tmp_path):
    distribution(tmp_path, "more-targets", TARGETS, version="2.0")
    result = run(tmp_path, "targets", "--json")
    assert result.returncode == 0, result.stderr
    assert [row["name"] for row in json.loads(result.stdout)][-1] == "two_bumps"
    taken, wrong = result.stderr.splitlines()
    assert "more-targets 2.0" in taken
    assert "'ABS' is taken" in taken
    assert "make it with activations.Target" in wrong
    (row,) = json.loads(run(tmp_path, "plugins", "--json").stdout)
    assert len(row["problems"]) == 2


def test_order_does_not_depend_on_installation(tmp_path):
    for name in ("b-plugin", "a-plugin"):
        distribution(tmp_path, name, HEALTHY.replace("my_cube", name[0] + "_cube"))
    result = run(tmp_path, "list", "*_cube", "--json")
    assert [row["name"] for row in json.loads(result.stdout)] == ["a_cube", "b_cube"]


def test_help_imports_no_plugin(tmp_path):
    distribution(tmp_path, "noisy", "raise RuntimeError('imported')")
    result = run(tmp_path, "--help")
    assert result.returncode == 0
    assert "imported" not in result.stderr


def test_a_missing_module_is_a_problem_not_an_exception():
    entry_point = metadata.EntryPoint("it", "no_such_module_here", "activations")
    plugin = load_plugin(Origin("ghost", "0.1"), entry_point)
    assert plugin.activations == ()
    assert "no_such_module_here" in str(plugin.problem)

"""The sandbox for plugins: found by the real discovery, in this process and in a child, and gone without a trace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from importlib import metadata
from pathlib import Path

import pytest

from activations import default_registry, resolve_target
from activations.discovery import discover
from activations.errors import PluginError, UnknownActivationError, UnknownTargetError
from activations.testing import PluginSandbox
from activations.user_folders import data_folder

pytest_plugins = ["activations.testing.pytest_plugin"]

CODE = """
    from activations import Target, activation, hookimpl

    @activation(formula="x*x*x", paper="Somebody 2020")
    def my_cube(x):
        '''A cube.'''
        return x * x * x

    @hookimpl
    def provide_activations():
        return [my_cube]

    @hookimpl
    def provide_targets():
        return [Target("my_line", ((0, 1),), formula="x")]
"""


def test_it_is_found_here_and_in_a_child(plugin_sandbox: PluginSandbox) -> None:
    assert "my_cube" not in default_registry()
    plugin_sandbox.add("my-plugin", code=CODE, version="2.5")
    assert str(default_registry().origin("my_cube")) == "my-plugin 2.5"
    assert resolve_target("my_line").formula == "x"
    assert [str(plugin.origin) for plugin in discover()] == ["my-plugin 2.5"]
    result = plugin_sandbox.run("list", "my_cube", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    assert [row["origin"] for row in json.loads(result.stdout)] == ["my-plugin 2.5"]


def test_it_leaves_no_trace() -> None:
    before = (list(sys.path), dict(os.environ), set(sys.modules))
    found = discover()
    with PluginSandbox() as sandbox:
        sandbox.add("my-plugin", code=CODE)
        assert "my_cube" in default_registry()
        assert "my_plugin" in sys.modules
        assert data_folder() == sandbox.home / "data" / "activations"
        place = sandbox.site
    assert not place.exists()
    assert (sys.path, dict(os.environ)) == before[:2]
    assert not [name for name in set(sys.modules) - before[2] if "my_plugin" in name]
    with pytest.raises(UnknownActivationError):
        default_registry()["my_cube"]
    with pytest.raises(UnknownTargetError):
        resolve_target("my_line")
    assert discover() == found


def test_it_leaves_no_trace_of_a_test_that_fails() -> None:
    before = list(sys.path)

    def failing() -> float:
        with PluginSandbox() as sandbox:
            sandbox.add("my-plugin", code=CODE)
            return len(default_registry()) / 0

    with pytest.raises(ZeroDivisionError):
        failing()
    assert sys.path == before
    assert "my_cube" not in default_registry()


def test_the_users_settings_are_out_of_sight(plugin_sandbox: PluginSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVATIONS_SEEN", "of the user")
    given = []
    real = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *command, **o: [given.append(o["env"]), real(*command, **o)][1])
    plugin_sandbox.run("--version")
    plugin_sandbox.run("--version", ACTIVATIONS_SEEN="mine")
    assert [environment.get("ACTIVATIONS_SEEN") for environment in given] == [None, "mine"]
    with PluginSandbox():
        assert "ACTIVATIONS_SEEN" not in os.environ
    assert os.environ["ACTIVATIONS_SEEN"] == "of the user"


def test_a_child_keeps_its_data_to_itself(plugin_sandbox: PluginSandbox) -> None:
    result = plugin_sandbox.run(
        "bench", "x", "-a", "tanh", "-a", "linear", "--steps", "5", "--seeds", "2", "--jobs", "1"
    )
    assert result.returncode == 0, result.stderr
    assert [path.name for path in (plugin_sandbox.home / "data" / "activations").glob("*.sqlite3")]
    assert list(plugin_sandbox.work.iterdir()) == []


def test_what_pip_would_write(plugin_sandbox: PluginSandbox) -> None:
    info = plugin_sandbox.add(
        "my-plugin", code=CODE, version="3.1", entry_point="my_plugin", metadata={"Summary": "A cube", "Version": "4"}
    )
    (found,) = metadata.distributions(name="my-plugin", path=[str(plugin_sandbox.site)])
    assert (found.version, found.metadata["Summary"]) == ("4", "A cube")
    assert info == plugin_sandbox.site / "my_plugin-3.1.dist-info"
    files = found.files or []
    assert {str(file) for file in files} == {
        "my_plugin.py",
        *(f"{info.name}/{name}" for name in ("METADATA", "entry_points.txt", "INSTALLER", "RECORD")),
    }
    for file in files:
        assert file.hash is None or len(file.read_binary()) == file.size


def test_entry_points_are_written_as_they_are(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("one", code="", entry_point="no_such_module:thing")
    plugin_sandbox.add("two", code=CODE, entry_point={"first": "two", "second": "nothing_there"})
    assert [(plugin.key, plugin.entry_point.value) for plugin in discover()] == [
        *(("one:one", "no_such_module:thing"), ("two:first", "two"), ("two:second", "nothing_there")),
    ]
    result = plugin_sandbox.run("list", "my_cube", "--json")
    assert result.returncode == 0
    assert ["no_such_module" in result.stderr, "nothing_there" in result.stderr] == [True, True]


def test_an_update_replaces_all_of_it(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("my-plugin", code=CODE)
    assert "my_cube" in default_registry()
    # Of the same length and within the same second: bytecode left behind would hide the change.
    plugin_sandbox.add("my-plugin", code=CODE.replace("my_cube", "my_code"), version="1.1")
    assert "my_cube" not in default_registry()
    assert str(default_registry().origin("my_code")) == "my-plugin 1.1"
    plugin_sandbox.remove("my-plugin")
    assert "my_code" not in default_registry()
    assert list(plugin_sandbox.site.iterdir()) == []


def test_files_packages_and_folders(plugin_sandbox: PluginSandbox, tmp_path: Path) -> None:
    code = textwrap.dedent(CODE)
    (tmp_path / "my_file.py").write_text(code)
    package = tmp_path / "my_package"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("from my_package.inner.other import *")
    (package / "inner" / "__init__.py").write_text("")
    (package / "inner" / "other.py").write_text(code.replace("my_", "your_"))
    folder = tmp_path / "a-folder"
    folder.mkdir()
    (folder / "a_folder.py").write_text("from beside import *")
    (folder / "beside.py").write_text(code.replace("my_", "their_"))
    for path in (tmp_path / "my_file.py", package, folder):
        plugin_sandbox.add(folder_or_file=path)
    assert [plugin.key for plugin in discover()] == ["a-folder:a_folder", "my_file:my_file", "my_package:my_package"]
    for name in ("my_cube", "your_cube", "their_cube"):
        assert name in default_registry()
    for name in ("a-folder", "my_file", "my_package"):
        plugin_sandbox.remove(name)
    assert not [path for path in plugin_sandbox.site.rglob("*") if path.is_file()]


def test_nothing_or_both_is_a_mistake(plugin_sandbox: PluginSandbox, tmp_path: Path) -> None:
    with pytest.raises(PluginError):
        plugin_sandbox.add()
    with pytest.raises(PluginError):
        plugin_sandbox.add("both", code="x = 1", folder_or_file=tmp_path)
    with pytest.raises(PluginError, match="needs a name"):
        plugin_sandbox.add(code="x = 1")
    assert list(plugin_sandbox.site.iterdir()) == []


def test_a_child_that_hangs_is_killed(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("sleeper", code="import time\ntime.sleep(600)")
    with pytest.raises(subprocess.TimeoutExpired):
        plugin_sandbox.run("list", timeout=2)


def test_the_suite_needs_no_pytest() -> None:
    code = "import sys, activations.testing; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

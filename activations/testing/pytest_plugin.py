"""The fixture `plugin_sandbox` for pytest.

In the `conftest.py` at the root of your tests, or in a test file:

    pytest_plugins = ["activations.testing.pytest_plugin"]

Then a test takes it as an argument:

    def test_mine_is_listed(plugin_sandbox):
        plugin_sandbox.add(folder_or_file="my_plugin.py")
        assert "my_wave" in plugin_sandbox.run("list").stdout
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from activations.testing.sandbox import PluginSandbox

__all__ = ["plugin_sandbox"]


@pytest.fixture
def plugin_sandbox(tmp_path: Path) -> Iterator[PluginSandbox]:
    """A sandbox for plugins that is left when the test ends."""
    with PluginSandbox(tmp_path / "plugins") as sandbox:
        yield sandbox

"""What all tests share: none of them touches the results, or reads the configuration, of whoever runs them."""

import itertools
import os

import pytest

HOMES = itertools.count()


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch, tmp_path_factory):
    for name in os.environ:
        if name.startswith("ACTIVATIONS_"):
            monkeypatch.delenv(name)
    # Made by whoever needs them. For 15,000 tests mktemp would look through the folders of all tests before.
    home = tmp_path_factory.getbasetemp() / "homes" / str(next(HOMES))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("ACTIVATIONS_CONFIG", "")


@pytest.fixture(scope="session", autouse=True)
def _own_cache_folder(tmp_path_factory):
    # One for all tests, in whichever process they run: what the first one compiles is there for the others.
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        yield

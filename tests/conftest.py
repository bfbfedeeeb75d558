"""What all tests share: none of them touches the results, or reads the configuration, of whoever runs them."""

import os

import pytest


@pytest.fixture(autouse=True)
def _own_data_folder(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="session", autouse=True)
def _own_cache_folder(tmp_path_factory):
    # One for all tests, in whichever process they run: what the first one compiles is there for the others.
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        yield


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch, tmp_path_factory):
    for name in os.environ:
        if name.startswith("ACTIVATIONS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ACTIVATIONS_CONFIG", "")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))

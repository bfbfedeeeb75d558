"""What all tests share: none of them touches the results, or reads the configuration, of whoever runs them."""

import os

import pytest


@pytest.fixture(autouse=True)
def _own_data_folder(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch):
    for name in os.environ:
        if name.startswith("ACTIVATIONS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ACTIVATIONS_CONFIG", "")

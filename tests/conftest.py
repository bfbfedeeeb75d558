"""What all tests share: none of them touches the results of whoever runs them."""

import pytest


@pytest.fixture(autouse=True)
def _own_data_folder(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))

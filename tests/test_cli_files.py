"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activations.files import OutputExistsError, require_free, slug, write_atomically


def test_writes_a_new_file(tmp_path: Path) -> None:
    place = tmp_path / "a.bin"
    assert write_atomically(place, b"data") == place
    assert place.read_bytes() == b"data"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_keeps_what_exists_unless_told(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_bytes(b"old")
    with pytest.raises(OutputExistsError, match="--force"):
        write_atomically(place, b"new")
    assert place.read_bytes() == b"old"
    write_atomically(place, b"new", overwrite=True)
    assert place.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_keeps_permissions_and_follows_links(tmp_path: Path) -> None:
    place, link = tmp_path / "a.txt", tmp_path / "link.txt"
    place.write_bytes(b"old")
    place.chmod(0o640)
    link.symlink_to(place)
    write_atomically(link, b"new", overwrite=True)
    assert link.is_symlink()
    assert place.read_bytes() == b"new"
    assert stat.S_IMODE(place.stat().st_mode) == 0o640


def test_a_new_file_has_ordinary_permissions(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    written = write_atomically(tmp_path / "written", b"")
    assert stat.S_IMODE(written.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_a_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "nowhere.txt")
    with pytest.raises(OutputExistsError):
        require_free(link)


def test_refuses_places_that_are_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError):
        require_free(tmp_path / "missing" / "a.txt")
    with pytest.raises(NotADirectoryError):
        require_free(tmp_path / "file" / "a.txt")
    with pytest.raises(IsADirectoryError):
        require_free(tmp_path, overwrite=True)
    with pytest.raises(OSError, match="regular"):
        require_free(os.devnull, overwrite=True)


@pytest.mark.parametrize("step", ["fsync", "replace", "link", "open"])
def test_a_failing_step_leaves_the_old_file_and_no_rest(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.txt"
    place.write_bytes(b"old")

    def fail(*args: object, **settings: object) -> None:
        raise OSError(28, "No space left on device")

    overwrite = step != "link"
    if step == "link":
        place.unlink()
        monkeypatch.setattr(os, "replace", fail)  # the way out without hard links fails too
    monkeypatch.setattr(os, step, fail)
    if step == "open":
        monkeypatch.setattr("tempfile._os.open", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(place, b"new", overwrite=overwrite)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ([] if step == "link" else ["a.txt"])
    assert step == "link" or place.read_bytes() == b"old"


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "a.txt"

    def appear(descriptor: int) -> None:
        place.write_bytes(b"theirs")

    monkeypatch.setattr(os, "fsync", appear)
    with pytest.raises(OutputExistsError):
        write_atomically(place, b"ours")
    assert place.read_bytes() == b"theirs"


def test_slugs_are_readable_where_they_can_be() -> None:
    assert slug("leaky_relu") == "leaky-relu"
    assert slug("../../etc/passwd").startswith("etc-passwd-")
    assert slug("sin(x)") != slug("sin x")
    assert slug("CON") != "con"


@given(st.text())
def test_slugs_are_safe_file_names(text: str) -> None:
    name = slug(text)
    assert 1 <= len(name) <= 80
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not name.startswith("-")

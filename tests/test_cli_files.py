"""Files are written whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
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


@pytest.mark.torture(74)
def test_a_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "nowhere.txt")
    with pytest.raises(OutputExistsError):
        require_free(link)


@pytest.mark.torture(74)
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


@pytest.mark.torture(71, 79)
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


@pytest.mark.torture(73)
def test_a_failed_write_names_the_file_and_not_the_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(tmp_path / "a.txt", b"new")
    assert caught.value.filename == str(tmp_path / "a.txt")


KILLED = """
import os, signal, sys
from activations.files import write_atomically
os.{step} = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
write_atomically(sys.argv[1], b"new", overwrite=True)
"""


@pytest.mark.torture(71)
@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_a_killed_process_leaves_is_swept_an_hour_later(step: str, tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_bytes(b"old")
    found = subprocess.run([sys.executable, "-c", KILLED.format(step=step), str(place)], check=False)
    assert found.returncode == -signal.SIGKILL
    assert place.read_bytes() == b"old"
    (left,) = set(tmp_path.iterdir()) - {place}
    others = [
        tmp_path / name for name in (".a.txt.tmp", ".a.txt.12345678.tmpx", ".b.txt.12345678.tmp", "a.12345678.tmp")
    ]
    for other in others:
        other.touch()
        os.utime(other, (0, 0))
    # It may belong to a process that is still writing.
    write_atomically(place, b"newer", overwrite=True)
    assert left.exists()
    os.utime(left, (time.time() - 4000,) * 2)
    write_atomically(place, b"newest", overwrite=True)
    assert set(tmp_path.iterdir()) == {place, *others}
    assert place.read_bytes() == b"newest"


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


@pytest.mark.torture(57)
@given(st.text())
def test_slugs_are_safe_file_names(text: str) -> None:
    name = slug(text)
    assert 1 <= len(name) <= 80
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not name.startswith("-")

"""`activations cache`: what is kept is told, and only what is ours is removed."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from activations import property_store
from activations.fitting.fused.cache import is_ours
from activations.plugins.records import Records
from activations_cli import known_names
from activations_cli.caches import CACHES
from activations_cli.commands.cache import size_text
from activations_cli.failures import ExitCode
from activations_cli.main import cli

NAME = f"{'0123456789abcdef'}-{'0123456789abcdef' * 2}"
KERNEL_FILES = (f"{NAME}.so", f"{NAME}.json", "compilers.json", f".{NAME[:40]}.abcd_123.tmp")
LEFT = (".names.json.abcdefgh.tmp", ".plugins.json.abcdefgh.tmp")
FILES = ("properties.json", "plugins.json", "names.json", *LEFT)
FOREIGN = (
    "notes.txt",
    "names.json.bak",
    ".names.json.tmp",
    "kernels/mine.so",
    f"kernels/{NAME}.so.bak",
    "kernels/.x.abcdefgh.tmp",
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder, with files of ours and of others."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    folder = tmp_path / "activations"
    (folder / "kernels").mkdir(parents=True, mode=0o700)
    for name in (*FILES, *FOREIGN, *(f"kernels/{name}" for name in (*KERNEL_FILES, ".lock"))):
        (folder / name).write_bytes(b"1234")
    return folder


def run(*arguments: str) -> Result:
    """The command line in this process."""
    return CliRunner().invoke(cli, ["cache", *arguments])


def told(*arguments: str) -> Any:
    """What a command prints as JSON."""
    found = run(*arguments, "--json")
    assert found.exit_code == 0, found.stderr
    return json.loads(found.stdout)


def below(folder: Path) -> set[str]:
    """All files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}


def test_info_tells_number_and_size(place: Path) -> None:
    printed = told("info")
    assert printed == told()
    assert printed["folder"] == str(place)
    assert {row["name"]: (row["files"], row["bytes"]) for row in printed["caches"]} == {
        "kernels": (5, 20),
        "properties": (1, 4),
        "plugins": (2, 8),
        "names": (2, 8),
    }
    kernels = printed["kernels"]
    assert (kernels["libraries"], kernels["bytes"], kernels["bound"]) == (1, 8, 256 * 2**20)
    text = run().stdout
    assert str(place) in "".join(text.split())  # which is folded
    for words in ("at most 256 MiB", "properties", "20 B"):
        assert words in text.replace("\n", "")


def test_info_tells_the_compiler_or_how_to_get_one(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    printed = told("info")
    assert printed["compiler"] is printed["vector_bits"] is None
    assert "install g++ or clang++, or set CXX" in printed["compiler_problem"]
    assert "install g++" in run("info").stdout
    monkeypatch.setenv("CXX", "no-such\x1b[31mcompiler")
    assert "\x1b" not in run("info").stdout
    monkeypatch.undo()
    if shutil.which("g++"):
        monkeypatch.setenv("CXX", "g++")
        printed = told("info")
        assert printed["compiler"]["command"] == [shutil.which("g++")]
        assert printed["compiler_problem"] is None
        assert printed["vector_bits"] in (128, 256, 512)


def test_info_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    assert [row["files"] for row in told("info")["caches"]] == [0] * len(CACHES)
    assert all(row["files"] == 0 for row in told("clear"))
    assert not (tmp_path / "none").exists()


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setattr(Path, "home", no_home)
    assert told("info")["folder"] is None
    assert "XDG_CACHE_HOME" in run("info").stdout
    assert run("clear").exit_code == 0


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ((), ()),
        (("all",), ()),
        (("kernels",), FILES),
        (("names", "plugins"), ("properties.json", *(f"kernels/{name}" for name in (*KERNEL_FILES, ".lock")))),
    ],
)
def test_clear_removes_what_is_ours_and_named(place: Path, names: tuple[str, ...], kept: tuple[str, ...]) -> None:
    before = {row["name"]: row for row in told("info")["caches"]}
    removed = {row["name"]: row for row in told("clear", *names)}
    assert below(place) == {*FOREIGN, *kept}
    for name, row in removed.items():
        extra = 1 if name == "kernels" else 0  # the lock does not count
        assert (row["files"], row["bytes"]) == (before[name]["files"] - extra, before[name]["bytes"] - 4 * extra)
    assert set(removed) == (set(CACHES) if names in ((), ("all",)) else set(names))
    assert all(row["files"] == 0 for row in told("clear", *names))


def test_clear_says_what_it_did(place: Path) -> None:
    found = run("clear", "kernels", "names")
    assert found.stdout == "kernels: removed 4 files, 16 B\nnames: removed 2 files, 8 B\n"
    assert run("clear", "names").stdout == "names: empty\n"
    found = run("clear")
    assert "not ours" in found.stderr
    assert "and 5 others" in found.stderr
    for name in FOREIGN:
        (place / name).unlink()
    (place / "kernels" / KERNEL_FILES[0]).touch()
    found = run("clear", "kernels")
    assert (found.stdout, found.stderr) == ("kernels: removed 1 file, 0 B\n", "")
    assert not (place / "kernels").exists()


def test_links_are_not_followed_nor_removed(place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("names.json", f"{NAME}.so"):
        (other / name).write_bytes(b"of another")
    for name in ("names.json", f"kernels/{NAME}.so"):
        (place / name).unlink()
        (place / name).symlink_to(other / Path(name).name)
    assert run("clear").exit_code == 0
    assert (place / "names.json").is_symlink()
    assert (place / f"kernels/{NAME}.so").is_symlink()
    assert len(below(other)) == 2
    shutil.rmtree(place / "kernels")
    (place / "kernels").symlink_to(other)
    for command in ("info", "clear"):
        found = run(command)
        assert found.exit_code == ExitCode.ENVIRONMENT
        assert "symbolic link" in found.stderr
        assert "Traceback" not in found.stderr
    assert len(below(other)) == 2


@pytest.mark.skipif(os.name == "nt", reason="permissions of its own kind")
def test_a_folder_that_others_can_write_to_is_told(place: Path) -> None:
    (place / "kernels").chmod(0o777)
    found = run("info", "--json")
    assert found.exit_code == ExitCode.ENVIRONMENT
    assert "chmod 700" in found.stderr
    assert "chmod 700" in json.loads(found.stdout)["kernels"]["problem"]
    found = run("clear")
    assert found.exit_code == ExitCode.ENVIRONMENT
    assert (place / "kernels" / KERNEL_FILES[0]).exists()
    assert not (place / "names.json").exists()  # the others are cleared


def test_a_file_that_can_not_be_removed_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.name == "plugins.json":
            raise PermissionError(13, "Permission denied", str(path))
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    found = run("clear")
    assert found.exit_code == ExitCode.ENVIRONMENT
    assert "plugins.json': Permission denied" in found.stderr
    assert below(place) == {*FOREIGN, "plugins.json"}


def test_the_names_are_those_of_their_owners(place: Path) -> None:
    assert CACHES["properties"].file == property_store.FILE
    assert CACHES["plugins"].file == Path(str(Records()._path)).name
    assert CACHES["names"].file == Path(str(known_names._file())).name
    assert all(is_ours(name) for name in KERNEL_FILES)
    assert not any(is_ours(Path(name).name) for name in FOREIGN)


def test_an_unknown_cache_is_a_usage_error(place: Path) -> None:
    found = run("clear", "kernel")
    assert found.exit_code == ExitCode.USAGE
    assert "'properties'" in found.stderr
    assert set(FILES) <= below(place)


def test_sizes() -> None:
    assert [size_text(size) for size in (0, 1023, 1024, 1536, 2**20, 2**28)] == [
        *("0 B", "1023 B", "1 KiB", "1.5 KiB", "1 MiB", "256 MiB")
    ]


@pytest.mark.parametrize("arguments", [["--help"], ["clear", "--help"], ["clear", "bogus"], ["info", "--json"]])
def test_nothing_heavy_is_imported(arguments: list[str], place: Path) -> None:
    heavy = ("torch", "numpy", "matplotlib", "sympy", "rich", "filelock")
    assert all(importlib.util.find_spec(name) for name in heavy)
    code = f"""import sys
from activations_cli.main import main
sys.argv = ["activations", "cache", *{arguments!r}]
try:
    main()
finally:
    print([name for name in {heavy!r} if name in sys.modules], end="", file=sys.stderr)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode in (0, 2)
    assert found.stderr.endswith("[]")

"""Builds of the fused kernel: once on a machine, never what another has touched, and always with an end."""

from __future__ import annotations

import ctypes
import json
import logging
import os
import pickle
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from plain_rights import GIVE_UP_RIGHTS

from activations.errors import BuildError
from activations.fitting.fused import builds, cache, compiler
from activations.fitting.fused.library import Library

GXX = shutil.which("g++") or shutil.which("clang++")
pytestmark = pytest.mark.skipif(GXX is None or sys.platform == "win32", reason="needs g++ or clang++")

HEADER = '#pragma once\n#include "real.hpp"\nnamespace { inline REAL plus(REAL x, REAL y) { return x + y; } }\n'
TRAINER = '#include "math.hpp"\nextern "C" int real_bytes() { return sizeof(REAL); }\n'


@dataclass(frozen=True)
class Made:
    """A function, as the generator gives it."""

    symbol: str
    text: str
    cost: float = 1.0


def made(number: int, *, body: str = "") -> Made:
    """A function that adds a number to its input."""
    symbol = f"phi_{number:016x}"
    body = body or f"for (long i = 0; i < count; ++i) value[i] = plus(inputs[0][i], {number});"
    arguments = "long count, const REAL* const* inputs, const REAL* theta, REAL* value, REAL* const* slopes"
    return Made(symbol, f'extern "C" void {symbol}({arguments}) {{ {body} }}\n')


def unit_text(emitted: Sequence[Made]) -> str:
    return '#include "math.hpp"\n' + "".join(item.text for item in emitted)


def value(address: int, x: float, real: type[ctypes._SimpleCData[float]] = ctypes.c_float) -> float:
    """Call a function with one number."""
    array = real * 1
    inputs, result = array(x), array()
    pointers = (ctypes.c_void_p * 1)(ctypes.addressof(inputs))
    kind = ctypes.CFUNCTYPE(None, ctypes.c_long, *[ctypes.c_void_p] * 4)
    kind(address)(1, ctypes.addressof(pointers), None, ctypes.addressof(result), None)
    return float(result[0])


class Place:
    """A kernel, a cache and a compiler of a test's own.

    Attributes:
        sources: the kernel's sources.
        kernels: the cache's folder.
        log: where the compiler writes a line for each run.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder, monkeypatch
        self.sources = folder / "sources"
        self.sources.mkdir()
        (self.sources / "real.hpp").write_text("#pragma once\n")
        (self.sources / "math.hpp").write_text(HEADER)
        (self.sources / "train.cpp").write_text(TRAINER)
        self.log = folder / "log"
        self.log.touch()
        self.kernels = folder / "cache" / "activations" / "kernels"
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        monkeypatch.setattr(builds, "kernel", lambda: self.sources)
        monkeypatch.setattr(builds, "unit_text", unit_text)
        self.compile_with(f'exec {GXX} "$@"')

    def compile_with(self, commands: str) -> None:
        """Let the compiler be a script; "--version" is not its business."""
        script = self.folder / "compile"
        script.write_text(
            f'#!/bin/sh\ncase "$*" in *--version) echo asked >> {self.log}; echo "g++ of a test"; exit;; esac\n'
            f'echo "$@" >> {self.log}\n{commands}\n'
        )
        script.chmod(0o755)
        self.monkeypatch.setenv("CXX", str(script))

    def runs(self) -> list[str]:
        """The arguments of each run of the compiler that was to compile."""
        return [line for line in self.log.read_text().splitlines() if line != "asked"]

    def afresh(self) -> None:
        """Forget what this process has loaded."""
        builds._workshops.clear()

    def start(self, code: str, **environment: str) -> subprocess.Popen[str]:
        """Another process that has the same kernel and cache, with `wanted` functions."""
        script = f"""
        import sys
        from pathlib import Path
        from test_fused_builds import made, unit_text, value
        from activations.fitting.fused import builds
        from activations.errors import BuildError
        builds.kernel = lambda: Path({str(self.sources)!r})
        builds.unit_text = unit_text
        wanted = [made(number) for number in (1, 2, 3)]
        """
        path = os.pathsep.join(map(str, (Path(__file__).parent, Path(builds.__file__).parents[3], *sys.path)))
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script) + textwrap.dedent(code)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, **environment},
        )

    def run(self, code: str, **environment: str) -> str:
        """What such a process prints."""
        process = self.start(code, **environment)
        printed, errors = process.communicate(timeout=100)
        assert process.returncode == 0, errors
        return printed + errors

    def libraries(self) -> list[Path]:
        """The libraries in the cache."""
        return sorted(self.kernels.glob("*.so"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A place of the test's own."""
    monkeypatch.setattr(compiler, "cores", lambda: 2)
    cache._tell_once.cache_clear()
    yield Place(tmp_path, monkeypatch)
    builds._workshops.clear()


ONE, TWO, THREE = (made(number) for number in (1, 2, 3))
ADDING = "print([value(address, 0.5) for address in builds.functions(wanted, 'float32').values()])"


def test_a_function_is_compiled_once_and_taken_from_the_cache_where_there_is_no_compiler(place: Place) -> None:
    assert builds.cached([ONE], "float32") is None
    found = builds.functions([ONE, TWO], "float32")
    assert [value(found[item.symbol], 0.5) for item in (ONE, TWO)] == [1.5, 2.5]
    assert len(place.runs()) == 1
    assert builds.cached_trainer("float32") is None
    assert builds.functions([TWO, ONE], "float32") == {TWO.symbol: found[TWO.symbol], ONE.symbol: found[ONE.symbol]}
    place.afresh()
    assert value(builds.functions([TWO], "float32")[TWO.symbol], 1.0) == 3.0
    assert builds.trainer("float32").real_bytes() == 4
    place.afresh()
    trainer = builds.cached_trainer("float32")
    assert trainer is not None
    assert trainer.real_bytes() == 4
    assert builds.cached([ONE, TWO], "float32") is not None
    assert builds.cached([ONE, THREE], "float32") is None  # the negative control of that
    assert len(place.runs()) == 2
    assert place.log.read_text().count("asked") == 1  # its version is remembered too
    code = "print(value(builds.cached(wanted[:2], 'float32')[wanted[1].symbol], 5), builds.cached(wanted, 'float32'))"
    assert place.run(code, PATH="", CXX="") == "7.0 None\n"
    assert "no C++ compiler" in place.run(
        "try: builds.functions(wanted, 'float32')\nexcept BuildError as error: print(error)", PATH="", CXX=""
    )


def test_the_precisions_are_apart(place: Place) -> None:
    for precision, real, size in (("float32", ctypes.c_float, 4), ("float64", ctypes.c_double, 8)):
        address = builds.functions([ONE], precision)[ONE.symbol]
        assert value(address, 1e-9, real) - 1 == pytest.approx(0 if size == 4 else 1e-9, rel=1e-6)
        assert builds.trainer(precision).real_bytes() == size
    assert len(place.runs()) == 4
    with pytest.raises(ValueError, match="float16"):
        builds.trainer("float16")


@pytest.mark.parametrize("changed", ["real.hpp", "math.hpp", "text", "compiler", "processor", "flags"])
def test_whatever_decides_the_code_is_part_of_the_key(
    place: Place, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds.functions([ONE], "float32")
    place.afresh()
    item = ONE
    if changed == "text":
        item = Made(ONE.symbol, ONE.text + "// another\n")
    elif changed == "compiler":
        monkeypatch.setenv("CXX", f"{os.environ['CXX']} -g0")
    elif changed == "processor":
        monkeypatch.setattr(builds, "cpu_identity", lambda: "another")
    elif changed == "flags":
        monkeypatch.setattr(compiler, "FLAGS", (*compiler.FLAGS, "-O1"))
    else:
        (place.sources / changed).write_text((place.sources / changed).read_text() + "// another\n")
    assert builds.cached([item], "float32") is None
    builds.functions([item], "float32")
    assert len(place.runs()) == 2


def test_many_functions_are_shared_out_among_the_cores(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "cores", lambda: 3)
    wanted = [made(number) for number in range(1, 20)]
    found = builds.functions(wanted, "float32")
    assert [value(found[item.symbol], 0.5) for item in wanted] == [number + 0.5 for number in range(1, 20)]
    assert len(place.runs()) == len(place.libraries()) == 4  # of four functions at least
    for number, units in ((3, 1), (8, 2), (100, 6), (1000, 16)):
        assert len(builds._workshop("float32")._units([made(one) for one in range(number)])) == units


def test_only_names_of_ours_reach_the_command_line(place: Place) -> None:
    named = Made(ONE.symbol, f"// swish'; touch foreign #\n{ONE.text}")
    builds.functions([named], "float32")
    (line,) = place.runs()
    assert "swish" not in line
    assert "phi_" not in line
    assert line.endswith("unit0.cpp -o unit0.so")
    assert all(cache.is_ours(path.name) for path in place.kernels.iterdir())
    for symbol in ("swish", "phi_123", f"{ONE.symbol};", ONE.symbol.upper(), f"{ONE.symbol}\n"):
        with pytest.raises(ValueError, match="none of ours"):
            builds.functions([Made(symbol, "")], "float32")


def test_nothing_of_the_environment_reaches_the_compiler(place: Place) -> None:
    place.monkeypatch.setenv("CPATH", "/foreign")
    place.monkeypatch.setenv("PATH", os.pathsep.join([".", "", "relative", os.environ["PATH"]]))
    place.compile_with(f'env > {place.folder}/env; pwd > {place.folder}/cwd; exec {GXX} "$@" < /dev/stdin')
    builds.functions([ONE], "float32")
    seen = dict(line.partition("=")[::2] for line in (place.folder / "env").read_text().splitlines())
    assert set(seen) <= {"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"}
    assert all(map(os.path.isabs, seen["PATH"].split(os.pathsep)))
    worked_in = Path((place.folder / "cwd").read_text().strip())
    assert seen["TMPDIR"] == str(worked_in)
    assert not worked_in.exists()


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "link", "list", "pipe"])
def test_a_damaged_library_is_built_anew_and_not_loaded(place: Place, damage: str) -> None:
    builds.functions([ONE], "float32")
    (library,) = place.libraries()
    sound = library.read_bytes()
    if damage == "list":
        library.with_suffix(".json").write_text('{"compiler": [1], "symbols": 3}')
    else:
        library.unlink()  # not written over: this process has it loaded
        if damage == "cut":
            library.write_bytes(sound[:-100])
        elif damage == "changed":
            library.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
        elif damage == "link":
            shutil.copy(GXX or "", place.folder / "other")
            library.symlink_to(place.folder / "other")
        elif damage == "pipe":
            os.mkfifo(library)
    place.afresh()
    assert builds.cached([ONE], "float32") is None
    assert value(builds.functions([ONE], "float32")[ONE.symbol], 1.0) == 2.0
    assert len(place.runs()) == 2
    place.afresh()
    assert builds.cached([ONE], "float32") is not None
    assert library.is_file()
    assert not library.is_symlink()
    assert damage != "link" or (place.folder / "other").read_bytes() == Path(GXX or "").read_bytes()


def test_two_processes_build_once_and_both_succeed(place: Place) -> None:
    place.compile_with(f'sleep 0.5; exec {GXX} "$@"')
    processes = [place.start(ADDING) for _ in range(2)]
    for process in processes:
        printed, errors = process.communicate(timeout=60)
        assert (printed, process.returncode) == ("[1.5, 2.5, 3.5]\n", 0), errors
    assert len(place.runs()) == 1


def test_threads_build_once(place: Place) -> None:
    futures = [builds.build_in_background([ONE, TWO], "float32") for _ in range(3)]
    assert [value(future.result(60)[TWO.symbol], 1.0) for future in futures] == [3.0] * 3
    assert len(place.runs()) == 2  # the trainer is built along with them
    assert builds.cached([ONE], "float32") is not None


def test_what_was_killed_while_it_built_leaves_nothing_that_is_loaded(place: Place) -> None:
    place.compile_with(f'{GXX} "$@"; touch {place.folder}/made; exec sleep 1')
    process = place.start(ADDING)
    while not (place.folder / "made").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert place.libraries() == []
    place.compile_with(f'exec {GXX} "$@"')
    # One that was killed while it wrote: a library without its list, and half a temporary file.
    builds.functions([ONE], "float32")
    (library,) = place.libraries()
    library.unlink()
    library.write_bytes(b"half")
    library.with_suffix(".json").unlink()
    (place.kernels / f".{library.name[:40]}.abcdefgh.tmp").write_bytes(b"half")
    place.afresh()
    assert builds.cached([ONE], "float32") is None
    assert value(builds.functions([ONE], "float32")[ONE.symbol], 1.0) == 2.0  # and its lock was left


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_cache_that_others_can_write_to_is_refused(place: Place, mode: int) -> None:
    builds.functions([ONE], "float32")
    assert stat.S_IMODE(place.kernels.stat().st_mode) == 0o700
    place.afresh()
    place.kernels.chmod(mode)
    assert builds.cached([ONE], "float32") is None
    with pytest.raises(BuildError, match=f"mode {mode:04o}.*chmod 700") as caught:
        builds.functions([ONE], "float32")
    assert "\n" not in str(caught.value)
    place.kernels.chmod(0o755)  # others may read
    assert builds.cached([ONE], "float32") is not None
    assert len(place.runs()) == 1


def test_a_cache_behind_a_link_and_a_file_in_its_place_are_refused(place: Place) -> None:
    place.kernels.parent.mkdir(parents=True)
    (place.folder / "open").mkdir(mode=0o777)
    place.kernels.symlink_to(place.folder / "open")
    with pytest.raises(BuildError, match="symbolic link"):
        builds.functions([ONE], "float32")
    place.kernels.unlink()
    place.kernels.touch()
    assert value(builds.functions([ONE], "float32")[ONE.symbol], 1.0) == 2.0  # not kept
    assert place.kernels.read_bytes() == b""


def test_a_cache_of_another_user_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    with pytest.raises(BuildError, match=f"belongs to user {user}"):
        builds.functions([ONE], "float32")


def test_where_everybody_can_rename_the_cache_nothing_is_kept(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.kernels.parent.mkdir(parents=True)
    place.kernels.parent.chmod(0o777)
    assert value(builds.functions([ONE], "float32")[ONE.symbol], 1.0) == 2.0
    assert place.libraries() == []
    assert ["everybody" in message for message in caplog.messages] == [True]


def test_without_a_home_the_libraries_last_as_long_as_the_process(place: Place) -> None:
    code = """
    from activations.fitting.fused import cache
    cache.cache_folder = lambda: None
    builds.functions(wanted, "float32")
    folder = builds._workshop("float32").cache.folder
    print(folder, folder.is_dir())
    """
    path, there, *rest = place.run(code).split(maxsplit=2)
    assert there == "True"
    assert not Path(path).exists()
    assert "no home" in rest[0]
    assert rest[0].count("\n") == 1


@pytest.mark.parametrize("what", ["write", "list"])
def test_a_full_disk_is_one_line_and_no_failure(
    place: Place, what: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = cache.write_atomically

    def full(path: Path, data: bytes, *, overwrite: bool = False) -> Path:
        if path.is_relative_to(place.kernels) and path.suffix == {"write": ".so", "list": ".json"}[what]:
            raise OSError(28, "No space left on device", str(path))
        return real(path, data, overwrite=overwrite)

    monkeypatch.setattr(cache, "write_atomically", full)
    with caplog.at_level(logging.WARNING):
        found = builds.functions([ONE, TWO], "float32")
        assert builds.trainer("float32").real_bytes() == 4
    assert value(found[TWO.symbol], 1.0) == 3.0
    assert ["No space left" in message for message in caplog.messages] == [True]
    assert place.libraries() == []


def test_a_cache_that_is_read_only_is_one_line_and_no_failure(place: Place) -> None:
    place.kernels.mkdir(parents=True, mode=0o700)
    place.kernels.chmod(0o500)
    printed = place.run(GIVE_UP_RIGHTS + ADDING)
    place.kernels.chmod(0o700)
    assert printed.startswith("[1.5, 2.5, 3.5]\ncompiled kernels are not kept")
    assert printed.count("\n") == 2
    assert list(place.kernels.iterdir()) == []


def test_without_a_compiler_it_says_what_to_do(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX")
    monkeypatch.setenv("PATH", "/nonexistent")
    for call in (lambda: builds.functions([ONE], "float32"), lambda: builds.trainer("float64")):
        with pytest.raises(BuildError, match=r"install g\+\+ or clang\+\+, or set CXX") as caught:
            call()
        assert "\n" not in str(caught.value)
    with pytest.raises(BuildError):
        builds.build_in_background([ONE], "float32").result(10)
    monkeypatch.setenv("PATH", os.path.dirname(GXX or ""))  # installed meanwhile, in a folder of PATH
    assert builds.functions([ONE], "float32")


@pytest.mark.parametrize("chosen", ["nothing-like-it", "/etc", "'unfinished", "''", "./compile", "\x1b[31m"])
def test_a_wrong_choice_of_the_compiler_is_told(place: Place, chosen: str, tmp_path: Path) -> None:
    place.monkeypatch.chdir(place.sources)
    place.monkeypatch.setenv("CXX", chosen)
    with pytest.raises(BuildError, match="CXX=") as caught:
        builds.functions([ONE], "float32")
    assert str(caught.value).isprintable()


def test_the_words_of_the_choice_are_no_shell(place: Place) -> None:
    place.monkeypatch.setenv("CXX", f"{place.folder}/compile -DWORD='a b;$(touch {place.folder}/foreign)'")
    builds.functions([ONE], "float32")
    assert not (place.folder / "foreign").exists()
    assert "-DWORD=a b;$(touch" in place.runs()[0]


def test_a_compiler_that_hangs_is_ended_with_all_that_it_started(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "LIMIT", 0.8)
    monkeypatch.setattr(builds, "RETRY", 0.8)
    place.compile_with(f"sleep 1000 & echo $! >> {place.folder}/children; sleep 1000")
    with pytest.raises(BuildError, match=r"ended after 0\.8 seconds.*batched engine"):
        builds.functions([ONE, TWO], "float32")
    with pytest.raises(BuildError, match="ended after"):
        builds.functions([ONE], "float32")
    children = (place.folder / "children").read_text().split()
    assert 1 <= len(children) <= len(place.runs()) <= 2  # functions and the headers alone; it is not asked again
    assert all(ends(int(child)) for child in children)


def is_alive(number: int) -> bool:
    """Whether a process runs, which a dead one that nobody has collected does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def ends(number: int) -> bool:
    """Whether a process that was killed goes, which takes a moment on a busy machine."""
    for _ in range(1000):
        if not is_alive(number):
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("way", [signal.SIGINT, "end"])
def test_ctrl_c_and_the_end_of_the_program_end_the_compiler(place: Place, way: signal.Signals | str) -> None:
    place.compile_with(f"sleep 1000 & echo $! > {place.folder}/child; sleep 1000")
    wait = f"while not Path({str(place.folder / 'seen')!r}).exists(): time.sleep(0.01)"
    code = "builds.functions(wanted, 'float32')"
    if way == "end":
        code = f"import time\nbuilds.build_in_background(wanted, 'float32')\n{wait}"
    process = place.start(code)
    while not (place.folder / "child").exists() or not (place.folder / "child").read_text():
        assert process.poll() is None
        time.sleep(0.01)
    child = int((place.folder / "child").read_text())
    assert is_alive(child)
    (place.folder / "seen").touch()
    if way != "end":
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == (0 if way == "end" else -signal.SIGINT), errors
    assert ends(child)


@pytest.mark.parametrize(
    ("commands", "told"),
    [
        ("printf '\\377\\000\\033[31m error: garbage\\n'; exit 3", "exit code 3.*garbage"),
        ("head -c 100000 /dev/urandom >&2; exit 0", "no library that can be loaded"),
        ("while [ $# -gt 1 ]; do shift; done; head -c 5000 /dev/urandom > $1", "no library that can be loaded"),
        ("while [ $# -gt 1 ]; do shift; done; ln -s /etc/passwd $1", "no library that can be loaded"),
        ("kill -9 $$", "signal 9"),
        ("yes", "wrote too much"),
    ],
)
def test_a_compiler_that_makes_garbage_fails_in_one_line(
    place: Place, commands: str, told: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compiler, "MOST_WRITTEN", 2**20)
    place.compile_with(commands)
    for build in (lambda: builds.trainer("float32"), lambda: builds.functions([ONE, TWO], "float32")):
        place.afresh()
        with pytest.raises(BuildError, match=told) as caught:
            build()
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 500
        assert len(caught.value.details) <= 2**17
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert place.libraries() == []
    assert caplog.messages == []


def test_what_is_no_compiler_is_told(place: Place) -> None:
    place.monkeypatch.setenv("CXX", shutil.which("false") or "")
    with pytest.raises(BuildError, match="false does not tell its version"):
        builds.functions([ONE], "float32")


def test_one_refused_function_takes_no_other_with_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [*(made(number) for number in range(1, 9)), made(9, body="this is no C++;")]
    found = builds.functions(wanted, "float32")
    assert sorted(found) == [item.symbol for item in wanted[:-1]]
    assert value(found[wanted[7].symbol], 0.5) == 8.5
    assert list(builds.refused("float32")) == [wanted[8].symbol]
    assert "exit code 1" in builds.refused("float32")[wanted[8].symbol]
    runs = len(place.runs())
    assert builds.functions(wanted, "float32") == found
    assert len(place.runs()) == runs  # nobody tries again
    assert builds.functions(wanted[8:], "float32") == {}


def test_one_slow_function_takes_no_other_with_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.compile_with(
        f'for i in "$@"; do case $i in *.cpp) if grep -q slow $i; then sleep 99; fi;; esac; done; exec {GXX} "$@"'
    )
    monkeypatch.setattr(builds, "LIMIT", 3.0)
    monkeypatch.setattr(builds, "RETRY", 2.0)
    slow = made(3, body="/* slow */")
    found = builds.functions([ONE, TWO, slow], "float32")
    assert sorted(found) == [ONE.symbol, TWO.symbol]
    assert "ended after 2 seconds" in builds.refused("float32")[slow.symbol]


def test_broken_headers_are_no_fault_of_the_functions(place: Place) -> None:
    (place.sources / "math.hpp").write_text("#error broken headers\n")
    with pytest.raises(BuildError, match="broken headers"):
        builds.functions([made(number) for number in range(1, 9)], "float32")
    assert len(place.runs()) == 3  # two units, and the headers alone
    assert builds.refused("float32") == {}


def test_the_least_used_libraries_make_room(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for item in (ONE, TWO):
        builds.functions([item], "float32")
    store = cache.open_cache()
    first = next(path for path in place.libraries() if ONE.symbol in path.with_suffix(".json").read_text())
    second = next(path for path in place.libraries() if path != first)
    for path, days in ((first, 3), (second, 5)):
        os.utime(path, (time.time() - days * 86400,) * 2)
    size = sum(item.bytes for item in store.stored())
    monkeypatch.setattr(cache, "BOUND", size + 100)  # its list may be some digits of the time longer
    place.afresh()
    builds.functions([THREE], "float32")
    left = place.libraries()
    assert first in left
    assert second not in left
    assert not second.with_suffix(".json").exists()
    assert len(left) == 2
    monkeypatch.setattr(cache, "BOUND", 1)
    builds.functions([made(4)], "float32")
    (left_alone,) = place.libraries()  # what was just made stays, be it too large
    assert made(4).symbol in left_alone.with_suffix(".json").read_text()
    assert value(builds.functions([THREE], "float32")[THREE.symbol], 1.0) == 4.0  # what is loaded stays usable


def test_a_library_that_is_used_stays_young(place: Place) -> None:
    builds.functions([ONE], "float32")
    (path,) = place.libraries()
    os.utime(path, (time.time() - 5 * 86400,) * 2)
    place.afresh()
    builds.functions([ONE], "float32")
    assert time.time() - path.stat().st_mtime < 86400
    recent = time.time() - 3600
    os.utime(path, (recent, recent))
    place.afresh()
    builds.functions([ONE], "float32")
    assert path.stat().st_mtime == pytest.approx(recent, abs=1)  # once a day is enough


def test_a_forked_child_can_build_while_its_parent_does(place: Place) -> None:
    code = """
    import os, threading, time, warnings
    warnings.simplefilter("ignore")
    builds.functions(wanted[:1], "float32")
    workshop = builds._workshop("float32")
    held = threading.Event()
    def hold():
        with workshop._building, workshop._state:
            held.set()
            time.sleep(60)
    threading.Thread(target=hold, daemon=True).start()
    held.wait()
    child = os.fork()
    if child == 0:
        print(value(builds.functions(wanted, "float32")[wanted[2].symbol], 1.0), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    """
    assert place.run(code) == "4.0\n"


def test_a_library_lacks_no_function(place: Place) -> None:
    builds.functions([ONE], "float32")
    (path,) = place.libraries()
    with pytest.raises(OSError, match="phi_"):
        Library(path, [TWO.symbol])
    described = json.loads(path.with_suffix(".json").read_text())
    described["symbols"][TWO.symbol] = builds._key(TWO)[1]
    path.with_suffix(".json").write_text(json.dumps(described))
    place.afresh()
    assert value(builds.functions([TWO], "float32")[TWO.symbol], 1.0) == 3.0


def test_a_program_can_be_made_for_the_sanitizers(place: Place) -> None:
    text = '#include "math.hpp"\nint main(int count, char**) { int ten[10] = {}; return ten[count + %d]; }\n'
    found = builds.compiler(cache.open_cache())
    codes = []
    for number in (0, 10):
        with compiler.build_folder() as folder:
            (done,) = found.build(
                [text % number],
                builds.headers_of(text),
                "float64",
                folder,
                shared=False,
                flags=("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
            )
            if done.library is None and "cannot find" in done.output:
                pytest.skip("the sanitizers are not installed")
            assert done.library is not None, done.output
            codes.append(compiler.run([[str(done.library)]], folder)[0].code)
    assert codes[0] == 0
    assert codes[1] != 0


def test_waiting_for_a_lock_ends(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "PATIENCE", 0.2)
    held, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with cache.open_cache().lock():
            held.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    assert builds.functions([ONE], "float32")
    leave.set()
    thread.join()

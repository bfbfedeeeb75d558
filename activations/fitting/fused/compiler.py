"""The C++ compiler of this machine: where it is, which one it is, and runs of it that always come to an end."""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from activations.errors import BuildError

__all__ = [
    "LIMIT",
    "Compiler",
    "Finished",
    "build_folder",
    "cores",
    "cpu_identity",
    "find_command",
    "identify",
    "run",
    "stamp",
]

NAMES = ("g++", "clang++", "c++")
LIMIT = 60.0  # seconds that one run may take
QUESTION = 10.0  # seconds to tell a version
PAUSE = 0.005  # seconds between looks at what runs
MOST_WRITTEN = 16 * 2**20  # bytes of messages after which a run is ended
MOST_READ = 64 * 2**10  # bytes of messages that are kept
LONGEST_LINE = 200
REMEDY = "install g++ or clang++, or set CXX"
WITHOUT = "the batched engine needs no compiler"
FLAGS = (
    "-std=c++17",
    "-O2",  # all is unrolled and in vectors already: -O3 takes twice as long and makes nothing faster
    # Not -ffast-math: infinities and NaN must come out right.
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-asynchronous-unwind-tables",
    "-fPIC",
    # A function that is called within its own library may be inlined there.
    "-fno-semantic-interposition",
)
# Symbols marked as unique are shared even by libraries that are loaded apart: float's with double's.
GCC_FLAGS = ("-fno-gnu-unique", "-Wno-psabi")
REALS = {"float32": "-DREAL=float", "float64": "-DREAL=double"}


@dataclass(frozen=True)
class Compiler:
    """A compiler that can be run.

    Attributes:
        command: the words that start it, the first one an absolute path.
        path: where the links of that path lead.
        version: the first line of what it tells of itself.
    """

    command: tuple[str, ...]
    path: str
    version: str

    @property
    def name(self) -> str:
        """What to call it in a message."""
        return Path(self.command[0]).name if len(self.command) == 1 else shlex.join(self.command)

    @property
    def identity(self) -> str:
        """A digest of what decides how it translates."""
        words = (*self.command, self.path, self.version, *self.flags("float32"))
        return hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape")).hexdigest()

    def flags(self, precision: str) -> tuple[str, ...]:
        """What every build is translated with.

        Args:
            precision: "float32" or "float64".
        """
        x86 = platform.machine().lower() in ("x86_64", "amd64", "i386", "i686", "x86")
        native = "-march=native" if x86 else "-mcpu=native"
        own = () if "clang" in self.version.lower() else GCC_FLAGS
        return (*FLAGS, native, *own, REALS[precision])

    def build(
        self,
        texts: Sequence[str],
        headers: Mapping[str, str],
        precision: str,
        folder: Path,
        *,
        limit: float = LIMIT,
        flags: Sequence[str] = (),
        shared: bool = True,
    ) -> list[Finished]:
        """Make one library of each text, as many at a time as there are cores.

        No name of anything that is built reaches a command line: the files are called unit0.cpp, unit1.cpp, …

        Args:
            texts: translation units.
            headers: files that they include, by name.
            precision: "float32" or "float64".
            folder: an empty folder of ours, see `build_folder`.
            limit: seconds that one run may take.
            flags: more of them, after all others.
            shared: False for a program in place of a library: one text holds a `main`.

        Returns:
            What became of each: the library's path, or why there is none.
        """
        for name, content in headers.items():
            (folder / name).write_text(content, encoding="utf-8")
        linked = ["-Wl,--as-needed"] if sys.platform == "linux" else []  # nothing of libstdc++ is used
        commands, outputs = [], []
        for number, text in enumerate(texts):
            (folder / f"unit{number}.cpp").write_text(text, encoding="utf-8")
            outputs.append(folder / (f"unit{number}.so" if shared else f"unit{number}"))
            kind = ["-shared"] if shared else []
            words = [*kind, *linked, f"unit{number}.cpp", "-o", outputs[-1].name]
            commands.append([*self.command, *self.flags(precision), *flags, *words])
        made = []
        for done, path in zip(run(commands, folder, limit), outputs, strict=True):
            there = done.code == 0 and path.is_file() and not path.is_symlink()
            made.append(replace(done, library=path if there else None))
        return made

    def error(self, done: Finished) -> BuildError:
        """What to raise for a run that failed."""
        return BuildError(f"{self.name} {self.reason(done)}; {WITHOUT}", details=done.output)

    def reason(self, done: Finished) -> str:
        """Why a run failed, in a few words."""
        if done.code is None:
            return f"was ended after {done.limit:g} seconds, or because it wrote too much"
        if done.code == 0:
            return "made no library that can be loaded"
        lines = [line for line in done.output.splitlines() if "error" in line.lower()] or done.output.splitlines()
        said = " ".join(lines[0].split())[:LONGEST_LINE] if lines else ""
        how = f"exit code {done.code}" if done.code > 0 else f"signal {-done.code}"
        return f"can't compile the kernel ({how}{f': {said}' if said else ''})"

    def vector_bytes(self) -> int | None:
        """How wide the vectors are that it makes for this machine; None if it doesn't tell."""
        with build_folder() as folder:
            (folder / "empty.cpp").write_text("")
            command = [*self.command, *self.flags("float32"), "-dM", "-E", "empty.cpp"]
            done = run([command], folder, QUESTION)[0]
            words = set((folder / "out0.txt").read_bytes().decode("ascii", "replace").split())
        if done.code != 0:
            return None
        return 64 if "__AVX512F__" in words else 32 if "__AVX__" in words else 16


@dataclass(frozen=True)
class Finished:
    """A run that is over.

    Attributes:
        code: its exit code, negative if a signal ended it; None if we did.
        output: the beginning of what it wrote.
        limit: how many seconds it was given.
        library: what it made, if it made what it should.
    """

    code: int | None
    output: str
    limit: float = LIMIT
    library: Path | None = None


def find_command() -> tuple[str, ...]:
    """The words that start the compiler: those of CXX, else g++, clang++ or c++, whichever is found first.

    Raises:
        BuildError: there is none, or CXX names none.
    """
    chosen = os.environ.get("CXX", "").strip()
    return _find_command(chosen, _search_path())


@functools.lru_cache(maxsize=8)
def _find_command(chosen: str, search: str) -> tuple[str, ...]:
    if chosen:
        try:
            words = shlex.split(chosen)
        except ValueError as error:
            raise BuildError(f"CXX={chosen[:LONGEST_LINE]!r} can't be read ({error}); {REMEDY}") from None
        separated = os.sep in words[0] or bool(os.altsep and os.altsep in words[0])
        # A path may be relative, as in any shell; a name is looked up in the absolute folders of PATH alone.
        found = shutil.which(os.path.abspath(words[0])) if separated else _which(words[0], search)
        if found is None:
            raise BuildError(f"CXX={chosen[:LONGEST_LINE]!r} is no program that can be run; {REMEDY}")
        return (found, *words[1:])
    for name in NAMES:
        found = _which(name, search)
        if found is not None and not _is_placeholder(found):
            return (found,)
    raise BuildError(f"no C++ compiler was found; {REMEDY}; {WITHOUT}")


def _which(name: str, search: str) -> str | None:
    found = shutil.which(name, path=search)
    return found if found is not None and os.path.isabs(found) else None


def _is_placeholder(path: str) -> bool:
    """Whether it is Apple's stand-in for a compiler that is not installed, which opens a window when it is run."""
    tools = ("/Library/Developer/CommandLineTools", "/Applications/Xcode.app")
    return sys.platform == "darwin" and path.startswith("/usr/bin/") and not any(map(os.path.isdir, tools))


def _search_path() -> str:
    """PATH without what depends on the working folder: a project must not bring its own compiler."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if os.path.isabs(folder))


def stamp(command: Sequence[str]) -> str:
    """Changes when another compiler is installed in its place; empty where that can't be known."""
    if len(command) != 1:  # the first of several words is seldom the compiler itself
        return ""
    path = os.path.realpath(command[0])
    try:
        state = os.stat(path)
    except OSError:
        return ""
    return f"{command[0]}\n{path}\n{state.st_mtime_ns}\n{state.st_size}\n{state.st_ino}"


def identify(command: tuple[str, ...], version: str = "") -> Compiler:
    """Ask a compiler who it is.

    Args:
        command: the words that start it.
        version: what it said before; it is not asked then.

    Raises:
        BuildError: it can't be run, or says nothing.
    """
    if not version:
        with build_folder() as folder:
            done = run([[*command, "--version"]], folder, QUESTION)[0]
        version = done.output.strip().partition("\n")[0].strip()[:LONGEST_LINE]
        if done.code != 0 or not version:
            name = Path(command[0]).name
            raise BuildError(f"{name} does not tell its version, so it is no compiler; {REMEDY}", details=done.output)
    return Compiler(command, os.path.realpath(command[0]), version)


@functools.cache
def cpu_identity() -> str:
    """A digest of what the processor can do: code for one machine may fail on another that shares its home."""
    facts: set[str] = {platform.machine()}
    if sys.platform == "linux":
        x86 = ("vendor_id", "cpu family", "model", "model name", "flags")
        others = ("cpu implementer", "cpu architecture", "cpu variant", "cpu part", "features", "cpu", "isa")
        with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.partition(":")[0].strip().lower() in x86 + others:
                    facts.add(" ".join(line.split()))
    else:
        facts.add(platform.processor())
    if sys.platform == "darwin":
        with contextlib.suppress(BuildError), build_folder() as folder:
            facts.add(run([["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]], folder, QUESTION)[0].output)
    return hashlib.sha256("\n".join(sorted(facts)).encode("utf-8", "replace")).hexdigest()


def cores() -> int:
    """How many processes can run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Running:
    """The processes that run now, and the folders that they fill: none outlives this process."""

    def __init__(self) -> None:
        self.processes: set[subprocess.Popen[bytes]] = set()
        self.folders: set[str] = set()
        self.lock = threading.Lock()
        self.closed = False

    def start(self, command: Sequence[str], folder: Path, output: Path) -> subprocess.Popen[bytes]:
        """Start a process in a group of its own.

        Raises:
            OSError: it can't be started.
            BuildError: this process is about to end.
        """
        with self.lock, output.open("wb") as file:
            if self.closed:
                raise BuildError("the program ends, so nothing is compiled any more; run it again")
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment(folder),
                start_new_session=True,
            )
            self.processes.add(process)
            return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End a process that may run still, with all that it has started."""
        if process.returncode is None:  # nobody has collected it, so its number is its own
            if hasattr(os, "killpg"):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
        self.processes.discard(process)

    def close(self) -> None:
        """End everything; a thread that waits for a build can't do it when the interpreter goes."""
        with self.lock:
            self.closed = True
            for process in tuple(self.processes):
                self.end(process)
            for folder in tuple(self.folders):
                shutil.rmtree(folder, ignore_errors=True)

    def forget(self) -> None:
        """A forked child has none of its parent's children."""
        self.__init__()  # type: ignore[misc]


RUNNING = Running()
atexit.register(RUNNING.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=RUNNING.forget)


@contextlib.contextmanager
def build_folder() -> Iterator[Path]:
    """A folder that nobody else can enter, removed in the end.

    Raises:
        BuildError: there is no room for one.
    """
    try:
        name = tempfile.mkdtemp(prefix="activations-build-")
    except OSError as error:
        raise BuildError(f"no temporary folder can be made: {error.strerror}; {WITHOUT}") from error
    RUNNING.folders.add(name)
    try:
        yield Path(name)
    finally:
        shutil.rmtree(name, ignore_errors=True)
        RUNNING.folders.discard(name)


def environment(folder: Path) -> dict[str, str]:
    """All that a compiler learns of the environment: nothing there can change what it makes."""
    kept = ("HOME", "SYSTEMROOT")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PATH": _search_path(),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder)),
        **dict.fromkeys(("LANG", "LC_ALL"), "C"),
    }


def run(commands: Iterable[Sequence[str]], folder: Path, limit: float = LIMIT) -> list[Finished]:
    """Run commands in a folder, as many at a time as there are cores, and wait for them all.

    When this is left, by Ctrl-C too, none of them runs any more.

    Args:
        commands: words, never seen by a shell.
        folder: where they work and leave what they write, in out0.txt, out1.txt, …
        limit: seconds that each may take.

    Raises:
        BuildError: one can't be started.
    """
    waiting = list(enumerate(commands))[::-1]
    active: dict[int, tuple[subprocess.Popen[bytes], float]] = {}
    codes: dict[int, int | None] = {}
    most = cores()
    try:
        while waiting or active:
            while waiting and len(active) < most:
                number, words = waiting.pop()
                try:
                    process = RUNNING.start(words, folder, folder / f"out{number}.txt")
                except OSError as error:
                    name = Path(words[0]).name
                    raise BuildError(f"{name} can't be run: {error.strerror}; {REMEDY}") from error
                active[number] = process, time.monotonic() + limit
            for number, (process, end) in tuple(active.items()):
                code = process.poll()
                if code is None and time.monotonic() < end and _size(folder / f"out{number}.txt") < MOST_WRITTEN:
                    continue
                codes[number] = code
                RUNNING.end(process)
                del active[number]
            if active:
                time.sleep(PAUSE)
    finally:
        for process, _ in active.values():
            RUNNING.end(process)
    return [Finished(codes[number], _beginning(folder / f"out{number}.txt"), limit) for number in sorted(codes)]


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def _beginning(path: Path) -> str:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(MOST_READ).decode("utf-8", "replace")
    return ""

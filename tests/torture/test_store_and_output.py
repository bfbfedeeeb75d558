"""Cases 67 to 100 where no other test covers them: kept results, files, reports, terminals and very many tasks."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
import test_store
from torture import tiny
from torture.commands import LITTLE, apart, clean, files_below, run, strict

from activations.benchmark import workers
from activations.benchmark.chunk import train_chunk
from activations.benchmark.plan import Run
from activations.benchmark.store import Store
from activations.benchmark.store.repair import check_store
from activations.errors import StoreError
from activations.registry import default_registry
from activations.testing import PluginSandbox

torture = pytest.mark.torture
pytest_plugins = ["activations.testing.pytest_plugin"]
ROOT = Path(__file__).parents[2]

# Full disks

WRITERS = {
    "plot.svg": ("plot", "relu", "-o", "{}/a.svg"),
    "plot.png": ("plot", "relu", "-o", "{}/a.png"),
    "plot.pdf": ("plot", "relu", "-o", "{}/a.pdf"),
    "model": ("fit", "sin", "--steps", "3", "--hidden", "2", "-q", "--model", "{}/a.safetensors"),
    "weights": ("fit", "sin", "--steps", "3", "--hidden", "9", "-q", "--dump-weights", "{}/a.json"),
    "gif": ("fit", "sin", "--steps", "3", "--hidden", "2", "-q", "--animate", "{}/a.gif"),
    "html": ("fit", "sin", "--steps", "3", "--hidden", "2", "-q", "--animate", "{}/a.html"),
    "gallery": ("gallery", "relu", "-o", "{}/g"),
    "graph": ("derive", "sigmoid", "--graph", "{}/a.svg"),
    "plugin": ("plugins", "new", "wave", "-o", "{}/wave"),
}


@torture(73)
@pytest.mark.parametrize("name", WRITERS)
def test_a_disk_that_is_full_leaves_no_part_of_a_file(name: str, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits are those of POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150, before[1]))
    try:
        found = run(*(word.format(tmp_path) for word in WRITERS[name]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert found.exit_code == 4, found.stderr
    last = found.stderr.splitlines()[-1]
    assert "File too large" in found.stderr and str(tmp_path) in last
    assert "Traceback" not in found.stderr
    assert files_below(tmp_path) == []


# Kept results


FAULTY = """
relu = here.REGISTRY.variant("relu")
def outcomes(first, count):
    return here.train_chunk([here.Run(here.SIN, relu, (6,), 0.01, 1.0, first + s, 5) for s in range(count)])

few = outcomes(0, 4)
with here.Store({one!r}) as store:
    store.add(few[:2], "tuning", here.HERE)
    for end in (lambda: os._exit(1), lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: store.database.close()):
        with store.database.transaction():
            store.database.connection.execute("DELETE FROM runs WHERE 0")
            os.waitpid(child(end), 0)
    store.add(few[2:], "tuning", here.HERE)
    store.add(few, "tuning", here.HERE)  # again, as what comes after a cancellation

with here.Store({other!r}) as store:
    store.add([o for i in range(8) for o in outcomes(30 * i, 30)], "tuning", here.HERE)
size = os.stat({other!r}).st_size
def work():
    with here.Store({other!r}) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        store.add(outcomes(1000, 30), "tuning", here.HERE)
print(os.waitpid(child(work), 0)[1] >> 8, os.stat({other!r}).st_size == size)
"""


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[str]]:
    """A store whose writer's children died, and one for whose log the disk had no room."""
    folder = tmp_path_factory.mktemp("faulty")
    one, other = folder / "one.sqlite3", folder / "other.sqlite3"
    done = test_store.run_forking(FAULTY.format(one=str(one), other=str(other)))
    return one, other, done.stdout.split()


@torture(80)
def test_children_that_die_leave_the_store_of_their_parent_alone(faulty: tuple[Path, Path, list[str]]) -> None:
    file = faulty[0]
    with Store(file) as store:
        assert check_store(store) == []
    assert len(test_store.rows(file)) == 4


@torture(83)
def test_a_disk_that_is_full_at_the_checkpoint_loses_nothing(faulty: tuple[Path, Path, list[str]]) -> None:
    """What is committed is in the log; where that can't go into the file, it stays, and goes there later."""
    _, file, told = faulty
    assert told == ["0", "True"]
    log = Path(f"{file}-wal")
    assert log.stat().st_size > 0
    # As the log is in the file in part, the file alone looks damaged; a log that is damaged as well is told.
    copy = file.with_name("copy.sqlite3")
    copy.write_bytes(file.read_bytes())
    Path(f"{copy}-wal").write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    with pytest.raises(StoreError, match="damaged"):
        Store(copy)
    with Store(file) as store:
        assert check_store(store) == []
    assert len(test_store.rows(file)) == 270
    assert not log.exists()


@torture(72, 80)
def test_outcomes_that_come_after_the_end_are_taken_once(tmp_path: Path) -> None:
    variant = default_registry().variant("relu")
    outcomes = train_chunk([Run(test_store.SIN, variant, (6,), 0.01, 1.0, seed, 5) for seed in range(3)])
    for times in range(3):
        with Store(tmp_path / "runs.sqlite3") as store:
            store.add(outcomes[: times + 1], "ranking", test_store.HERE)
    assert len(test_store.rows(tmp_path / "runs.sqlite3")) == 3


@torture(77, 86)
def test_a_store_without_results_has_no_report(tmp_path: Path) -> None:
    file = tmp_path / "runs.sqlite3"
    with Store(file):
        pass
    for command in (("rank", file), ("report", file, "-o", tmp_path / "out")):
        assert clean(run(*command), 4, "holds no finished ranking")
    assert run("runs", "list", "--store", file, "--json").stdout.strip() == "[]"
    assert files_below(tmp_path) == ["runs.sqlite3"]


@torture(86)
def test_long_names_and_curves_with_gaps_are_drawn(tmp_path: Path) -> None:
    long = "x" + " + 0*x" * 35
    assert len(long) > 200
    found = run("plot", "1/x", "log(x)", long, "-o", tmp_path / "a.svg")
    assert found.exit_code == 0, found.stderr
    assert "nan" not in (tmp_path / "a.svg").read_text()
    ranked = run("bench", "sin", "-a", long, "-a", "log(x)", *LITTLE, "--no-store", COLUMNS="80")
    assert ranked.exit_code == 0, ranked.stderr
    assert max(map(len, ranked.stdout.splitlines())) <= 80


# Terminals


@torture(90)
@pytest.mark.parametrize(
    ("environment", "colored"),
    [
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"CI": "1"}, False),
        ({"COLUMNS": "20"}, False),
        ({"FORCE_COLOR": "1"}, True),
    ],
)
def test_a_terminal_gets_what_it_shows(environment: dict[str, str], colored: bool) -> None:
    for command in (("list", "relu"), ("show", "tanh"), ("targets",)):
        found = run(*command, **{"NO_COLOR": "", **environment})
        assert found.exit_code == 0, found.stderr
        assert ("\x1b[" in found.stdout) is colored
        if "COLUMNS" in environment:
            assert max(map(len, found.stdout.splitlines())) <= 20
    assert strict(run("list", "relu", "--json", **{"NO_COLOR": "", **environment}).stdout)


@torture(90)
def test_colors_go_to_no_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = run("bench", "sin", "-a", "relu", *LITTLE, "--no-store", "-o", out, NO_COLOR="", FORCE_COLOR="1")
    assert "\x1b[" in found.stdout
    texts = [out / name for name in files_below(out) if not name.endswith(".png")]
    assert len(texts) > 4
    assert not [path for path in texts if b"\x1b" in path.read_bytes()]


EVERY_HELP = """
import sys
for name in ("torch", "numpy", "matplotlib", "sympy", "mpmath", "rich", "plotly", "scipy"):
    sys.modules[name] = None
import click
from activations_cli.defaults import commands_by_path
from activations_cli.main import cli
for path in commands_by_path(cli):
    try:
        cli.main([*path, "--help"], prog_name="activations")
    except SystemExit as end:
        assert not end.code, path
    print("END OF", *path)
sys.exit()
"""


@torture(94)
def test_the_help_of_every_command_needs_no_torch() -> None:
    found = apart(before=EVERY_HELP)
    assert (found.returncode, found.stderr) == (0, "")
    parts = found.stdout.split("END OF")
    assert len(parts) > 25
    assert all("Usage: activations" in part for part in parts[:-1])


# Plugins


@torture(92)
def test_completion_beside_a_broken_plugin_is_silent(plugin_sandbox: PluginSandbox) -> None:
    plugin_sandbox.add("broken", code="raise SystemExit('no')")
    plugin_sandbox.add("slow", code="import time\ntime.sleep(600)")
    blocked = "for name in ('torch', 'numpy'): sys.modules[name] = None"
    for words, expected in (("activations be", "bench"), ("activations show leak", "leaky_relu")):
        found = apart(
            before=blocked,
            PYTHONPATH=f"{plugin_sandbox.site}:{ROOT}:{ROOT / 'cli'}",
            _ACTIVATIONS_COMPLETE="bash_complete",
            COMP_WORDS=words,
            COMP_CWORD=str(len(words.split()) - 1),
        )
        assert found.stderr == ""
        assert expected in [line.partition(",")[2] for line in found.stdout.splitlines()]


@torture(67)
def test_five_hundred_plugins_are_listed_without_importing_one(plugin_sandbox: PluginSandbox) -> None:
    """What is counted is work and not time; that a known plugin is not imported again is tested with sixty."""
    for number in range(500):
        info = plugin_sandbox.site / f"plugin{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: plugin{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[activations]\nit = plugin{number}\n")
        (plugin_sandbox.site / f"plugin{number}.py").write_text("raise SystemExit('imported')\n")
    found = plugin_sandbox.run("plugins", "--json")
    assert (found.returncode, found.stderr) == (0, "")
    rows = strict(found.stdout)
    assert len(rows) == 500
    assert not {row["status"] for row in rows} & {"failed", "loaded"}
    assert not any(row["problems"] for row in rows)


# Very many tasks


@torture(100)
def test_ten_thousand_tasks_take_no_more_memory_than_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """In processes of this machine; what a cluster does with as many is tested with the cluster."""
    count, seen = 10_000, []

    def parts(runs: Sequence[int]) -> list[list[int]]:
        return [[run] for run in runs]

    monkeypatch.setattr(workers, "chunks", parts)
    monkeypatch.setattr(workers, "train_or_fail", tiny.answer)
    with workers.Workers(2, "cpu") as group:
        answers = group.train(range(count))  # type: ignore[arg-type]
        tracemalloc.start()
        try:
            for (data,) in answers:
                seen.append(int.from_bytes(data[:4], "big"))  # type: ignore[index]
                del data
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert sorted(seen) == list(range(count))
    # The list of tasks takes some 20 MB; the answers, kept, would take 50 more.
    assert peak < 0.7 * count * tiny.SIZE

"""The store: what goes in comes out, whatever is killed, full, stopped, damaged, or written at the same time."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from plain_rights import GIVE_UP_RIGHTS

from activations.benchmark import PRESETS, benchmark
from activations.benchmark.chunk import train_chunk
from activations.benchmark.entry import Entry
from activations.benchmark.plan import Run
from activations.benchmark.presets import Preset
from activations.benchmark.store import Store, default_store, file_systems, this_environment
from activations.benchmark.store import database as database_module
from activations.benchmark.store.listing import RunFilter, count_runs, delete_runs, export_runs, select_runs
from activations.benchmark.store.protocols import stored_protocols
from activations.benchmark.store.rankings import stored_ranking
from activations.benchmark.store.repair import check_store, salvage_store
from activations.declare import activation, formula_activation
from activations.errors import StoreError
from activations.fitting import function_target
from activations.fitting.targets import csv_target, formula_target, resolve_target
from activations.fitting.weights import read_weights, write_weights
from activations.registry import default_registry

REGISTRY = default_registry()
TINY = Preset("quick", (6,), steps=12, seeds=3, tuning_seeds=3, finalists=2, scales=(1.0, 3.0))
SIN = formula_target("sin(4*x)", points=25)
KINK = formula_target("abs(x) + 0*x", points=25)
HERE = this_environment("cpu")


@pytest.fixture(autouse=True)
def _small_presets(monkeypatch):
    monkeypatch.setitem(PRESETS, "quick", TINY)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "runs.sqlite3"


def variants(*names):
    return [REGISTRY.variant(name) for name in names]


def small(store=None, targets=(SIN, KINK), names=("relu", "tanh", "prelu"), **settings):
    return benchmark(list(targets), variants(*names), store=store, **settings)


def comparable(result):
    """Everything but wall times and what was reused."""

    def strip(value):
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in ("seconds", "reused")}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return strip(result.to_dict())


def ranked(file, **options):
    with Store(file, "read") as store:
        return stored_ranking(store, **options)


def rows(file, statement="SELECT key FROM runs ORDER BY key"):
    connection = sqlite3.connect(file)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


# What goes in comes out


def test_a_ranking_from_the_store_is_the_one_that_was_made(file):
    made = small(file)
    found = ranked(file)
    assert found.notes == ()
    assert comparable(found.result) == comparable(made)
    assert found.result.to_dict()["settings"] == made.to_dict()["settings"]
    for live, kept in zip(made.targets, found.result.targets, strict=True):
        for label, outcomes in live.outcomes.items():
            for one, other in zip(outcomes, kept.outcomes[label], strict=True):
                assert np.array_equal(one.parameters, other.parameters)
                assert one.losses == other.losses
        x = np.linspace(-1, 1, 5)[:, None]
        assert np.array_equal(live.fits[0].predict(x), kept.fits[0].predict(x))


def test_without_a_store_the_result_is_the_same(file):
    assert comparable(small(file)) == comparable(small())


@pytest.mark.parametrize(
    "target",
    [
        resolve_target("two_spirals"),
        formula_target("t -> (cos(t), sin(t))", (0, 3)),
        formula_target("3", points=20),
        resolve_target("sin"),
    ],
    ids=["classes", "curve", "constant", "extrapolation"],
)
def test_every_kind_of_target_survives(file, target):
    made = small(file, [target], ["relu", "glu"])
    assert comparable(ranked(file).result) == comparable(made)


def test_a_table_is_kept_with_its_ranking(file, tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("a,b\n" + "".join(f"{i},{math.sin(i)}\n" for i in range(40)))
    made = small(file, [csv_target(str(data))], ["relu"])
    data.unlink()
    assert comparable(ranked(file).result) == comparable(made)


def test_of_a_python_function_the_errors_are_kept(file):
    target = function_target(np.cos, name="own", domain=(-1, 1), points=20)
    made = small(file, [target], ["relu", "tanh"])
    (found,) = ranked(file).result.targets
    assert [(row.activation, row.nrmse, row.interval) for row in found.ranking] == [
        (row.activation, row.nrmse, row.interval) for row in made.targets[0].ranking
    ]
    assert found.fits == () and found.references == ()


@pytest.mark.torture(20)
def test_infinite_errors_come_back_and_nothing_in_the_file_is_nan(file):
    outcomes = train_chunk([Run(SIN, REGISTRY.variant("square"), (6,), 1e30, 1.0, seed, 20) for seed in range(3)])
    assert all(outcome.diverged_at is not None for outcome in outcomes)
    with Store(file) as store:
        store.add(outcomes, "ranking", HERE)
        found = store.known([outcome.run for outcome in outcomes], HERE)
    for outcome in outcomes:
        back = found[outcome.run.key]
        assert dataclasses.replace(back, parameters=None) == dataclasses.replace(outcome, parameters=None)
        assert back.reason
    statuses = rows(file, "SELECT status, error, rmse, r2, typeof(error) FROM runs")
    assert set(statuses) == {("diverged", None, None, None, "null")}


@pytest.mark.torture(80)
def test_a_run_that_comes_twice_is_there_once(file):
    outcomes = train_chunk([Run(SIN, REGISTRY.variant("relu"), (6,), 0.01, 1.0, seed, 5) for seed in range(3)])
    later = [dataclasses.replace(outcome, seconds=99.0) for outcome in outcomes]
    with Store(file) as store:
        store.add(outcomes, "tuning", HERE)
        store.add(later, "tuning", HERE)
    assert [seconds for (seconds,) in rows(file, "SELECT seconds FROM runs")] == [o.seconds for o in outcomes]
    assert rows(file, "SELECT * FROM networks") == []


def test_weights_are_safetensors_with_the_names_of_layers():
    from safetensors.numpy import load

    run = Run(SIN, REGISTRY.variant("prelu"), (6, 4), 0.01, 1.0, 0, 5)
    row = np.arange(run.network.parameters, dtype=np.float32)
    data = write_weights(run.network, row)
    tensors = load(data)
    assert tensors["hidden.0.weight"].shape == (6, 1)
    assert tensors["hidden.1.weight"].shape == (4, 6)
    assert tensors["hidden.0.activation.weight"].shape == (1,)
    assert tensors["output.bias"].shape == (1,)
    assert np.array_equal(read_weights(run.network, data), row)
    with pytest.raises(ValueError, match="no weights of this network"):
        read_weights(Run(SIN, REGISTRY.variant("relu"), (6, 4, 2), 0.01, 1.0, 0, 5).network, data)
    with pytest.raises(ValueError, match="weights"):
        read_weights(Run(SIN, REGISTRY.variant("relu"), (6, 4), 0.01, 1.0, 0, 5).network, data)


# Resume


def test_a_second_time_nothing_is_trained(file, monkeypatch):
    first = small(file)
    monkeypatch.setattr("activations.benchmark.chunk.train_chunk", None)
    second = small(file)
    assert second.reused == len(rows(file))
    assert comparable(second) == comparable(first)


@pytest.mark.torture(72)
def test_what_was_trained_before_an_interruption_is_not_trained_again(file):
    seen = []

    def stop(progress):
        seen.append(progress.done)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small(file, progress=stop)
    kept = len(rows(file))
    assert kept == seen[-1] > 0
    resumed = small(file)
    assert resumed.reused == kept
    assert comparable(resumed) == comparable(small())


def test_more_activations_join_those_that_were_ranked(file):
    small(file, names=["relu"])
    small(file, names=["tanh"])
    together = small(names=["relu", "tanh"])
    assert comparable(ranked(file).result) == comparable(together)
    (one,) = ranked(file, activations=["tanh"], targets=["sin(4*x)"]).result.targets
    assert [row.activation for row in one.ranking] == ["tanh"]


def test_rankings_never_mix_protocols(file):
    small(file, names=["relu"])
    small(file, names=["tanh"], steps=13)
    with Store(file, "read") as store:
        first, second = stored_protocols(store)
        assert [p.settings["steps"] for p in (first, second)] == [12, 13]
        assert [row.activation for row in stored_ranking(store).result.targets[0].ranking] == ["tanh"]
        assert [row.activation for row in stored_ranking(store, first.number).result.targets[0].ranking] == ["relu"]
        with pytest.raises(StoreError, match="no protocol 77; choose from 1, 2"):
            stored_ranking(store, 77)
        with pytest.raises(StoreError, match="nothing of the kind"):
            stored_ranking(store, targets=["cos"])


def test_a_race_is_ranked_again_as_it_was(file):
    names = list(REGISTRY)[:15]
    made = small(file, names=names, racing=True)
    assert comparable(ranked(file).result) == comparable(made)
    stages = [row.stage for row in made.targets[0].ranking]
    assert stages == ["ranking"] * 12 + ["screening"] * 3
    assert [row.rank for row in made.targets[0].ranking[12:]] == [13, 14, 15]
    assert len(made.overall.places) == 15


@pytest.mark.torture(81)
@pytest.mark.parametrize("change", [{"torch": "9.9"}, {"device": "cuda H999"}, {"engine": 99}])
def test_runs_of_another_environment_are_not_reused(file, change):
    outcomes = train_chunk([Run(SIN, REGISTRY.variant("relu"), (6,), 0.01, 1.0, 0, 5)])
    with Store(file) as store:
        store.add(outcomes, "tuning", HERE)
        runs = [outcome.run for outcome in outcomes]
        assert len(store.known(runs, HERE)) == 1
        assert len(store.known(runs, dataclasses.replace(HERE, machine="another", version="9"))) == 1
        assert store.known(runs, dataclasses.replace(HERE, **change)) == {}


@pytest.mark.torture(81)
def test_a_ranking_from_two_machines_says_so(file, monkeypatch):
    small(file, names=["relu"])
    other = dataclasses.replace(HERE, machine="Plan 9")
    monkeypatch.setattr("activations.benchmark.protocol.this_environment", lambda device: other)
    small(file, names=["tanh"])
    (note,) = ranked(file).notes
    assert "different machines" in note and "Plan 9" in note


def own(formula, body):
    @activation(formula=formula, paper="typed 2026")
    def stored_own(x):
        """Made for a test."""
        return body(x)

    return stored_own.variant()


@pytest.mark.torture(64)
def test_an_activation_that_is_gone_is_ranked_and_drawn_from_its_formula(file):
    variant = own("x*x/4", lambda x: x * x / 4)
    made = benchmark([SIN], [variant, REGISTRY.variant("relu")], store=file)
    found = ranked(file)
    assert "not installed, or in another version: stored_own" in found.notes[0]
    assert [(r.activation, r.nrmse) for r in found.result.targets[0].ranking] == [
        (r.activation, r.nrmse) for r in made.targets[0].ranking
    ]
    fits = {fit.label: fit for result in (made, found.result) for fit in result.targets[0].fits}
    x = np.linspace(-1, 1, 9)[:, None]
    live = next(fit for fit in made.targets[0].fits if fit.label == "stored_own")
    assert fits["stored_own"] is not live
    assert fits["stored_own"].predict(x) == pytest.approx(live.predict(x), rel=1e-5)


@pytest.mark.torture(65)
def test_results_of_a_changed_activation_are_not_reused(file):
    benchmark([SIN], [own("x*x/4", lambda x: x * x / 4)], store=file)
    changed = benchmark([SIN], [own("x*x/5", lambda x: x * x / 5)], store=file)
    assert changed.reused == 0
    found = ranked(file)
    assert any("older versions of activations left out: stored_own" in note for note in found.notes)
    assert found.result.targets[0].ranking[0].nrmse == changed.targets[0].ranking[0].nrmse


# Killed, full, stopped, written at the same time

FORKING = """
import os, random, resource, signal, sys, time
sys.path.insert(0, {tests!r})
import test_store as here
from activations.benchmark import PRESETS
from activations.errors import StoreError
PRESETS["quick"] = here.TINY
here.small(None, names=["relu"])  # all imports and caches, once for all children

def child(work, delay=None):
    number = os.fork()
    if number:
        return number
    try:
        work()
    except StoreError as error:
        os.write(1, (str(error) + chr(10)).encode())
        os._exit(4)
    os._exit(0)

{work}
"""


def run_forking(work, check=True):
    """A process that has everything imported runs `work`, which makes children."""
    script = FORKING.format(tests=str(Path(__file__).parent), work=work)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=check)


@pytest.mark.torture(70)
def test_two_hundred_kills_lose_nothing(file):
    done = run_forking(f"""
random.seed(1)
killed = 0
for round in range(200):
    number = child(lambda: here.small({str(file)!r}))
    time.sleep(random.uniform(0.0, 0.25) * random.random())
    os.kill(number, signal.SIGKILL)
    killed += os.WIFSIGNALED(os.waitpid(number, 0)[1])
print(killed)
""")
    assert int(done.stdout) > 20
    with Store(file) as store:
        assert check_store(store) == []
    expected = small()
    assert comparable(small(file)) == comparable(expected)
    assert comparable(ranked(file).result) == comparable(expected)


@pytest.mark.torture(75)
def test_eight_benchmarks_on_one_store(file):
    done = run_forking(f"""
grids = [["relu", "tanh", "prelu"]] * 4 + [["tanh"], ["relu", "prelu"], ["tanh", "relu"], ["prelu"]]
numbers = [child(lambda: here.small({str(file)!r}, names=names)) for names in grids]
print([os.waitpid(number, 0)[1] for number in numbers])
""")
    assert done.stdout == f"{[0] * 8}\n"
    assert "locked" not in done.stderr
    assert comparable(ranked(file).result) == comparable(small())
    keys = rows(file)
    assert len(keys) == len(set(keys))


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect({file!r}, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def holder(file):
    script = HOLDER.format(file=str(file))
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.torture(76)
def test_a_stopped_process_that_holds_the_lock_is_waited_for_and_then_named(file, monkeypatch):
    small(file, names=["relu"])
    monkeypatch.setattr(database_module, "POLL", 0.05)
    process = holder(file)
    process.send_signal(signal.SIGSTOP)
    told = []
    try:
        with Store(file, notify=told.append, patience=0.3) as store, pytest.raises(StoreError) as caught:
            store.add([], "tuning", HERE)
        who = f"process {process.pid}" if Path("/proc/locks").exists() else "another process"
        assert who in told[0] and "Waiting" in told[0]
        assert who in str(caught.value) and "--store" in str(caught.value)
        assert comparable(ranked(file).result)  # readers do not wait
    finally:
        process.kill()
        process.communicate()
    with Store(file) as store:
        store.add([], "tuning", HERE)


@pytest.mark.torture(76)
def test_a_writer_that_waits_goes_on_when_the_lock_is_free(file, monkeypatch):
    small(file, names=["relu"])
    monkeypatch.setattr(database_module, "POLL", 0.05)
    process = holder(file)
    told = []
    release = threading.Timer(0.4, process.stdin.close)
    release.start()
    with Store(file, notify=told.append) as store:
        store.add([], "tuning", HERE)
    assert len(told) == 1
    process.wait()
    process.stdout.close()


@pytest.mark.torture(73)
def test_a_full_disk_is_told_and_loses_nothing(file):
    small(file, names=["relu"])
    with Store(file) as store:
        pages = store.database.connection.execute("PRAGMA page_count").fetchone()[0]
        store.database.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreError, match="full") as caught:
            benchmark([SIN, KINK], variants("tanh", "prelu"), store=store)
        assert str(file) in str(caught.value) and "intact" in str(caught.value)
    with Store(file) as store:
        assert check_store(store) == []
    assert comparable(small(file)) == comparable(small())


@pytest.mark.torture(73)
def test_a_file_that_may_not_grow_is_told_and_loses_nothing(tmp_path):
    sizes = (20_000, 90_000, 150_000)
    done = run_forking(f"""
for size in {sizes}:
    def work():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        here.small(f"{tmp_path}/{{size}}.sqlite3")
    print(os.waitpid(child(work), 0)[1] >> 8, flush=True)
""")
    lines = done.stdout.splitlines()
    assert lines[1::2] == ["4"] * len(sizes)
    for size, line in zip(sizes, lines[::2], strict=True):
        file = tmp_path / f"{size}.sqlite3"
        assert str(file) in line
        assert comparable(small(file)) == comparable(small())
        with Store(file) as store:
            assert check_store(store) == []


class _Failing(sqlite3.Connection):
    """A connection whose Nth call fails, in each of the ways that SQLite has for it."""

    left = 10**9
    error = sqlite3.OperationalError("disk I/O error")

    def _count(self):
        _Failing.left -= 1
        if _Failing.left == 0:
            raise _Failing.error

    def execute(self, *arguments):
        self._count()
        return super().execute(*arguments)

    def executemany(self, *arguments):
        self._count()
        return super().executemany(*arguments)


@pytest.mark.torture(79)
@pytest.mark.parametrize(
    "error", [sqlite3.OperationalError("disk I/O error"), sqlite3.OperationalError("database or disk is full")]
)
def test_whichever_call_fails_the_store_stays_sound_and_is_resumed(tmp_path, monkeypatch, error):
    connect = sqlite3.connect

    def failing(*arguments, **settings):
        return connect(*arguments, factory=_Failing, **settings)

    outcomes = train_chunk([Run(SIN, REGISTRY.variant("relu"), (6,), 0.01, 1.0, seed, 5) for seed in range(3)])

    def work(file):
        with Store(file) as store:
            store.add(outcomes, "ranking", HERE)
            store.enter({"seed": 0}, [Entry("ranking", tuple(outcomes), at_edge=False)], HERE)

    monkeypatch.setattr(_Failing, "error", error)
    told: list[str] = []
    for call in range(1, 400):
        file = tmp_path / f"{call}.sqlite3"
        monkeypatch.setattr(database_module.sqlite3, "connect", failing)
        monkeypatch.setattr(_Failing, "left", call)
        try:
            work(file)
        except StoreError as failure:
            told.append(str(failure))
        reached = _Failing.left <= 0
        monkeypatch.setattr(database_module.sqlite3, "connect", connect)
        work(file)
        with Store(file, "read") as store:
            assert check_store(store) == []
            assert len(store.known([outcome.run for outcome in outcomes], HERE)) == 3
            assert len(stored_protocols(store)) == 1
        if not reached:
            break
    else:
        pytest.fail("the work never came to its end")
    assert len(told) > 20
    assert all(".sqlite3" in text for text in told)


# What is no store, or no longer one


def broken(file, what):
    if what == "a folder":
        file.mkdir()
    elif what == "empty":
        file.touch()
    elif what == "text":
        file.write_text("hello, this is no database\n" * 10)
    elif what == "another program":
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE notes (text)")
        connection.close()
    elif what == "newer":
        small(file, names=["relu"])
        connection = sqlite3.connect(file)
        connection.execute("PRAGMA user_version = 99")
        connection.close()
    elif what == "truncated":
        small(file, names=["relu"])
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif what == "flipped":
        small(file, names=["relu"])
        data = bytearray(file.read_bytes())
        for place in range(4096, len(data), 64):
            data[place] ^= 0xFF
        file.write_bytes(data)
    elif what == "no regular file":
        os.mkfifo(file)


@pytest.mark.torture(77)
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("a folder", "is a folder"),
        ("empty", "is empty and no store"),
        ("text", "not a SQLite file"),
        ("another program", "another program"),
        ("newer", "newer version"),
        ("truncated", "truncated"),
        ("flipped", "damaged"),
        ("no regular file", "not a regular file"),
    ],
)
@pytest.mark.parametrize("mode", ["read", "write"])
def test_what_is_no_store_is_refused_and_left_alone(file, what, words, mode):
    broken(file, what)
    before = file.read_bytes() if file.is_file() else None

    def use():
        with Store(file, mode) as store:
            if mode == "read":
                stored_ranking(store)
            else:
                benchmark([SIN], variants("relu"), store=store)

    with pytest.raises(StoreError, match=words) as caught:
        use()
    assert str(file) in str(caught.value)
    if before is not None:
        assert file.read_bytes() == before


@pytest.mark.torture(74)
def test_a_missing_store_is_made_to_write_and_refused_to_read(file):
    with pytest.raises(StoreError, match="there is no store"):
        Store(file, "read")
    assert not file.exists()
    with Store(file):
        pass
    assert file.exists()
    with pytest.raises(StoreError, match="does not exist; make it first"):
        Store(file.parent / "missing" / "runs.sqlite3")
    with pytest.raises(StoreError, match=r"runs\.sqlite3"):
        Store(file / "below a file.sqlite3")


@pytest.mark.torture(71)
def test_what_a_killed_maker_left_is_swept(file):
    left = [file.parent / f".{file.name}.abcdefg_.tmp{ending}" for ending in ("", "-wal", "-journal")]
    for place in left:
        place.touch()
    with Store(file):
        pass
    assert all(place.exists() for place in left)
    file.unlink()
    for place in left:
        os.utime(place, (0, 0))
    with Store(file):
        pass
    assert os.listdir(file.parent) == [file.name]


@pytest.mark.torture(77)
def test_where_nothing_is_found_damage_is_told_rather_than_an_empty_store(file):
    with Store(file) as store:
        store.add(train_chunk([Run(SIN, REGISTRY.variant("relu"), (6,), 0.01, 1.0, 0, 5)]), "ranking", HERE)
    with pytest.raises(StoreError, match="holds no finished ranking"):
        ranked(file)
    (root,) = [page for (page,) in rows(file, "SELECT rootpage FROM sqlite_master WHERE name = 'networks'")]
    data = bytearray(file.read_bytes())
    data[(root - 1) * 4096 : root * 4096] = bytes(4096)
    file.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"):
        ranked(file)


@pytest.mark.torture(77)
@pytest.mark.parametrize("what", ["no regular file", "another program", "a folder"])
def test_salvage_of_what_holds_no_runs_makes_no_file(file, tmp_path, what):
    broken(file, what)
    with pytest.raises(StoreError, match="nothing"):
        salvage_store(file, tmp_path / "new.sqlite3")
    assert not (tmp_path / "new.sqlite3").exists()


@pytest.mark.torture(74)
def test_a_dangling_link_is_no_store(file):
    file.symlink_to(file.parent / "nothing")
    with pytest.raises(StoreError, match="there is no store"):
        Store(file)


@pytest.mark.torture(77)
def test_a_log_of_another_store_is_not_replayed(tmp_path):
    one, other = tmp_path / "one.sqlite3", tmp_path / "other.sqlite3"
    for file in (one, other):
        small(file, names=["relu"])
    with Store(other) as store:
        store.add(train_chunk([Run(SIN, REGISTRY.variant("tanh"), (6,), 0.01, 1.0, 0, 5)]), "tuning", HERE)
        log = Path(f"{other}-wal").read_bytes()
    assert log
    Path(f"{one}-wal").write_bytes(log)
    before = one.read_bytes()
    with pytest.raises(StoreError, match="is of another store"):
        Store(one)
    assert one.read_bytes() == before
    Path(f"{one}-wal").unlink()
    assert ranked(one).result.targets


@pytest.mark.torture(77)
def test_without_its_log_a_store_is_older_and_sound(file):
    small(file, names=["relu"])
    run_forking(f"""
number = child(lambda: here.small({str(file)!r}, names=["tanh"]))
time.sleep(0.2)
os.kill(number, signal.SIGKILL)
os.waitpid(number, 0)
""")
    for ending in ("-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)
    with Store(file) as store:
        assert check_store(store) == []
    assert comparable(small(file)) == comparable(small())


@pytest.mark.torture(74)
@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_a_store_in_a_read_only_folder_can_be_read(tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    file = folder / "runs.sqlite3"
    made = small(file)
    file.chmod(0o444)
    folder.chmod(0o555)
    try:
        done = run_forking(f"""
def work():
    exec({GIVE_UP_RIGHTS!r})
    print(len(here.ranked({str(file)!r}).result.targets), flush=True)
    here.small({str(file)!r}, names=["tanh"], steps=3)
print(os.waitpid(child(work), 0)[1] >> 8)
""")
    finally:
        folder.chmod(0o755)
    targets, message, code = done.stdout.splitlines()
    assert targets == str(len(made.targets))
    assert code == "4" and "runs.sqlite3" in message and "--store" in message


@pytest.mark.torture(78)
def test_a_network_file_system_gets_no_shared_log(file, monkeypatch, tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"none / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr(file_systems, "MOUNTS", mounts)
    told = []
    with Store(file, notify=told.append) as store:
        assert store.database.connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        benchmark([SIN], variants("relu"), store=store)
        assert not Path(f"{file}-wal").exists()
    assert "network file system" in told[0]
    assert ranked(file).result.targets
    mounts.write_text("none / ext4 rw 0 0\n")
    with Store(file, notify=told.append) as store:
        assert store.database.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert len(told) == 1


@pytest.mark.torture(83)
def test_the_log_is_bounded_and_gone_at_the_end(file):
    small(file, names=["relu"])
    log = Path(f"{file}-wal")
    assert not log.exists()
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM runs").fetchone()
    small(file, names=["tanh", "prelu"])
    assert log.exists()
    reader.execute("COMMIT")
    reader.close()
    with Store(file):
        pass
    assert not log.exists()


@pytest.mark.torture(77)
@pytest.mark.parametrize("what", ["truncated", "flipped"])
def test_what_can_be_read_of_a_damaged_store_is_saved(file, tmp_path, what):
    small(file, names=list(REGISTRY)[:6])
    whole = len(rows(file))
    data = bytearray(file.read_bytes())
    if what == "truncated":
        file.write_bytes(data[: len(data) * 3 // 4])
    else:
        for place in range(len(data) // 2, len(data) // 2 + 6 * 4096, 4096):
            data[place : place + 4096] = bytes(4096)
        file.write_bytes(data)
    new = tmp_path / "new.sqlite3"
    saved = salvage_store(file, new)
    assert 0 < saved["runs"][0] < whole
    with Store(new) as store:
        assert check_store(store) == []
    assert comparable(small(new, names=list(REGISTRY)[:6])) == comparable(small(names=list(REGISTRY)[:6]))
    with pytest.raises(FileExistsError):
        salvage_store(file, new)


def test_salvage_of_no_database_makes_no_file(file, tmp_path):
    file.write_text("nothing of the kind")
    with pytest.raises(StoreError, match="nothing can be saved"):
        salvage_store(file, tmp_path / "new.sqlite3")
    assert not (tmp_path / "new.sqlite3").exists()


@pytest.mark.torture(77)
def test_check_finds_a_row_that_refers_to_nothing(file):
    small(file, names=["relu"])
    with Store(file, "read") as store:
        assert check_store(store) == []
    connection = sqlite3.connect(file)
    connection.execute("DELETE FROM protocols")
    connection.commit()
    connection.close()
    with Store(file, "read") as store:
        assert any("missing row of protocols" in problem for problem in check_store(store))


@pytest.mark.torture(46)
def test_the_default_store_needs_a_home(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_store() == tmp_path / "activations" / "runs.sqlite3"
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="--store FILE"):
        default_store()
    monkeypatch.setattr("activations.benchmark.store.store.data_folder", lambda: None)
    with pytest.raises(StoreError, match="--store FILE"):
        default_store()


# For people


def test_runs_are_chosen_counted_and_deleted(file):
    small(file)
    with Store(file) as store:
        every = sum(count_runs(store, RunFilter()).values())
        chosen = RunFilter(targets=("sin*",), activations=("*elu",), stages=("ranking",))
        found = select_runs(store, chosen)
        assert {row["activation"] for row in found} == {"relu", "prelu"} and len(found) == 6
        assert {row["target"] for row in found} == {"sin(4*x)"}
        assert [row["key"] for row in select_runs(store, chosen, 2)] == [row["key"] for row in found[-2:]]
        assert delete_runs(store, chosen) == 6
        assert sum(count_runs(store, RunFilter()).values()) == every - 6
        assert check_store(store) == []
        left = {(e.target.name, row.activation) for e in stored_ranking(store).result.targets for row in e.ranking}
        assert ("sin(4*x)", "relu") not in left and ("sin(4*x)", "tanh") in left
        assert delete_runs(store, RunFilter()) == every - 6
        assert stored_protocols(store) == []
    assert comparable(small(file)) == comparable(small())


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_exported_runs_hold_what_the_store_does(file, tmp_path, form):
    import csv as csv_module

    import pandas

    small(file, targets=[formula_target("-x", points=20)], names=["relu"])
    with Store(file, "read") as store:
        found = select_runs(store, RunFilter())
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is optional")
    data = export_runs(found, form)
    out = tmp_path / "x"
    out.write_bytes(data)
    if form == "json":
        assert json.loads(data) == found
    elif form == "csv":
        read = list(csv_module.DictReader(out.read_text().splitlines()))
        assert [float(row["seconds"]) for row in read] == [row["seconds"] for row in found]
        assert {row["target"] for row in read} == {"'-x"}  # no formula for a spreadsheet
    else:
        assert list(pandas.read_parquet(out)["key"]) == [row["key"] for row in found]


@pytest.mark.torture(82)
def test_a_hundred_thousand_rows_are_listed(file):
    small(file, names=["relu"])
    with Store(file) as store:
        (row,) = [dict(row) for row in store.database.select("SELECT * FROM runs LIMIT 1")]
        columns = list(row)
        many = [tuple(f"{i:032d}" if name == "key" else row[name] for name in columns) for i in range(100_000)]
        with store.database.transaction():
            store.database.insert("runs", columns, many)
        assert len(select_runs(store, RunFilter(), 40)) == 40
        assert sum(count_runs(store, RunFilter()).values()) > 100_000
        plan = store.database.select("EXPLAIN QUERY PLAN SELECT * FROM runs ORDER BY rowid DESC LIMIT 40")
        assert not any("TEMP B-TREE" in line["detail"] for line in plan)
        assert stored_ranking(store).result.targets[0].ranking


def test_a_formula_activation_is_read_back(file):
    made = benchmark([SIN], [formula_activation("x*sigmoid(1.702*x)").variant()], store=file)
    found = ranked(file)
    assert comparable(found.result) == comparable(made)
    assert found.notes == ()


def test_other_programs_read_the_file_as_it_is(file):
    small(file, names=["relu"])
    assert len(rows(file, "SELECT target, activation, error FROM runs WHERE status = 'ok'")) > 0
    assert rows(file, "PRAGMA application_id") == [(0x61637476,)]

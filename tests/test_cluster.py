"""`--cluster`: real schedulers and workers on the loopback, killed, mixed up and talked to in the wrong way."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cluster_faults
import pytest
from click.testing import CliRunner, Result
from cluster_processes import PATIENCE, ROOT, TLS, Processes

from activations import default_registry, resolve_target
from activations.benchmark import PRESETS, benchmark
from activations.benchmark.cluster import Cluster, ClusterCrew, crew
from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run
from activations.benchmark.presets import Preset
from activations.benchmark.workers import Workers
from activations.errors import ClusterError, ClusterLostError, MissingExtraError
from activations_cli.main import cli

distributed = pytest.importorskip("distributed", reason="needs the extra cluster, which the extra dev brings")

# dask leaves sockets of attempts that failed to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

TINY = Preset("quick", (4,), steps=20, seeds=3, tuning_seeds=3, finalists=2, scales=(1.0, 3.0))
WORK = ("bench", "cubic", "-a", "relu", "-a", "tanh", "--device", "cpu")
POISON = """
import os, torch
from activations import activation

@activation(formula="x*x", paper="Nobody 2020")
def poison(x):
    "Ends a worker's process."
    if os.environ.get("POISONOUS"):
        os._exit(1)
    return x * x

@activation(formula="x*x*x", paper="Nobody 2020")
def harmless(x):
    "Is known on all sides."
    return x * x * x
"""


@pytest.fixture(scope="module", autouse=True)
def _small_preset() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "quick", TINY)
        yield


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of modules that all sides find."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "shared_activations.py").write_text(POISON)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, modules: Path) -> Iterator[Processes]:
    """A scheduler with two workers."""
    folder = tmp_path_factory.mktemp("cluster")
    with Processes(folder, paths=[modules], variables={"POISONOUS": "1"}) as processes:
        processes.add_worker("--nworkers", "2")
        with client(processes) as asking:
            asking.wait_for_workers(2, timeout=PATIENCE)
        yield processes


def client(processes: Processes) -> Any:
    return distributed.Client(scheduler_file=str(processes.file), set_as_default=False, timeout=PATIENCE)


def everywhere(processes: Processes, function: Any, *arguments: Any, one: bool = False) -> list[Any]:
    """Call a function on both workers, or on one of them, when both are there."""
    with client(processes) as asking:
        asking.wait_for_workers(2, timeout=PATIENCE)
        chosen = sorted(asking.scheduler_info(n_workers=-1)["workers"])
        return list(asking.run(function, *arguments, workers=chosen[:1] if one else chosen).values())


def some_runs(label: str = "relu", count: int = 8, steps: int = 20) -> list[Run]:
    (variant,) = default_registry().match([label])
    return runs_with(variant, count, steps)


def runs_with(variant: Any, count: int, steps: int = 20) -> list[Run]:
    target = resolve_target("cubic")
    return [Run(target, variant, (4,), 0.01, 1.0, seed, steps) for seed in range(count)]


def comparable(outcomes: Iterator[list[Outcome]]) -> dict[str, Any]:
    """All that is stored of outcomes but times; and each is there once."""
    flat = [outcome for found in outcomes for outcome in found]
    assert len({outcome.run.key for outcome in flat}) == len(flat)
    return {
        o.run.key: (o.test, o.validation, o.losses, o.reason, o.parameters.tobytes())  # type: ignore[union-attr]
        for o in flat
    }


def trained_here(runs: list[Run]) -> dict[str, Any]:
    with Workers(1, "cpu") as workers:
        return comparable(workers.train(runs))


def connected(processes: Processes, runs: list[Run], **options: Any) -> ClusterCrew:
    return ClusterCrew(Cluster(processes.address), runs[:1], "cpu", **options)


def rows(file: Path) -> list[Any]:
    """All that a store keeps of runs but times and machines."""
    with sqlite3.connect(file) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(runs)")]
        kept = ", ".join(f"runs.{name}" for name in names if name not in ("seconds", "added", "machine"))
        found = connection.execute(
            f"SELECT {kept}, losses, weights FROM runs LEFT JOIN networks ON run = key ORDER BY key"
        ).fetchall()
    connection.close()
    return found


def machines(file: Path) -> set[str]:
    connection = sqlite3.connect(file)
    found = {row[0] for row in connection.execute("SELECT DISTINCT machine FROM runs")}
    connection.close()
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The rows of a run in this process."""
    file = tmp_path_factory.mktemp("expected") / "runs.sqlite3"
    variants = default_registry().match(["relu", "tanh"])
    benchmark([resolve_target("cubic")], variants, device="cpu", engine="batched", store=file)
    return rows(file)


# What a cluster is for


def test_workers_are_counted_beside_the_heartbeat_of_dask(two: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    # It asks for no workers, and overwrites what scheduler_info is about to give.
    monkeypatch.setattr("distributed.Client.scheduler_info", lambda self, **options: {"workers": {}})
    seen: list[Any] = []
    variants = default_registry().match(["tanh"])
    benchmark([resolve_target("cubic")], variants, steps=5, seeds=1, cluster=two.address, progress=seen.append)
    assert {progress.workers for progress in seen} == {2}


@pytest.mark.torture(98)
def test_rows_are_those_of_this_process_whatever_the_workers_are(
    two: Processes, tmp_path: Path, expected: list[Any]
) -> None:
    file = tmp_path / "runs.sqlite3"
    told: list[str] = []
    seen: list[Any] = []
    everywhere(two, cluster_faults.refuse_writes, True)
    everywhere(two, cluster_faults.pretend_machine, "strange", one=True)
    try:
        benchmark(
            [resolve_target("cubic")],
            default_registry().match(["relu", "tanh"]),
            device="cpu",
            cluster=two.address,
            store=file,
            tell=told.append,
            progress=seen.append,
        )
    finally:
        everywhere(two, cluster_faults.refuse_writes, False)
        everywhere(two, cluster_faults.pretend_machine, one=True)
    assert rows(file) == expected
    assert any("differ in processors" in line and "strange" in line for line in told)
    assert any("2 workers with 2 threads" in line for line in told)
    assert 1 <= len(machines(file)) <= 2
    assert 2 in {progress.workers for progress in seen}
    assert all(progress.rate > 0 for progress in seen)


def test_a_worker_s_own_machine_is_recorded(two: Processes) -> None:
    everywhere(two, cluster_faults.pretend_machine, "strange")
    try:
        with connected(two, some_runs(count=1)) as group:
            assert len(list(group.train(some_runs(count=1)))) == 1
            assert "strange" in group.trained_in.machine
    finally:
        everywhere(two, cluster_faults.pretend_machine)


def test_the_native_engine_is_used_there_if_it_is_asked_for(two: Processes) -> None:
    """What it can't train the batched one does, and a note says so once."""
    runs = [*some_runs("relu", 4), *some_runs("rrelu", 4)]
    told: list[str] = []
    with connected(two, runs, engine="native", tell=told.append) as group:
        found = comparable(group.train(runs))
    assert set(found) == {run.key for run in runs}
    with Workers(1, "cpu", "native") as workers:
        workers.native.prepare(runs)  # type: ignore[union-attr]
        while any(workers.native._readiness(run) == "wait" for run in runs):  # type: ignore[union-attr]
            time.sleep(0.05)
        assert found == comparable(workers.train(runs))


@pytest.mark.torture(100)
def test_few_of_many_tasks_are_on_their_way(two: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    """`benchmarks/scaling.py` does it with ten thousand and looks at the memory."""
    runs = some_runs(count=300, steps=1)
    sent: list[int] = []
    monkeypatch.setattr(crew, "units", lambda runs, most, together: ([run] for run in runs))
    with connected(two, runs) as group:
        send = group._send

        def counted(unit: Any) -> Any:
            sent.append(len(unit))
            return send(unit)

        monkeypatch.setattr(group, "_send", counted)
        done, largest = 0, 0
        for found in group.train(runs):
            done += len(found)
            largest = max(largest, len(sent) - done)
        assert done == len(sent) == len(runs)
        assert 0 < largest <= group._bound()
    assert held_by(two) == 0


def held_by(processes: Processes) -> int:
    """How many tasks a scheduler knows, once it has had time to forget."""
    with client(processes) as asking:
        end = time.monotonic() + PATIENCE
        while (count := asking.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))) > 0:
            if time.monotonic() > end:
                break
            time.sleep(0.1)
    return int(count)


# Deaths


@pytest.mark.torture(96)
def test_a_killed_worker_costs_a_retry(two: Processes) -> None:
    runs = some_runs(count=24, steps=2000)
    pids = everywhere(two, os.getpid)
    with connected(two, runs) as group:
        group._speed = 1e6  # so that units are small
        found = []
        for outcomes in group.train(runs):
            if not found:
                os.kill(pids[0], signal.SIGKILL)
            found.append(outcomes)
    assert len(found) > 2
    assert comparable(iter(found)) == trained_here(runs)
    assert pids[0] not in everywhere(two, os.getpid)


@pytest.mark.torture(96)
def test_a_poison_batch_fails_and_the_others_finish(two: Processes) -> None:
    import shared_activations

    poisonous = runs_with(variant_of(shared_activations.poison), 2)
    harmless = [*runs_with(variant_of(shared_activations.harmless), 8), *some_runs(count=8)]
    with connected(two, [poisonous[0], harmless[0]]) as group:
        found = comparable(group.train([*harmless[:4], *poisonous, *harmless[4:]]))
    assert {key: found.pop(key)[3] for key in [run.key for run in poisonous]} == dict.fromkeys(
        [run.key for run in poisonous], crew.POISON
    )
    assert found == trained_here(harmless)


def variant_of(activation: Any) -> Any:
    from activations.declare import Variant

    return Variant(activation)


@pytest.mark.torture(99)
def test_a_killed_client_goes_on_without_double_rows(two: Processes, tmp_path: Path, expected: list[Any]) -> None:
    file = tmp_path / "runs.sqlite3"
    words = ["--cluster", two.address, "--store", str(file)]
    code = (
        "import activations.benchmark as b; from activations.benchmark.presets import Preset\n"
        f"b.PRESETS['quick'] = {TINY!r}\n"
        "from activations_cli.main import main; import sys\n"
        f"sys.argv = ['activations', *{[*WORK, *words]!r}]; main()"
    )
    started = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=two.variables, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: kept(file) > 0 or started.poll() is not None)
    finally:
        started.kill()
        _, told = started.communicate()
    assert started.returncode == -signal.SIGKILL, told
    before = kept(file)
    assert 0 < before < len(expected)
    assert held_by(two) == 0
    found = run(*WORK, *words, "--json")
    assert found.exit_code == 0, found.stderr
    assert rows(file) == expected


def kept(file: Path) -> int:
    try:
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return 0
    try:
        return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def wait_until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "200", "NO_COLOR": "1"})


@pytest.mark.torture(95, 96)
def test_a_scheduler_that_is_killed_leaves_a_store_to_go_on_from(tmp_path: Path) -> None:
    """Over TLS, which others can't join."""
    file = tmp_path / "runs.sqlite3"
    ours = ("--cluster-tls-ca", f"{TLS / 'ours.pem'}", "--cluster-tls-cert", f"{TLS / 'ours.pem'}")
    ours = (*ours, "--cluster-tls-key", f"{TLS / 'ours-key.pem'}")
    with Processes(tmp_path, tls=True) as processes:
        processes.add_worker()
        address = processes.scheduler_address
        assert address.startswith("tls://")
        for wrong in (
            Cluster(address.replace("tls", "tcp"), timeout=1.0),
            Cluster(address, *[TLS / name for name in ("ours.pem", "others.pem", "others-key.pem")], timeout=1.0),
            Cluster(address, *[TLS / name for name in ("others.pem", "ours.pem", "ours-key.pem")], timeout=1.0),
        ):
            with pytest.raises(ClusterError, match=r"no scheduler answered within 1 s .*certificates"):
                ClusterCrew(wrong, some_runs(count=1), "cpu")
        gc.collect()

        def kill() -> None:
            wait_until(lambda: kept(file) > 0)
            processes.scheduler.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        words = (*WORK, "--steps", "300", "--cluster", address, *ours, "--store", str(file))
        found = run(*words)
        killer.join()
    assert (found.exit_code, found.stdout) == (5, ""), found.stderr
    assert "the connection to the scheduler was lost" in found.stderr
    assert f"activations {' '.join(words)}" in found.stderr
    assert "Traceback" not in found.stderr
    assert kept(file) > 0


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_ctrl_c_ends_the_processes_of_a_local_cluster_without_a_word_of_theirs(tmp_path: Path) -> None:
    file = tmp_path / "runs.sqlite3"
    words = [*WORK, "--steps", "20000", "--cluster", "local:1", "--store", str(file), "-v"]
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from activations_cli.main import main; import sys\n"
        f"sys.argv = ['activations', *{words!r}]\n"
        "if __name__ == '__main__': main()"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert started.stderr is not None
        assert started.stderr.readline().startswith("Cluster local:1: 1 worker with 1 thread")
        os.killpg(started.pid, signal.SIGINT)
        _, told = started.communicate(timeout=PATIENCE)
    finally:
        started.kill()
    assert (started.returncode, told) == (130, "Interrupted.\n")


# What is refused before the start


@pytest.mark.torture(97)
def test_workers_of_another_release_are_refused(two: Processes) -> None:
    everywhere(two, cluster_faults.pretend_version, "0.0.9", one=True)
    try:
        with pytest.raises(ClusterError, match=r"^worker tcp://\S+: it has activations 0\.0\.9 and not .*install"):
            connected(two, some_runs(count=1))
    finally:
        everywhere(two, cluster_faults.pretend_version, one=True)
    connected(two, some_runs(count=1))._stack.close()


@pytest.mark.torture(97)
def test_a_worker_that_changes_later_is_refused_too(two: Processes) -> None:
    with connected(two, some_runs(count=1)) as group:
        everywhere(two, cluster_faults.pretend_version, "0.0.9")
        try:
            with pytest.raises(ClusterError, match=r"version 0\.0\.9 and not"):
                list(group.train(some_runs(count=1)))
        finally:
            everywhere(two, cluster_faults.pretend_version)


@pytest.mark.torture(97)
def test_a_plugin_that_workers_lack_is_refused(two: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "only_here.py").write_text(POISON)
    monkeypatch.syspath_prepend(tmp_path)
    import only_here

    with pytest.raises(ClusterError, match=r"can't use harmless .*only_here.*install the same release of its plugin"):
        connected(two, runs_with(variant_of(only_here.harmless), 1))


def test_a_file_for_a_plugin_is_found_under_the_same_path(two: Processes, tmp_path: Path) -> None:
    place = tmp_path / "own.py"
    place.write_text(POISON.replace("harmless", "mine"))
    words = ("--plugin", str(place), "bench", "cubic", "-a", "mine", "--device", "cpu", "--cluster", two.address)
    found = run(*words, "--no-store", "--json")
    assert found.exit_code == 0, found.stderr


def test_workers_without_a_gpu_are_refused_for_one(two: Processes) -> None:
    with pytest.raises(ClusterError, match=r"none of 2 workers has the resource GPU; .*--resources GPU=1"):
        ClusterCrew(Cluster(two.address), some_runs(count=1), "cuda")


# Addresses


def listening(answer: bytes | None) -> Iterator[str]:
    """The address of something that is no scheduler: it says something, or nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                one, _ = server.accept()
                accepted.append(one)
                if answer is not None:
                    one.sendall(answer)
                    one.shutdown(socket.SHUT_WR)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.getsockname()[1]}"
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(10)
    for one in accepted:
        one.close()


@pytest.mark.torture(95)
@pytest.mark.parametrize("answer", [None, b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(range(256)) * 50])
@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_what_is_no_scheduler_is_told_within_the_time_limit(scheme: str, answer: bytes | None) -> None:
    files = (TLS / "ours.pem", TLS / "ours.pem", TLS / "ours-key.pem") if scheme == "tls" else ()
    for place in listening(answer):
        with pytest.raises(ClusterError, match=r"something listens there, but no scheduler answered within 0\.5 s"):
            ClusterCrew(Cluster(f"{scheme}://{place}", *files, timeout=0.5), some_runs(count=1))
    gc.collect()


@pytest.mark.torture(95)
@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://127.0.0.1:{closed}", "nothing listens on that port"),
        ("tcp://no-such-host.invalid:8786", "the host's name can't be resolved"),
        ("tcp://" + "x" * 70 + ".invalid:8786", "the host's name can't be resolved"),
        ("nonsense", "is no address; write one of tcp://host:8786"),
        ("http://127.0.0.1:{closed}", "is no address"),
        ("tcp://127.0.0.1", "has no port"),
        ("tcp://127.0.0.1:99999", "is no address"),
        ("tls://127.0.0.1:{closed}", "TLS needs certificates"),
        ("file:nowhere.json", "No such file"),
        ("file:.", "Is a directory"),
        ("local:0", "write local:N with N from 1"),
        ("local:many", "write local:N with N from 1"),
    ],
)
def test_a_wrong_address_is_an_error_of_the_environment(address: str, reason: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    found = run(*WORK, "--no-store", "--cluster", address.format(closed=closed))
    assert (found.exit_code, found.stdout) == (4, ""), found.stderr
    assert reason in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'torch-activations\[cluster\]'"):
        ClusterCrew(Cluster("local:1"), [])
    assert issubclass(ClusterLostError, ClusterError)

"""What a cluster is given and compared by, without one: units of work, versions, addresses and contradictions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_cli_startup import loaded, probe

from activations import benchmark, default_registry, resolve_target
from activations.benchmark.cluster import Cluster, ClusterCrew
from activations.benchmark.cluster.agreement import differences, versions_of
from activations.benchmark.cluster.units import LEAST, MOST, cost, units, wanted_seconds
from activations.benchmark.plan import CHUNK_STEP, Run
from activations.errors import ClusterError
from activations.fitting.settings import SettingError
from activations_cli.main import cli


def runs(count: int, *labels: str) -> list[Run]:
    target = resolve_target("cubic")
    variants = default_registry().match(labels or ("relu",))
    return [Run(target, variant, (8,), 0.01, 1.0, seed, 100) for seed in range(count) for variant in variants]


@pytest.mark.parametrize("count", [1, 3, 11, 48, 50, 200])
@pytest.mark.parametrize("seconds", [0.0, 1.0, 30.0, 1e9])
@pytest.mark.parametrize("together", [False, True])
def test_units_hold_every_run_once_and_no_more_than_they_may(count: int, seconds: float, together: bool) -> None:
    planned = runs(count, "relu", "tanh")
    most = seconds * cost(planned[:1])
    made = list(units(planned, lambda: most, together=together))
    assert sorted(run.key for unit in made for run in unit) == sorted(run.key for run in planned)
    assert all(cost(unit) <= max(most, CHUNK_STEP * cost(unit[:1])) * (1 + 1e-9) for unit in made)
    if seconds == 1e9:
        assert len(made) == 1


def test_a_unit_takes_seconds_to_minutes() -> None:
    assert wanted_seconds(1e20, 1e9, 2) == MOST
    assert wanted_seconds(1e3, 1e9, 2) == LEAST
    assert wanted_seconds(80e9, 1e9, 2) == 10.0


def test_units_follow_the_speed_that_is_measured_meanwhile() -> None:
    planned = runs(96)
    most = [4 * cost(planned[:1])]
    made = units(planned, lambda: most[0])
    assert len(next(made)) == 4
    most[0] *= 3
    assert max(len(unit) for unit in made) > 4


@pytest.mark.torture(97)
def test_versions_are_compared_by_name() -> None:
    import platform

    import torch

    python = platform.python_version()
    told = {"host": {"python": f"{python}.final.0"}, "packages": {"torch-activations": "0.1.0", "torch": "1.0"}}
    assert versions_of(None) == {}
    same = {**versions_of(told), "torch": str(torch.__version__), "activations": "0.1.0"}
    assert differences({"tcp://a": same}) == {}
    (trouble,) = differences({"tcp://a": {**same, "Python": "2.7"}})
    assert trouble.startswith("it has Python 2.7 and not ") and "start its workers with Python 3." in trouble
    (trouble,) = differences({"tcp://a": {**same, "torch": "1.0"}, "tcp://b": {**same, "torch": "1.0"}})
    assert "it has torch 1.0 and not" in trouble and "pip install torch==" in trouble
    assert len(differences({"tcp://a": {}})) == 3


def test_the_gpu_decides_who_takes_part() -> None:
    crew = object.__new__(ClusterCrew)
    known = {
        "tcp://a": {"nthreads": 4, "resources": {}},
        "tcp://b": {"nthreads": 8, "resources": {"GPU": 2.0}},
        "tcp://c": {"nthreads": 1, "resources": {"GPU": 0.5}},
    }
    crew._device = "cuda"
    crew._look(known)
    assert crew._threads == {"tcp://b": 2}
    crew._device = "cpu"
    crew._look(known)
    assert crew._threads == {"tcp://a": 4, "tcp://b": 8, "tcp://c": 1}


@pytest.mark.torture(95)
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"address": 5}', '{"address": "x"}', "\0" * 10, "[" * 100_000])
def test_a_file_that_no_scheduler_wrote_is_told(content: str, tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text(content)
    with pytest.raises(ClusterError, match=r"is no file of a scheduler|is no address"):
        Cluster(f"file:{file}").place()


def test_addresses_are_read() -> None:
    assert str(Cluster("tcp://[::1]:8786").place()) == "tcp://[::1]:8786"
    assert str(Cluster("tls://host.example:1").place()) == "tls://host.example:1"
    assert (Cluster("local:3").local, Cluster("tcp://localhost:1").local) == (3, None)
    assert (Cluster("local").local or 0) >= 1


def test_an_address_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": "tcp://10.0.0.1:8786"}))
    assert str(Cluster(f"file:{file}").place()) == "tcp://10.0.0.1:8786"


def test_certificates_are_for_tls(tmp_path: Path) -> None:
    here = Path(__file__)
    with pytest.raises(ClusterError, match="certificates are for tls://"):
        Cluster("tcp://localhost:8786", here, here, here).place()
    with pytest.raises(ClusterError, match="takes three files"):
        Cluster("tls://localhost:8786", here).tls  # noqa: B018
    with pytest.raises(ClusterError, match=r"is no file; TLS needs it"):
        Cluster("tls://localhost:8786", here, here, tmp_path / "missing").tls  # noqa: B018


def test_jobs_and_a_cluster_contradict_each_other() -> None:
    with pytest.raises(SettingError, match="jobs=2 is for processes here"):
        benchmark([resolve_target("cubic")], default_registry().match(["relu"]), jobs=2, cluster="local:2")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--cluster", "local:2", "-j", "2"], "-j is for processes here"),
        (["--cluster", "local:2", "--device", "cuda:1"], "--device cuda:1 is of this machine"),
        (["--cluster", "local:2", "--device", "mps"], "--device mps is of this machine"),
        (["--cluster", "tls://a:1", "--cluster-tls-ca", "a.pem"], "TLS takes three files"),
        (["--cluster-tls-ca", "a.pem"], "name it with --cluster"),
    ],
)
def test_contradictions_are_refused_at_once(words: list[str], reason: str) -> None:
    found = CliRunner().invoke(cli, ["bench", "sin", *words], env={"COLUMNS": "200"})
    assert found.exit_code == 2
    assert reason in found.stderr


def test_a_contradiction_and_the_library_itself_load_no_dask() -> None:
    found = probe("bench", "sin", "--cluster", "local:2", "-j", "2")
    assert (found.returncode, loaded(found)) == (2, "")
    found = probe(
        "bench", "cubic", "-a", "relu", "-j", "1", "--no-store", "--steps", "1", blocked=("distributed", "dask")
    )
    assert found.returncode == 0, found.stderr


def test_a_worker_of_which_dask_tells_nothing_is_refused_by_name() -> None:
    assert all("no " in trouble for trouble in differences({"tcp://a": versions_of({})}))

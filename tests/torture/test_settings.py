"""Cases 16 to 31 where no other test covers them: numbers, names, precisions, ties and limits that make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torture.commands import LITTLE, clean, files_below, run, strict

import activations
from activations.benchmark import benchmark
from activations.benchmark.store import Store
from activations.benchmark.store.listing import RunFilter, select_runs
from activations.benchmark.store.repair import check_store
from activations.fitting import devices
from activations.fitting.settings import SettingError
from activations.fitting.targets import formula_target
from activations.networks import fit as fits
from activations.registry import default_registry
from activations.trial import trial

torture = pytest.mark.torture
pytest_plugins = ["activations.testing.pytest_plugin"]

OUT_OF_RANGE = [
    (16, "bench", ("--hidden", "1000000000000"), "must be a whole number from 1 to 1048576"),
    (16, "bench", ("--hidden", "1000000,1000000"), "GiB; the limit is"),
    (17, "bench", ("--hidden", "0"), "width=0 must be a whole number from 1 to 1048576"),
    (17, "bench", ("--hidden", "-3"), "'-3' is no list of widths"),
    (17, "bench", ("--hidden", str(2**63)), "must be a whole number from 1 to 1048576"),
    (17, "bench", ("--hidden", "1.5"), "write whole numbers as in 32,32"),
    (17, "bench", ("--hidden", "nan"), "write whole numbers as in 32,32"),
    *((18, "fit", ("--lr", text), "must be a positive finite number") for text in ("nan", "inf", "0", "-1")),
    *((18, name, ("--steps", "0"), "0 is not in the range x>=1") for name in ("fit", "bench")),
    (18, "fit", ("--batch", "100000"), "is more than the 200 training points"),
    (18, "bench", ("--batch", "100000"), "training points"),
    (18, "bench", ("--seed", "-1"), "no seed; write a whole number from 0 on"),
    (18, "bench", ("--seed", str(2**63)), "must be a whole number from 0 to"),
    (18, "bench", ("--seeds", "0"), "0 is not in the range x>=1"),
    (18, "bench", ("--seeds", "1,1"), "is not a valid integer"),  # a number of seeds, so none is given twice
    (24, "bench", ("-a", "sinee"), "unknown activation 'sinee'; did you mean sine"),
    (24, "bench", ("-a", "qqqqqqqq"), "see 'activations list'"),
    (24, "bench", ("qqqqqqqq",), "see 'activations targets'"),
    (24, "bench", ("sni",), "did you mean sin?"),
    (25, "bench", ("-a", "zz*"), "no activation fits the pattern 'zz*'"),
    (28, "bench", ("--precision", "float16"), "is not one of 'float32', 'float64'"),
    (28, "fit", ("--precision", "bfloat16"), "is not one of 'float32', 'float64'"),
    *((40, "bench", ("--device", name), "write auto, cpu, cuda, cuda:0 or mps") for name in ("foo", "meta", "cpu:7")),
]


@pytest.mark.parametrize(
    ("command", "arguments", "told"), [pytest.param(*rest, marks=torture(number)) for number, *rest in OUT_OF_RANGE]
)
def test_what_is_out_of_range_is_refused_with_the_range(command: str, arguments: tuple[str, ...], told: str) -> None:
    assert clean(run(command, "sin", *(["-a", "relu"] if command == "fit" else []), *arguments), 2, told)


@torture(40)
@pytest.mark.parametrize("name", ["cuda", "cuda:99", "mps"])
def test_a_device_that_is_not_here_is_an_error_and_no_silent_cpu(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for command in ("bench", "fit"):
        assert clean(run(command, "sin", "-a", "relu", "--device", name), 4, "is not available; available: cpu\n")


@torture(28, 40)
def test_double_precision_on_a_device_without_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a Mac; torch would fail in the middle of the work with a TypeError of its own."""
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert "mps" in devices.available_devices()
    target, relu = formula_target("sin(4*x)", points=25), default_registry().variant("relu")
    with pytest.raises(SettingError, match="mps has no float64; write precision='float32' or device='cpu'"):
        benchmark([target], [relu], steps=2, seeds=2, hidden=(3,), precision="float64", device="mps")
    with pytest.raises(SettingError, match="or device='cpu'"):
        fits.fit(target, relu, steps=2, precision="float64", device="mps")
    devices.require_precision("cpu", "float64")
    devices.require_precision("mps", "float32")


@torture(19)
def test_a_huge_rate_diverges_and_says_at_which_step() -> None:
    found = run("fit", "sin", "-a", "relu", "--optimizer", "sgd", "--lr", "1e10", "--steps", "50", "--json")
    assert found.exit_code == 1
    assert "It diverged at step" in found.stderr and "try a lower --lr" in found.stderr
    assert strict(found.stdout)["state"] == "diverged"


@torture(27)
def test_the_origin_of_each_value_is_shown(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[bench]\nsteps = 7\nseeds = 3\n")
    settings = {"ACTIVATIONS_CONFIG": str(tmp_path / "mine.toml"), "ACTIVATIONS_BENCH_SEEDS": "2"}
    values = strict(run("config", "--json", **settings).stdout)["values"]
    rows = {row["option"]: row for row in values if row["command"] == "bench"}
    assert rows["steps"]["value"] == "7" and rows["seeds"]["from"] == "environment"
    found = run("bench", "sin", "-a", "relu", "--hidden", "3", "-j", "1", "--no-store", "--json", **settings)
    assert [strict(found.stdout)["settings"][name] for name in ("steps", "seeds")] == [7, 2]


@torture(29)
@pytest.mark.parametrize("name", ["ReLU", "ELU", "Hardtanh", "LeakyReLU", "SiLU", "Mish", "SELU", "Hardswish"])
def test_no_activation_writes_over_its_input(name: str) -> None:
    """Torch's modules take `inplace`, and fail on a leaf with it; ours have no such switch, and say so: it is safer."""
    leaf = torch.tensor([-1.0, 2.0], requires_grad=True)
    before = leaf.detach().clone()
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        getattr(torch.nn, name)(inplace=True)(leaf)
    with pytest.raises((TypeError, activations.ActivationsError), match="inplace"):
        getattr(activations.nn, name)(inplace=True)
    getattr(activations.nn, name)()(leaf).sum().backward()
    assert torch.equal(leaf.detach(), before)
    assert leaf.grad is not None and leaf.grad.shape == leaf.shape


LAZY = """
import time
from activations import activation, hookimpl

@activation(formula="x", paper="P")
def lazy_one(x):
    '''It takes its time.'''
    time.sleep(0.2)
    return x + 0

@hookimpl
def provide_activations():
    return [lazy_one]
"""


@torture(31)
def test_what_answers_too_late_is_left_out(
    plugin_sandbox: activations.testing.PluginSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A benchmark has no time budget of its own: its results would depend on the machine.

    What is bounded is steps, and the patience with foreign code, which is a millisecond here; whoever wants an end
    after some time sends a signal, after which the same command goes on (case 72).
    """
    plugin_sandbox.add("lazy", code=LAZY)
    monkeypatch.setattr(trial, "__defaults__", (0.001,))
    file = tmp_path / "runs.sqlite3"
    found = run("bench", "sin", "-a", "lazy_one", "-a", "tanh", *LITTLE, "--store", file, "--json")
    assert found.exit_code == 5
    assert "lazy_one of plugin lazy 1.0 is left out: it has not answered within 0.001 seconds" in found.stderr
    assert [row["activation"] for row in strict(found.stdout)["targets"][0]["ranking"]] == ["tanh"]
    with Store(file, "read") as store:
        assert check_store(store) == []
        assert {row["activation"] for row in select_runs(store, RunFilter())} == {"tanh"}
    monkeypatch.setattr(trial, "__defaults__", (10.0,))
    both = run(
        "bench", "sin", "-a", "lazy_one", "-a", "tanh", "--hidden", "3", "--steps", "1", "--seeds", "1", "-j", "1"
    )
    assert both.exit_code == 0, both.stderr


@torture(22)
def test_one_curve_under_two_names_has_one_rank() -> None:
    found = run("bench", "sin", "-a", "tanh", "-a", "2*sigmoid(2*x) - 1", "-a", "relu", *LITTLE, "--no-store", "--json")
    assert found.exit_code == 0, found.stderr
    ranking = strict(found.stdout)["targets"][0]["ranking"]
    assert [row["rank"] for row in ranking] == sorted(row["rank"] for row in ranking)
    again = run("bench", "sin", "-a", "relu", "-a", "2*sigmoid(2*x) - 1", "-a", "tanh", *LITTLE, "--no-store", "--json")
    names = [row["activation"] for row in strict(again.stdout)["targets"][0]["ranking"]]
    assert names == [row["activation"] for row in ranking]


@torture(26)
def test_a_broken_configuration_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for data in (b"[bench]\npreste = 1\n", b"\xff\xfe", b"[bench]\nseeds = 1\nseeds = 2\n", b"#" * 2_000_000):
        file = tmp_path / "mine.toml"
        file.write_bytes(data)
        found = run("plot", "relu", "-o", "a.png", ACTIVATIONS_CONFIG=str(file))
        assert clean(found, 2, str(file))
        assert files_below(tmp_path) == ["mine.toml"]
    assert clean(run("plot", "relu", "-o", "a.png", ACTIVATIONS_CONFIG=str(tmp_path)), 2, "is a folder")

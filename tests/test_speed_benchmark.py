import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from activations.fitting.devices import steady_arithmetic

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def speed():
    path = list(sys.path)
    sys.path.insert(0, str(FOLDER))  # as `python benchmarks/speed.py` does
    spec = importlib.util.spec_from_file_location("benchmarks_speed", FOLDER / "speed.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = path
    for name in [name for name in sys.modules if name.partition(".")[0] == "contenders"]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def _one_thread():
    with steady_arithmetic():
        yield


def loss(problem, row):
    values, targets = problem.data
    layers = problem.layers_of(row)
    function = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh, "sine": np.sin}[problem.activation]
    for weight, bias in layers[:-1]:
        values = function(values @ weight + bias)
    return float(np.mean((values @ layers[-1][0] + layers[-1][1] - targets) ** 2))


def trained(speed, problem, contender):
    obstacle = contender.obstacle(problem)
    if obstacle:
        pytest.skip(obstacle)
    rows = contender.prepare(problem)()
    assert rows.shape == (contender.networks(problem), problem.network.parameters)
    return rows


@pytest.mark.parametrize("name", ["native", "loop", "torch.func", "jax"])
@pytest.mark.parametrize(("activation", "hidden"), [("relu", (8,)), ("tanh", (6, 5)), ("sine", (8,))])
def test_every_contender_trains_the_same_networks_to_the_same_parameters(speed, name, activation, hidden):
    problem = speed.Problem(activation, hidden, points=12, runs=3, steps=20, precision="float64", rate=1e-2)
    [contender] = [found for found in speed.CONTENDERS if found.name == name]
    found = trained(speed, problem, contender)
    ours = trained(speed, problem, speed.OURS)
    # Not the initial ones: a contender that does nothing would agree with another that does nothing.
    assert np.abs(ours - problem.rows).max() > 0.05
    np.testing.assert_allclose(found, ours[: len(found)], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", ["native", "loop", "jax"])
@pytest.mark.parametrize("more", [{"optimizer": "sgd", "rate": 0.3}, {"batch": 4, "rate": 1e-2}])
def test_other_steps_are_the_same_too(speed, name, more):
    problem = speed.Problem("tanh", (6,), points=13, runs=2, steps=20, precision="float64", **more)
    [contender] = [found for found in speed.CONTENDERS if found.name == name]
    found = trained(speed, problem, contender)
    ours = trained(speed, problem, speed.OURS)
    assert np.abs(ours - problem.rows).max() > 0.05
    np.testing.assert_allclose(found, ours[: len(found)], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_scikit_learn_reaches_the_same_loss_at_a_constant_rate(speed, activation):
    problem = speed.Problem(activation, (8,), 12, 2, 40, "float64", schedule="constant", rate=1e-2)
    found = trained(speed, problem, speed.SKLEARN)
    ours = trained(speed, problem, speed.OURS)
    # Half of our loss, to which Adam is blind but for its epsilon.
    assert loss(problem, found[0]) == pytest.approx(loss(problem, ours[0]), rel=1e-4)
    assert loss(problem, ours[0]) < 0.8 * loss(problem, problem.rows[0])


def test_a_contender_that_trains_something_else_is_noticed(speed):
    problem = speed.Problem("tanh", (6,), points=12, runs=2, steps=20, precision="float64", rate=1e-2)
    ours = trained(speed, problem, speed.OURS)
    other = trained(speed, replace(problem, schedule="constant"), speed.LOOP)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(other, ours[:1], rtol=1e-7, atol=1e-9)


def test_the_command_prints_ratios_and_strict_json(speed, capsys):
    arguments = ["relu", "--rounds", "1", "--steps", "2", "--no-processes"]
    speed.main([*arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [row["shape"] for row in found["rows"]] == [
        "1-128-1",
        "1-128-1",
        "1-128-10-1",
        "1-512-1",
        "1-20-50-20-1",
        "1-64-64-1",
    ]
    for row in found["rows"]:
        assert row["ratios"][row["first"]] == 1
        assert {"batched", "loop"} <= row["ratios"].keys()
        assert row["ratios"].keys() | row["skipped"].keys() == {contender.name for contender in speed.CONTENDERS}
        assert row["roof"]["bound"] > 0
    speed.main([*arguments, "--device", "cuda"] if not torch.cuda.is_available() else arguments)
    assert "skipped" in capsys.readouterr().out or torch.cuda.is_available()


def test_the_bound_counts_products_by_hand(speed):
    from contenders.roofline import Limits, least_seconds

    problem = speed.Problem("relu", (64, 64), points=256)
    parts = least_seconds(problem, Limits(flops=1.0, bytes_per_second=1.0, activation={"relu": 1.0}))
    # Outer layers: 2·256·64 twice for the first and three times for the last; the middle one three times 2·256·64².
    assert parts["products"] == 5 * 2 * 256 * 64 + 3 * 2 * 256 * 64 * 64
    assert parts["activation"] == 256 * 128
    assert parts["optimizer"] == 7 * 4 * 4353

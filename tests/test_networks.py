"""One trained network: against a plain loop of torch, its points, its files, and what becomes of interrupted fits."""

from __future__ import annotations

import json
import math
import os
import signal
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

import activations
from activations.declare import formula_activation
from activations.errors import DataError, MissingExtraError, PluginError
from activations.files import OutputExistsError
from activations.fitting.recipe import Recipe
from activations.fitting.settings import SettingError
from activations.fitting.targets import csv_target, formula_target, resolve_target
from activations.networks import checkpoint as checkpoints
from activations.networks import fit as module
from activations.networks.checkpoint import Checkpoint, OtherFitError
from activations.networks.division import divide
from activations.networks.fit import Fit, Fitting, fit
from activations.networks.model_file import KEY
from activations.networks.onnx_file import has_onnx, onnx_bytes, write_onnx
from activations.networks.predictions import predict_rows
from activations.networks.settings import FitSettings
from activations.networks.training import frame_steps
from activations.networks.weight_text import weight_format, weight_text
from activations.registry import default_registry

ROOT = Path(__file__).parents[1]
SMALL: dict[str, Any] = {"hidden": (6,), "steps": 40}


class StopError(Exception):
    """Ends a fit in the middle."""


def stop_at(step: int) -> Any:
    def tell(moment: Any) -> None:
        if moment.step >= step:
            raise StopError

    return tell


# --- Against a plain loop ------------------------------------------------------------------------------------------


def plain_losses(found: Fit, rate: float, momentum: float, batches: list[Any]) -> tuple[list[float], list[Any]]:
    """The losses and flat rows of the same network trained by autograd and torch.optim."""
    network = found.network
    layers: list[torch.nn.Module] = []
    start = torch.from_numpy(found.frames[0].parameters)
    for layer in network.layers:
        linear = torch.nn.Linear(layer.inputs, layer.outputs, dtype=torch.float64, bias=network.biases)
        with torch.no_grad():
            linear.weight.copy_(start[layer.weight : layer.bias].view(layer.inputs, layer.outputs).T)
            if network.biases:
                linear.bias.copy_(start[layer.bias : layer.theta])
        layers.append(linear)
        if layer.variant is not None:
            layers.append(activations.create(layer.variant.activation))
    model = torch.nn.Sequential(*layers)
    x = torch.from_numpy(found.scaling.input_to_network(found.training.x))
    y = torch.from_numpy(found.scaling.value_to_network(found.training.y))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=momentum)
    losses, rows = [], []
    for batch in batches:
        with torch.no_grad():
            losses.append(float(((model(x) - y) ** 2).mean()))
        rows.append(flat(model, network.biases))
        optimizer.zero_grad()
        ((model(x[batch]) - y[batch]) ** 2).mean().backward()
        optimizer.step()
    rows.append(flat(model, network.biases))
    return losses, rows


def flat(model: torch.nn.Sequential, biases: bool) -> Any:
    parts = []
    for linear in model:
        if isinstance(linear, torch.nn.Linear):
            parts.append(linear.weight.detach().T.reshape(-1).numpy().copy())
            parts.append(linear.bias.detach().numpy().copy() if biases else np.zeros(linear.out_features))
    return np.concatenate(parts)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("tanh", {}),
        ("relu", {"hidden": (7, 5), "scaling": "none"}),
        ("gelu", {"bias": False, "initialisation": "torch"}),
        ("tanh", {"optimizer": "momentum", "split": 0.7}),
    ],
)
def test_each_step_is_that_of_a_plain_loop(name: str, settings: dict[str, Any]) -> None:
    settings = {"hidden": (7,), "optimizer": "sgd", **settings}
    found = fit(
        "cubic", name, steps=30, learning_rate=0.01, schedule="constant", precision="float64", frames=31, **settings
    )
    whole = [slice(None)] * 30
    losses, rows = plain_losses(found, 0.01, 0.9 if settings["optimizer"] == "momentum" else 0.0, whole)
    assert [frame.step for frame in found.frames] == list(range(31))
    np.testing.assert_allclose(found.training_losses[:-1], losses, rtol=1e-6)
    for frame, row in zip(found.frames, rows, strict=True):
        np.testing.assert_allclose(frame.parameters, row, rtol=1e-6, atol=1e-9)
    assert not np.allclose(found.frames[0].parameters, found.frames[-1].parameters, rtol=1e-6)


def test_minibatches_are_those_of_the_seed() -> None:
    from activations.fitting.randomness import Purpose, generator

    settings: dict[str, Any] = {"hidden": (7,), "optimizer": "sgd", "learning_rate": 0.02, "schedule": "constant"}
    found = fit("cubic", steps=12, batch_size=8, split=0.8, precision="float64", frames=13, seed=3, **settings)
    count = len(found.training)
    per_epoch = count // 8
    batches = [
        generator(3, Purpose.MINIBATCHES, step // per_epoch).permutation(count)[step % per_epoch * 8 :][:8]
        for step in range(12)
    ]
    losses, rows = plain_losses(found, 0.02, 0.0, batches)
    np.testing.assert_allclose(found.training_losses[:-1], losses, rtol=1e-6)
    np.testing.assert_allclose(found.parameters, rows[-1], rtol=1e-6)
    other = plain_losses(found, 0.02, 0.0, batches[::-1])[1]
    assert not np.allclose(found.parameters, other[-1], rtol=1e-6)


def test_test_losses_and_errors_are_those_of_the_predictions() -> None:
    found = fit("cubic", **SMALL)
    predicted = found.predict(found.test.x)
    rmse = math.sqrt(np.mean((predicted - found.test.y) ** 2))
    assert found.errors().rmse == pytest.approx(rmse, rel=1e-9)
    assert found.score() == pytest.approx(1 - np.sum((predicted - found.test.y) ** 2) / np.sum(
        (found.test.y - found.test.y.mean()) ** 2
    ), rel=1e-6)  # fmt: skip
    unit = float(found.scaling.unit[0])
    assert found.test_losses[-1] == pytest.approx((rmse / unit) ** 2, rel=1e-4)
    assert found.steps[0] == 0 and found.steps[-1] == 40 and (np.diff(found.steps) > 0).all()


# --- Points --------------------------------------------------------------------------------------------------------


def test_a_split_parts_the_points_of_the_target() -> None:
    target = resolve_target("cubic")
    parts = divide(target, 0, 0.8)
    whole = divide(target, 0)
    assert (len(parts.training), len(parts.test)) == (32, 8)
    x = np.concatenate([parts.training.x, parts.test.x])[:, 0]
    np.testing.assert_array_equal(np.sort(x), np.sort(whole.training.x[:, 0]))
    assert not np.array_equal(divide(target, 1, 0.8).test.x, parts.test.x)
    np.testing.assert_array_equal(divide(target, 0, 0.8).test.x, parts.test.x)


def test_a_split_takes_the_same_share_of_every_class() -> None:
    parts = divide(resolve_target("spiral"), 0, 0.75)
    shares = [np.bincount(part.y, minlength=2) for part in (parts.training, parts.test)]
    assert shares[0][0] == shares[0][1] and shares[1][0] == shares[1][1]


def test_points_that_a_benchmark_validates_with_are_trained_on() -> None:
    noisy = formula_target("sin(x)", points=50, noise=0.1)
    assert len(divide(noisy, 0).training) == 50
    assert len(divide(formula_target("sin(x)", points=50), 0).training) == 50


def test_a_split_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(SettingError, match="leaves none to test at"):
        divide(formula_target("x", points=3), 0, 0.99)


def test_without_scaling_the_network_sees_the_numbers() -> None:
    found = fit("cubic", scaling="none", **SMALL)
    np.testing.assert_array_equal(found.scaling.input_to_network(found.training.x), found.training.x)
    np.testing.assert_array_equal(found.scaling.value_to_network(found.training.y), found.training.y)
    row = found.errors("training")
    assert found.training_losses[-1] == pytest.approx(row.rmse**2, rel=1e-4)


# --- Kinds of targets ----------------------------------------------------------------------------------------------


def test_classes() -> None:
    found = fit("spiral", "sine", hidden=(32, 32), steps=600)
    assert found.score() > 0.9
    shares = found.outputs(found.test.x)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(found.predict(found.test.x), shares.argmax(axis=1))
    assert found.score() == np.mean(found.predict(found.test.x) == found.test.y)
    assert found.score() == found.errors().accuracy


def test_a_parametric_curve() -> None:
    target = resolve_target("t -> (cos(t), sin(t))", (0, 6.283))
    found = fit(target, hidden=(24,), steps=800)
    assert found.predict([0.0, math.pi / 2]).shape == (2, 2)
    np.testing.assert_allclose(found.predict([1.0]), [[math.cos(1), math.sin(1)]], atol=0.1)


@pytest.mark.torture(38)
def test_values_of_1e308_do_not_overflow() -> None:
    found = fit(formula_target("1e308*sin(x)", points=20), **SMALL)
    assert found.state == "finished" and np.isfinite(found.predict(found.test.x)).all()
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.torture(12)
def test_a_constant_target_has_no_r2() -> None:
    found = fit("0*x + 2", **SMALL)
    assert math.isnan(found.score()) and found.to_dict()["test_error"]["r2"] is None


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "lbfgs", "lm"])
def test_no_optimizer_moves_biases_that_are_not_there(optimizer: Any) -> None:
    found = fit("cubic", optimizer=optimizer, precision="float64", bias=False, hidden=(4, 3), steps=15)
    assert found.network.trained == 4 + 12 + 3 == found.network.parameters - 8
    for layer in found.network.layers:
        assert not found.parameters[layer.bias : layer.theta].any()
    assert [layer.name for layer in found.layers()] == ["hidden.0.weight", "hidden.1.weight", "output.weight"]
    with_biases = fit("cubic", optimizer=optimizer, precision="float64", hidden=(4, 3), steps=15)
    assert with_biases.parameters[with_biases.network.layers[0].bias] != 0


@pytest.mark.parametrize("optimizer", ["lbfgs", "lm"])
def test_optimizers_without_a_rate_have_a_history_too(optimizer: Any) -> None:
    found = fit("cubic", optimizer=optimizer, precision="float64", hidden=(8,), steps=30, frames=3)
    assert found.training_losses[-1] < 0.05 * found.training_losses[0]
    assert [frame.step for frame in found.frames] == [0, 8, 30]


def test_layers_tell_shape_count_mean_and_deviation() -> None:
    found = fit("cubic", "prelu", **SMALL)
    facts = {layer.name: layer for layer in found.layers()}
    assert list(facts) == [
        "hidden.0.weight", "hidden.0.bias", "hidden.0.activation.weight", "output.weight", "output.bias"
    ]  # fmt: skip
    assert facts["output.weight"].shape == (1, 6)
    first = found.parameters[:6].astype(float)
    assert (facts["hidden.0.weight"].mean, facts["hidden.0.weight"].deviation) == (first.mean(), first.std())
    assert sum(layer.count for layer in facts.values()) == found.network.trained


def test_frames_are_denser_at_the_beginning() -> None:
    assert frame_steps(100, 0) == [] and frame_steps(100, 1) == [100]
    assert frame_steps(100, 5) == [0, 6, 25, 56, 100]
    assert frame_steps(3, 50) == [0, 1, 2, 3]


def test_layers_of_their_own() -> None:
    sine = default_registry().variant("sine")
    found = fit("cubic", hidden=(4, 4), own=(sine, None), steps=5)
    assert found.label == "sine tanh"
    with pytest.raises(SettingError, match="1 activations for 2 hidden layers"):
        fit("cubic", hidden=(4, 4), own=(sine,))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps=0"),
        ({"split": 1.0}, "between 0 and 1"),
        ({"split": math.nan}, "between 0 and 1"),
        ({"learning_rate": -1.0}, "learning_rate=-1.0"),
        ({"optimizer": "lbfgs", "learning_rate": 1.0}, "no learning rate"),
        ({"optimizer": "lm"}, "float64"),
        ({"batch_size": 1000}, "more than the 40 training points"),
        ({"scaling": "minmax"}, "choose from standard, none"),
        ({"hidden": ()}, "0 hidden layers"),
        ({"hidden": (2**20, 2**20)}, "GiB"),
        ({"seed": -1}, "seed=-1"),
        ({"start": np.zeros(3)}, "19 parameters"),
        ({"frames": -1}, "frames=-1"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        fit("cubic", **{**SMALL, **settings})


def test_a_rate_that_is_not_given_is_the_optimizer_s() -> None:
    assert FitSettings(recipe=Recipe(optimizer="sgd")).learning_rate == 0.05
    assert FitSettings(recipe=Recipe(optimizer="lbfgs")).learning_rate is None


@pytest.mark.parametrize(
    ("inputs", "message"),
    [([[1.0, 2.0]], "give \\[points, 1\\]"), ([math.nan], "row 1"), (["a"], "no numbers")],
)
def test_inputs_are_checked(inputs: Any, message: str) -> None:
    found = fit("cubic", **SMALL)
    with pytest.raises(DataError, match=message):
        found.predict(inputs)


# --- The end before its time ---------------------------------------------------------------------------------------


def fitting(**settings: Any) -> Fitting:
    tanh = default_registry().variant("tanh")
    return Fitting(resolve_target("cubic"), tanh, FitSettings(hidden=(6,), steps=200, **settings))


def test_an_interrupted_fit_gives_the_best_so_far() -> None:
    begun = fitting()
    with pytest.raises(SettingError, match="nothing is trained yet"):
        begun.result()
    with pytest.raises(StopError):
        begun.run(stop_at(100))
    found = begun.result()
    assert (found.state, found.steps[-1]) == ("interrupted", 100)
    assert found.step == found.steps[found.training_losses.argmin()]
    assert found.errors("training").rmse < 10


def test_a_fit_that_diverges_says_so_and_keeps_the_best() -> None:
    found = fit("cubic", "relu", optimizer="sgd", learning_rate=1e6, schedule="constant", hidden=(6,), steps=400)
    assert found.state == "diverged" and np.isfinite(found.parameters).all()
    json.dumps(found.to_dict(), allow_nan=False)


def test_code_of_a_plugin_that_fails_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = fitting()
    monkeypatch.setattr(module, "is_foreign", lambda activation: True)

    def fail(tell: Any) -> None:
        raise ZeroDivisionError("ouch")

    monkeypatch.setattr(begun.trainer, "run", fail)
    with pytest.raises(PluginError, match="the code of tanh failed with ZeroDivisionError: ouch"):
        begun.run()
    monkeypatch.setattr(module, "is_foreign", lambda activation: False)
    with pytest.raises(ZeroDivisionError):
        begun.run()


@pytest.fixture
def at_every_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint at each step at which one may be written."""
    monkeypatch.setattr(checkpoints.Checkpoint, "is_due", True)


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "momentum"])
def test_a_fit_goes_on_bitwise(tmp_path: Path, at_every_chance: None, optimizer: Any, batch_size: int | None) -> None:
    file = tmp_path / "state"
    settings: dict[str, Any] = {"optimizer": optimizer, "batch_size": batch_size, "steps": 200, "frames": 9}
    whole = fit("cubic", hidden=(6, 5), **settings)
    with pytest.raises(StopError):
        fit("cubic", hidden=(6, 5), **settings, checkpoint=file, progress=stop_at(120))
    seen: list[int] = []
    again = fit("cubic", hidden=(6, 5), **settings, checkpoint=file, progress=lambda m: seen.append(m.step))
    assert seen[0] > 90  # it did go on, and did not begin anew
    np.testing.assert_array_equal(again.parameters, whole.parameters)
    np.testing.assert_array_equal(again.training_losses, whole.training_losses)
    np.testing.assert_array_equal(again.steps, whole.steps)
    for one, other in zip(again.frames, whole.frames, strict=True):
        assert one.step == other.step
        np.testing.assert_array_equal(one.parameters, other.parameters)
    assert not file.exists()


def test_a_checkpoint_counts_for_its_own_fit_only(tmp_path: Path, at_every_chance: None) -> None:
    file = tmp_path / "state"
    with pytest.raises(StopError):
        fit("cubic", hidden=(6,), steps=200, checkpoint=file, progress=stop_at(120))
    before = file.read_bytes()
    for other in ({"seed": 1}, {"steps": 201}, {"learning_rate": 0.5}, {"hidden": (7,)}, {"frames": 3}):
        with pytest.raises(OtherFitError, match="other settings"):
            fit("cubic", **{"hidden": (6,), "steps": 200, **other}, checkpoint=file)
    with pytest.raises(OtherFitError):
        fit("sin", hidden=(6,), steps=200, checkpoint=file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("damage", [b"", b"\0" * 100, b"{}", struct.pack("<Q", 2) + b"{}"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "state"
    file.write_bytes(damage)
    with pytest.raises(DataError, match="no checkpoint"):
        fit("cubic", **SMALL, checkpoint=file)
    assert file.read_bytes() == damage


def test_checkpoints_are_written_now_and_then(tmp_path: Path) -> None:
    assert not Checkpoint(tmp_path / "state", "key").is_due
    assert Checkpoint(tmp_path / "state", "key", every=-1.0).is_due


KILLED = """
import os, signal, sys
from activations.networks import checkpoint
from activations.networks.fit import fit
checkpoint.Checkpoint.is_due = True
def tell(moment):
    if moment.step >= 120:
        os.kill(os.getpid(), signal.SIGKILL)
fit("cubic", hidden=(6, 5), steps=200, checkpoint=sys.argv[1], progress=tell)
"""


def test_a_fit_that_was_killed_goes_on_bitwise(tmp_path: Path) -> None:
    file = tmp_path / "state"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(file)], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    seen: list[int] = []
    again = fit("cubic", hidden=(6, 5), steps=200, checkpoint=file, progress=lambda m: seen.append(m.step))
    whole = fit("cubic", hidden=(6, 5), steps=200)
    assert seen[0] > 90
    np.testing.assert_array_equal(again.parameters, whole.parameters)


# --- Files ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fit, bytes]:
    found = fit("cubic", "prelu", **SMALL)
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    found.save(path)
    return found, path.read_bytes()


@pytest.mark.parametrize(
    ("target", "settings"),
    [
        ("sin", {}),
        ("t -> (cos(t), sin(t))", {"activation": "swiglu"}),
        ("moons", {"hidden": (5, 4), "own": (None, "sine")}),
        ("x1*x2", {"activation": "x*sigmoid(1.7*x)", "precision": "float64", "bias": False}),
        ("cubic", {"scaling": "none", "split": 0.8, "batch_size": 8}),
        ("cubic", {"optimizer": "lm", "precision": "float64"}),
    ],
)
def test_what_is_saved_is_loaded(tmp_path: Path, target: str, settings: dict[str, Any]) -> None:
    if "own" in settings:
        own = tuple(default_registry().variant(name) if name else None for name in settings["own"])
        settings = {**settings, "own": own}
    found = fit(target, **{**SMALL, **settings})
    path = found.save(tmp_path / "model.safetensors")
    again = Fit.load(path)
    np.testing.assert_array_equal(again.parameters, found.parameters)
    np.testing.assert_array_equal(again.outputs(found.test.x), found.outputs(found.test.x))
    assert again.to_dict() == found.to_dict()
    assert replace(again.network, variant=found.network.variant) == found.network
    with pytest.raises(OutputExistsError):
        found.save(path)


def rows(path: Path) -> Path:
    lines = [f"{i / 10},{math.sin(i / 10)},{'=bad' if i % 2 else 'good'}" for i in range(60)]
    path.write_text("\n".join(["height,width,kind", *lines]) + "\n")
    return path


def test_a_model_of_a_table_holds_no_rows(tmp_path: Path) -> None:
    target = csv_target(str(rows(tmp_path / "data.csv")))
    found = fit(target, **SMALL)
    assert len(found.training) + len(found.test) == 60
    path = found.save(tmp_path / "model.safetensors")
    assert b"0.84147" not in path.read_bytes()
    again = Fit.load(path)
    assert again.target.variables == ("height", "width") and not len(again.training)
    assert again.target.table is not None and again.target.table.classes == ("=bad", "good")
    with pytest.raises(DataError, match="no test points"):
        again.score()
    assert again.to_dict()["test_error"] is None
    assert again._repr_html_().startswith("<div>")


def remade(data: bytes, change: Any) -> bytes:
    """A model file whose description is changed."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    about = json.loads(header["__metadata__"][KEY])
    tensors = load(data)
    tensors = change(about, tensors) or tensors
    return save(tensors, {KEY: json.dumps(about)})


def changing(*path: Any, value: Any) -> Any:
    def change(about: Any, tensors: Any) -> None:
        for name in path[:-1]:
            about = about[name]
        about[path[-1]] = value

    return change


def wicked_formula(about: Any, tensors: Any) -> None:
    about["network"]["variant"]["label"] = "mine"
    about["network"]["variant"]["definition"]["formula"] = "__import__('os').system('true')"


def spoil(about: Any, tensors: Any) -> None:
    tensors["output.bias"] = np.array([np.nan], dtype=np.float32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changing("version", value=99), "version 99"),
        (changing("network", "hidden", value=[7]), "has the shape"),
        (changing("network", "hidden", value=[2**20] * 16), "not those of its network"),
        (changing("network", "hidden", value=[2**21]), "width"),
        (changing("network", "hidden", value="abc"), "width"),
        (changing("network", "hidden", value=None), "can't be read"),
        (changing("network", "inputs", value=10**9), "inputs=1000000000"),
        (changing("network", "biases", value="yes"), "biases"),
        (changing("network", "biases", value=False), "no biases, and yet"),
        (wicked_formula, "can't be made from its formula"),
        (changing("network", "variant", "label", value="x" * 9999), "no text"),
        (changing("scaling", "deviation", value=[0.0]), "can't be undone"),
        (changing("scaling", "low", value=[0.0, 1.0]), "another number"),
        (changing("scaling", "mean", value=[None]), "no finite number"),
        (changing("target", "domain", value=[[1.0, -1.0]]), "domain"),
        (changing("target", "sampling", value="magic"), "unknown kind"),
        (changing("target", "classes", value=7), "outputs"),
        (changing("target", "formula", value="x1*x2*x3"), "can't be read"),
        (changing("target", "formula", value="import os"), "can't be read"),
        (changing("settings", "precision", value="float64"), "not float64"),
        (changing("settings", "surprise", value=1), "can't be read"),
        (changing("state", value="great"), "great"),
        (changing("history", "steps", value=[1]), "different lengths"),
        (lambda about, tensors: about.clear(), "version None"),
        (lambda about, tensors: about.pop("target") and None, "lacks 'target'"),
        (lambda about, tensors: {**tensors, "more": np.zeros(3, np.float32)}, "'more'"),
        (lambda about, tensors: {"output.bias": tensors["output.bias"]}, "not those of its network"),
        (spoil, "not finite"),
    ],
)
def test_models_from_elsewhere_are_checked(tmp_path: Path, saved: Any, change: Any, message: str) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(remade(saved[1], change))
    with pytest.raises(DataError, match=message) as caught:
        Fit.load(path)
    assert str(caught.value).startswith("model.safetensors: ")


def test_the_unchanged_model_is_read(tmp_path: Path, saved: Any) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(remade(saved[1], lambda about, tensors: None))
    assert Fit.load(path).to_dict() == saved[0].to_dict()


def test_a_target_of_very_many_points_is_not_drawn_again(tmp_path: Path, saved: Any) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(remade(saved[1], changing("target", "points", value=10**15)))
    assert not len(Fit.load(path).training)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        b"\xff" * 100,
        struct.pack("<Q", 10**12) + b"{}",
        struct.pack("<Q", 50) + b"[" * 50,
        struct.pack("<Q", 100_000) + b"[" * 100_000,
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 2) + b"{}",
        b"a,b\n1,2\n",
        save({"x": np.zeros(3)}),
        save({"x": np.zeros(3)}, {KEY: "[]"}),
        save({"x": np.zeros(3)}, {KEY: "[" * 100_000}),
    ],
)
def test_other_files_are_no_models(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "data"
    path.write_bytes(data)
    with pytest.raises(DataError):
        Fit.load(path)


def test_a_truncated_model_is_refused(tmp_path: Path, saved: Any) -> None:
    path = tmp_path / "model.safetensors"
    for length in range(0, len(saved[1]), 97):
        path.write_bytes(saved[1][:length])
        with pytest.raises(DataError):
            Fit.load(path)


def test_devices_and_folders_are_no_models(tmp_path: Path) -> None:
    for path, reason in (
        ("/dev/zero", "regular"),
        (tmp_path, "directory"),
        (tmp_path / "missing", "No such file"),
    ):
        with pytest.raises(OSError, match=reason):
            Fit.load(path)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="not a regular file"):
        Fit.load(tmp_path / "fifo")


def test_an_activation_that_is_not_installed_is_made_from_its_formula(tmp_path: Path) -> None:
    mine = formula_activation("x*sigmoid(a*x)", "mine", parameters={"a": 1.5}, learnable=["a"])
    found = fit("cubic", mine.variant(), **SMALL)
    again = Fit.load(found.save(tmp_path / "model.safetensors"))
    assert again.label == "mine" and again.network.variant.learnable == ("a",)
    np.testing.assert_allclose(again.predict([0.3]), found.predict([0.3]), rtol=1e-6)


def test_weights_as_text(tmp_path: Path) -> None:
    found = fit("cubic", hidden=(3,), steps=5)
    lists = json.loads(weight_text(found, weight_format("w.json")))
    assert list(lists) == ["hidden.0.weight", "hidden.0.bias", "output.weight", "output.bias"]
    np.testing.assert_array_equal(np.float32(lists["hidden.0.weight"])[:, 0], found.parameters[:3])
    lines = weight_text(found, weight_format("W.CSV")).decode().splitlines()
    assert lines[0] == "parameter,output,input,value" and len(lines) == 11
    assert np.float32(lines[1].split(",")[3]) == found.parameters[0]
    with pytest.raises(SettingError, match=r"\.json or \.csv"):
        weight_format("w.txt")


def test_predictions_go_with_rows_and_are_safe_in_a_spreadsheet(tmp_path: Path) -> None:
    found = fit(csv_target(str(rows(tmp_path / "data.csv"))), **SMALL)
    made = predict_rows(found, np.array([[0.1, 0.2], [99.0, 0.0]]))
    assert made.names == ("prediction", "probability") and made.outside == 1
    assert set(made.columns[0]) <= {"=bad", "good"} and all(0.5 <= share <= 1 for share in made.columns[1])
    wicked = replace(made, columns=(("=bad", "good"), made.columns[1]))
    text = wicked.csv(["prediction", "=cmd|'/c calc'!A1"], [["-1.5", "@x"], ["+1", "-x"]]).decode().splitlines()
    assert text[0] == "prediction,'=cmd|'/c calc'!A1,prediction (2),probability"
    assert text[1].startswith("-1.5,'@x,'=bad,0.") and text[2].startswith("+1,'-x,good,")


def test_the_torch_module_gives_the_same_numbers() -> None:
    for name, settings in (
        ("sin", {}),
        ("spiral", {"activation": "swiglu"}),
        ("cubic", {"activation": "prelu", "scaling": "none", "bias": False, "precision": "float64"}),
    ):
        found = fit(name, **{**SMALL, **settings})
        x = torch.as_tensor(found.test.x, dtype=getattr(torch, found.settings.precision))
        np.testing.assert_allclose(found.to_module()(x).numpy(), found.outputs(found.test.x), atol=1e-5)


@pytest.mark.skipif(not has_onnx(), reason="the extra onnx is not installed")
@pytest.mark.parametrize("name", ["tanh", "swiglu", "prelu", "x*sigmoid(1.7*x)"])
def test_onnx_gives_the_same_numbers(tmp_path: Path, name: str) -> None:
    found = fit("cubic", name, **SMALL)
    path = write_onnx(found, tmp_path / "model.onnx")
    assert path.read_bytes() == onnx_bytes(found)


@pytest.mark.skipif(not has_onnx(), reason="the extra onnx is not installed")
def test_an_onnx_model_with_other_numbers_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from activations.networks import onnx_file

    evaluated = onnx_file.evaluated
    monkeypatch.setattr(onnx_file, "evaluated", lambda data, inputs: evaluated(data, inputs) + 0.01)
    with pytest.raises(DataError, match="differs from torch"):
        write_onnx(fit("cubic", **SMALL), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.torture(43)
def test_without_the_extra_onnx_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from activations.onnx import extra

    monkeypatch.setattr(extra, "has_onnx", lambda: False)
    with pytest.raises(MissingExtraError, match=r"torch-activations\[onnx\]"):
        write_onnx(fit("cubic", **SMALL), tmp_path / "model.onnx")
    assert '\nonnx = ["onnx' in (ROOT / "pyproject.toml").read_text()


def test_the_public_names() -> None:
    assert activations.fit is fit and activations.Fit is Fit

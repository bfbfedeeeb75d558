"""Our names in transformers and timm: by stand-ins of their tables everywhere, by the real packages where installed."""

from __future__ import annotations

import collections
import functools
import importlib.util
import pickle
import subprocess
import sys
import types

import pytest
import torch
from torch import nn

import activations.integrations
import activations.nn
from activations import default_registry
from activations.errors import MissingExtraError, UnknownActivationError
from activations.integrations import register_timm, register_transformers


class Instantiating(collections.OrderedDict):
    """Gives a fresh module at each look-up, as the table of transformers does."""

    def __getitem__(self, key):
        content = super().__getitem__(key)
        cls, kwargs = content if isinstance(content, tuple) else (content, {})
        return cls(**kwargs)


@pytest.fixture
def act2fn(monkeypatch):
    table = Instantiating({"gelu": nn.GELU, "relu": nn.ReLU, "linear": (nn.Identity, {})})
    put(monkeypatch, "transformers.activations", ACT2FN=table)
    return table


@pytest.fixture
def timm(monkeypatch):
    tables = {
        "_ACT_LAYER_DEFAULT": {"relu": nn.ReLU, "mish": nn.Mish},
        "_ACT_LAYER_ME": {"mish": nn.Mish},
        "_ACT_FN_DEFAULT": {"relu": torch.relu, "mish": nn.functional.mish},
        "_ACT_FN_ME": {},
    }
    put(monkeypatch, "timm.layers.create_act", **tables)
    return types.SimpleNamespace(**tables)


def put(monkeypatch, path, **contents):
    """Make a module importable, with empty packages above it."""
    parts = path.split(".")
    for end in range(1, len(parts) + 1):
        module = types.ModuleType(".".join(parts[:end]))
        module.__path__ = []
        monkeypatch.setitem(sys.modules, module.__name__, module)
    vars(module).update(contents)


def test_every_one_input_activation_resolves_in_transformers(act2fn):
    added = register_transformers()
    one_input = [item for item in default_registry().values() if len(item.inputs) == 1]
    names = {name for item in one_input for name in (item.name, *item.aliases)}
    assert set(added) == names - {"gelu", "relu", "linear"}
    assert set(act2fn.keys()) == names | {"linear"}
    assert type(act2fn["serf"]) is activations.nn.Serf
    assert act2fn["serf"] is not act2fn["serf"]
    assert type(act2fn["gelu"]) is nn.GELU
    assert "swiglu" not in act2fn
    assert register_transformers() == ()


def test_transformers_with_settings_formulas_and_override(act2fn):
    added = register_transformers("relu", "sigmoid:beta=2", "x*sigmoid(3*x)", "leaky_relu:learnable", override=True)
    assert added[0] == "relu"
    x = torch.tensor([-1.0, 2.0])
    assert type(act2fn["relu"]) is activations.nn.ReLU
    torch.testing.assert_close(act2fn["sigmoid:beta=2"](x), torch.sigmoid(2 * x))
    torch.testing.assert_close(act2fn["x*sigmoid(3*x)"](x), x * torch.sigmoid(3 * x))
    assert [name for name, _ in act2fn[added[-1]].named_parameters()] == ["negative_slope"]
    assert "sigmoid" not in act2fn


def test_timm_layers_and_functions(timm):
    added = register_timm()
    assert "serf" in added
    assert "relu" not in added
    assert "mish" not in added
    assert all(name == name.lower() for name in added)
    assert len(set(added)) == len(added)
    x = torch.tensor([-1.0, 2.0])
    expected = default_registry()["serf"](x)
    for table in (timm._ACT_LAYER_DEFAULT, timm._ACT_LAYER_ME):
        layer = table["serf"](inplace=True)
        assert type(layer) is activations.nn.Serf
        torch.testing.assert_close(layer(x), expected)
        torch.testing.assert_close(pickle.loads(pickle.dumps(table["serf"]))()(x), expected)
    for table in (timm._ACT_FN_DEFAULT, timm._ACT_FN_ME):
        torch.testing.assert_close(table["serf"](x, inplace=True), expected)
    torch.testing.assert_close(timm._ACT_LAYER_DEFAULT["leaky_relu"](0.5)(x), torch.tensor([-0.5, 2.0]))
    torch.testing.assert_close(timm._ACT_LAYER_DEFAULT["elu"](alpha=2.0)(x), nn.functional.elu(x, 2.0))
    assert isinstance(timm._ACT_LAYER_DEFAULT["serf"], functools.partial)
    assert timm._ACT_LAYER_DEFAULT["relu"] is nn.ReLU


def test_timm_override_comes_before_the_memory_saving_layers(timm):
    assert register_timm("mish", override=True)[0] == "mish"
    assert type(timm._ACT_LAYER_ME["mish"]()) is activations.nn.Mish


@pytest.mark.parametrize("register", [register_transformers, register_timm])
def test_two_inputs_and_unknown_names_are_refused(register, act2fn, timm):
    before = len(act2fn), len(timm._ACT_LAYER_DEFAULT)
    with pytest.raises(ValueError, match="swiglu has two inputs"):
        register("serf", "swiglu")
    with pytest.raises(UnknownActivationError, match="did you mean serf"):
        register("tanh", "sserf")
    assert (len(act2fn), len(timm._ACT_LAYER_DEFAULT)) == before


@pytest.mark.torture(43, 44)
@pytest.mark.parametrize(
    ("register", "name", "module"),
    [
        (register_transformers, "transformers", "transformers.activations"),
        (register_timm, "timm", "timm.layers.create_act"),
    ],
)
def test_a_missing_or_broken_package_is_told(register, name, module, monkeypatch):
    def fail(error):
        def importing(path):
            raise error

        monkeypatch.setattr(activations.integrations.importlib, "import_module", importing)

    with monkeypatch.context():
        fail(ModuleNotFoundError(f"No module named '{name}'", name=name))
        with pytest.raises(MissingExtraError, match=f"pip install {name}"):
            register()
        fail(ModuleNotFoundError("No module named 'torchvision'", name="torchvision"))
        with pytest.raises(MissingExtraError, match="can't be imported: No module named 'torchvision'"):
            register()
    monkeypatch.undo()
    put(monkeypatch, module)
    with pytest.raises(MissingExtraError, match="this version of"):
        register()


REAL_TRANSFORMERS = """
import torch, activations
from transformers.activations import ACT2FN, get_activation
theirs = {name: type(ACT2FN[name]) for name in list(ACT2FN) if name != "xielu"}
added = activations.integrations.register_transformers()
assert "serf" in added and not set(added) & set(theirs)
assert type(get_activation("serf")) is activations.nn.Serf
assert all(type(ACT2FN[name]) is kind for name, kind in theirs.items())
x = torch.linspace(-3, 3, 7)
for name in added:
    assert ACT2FN[name](x).shape == x.shape, name
print(len(added))
"""

# timm needs torchvision as a whole; its table of activations alone does not.
REAL_TIMM = """
import importlib.util, sys, types
import torch
if importlib.util.find_spec("torchvision") is None:
    root = importlib.util.find_spec("timm").submodule_search_locations[0]
    for name, place in (("timm", root), ("timm.layers", root + "/layers")):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [place]
import activations
from timm.layers.create_act import create_act_layer, get_act_fn, get_act_layer
added = activations.integrations.register_timm()
x = torch.linspace(-3, 3, 7)
assert "serf" in added and "relu" not in added
assert get_act_layer("relu") is torch.nn.ReLU
for name in added:
    layer = create_act_layer(name, inplace=True)
    torch.testing.assert_close(layer.eval()(x), get_act_fn(name)(x, inplace=True), equal_nan=True)
assert type(create_act_layer("Serf")) is activations.nn.Serf
print(len(added))
"""


@pytest.mark.parametrize(("package", "script"), [("transformers", REAL_TRANSFORMERS), ("timm", REAL_TIMM)])
def test_the_real_package(package, script):
    """In a process of its own: the tables are global, and importing the package may warn."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) > 200


def test_without_scikit_learn_its_estimators_name_the_extra():
    code = "import sys; sys.modules['sklearn'] = None; import activations.sklearn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "MissingExtraError" in done.stderr
    assert "pip install 'torch-activations[sklearn]'" in done.stderr

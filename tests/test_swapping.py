"""Replacing the activations of a model."""

from __future__ import annotations

import copy
import warnings

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (the name that models use)
from torch import nn

import activations.nn
from activations import create, default_registry, swap
from activations.errors import DeclarationError, UnknownActivationError


class Plain(nn.Module):
    def __init__(self, act=None):
        super().__init__()
        self.lin = nn.Linear(2, 3)
        self.act = act if act is not None else nn.ReLU()

    def forward(self, x):
        return self.act(self.lin(x))


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, x):
        y = self.relu(x)
        y = F.relu(y) + torch.relu(y)
        return y.relu_().tanh()


class Hiding(nn.Module):
    def __init__(self):
        super().__init__()
        self.plain = [nn.ReLU(), nn.Tanh(), Plain()]
        self.named = {"a": nn.ReLU()}
        self.fixed = (nn.ReLU(), 1)
        object.__setattr__(self, "unregistered", nn.ReLU())


def nested() -> nn.Module:
    return nn.Sequential(
        nn.Linear(2, 2),
        nn.ReLU(),
        nn.ModuleList([nn.ReLU(), Plain()]),
        nn.ModuleDict({"a": nn.ReLU(inplace=True), "b": nn.Sequential(nn.GELU())}),
    )


def test_all_places_in_containers() -> None:
    model = nested()
    found = swap(model, nn.ReLU, "mish")
    assert [item.path for item in found] == ["1", "2.0", "2.1.act", "3.a"]
    assert all(type(item.old) is nn.ReLU for item in found)
    assert all(type(item.new) is activations.nn.Mish for item in found)
    assert len({id(item.new) for item in found}) == 4
    assert not any(isinstance(module, nn.ReLU) for module in model.modules())
    for item in found:
        assert model.get_submodule(item.path) is item.new
    assert isinstance(model[3]["b"][0], nn.GELU)
    x = torch.randn(4, 2)
    torch.testing.assert_close(model[2][1](x), F.mish(model[2][1].lin(x)))
    assert swap(model, nn.ReLU, "mish") == []


def test_a_dry_run_changes_nothing() -> None:
    model = nested()
    before = dict(model.named_modules())
    found = swap(model, nn.ReLU, "mish", dry_run=True)
    assert [item.path for item in found] == ["1", "2.0", "2.1.act", "3.a"]
    assert dict(model.named_modules()) == before


def test_modules_in_lists_dicts_tuples_and_attributes() -> None:
    model = Hiding()
    found = swap(model, nn.ReLU, "silu")
    assert {item.path for item in found} == {"plain[0]", "plain[2].act", "named['a']", "fixed[0]", "unregistered"}
    held = [model.plain[0], model.plain[2].act, model.named["a"], model.fixed[0], model.unregistered]
    assert all(type(module) is activations.nn.SiLU for module in held)
    assert type(model.plain[1]) is nn.Tanh
    assert model.fixed[1] == 1
    assert "unregistered" not in dict(model.named_children())


def test_what_is_shared_stays_shared() -> None:
    shared, block = nn.ReLU(), Plain()
    model = nn.ModuleDict({"a": shared, "b": nn.Sequential(shared, nn.ReLU()), "c": block, "d": block})
    found = swap(model, nn.ReLU, nn.Tanh)
    assert sorted(item.path for item in found) == ["a", "b.0", "b.1", "c.act"]
    assert model["a"] is model["b"][0]
    assert model["a"] is not model["b"][1]
    assert model["c"].act is model["d"].act


@pytest.mark.parametrize(
    ("new", "params", "expected"),
    [
        ("leaky_relu:negative_slope=0.2", {}, "LeakyReLU"),
        ("leaky_relu", {"negative_slope": 0.2}, "LeakyReLU"),
        (default_registry()["leaky_relu"], {"negative_slope": 0.2}, "LeakyReLU"),
        (default_registry().variant("leaky_relu:negative_slope=0.2"), {}, "LeakyReLU"),
        (nn.LeakyReLU, {"negative_slope": 0.2}, "LeakyReLU"),
        (lambda: nn.LeakyReLU(0.2), {}, "LeakyReLU"),
        (nn.LeakyReLU(0.2), {}, "LeakyReLU"),
        ("max(x, 0.2*x)", {}, None),
    ],
)
def test_whatever_new_may_be(new, params, expected) -> None:
    model = nn.Sequential(nn.ReLU(), nn.ReLU())
    swap(model, nn.ReLU, new, **params)
    assert model[0] is not model[1]
    assert expected in (None, type(model[0]).__name__)
    torch.testing.assert_close(model(torch.tensor([-1.0, 2.0])), torch.tensor([-0.04, 2.0]))


def test_old_by_name_finds_torch_and_ours_but_no_layers() -> None:
    model = nn.Sequential(nn.SiLU(), create("silu"), create("sigmoid"), nn.Linear(2, 2), nn.Bilinear(2, 2, 2))
    assert [item.path for item in swap(model, "swish", "relu", dry_run=True)] == ["0", "1"]
    assert swap(model, "linear", "relu") == swap(model, "bilinear", "relu") == []
    assert [item.path for item in swap(model, activations.nn.SiLU, "relu", dry_run=True)] == ["1"]


def test_classes_are_matched_exactly_or_in_a_tuple() -> None:
    model = nn.Sequential(nn.ReLU6(), nn.Hardtanh(), nn.Tanh())
    assert [item.path for item in swap(model, nn.Hardtanh, "relu", dry_run=True)] == ["1"]
    assert [item.path for item in swap(model, (nn.ReLU6, nn.Tanh), "relu", dry_run=True)] == ["0", "2"]


def test_parametrised_modules() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.PReLU())
    torch.nn.utils.parametrize.register_parametrization(model[1], "weight", nn.Softplus())
    model.double().eval()
    (found,) = swap(model, nn.PReLU, "prelu")
    assert not found.new.training
    assert all(parameter.dtype == torch.float64 for parameter in model.parameters())
    assert len(list(model.parameters())) == 3
    per_channel = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    swap(per_channel, nn.ReLU, "prelu", channels=2)
    assert per_channel[1](torch.randn(5, 2)).shape == (5, 2)


def test_device_and_mode_are_those_of_the_model() -> None:
    model = nn.Sequential(nn.Linear(2, 2), Plain()).to("meta").eval()
    (found,) = swap(model, nn.ReLU, "prelu")
    assert all(parameter.is_meta for parameter in found.new.parameters())
    assert not found.new.training


def test_functional_calls_are_told() -> None:
    model = nn.Sequential(Functional(), Plain())
    with pytest.warns(UserWarning, match="can't reach functional calls") as caught:
        found = swap(model, nn.ReLU, "mish")
    assert [item.path for item in found] == ["0.relu", "1.act"]
    (message,) = [str(warning.message) for warning in caught]
    assert message.count("Functional calls ") == 3
    for call in ("F.relu()", "torch.relu()", "test_swapping.py:"):
        assert call in message
    assert caught[0].filename == __file__
    assert "self.relu" not in message
    with pytest.warns(UserWarning, match=r"y\.relu_\(\)\.tanh\(\)"):
        swap(model, nn.Tanh, "mish", dry_run=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        swap(model, "gelu", "mish", dry_run=True)


def test_transformer_layers_do_not_bypass_the_new_module() -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation=nn.ReLU(), batch_first=True).eval()
    swapped = copy.deepcopy(layer)
    swap(swapped, nn.ReLU, "tanh")
    x = torch.randn(2, 3, 8)
    with torch.no_grad():
        fast = swapped(x)
    torch.testing.assert_close(fast, swapped(x))
    assert not torch.allclose(fast, layer(x), atol=1e-3)
    with pytest.warns(UserWarning, match="activation is relu"):
        assert swap(nn.TransformerEncoderLayer(8, 2, batch_first=True), nn.ReLU, "mish") == []


def test_hooks_are_told() -> None:
    model = nn.Sequential(nn.ReLU())
    model[0].register_forward_hook(lambda *_: None)
    with pytest.warns(UserWarning, match="hooks .* not moved.*: 0"):
        swap(model, nn.ReLU, "mish")


@pytest.mark.parametrize(
    ("old", "new", "params", "error", "says"),
    [
        ("rleu", "mish", {}, UnknownActivationError, "unknown activation 'rleu'"),
        (nn.ReLU, "mihs", {}, UnknownActivationError, "did you mean mish"),
        (nn.ReLU, "mish", {"slope": 1.0}, DeclarationError, "slope"),
        (nn.ReLU, nn.Tanh(), {"slope": 1.0}, TypeError, "copied as it is"),
        (nn.ReLU, torch.tanh, {}, TypeError, "tanh"),
        (nn.ReLU, lambda: torch.zeros(1), {}, TypeError, "made a Tensor"),
        (nn.ReLU, 3, {}, TypeError, "new=3"),
        (nn.ReLU(), "mish", {}, TypeError, "old=ReLU"),
        ((), "mish", {}, TypeError, "old="),
        (int, "mish", {}, TypeError, "old="),
        (nn.Sequential, "mish", {}, ValueError, "the model itself"),
    ],
)
def test_mistakes_leave_the_model_as_it_was(old, new, params, error, says) -> None:
    model = nn.Sequential(nn.ReLU(), nn.ReLU())
    before = dict(model.named_modules())
    with pytest.raises(error, match=says):
        swap(model, old, new, **params)
    assert dict(model.named_modules()) == before


def test_one_module_for_all_is_refused() -> None:
    model = nn.Sequential(nn.ReLU(), nn.ReLU())
    one = nn.Tanh()
    with pytest.raises(ValueError, match="same module twice"):
        swap(model, nn.ReLU, lambda: one)
    assert type(model[0]) is type(model[1]) is nn.ReLU
    with pytest.raises(TypeError, match="no compiled script"):
        swap("model", nn.ReLU, "mish")


def test_a_model_that_refers_to_itself_ends() -> None:
    model = nn.Sequential(nn.ReLU())
    model.add_module("again", nn.Sequential())
    object.__setattr__(model.again, "parent", model)
    assert [item.path for item in swap(model, nn.ReLU, "mish")] == ["0"]

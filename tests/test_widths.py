"""Widths of equal parameters."""

import itertools

import pytest

from activations.benchmark import benchmark
from activations.benchmark.widths import matched_hidden
from activations.fitting.network import Network
from activations.fitting.settings import SettingError
from activations.fitting.targets import formula_target, resolve_target
from activations.registry import default_registry

REGISTRY = default_registry()
SIN = formula_target("sin(4*x)", points=25)
SPIRAL = resolve_target("spiral")


def parameters(target, variant, hidden):
    return Network(target.dimension, hidden, target.network_outputs, variant).parameters


@pytest.mark.parametrize("hidden", [(32,), (64, 64), (20, 50, 20), (128,)], ids=str)
@pytest.mark.parametrize("name", ["glu", "prelu", "swish:learnable", "bilinear", "acon_c"])
def test_networks_have_equally_many_parameters(name, hidden):
    for target in (SIN, SPIRAL):
        variant = REGISTRY.variant(name)
        wanted = parameters(target, REGISTRY.variant("relu"), hidden)
        matched = matched_hidden(target, variant, hidden)
        assert abs(parameters(target, variant, matched) / wanted - 1) <= 0.04
        if len(hidden) > 1:
            assert abs(parameters(target, variant, matched) / wanted - 1) <= 0.03


def test_no_other_width_of_one_layer_comes_nearer():
    wanted = parameters(SIN, REGISTRY.variant("relu"), (32,))
    for name in ("glu", "prelu"):
        variant = REGISTRY.variant(name)
        (width,) = matched_hidden(SIN, variant, (32,))
        distance = abs(parameters(SIN, variant, (width,)) - wanted)
        assert all(abs(parameters(SIN, variant, (other,)) - wanted) >= distance for other in range(1, 64))


def test_activations_without_parameters_keep_their_widths():
    for name, hidden in itertools.product(("relu", "tanh", "leaky_relu:negative_slope=0.2"), ((32,), (7, 5))):
        assert matched_hidden(SIN, REGISTRY.variant(name), hidden) == hidden


def test_a_benchmark_of_equal_parameters_shows_both(monkeypatch):
    variants = [REGISTRY.variant(name) for name in ("relu", "glu")]
    result = benchmark([SIN], variants, equal_parameters=True, steps=5, seeds=2, hidden=(16,))
    rows = {row.activation: row for row in result.targets[0].ranking}
    assert rows["relu"].hidden == (16,)
    assert rows["glu"].hidden[0] < 16
    assert abs(rows["glu"].parameters / rows["relu"].parameters - 1) < 0.06
    assert result.settings["equal_parameters"] is True
    with pytest.raises(SettingError, match="leave out one of them"):
        benchmark([SIN], variants, equal_parameters=True, hidden=(16,), own=[REGISTRY.variant("tanh")])

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from activations.fitting.engine import Batch, predict, train
from activations.fitting.initialisation import initial_parameters
from activations.fitting.levenberg import jacobian, levenberg_marquardt
from activations.fitting.network import Network
from activations.registry import default_registry

REGISTRY = default_registry()


def made(network, points=23, runs=3, scale=1.0):
    source = torch.Generator().manual_seed(3)
    inputs = 2 * torch.rand(runs, points, network.inputs, generator=source, dtype=torch.float64) - 1
    rows = torch.tensor(np.stack([initial_parameters(network, seed, scale) for seed in range(runs)]))
    return inputs, rows


@pytest.mark.parametrize("name", ["tanh", "relu", "glu", "prelu", "sigmoid:learnable", "gelu"])
@pytest.mark.parametrize(("inputs", "hidden", "outputs"), [(1, (5,), 1), (2, (4, 3), 2)])
def test_the_jacobian_equals_autograd(name, inputs, hidden, outputs):
    network = Network(inputs, hidden, outputs, REGISTRY.variant(name))
    x, rows = made(network)
    found = jacobian(network, rows, x)
    for run in range(len(rows)):

        def outputs_of(row, run=run):
            values = x[run][None]
            for layer in network.layers:
                values = torch.baddbmm(layer.bias_of(row[None]), values, layer.weight_of(row[None]))
                if layer.variant is not None:
                    theta = dict(zip(layer.variant.learnable, layer.theta_of(row[None]), strict=True))
                    values = layer.variant(*values.chunk(layer.variant.inputs, dim=2), **theta)
            return values.flatten()

        expected = torch.autograd.functional.jacobian(outputs_of, rows[run])
        torch.testing.assert_close(found[run], expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("points", "bound"), [(9, 1e-24), (60, 1e-11)])
def test_it_finds_what_a_network_of_the_same_kind_can_do_exactly(points, bound):
    """More points than parameters or fewer: both systems of equations are used."""
    network = Network(1, (4,), 1, REGISTRY.variant("tanh"))
    x, rows = made(network, points, runs=12, scale=2.0)
    x = x[:1].expand(12, -1, -1)
    teacher = torch.tensor(initial_parameters(network, 99, 3.0))[None]
    y = predict(network, teacher, x[:1]).expand(12, -1, -1)
    found = levenberg_marquardt(network, x, y, rows, 400)
    assert found.errors.min() < bound
    residual = predict(network, found.parameters, x) - y
    torch.testing.assert_close(residual.square().mean(dim=(1, 2)), found.errors, rtol=1e-6, atol=1e-30)


def test_it_is_far_better_than_adam():
    network = Network(1, (16,), 1, REGISTRY.variant("tanh"))
    x, rows = made(network, runs=4, scale=3.0)
    x = torch.linspace(-1, 1, 101, dtype=torch.float64)[None, :, None].expand(4, -1, -1).contiguous()
    y = torch.sin(3 * math.pi * x)
    adam = train(Batch(network, x, y, rows, torch.full((4,), 0.01), 500))
    found = levenberg_marquardt(network, x, y, rows, 300)
    descended = (predict(network, adam.parameters, x) - y).square().mean(dim=(1, 2))
    assert found.errors.min() < descended.min() / 1e4


def test_no_step_makes_a_run_worse_and_runs_do_not_touch_each_other():
    network = Network(1, (6,), 1, REGISTRY.variant("relu"))
    x, rows = made(network, runs=4)
    y = torch.cos(4 * x)
    start = (predict(network, rows, x) - y).square().mean(dim=(1, 2))
    found = levenberg_marquardt(network, x, y, rows, 20)
    assert (found.errors <= start).all()
    bad = x.clone()
    bad[2, 0] = math.nan
    others = [0, 1, 3]
    spoilt = levenberg_marquardt(network, bad, y, rows, 20)
    assert torch.equal(spoilt.parameters[others], found.parameters[others])
    assert torch.equal(spoilt.parameters[2], rows[2])


def test_a_unit_without_influence_stays_where_it_is():
    network = Network(1, (2,), 1, REGISTRY.variant("relu"))
    layer = network.layers[0]
    x, rows = made(network, runs=1)
    rows[0, layer.weight] = 0.0
    rows[0, layer.bias] = -1.0  # the first unit is dead at every input
    found = levenberg_marquardt(network, x, 2 * x, rows, 10)
    assert torch.isfinite(found.parameters).all()
    assert found.parameters[0, layer.weight] == 0.0


def test_activations_of_single_layers_are_respected():
    network = replace(Network(1, (3, 3), 1, REGISTRY.variant("tanh")), own=(None, REGISTRY.variant("sine")))
    x, rows = made(network, runs=2)
    assert jacobian(network, rows, x).shape == (2, 23, network.parameters)

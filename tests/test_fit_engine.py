import functools
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from activations.declare import formula_activation
from activations.errors import DeviceError
from activations.fitting.batched import Training
from activations.fitting.devices import resolve_device, steady_arithmetic
from activations.fitting.engine import Batch, checkpoints, predict, train
from activations.fitting.initialisation import initial_parameters
from activations.fitting.kernels import KERNELS, kernel_of
from activations.fitting.minibatches import Minibatches
from activations.fitting.network import Network, read_hidden
from activations.fitting.nonlinearity import Nonlinearity
from activations.fitting.randomness import Purpose, generator
from activations.fitting.recipe import Recipe
from activations.fitting.recorded import recorded
from activations.fitting.settings import SettingError
from activations.nn import create
from activations.registry import default_registry

REGISTRY = default_registry()
POINTS = 23


@pytest.fixture(autouse=True)
def _one_thread():
    with steady_arithmetic():
        yield


def make_batch(
    variant, hidden=(5, 4), inputs=1, outputs=1, runs=4, steps=50, dtype=torch.float64, rate=0.01, points=POINTS
):
    network = Network(inputs, hidden, outputs, variant)
    source = torch.Generator().manual_seed(5)
    x = 2 * torch.rand(runs, points, inputs, generator=source, dtype=dtype) - 1
    y = torch.cat([torch.sin((3 + i) * x.sum(-1, keepdim=True)) for i in range(outputs)], dim=-1)
    rows = [initial_parameters(network, seed, 1.0 + seed) for seed in range(runs)]
    parameters = torch.tensor(np.stack(rows), dtype=dtype)
    rates = rate * torch.arange(1, runs + 1, dtype=dtype)
    return Batch(network, x, y, parameters, rates, steps)


class Gated(nn.Module):
    """One linear layer per input of the activation."""

    def __init__(self, fan_in, width, variant):
        super().__init__()
        self.projections = nn.ModuleList(nn.Linear(fan_in, width) for _ in range(variant.inputs))
        self.phi = create(variant.activation, learnable=variant.learnable, **dict(variant.values))

    def forward(self, x):
        return self.phi(*(projection(x) for projection in self.projections))


def reference(batch, run):
    """The same run in plain PyTorch: modules, autograd, torch's optimizers and schedules."""
    network, recipe = batch.network, batch.recipe
    widths = [network.inputs, *network.hidden]
    hidden = [
        Gated(a, b, variant) for (a, b), variant in zip(itertools.pairwise(widths), network.variants, strict=True)
    ]
    model = nn.Sequential(*hidden, nn.Linear(widths[-1], network.outputs)).to(batch.parameters.dtype).eval()
    row = batch.parameters[run]
    with torch.no_grad():
        for module, layer in zip(model, network.layers, strict=True):
            linears = module.projections if isinstance(module, Gated) else [module]
            width = layer.outputs // len(linears)
            weight = row[layer.weight : layer.bias].view(layer.inputs, layer.outputs)
            for i, linear in enumerate(linears):
                linear.weight.copy_(weight[:, i * width : (i + 1) * width].T)
                linear.bias.copy_(row[layer.bias + i * width : layer.bias + (i + 1) * width])
            for i, name in enumerate(layer.variant.learnable if layer.variant else ()):
                getattr(module.phi, name).copy_(row[layer.theta + i])
    decay = {"weight_decay": recipe.weight_decay} if recipe.optimizer == "adamw" else {}
    optimizer = OPTIMIZERS[recipe.optimizer](model.parameters(), lr=float(batch.learning_rates[run]), **decay)
    schedules = {
        "cosine": lambda step: (1 + math.cos(math.pi * step / batch.steps)) / 2,
        "constant": lambda step: 1.0,
        "step": lambda step: 0.1 ** ((step >= batch.steps / 2) + (step >= batch.steps * 3 / 4)),
    }
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, schedules[recipe.schedule])
    size = recipe.batch_size or POINTS
    per_epoch = POINTS // size
    for step in range(batch.steps):
        epoch, place = divmod(step, per_epoch)
        order = np.arange(POINTS)
        if recipe.batch_size:
            order = generator(batch.seeds[run], Purpose.MINIBATCHES, epoch).permutation(POINTS)
        chosen = order[place * size : (place + 1) * size]
        optimizer.zero_grad()
        LOSSES[recipe.loss](model(batch.inputs[run][chosen]), batch.targets[run][chosen]).backward()
        optimizer.step()
        schedule.step()
    trained = []
    for module, layer in zip(model, network.layers, strict=True):
        linears = module.projections if isinstance(module, Gated) else [module]
        trained.append(torch.cat([linear.weight.T for linear in linears], dim=1).flatten())
        trained.append(torch.cat([linear.bias for linear in linears]))
        trained += [getattr(module.phi, name)[None] for name in (layer.variant.learnable if layer.variant else ())]
    return torch.cat(trained).detach()


def distance(found, expected):
    return float((found - expected).norm() / expected.norm())


def single(batch, run):
    part = slice(run, run + 1)
    return replace(
        batch,
        inputs=batch.inputs[part],
        targets=batch.targets[part],
        parameters=batch.parameters[part],
        learning_rates=batch.learning_rates[part],
        seeds=batch.seeds[part],
    )


VARIANTS = [REGISTRY[name].variant() for name in REGISTRY] + [
    REGISTRY.variant("sigmoid:learnable"),
    REGISTRY.variant("bilinear:learnable"),
    formula_activation("x*sigmoid(1.702*x)").variant(),
]


# Steep waves (omega = 30) in two layers: in 50 steps rounding grows from 1e-16 to 1e-2, in other code to another 1e-2.
CHAOTIC = ("siren_sine", "finer")


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.label)
def test_a_batched_run_equals_the_same_run_alone_and_plain_pytorch(variant):
    batch = make_batch(variant)
    trained = train(batch)
    for run in (0, 3):
        assert trained.steps[run] == batch.steps
        assert distance(trained.parameters[run], train(single(batch, run)).parameters[0]) <= 1e-9
    if variant.label in CHAOTIC:
        batch = make_batch(variant, steps=3, rate=1e-3)
        trained = train(batch)
    assert distance(trained.parameters[3], reference(batch, 3)) <= 1e-9


@pytest.mark.parametrize("name", ["tanh", "glu", "prelu"])
@pytest.mark.parametrize(
    ("inputs", "hidden", "outputs"),
    [(1, (6,), 1), (2, (6,), 1), (1, (6,), 3), (3, (5, 1, 4), 2), (1, (1,), 1)],
)
def test_every_shape_of_network_equals_plain_pytorch(name, inputs, hidden, outputs):
    batch = make_batch(REGISTRY.variant(name), hidden, inputs, outputs, runs=3)
    trained = train(batch)
    for run in range(3):
        assert distance(trained.parameters[run], reference(batch, run)) <= 1e-9


@pytest.mark.parametrize("hidden", [(6,), (5, 4)])
def test_cross_entropy_equals_plain_pytorch(hidden):
    batch = make_batch(REGISTRY.variant("tanh"), hidden, inputs=2, outputs=3)
    classes = batch.targets.argmax(-1)
    assert len(classes.unique()) == 3
    batch = replace(batch, targets=classes, recipe=Recipe(loss="cross-entropy"))
    trained = train(batch)
    for run in range(4):
        assert distance(trained.parameters[run], reference(batch, run)) <= 1e-9


LOSSES = {
    "squares": nn.functional.mse_loss,
    "huber": nn.functional.huber_loss,
    "cross-entropy": nn.functional.cross_entropy,
}
OPTIMIZERS = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "momentum": functools.partial(torch.optim.SGD, momentum=0.9),
}


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(optimizer="adamw", weight_decay=0.01),
        Recipe(optimizer="sgd", schedule="constant"),
        Recipe(optimizer="momentum", schedule="step"),
        Recipe(loss="huber"),
        Recipe(batch_size=5),
        Recipe(optimizer="sgd", schedule="constant", loss="huber", batch_size=23),
    ],
    ids=lambda recipe: "-".join(str(value) for value in recipe.to_dict().values()),
)
@pytest.mark.parametrize("hidden", [(6,), (5, 4)])
def test_every_recipe_equals_plain_pytorch(recipe, hidden):
    batch = replace(make_batch(REGISTRY.variant("tanh"), hidden), recipe=recipe, seeds=(7, 8, 9, 9))
    trained = train(batch)
    for run in range(4):
        assert distance(trained.parameters[run], train(single(batch, run)).parameters[0]) <= 1e-9
        assert distance(trained.parameters[run], reference(batch, run)) <= 1e-9


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.label)
def test_the_numpy_engine_goes_the_same_way(variant):
    steps, rate = (3, 1e-3) if variant.label in CHAOTIC else (50, 3e-3)
    batch = make_batch(variant, (4,), runs=1, steps=steps, rate=rate)
    found, expected = train(batch, engine="numpy"), train(batch)
    assert found.steps.tolist() == expected.steps.tolist()
    assert distance(found.parameters, expected.parameters) <= 1e-9
    torch.testing.assert_close(found.losses, expected.losses, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("loss", ["squares", "huber", "cross-entropy"])
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "momentum"])
@pytest.mark.parametrize("batch_size", [None, 5])
def test_the_numpy_engine_knows_every_recipe(loss, optimizer, batch_size):
    batch = make_batch(REGISTRY.variant("tanh"), inputs=2, outputs=3, steps=200)
    recipe = Recipe(optimizer=optimizer, loss=loss, batch_size=batch_size)
    targets = batch.targets.argmax(-1) if loss == "cross-entropy" else batch.targets
    batch = replace(batch, targets=targets, recipe=recipe, seeds=(1, 2, 3, 4))
    found, expected = train(batch, engine="numpy"), train(batch)
    assert distance(found.parameters, expected.parameters) <= 1e-9
    torch.testing.assert_close(found.losses, expected.losses, rtol=1e-9, atol=1e-12)


def test_the_numpy_engine_stops_a_run_that_diverges():
    batch = make_batch(REGISTRY.variant("exp(x)"), hidden=(5,), runs=3)
    batch = replace(batch, learning_rates=torch.tensor([1e-3, 1e10, 1e-3]), steps=30)
    found, expected = train(batch, engine="numpy"), train(batch)
    assert found.steps.tolist() == expected.steps.tolist() == [30, 1, 30]


def test_minibatches_have_one_order_per_seed_and_epoch():
    batch = replace(make_batch(REGISTRY.variant("tanh")), recipe=Recipe(batch_size=5), seeds=(7, 8, 9, 9))
    data = Minibatches(batch, "cpu")
    seen = [data.at(step)[0] for step in range(8)]
    first = torch.cat(seen[:4], dim=1)
    assert first.shape == (4, 20, 1)  # 23 points are four minibatches of 5; three are left over
    for run in range(4):
        assert len(first[run].unique()) == 20
        assert not torch.equal(first[run], torch.cat(seen[4:], dim=1)[run])
    assert torch.equal(data.order[2], data.order[3])
    assert not torch.equal(data.order[1], data.order[2])


@pytest.mark.torture(18)
def test_minibatches_larger_than_the_data_are_refused():
    batch = replace(make_batch(REGISTRY.variant("tanh")), recipe=Recipe(batch_size=24), seeds=(1, 2, 3, 4))
    with pytest.raises(SettingError, match="more than the 23 training points"):
        train(batch)
    with pytest.raises(SettingError, match="a seed for each run"):
        train(replace(batch, recipe=Recipe(batch_size=4), seeds=()))


@pytest.mark.parametrize("settings", [{"optimizer": "lion"}, {"schedule": "linear"}, {"loss": "l1"}, {"batch_size": 0}])
def test_an_unknown_recipe_is_refused(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        Recipe(**settings)


def test_losses_are_looked_at_before_the_step():
    batch = make_batch(REGISTRY.variant("tanh"), runs=3, steps=40)
    trained = train(batch)
    assert trained.looked_at == checkpoints(40)
    assert trained.looked_at[0] == 0
    assert trained.looked_at[-1] == 39
    start = (predict(batch.network, batch.parameters, batch.inputs) - batch.targets).square().mean(dim=(1, 2))
    torch.testing.assert_close(trained.losses[0], start, rtol=1e-12, atol=0)
    assert (trained.losses[-1] < trained.losses[0]).all()


def test_layers_may_have_activations_of_their_own():
    own = (None, REGISTRY.variant("glu"), REGISTRY.variant("prelu"))
    plain = make_batch(REGISTRY.variant("tanh"), (5, 4, 3))
    network = replace(plain.network, own=own)
    assert [variant.label for variant in network.variants] == ["tanh", "glu", "prelu"]
    rows = torch.tensor(np.stack([initial_parameters(network, seed) for seed in range(4)]))
    batch = replace(plain, network=network, parameters=rows)
    trained = train(batch)
    for run in range(4):
        assert distance(trained.parameters[run], reference(batch, run)) <= 1e-9


def test_predictions_equal_those_of_the_modules():
    batch = make_batch(REGISTRY.variant("glu"), inputs=2, outputs=2)
    rows = batch.parameters
    found = predict(batch.network, rows, batch.inputs)
    linear, last = batch.network.layers[0], batch.network.layers[-1]
    weight = rows[1, linear.weight : linear.bias].view(2, 10)
    both = batch.inputs[1] @ weight + rows[1, linear.bias : linear.theta]
    hidden = both[:, :5] * torch.sigmoid(both[:, 5:])
    middle = batch.network.layers[1]
    both = hidden @ rows[1, middle.weight : middle.bias].view(5, 8) + rows[1, middle.bias : middle.theta]
    hidden = both[:, :4] * torch.sigmoid(both[:, 4:])
    expected = hidden @ rows[1, last.weight : last.bias].view(4, 2) + rows[1, last.bias :]
    torch.testing.assert_close(found[1], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.torture(19)
@pytest.mark.parametrize("name", ["relu", "sine", "glu", "x^2"])
def test_a_diverging_run_is_frozen_and_leaves_its_neighbours_bit_identical(name):
    variant = REGISTRY.variant(name)
    calm = make_batch(variant, runs=12, dtype=torch.float32)
    rates = calm.learning_rates.clone()
    rates[5] = 1e10
    bad = calm.inputs.clone()
    bad[7, 3] = math.nan
    wild = Batch(calm.network, bad, calm.targets, calm.parameters, rates, calm.steps)
    expected, found = train(calm), train(wild)
    others = [run for run in range(12) if run not in (5, 7)]
    assert torch.equal(found.parameters[others], expected.parameters[others])
    assert found.steps[others].tolist() == [calm.steps] * 10
    # The run with NaN in its data never makes a step and keeps its initial parameters.
    assert found.steps[7] == 0
    assert torch.equal(found.parameters[7], calm.parameters[7])
    assert torch.isfinite(found.parameters).all()


@pytest.mark.torture(20)
def test_the_step_of_divergence_is_recorded_and_the_parameters_before_it_kept():
    # The square of a weight of 1e10 times another overflows float32 within few steps.
    batch = make_batch(REGISTRY.variant("exp(x)"), hidden=(5,), runs=3, dtype=torch.float32)
    rates = torch.tensor([1e-3, 1e10, 1e-3])
    batch = Batch(batch.network, batch.inputs, batch.targets, batch.parameters, rates, 30)
    trained = train(batch)
    assert trained.steps.tolist() == [30, 1, 30]
    network = batch.network

    def gradient(row):
        row = row[None].clone().requires_grad_()
        hidden = torch.baddbmm(
            network.layers[0].bias_of(row), batch.inputs[1:2], network.layers[0].weight_of(row)
        ).exp()
        last = network.layers[1]
        output = torch.baddbmm(last.bias_of(row), hidden, last.weight_of(row))
        return torch.autograd.grad(((output - batch.targets[1:2]) ** 2).mean(), row)[0]

    assert not torch.isfinite(gradient(trained.parameters[1])).all()
    assert torch.isfinite(gradient(batch.parameters[1])).all()


@pytest.mark.parametrize("name", ["relu", "tanh", "gelu", "glu"])
@pytest.mark.parametrize("hidden", [(32,), (32, 32)])
def test_the_place_in_a_chunk_does_not_change_a_bit(name, hidden):
    batch = make_batch(REGISTRY.variant(name), hidden, runs=12, dtype=torch.float32, steps=30)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    shuffled = Batch(
        batch.network,
        batch.inputs[order],
        batch.targets[order],
        batch.parameters[order],
        batch.learning_rates[order],
        30,
    )
    assert torch.equal(train(shuffled).parameters, train(batch).parameters[order])


def test_training_leaves_the_batch_as_it_was():
    batch = make_batch(REGISTRY.variant("tanh"))
    before = [tensor.clone() for tensor in (batch.inputs, batch.targets, batch.parameters, batch.learning_rates)]
    train(batch)
    after = [batch.inputs, batch.targets, batch.parameters, batch.learning_rates]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.label)
def test_the_hook_equals_autograd_of_the_whole_expression(variant):
    source = torch.Generator().manual_seed(2)
    width = 3 * variant.inputs
    linear = 2 * torch.randn(2, 7, width, generator=source, dtype=torch.float64)
    theta = [
        torch.full((2, 1, 1), value, dtype=torch.float64) * torch.tensor([1.0, 1.2]).view(2, 1, 1)
        for name, value in variant.values
        if name in variant.learnable
    ]
    slope = torch.randn(2, 7, 3, generator=source, dtype=torch.float64)
    leaves = [tensor.clone().requires_grad_() for tensor in (linear, *theta)]
    result = variant(*leaves[0].chunk(variant.inputs, -1), **dict(zip(variant.learnable, leaves[1:], strict=True)))
    expected = [torch.zeros_like(leaf) for leaf in leaves]
    if result.requires_grad:
        expected = torch.autograd.grad(result, leaves, slope, materialize_grads=True)
    hook = Nonlinearity(variant, theta)
    with torch.no_grad():
        value = hook.forward(linear.requires_grad_())
        found = hook.backward(slope)
    torch.testing.assert_close(value, result.detach(), rtol=1e-13, atol=1e-13)
    assert len(found) == 1 + len(theta)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-12)


def test_initial_numbers_are_paired_over_activations_and_projections():
    relu, tanh, glu = (Network(1, (8, 8), 1, REGISTRY.variant(name)) for name in ("relu", "tanh", "glu"))
    rows = [initial_parameters(network, 3, scale=2.0) for network in (relu, tanh, glu)]
    first = relu.layers[0]
    np.testing.assert_array_equal(rows[0][: first.theta], rows[1][: first.theta])
    wide = glu.layers[0]
    np.testing.assert_array_equal(rows[2][:8], rows[0][:8])
    np.testing.assert_array_equal(rows[2][wide.bias : wide.bias + 8], rows[0][first.bias : first.theta])
    assert not np.isin(rows[2][8:16], rows[2][:8]).any()
    # Later layers are multiples of the same normals.
    second = relu.layers[1]
    ratio = rows[0][second.weight : second.bias] / rows[1][second.weight : second.bias]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)
    assert not np.isin(initial_parameters(relu, 4)[:8], rows[0][:8]).any()


@pytest.mark.parametrize("name", ["relu", "tanh", "gelu", "sine", "glu", "sigmoid"])
@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_moments_initialisation_keeps_signals_at_size_one(name, scale):
    network = Network(1, (400, 400), 1, REGISTRY.variant(name))
    row = torch.tensor(initial_parameters(network, 0, scale))[None]
    x = torch.linspace(-1, 1, 400, dtype=torch.float64)[None, :, None]
    first = network.layers[0]
    linear = torch.baddbmm(first.bias_of(row), x, first.weight_of(row))
    assert float(linear.std()) == pytest.approx(scale, rel=0.15)
    hidden = network.variant(*linear.chunk(network.variant.inputs, -1))
    second = network.layers[1]
    linear = torch.baddbmm(second.bias_of(row), hidden, second.weight_of(row))
    assert float((linear**2).mean().sqrt()) == pytest.approx(1, rel=0.25)


def test_torch_initialisation_has_the_bounds_of_linear_layers():
    network = Network(1, (50, 50), 1, REGISTRY.variant("tanh"))
    row = initial_parameters(network, 0, scale=3.0, mode="torch")
    first, second, _ = network.layers
    assert 2.7 < np.abs(row[: first.theta]).max() <= 3
    assert 0.14 < np.abs(row[second.weight : second.theta]).max() <= 1 / math.sqrt(50)
    assert row[second.weight : second.bias].std() == pytest.approx(1 / math.sqrt(150), rel=0.05)


def test_the_layout_counts_every_parameter():
    assert Network(1, (32, 32), 1, REGISTRY.variant("relu")).parameters == 1153
    assert Network(1, (32,), 1, REGISTRY.variant("glu")).parameters == 161
    assert Network(2, (5, 5), 3, REGISTRY.variant("prelu")).parameters == 15 + 1 + 30 + 1 + 18


@pytest.mark.torture(17)
@pytest.mark.parametrize("hidden", [(), (0,), (-3,), (2**63,), (1.5,), (float("nan"),), (True,), (4,) * 17, (10**12,)])
def test_widths_out_of_range_are_refused(hidden):
    with pytest.raises(SettingError, match=r"must be a whole number from 1 to|hidden layers; give from 1 to 16"):
        read_hidden(hidden)


@pytest.mark.torture(40)
@pytest.mark.parametrize("text", ["cuda:99", "foo", "meta", "cpu:7", "", "CPU", "cuda:-1", "x" * 500])
def test_a_device_that_is_missing_is_an_error(text):
    with pytest.raises(DeviceError, match="is not available; available: cpu"):
        resolve_device(text)
    assert resolve_device("cpu").type == "cpu"


@pytest.mark.torture(48)
def test_the_number_of_threads_is_restored():
    before = torch.get_num_threads()
    with steady_arithmetic():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("name", ["relu", "gelu", "glu"])
@pytest.mark.parametrize(
    ("inputs", "hidden", "outputs"), [(1, (5, 4), 1), (1, (31,), 1), (2, (31, 17), 3), (3, (16, 1, 5), 2)]
)
@pytest.mark.parametrize("points", [23, 40])
def test_odd_widths_and_points_do_not_let_the_place_matter_either(name, inputs, hidden, outputs, points):
    # Where a run's part of a buffer begins in the middle of a vector, products sum in another order.
    variant = REGISTRY.variant(name)
    batch = make_batch(variant, hidden, inputs, outputs, runs=12, dtype=torch.float32, steps=20, points=points)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    shuffled = replace(
        batch,
        inputs=batch.inputs[order],
        targets=batch.targets[order],
        parameters=batch.parameters[order],
        learning_rates=batch.learning_rates[order],
    )
    assert torch.equal(train(shuffled).parameters, train(batch).parameters[order])


@pytest.mark.parametrize("name", ["relu", "gelu", "mish", "glu"])
@pytest.mark.parametrize("hidden", [(32,), (31, 5)])
def test_the_size_of_the_batch_does_not_change_a_bit(name, hidden):
    large = make_batch(REGISTRY.variant(name), hidden, runs=48, dtype=torch.float32, steps=20)
    small = replace(
        large,
        inputs=large.inputs[:12],
        targets=large.targets[:12],
        parameters=large.parameters[:12],
        learning_rates=large.learning_rates[:12],
    )
    assert torch.equal(train(small).parameters, train(large).parameters[:12])


def by_steps(batch, record):
    """Train as on a GPU, with something else in place of a CUDA graph."""
    training = Training(batch, "cpu")
    step = recorded(training, record)
    with torch.no_grad():
        for index in range(batch.steps):
            training.prepare(index)
            step()
            training.look(index)
    return training.trajectories()


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(optimizer="momentum", schedule="step", batch_size=8)])
def test_the_step_that_is_recorded_on_a_gpu_gives_the_same_bits(recipe):
    batch = make_batch(REGISTRY.variant("tanh"), dtype=torch.float32)
    batch = replace(batch, recipe=recipe, seeds=(1, 2, 3, 4))
    made = []

    def record(step):
        # As a graph: only what was there at the time of recording is called again.
        made.append(step)
        return step

    found, expected = by_steps(batch, record), train(batch)
    assert len(made) == 1
    for part in ("parameters", "steps", "losses"):
        assert torch.equal(getattr(found, part), getattr(expected, part))


def test_buffers_stay_where_they_are():
    # A recorded step reads and writes the addresses that it saw.
    batch = replace(make_batch(REGISTRY.variant("sine")), recipe=Recipe(batch_size=8), seeds=(1, 2, 3, 4))
    training = Training(batch, "cpu")

    def addresses():
        owners = [training, training.optimizer, training.network, training.network.loss, training.network.output]
        owners += [layer.linear for layer in training.network.hidden]
        return {
            (type(owner).__name__, name): value.data_ptr()
            for owner in owners
            for name, value in vars(owner).items()
            if isinstance(value, torch.Tensor) and name != "input"
        }

    with torch.no_grad():
        for index in range(2):
            training.prepare(index)
            training.step()
        before = addresses()
        for index in range(2, 8):
            training.prepare(index)
            training.step()
    assert addresses() == before
    assert len(before) > 20


def test_training_goes_on_where_a_step_cannot_be_recorded():
    batch = make_batch(REGISTRY.variant("tanh"), dtype=torch.float32)

    def record(step):
        raise RuntimeError("operation not permitted when stream is capturing\nand more")

    with pytest.warns(RuntimeWarning, match="without a CUDA graph: operation not permitted when stream is capturing$"):
        found = by_steps(batch, record)
    assert torch.equal(found.parameters, train(batch).parameters)


def test_memory_that_is_too_small_for_a_recording_is_no_reason_to_go_on():
    def record(step):
        raise torch.OutOfMemoryError("too little")

    with pytest.raises(torch.OutOfMemoryError):
        by_steps(make_batch(REGISTRY.variant("tanh")), record)


def test_training_ends_when_no_run_is_alive():
    batch = make_batch(REGISTRY.variant("exp(x)"), hidden=(5,), runs=3, steps=10_000)
    batch = replace(batch, learning_rates=torch.full((3,), 1e10))
    training = Training(batch, "cpu")
    with torch.no_grad():
        for index in range(4):
            training.prepare(index)
            training.step()
            dead = training.look(index)
    assert dead
    # It takes a moment and not a minute, and all losses are there.
    trained = train(batch)
    assert trained.steps.tolist() == [1, 1, 1]
    assert trained.losses.shape == (len(checkpoints(10_000)), 3)
    one_lives = replace(batch, learning_rates=torch.tensor([1e10, 1e-9, 1e10]), steps=20)
    assert train(one_lives).steps.tolist() == [1, 20, 1]


@pytest.mark.parametrize("name", sorted(KERNELS))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_kernels_are_exact_to_the_rounding_of_the_largest_value(name, dtype):
    [activation, *_] = [found for found in REGISTRY.values() if str(found.native) == name]
    variant = activation.variant()
    kernel = kernel_of(variant)
    exact = torch.linspace(-9, 9, 1001, dtype=dtype).double().requires_grad_()
    value = variant(exact)
    (slope,) = torch.autograd.grad(value.sum(), exact)
    x, out = exact.detach().to(dtype), torch.empty(1001, dtype=dtype)
    out = x if kernel.keeps_values else out
    kernel.forward(x, out)
    found = torch.ones(1001, dtype=dtype)
    values = out.double().clone()
    kernel.backward(found, x)
    rounding = 8 * torch.finfo(dtype).eps
    assert (values - value.detach()).abs().max() <= rounding * value.abs().max()
    # At the kink of a piecewise function either side will do: the grid holds 0.
    steep = (found.double() - slope).abs()
    assert steep.max() <= rounding * max(1.0, float(slope.abs().max()))


def test_a_learned_parameter_has_no_kernel():
    assert kernel_of(REGISTRY.variant("elu")) is not None
    assert kernel_of(REGISTRY.variant("elu:learnable")) is None
    assert kernel_of(REGISTRY.variant("softplus")) is None

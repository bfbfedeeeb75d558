"""Error surfaces: their values, the path on them, and the directions of larger networks."""

import json
import math

import numpy as np
import pytest

import activations
from activations import csv_target, default_registry, loss_surface
from activations.fitting.network import Network
from activations.fitting.randomness import Purpose, generator
from activations.fitting.samples import draw_samples
from activations.fitting.settings import SettingError
from activations.networks.error_surface import Surface
from activations.networks.landscape import Landscape
from activations.networks.plane import random_plane, trail_plane
from activations.networks.surface import loss_surfaces
from activations.networks.surface_presets import PIECEWISE, surface_preset

PRESET = surface_preset("surface-tanh")


@pytest.fixture(scope="module")
def preset():
    return PRESET.surface()


def error(w1, w2, x, y):
    return np.mean((np.tanh(x * w1) * w2 - y) ** 2)


def double_loop(surface, x, y):
    """The plain way: one network after the other."""
    found = np.empty(surface.losses.shape)
    for j, w2 in enumerate(surface.y):
        for i, w1 in enumerate(surface.x):
            found[j, i] = error(w1, w2, x, y)
    return found


def plain_sgd(start, x, y, rate, batch, epochs, seed=0):
    """SGD with the gradient of mean((w2*tanh(w1*x) - y)**2) written out; every position."""
    w1, w2 = start
    found = [(w1, w2)]
    for epoch in range(epochs):
        order = generator(seed, Purpose.MINIBATCHES, epoch).permutation(len(x))
        for place in range(len(x) // batch):
            chosen = order[place * batch : (place + 1) * batch]
            hidden = np.tanh(w1 * x[chosen])
            difference = w2 * hidden - y[chosen]
            slope1 = np.mean(2 * difference * w2 * (1 - hidden**2) * x[chosen])
            slope2 = np.mean(2 * difference * hidden)
            w1, w2 = w1 - rate * slope1, w2 - rate * slope2
            found.append((w1, w2))
    return np.array(found)


def test_the_preset_has_ten_thousand_points_and_two_weights(preset):
    assert preset.training == 10_000
    assert preset.labels == ("w1", "w2")
    assert (preset.settings.bias, preset.settings.epochs) == (False, 25.0)
    assert (preset.path.x[0], preset.path.y[0]) == (-1.0, -1.0)
    assert "reconstruction" in PRESET.about


def test_the_surface_equals_the_double_loop():
    coarse = PRESET.surface(points=13, epochs=1)
    data = draw_samples(PIECEWISE, 0).training
    plain = double_loop(coarse, data.x[:, 0], data.y[:, 0])
    assert np.abs(coarse.losses - plain).max() < 1e-6
    assert np.abs(coarse.losses - plain.T).max() > 1e-3  # the axes are not exchanged


def test_the_path_equals_a_written_out_sgd(preset):
    data = draw_samples(PIECEWISE, 0).training
    x, y = data.x[:, 0], data.y[:, 0]
    plain = plain_sgd((-1.0, -1.0), x, y, 0.01, 32, 25)
    assert len(plain) == 1 + 25 * (10_000 // 32) == 1 + preset.path.steps[-1]
    path = np.stack([preset.path.x, preset.path.y], axis=1)
    assert np.abs(path - plain[preset.path.steps]).max() < 1e-9
    assert np.abs(path - plain_sgd((-1.0, -1.0), x, y, 0.011, 32, 25)[preset.path.steps]).max() > 1e-3
    assert np.abs(preset.path.losses[-1] - error(*path[-1], x, y)) < 1e-9
    assert np.abs(preset.path.heights - preset.path.losses).max() < 1e-9  # the plane is all there is
    assert preset.path.epochs[-1] == 25.0


def test_the_path_ends_in_one_of_two_equal_minima(preset):
    one, other = preset.minima
    assert (one.x, one.y) == pytest.approx((-other.x, -other.y))
    assert one.loss == pytest.approx(preset.losses.min())
    end = preset.path.end
    assert min(math.dist((end.x, end.y), (place.x, place.y)) for place in preset.minima) < 0.2
    assert end.loss <= one.loss + 0.01
    # The least error is the variance of the noise and what tanh can't follow.
    assert 0.25 < end.loss < 0.28


def test_parts_of_rows_and_of_points_change_nothing(monkeypatch):
    whole = loss_surface("sin", "gelu", points=9, steps=5)
    monkeypatch.setattr("activations.networks.landscape.BUDGET", 40)
    monkeypatch.setattr("activations.networks.landscape.LEAST_POINTS", 7)
    parts = loss_surface("sin", "gelu", points=9, steps=5)
    assert np.abs(whole.losses - parts.losses).max() < 1e-12
    assert np.array_equal(whole.path.x, parts.path.x)


def test_equal_calls_give_equal_surfaces():
    one, other = (loss_surface("abs", "tanh", points=7, steps=20, batch_size=16, seed=3) for _ in range(2))
    assert all(np.array_equal(values, other.arrays()[name]) for name, values in one.arrays().items())
    another = loss_surface("abs", "tanh", points=7, steps=20, batch_size=16, seed=4)
    assert not np.array_equal(another.path.x, one.path.x)


@pytest.mark.parametrize("scaling", ["standard", "none"])
def test_units(scaling):
    surface = loss_surface("100*x", "tanh", points=5, steps=1, scaling=scaling, start=(0.5, 2.0))
    samples = draw_samples(surface.target, 0)
    x, y = samples.training.x[:, 0], samples.training.y[:, 0]
    if scaling == "standard":
        y = samples.scaling.value_to_network(y[:, None])[:, 0]
    assert np.abs(surface.losses - double_loop(surface, x, y)).max() < 1e-6 * surface.losses.max()


def test_surfaces_side_by_side_share_their_span_and_data():
    tanh, relu = loss_surfaces("sin", ["tanh", "relu"], points=5, steps=30)
    assert tanh.settings.span == relu.settings.span
    assert np.array_equal(tanh.x, relu.x)
    assert not np.allclose(tanh.losses, relu.losses)
    given = loss_surface("sin", "tanh", points=5, steps=3, span=(-1.0, 2.0))
    assert (given.x[0], given.x[-1], given.y[0], given.y[-1]) == (-1.0, 2.0, -1.0, 2.0)


def test_random_directions_have_the_norm_of_each_filter():
    surface = loss_surface("sin", "tanh", hidden=(6, 5), points=5, steps=20)
    assert surface.settings.directions == "random"
    assert surface.settings.bias
    for direction in surface.directions:
        for layer in surface.network.layers:
            shape = (layer.inputs, layer.outputs)
            drawn = direction[layer.weight : layer.bias].reshape(shape)
            trained = surface.centre[layer.weight : layer.bias].reshape(shape)
            assert np.linalg.norm(drawn, axis=0) == pytest.approx(np.linalg.norm(trained, axis=0))
            assert not direction[layer.bias : layer.end].any()
    assert not np.allclose(*surface.directions)
    other = random_plane(surface.network, surface.centre, 1)
    assert not np.allclose(other.directions, surface.directions)
    # The middle of the grid is the end of the path.
    assert surface.losses[2, 2] == pytest.approx(surface.path.losses[-1], rel=1e-9)
    assert (surface.path.x[-1], surface.path.y[-1]) == pytest.approx((0, 0), abs=1e-9)


def test_principal_components_are_those_of_the_path():
    surface = loss_surface(
        "sin", "tanh", hidden=(8,), points=5, steps=60, directions="trajectory", optimizer="adam", learning_rate=0.02
    )
    path = surface.path.parameters
    values, vectors = np.linalg.eigh(np.cov(path.T))
    assert surface.explained == pytest.approx(tuple(values[::-1][:2] / values.sum()))
    assert abs(vectors[:, -1] @ surface.directions[0]) == pytest.approx(1.0)
    assert surface.directions @ surface.directions.T == pytest.approx(np.eye(2), abs=1e-12)
    assert surface.path.x == pytest.approx((path - path[-1]) @ surface.directions[0])
    assert surface.path.x[0] > 0 and surface.path.y[0] > 0
    assert 0.5 < surface.path.share <= 1.0
    # Heights are those of the plane below the path, and not of the path itself.
    rows = surface.centre + np.stack([surface.path.x, surface.path.y], axis=1) @ surface.directions
    assert np.abs(rows - path).max() > 1e-6
    assert surface.path.heights[0] != pytest.approx(surface.path.losses[0], rel=1e-9)
    assert surface.path.heights[-1] == pytest.approx(surface.path.losses[-1], rel=1e-9)


def test_a_plane_that_holds_the_path_holds_all_of_it():
    line = np.linspace(0, 1, 7)[:, None] * np.array([[1.0, 2.0, 3.0]]) + np.sin(np.arange(7))[:, None] * [[1, -1, 0]]
    plane = trail_plane(line)
    assert sum(plane.explained) == pytest.approx(1.0)
    assert plane.share(line) == pytest.approx(1.0)
    assert plane.share(line + np.arange(7)[:, None] * [[0, 0, 1.0]]) < 0.99


def test_biases_stay_zero_without_biases():
    without = loss_surface("exp(x)", "tanh", hidden=(4,), bias=False, points=3, steps=20)
    biases = [without.path.parameters[:, layer.bias : layer.theta] for layer in without.network.layers]
    assert not any(part.any() for part in biases)
    weights = without.network.layers[0]
    assert np.ptp(without.path.parameters[:, weights.weight : weights.bias], axis=0).min() > 0
    with_them = loss_surface("exp(x)", "tanh", hidden=(4,), bias=True, points=3, steps=20)
    assert with_them.path.parameters[-1, with_them.network.layers[-1].bias] != 0


def test_two_weights_hold_what_an_activation_learns():
    variant = default_registry().variant("prelu")
    held = loss_surface("sin", variant, points=3, steps=20, optimizer="adamw")
    moved = loss_surface("sin", variant, hidden=(3,), points=3, steps=20)
    assert variant.learnable
    for surface, spread in ((held, 0.0), (moved, None)):
        layer = surface.network.layers[0]
        found = float(np.ptp(surface.path.parameters[:, layer.theta]))
        assert found == spread if spread is not None else found > 0


@pytest.mark.parametrize("activation", ["swiglu", "binary_step", "sine", "x**2"])
def test_other_activations_have_surfaces(activation):
    surface = loss_surface("cubic", activation, points=7, steps=10)
    assert np.isfinite(surface.losses).all()
    assert surface.settings.directions == ("random" if activation == "swiglu" else "weights")


def test_classes_have_cross_entropy(tmp_path):
    lines = ["a,b,kind", *(f"{i % 7},{i % 5},{'up' if i % 7 > 3 else 'down'}" for i in range(60))]
    (tmp_path / "kinds.csv").write_text("\n".join(lines))
    target = csv_target(str(tmp_path / "kinds.csv"))
    surface = loss_surface(target, "tanh", hidden=(4,), points=5, steps=200)
    assert surface.settings.loss == "cross-entropy"
    assert surface.path.losses[-1] < 0.1 < surface.path.losses[0]


def test_a_path_that_diverges_ends_and_says_so():
    surface = loss_surface("sin", "x**3", points=5, learning_rate=50.0, start=(2.0, 2.0), span=(-2, 2))
    assert surface.path.diverged
    assert np.isfinite(surface.path.parameters).all()
    assert np.abs(surface.path.parameters).max() <= 1e6
    assert len(surface.path.x) < 300
    assert not loss_surface("sin", "tanh", points=5, steps=5).path.diverged


def test_errors_that_are_not_finite_are_null_in_json():
    surface = loss_surface("sin", "exp(exp(x))", points=9, steps=3, span=(-9, 9))
    assert not np.isfinite(surface.losses).all() and np.isfinite(surface.losses).any()
    text = json.dumps(surface.to_dict(), allow_nan=False)
    losses = json.loads(text)["losses"]
    assert sum(value is None for row in losses for value in row) == int((~np.isfinite(surface.losses)).sum())
    assert surface.minimum.loss == surface.losses[np.isfinite(surface.losses)].min()


def test_json_holds_the_whole_surface(preset):
    found = json.loads(json.dumps(preset.to_dict(), allow_nan=False))
    assert np.array_equal(np.array(found["losses"]), preset.losses)
    assert found["network"] == [1, 1, 1]
    assert found["settings"]["learning_rate"] == 0.01
    assert found["path"]["x"] == preset.path.x.tolist()


def test_a_plateau_has_one_lowest_point():
    flat = loss_surface("sin", "0*x", points=9, steps=2)
    assert len(flat.minima) == 1
    assert flat.minimum.loss == pytest.approx(1.0, abs=0.01)


def test_a_notebook_shows_facts_and_a_picture(preset):
    html = preset._repr_html_()
    assert "0.264 at (-2.6, -2)" in html
    assert html.count("<img ") == 1 and "<script" not in html
    typed = loss_surface("sin", "x if x < 0 else 2*x", points=3, steps=1)._repr_html_()
    assert "x if x &lt; 0" in typed and "x < 0" not in typed
    assert preset.plot(solid=True).axes and preset.plot("dark").axes


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hidden": (3,), "directions": "weights"}, "directions='random'"),
        ({"bias": True, "directions": "weights"}, "bias=False"),
        ({"directions": "sideways"}, "weights, random, trajectory"),
        ({"points": 2}, "from 3 to 501"),
        ({"points": 9.5}, "whole number"),
        ({"span": (2.0, 1.0)}, "lower one first"),
        ({"span": (math.nan, 1.0)}, "finite"),
        ({"steps": 3, "epochs": 4}, "contradict"),
        ({"start": (1.0,)}, "two finite numbers"),
        ({"start": (1.0, 1.0), "hidden": (3,)}, "leave it out"),
        ({"optimizer": "lm"}, "sgd, momentum, adam or adamw"),
        ({"learning_rate": -1.0}, "positive"),
        ({"batch_size": 10**6}, "training points"),
        ({"scaling": "some"}, "standard, none"),
        ({"precision": "float16"}, "float32, float64"),
        ({"seed": -1}, "seed"),
        ({"directions": "trajectory", "hidden": (3,), "steps": 1}, "more steps"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, words):
    with pytest.raises(SettingError, match=words):
        loss_surface("sin", "tanh", **settings)


def test_a_path_that_does_not_move_has_no_components():
    with pytest.raises(SettingError, match="moves"):
        loss_surface("sin", "0*x + 0", hidden=(3,), bias=False, directions="trajectory", steps=5)


def test_single_precision_is_near_double():
    one, two = (loss_surface("sin", "tanh", points=9, steps=50, precision=p) for p in ("float32", "float64"))
    assert 0 < np.abs(one.losses - two.losses).max() < 1e-3


def test_a_landscape_is_the_loss_of_the_engine():
    import torch

    from activations.fitting.engine import Batch, train
    from activations.fitting.initialisation import initial_parameters
    from activations.fitting.recipe import Recipe

    network = Network(1, (5, 4), 1, default_registry().variant("mish"))
    points = draw_samples(activations.resolve_target("sin"), 0).training
    row = initial_parameters(network, 0)
    inputs, targets = (torch.from_numpy(part)[None] for part in (points.x, points.y))
    batch = Batch(network, inputs, targets, torch.from_numpy(row)[None], torch.ones(1).double(), 1, Recipe())
    landscape = Landscape(network, points.x, points.y, "squares", torch.device("cpu"), torch.float64)
    assert landscape.at(row[None])[0] == pytest.approx(float(train(batch).losses[0, 0]), rel=1e-12)


def test_progress_is_told_in_order():
    seen = []
    loss_surface("sin", "tanh", points=40, steps=40, progress=lambda *told: seen.append(told))
    assert [what for _, _, what in seen if "path" in what]
    done = [(done, whole) for done, whole, what in seen if what == "surface of tanh"]
    assert done == sorted(done) and done[-1][0] == done[-1][1]


def test_the_package_gives_it():
    assert activations.loss_surface is loss_surface
    assert activations.Surface is Surface
    with pytest.raises(SettingError, match="did you mean surface-tanh"):
        surface_preset("surface-tan")


def test_one_surface_that_explodes_leaves_the_other_its_scale():
    from activations.render.surface.scale import scale_of

    tanh, other = loss_surfaces("sin", ["tanh", "exp(exp(x))"], points=15, steps=3, span=(-7, 7))
    assert np.nanmax(np.where(np.isfinite(other.losses), other.losses, np.nan)) > 1e100
    scale = scale_of([tanh, other])
    heights = scale.height(tanh.losses)
    low, high = scale.ends
    assert np.ptp(heights) > 0.25 * (high - low)
    assert scale.logarithmic
    assert len(scale.levels()) > 5 and scale.levels() == sorted(scale.levels())
    assert np.isnan(scale.height(other.losses)[~np.isfinite(other.losses)]).all()

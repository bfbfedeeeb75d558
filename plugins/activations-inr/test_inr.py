import math

import pytest
import torch
from activations_inr import inr_finer, inr_gabor, inr_gaussian, inr_sinc, inr_siren, provide_activations

from activations import create, default_registry, initialise
from activations.testing import cases, run_check, same_curves

ALL = provide_activations()
WIDTH = 512


@pytest.mark.parametrize(("variant", "check"), cases(ALL))
def test_conformance(variant, check):
    outcome = run_check(variant, check)
    assert outcome.status != "failed", outcome.message


@pytest.mark.parametrize("activation", ALL, ids=lambda activation: activation.name)
def test_every_curve_that_is_built_in_too_says_so(activation):
    built_in = [item.variant() for item in default_registry().values() if item.name not in {a.name for a in ALL}]
    same = {one for one, other in same_curves([*built_in, activation.variant()]) if other == activation.name}
    assert same == set(activation.same_at_defaults)


def siren_layers(depth, own=True):
    """The pre-activations of SIREN's layers, times omega_0 and without biases, on a fine grid of coordinates."""
    torch.manual_seed(0)
    signal = torch.linspace(-1, 1, 2000)[:, None]
    found = []
    for layer in range(depth):
        linear = torch.nn.Linear(signal.shape[1], WIDTH)
        if own:
            initialise(linear, inr_siren, place="hidden" if layer else "first")
        found.append(30 * torch.nn.functional.linear(signal, linear.weight.detach()))
        signal = create(inr_siren)(linear(signal)).detach()
    return found


def test_pre_activations_behind_hidden_layers_are_standard_normal():
    first, *hidden = siren_layers(6)
    assert 30 * 0.9 < float(first.abs().max()) <= 30
    for layer in hidden:
        assert float(layer.mean()) == pytest.approx(0, abs=0.1)
        assert float(layer.std()) == pytest.approx(1, abs=0.1)
        inside = [float((layer.abs() < k).double().mean()) for k in (1, 2, 3)]
        assert inside == pytest.approx([math.erf(k / math.sqrt(2)) for k in (1, 2, 3)], abs=0.03)


def test_torchs_weights_are_far_from_that():
    assert all(float(layer.std()) > 5 for layer in siren_layers(3, own=False)[1:])


def test_finer_widens_the_first_biases_alone():
    bounds = [inr_finer.init.bounds(place, 100, {"omega": 30.0}) for place in ("first", "hidden", "output")]
    assert bounds == [(0.01, 1.0), (math.sqrt(6 / 100) / 30, 0.1), (math.sqrt(6 / 100) / 30, 0.1)]
    assert inr_siren.init.bounds("first", 100, {"omega_0": 30.0}) == (0.01, 0.1)


@pytest.mark.parametrize("activation", [inr_gabor, inr_gaussian, inr_sinc], ids=lambda activation: activation.name)
@pytest.mark.parametrize("place", ["first", "hidden", "output"])
def test_the_others_have_torchs_bounds(activation, place):
    assert activation.init.bounds(place, 64, activation.defaults) == (0.125, 0.125)
    torch.manual_seed(3)
    linear = torch.nn.Linear(64, 500)
    largest = initialise(linear, activation, place=place).weight.detach().abs().max()
    assert 0.124 < float(largest) <= 0.125


def test_a_siren_made_by_hand_learns_a_fast_wave():
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 200)[:, None]
    y = torch.sin(40 * x)
    model = torch.nn.Sequential(
        initialise(torch.nn.Linear(1, 64), inr_siren, place="first"),
        create(inr_siren),
        initialise(torch.nn.Linear(64, 64), inr_siren),
        create(inr_siren),
        initialise(torch.nn.Linear(64, 1), inr_siren, place="output"),
    )
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for _ in range(200):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.01

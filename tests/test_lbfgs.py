import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize, rosen, rosen_der

from activations.fitting.devices import steady_arithmetic
from activations.fitting.engine import Batch, predict, train
from activations.fitting.initialisation import initial_parameters
from activations.fitting.lbfgs import _Memory, minimise
from activations.fitting.network import Network
from activations.fitting.recipe import Recipe
from activations.fitting.settings import SettingError
from activations.registry import default_registry

REGISTRY = default_registry()


@pytest.fixture(autouse=True)
def _one_thread():
    with steady_arithmetic():
        yield


def least_squares(runs=5, rows=60, columns=20, decades=2.0):
    """Convex problems, their minima, and a count of the evaluations."""
    source = torch.Generator().manual_seed(2)
    matrix = torch.randn(runs, rows, columns, generator=source, dtype=torch.float64)
    matrix = matrix * torch.logspace(0, -decades, columns, dtype=torch.float64)
    right = torch.randn(runs, rows, 1, generator=source, dtype=torch.float64)
    calls = []

    def evaluate(at):
        residual = matrix @ at.unsqueeze(2) - right
        calls.append(at)
        return residual.square().sum(dim=(1, 2)), 2 * (matrix.transpose(1, 2) @ residual).squeeze(2)

    solved = torch.linalg.lstsq(matrix, right).solution
    return evaluate, (matrix @ solved - right).square().sum(dim=(1, 2)), calls


def rosenbrock(at):
    rows = at.numpy()
    return torch.tensor([rosen(row) for row in rows]), torch.tensor(np.stack([rosen_der(row) for row in rows]))


def test_it_reaches_the_minima_of_convex_least_squares():
    evaluate, minima, calls = least_squares()
    found = minimise(evaluate, torch.zeros(5, 20, dtype=torch.float64), 200, 100)
    torch.testing.assert_close(found.values, minima, rtol=1e-12, atol=0)
    assert len(calls) < 400
    # Far fewer iterations do not suffice: the bound would be missed.
    early = minimise(evaluate, torch.zeros(5, 20, dtype=torch.float64), 10, 100)
    assert (early.values > minima * (1 + 1e-6)).all()


@pytest.mark.parametrize("history", [3, 20])
def test_the_curved_valley_ends_where_scipy_ends_with_about_as_many_evaluations(history):
    starts = torch.randn(4, 8, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    calls = []

    def evaluate(at):
        calls.append(at)
        return rosenbrock(at)

    found = minimise(evaluate, starts, 150, history)
    for run, start in enumerate(starts.numpy()):
        options = {"maxcor": history, "maxiter": 150, "ftol": 0.0, "gtol": 1e-9}
        expected = minimize(rosen, start, jac=rosen_der, method="L-BFGS-B", options=options)
        assert found.values[run] < max(1e-15, 10 * expected.fun)
        np.testing.assert_allclose(found.rows[run].numpy(), expected.x, atol=1e-6)
    assert len(calls) < 700


def test_the_compact_form_equals_the_recursion_of_the_book():
    """Two loops over the pairs, for a run with all of them and for one that left one out and forgot once."""
    source = torch.Generator().manual_seed(1)
    memory = _Memory(3, torch.zeros(2, 6, dtype=torch.float64))
    scale = torch.rand(6, generator=source, dtype=torch.float64) + 0.5
    pairs = {0: [], 1: []}
    for time in range(7):
        steps = torch.randn(2, 6, generator=source, dtype=torch.float64)
        changes = steps * scale + 0.02 * steps.flip(1)
        which = torch.tensor([True, time != 5])
        if time == 3:
            memory.forget(torch.tensor([False, True]))
            pairs[1] = []
        memory.keep(steps, changes, which)
        for run in range(2):
            pairs[run].append((steps[run], changes[run]) if which[run] else None)
    gradient = torch.randn(2, 6, generator=source, dtype=torch.float64)
    found = memory.times(gradient)
    for run in range(2):
        kept = [pair for pair in pairs[run][-3:] if pair is not None]
        assert len(kept) == 3 - run
        rest, shares = gradient[run].clone(), []
        for step, change in reversed(kept):
            shares.append((step @ rest) / (step @ change))
            rest = rest - shares[-1] * change
        step, change = kept[-1]
        rest = rest * ((step @ change) / (change @ change))
        for (step, change), share in zip(kept, reversed(shares), strict=True):
            rest = rest + step * (share - (change @ rest) / (step @ change))
        torch.testing.assert_close(found[run], rest, rtol=1e-10, atol=1e-12)


def test_a_longer_history_helps():
    evaluate, minima, _ = least_squares()
    start = torch.zeros(5, 20, dtype=torch.float64)
    short, long = (minimise(evaluate, start, 100, history).values - minima for history in (2, 30))
    assert (long < short / 50).all()


def test_runs_do_not_influence_each_other_and_one_that_starts_badly_stays_there():
    evaluate, _, _ = least_squares()
    starts = torch.ones(5, 20, dtype=torch.float64)
    calm = minimise(evaluate, starts, 30, 5, looked_at=(0, 1, 29))
    spoilt = starts.clone()
    spoilt[2, 3] = math.nan
    found = minimise(evaluate, spoilt, 30, 5, looked_at=(0, 1, 29))
    others = [0, 1, 3, 4]
    assert torch.equal(found.rows[others], calm.rows[others])
    assert torch.equal(found.losses[:, others], calm.losses[:, others])
    assert torch.equal(found.rows[2].nan_to_num(9.0), spoilt[2].nan_to_num(9.0))
    assert torch.isnan(found.values[2])


def test_a_wall_of_infinity_is_not_crossed():
    """-log(x) + x is not finite for x ≤ 0; the first steps from 40 would end there."""

    def evaluate(at):
        return (at - at.log()).sum(dim=1), 1 - 1 / at

    found = minimise(evaluate, torch.tensor([[40.0], [1e-3], [1.0]], dtype=torch.float64), 50, 5)
    assert torch.isfinite(found.rows).all()
    torch.testing.assert_close(found.rows, torch.ones(3, 1, dtype=torch.float64), rtol=1e-7, atol=0)


def test_a_kink_does_not_trap_the_line_search():
    def evaluate(at):
        return at.abs().sum(dim=1) + at.square().sum(dim=1), at.sign() + 2 * at

    starts = torch.tensor([[3.0, -0.7], [0.01, 5.0]], dtype=torch.float64)
    assert (minimise(evaluate, starts, 60, 10).values < 1e-3).all()


def batch_of(name, recipe, runs=4, points=31, dtype=torch.float64, outputs=1):
    network = Network(1, (6,), outputs, REGISTRY.variant(name))
    x = torch.linspace(-1, 1, points, dtype=dtype)[None, :, None].expand(runs, -1, -1).contiguous()
    rows = torch.tensor(np.stack([initial_parameters(network, seed, 2.0) for seed in range(runs)]), dtype=dtype)
    y = (x > 0.1).long().squeeze(2) if recipe.loss == "cross-entropy" else torch.sin(3 * x)
    return Batch(network, x, y, rows, torch.full((runs,), 0.01, dtype=dtype), 150, recipe)


@pytest.mark.parametrize("name", ["tanh", "relu", "glu", "prelu"])
def test_a_network_is_fitted_better_than_by_adam(name):
    batch = batch_of(name, Recipe(optimizer="lbfgs"))
    descended = train(batch_of(name, Recipe()))
    found = train(batch)
    before, after = (
        (predict(batch.network, trained.parameters, batch.inputs) - batch.targets).square().mean(dim=(1, 2))
        for trained in (descended, found)
    )
    assert after.median() < before.median() / 2
    assert (found.losses.diff(dim=0) <= 0).all()
    assert found.losses.shape == (len(found.looked_at), 4) and found.steps.tolist() == [150] * 4
    assert (after <= found.losses[-1] * (1 + 1e-9)).all()


def test_scipy_finds_no_lower_loss_from_the_same_starts():
    batch = batch_of("tanh", Recipe(optimizer="lbfgs", history=10))
    found = train(batch)
    for run in range(4):

        def loss(row, run=run):
            at = torch.tensor(row, requires_grad=True)
            hidden = (batch.inputs[run] @ at[None, :6] + at[6:12]).tanh()
            value = (hidden @ at[12:18, None] + at[18] - batch.targets[run]).square().mean()
            (slope,) = torch.autograd.grad(value, at)
            return float(value.detach()), slope.numpy()

        start = batch.parameters[run].numpy()
        assert loss(start)[0] == pytest.approx(float(found.losses[0, run]), rel=1e-12)
        options = {"maxcor": 10, "maxiter": 150, "ftol": 0.0, "gtol": 0.0}
        expected = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
        assert loss(found.parameters[run].numpy())[0] < 30 * expected.fun


@pytest.mark.parametrize("loss", ["huber", "cross-entropy"])
def test_other_losses_are_minimised_too(loss):
    batch = batch_of("tanh", Recipe(optimizer="lbfgs", loss=loss), outputs=2 if loss == "cross-entropy" else 1)
    found = train(batch)
    assert (found.losses[-1] < found.losses[0] / 50).all()


def test_float32_ends_at_its_rounding_and_not_in_an_error():
    found = train(batch_of("tanh", Recipe(optimizer="lbfgs"), dtype=torch.float32))
    assert found.parameters.dtype == torch.float32
    assert (found.losses[-1] < 1e-3).all()


def test_a_network_that_is_not_finite_at_its_start_made_no_step():
    batch = batch_of("tanh", Recipe(optimizer="lbfgs"))
    batch.targets[1, 0] = math.inf
    found = train(batch)
    assert found.steps.tolist() == [150, 0, 150, 150]
    assert torch.equal(found.parameters[1], batch.parameters[1])


def test_the_plain_reference_has_no_such_optimizer():
    with pytest.raises(SettingError, match="engine='numpy' has no optimizer 'lbfgs'"):
        train(batch_of("tanh", Recipe(optimizer="lbfgs")), engine="numpy")

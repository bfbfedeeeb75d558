"""Recipes without a learning rate and runs of several starts, in the engine and in a chunk of the benchmark."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from activations.benchmark.chunk import train_chunk
from activations.benchmark.plan import CHUNK, Run, chunks
from activations.benchmark.workers import Workers
from activations.declare import formula_activation
from activations.fitting.devices import steady_arithmetic
from activations.fitting.engine import Batch, predict, train
from activations.fitting.initialisation import initial_parameters, start_scale
from activations.fitting.levenberg import levenberg_marquardt
from activations.fitting.network import Network
from activations.fitting.recipe import OPTIMIZERS, Recipe
from activations.fitting.settings import SettingError
from activations.fitting.starts import keep_best_starts, training_losses
from activations.fitting.targets import formula_target, resolve_target
from activations.registry import default_registry

REGISTRY = default_registry()
SIN = formula_target("sin(4*x)", points=25)
LM, LBFGS = Recipe(optimizer="lm", starts=3), Recipe(optimizer="lbfgs", starts=3)


@pytest.fixture(autouse=True)
def _one_thread():
    with steady_arithmetic():
        yield


def run_of(seed=1, recipe=LM, name="tanh", target=SIN, hidden=(4,), steps=15, precision="float64"):
    return Run(target, REGISTRY.variant(name), hidden, 1.0, 1.0, seed, steps, precision=precision, recipe=recipe)


def batch_of(recipe, runs=4, scale=3.0):
    network = Network(1, (6,), 1, REGISTRY.variant("tanh"))
    x = torch.linspace(-1, 1, 31, dtype=torch.float64)[None, :, None].expand(runs, -1, -1).contiguous()
    rows = torch.tensor(np.stack([initial_parameters(network, seed, scale) for seed in range(runs)]))
    return Batch(network, x, torch.sin(4 * x), rows, torch.ones(runs, dtype=torch.float64), 40, recipe)


# The recipe


def test_keys_of_earlier_recipes_stay_as_they_were():
    """A stored run is found again by its key: these were made before there were starts and histories."""
    target, variant = resolve_target("sin"), REGISTRY.variant("tanh")
    step = Recipe(optimizer="sgd", schedule="step", loss="huber", batch_size=7)
    keys = [
        Run(target, variant, (8,), 0.01, 1.0, 3, 20, recipe=recipe).key
        for recipe in (Recipe(), Recipe(optimizer="adamw"), step)
    ]
    assert keys == [
        "cde8ee5e7d6be05a4b231eee04ee95d7",
        "be9a082f39281c11bbd05591297d2353",
        "a86c3137f7a3ade27a9e65535213fc26",
    ]


def test_what_changes_a_result_changes_the_key_and_nothing_else_does():
    recipes = [LM, replace(LM, starts=4), LBFGS, replace(LBFGS, history=10), Recipe(starts=3), Recipe()]
    assert len({run_of(recipe=recipe).key for recipe in recipes}) == len(recipes)
    assert run_of(recipe=replace(LM, history=10)).key == run_of().key


def test_the_words_and_the_dictionary_say_what_applies():
    assert Recipe(optimizer="lm", starts=10).words == "Levenberg–Marquardt, best of 10 starts"
    assert Recipe(optimizer="lbfgs", loss="huber").words == "L-BFGS with history 100, huber loss"
    assert Recipe(starts=2).words == "adam, full batch, cosine decay to 0, best of 2 starts"
    assert Recipe().to_dict().keys() == {"optimizer", "schedule", "loss", "batch_size", "weight_decay"}
    assert LM.to_dict() == {
        "optimizer": "lm",
        "schedule": None,
        "loss": "squares",
        "batch_size": None,
        "weight_decay": None,
        "starts": 3,
    }
    assert LBFGS.to_dict()["history"] == 100
    assert [name for name in OPTIMIZERS if not Recipe(optimizer=name).has_rate] == ["lbfgs", "lm"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "lm", "schedule": "step"}, "schedule='step' makes no sense with optimizer='lm'"),
        ({"optimizer": "lbfgs", "schedule": "constant"}, "has no learning rate; leave it out, or choose from adam,"),
        ({"optimizer": "lbfgs", "batch_size": 5}, "batch_size=5 makes no sense with optimizer='lbfgs'"),
        ({"optimizer": "lm", "loss": "huber"}, "loss='huber' .* choose 'lbfgs'"),
        ({"optimizer": "lm", "loss": "cross-entropy"}, "loss='cross-entropy' .* choose 'lbfgs'"),
        ({"starts": 0}, "starts=0 must be a whole number from 1"),
        ({"history": 0}, "history=0 must be a whole number from 1"),
    ],
)
def test_recipes_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        Recipe(**settings)


# The engine


def test_the_engine_of_a_recipe_gives_what_the_function_gives():
    batch = batch_of(Recipe(optimizer="lm"))
    found = train(batch)
    expected = levenberg_marquardt(batch.network, batch.inputs, batch.targets, batch.parameters, 40)
    assert torch.equal(found.parameters, expected.parameters)
    assert found.steps.tolist() == [40] * 4
    assert found.looked_at[0] == 0 and found.looked_at[-1] == 39
    for column, step in enumerate(found.looked_at):
        there = levenberg_marquardt(batch.network, batch.inputs, batch.targets, batch.parameters, step)
        assert torch.equal(found.losses[column], there.errors)


def test_one_that_is_not_finite_at_its_start_made_no_step():
    batch = batch_of(Recipe(optimizer="lm"))
    batch.targets[1, 0] = math.nan
    assert train(batch).steps.tolist() == [40, 0, 40, 40]


def test_levenberg_marquardt_in_float32_is_refused():
    batch = batch_of(Recipe(optimizer="lm"))
    batch = replace(batch, parameters=batch.parameters.float(), inputs=batch.inputs.float())
    with pytest.raises(SettingError, match=r"needs float64, got torch.float32; write precision='float64'"):
        train(batch)


def test_a_batch_that_takes_much_memory_is_computed_in_parts(monkeypatch):
    batch = batch_of(Recipe(optimizer="lm"))
    whole = train(batch)
    monkeypatch.setattr("activations.fitting.levenberg.MEMORY", 5 * 8 * 19 * 31 * 2)
    sizes = []
    original = levenberg_marquardt

    def noted(network, inputs, *rest):
        sizes.append(len(inputs))
        return original(network, inputs, *rest)

    monkeypatch.setattr("activations.fitting.levenberg.levenberg_marquardt", noted)
    parts = train(batch)
    assert sizes == [2, 2]
    torch.testing.assert_close(parts.losses[:10], whole.losses[:10], rtol=1e-6, atol=0)


# Several starts


def test_starts_have_other_weights_and_the_first_is_the_one_without_starts():
    network = Network(1, (5, 5), 1, REGISTRY.variant("glu"))
    rows = [initial_parameters(network, seed, start=start) for seed in range(3) for start in range(40)]
    assert len({row.tobytes() for row in rows}) == 120
    assert (initial_parameters(network, 2) == rows[80]).all()
    weights = np.concatenate([row[:10] for row in rows])
    assert len(np.unique(weights)) == len(weights)
    assert [start_scale(start) for start in range(5)] == [1.0, 3.0, 10.0, 1.0, 3.0]


def with_starts(batch, starts):
    """A batch of runs of several starts, given as tensors [runs, parameters]."""
    return replace(
        batch,
        inputs=batch.inputs.repeat_interleave(len(starts), dim=0),
        targets=batch.targets.repeat_interleave(len(starts), dim=0),
        parameters=torch.stack(starts, dim=1).flatten(0, 1),
        learning_rates=batch.learning_rates.repeat_interleave(len(starts)),
    )


@pytest.mark.parametrize("optimizer", ["lm", "lbfgs", "adam"])
def test_the_start_with_the_smallest_training_loss_is_kept(optimizer):
    batch = batch_of(Recipe(optimizer=optimizer))
    batch = replace(batch, learning_rates=batch.learning_rates / 100)
    scales = (0.1, 1.7, 5.0)
    starts = [batch.parameters, *(batch_of(batch.recipe, scale=scale).parameters * scale for scale in scales)]
    whole = with_starts(batch, starts)
    trained = train(whole)
    losses = training_losses(whole, trained).view(-1, len(starts))
    best = losses.argmin(dim=1)
    kept = keep_best_starts(whole, trained, len(starts))
    assert len(best.unique()) > 1
    for run, start in enumerate(best.tolist()):
        assert torch.equal(kept.parameters[run], trained.parameters[run * len(starts) + start])
        assert torch.equal(kept.losses[:, run], trained.losses[:, run * len(starts) + start])
    # The worst would have been another one.
    assert (losses.amax(dim=1) > losses.amin(dim=1)).all()


def test_a_start_that_diverges_is_kept_only_if_all_do():
    batch = batch_of(Recipe(optimizer="lm"))
    bad = torch.full_like(batch.parameters, math.nan)
    for starts in ([bad, bad, batch.parameters, bad], [batch.parameters, bad]):
        whole = with_starts(batch, starts)
        trained = train(whole)
        found = keep_best_starts(whole, trained, len(starts))
        good = next(i for i, start in enumerate(starts) if start is not bad)
        assert torch.equal(found.parameters, trained.parameters[good :: len(starts)])
        assert found.steps.tolist() == [batch.steps] * len(batch.parameters)
    whole = with_starts(batch, [bad, bad])
    assert keep_best_starts(whole, train(whole), 2).steps.tolist() == [0] * 4


def test_equal_starts_are_resolved_by_order():
    batch = batch_of(Recipe())
    whole = with_starts(batch, [batch.parameters, batch.parameters])
    trained = train(whole)
    assert torch.equal(keep_best_starts(whole, trained, 2).parameters, trained.parameters[::2])


# Chunks


@pytest.mark.parametrize("recipe", [LM, LBFGS])
def test_the_result_of_a_run_does_not_depend_on_what_shares_its_chunk(recipe):
    runs = [run_of(seed, recipe) for seed in range(1, 8)]
    assert [len(chunk) for chunk in chunks(runs)] == [1] * len(runs)
    with Workers(1, "cpu") as workers:
        together = {found.run.key: found for part in workers.train(runs) for found in part}
        for shared in ([runs[4]], runs[3:6], runs[::-1]):
            for found in (found for part in workers.train(shared) for found in part):
                outcome = together[found.run.key]
                assert (found.parameters == outcome.parameters).all()
                assert found.test == outcome.test
                assert found.losses == outcome.losses
    first, second = list(together.values())[:2]
    assert not (first.parameters == second.parameters).all()


def test_a_chunk_keeps_the_best_start_by_training_points_alone():
    single = [train_chunk([run_of(5, Recipe(optimizer="lm"), steps=30)])[0]]
    outcome = train_chunk([run_of(5, LM, steps=30)])[0]
    assert outcome.losses[-1][1] <= single[0].losses[-1][1]
    losses = []
    for start in range(3):
        run = run_of(5, LM, steps=30)
        row = initial_parameters(run.network, 5, start_scale(start), start=start)
        x = torch.linspace(-1, 1, 25, dtype=torch.float64)[None, :, None].expand(CHUNK, -1, -1).contiguous()
        y = torch.sin(4 * x)
        y = (y - y[0].mean()) / y[0].std(unbiased=False)
        rows = torch.tensor(row)[None].expand(CHUNK, -1).contiguous()
        found = levenberg_marquardt(run.network, x, y, rows, 30)
        losses.append(float(found.errors[0]))
        if losses[-1] == min(losses):
            best = found.parameters[0]
    np.testing.assert_allclose(outcome.parameters, best.numpy(), rtol=1e-4)
    assert max(losses) > 2 * min(losses)


def test_classes_are_fitted_by_lbfgs_and_not_by_lm():
    target = resolve_target("spiral3")
    (outcome,) = train_chunk([run_of(1, replace(LBFGS, starts=2), target=target, hidden=(12,), steps=60)])
    assert outcome.test.accuracy > 0.8
    with pytest.raises(SettingError, match="choose 'lbfgs'"):
        train_chunk([run_of(1, LM, target=target)])


def test_a_square_is_fitted_exactly_by_a_unit_that_squares():
    target = formula_target("x^2 - x", points=21)
    variant = formula_activation("x^2").variant()
    for recipe in (LM, LBFGS):
        run = replace(run_of(recipe=recipe, target=target, hidden=(1,), steps=100), variant=variant)
        (outcome,) = train_chunk([run])
        assert outcome.test.rmse < 1e-7
        inputs = torch.zeros(1, 1, 1, dtype=torch.float64)
        assert torch.isfinite(predict(run.network, torch.tensor(outcome.parameters)[None], inputs)).all()

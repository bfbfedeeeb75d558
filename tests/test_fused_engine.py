"""The native engine trains as the NumPy engine does: every activation, shape and recipe, to rounding."""

from __future__ import annotations

import itertools
import math
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from activations.declare import Variant, formula_activation
from activations.fitting.devices import steady_arithmetic
from activations.fitting.engine import Batch, Trajectories, train
from activations.fitting.fused import builds, engine
from activations.fitting.fused.compiler import build_folder
from activations.fitting.fused.engine import Stop, StoppedError, train_fused
from activations.fitting.fused.kernels import emitted_of
from activations.fitting.fused.library import Library
from activations.fitting.fused.trainer import RunInTraining, prepare
from activations.fitting.initialisation import initial_parameters
from activations.fitting.network import Network
from activations.fitting.recipe import DEFAULT_RECIPE, Recipe
from activations.fitting.settings import SettingError
from activations.registry import default_registry

REGISTRY = default_registry()
EVERY = [REGISTRY[name].variant() for name in REGISTRY]
LEARNABLE = [item.variant(True) for item in REGISTRY.values() if item.defaults]
CHOSEN = [
    *(REGISTRY.variant(name) for name in ("tanh", "relu", "softplus", "glu", "prelu", "bilinear:learnable", "sine")),
    REGISTRY.variant("elu:learnable"),
]
TANH, GLU, PRELU = (REGISTRY.variant(name) for name in ("tanh", "glu", "prelu"))
NEAR = 1e-9

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not (shutil.which("g++") or shutil.which("clang++")), reason="needs g++ or clang++"
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with steady_arithmetic():
        yield


@pytest.fixture(scope="module", autouse=True)
def _all_compiled() -> None:
    """Everything at once: a compiler's start takes longer than ten functions."""
    for precision, variants in (("float64", [*EVERY, *CHOSEN]), ("float32", CHOSEN)):
        emitted = [emitted_of(variant, precision) for variant in variants]
        builds.functions([item for item in emitted if not isinstance(item, str)], precision)
        builds.trainer(precision)
        assert builds.refused(precision) == {}


def make_batch(
    variant: Variant,
    hidden: tuple[int, ...] = (5,),
    inputs: int = 1,
    outputs: int = 1,
    points: int = 16,
    *,
    runs: int = 1,
    steps: int = 40,
    rate: float = 3e-3,
    recipe: Recipe = DEFAULT_RECIPE,
    dtype: torch.dtype = torch.float64,
    own: tuple[Variant | None, ...] = (),
    biases: bool = True,
) -> Batch:
    """Networks of one graph, with data, starts and rates of their own."""
    network = Network(inputs, hidden, outputs, variant, own, biases)
    source = torch.Generator().manual_seed(5)
    x = 2 * torch.rand(runs, points, inputs, generator=source, dtype=torch.float64) - 1
    y = torch.cat([torch.sin((3 + i) * x.sum(-1, keepdim=True) + i) for i in range(outputs)], dim=-1)
    if recipe.loss == "cross-entropy":
        y = y.argmax(-1)
    elif recipe.loss == "huber":
        y = 3 * y  # on both sides of where the loss becomes linear
    rows = np.stack([initial_parameters(network, seed) for seed in range(runs)])
    return Batch(
        network,
        x.to(dtype),
        y if recipe.loss == "cross-entropy" else y.to(dtype),
        torch.tensor(rows, dtype=dtype),
        rate * torch.arange(1, runs + 1, dtype=dtype),
        steps,
        recipe,
        tuple(range(7, 7 + runs)),
    )


def distance(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference, relative for large numbers."""
    expected = expected.double()
    return float(((found.double() - expected).abs() / expected.abs().clamp(min=1)).max())


def assert_same_way(batch: Batch, tolerance: float = NEAR) -> Trajectories:
    """The native engine goes the way of the NumPy engine."""
    found, expected = train(batch, engine="native"), train(batch, engine="numpy")
    assert found.steps.tolist() == expected.steps.tolist()
    assert found.looked_at == expected.looked_at
    assert distance(found.parameters, expected.parameters) <= tolerance
    torch.testing.assert_close(found.losses, expected.losses, rtol=tolerance, atol=tolerance, equal_nan=True)
    return found


def assert_same_bits(found: Trajectories, expected: Trajectories, runs: Any = slice(None)) -> None:
    """Not a single bit differs."""
    assert found.steps.tolist() == expected.steps[runs].tolist()
    for one, other in ((found.parameters, expected.parameters[runs]), (found.losses, expected.losses[:, runs])):
        assert one.dtype == other.dtype
        assert one.numpy().tobytes() == other.contiguous().numpy().tobytes()


def chosen_runs(batch: Batch, runs: Sequence[int]) -> Batch:
    """Some runs of a batch, in this order."""
    places = list(runs)
    return replace(
        batch,
        inputs=batch.inputs[places],
        targets=batch.targets[places],
        parameters=batch.parameters[places],
        learning_rates=batch.learning_rates[places],
        seeds=tuple(batch.seeds[run] for run in places),
    )


@pytest.mark.parametrize("variant", EVERY, ids=lambda variant: variant.label)
def test_every_activation_trains_as_in_numpy(variant: Variant) -> None:
    trained = assert_same_way(make_batch(variant, steps=200, rate=1e-3))
    assert trained.steps.tolist() == [200]


@pytest.mark.parametrize("variant", [GLU, REGISTRY.variant("elu:learnable")], ids=lambda variant: variant.label)
def test_a_difference_would_be_found(variant: Variant) -> None:
    batch = make_batch(variant, steps=200, rate=1e-3)
    moved = replace(batch, parameters=batch.parameters + 1e-7)
    found, expected = train(moved, engine="native"), train(batch, engine="numpy")
    assert distance(found.parameters, expected.parameters) > 10 * NEAR


@pytest.mark.parametrize("variant", CHOSEN, ids=lambda variant: variant.label)
@pytest.mark.parametrize("hidden", [(5,), (9, 4)])
def test_float32_is_as_close_to_float64_as_the_batched_engine(variant: Variant, hidden: tuple[int, ...]) -> None:
    exact = make_batch(variant, hidden, steps=60, runs=3)
    single = make_batch(variant, hidden, steps=60, runs=3, dtype=torch.float32)
    expected = train(exact).parameters
    found, usual = (train(single, engine=name).parameters for name in ("native", "batched"))
    assert found.dtype == torch.float32
    assert distance(found, expected) <= 4 * distance(usual, expected) + 4 * torch.finfo(torch.float32).eps


@pytest.mark.parametrize("loss", ["squares", "huber", "cross-entropy"])
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "momentum"])
@pytest.mark.parametrize("batch_size", [None, 5])
def test_every_recipe(optimizer: Any, loss: Any, batch_size: int | None) -> None:
    schedule: Any = {"adam": "cosine", "adamw": "step", "sgd": "constant", "momentum": "step"}[optimizer]
    recipe = Recipe(optimizer, schedule, loss, batch_size)
    assert_same_way(make_batch(TANH, (5, 3), 2, 3, 17, runs=2, rate=0.02, recipe=recipe))
    if loss != "cross-entropy":
        assert_same_way(make_batch(TANH, (5,), 1, 1, 17, rate=0.02, recipe=recipe))


@pytest.mark.parametrize("variant", CHOSEN, ids=lambda variant: variant.label)
@pytest.mark.parametrize(
    ("inputs", "hidden", "outputs"),
    [(1, (8,), 1), (1, (4, 3), 1), (3, (33,), 1), (2, (3, 9, 2), 2), (1, (2, 1, 3, 2), 3), (9, (1,), 1)],
)
def test_every_kind_of_activation_in_every_kind_of_network(
    variant: Variant, inputs: int, hidden: tuple[int, ...], outputs: int
) -> None:
    assert_same_way(make_batch(variant, hidden, inputs, outputs, steps=20))
    assert_same_way(make_batch(variant, hidden, inputs, outputs, steps=10, biases=False))


@pytest.mark.parametrize("width", [1, 3, 8, 33, 70])
@pytest.mark.parametrize("points", [1, 2, 37, 300])
def test_every_width_with_points_of_several_blocks(width: int, points: int) -> None:
    for variant, hidden, outputs in ((TANH, (width,), 1), (GLU, (width, width), 2)):
        assert_same_way(make_batch(variant, hidden, 1, outputs, points, steps=5))


def test_points_of_many_blocks() -> None:
    assert_same_way(make_batch(PRELU, (70, 5), 2, 1, 3000, steps=3))


def test_layers_with_activations_of_their_own() -> None:
    own = (None, GLU, REGISTRY.variant("elu:learnable"), PRELU)
    for outputs in (1, 2):
        assert_same_way(make_batch(TANH, (5, 4, 3, 9), 2, outputs, own=own))


@pytest.mark.parametrize("variant", LEARNABLE, ids=lambda variant: variant.label)
def test_every_parameter_can_be_learned(variant: Variant) -> None:
    assert_same_way(make_batch(variant, (3,), steps=5, points=7))


def test_losses_are_those_of_the_steps_that_are_looked_at() -> None:
    batch = make_batch(TANH, steps=200, rate=0.03)
    trained = assert_same_way(batch)
    assert trained.looked_at[:2] == (0, 1)
    assert trained.losses[-1, 0] < trained.losses[0, 0] / 2


@pytest.mark.parametrize("rate", [10.0, 1e10, 1e200])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("formula", ["exp(x)", "x^2", "relu(x)", "x^3/(1 + x^2)"])
def test_a_run_that_diverges_stops_at_the_same_step(formula: str, optimizer: Any, rate: float) -> None:
    variant = formula_activation(formula).variant()
    batch = make_batch(variant, (5, 3), rate=rate, runs=2, steps=30, recipe=Recipe(optimizer, "constant"))
    assert_same_way(batch, 1e-7)


def test_a_run_that_diverges_leaves_its_neighbours_alone() -> None:
    batch = make_batch(formula_activation("exp(x)").variant(), (5, 3), runs=4, steps=30)
    rates, inputs = batch.learning_rates.clone(), batch.inputs.clone()
    rates[1], inputs[2, 3] = 1e10, math.nan
    found, expected = train(replace(batch, learning_rates=rates, inputs=inputs), engine="native"), train(batch)
    assert found.steps.tolist()[::3] == [30, 30]
    assert 0 < found.steps[1] < 30
    assert found.steps[2] == 0
    assert torch.equal(found.parameters[2], batch.parameters[2])
    assert torch.isnan(found.losses[:, 2]).all()
    assert distance(found.parameters[[0, 3]], expected.parameters[[0, 3]]) <= NEAR


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Batches of all shapes and recipes."""
    hidden = tuple(draw(st.lists(st.integers(1, 20), min_size=1, max_size=4)))
    loss: Any = draw(st.sampled_from(["squares", "huber", "cross-entropy"]))
    points = draw(st.integers(1, 60))
    recipe = Recipe(
        draw(st.sampled_from(["adam", "adamw", "sgd", "momentum"])),
        draw(st.sampled_from(["cosine", "constant", "step"])),
        loss,
        draw(st.none() | st.integers(1, points)),
    )
    return make_batch(
        draw(st.sampled_from(CHOSEN)),
        hidden,
        draw(st.integers(1, 20)),
        draw(st.integers(2 if loss == "cross-entropy" else 1, 20)),
        points,
        steps=draw(st.integers(1, 12)),
        recipe=recipe,
        own=tuple(draw(st.sampled_from([None, *CHOSEN])) for _ in hidden) if draw(st.booleans()) else (),
        biases=draw(st.booleans()),
    )


@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches())
@example(make_batch(TANH, (1,), points=1, steps=1))
@example(make_batch(GLU, (16, 16), 16, 16, 48, steps=3))
def test_any_shape_and_recipe(batch: Batch) -> None:
    assert_same_way(batch)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("batch_size", [None, 5])
def test_a_run_is_bit_for_bit_the_same_in_any_company(dtype: torch.dtype, batch_size: int | None) -> None:
    recipe = Recipe(batch_size=batch_size)
    batch = make_batch(PRELU, (9, 4), 2, 1, 23, runs=6, dtype=dtype, recipe=recipe)
    expected = train(batch, engine="native")
    assert len({row.numpy().tobytes() for row in expected.parameters}) == 6
    for threads in (2, 3):
        assert_same_bits(train(batch, engine="native", threads=threads), expected)
        assert_same_bits(train_fused(batch, threads, Stop()), expected)
    assert_same_bits(train_fused(batch, 1, Stop()), expected)
    for runs in ([3], [5, 4, 3, 2, 1, 0], [2, 2, 2], [0, 1, 2, 3], [4, 5]):
        assert_same_bits(train(chosen_runs(batch, runs), engine="native", threads=2), expected, runs)
    assert_same_bits(train(batch.first(2), engine="native"), expected, slice(2))


@pytest.mark.parametrize("values", [1, 50, 100, 115])
def test_pieces_of_an_order_make_no_difference(values: int, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = make_batch(TANH, (4,), points=23, steps=35, runs=2, recipe=Recipe(batch_size=5))
    expected = train(batch, engine="native")
    advances = []
    advance = RunInTraining.advance

    def counted(self: Any, end: int, *arguments: Any) -> bool:
        advances.append(end)
        return advance(self, end, *arguments)

    monkeypatch.setattr(RunInTraining, "advance", counted)
    monkeypatch.setattr(engine, "SPAN_VALUES", values)
    assert_same_bits(train(batch, engine="native"), expected)
    assert advances[-1] == 35
    assert len(advances) > 2 or values > 115


class Watched:
    """Tells when a training has begun, and how many steps it made in the end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = threading.Event()
        self.made: list[int] = []
        advance, close = RunInTraining.advance, RunInTraining.close

        def begin(run: Any, *arguments: Any) -> bool:
            self.begun.set()
            return advance(run, *arguments)

        def end(run: Any) -> int:
            self.made.append(close(run))
            return self.made[-1]

        monkeypatch.setattr(RunInTraining, "advance", begin)
        monkeypatch.setattr(RunInTraining, "close", end)


@pytest.mark.parametrize(("threads", "batch_size"), [(1, None), (2, None), (1, 50)])
def test_a_training_is_stopped_from_another_thread(
    threads: int, batch_size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = make_batch(TANH, (64, 64), points=300, runs=3, steps=10**6, recipe=Recipe(batch_size=batch_size))
    watched, stop, raised = Watched(monkeypatch), Stop(), []

    def work() -> None:
        try:
            train_fused(batch, threads, stop)
        except StoppedError as error:
            raised.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert watched.begun.wait(60)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    assert len(raised) == 1
    assert watched.made
    assert max(watched.made) < 10**6


def test_a_stop_that_was_set_before_lets_no_step_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    watched, stop = Watched(monkeypatch), Stop()
    stop.set()
    with pytest.raises(StoppedError):
        train_fused(make_batch(TANH), 1, stop)
    assert watched.made == [0]


@pytest.fixture(scope="module", params=["one lane", 16, 64])
def other_trainer(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """What the engine has of the compiler, for vectors of another width."""
    loaded: dict[str, Any] = {}
    with build_folder() as folder:
        found = builds.compiler(None)
        for precision, size in (("float64", 8), ("float32", 4)):
            width = size if request.param == "one lane" else request.param
            emitted = [item for item in (emitted_of(one, precision) for one in CHOSEN) if not isinstance(item, str)]
            texts = [(builds.kernel() / "train.cpp").read_text(encoding="utf-8"), builds.unit_text(emitted)]
            headers = {name: text for one in texts for name, text in builds.headers_of(one).items()}
            place = folder / precision
            place.mkdir()
            made = found.build(texts, headers, precision, place, flags=[f"-DVECTOR_BYTES={width}"])
            assert all(one.library for one in made), [one.output for one in made]
            trainer, functions = (Library(one.library) for one in made if one.library)
            assert trainer.handle.vector_bytes() == width
            loaded[precision] = trainer.handle, {item.symbol: functions.address(item.symbol) for item in emitted}
        yield loaded


@pytest.mark.parametrize("variant", CHOSEN, ids=lambda variant: variant.label)
def test_vectors_of_another_width_give_the_same(
    variant: Variant, other_trainer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = [((5,), 1, 1), ((4, 33), 3, 2), ((17, 3), 1, 1)]
    cases = [
        make_batch(variant, hidden, inputs, outputs, 29, steps=20, recipe=recipe, dtype=dtype)
        for (hidden, inputs, outputs), recipe, dtype in itertools.product(
            shapes, (Recipe(), Recipe(batch_size=5)), (torch.float64, torch.float32)
        )
    ]
    usual = [train(batch, engine="native") for batch in cases]
    monkeypatch.setattr(engine, "trainer", lambda precision: other_trainer[precision][0])
    monkeypatch.setattr(engine, "functions", lambda emitted, precision: other_trainer[precision][1])
    for batch, expected in zip(cases, usual, strict=True):
        found = train(batch, engine="native")
        near = 1e-10 if batch.parameters.dtype == torch.float64 else 2e-3
        assert distance(found.parameters, expected.parameters) <= near
        assert distance(found.losses, expected.losses) <= near


def test_what_it_cannot_train_is_refused() -> None:
    batch = make_batch(TANH)
    with pytest.raises(SettingError, match="no optimizer 'lbfgs'; write engine='batched'"):
        train(replace(batch, recipe=Recipe("lbfgs")), engine="native")
    with pytest.raises(SettingError, match="more than the 16 training points"):
        train(replace(batch, recipe=Recipe(batch_size=17)), engine="native")
    with pytest.raises(SettingError, match="CPU and not on cuda"):
        train(batch, "cuda", engine="native")


def test_a_trainer_with_another_layout_is_refused() -> None:
    class Other:
        class _Function:
            def __call__(self) -> int:
                return 8

        open_run = advance_run = close_run = plan_bytes = _Function()

    with pytest.raises(OSError, match="plan has 8 bytes"):
        prepare(Other())  # type: ignore[arg-type]

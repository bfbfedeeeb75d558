import numpy as np
import pytest
import torch

from activations.benchmark.accelerator import OUT_OF_MEMORY
from activations.benchmark.chunk import train_chunk
from activations.benchmark.plan import Run
from activations.benchmark.workers import Workers
from activations.fitting.batched import Training
from activations.fitting.engine import Batch, train
from activations.fitting.initialisation import initial_parameters
from activations.fitting.network import Network
from activations.fitting.target import Target
from activations.registry import default_registry

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device here")

# One of each way to compute an activation: a kernel, a closed form, a local graph, two inputs, a learned parameter.
NAMES = ["relu", "tanh", "gelu", "sine", "mish", "softplus", "x*sigmoid(1.702*x)", "glu", "prelu"]


def make_batch(variant, hidden, runs=6, steps=50, dtype=torch.float64):
    network = Network(1, hidden, 1, variant)
    x = torch.linspace(-1, 1, 23, dtype=dtype)[None, :, None].repeat(runs, 1, 1)
    rows = np.stack([initial_parameters(network, seed, 1.0 + seed) for seed in range(runs)])
    rates = 0.01 * torch.arange(1, runs + 1, dtype=dtype)
    return Batch(network, x, torch.sin(3 * x), torch.tensor(rows, dtype=dtype), rates, steps)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("hidden", [(32,), (31, 16)])
def test_a_gpu_gives_what_the_cpu_gives(name, hidden):
    batch = make_batch(default_registry().variant(name), hidden)
    found, expected = train(batch, "cuda"), train(batch)
    assert found.parameters.device.type == "cpu"
    assert found.steps.tolist() == expected.steps.tolist()
    torch.testing.assert_close(found.parameters, expected.parameters, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(found.losses, expected.losses, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_step_gives_the_bits_of_the_step(name, recwarn):
    batch = make_batch(default_registry().variant(name), (16, 16), dtype=torch.float32)
    training = Training(batch, "cuda")
    with torch.no_grad():
        for index in range(batch.steps):
            training.prepare(index)
            training.step()
    assert torch.equal(train(batch, "cuda").parameters, training.trajectories().parameters)
    assert not [warning for warning in recwarn if "CUDA graph" in str(warning.message)]


def test_runs_are_split_over_a_small_memory():
    target = Target("sin(3*x)", ((-1.0, 1.0),), "sin(3*x)", points=4000)
    variant = default_registry().variant("tanh")
    runs = [Run(target, variant, (256, 256), 1e-2, 1.0, seed, steps=5) for seed in range(64)]
    torch.cuda.empty_cache()
    _, total = torch.cuda.mem_get_info()
    try:
        # About 1 GiB: all runs together take more.
        torch.cuda.set_per_process_memory_fraction(2**30 / total)
        with Workers(1, "cuda") as workers:
            outcomes = [outcome for part in workers.train(runs) for outcome in part]
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()
    assert [outcome.run.seed for outcome in outcomes] == list(range(64))
    assert OUT_OF_MEMORY not in [outcome.reason for outcome in outcomes]
    expected = train_chunk(runs[:3])
    for outcome, other in zip(outcomes, expected, strict=False):
        assert outcome.test.relative == pytest.approx(other.test.relative, rel=1e-2)

import pytest
import torch

from activations.benchmark import accelerator, chunk
from activations.benchmark.accelerator import OUT_OF_MEMORY, chunks_that_fit, train_or_split
from activations.benchmark.chunk import train_chunk
from activations.benchmark.plan import Run, bytes_per_run
from activations.benchmark.workers import Workers
from activations.errors import DeviceError
from activations.fitting.target import Target
from activations.registry import default_registry

TARGET = Target("sin(3*x)", ((-1.0, 1.0),), "sin(3*x)", points=20)


def make_runs(count, hidden=(4,), name="tanh"):
    variant = default_registry().variant(name)
    return [Run(TARGET, variant, hidden, 1e-2, 1.0, seed, steps=5) for seed in range(count)]


class Device:
    """Trains on the CPU, and has memory for so many runs."""

    def __init__(self, most):
        self.most = most
        self.sizes = []

    def train(self, runs, device, *more):
        self.sizes.append(len(runs))
        if len(runs) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return train_chunk(runs)


def seeds(outcomes):
    return [outcome.run.seed for outcome in outcomes]


@pytest.mark.torture(41)
@pytest.mark.parametrize(("count", "most", "sizes"), [(5, 5, [5]), (8, 4, [8, 4, 4]), (7, 2, [7, 3, 1, 2, 4, 2, 2])])
def test_runs_that_do_not_fit_are_split_and_trained_again(count, most, sizes):
    device = Device(most)
    runs = make_runs(count)
    outcomes = train_or_split(runs, "cuda", device.train)
    assert device.sizes == sizes
    assert seeds(outcomes) == list(range(count))
    expected = train_chunk(runs)
    assert [outcome.test for outcome in outcomes] == [outcome.test for outcome in expected]
    assert OUT_OF_MEMORY not in [outcome.reason for outcome in outcomes]


@pytest.mark.torture(41)
def test_a_run_that_does_not_fit_alone_fails_and_the_next_goes_on():
    class Picky(Device):
        def train(self, runs, device, *more):
            self.most = 0 if any(run.seed == 2 for run in runs) else 4
            return super().train(runs, device)

    outcomes = train_or_split(make_runs(4), "cuda", Picky(4).train)
    assert seeds(outcomes) == [0, 1, 2, 3]
    assert [outcome.reason == OUT_OF_MEMORY for outcome in outcomes] == [False, False, True, False]
    lost = outcomes[2]
    assert lost.failed
    assert lost.diverged_at is None
    assert lost.test.relative == float("inf")
    assert lost.parameters.shape == outcomes[0].parameters.shape


@pytest.mark.torture(42)
@pytest.mark.parametrize("kind", [RuntimeError, getattr(torch, "AcceleratorError", RuntimeError)])
def test_a_device_that_is_lost_is_named_with_what_to_do(kind):
    text = "CUDA error: unspecified launch failure\nCUDA kernel errors might be reported later"
    try:
        error = kind(text)
    except TypeError:  # AcceleratorError is made by torch alone
        error = RuntimeError(text)

    def train(runs, device, *more):
        raise error

    with pytest.raises(DeviceError, match=r"device cuda:1 failed .* unspecified launch failure; .* resumes"):
        train_or_split(make_runs(3), "cuda:1", train)


@pytest.mark.torture(42)
def test_an_error_of_the_program_is_not_taken_for_the_devices():
    def train(runs, device, *more):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        train_or_split(make_runs(3), "cuda", train)


def test_chunks_take_half_of_the_free_memory_in_parts_of_equal_size(monkeypatch):
    runs = make_runs(10)
    monkeypatch.setattr(accelerator, "_free_bytes", lambda device: 8 * bytes_per_run(runs[0]))
    assert [len(part) for part in chunks_that_fit(runs, "cuda")] == [4, 4, 2]
    wide = make_runs(3, (4000,))
    assert [len(part) for part in chunks_that_fit(wide, "cuda")] == [1, 1, 1]
    assert [run.seed for part in chunks_that_fit(runs + wide, "cuda") for run in part] == [*range(10), *range(3)]


def test_where_the_free_memory_is_unknown_all_runs_of_a_graph_go_together():
    assert [len(part) for part in chunks_that_fit(make_runs(10), "mps")] == [10]
    assert chunks_that_fit([], "mps") == []


def test_workers_split_on_an_accelerator_and_pad_on_a_cpu(monkeypatch):
    device = Device(3)
    monkeypatch.setattr(chunk, "train_chunk", device.train)
    with Workers(1, "mps") as group:
        outcomes = [outcome for part in group.train(make_runs(6)) for outcome in part]
    assert device.sizes == [6, 3, 3]
    assert seeds(outcomes) == list(range(6))


def test_memory_grows_with_width_points_and_precision():
    def size(**changes):
        from dataclasses import replace

        return bytes_per_run(replace(make_runs(1)[0], **changes))

    assert size(hidden=(64, 64)) > size(hidden=(64,)) > size()
    assert size(precision="float64") == 2 * size()
    # Values and slopes of every unit at every point are there at least.
    assert size(hidden=(64, 64)) >= 4 * 2 * 20 * 128

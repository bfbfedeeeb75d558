"""The fused engine: the networks of a batch one by one, each wholly in a core's cache, on as many threads as asked."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from activations.errors import BuildError
from activations.fitting.engine import Batch, Trajectories, checkpoints
from activations.fitting.fused.builds import functions, refused, trainer
from activations.fitting.fused.kernels import emitted_of
from activations.fitting.fused.trainer import RunInTraining, make_plan, prepare
from activations.fitting.minibatches import Minibatches, epoch_order
from activations.fitting.precision import precision_of

__all__ = ["Stop", "train_fused"]

Array = npt.NDArray[Any]
SPAN_VALUES = 2**20  # rows of the data in one piece of a minibatches' order


class Stop:
    """Ends trainings in other threads where they stand."""

    def __init__(self) -> None:
        self.flag = ctypes.c_int(0)

    def set(self) -> None:
        """From now on every training ends after its current step."""
        self.flag.value = 1


class StoppedError(Exception):
    """A training was ended by `Stop`."""


def train_fused(batch: Batch, threads: int = 1, stop: Stop | None = None) -> Trajectories:
    """Train a batch on the CPU; see `activations.fitting.engine.train`.

    What a run becomes depends on nothing but itself: neither on its neighbours nor on the number of threads.

    Args:
        batch: the runs.
        threads: how many networks are trained at the same time.
        stop: ends the training from another thread; given one, the caller is who answers Ctrl-C.

    Raises:
        BuildError: the activation can't be compiled, there is no compiler, or it failed.
        StoppedError: `stop` was set.
    """
    given = stop is not None
    stop = stop or Stop()
    training = _Training(batch, stop)
    runs = range(len(batch.parameters))
    if given and threads == 1:
        return training.trajectories([training.train(run) for run in runs])
    with ThreadPoolExecutor(threads, "fused") as pool:
        # Even a single network is trained by another thread: this one answers Ctrl-C.
        try:
            futures = [pool.submit(training.train, run) for run in runs]
            wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            stop.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return training.trajectories([future.result() for future in futures])


class _Training:
    """What the runs of a batch share."""

    def __init__(self, batch: Batch, stop: Stop) -> None:
        precision = precision_of(batch.parameters)
        emitted = []
        for variant in batch.network.variants:
            found = emitted_of(variant, precision)
            if isinstance(found, str):
                raise BuildError(f"{variant.label} can't be compiled: {found}; write engine='batched'")
            emitted.append(found)
        addresses = functions(emitted, precision)
        for one, variant in zip(emitted, batch.network.variants, strict=True):
            if one.symbol not in addresses:
                raise BuildError(
                    f"the compiler refused {variant.label}; write engine='batched'",
                    refused(precision).get(one.symbol, ""),
                )
        self.library = prepare(trainer(precision))
        self.batch = batch
        self.stop = stop
        self.data = Minibatches(batch, "cpu")
        self.inputs, self.targets = (_array(values) for values in (self.data.inputs, self.data.targets))
        self.rows = _array(batch.parameters).copy()
        self.looked_at = checkpoints(batch.steps)
        self.plan = make_plan(
            batch.network,
            batch.recipe,
            batch.steps,
            self.inputs.shape[1],
            self.looked_at,
            [addresses[one.symbol] for one in emitted],
        )
        self.order = lru_cache(maxsize=8)(self._order)

    def train(self, run: int) -> tuple[int, Array]:
        """Train one network; its finite steps, and its losses at the steps that are looked at."""
        rate = float(self.batch.learning_rates[run])
        network = RunInTraining(self.library, self.plan, self.inputs[run], self.targets[run], self.rows[run], rate)
        try:
            if self.data.whole:
                finished = network.advance(self.batch.steps, None, self.stop.flag)
            else:
                finished = self._advance_in_minibatches(network, self.batch.seeds[run])
        finally:
            made = network.close()
        if not finished:
            raise StoppedError
        return made, network.losses

    def trajectories(self, results: Sequence[tuple[int, Array]]) -> Trajectories:
        """What all runs have given."""
        steps = torch.tensor([made for made, _ in results])
        losses = torch.from_numpy(np.stack([seen for _, seen in results], axis=1))
        return Trajectories(torch.from_numpy(self.rows), steps, self.looked_at, losses)

    def _advance_in_minibatches(self, network: RunInTraining, seed: int) -> bool:
        per_epoch = self.data.per_epoch
        epochs, most = -(-self.batch.steps // per_epoch), max(1, SPAN_VALUES // self.data.inputs.shape[1])
        for first in range(0, epochs, most):
            behind = min(epochs, first + most)
            end = min(self.batch.steps, behind * per_epoch)
            if not network.advance(end, self.order(seed, first, behind), self.stop.flag):
                return False
        return True

    def _order(self, seed: int, first: int, behind: int) -> Array:
        """The rows that the steps of these epochs look at."""
        count, taken = self.inputs.shape[1], self.data.per_epoch * self.data.points
        return np.concatenate([epoch_order(seed, epoch, count)[:taken] for epoch in range(first, behind)]).astype(
            np.int32
        )


def _array(values: torch.Tensor) -> Array:
    array: Array = np.ascontiguousarray(values.detach().numpy())
    return array

"""The compiled trainer as Python calls it: its structures, and one network in training."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from activations.fitting.network import Network
from activations.fitting.optimizers import BETAS, EPSILON
from activations.fitting.recipe import HUBER_DELTA, MOMENTUM, Recipe

__all__ = ["Plan", "RunInTraining", "make_plan", "prepare"]

Array = npt.NDArray[Any]

LOSSES = ("squares", "huber", "cross-entropy")
OPTIMIZERS = ("sgd", "momentum", "adam", "adamw")


class _Layer(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_long) for name in ("inputs", "width", "branches", "learnable", "weight", "bias", "theta")),
        ("activation", ctypes.c_void_p),
    ]


class Plan(ctypes.Structure):
    """What all networks of a batch share; mirrors `kernel/plan.hpp`."""

    _fields_ = [
        ("layers", ctypes.c_long),
        ("layer", ctypes.POINTER(_Layer)),
        *((name, ctypes.c_long) for name in ("points", "available", "steps", "loss", "optimizer", "biases")),
        ("checkpoints", ctypes.c_long),
        ("looked_at", ctypes.c_void_p),
        ("factors", ctypes.c_void_p),
        *((name, ctypes.c_double) for name in ("weight_decay", "momentum", "beta1", "beta2", "epsilon", "huber")),
    ]


class _Run(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("inputs", "targets", "parameters", "losses")),
        ("rate", ctypes.c_double),
    ]


def prepare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Tell ctypes the arguments of a freshly loaded trainer.

    Raises:
        OSError: the library has another layout of the plan than this module.
    """
    library.open_run.argtypes = [ctypes.POINTER(Plan), ctypes.POINTER(_Run)]
    library.open_run.restype = ctypes.c_void_p
    library.advance_run.argtypes = [ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    library.advance_run.restype = ctypes.c_int
    library.close_run.argtypes = [ctypes.c_void_p]
    library.close_run.restype = ctypes.c_long
    if library.plan_bytes() != ctypes.sizeof(Plan):
        raise OSError(f"the trainer's plan has {library.plan_bytes()} bytes, ours {ctypes.sizeof(Plan)}")
    return library


def make_plan(
    network: Network,
    recipe: Recipe,
    steps: int,
    available: int,
    looked_at: Sequence[int],
    addresses: Sequence[int],
) -> Plan:
    """The plan of a batch.

    Args:
        network: what is trained.
        recipe: how.
        steps: of the optimizer.
        available: rows of the data.
        looked_at: steps whose losses are kept.
        addresses: of the activation's function, for each hidden layer.
    """
    layers = (_Layer * len(network.layers))(
        *(
            _Layer(
                layer.inputs,
                layer.outputs // (layer.variant.inputs if layer.variant else 1),
                layer.variant.inputs if layer.variant else 1,
                layer.end - layer.theta,
                layer.weight,
                layer.bias,
                layer.theta,
                address,
            )
            for layer, address in zip(network.layers, (*addresses, None), strict=True)
        )
    )
    looked = np.asarray(looked_at, dtype=ctypes.c_long)
    factors = np.array([recipe.factor(step, steps) for step in range(steps)], dtype=np.float64)
    plan = Plan(
        layers=len(layers),
        layer=layers,
        points=recipe.batch_size or available,
        available=available,
        steps=steps,
        loss=LOSSES.index(recipe.loss),
        optimizer=OPTIMIZERS.index(recipe.optimizer),
        biases=network.biases,
        checkpoints=len(looked),
        looked_at=looked.ctypes.data,
        factors=factors.ctypes.data,
        weight_decay=recipe.weight_decay,
        momentum=MOMENTUM,
        beta1=BETAS[0],
        beta2=BETAS[1],
        epsilon=EPSILON,
        huber=HUBER_DELTA,
    )
    plan.kept = layers, looked, factors  # what only pointers lead to
    return plan


class RunInTraining:
    """One network in training. All arrays are of the trainer's precision and contiguous.

    Args:
        library: the trainer, prepared.
        plan: of the batch.
        inputs: shape [available, inputs].
        targets: shape [available, outputs].
        row: the flat parameters, changed when it is closed.
        rate: learning rate at the first step.

    Attributes:
        losses: at the plan's checkpoints.

    Raises:
        MemoryError: there is no memory for it.
    """

    def __init__(
        self, library: ctypes.CDLL, plan: Plan, inputs: Array, targets: Array, row: Array, rate: float
    ) -> None:
        self.library = library
        self.losses = np.full(plan.checkpoints, np.nan, dtype=row.dtype)
        self._kept = plan, inputs, targets, row
        run = _Run(inputs.ctypes.data, targets.ctypes.data, row.ctypes.data, self.losses.ctypes.data, rate)
        self._handle = library.open_run(plan, run)
        if not self._handle:
            raise MemoryError("no memory for a network's training; choose smaller widths")

    def advance(self, end: int, order: Array | None, stop: ctypes.c_int) -> bool:
        """Train until so many steps are made; others may work meanwhile.

        Args:
            end: the step after the last one.
            order: rows of the data as the steps take them, from the current one on; None for all at every step.
            stop: ends the training where it stands once it is not 0.

        Returns:
            False if it was stopped.
        """
        rows = None if order is None else order.ctypes.data
        return bool(self.library.advance_run(self._handle, end, rows, ctypes.byref(stop)))

    def close(self) -> int:
        """Write the parameters and free the memory; the number of finite steps."""
        handle, self._handle = self._handle, None
        return int(self.library.close_run(handle))

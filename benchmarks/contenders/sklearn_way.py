"""scikit-learn's MLPRegressor: one network after the other, Adam, full batch."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from contenders.problem import Array, Contender, Problem

__all__ = ["SKLEARN"]

ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic", "linear": "identity"}


def _obstacle(problem: Problem) -> str | None:
    if importlib.util.find_spec("sklearn") is None:
        return "scikit-learn is not installed"
    if problem.optimizer != "adam" or problem.batch is not None:
        return "written for Adam on all points"
    if problem.activation not in ACTIVATIONS:
        return f"it has no {problem.activation}"
    return None


def _prepare(problem: Problem) -> Callable[[], Array]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor
    from threadpoolctl import threadpool_limits

    x, y = problem.data

    def run() -> Array:
        model: Any = MLPRegressor(
            hidden_layer_sizes=problem.hidden,
            activation=ACTIVATIONS[problem.activation],
            solver="adam",
            alpha=0.0,
            batch_size=problem.points,
            learning_rate_init=problem.rate,
            max_iter=1,
            shuffle=False,
            tol=0.0,
            n_iter_no_change=problem.steps + 1,
            warm_start=True,
            random_state=0,
        )
        with warnings.catch_warnings(), threadpool_limits(1):
            # It warns that so many steps are not enough to converge; all contenders make as many.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x, y.ravel())
            # From our weights, and with a new optimizer, which `warm_start` brings.
            layers = problem.layers_of(problem.rows[0])
            model.coefs_ = [weight.copy() for weight, _ in layers]
            model.intercepts_ = [bias.copy() for _, bias in layers]
            model.max_iter = problem.steps
            model.n_iter_ = 0
            model.fit(x, y.ravel())
        if model.n_iter_ != problem.steps:
            raise RuntimeError(f"MLPRegressor made {model.n_iter_} steps, not {problem.steps}")
        return np.asarray(problem.row_of(list(zip(model.coefs_, model.intercepts_, strict=True))))[None]

    return run


# Its rate is constant: it can't lower it in Adam. That changes nothing in the work of a step.
SKLEARN = Contender("scikit-learn", _obstacle, _prepare, one=True)
